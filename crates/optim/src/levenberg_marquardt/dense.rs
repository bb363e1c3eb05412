//! Steps from the whole Jacobian.

use leastwise_core::norm::dot;
use leastwise_core::{Backend, Error, LstsqOptions, Mat, Method, Result, Scalar, norm};

use super::linearization::Linearization;
use super::{DampedStepSolver, StepSolver};
use crate::{Bounds, Counts, Evaluation, LeastSquaresProblem};

/// Solves the linear subproblem with the whole Jacobian, by any backend and method.
///
/// The m×n Jacobian and the residual are kept in buffers between steps. The buffers are filled with NaN
/// before the problem writes them, and the backend uses them as work space. The gradient 2·Jᵀ·r is computed
/// column by column before that. So a step costs one residual, one Jacobian and one solve.
///
/// A rank-deficient Jacobian needs a method for which [`Method::handles_rank_deficiency`] is true. Other
/// methods refuse it.
#[derive(Clone, Debug)]
pub struct Dense<'b, T, B: ?Sized> {
    backend: &'b B,
    options: LstsqOptions<T>,
    at: Linearization<T>,
    /// The residual at a trial point, or J·g.
    image: Vec<T>,
    damping: Vec<T>,
    last_rank: Option<usize>,
    is_first: bool,
}

impl<'b, T: Scalar, B: Backend<T> + ?Sized> Dense<'b, T, B> {
    /// The solver with `method` of `backend`.
    #[must_use]
    pub fn new(backend: &'b B, method: Method) -> Self {
        Self {
            backend,
            options: LstsqOptions::new(method),
            at: Linearization::default(),
            image: Vec::new(),
            damping: Vec::new(),
            last_rank: None,
            is_first: true,
        }
    }

    /// Sets the relative threshold of the rank: singular values at or below `rcond`·σ₁ are treated as zero.
    /// The default is max(m, n)·ε. The first solve refuses an `rcond` outside [0, 1).
    #[must_use]
    pub fn with_rcond(self, rcond: T) -> Self {
        let options = LstsqOptions {
            rcond: Some(rcond),
            ..self.options
        };
        Self { options, ..self }
    }

    /// The numerical rank of the Jacobian at the last solve.
    #[must_use]
    pub fn last_rank(&self) -> Option<usize> {
        self.last_rank
    }
}

/// image ← J·v.
fn multiply<T: Scalar>(jacobian: &Mat<T>, v: impl Iterator<Item = T>, image: &mut [T]) {
    image.fill(T::zero());
    for (j, vj) in v.enumerate() {
        for (image, &entry) in image.iter_mut().zip(jacobian.col(j)) {
            *image += entry * vj;
        }
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

    fn bounds<'p>(&self, problem: &'p P) -> Option<&'p Bounds<T>> {
        problem.bounds()
    }

    fn init(&mut self, problem: &P) -> Result<()> {
        let info = self.backend.info();
        if !info.has(self.options.method) {
            return Err(Error::Unsupported {
                operation: self.options.method.name(),
                backend: info.engine,
            });
        }
        self.at.init("Dense", problem)?;
        self.image.resize(problem.residuals(), T::zero());
        self.damping.resize(problem.parameters(), T::zero());
        self.last_rank = None;
        self.is_first = true;
        Ok(())
    }

    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        self.at.evaluate_residual(problem, x, counts)?;
        // The run keeps one unit, because controls store quantities in this unit.
        if std::mem::take(&mut self.is_first) {
            self.at.choose_unit(problem);
        }
        self.at.evaluate_jacobian(problem, x, counts)
    }

    fn direction(&mut self, _problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()> {
        counts.solves += 1;
        let at = &mut self.at;
        let solution =
            self.backend
                .lstsq_overwriting(&mut at.jacobian, &mut at.residual, &self.options)?;
        self.last_rank = Some(solution.rank);
        // The solve was min ‖J·y − r‖, and δ = −y.
        for (di, &yi) in delta.iter_mut().zip(solution.x.data()) {
            *di = -yi;
        }
        Ok(())
    }
}

/// Do not call it after [`StepSolver::direction`], which overwrites the Jacobian.
impl<T, P, B> DampedStepSolver<T, P> for Dense<'_, T, B>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    fn gradient(&self) -> &[T] {
        &self.at.gradient
    }

    fn curvature(&mut self, _problem: &P) -> Result<T> {
        let gradient = norm::euclidean(&self.at.gradient);
        if gradient == T::zero() {
            return Ok(T::zero());
        }
        let unit = self.at.gradient.iter().map(|&gj| gj / gradient);
        multiply(&self.at.jacobian, unit, &mut self.image);
        Ok(dot(&self.image, &self.image))
    }

    fn model_decrease(&mut self, _problem: &P, lambda: T, delta: &[T]) -> Result<T> {
        multiply(&self.at.jacobian, delta.iter().copied(), &mut self.image);
        let damped = lambda * dot(delta, delta);
        Ok(dot(&self.image, &self.image) + damped + damped)
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
            self.at.jacobian.as_ref(),
            &self.damping,
            self.at.residual.as_ref(),
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
        Ok(self.at.loss_of(problem, &mut self.image))
    }
}
