//! Steps within a trust region from one QR factorisation of the Jacobian.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, Result, Scalar};

use super::model::Model;
use super::secular::{self, Undamped};
use super::{BoundedStep, GaussNewton, TrustRegionStepSolver};
use crate::levenberg_marquardt::StepSolver;
use crate::levenberg_marquardt::linearization::Linearization;
use crate::{Counts, Evaluation, LeastSquaresProblem, check};

/// Solves min ‖J·δ + r‖ over ‖D·δ‖ ≤ Δ by QR of J, with any backend.
///
/// J = Q·R, m×n with m ≥ n, is factorised once; what remains are n×n problems in y = D·δ,
/// min ‖R·D⁻¹·y + Qᵀ·r‖² + λ·‖y‖², whose triangle [R·D⁻¹; √λ·I] is updated by rotations for every λ.
/// JᵀJ is never formed. Where R with columns of length 1 is rank-deficient, σ_min/σ_max at or below
/// m·ε, the backend's SVD of R·D⁻¹ takes the place of the triangle, and the undamped step is the one of
/// minimum ‖D·δ‖. Columns that are short are none.
///
/// The residual of a trial point that is accepted is not evaluated again.
///
/// Source: J. J. Moré, *The Levenberg-Marquardt algorithm: implementation and theory*, in Numerical
/// Analysis, Lecture Notes in Mathematics 630 (1978), sections 3 and 5.
#[derive(Clone, Debug)]
pub struct DenseQr<'b, T, B: ?Sized> {
    backend: &'b B,
    at: Linearization<T>,
    column_norms: Vec<T>,
    scaling: Vec<T>,
    model: Model<T>,
    undamped: Option<Undamped<T>>,
    trial: Vec<T>,
    trial_residual: Vec<T>,
}

impl<'b, T: Scalar, B: Backend<T> + ?Sized> DenseQr<'b, T, B> {
    /// Factorises with `backend`.
    #[must_use]
    pub fn new(backend: &'b B) -> Self {
        Self {
            backend,
            at: Linearization::default(),
            column_norms: Vec::new(),
            scaling: Vec::new(),
            model: Model::new(),
            undamped: None,
            trial: Vec::new(),
            trial_residual: Vec::new(),
        }
    }

    /// r at the point last linearised: the last parameters of a run.
    #[must_use]
    pub fn residual(&self) -> &[T] {
        self.at.residual.data()
    }

    /// J at that point.
    #[must_use]
    pub fn jacobian(&self) -> &Mat<T> {
        &self.at.jacobian
    }

    /// Whether the Jacobian was rank-deficient to working precision at the last factorisation.
    #[must_use]
    pub fn is_rank_deficient(&self) -> bool {
        self.model.is_rank_deficient()
    }
}

impl<T, P, B> StepSolver<T, P> for DenseQr<'_, T, B>
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
        if m < n {
            let detail = format!(
                "must have at least as many residuals as parameters, but its Jacobian is {m}x{n}; \
                 Dense solves with fewer"
            );
            return Err(check::invalid("DenseQr", "problem", detail));
        }
        self.at.init("DenseQr", problem)?;
        self.column_norms.resize(n, T::zero());
        self.trial.clear();
        self.trial_residual.resize(m, T::zero());
        self.undamped = None;
        Ok(())
    }

    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        if self.trial == x {
            let residual = self.at.residual.data_mut();
            residual.copy_from_slice(&self.trial_residual);
        } else {
            self.at.evaluate_residual(problem, x, counts)?;
        }
        let evaluation = self.at.evaluate_jacobian(problem, x, counts)?;
        for (j, norm) in self.column_norms.iter_mut().enumerate() {
            *norm = euclidean(self.at.jacobian.col(j));
        }
        self.undamped = None;
        Ok(evaluation)
    }

    fn direction(&mut self, problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()> {
        let ones = vec![T::one(); delta.len()];
        TrustRegionStepSolver::<T, P>::factorize(self, problem, &ones, counts)?;
        self.model.unscaled(&ones, delta);
        Ok(())
    }
}

impl<T, P, B> TrustRegionStepSolver<T, P> for DenseQr<'_, T, B>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    fn gradient(&self) -> &[T] {
        &self.at.gradient
    }

    fn column_norms(&self) -> &[T] {
        &self.column_norms
    }

    fn factorize(
        &mut self,
        problem: &P,
        scaling: &[T],
        counts: &mut Counts,
    ) -> Result<GaussNewton<T>> {
        counts.solves += 1;
        self.scaling.clear();
        self.scaling.extend(scaling);
        let (jacobian, residual) = (&self.at.jacobian, &self.at.residual);
        let split = self
            .backend
            .triangularize(jacobian.as_ref(), residual.as_ref())?;
        let rcond = T::of(problem.residuals() as f64) * T::EPSILON;
        let undamped = self
            .model
            .start(self.backend, split.r, split.c.data(), scaling, rcond)?;
        self.undamped = Some(undamped);
        Ok(GaussNewton {
            scaled_norm: undamped.norm,
            reduction: self.model.promised(),
            is_complete: self.model.is_complete(),
        })
    }

    fn bounded_direction(
        &mut self,
        radius: T,
        lambda: T,
        delta: &mut [T],
    ) -> Result<BoundedStep<T>> {
        let Some(undamped) = self.undamped else {
            let detail = "must be factorised after the last linearisation".to_owned();
            return Err(check::invalid("bounded_direction", "self", detail));
        };
        let limit = radius + T::of(secular::TOLERANCE) * radius;
        let lambda = if undamped.norm <= limit {
            self.model.solve_undamped();
            T::zero()
        } else {
            secular::search(&mut self.model, undamped, radius, lambda)
        };
        self.model.unscaled(&self.scaling, delta);
        Ok(BoundedStep {
            lambda,
            scaled_norm: self.model.norm(),
            reduction: self.model.reduction(),
        })
    }

    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T> {
        self.trial_residual.fill(T::nan());
        counts.residuals += 1;
        problem.residual(x, &mut self.trial_residual)?;
        self.trial.clear();
        self.trial.extend(x);
        let r = &self.trial_residual;
        Ok(dot(r, r) + problem.constant_loss())
    }
}
