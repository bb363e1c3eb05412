//! The exact step for two factors, without the Jacobian.

mod factor;
mod inputs;
mod point;
mod products;
mod steps;
mod work;

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, MatMut, MatRef, Result, Scalar, check};
use leastwise_optim::levenberg_marquardt::{DampedStepSolver, StepSolver};
use leastwise_optim::{Counts, Evaluation};

use crate::TwoFactorProblem;
use factor::ThinSvd;
use inputs::Inputs;
use point::Point;
use products::{product, scale_columns, weigh};
use work::Work;

/// The step for min ‖W₁·W₂·X − Y‖²_F, at the cost of two small singular value decompositions.
///
/// The Jacobian J = [ (W₂X)ᵀ ⊗ I, Xᵀ ⊗ W₁ ] has ms rows and mk + kn columns, and the dense solve costs
/// O(ms·(mk + kn)²). This solver returns the same step without forming J. If m, k and n have the same size,
/// the step costs O(n³), whatever the number s of samples.
///
/// # Derivation
///
/// **Data.** Let X = Q·S·Vᵀ have rank q, and let Ŵ₂ = W₂·Q (k×q). Then the residual is (W₁·Ŵ₂·S − YV)·Vᵀ plus
/// a part that no parameter changes. A step of minimum norm has δW₂ = δŴ₂·Qᵀ. Below, F = W₁·Ŵ₂·S − YV and E =
/// F·S⁻¹, both m×q. X enters only through the diagonal S.
///
/// **Undamped.** J·δ = 0 is the equation δW₁·Ŵ₂ + W₁·δŴ₂ = Z for Z = 0. The step solves this equation for the
/// attainable Z that is nearest to −E in the metric of S. The solution of minimum norm is in the range of the
/// adjoint: δW₁ = M·Ŵ₂ᵀ and δŴ₂ = W₁ᵀ·M. So M solves the Sylvester equation M·Ŵ₂ᵀŴ₂ + W₁W₁ᵀ·M = Z. The
/// singular vectors of W₁ = U₁Σ₁V₁ᵀ (rank r₁) and Ŵ₂ = U₂Σ₂V₂ᵀ (rank r₂) diagonalise it. With N = −U₁ᵀEV₂ and
/// hᵢⱼ² = σ₁ᵢ² + σ₂ⱼ²,
///
/// - δW₁ = ( U₁·[N·σ₂/h²] + D·Σ₂⁻¹ )·U₂ᵀ,
/// - δŴ₂ = V₁·( [N·σ₁/h²]·V₂ᵀ − Σ₁⁻¹·U₁ᵀE·(I − V₂V₂ᵀ) ),
///
/// where D is the part that only W₂ can reach: the minimiser of ‖D·V₂ᵀS + (I − U₁U₁ᵀ)·F‖_F. Singular values
/// at or below `rcond`·√(σ₁(W₁)² + σ₁(Ŵ₂)²) count as zero. The root is the norm of J for S = I.
///
/// **Damped** by λ. In the dual variable, the normal equations are M·(CᵀC + λI) + W₁W₁ᵀ·M·S² = −F with C =
/// Ŵ₂S. The substitution M → M·S⁻¹ leaves one symmetric matrix, Ŵ₂ᵀŴ₂ + λS⁻². Its eigenvectors T and
/// eigenvalues f = σ² are those of the stacked matrix [Ŵ₂; √λ·S⁻¹], so nothing is squared before it is
/// factorised. With N = −U₁ᵀET,
///
/// - δW₁ = ( U₁·[N/(f + σ₁²)] − (I − U₁U₁ᵀ)·E·T·diag(1/f) )·(Ŵ₂T)ᵀ,
/// - δŴ₂ = V₁·[N·σ₁/(f + σ₁²)]·Tᵀ.
///
/// # Cost and accuracy
///
/// The first call factorises X once. Each linearisation takes five products, and each trial takes two. An
/// undamped step takes two thin decompositions and seven products. If r₁ < m and r₂ < q, it takes a third
/// decomposition, of q×r₂. A damped step takes two decompositions and seven products: one of W₁, and one of a
/// (k + q)×q matrix without left vectors. Another λ at the same point costs one decomposition. Some backends
/// decompose in storage that the caller provides, such as `leastwise-faer`. With them, nothing is allocated
/// after the first step.
///
/// E = F·S⁻¹ has errors of u·κ₂(X)·‖F‖, as the step of the dense solve has. The stacked matrix has the errors
/// of the dense damped solve, and one more: if κ₂(X) is large, √λ·S⁻¹ is much larger than Ŵ₂, and the parts
/// of Ŵ₂ below u·√λ/s_min are lost.
///
/// ```
/// use leastwise_core::{Backend, Mat, MatRef};
/// use leastwise_optim::levenberg_marquardt::AdaptiveDamping;
/// use leastwise_two_factor::Kronecker;
/// use leastwise_optim::{Budget, LevenbergMarquardt, minimize};
/// use leastwise_two_factor::TwoFactorProblem;
///
/// /// W₁·W₂ = [2 1; 1 2] with one hidden unit. The best product is the nearest matrix of rank 1.
/// struct RankOne(Mat<f64>, Mat<f64>);
/// impl TwoFactorProblem<f64> for RankOne {
///     fn outputs(&self) -> usize {
///         2
///     }
///     fn hidden(&self) -> usize {
///         1
///     }
///     fn inputs(&self) -> usize {
///         2
///     }
///     fn x(&self) -> MatRef<'_, f64> {
///         self.0.as_ref()
///     }
///     fn y(&self) -> MatRef<'_, f64> {
///         self.1.as_ref()
///     }
/// }
///
/// # fn main() -> leastwise_core::Result<()> {
/// let y = Mat::from_fn(2, 2, |i, j| if i == j { 2.0 } else { 1.0 });
/// let problem = RankOne(Mat::identity(2), y);
/// let backend: &dyn Backend<f64> = &leastwise_faer::Faer::default();
/// let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Kronecker::new(backend));
/// let report = minimize(&mut lm, &problem, &[1.0, 0.5, 0.0, 1.0], &Budget::steps(50), &mut [])?;
/// // The eigenvalues are 3 and 1, and the smaller remains.
/// assert!((report.loss - 1.0).abs() < 1e-14);
/// # Ok(())
/// # }
/// ```
///
/// Sources: Golub, Van Loan, *Matrix Computations*, 4th ed., §1.3.7 for the identity vec(A·B·C) = (Cᵀ ⊗
/// A)·vec(B), and §7.6.3 for Sylvester equations by diagonalisation.
#[derive(Clone, Debug)]
pub struct Kronecker<'b, T, B: ?Sized> {
    backend: &'b B,
    rcond: Option<T>,
    inputs: Inputs<T>,
    point: Point<T>,
    /// The quantities at the trial point.
    trial: Point<T>,
    gradient: Vec<T>,
    /// Half of the gradient with respect to Ŵ₂, k×q.
    rotated_gradient: Mat<T>,
    first: ThinSvd<T>,
    /// Whether `first` belongs to `point`.
    is_first_current: bool,
    second: ThinSvd<T>,
    third: ThinSvd<T>,
    work: Work<T>,
    last_rank: Option<usize>,
}

