//! The exact step for two factors, without the Jacobian.

mod factor;
mod inputs;

use leastwise_core::norm::{self, dot, euclidean};
use leastwise_core::{Backend, Error, Mat, MatMut, MatRef, Result, Scalar, check};
use leastwise_optim::levenberg_marquardt::{DampedStepSolver, StepSolver};
use leastwise_optim::{Counts, Evaluation};

use crate::TwoFactorProblem;
use factor::ThinSvd;
use inputs::Inputs;

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

/// W₁, Ŵ₂, Ŵ₂·S, F and E at the parameters x.
#[derive(Clone, Debug, Default)]
struct Point<T> {
    x: Vec<T>,
    /// ‖F‖²
    loss: T,
    w1: Mat<T>,
    w2: Mat<T>,
    scaled_w2: Mat<T>,
    f: Mat<T>,
    e: Mat<T>,
}

/// Storage of intermediate products.
#[derive(Clone, Debug, Default)]
struct Work<T> {
    ev: Mat<T>,
    n: Mat<T>,
    weighted: Mat<T>,
    coefficients: Mat<T>,
    step1: Mat<T>,
    step2: Mat<T>,
    inner: Mat<T>,
    outer: Mat<T>,
    stacked: Mat<T>,
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
    /// [`Error::InvalidArgument`] unless `rcond` is in [0, 1).
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

/// c ← a·b.
fn product<T: Scalar, B: Backend<T> + ?Sized>(
    backend: &B,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: &mut Mat<T>,
) -> Result<()> {
    c.reshape_for_overwrite(a.rows(), b.cols());
    backend.matmul(T::one(), a, b, T::zero(), c.as_mut())
}

/// Multiplies column j of `a` by `factor(j)`.
fn scale_columns<T: Scalar>(a: &mut Mat<T>, factor: impl Fn(usize) -> T) {
    for j in 0..a.cols() {
        let factor = factor(j);
        a.col_mut(j).iter_mut().for_each(|x| *x *= factor);
    }
}

/// target ← source·weight(i, j), entry by entry.
fn weigh<T: Scalar>(source: &Mat<T>, target: &mut Mat<T>, weight: impl Fn(usize, usize) -> T) {
    target.reshape_for_overwrite(source.rows(), source.cols());
    for j in 0..source.cols() {
        let columns = target.col_mut(j).iter_mut().zip(source.col(j));
        for (i, (t, &s)) in columns.enumerate() {
            *t = s * weight(i, j);
        }
    }
}

/// x/(a² + b²). `hypot` is used only if the squares are not accurate in the range of T.
fn over_squares<T: Scalar>(x: T, a: T, b: T) -> T {
    let sum = a * a + b * b;
    if sum > T::min_positive_value() / T::EPSILON && sum < T::max_value() {
        return x / sum;
    }
    let h = a.hypot(b);
    x / h / h
}

impl<T: Scalar> Point<T> {
    /// Evaluates everything except E at the parameters `x`.
    fn evaluate<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        inputs: &Inputs<T>,
        (m, k, n): (usize, usize, usize),
        x: &[T],
    ) -> Result<()> {
        // If an error occurs, the values here belong to no point.
        self.x.clear();
        let (w1, w2) = x.split_at(m * k);
        self.w1.reshape_for_overwrite(m, k);
        self.w1.data_mut().copy_from_slice(w1);
        let w2 = MatRef::from_col_major(w2, k, n)?;
        product(backend, w2, inputs.basis.as_ref(), &mut self.w2)?;
        weigh(&self.w2, &mut self.scaled_w2, |_, j| inputs.s[j]);
        let target = &inputs.negative_target;
        self.f.reshape_for_overwrite(m, target.cols());
        self.f.data_mut().copy_from_slice(target.data());
        let (w1, scaled_w2) = (self.w1.as_ref(), self.scaled_w2.as_ref());
        backend.matmul(T::one(), w1, scaled_w2, T::one(), self.f.as_mut())?;
        self.loss = norm::squared(self.f.data());
        self.x.extend_from_slice(x);
        Ok(())
    }
}

