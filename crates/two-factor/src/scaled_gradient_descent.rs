//! Scaled gradient descent.

use leastwise_core::factor::Triangle;
use leastwise_core::{Error, Factorizations, Mat, MatMut, MatRef, Result, Scalar, check};
use leastwise_optim::{Counts, Evaluation, Objective, Optimizer, Progress, Quantity, Termination};

use crate::TwoFactorProblem;

const OPERATION: &str = "ScaledGradientDescent";

/// Gradient descent on two factors with a fixed step size. Each factor is preconditioned by the other:
///
/// W₁ ← W₁ − α·∇₁·(W₂·W₂ᵀ + λI)⁻¹ and W₂ ← W₂ − α·(W₁ᵀ·W₁ + λI)⁻¹·∇₂, both at the same point.
///
/// For λ = 0, the product W₁·W₂ after a step depends only on the product before it. It is the same from
/// (W₁·G, G⁻¹·W₂) for every invertible G. So the rate near a solution is independent of κ₂(A). With X·Xᵀ =
/// ν·I, a step contracts the error by 1 − 2·α·ν where one factor reaches it, and by 1 − 4·α·ν where both do.
/// So α is at most 1/(2ν).
///
/// - λ = 0, the default, is the published method, for factors of full rank. It fails if a Gram matrix is
///   singular to working precision.
/// - A constant λ > 0 ([`with_damping`](Self::with_damping)) is meant for small starting points and for k
///   above the rank. For singular values below λ, the method is gradient descent.
/// - λ = c·√(loss/ν) ([`with_residual_damping`](Self::with_residual_damping)), with ν = ‖X‖²_F/n and so λ ≈
///   c·‖W₁·W₂ − A‖_F, vanishes with the loss. It needs no estimate of the smallest singular value. Two other
///   choices are not offered: a λ in proportion to the loss vanishes too soon, and a λ in proportion to the
///   norm of the gradient depends on the scale of the factors, which the method is meant to remove.
/// - The input metric ([`with_input_metric`](Self::with_input_metric)) also removes the dependence on κ₂(X).
///   With G = X·Xᵀ/ν, W₁ is preconditioned by W₂·G·W₂ᵀ + λI, and ∇₂ is also multiplied by G⁻¹ from the right.
///   For λ = 0, this is ν/2 times a block Gauss-Newton step. It is not the default, because the published
///   method does not use X. For white inputs, G = I, and α and λ keep their scale.
///
/// A step costs one gradient, two k×k Cholesky factorisations and their triangular solves. After the first
/// step, only the backend's Cholesky factorisation, products and solves allocate.
///
/// Sources: T. Tong, C. Ma, Y. Chi, *Accelerating ill-conditioned low-rank matrix estimation via
/// scaled gradient descent*, JMLR 22 (2021); X. Xu, Y. Shen, Y. Chi, C. Ma, *The power of
/// preconditioning in overparameterized low-rank matrix sensing*, ICML 2023, for a constant λ;
/// J. Zhang, S. Fattahi, R. Zhang, *Preconditioned gradient descent for over-parameterized nonconvex
/// matrix factorization*, NeurIPS 2021, for λ = √loss.
///
/// ```
/// use leastwise_two_factor::ScaledGradientDescent;
/// let backend = leastwise_faer::Faer::default();
/// let optimizer = ScaledGradientDescent::new(&backend, 3e-4)?
///     .with_residual_damping(1.0)?
///     .with_input_metric();
/// # let _: ScaledGradientDescent<'_, f64, _> = optimizer;
/// assert!(ScaledGradientDescent::new(&backend, 0.0).is_err());
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScaledGradientDescent<'b, T, B: ?Sized> {
    backend: &'b B,
    step: T,
    damping: Damping<T>,
    use_metric: bool,
    /// ν
    input_power: T,
    /// L with L·Lᵀ = G.
    metric: Option<Mat<T>>,
    gradient: Vec<T>,
    gram: Mat<T>,
    /// W₂·L
    scaled: Mat<T>,
    last: Evaluation<T>,
}

#[derive(Clone, Copy, Debug)]
enum Damping<T> {
    None,
    Constant(T),
    Residual(T),
}