impl<'b, T: Scalar, B: Backend<T> + ?Sized> Kronecker<'b, T, B> {
    /// The solver with the decompositions and products of `backend`.
    #[must_use]
    pub fn new(backend: &'b B) -> Self {
        Self {
            backend,
            rcond: None,
            inputs: Inputs::default(),
            point: Point::default(),
            trial: Point::default(),
            gradient: Vec::new(),
            rotated_gradient: Mat::default(),
            first: ThinSvd::default(),
            is_first_current: false,
            second: ThinSvd::default(),
            third: ThinSvd::default(),
            work: Work::default(),
            last_rank: None,
        }
    }

    /// Sets the threshold of an undamped step. Singular values of W₁ and Ŵ₂ at or below `rcond`·√(σ₁(W₁)² +
    /// σ₁(Ŵ₂)²) count as zero. The default is max(mq, mk + kn)·ε.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless `rcond` is in [0, 1).
    pub fn with_rcond(self, rcond: T) -> Result<Self> {
        let rcond = check::fraction("Kronecker", "rcond", rcond)?;
        Ok(Self {
            rcond: Some(rcond),
            ..self
        })
    }

    /// The rank of the Jacobian at the last undamped step: m·r₂ + r₁·q − r₁·r₂.
    #[must_use]
    pub fn last_rank(&self) -> Option<usize> {
        self.last_rank
    }
}