impl<T: Scalar, B: Backend<T> + ?Sized> Kronecker<'_, T, B> {
    fn factorize_first(&mut self) -> Result<()> {
        if !self.is_first_current {
            self.first.factorize(self.backend, self.point.w1.as_ref())?;
            self.is_first_current = true;
        }
        Ok(())
    }

    /// Writes δW₁ and δŴ₂ of the undamped step to the work space.
    fn undamped(&mut self) -> Result<()> {
        self.factorize_first()?;
        self.second
            .factorize(self.backend, self.point.w2.as_ref())?;
        let Self {
            backend,
            point,
            first,
            second,
            work,
            ..
        } = self;
        let (m, k, q) = (point.w1.rows(), point.w1.cols(), point.w2.cols());
        let default = T::of((m * q).max(k * (m + self.inputs.basis.rows())) as f64) * T::EPSILON;
        let threshold = self.rcond.unwrap_or(default) * first.largest().hypot(second.largest());
        let (r1, r2) = (first.rank(threshold), second.rank(threshold));
        self.last_rank = Some(m * r2 + r1 * q - r1 * r2);
        let (u1, v1) = (first.left(r1), first.right(r1));
        let (u2, v2) = (second.left(r2), second.right(r2));
        let (s1, s2) = (first.values(), second.values());
        // −U₁ᵀ·E·V₂, and the part of E·V₂ outside the range of W₁.
        product(*backend, point.e.as_ref(), v2, &mut work.ev)?;
        product(*backend, u1.transpose(), work.ev.as_ref(), &mut work.n)?;
        work.n.data_mut().iter_mut().for_each(|n| *n = -*n);
        if r1 == m || r2 == 0 {
            work.ev.data_mut().fill(T::zero());
        } else if r2 == q {
            backend.matmul(-T::one(), u1, work.n.as_ref(), -T::one(), work.ev.as_mut())?;
        } else {
            out_of_reach(
                *backend,
                point,
                &self.inputs.s,
                u1,
                v2,
                &mut self.third,
                work,
            )?;
        }
        scale_columns(&mut work.ev, |j| s2[j].recip());
        weigh(&work.n, &mut work.weighted, |i, j| {
            over_squares(s2[j], s1[i], s2[j])
        });
        backend.matmul(
            T::one(),
            u1,
            work.weighted.as_ref(),
            T::one(),
            work.ev.as_mut(),
        )?;
        product(*backend, work.ev.as_ref(), u2.transpose(), &mut work.step1)?;
        weigh(&work.n, &mut work.weighted, |i, j| {
            over_squares(s1[i], s1[i], s2[j])
        });
        product(
            *backend,
            work.weighted.as_ref(),
            v2.transpose(),
            &mut work.inner,
        )?;
        if r2 < q {
            // −U₁ᵀ·E·(I − V₂V₂ᵀ)
            let coefficients = &mut work.coefficients;
            product(*backend, u1.transpose(), point.e.as_ref(), coefficients)?;
            let n = work.n.as_ref();
            backend.matmul(
                -T::one(),
                n,
                v2.transpose(),
                -T::one(),
                coefficients.as_mut(),
            )?;
            for (inner, column) in (0..q).map(|j| (j, coefficients.col(j))) {
                let entries = work.inner.col_mut(inner).iter_mut().zip(column);
                entries.zip(s1).for_each(|((t, &c), &s)| *t += c / s);
            }
        }
        product(*backend, v1, work.inner.as_ref(), &mut work.step2)
    }

    /// Writes δW₁ and δŴ₂ of the step with damping λ to the work space.
    fn damped(&mut self, lambda: T) -> Result<()> {
        self.factorize_first()?;
        let Self {
            backend,
            inputs,
            point,
            first,
            third,
            work,
            ..
        } = self;
        let (k, q) = (point.w2.rows(), point.w2.cols());
        let root = lambda.sqrt();
        work.stacked.reshape_for_overwrite(k + q, q);
        for (j, &s) in inputs.s.iter().enumerate() {
            let (above, below) = work.stacked.col_mut(j).split_at_mut(k);
            above.copy_from_slice(point.w2.col(j));
            below.fill(T::zero());
            below[j] = root / s;
        }
        third.factorize_right(*backend, work.stacked.as_ref())?;
        let (sigma, t) = (third.values(), third.right(q));
        let s1 = first.values();
        let (u1, v1) = (first.left(s1.len()), first.right(s1.len()));
        product(*backend, point.e.as_ref(), t, &mut work.ev)?;
        product(*backend, u1.transpose(), work.ev.as_ref(), &mut work.n)?;
        work.n.data_mut().iter_mut().for_each(|n| *n = -*n);
        // −(I − U₁U₁ᵀ)·E·T, which is zero if W₁ has full row rank.
        backend.matmul(-T::one(), u1, work.n.as_ref(), -T::one(), work.ev.as_mut())?;
        scale_columns(&mut work.ev, |j| sigma[j].recip() / sigma[j]);
        weigh(&work.n, &mut work.weighted, |i, j| {
            over_squares(T::one(), s1[i], sigma[j])
        });
        backend.matmul(
            T::one(),
            u1,
            work.weighted.as_ref(),
            T::one(),
            work.ev.as_mut(),
        )?;
        product(*backend, point.w2.as_ref(), t, &mut work.outer)?;
        product(
            *backend,
            work.ev.as_ref(),
            work.outer.as_ref().transpose(),
            &mut work.step1,
        )?;
        for j in 0..q {
            let entries = work.weighted.col_mut(j).iter_mut().zip(s1);
            entries.for_each(|(entry, &s)| *entry *= s);
        }
        product(
            *backend,
            work.weighted.as_ref(),
            t.transpose(),
            &mut work.inner,
        )?;
        product(*backend, v1, work.inner.as_ref(), &mut work.step2)
    }

    /// δW₁ and δŴ₂·Qᵀ as one vector.
    fn write_step(&self, delta: &mut [T]) -> Result<()> {
        let (step1, step2) = (&self.work.step1, self.work.step2.as_ref());
        let (delta1, delta2) = delta.split_at_mut(step1.data().len());
        delta1.copy_from_slice(step1.data());
        let basis = self.inputs.basis.as_ref();
        let delta2 = MatMut::from_col_major(delta2, step2.rows(), basis.rows())?;
        self.backend
            .matmul(T::one(), step2, basis.transpose(), T::zero(), delta2)?;
        if delta.iter().all(|d| d.is_finite()) {
            return Ok(());
        }
        Err(Error::Overflow {
            operation: "Kronecker",
            result: "an entry of the step".to_owned(),
            scalar: T::NAME,
        })
    }
}