impl<'b, T: Scalar, B: Factorizations<T> + ?Sized> ScaledGradientDescent<'b, T, B> {
    /// The optimiser with the step size α, with λ = 0 and without the input metric.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `step` is positive and finite.
    pub fn new(backend: &'b B, step: T) -> Result<Self> {
        Ok(Self {
            backend,
            step: check::positive(OPERATION, "step", step)?,
            damping: Damping::None,
            use_metric: false,
            input_power: T::nan(),
            metric: None,
            gradient: Vec::new(),
            gram: Mat::default(),
            scaled: Mat::default(),
            last: Evaluation::new(T::nan(), T::nan()),
        })
    }

    /// Sets a constant λ.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `lambda` is positive and finite.
    pub fn with_damping(self, lambda: T) -> Result<Self> {
        let damping = Damping::Constant(check::positive(OPERATION, "lambda", lambda)?);
        Ok(Self { damping, ..self })
    }

    /// Sets λ = `factor`·√(loss/ν), for the loss without its constant part. λ is kept so large that rounding
    /// errors cannot make a Gram matrix singular.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `factor` is positive and finite.
    pub fn with_residual_damping(self, factor: T) -> Result<Self> {
        let damping = Damping::Residual(check::positive(OPERATION, "factor", factor)?);
        Ok(Self { damping, ..self })
    }

    /// Also preconditions by X·Xᵀ, which must be positive definite.
    #[must_use]
    pub fn with_input_metric(self) -> Self {
        Self {
            use_metric: true,
            ..self
        }
    }

    fn check_sizes(&self, (m, k, n): (usize, usize, usize), dimension: usize) -> Result<()> {
        if m * k + k * n != dimension {
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "problem",
                detail: format!(
                    "must have mk + kn parameters, but it has {dimension} for m = {m}, k = {k}, \
                     n = {n}"
                ),
            });
        }
        if k > m.min(n) && matches!(self.damping, Damping::None) {
            let detail = format!(
                "must be positive where a Gram matrix is singular, as for m = {m}, k = {k}, \
                 n = {n}, but it is 0"
            );
            return Err(check::invalid(OPERATION, "lambda", detail));
        }
        Ok(())
    }

    /// L with L·Lᵀ = X·Xᵀ/ν.
    fn factor_metric(&self, x: MatRef<'_, T>) -> Result<Mat<T>> {
        const ARGUMENT: &str = "X·Xᵀ";
        let n = x.rows();
        if self.input_power == T::zero() {
            return Err(not_positive_definite(ARGUMENT));
        }
        let mut g = Mat::zeros(n, n);
        let scale = self.input_power.recip();
        self.backend
            .matmul(scale, x, x.transpose(), T::zero(), g.as_mut())?;
        factor(self.backend, &g, rounding(&g, x.cols()), ARGUMENT)
    }

    /// Replaces the gradient ∇ by the direction of the step.
    fn precondition<P: TwoFactorProblem<T> + ?Sized>(
        &mut self,
        problem: &P,
        x: &[T],
    ) -> Result<()> {
        let (m, k, n) = (problem.outputs(), problem.hidden(), problem.inputs());
        let Self {
            backend,
            gradient,
            gram,
            scaled,
            metric,
            ..
        } = self;
        let (w1, w2) = x.split_at(m * k);
        let (g1, g2) = gradient.split_at_mut(m * k);
        let (w1, w2) = (
            MatRef::from_col_major(w1, m, k)?,
            MatRef::from_col_major(w2, k, n)?,
        );
        let mut g2 = MatMut::from_col_major(g2, k, n)?;
        let constant = problem.constant_norm();
        let loss = self.last.loss - constant * constant;
        let residual = (loss.max(T::zero()) / self.input_power).sqrt();
        let damping = match self.damping {
            Damping::Residual(factor) => Damping::Residual(factor * residual),
            other => other,
        };

        let right = if let Some(l) = metric.as_ref() {
            backend.matmul(T::one(), w2, l.as_ref(), T::zero(), scaled.as_mut())?;
            scaled.as_ref()
        } else {
            w2
        };
        backend.matmul(T::one(), right, right.transpose(), T::zero(), gram.as_mut())?;
        let l = damped_factor(*backend, gram, n, damping, "W₂·W₂ᵀ + λ·I")?;
        let g1 = MatMut::from_col_major(g1, m, k)?.transpose();
        solve(*backend, &l, g1)?;

        backend.matmul(T::one(), w1.transpose(), w1, T::zero(), gram.as_mut())?;
        let l = damped_factor(*backend, gram, m, damping, "W₁ᵀ·W₁ + λ·I")?;
        solve(*backend, &l, g2.reborrow())?;
        if let Some(l) = metric.as_ref() {
            solve(*backend, l, g2.transpose())?;
        }
        Ok(())
    }

    fn stop(&self, reason: Termination) -> Progress<T> {
        Progress {
            evaluation: self.last,
            stop: Some(reason),
        }
    }
}

