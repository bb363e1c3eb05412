//! The step from the whole Jacobian.

use leastwise_core::norm::dot;
use leastwise_core::{Backend, Error, LstsqOptions, Mat, Method, Result, Scalar, norm};

use super::{DampedStepSolver, StepSolver};
use crate::{Counts, Evaluation, LeastSquaresProblem, check};

/// Solves the linear subproblem with the whole Jacobian, by any backend and method.
///
/// The m×n Jacobian and the residual live in buffers that are kept between steps, filled with NaN
/// before the problem writes them, and used by the backend as work space. The gradient 2·Jᵀ·r is
/// taken column by column before that, so that a step costs one residual, one Jacobian and one
/// solve.
///
/// A rank-deficient Jacobian needs a method for which [`Method::handles_rank_deficiency`] holds;
/// any other refuses.
#[derive(Clone, Debug)]
pub struct Dense<'b, T, B: ?Sized> {
    backend: &'b B,
    options: LstsqOptions<T>,
    jacobian: Mat<T>,
    /// One column: the residual.
    residual: Mat<T>,
    gradient: Vec<T>,
    /// The residual at a trial point, or J·g.
    image: Vec<T>,
    damping: Vec<T>,
    last_rank: Option<usize>,
}

impl<'b, T: Scalar, B: Backend<T> + ?Sized> Dense<'b, T, B> {
    /// Solves with `method` of `backend`.
    #[must_use]
    pub fn new(backend: &'b B, method: Method) -> Self {
        Self {
            backend,
            options: LstsqOptions::new(method),
            jacobian: Mat::default(),
            residual: Mat::default(),
            gradient: Vec::new(),
            image: Vec::new(),
            damping: Vec::new(),
            last_rank: None,
        }
    }

    /// Singular values at or below `rcond`·σ₁ count as zero; the default is max(m, n)·ε. The first
    /// solve refuses an `rcond` outside [0, 1).
    #[must_use]
    pub fn with_rcond(self, rcond: T) -> Self {
        let options = LstsqOptions {
            rcond: Some(rcond),
            ..self.options
        };
        Self { options, ..self }
    }

    /// The numerical rank of the Jacobian that was last solved with.
    #[must_use]
    pub fn last_rank(&self) -> Option<usize> {
        self.last_rank
    }

    /// Makes room for m×n entries, or says that there is none instead of ending the process.
    fn reserve_jacobian(&mut self, m: usize, n: usize) -> Result<()> {
        let mut storage = std::mem::take(&mut self.jacobian).into_vec();
        storage.clear();
        let reserved = m
            .checked_mul(n)
            .is_some_and(|count| storage.try_reserve_exact(count).is_ok());
        if !reserved {
            let detail = format!("must have a Jacobian that fits into memory, but it is {m}x{n}");
            return Err(check::invalid("Dense", "problem", detail));
        }
        storage.resize(m * n, T::zero());
        self.jacobian = Mat::from_col_major(storage, m, n)?;
        Ok(())
    }
}

impl<T, P, B> StepSolver<T, P> for Dense<'_, T, B>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    fn dimension(&self, problem: &P) -> usize {
        problem.parameters()
    }

    fn init(&mut self, problem: &P) -> Result<()> {
        let (m, n) = (problem.residuals(), problem.parameters());
        if m == 0 {
            let detail = format!("must have at least one residual, but its Jacobian is {m}x{n}");
            return Err(check::invalid("Dense", "problem", detail));
        }
        let info = self.backend.info();
        if !info.has(self.options.method) {
            return Err(Error::Unsupported {
                operation: self.options.method.name(),
                backend: info.engine,
            });
        }
        self.reserve_jacobian(m, n)?;
        self.residual.reshape_for_overwrite(m, 1);
        self.gradient.resize(n, T::zero());
        self.image.resize(m, T::zero());
        self.damping.resize(n, T::zero());
        self.last_rank = None;
        Ok(())
    }

    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        self.residual.data_mut().fill(T::nan());
        counts.residuals += 1;
        problem.residual(x, self.residual.data_mut())?;
        self.jacobian.data_mut().fill(T::nan());
        counts.jacobians += 1;
        problem.jacobian(x, self.jacobian.as_mut())?;
        let r = self.residual.data();
        let two = T::of(2.0);
        for (j, gj) in self.gradient.iter_mut().enumerate() {
            *gj = two * dot(self.jacobian.col(j), r);
        }
        Ok(Evaluation {
            loss: dot(r, r) + problem.constant_loss(),
            gradient_norm: norm::euclidean(&self.gradient),
        })
    }

    fn direction(&mut self, _problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()> {
        counts.solves += 1;
        let Self {
            backend, options, ..
        } = self;
        let solution =
            backend.lstsq_overwriting(&mut self.jacobian, &mut self.residual, options)?;
        self.last_rank = Some(solution.rank);
        // min ‖J·y − r‖ was solved, and δ = −y.
        for (di, &yi) in delta.iter_mut().zip(solution.x.data()) {
            *di = -yi;
        }
        Ok(())
    }
}

/// Not after [`StepSolver::direction`], which uses up the Jacobian.
impl<T, P, B> DampedStepSolver<T, P> for Dense<'_, T, B>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    fn gradient(&self) -> &[T] {
        &self.gradient
    }

    fn curvature(&mut self, _problem: &P) -> Result<T> {
        let gradient = norm::euclidean(&self.gradient);
        if gradient == T::zero() {
            return Ok(T::zero());
        }
        self.image.fill(T::zero());
        for (j, &gj) in self.gradient.iter().enumerate() {
            for (image, &entry) in self.image.iter_mut().zip(self.jacobian.col(j)) {
                *image += entry * (gj / gradient);
            }
        }
        Ok(dot(&self.image, &self.image))
    }

    fn damped_direction(
        &mut self,
        _problem: &P,
        lambda: T,
        delta: &mut [T],
        counts: &mut Counts,
    ) -> Result<()> {
        counts.solves += 1;
        self.damping.fill(lambda.sqrt());
        let solution = self.backend.lstsq_damped(
            self.jacobian.as_ref(),
            &self.damping,
            self.residual.as_ref(),
            &self.options,
        )?;
        self.last_rank = Some(solution.rank);
        for (di, &yi) in delta.iter_mut().zip(solution.x.data()) {
            *di = -yi;
        }
        Ok(())
    }

    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T> {
        self.image.fill(T::nan());
        counts.residuals += 1;
        problem.residual(x, &mut self.image)?;
        Ok(dot(&self.image, &self.image) + problem.constant_loss())
    }
}