impl<T, P, B> StepSolver<T, P> for Kronecker<'_, T, B>
where
    T: Scalar,
    P: TwoFactorProblem<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    fn dimension(&self, problem: &P) -> usize {
        problem.hidden() * (problem.outputs() + problem.inputs())
    }

    fn init(&mut self, problem: &P) -> Result<()> {
        self.inputs = Inputs::new(self.backend, problem)?;
        let dimension = StepSolver::<T, P>::dimension(self, problem);
        self.gradient.resize(dimension, T::zero());
        // Another problem may have the same parameters.
        self.trial.x.clear();
        self.is_first_current = false;
        self.last_rank = None;
        Ok(())
    }

    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        let sizes = (problem.outputs(), problem.hidden(), problem.inputs());
        let (m, k, n) = sizes;
        // If the control accepts a trial step, it has evaluated that point already.
        if self.trial.x == x {
            std::mem::swap(&mut self.point, &mut self.trial);
        } else {
            counts.residuals += 1;
            self.point.evaluate(self.backend, &self.inputs, sizes, x)?;
        }
        let Self {
            backend,
            inputs,
            point,
            gradient,
            rotated_gradient,
            ..
        } = self;
        weigh(&point.f, &mut point.e, |_, j| inputs.s[j].recip());
        let two = T::of(2.0);
        let (g1, g2) = gradient.split_at_mut(m * k);
        let (f, scaled_w2) = (point.f.as_ref(), point.scaled_w2.as_ref());
        let g1 = MatMut::from_col_major(g1, m, k)?;
        backend.matmul(two, f, scaled_w2.transpose(), T::zero(), g1)?;
        product(*backend, point.w1.as_ref().transpose(), f, rotated_gradient)?;
        scale_columns(rotated_gradient, |j| inputs.s[j]);
        let g2 = MatMut::from_col_major(g2, k, n)?;
        let basis = inputs.basis.as_ref();
        backend.matmul(
            two,
            rotated_gradient.as_ref(),
            basis.transpose(),
            T::zero(),
            g2,
        )?;
        self.is_first_current = false;
        Ok(Evaluation::new(
            self.point.loss + self.inputs.constant,
            euclidean(&self.gradient),
        ))
    }

    fn direction(&mut self, _problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()> {
        counts.solves += 1;
        if self.inputs.s.is_empty() {
            self.last_rank = Some(0);
            delta.fill(T::zero());
            return Ok(());
        }
        self.undamped()?;
        self.write_step(delta)
    }
}

impl<T, P, B> DampedStepSolver<T, P> for Kronecker<'_, T, B>
where
    T: Scalar,
    P: TwoFactorProblem<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    fn gradient(&self) -> &[T] {
        &self.gradient
    }

    fn curvature(&mut self, _problem: &P) -> Result<T> {
        let norm = euclidean(&self.gradient);
        if norm == T::zero() {
            return Ok(T::zero());
        }
        let Self {
            backend,
            inputs,
            point,
            gradient,
            rotated_gradient,
            work,
            ..
        } = self;
        // (G₁·Ŵ₂ + W₁·Ĝ₂)·S, where Ĝ₂ is twice the rotated gradient.
        let (m, k) = (point.w1.rows(), point.w1.cols());
        let g1 = MatRef::from_col_major(&gradient[..m * k], m, k)?;
        product(*backend, g1, point.w2.as_ref(), &mut work.outer)?;
        let (w1, g2) = (point.w1.as_ref(), rotated_gradient.as_ref());
        backend.matmul(T::of(2.0), w1, g2, T::one(), work.outer.as_mut())?;
        scale_columns(&mut work.outer, |j| inputs.s[j]);
        let image = euclidean(work.outer.data()) / norm;
        Ok(image * image)
    }

    fn damped_direction(
        &mut self,
        _problem: &P,
        lambda: T,
        delta: &mut [T],
        counts: &mut Counts,
    ) -> Result<()> {
        counts.solves += 1;
        if self.inputs.s.is_empty() {
            delta.fill(T::zero());
            return Ok(());
        }
        self.damped(lambda)?;
        self.write_step(delta)
    }

    fn model_decrease(&mut self, _problem: &P, lambda: T, delta: &[T]) -> Result<T> {
        let Self {
            backend,
            inputs,
            point,
            work,
            ..
        } = self;
        let damped = lambda * dot(delta, delta);
        if inputs.s.is_empty() {
            return Ok(damped + damped);
        }
        // (δW₁·Ŵ₂ + W₁·δŴ₂)·S
        let (w1, w2) = (point.w1.as_ref(), point.w2.as_ref());
        product(*backend, work.step1.as_ref(), w2, &mut work.outer)?;
        let step2 = work.step2.as_ref();
        backend.matmul(T::one(), w1, step2, T::one(), work.outer.as_mut())?;
        scale_columns(&mut work.outer, |j| inputs.s[j]);
        Ok(dot(work.outer.data(), work.outer.data()) + damped + damped)
    }

    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T> {
        counts.residuals += 1;
        let sizes = (problem.outputs(), problem.hidden(), problem.inputs());
        self.trial.evaluate(self.backend, &self.inputs, sizes, x)?;
        Ok(self.trial.loss + self.inputs.constant)
    }
}