impl<T, P, B> Optimizer<T, P> for ScaledGradientDescent<'_, T, B>
where
    T: Scalar,
    P: Objective<T> + TwoFactorProblem<T> + ?Sized,
    B: Factorizations<T> + ?Sized,
{
    fn dimension(&self, problem: &P) -> usize {
        problem.dimension()
    }

    fn init(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        let (m, k, n) = (problem.outputs(), problem.hidden(), problem.inputs());
        self.check_sizes((m, k, n), x.len())?;
        let inputs = problem.x();
        self.input_power = inputs.iter().map(|xi| xi * xi).sum::<T>() / T::of(n as f64);
        self.metric = if self.use_metric {
            Some(self.factor_metric(inputs)?)
        } else {
            None
        };
        self.gram.reshape_for_overwrite(k, k);
        self.scaled.reshape_for_overwrite(k, n);
        self.gradient.resize(x.len(), T::zero());
        self.last = Evaluation::at(problem, x, &mut self.gradient, counts)?;
        Ok(self.last)
    }

    fn step(&mut self, problem: &P, x: &mut [T], counts: &mut Counts) -> Result<Progress<T>> {
        if self.last.gradient_norm == T::zero() {
            return Ok(self.stop(Termination::Stalled));
        }
        match self.precondition(problem, x) {
            Ok(()) => {}
            // If the Gram matrix overflows, the run has diverged.
            Err(Error::NonFinite { .. }) => {
                let quantity = Quantity::Direction;
                return Ok(self.stop(Termination::NonFinite { quantity }));
            }
            Err(error) => return Err(error),
        }
        for (xi, &di) in x.iter_mut().zip(&self.gradient) {
            *xi -= self.step * di;
        }
        self.last = Evaluation::at(problem, x, &mut self.gradient, counts)?;
        Ok(self.last.into())
    }
}

/// A bound on the rounding errors of a Gram matrix from inner products of `terms` terms, and of its Cholesky
/// factorisation. A smaller pivot is not significant (N. Higham, *Accuracy and Stability of Numerical
/// Algorithms*, §3.5 and theorem 10.3).
fn rounding<T: Scalar>(gram: &Mat<T>, terms: usize) -> T {
    let k = gram.cols();
    let largest = (0..k).fold(T::zero(), |largest, i| largest.max(gram[(i, i)]));
    T::of((k + terms) as f64) * T::EPSILON * largest
}

fn damped_factor<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    gram: &mut Mat<T>,
    terms: usize,
    damping: Damping<T>,
    argument: &'static str,
) -> Result<Mat<T>> {
    let smallest_pivot = rounding(gram, terms);
    let lambda = match damping {
        Damping::None => T::zero(),
        Damping::Constant(lambda) => lambda,
        // A pivot is at least λ, up to its own rounding error.
        Damping::Residual(lambda) => lambda.max(smallest_pivot + smallest_pivot),
    };
    for i in 0..gram.cols() {
        gram[(i, i)] += lambda;
    }
    factor(backend, gram, smallest_pivot, argument)
}

/// The Cholesky factor. Every pivot must be larger than `smallest_pivot`.
fn factor<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &Mat<T>,
    smallest_pivot: T,
    argument: &'static str,
) -> Result<Mat<T>> {
    let l = backend.cholesky(a.as_ref()).map_err(|error| match error {
        Error::NotPositiveDefinite { .. } => not_positive_definite(argument),
        other => other,
    })?;
    if (0..l.cols()).all(|i| l[(i, i)] * l[(i, i)] > smallest_pivot) {
        return Ok(l);
    }
    Err(not_positive_definite(argument))
}

/// C ← (L·Lᵀ)⁻¹·C.
fn solve<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    l: &Mat<T>,
    mut c: MatMut<'_, T>,
) -> Result<()> {
    backend.solve_triangular_impl(l.as_ref(), Triangle::Lower, c.reborrow())?;
    backend.solve_triangular_impl(l.as_ref().transpose(), Triangle::Upper, c)
}

fn not_positive_definite(argument: &'static str) -> Error {
    Error::NotPositiveDefinite {
        operation: OPERATION,
        argument,
    }
}