/// Writes to `work.ev` the D that minimises ‖D·V₂ᵀS + (I − U₁U₁ᵀ)·F‖_F. It uses the decomposition of S·V₂,
/// which has full column rank.
fn out_of_reach<T: Scalar, B: Backend<T> + ?Sized>(
    backend: &B,
    point: &Point<T>,
    s: &[T],
    u1: MatRef<'_, T>,
    v2: MatRef<'_, T>,
    third: &mut ThinSvd<T>,
    work: &mut Work<T>,
) -> Result<()> {
    let r2 = v2.cols();
    let f = point.f.as_ref();
    product(backend, u1.transpose(), f, &mut work.inner)?;
    work.outer.reshape_for_overwrite(f.rows(), f.cols());
    work.outer.data_mut().copy_from_slice(point.f.data());
    backend.matmul(
        -T::one(),
        u1,
        work.inner.as_ref(),
        T::one(),
        work.outer.as_mut(),
    )?;
    work.stacked.reshape_for_overwrite(v2.rows(), r2);
    work.stacked.as_mut().copy_from(v2)?;
    for j in 0..r2 {
        let entries = work.stacked.col_mut(j).iter_mut().zip(s);
        entries.for_each(|(entry, &s)| *entry *= s);
    }
    third.factorize(backend, work.stacked.as_ref())?;
    let values = third.values();
    product(
        backend,
        work.outer.as_ref(),
        third.left(r2),
        &mut work.weighted,
    )?;
    scale_columns(&mut work.weighted, |j| -values[j].recip());
    let right = third.right(r2).transpose();
    product(backend, work.weighted.as_ref(), right, &mut work.ev)
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
