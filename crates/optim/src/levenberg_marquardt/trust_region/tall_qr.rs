//! Steps within a trust region for tall problems, without a stored Jacobian.
//!
//! Let Q be orthogonal with Qᵀ·[J r] = [R c; 0 ρ]. ‖J·δ + r‖² is ‖R·δ + c‖² + ρ² for every δ, and so are the gradient and the
//! lengths of the columns. So the solver of the small problem of [R; 0] and (c, ρ) computes the steps. The residual is kept,
//! because the loss at another point is compared with it.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, Result, Scalar};

use super::dense_qr::reached;
use super::{BoundedStep, DenseQr, GaussNewton, Limits, Quality, TrustRegionStepSolver};
use crate::levenberg_marquardt::StepSolver;
use crate::tall::{Bad, Evaluated, Tall};
use crate::{Bounds, Counts, Evaluation, power};

/// Solves the linear subproblems of a [`Tall`] problem by [`DenseQr`] of their triangle.
#[derive(Debug)]
pub(crate) struct TallQr<'b, T: Scalar> {
    /// The solver of the triangle.
    small: DenseQr<'b, T, dyn Backend<T> + 'b>,
    /// The residual at the last linearised point, and at `trial`.
    at: Evaluated<T>,
    other: Evaluated<T>,
    /// The point of `other`; empty if there is none.
    trial: Vec<T>,
    /// What is known before a run begins.
    known: Option<Evaluated<T>>,
    aside: Option<Evaluated<T>>,
    bad: Option<Bad<T>>,
    pilot_evaluations: usize,
}

/// Rounding errors of the triangle do not grow with more rows than this multiple of the columns: a row passes through 32
/// blocks and some merges only.
const ROWS: usize = 64;

impl<'b, T: Scalar> TallQr<'b, T> {
    pub(crate) fn new(backend: &'b dyn Backend<T>) -> Self {
        Self {
            small: DenseQr::new(backend),
            at: Evaluated::default(),
            other: Evaluated::default(),
            trial: Vec::new(),
            known: None,
            aside: None,
            bad: None,
            pilot_evaluations: 0,
        }
    }

    /// The rows whose rounding errors are those of the triangle of m rows and n columns.
    pub(crate) fn rows_of_rounding(m: usize, n: usize) -> usize {
        m.min(ROWS * (n + 1))
    }

    /// These residuals are known when the next run begins.
    pub(crate) fn with_known(self, evaluated: Evaluated<T>) -> Self {
        Self {
            known: Some(evaluated),
            ..self
        }
    }

    /// The residuals at the last linearised point.
    pub(crate) fn at_mut(&mut self) -> &mut Evaluated<T> {
        &mut self.at
    }

    /// R, (n + 1)×n with a row of zeros, in units of 2^[`exponent`](Self::exponent).
    pub(crate) fn triangle(&self) -> &Mat<T> {
        self.small.jacobian()
    }

    pub(crate) fn exponent(&self) -> i32 {
        self.small.exponent()
    }

    pub(crate) fn quality_of_jacobian(&self) -> Quality {
        self.small.quality()
    }

    pub(crate) fn is_rank_deficient(&self) -> bool {
        self.small.is_rank_deficient()
    }

    /// The lengths of the columns of J.
    pub(crate) fn lengths(&self) -> &[T] {
        &self.small.column_norms
    }

    /// The first entry of the last J that is not finite.
    pub(crate) fn bad(&self) -> Option<Bad<T>> {
        self.bad
    }

    /// How often the pilot rows were evaluated for steps of differences.
    pub(crate) fn pilot_evaluations(&self) -> usize {
        self.pilot_evaluations
    }

    fn loss_of(&self, problem: &Tall<'_, T>, of: &Evaluated<T>) -> T {
        let constant = power::times(problem.layers().constant_norm, -self.exponent());
        of.size.squares + constant * constant
    }

    /// Takes the residual of the last trial point, if that is `x`. The one before replaces it.
    fn takes_trial(&mut self, x: &[T]) -> bool {
        let is_known = self.trial == x;
        if is_known {
            std::mem::swap(&mut self.at, &mut self.other);
            self.trial.clear();
        }
        is_known
    }

    /// Takes the triangle and Qᵀ·r that are there as those of `x`.
    fn take_triangle(&mut self, x: &[T], quality: Quality, loss: T) -> Evaluation<T> {
        let small = &mut self.small;
        let c = small.at.residual.data();
        for (j, gradient) in small.at.gradient.iter_mut().enumerate() {
            *gradient = T::of(2.0) * dot(small.at.jacobian.col(j), c);
        }
        small.take_jacobian(x, quality);
        Evaluation {
            loss,
            gradient_norm: euclidean(&small.at.gradient),
            exponent: small.exponent(),
        }
    }

    /// As [`Linearization::choose_unit`](super::super::linearization::Linearization::choose_unit).
    fn choose_unit(&mut self, problem: &Tall<'_, T>) -> Result<()> {
        let linearization = &mut self.small.at;
        let constant = power::times(problem.layers().constant_norm, -linearization.exponent);
        let size = constant.max(self.at.size.largest);
        if linearization.takes_unit_of(size) {
            self.at.size = problem.size(&mut self.at, linearization.exponent)?;
        }
        Ok(())
    }
}

impl<T: Scalar> StepSolver<T, Tall<'_, T>> for TallQr<'_, T> {
    fn dimension(&self, problem: &Tall<'_, T>) -> usize {
        problem.layers().free.len()
    }

    fn bounds<'p>(&self, problem: &'p Tall<'_, T>) -> Option<&'p Bounds<T>> {
        problem.layers().free_bounds
    }

    fn init(&mut self, problem: &Tall<'_, T>) -> Result<()> {
        self.small.prepare_for_triangle(problem.layers().free.len());
        self.trial.clear();
        if let Some(evaluated) = self.known.take() {
            self.trial.clone_from(&evaluated.x);
            self.other = evaluated;
        }
        problem.allocate([&mut self.at, &mut self.other])?;
        self.bad = None;
        Ok(())
    }

    fn linearize(
        &mut self,
        problem: &Tall<'_, T>,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<Evaluation<T>> {
        if !self.takes_trial(x) {
            counts.residuals += 1;
            problem.residual(x, self.small.exponent(), &mut self.at)?;
        }
        self.choose_unit(problem)?;
        let is_draft = self.small.drafts.demanded != Quality::Full;
        let quality = if is_draft {
            Quality::Draft
        } else {
            Quality::Full
        };
        self.refine(problem, x, quality, counts)
    }

    fn direction(
        &mut self,
        problem: &Tall<'_, T>,
        delta: &mut [T],
        counts: &mut Counts,
    ) -> Result<()> {
        let ones = vec![T::one(); delta.len()];
        self.factorize(problem, &ones, None, counts)?;
        self.small.undamped_direction(delta);
        Ok(())
    }
}

impl<T: Scalar> TrustRegionStepSolver<T, Tall<'_, T>> for TallQr<'_, T> {
    fn gradient(&self) -> &[T] {
        &self.small.at.gradient
    }

    fn column_norms(&self) -> &[T] {
        &self.small.column_norms
    }

    fn factorize(
        &mut self,
        problem: &Tall<'_, T>,
        scaling: &[T],
        limits: Option<Limits<'_, T>>,
        counts: &mut Counts,
    ) -> Result<GaussNewton<T>> {
        let rows = Self::rows_of_rounding(problem.layers().total, scaling.len());
        self.small.factorize_rows(rows, scaling, limits, counts)
    }

    fn bounded_direction(
        &mut self,
        radius: T,
        lambda: T,
        limits: Option<Limits<'_, T>>,
        delta: &mut [T],
    ) -> Result<BoundedStep<T>> {
        self.small.bounded_step(radius, lambda, limits, delta)
    }

    /// NaN, which is not applied. A fit with such corrections stores J.
    fn geodesic_correction(
        &mut self,
        _problem: &Tall<'_, T>,
        _x: &[T],
        _delta: &[T],
        correction: &mut [T],
        _counts: &mut Counts,
    ) -> Result<()> {
        correction.fill(T::nan());
        Ok(())
    }

    fn change(&mut self, problem: &Tall<'_, T>, x: &[T], counts: &mut Counts) -> Result<T> {
        self.trial.clear();
        counts.residuals += 1;
        let exponent = self.exponent();
        problem.residual(x, exponent, &mut self.other)?;
        let square = problem.distance(&mut self.other, &self.at, exponent)?;
        Ok(if square.is_finite() {
            square.sqrt()
        } else {
            T::infinity()
        })
    }

    fn jacobian_error(&self, problem: &Tall<'_, T>) -> T {
        let layers = problem.layers();
        match (self.small.drafts.quality, layers.draft_error) {
            (Quality::Draft | Quality::Secant, Some(error)) => error,
            _ => layers.jacobian_error,
        }
    }

    fn quality(&self) -> Quality {
        self.small.drafts.quality
    }

    fn demand(&mut self, least: Quality) {
        self.small.drafts.demanded = least;
    }

    fn refine(
        &mut self,
        problem: &Tall<'_, T>,
        x: &[T],
        quality: Quality,
        counts: &mut Counts,
    ) -> Result<Evaluation<T>> {
        let layers = problem.layers();
        let has_drafts = layers
            .draft_error
            .is_some_and(|error| error > layers.jacobian_error);
        let is_draft = has_drafts && quality != Quality::Full;
        let loss = self.loss_of(problem, &self.at);
        let small = &mut self.small;
        let exponent = small.exponent();
        // A residual that is not finite ends the run, or rejects the step.
        self.bad = None;
        if loss.is_finite() {
            let at = (&mut self.at, exponent);
            let reduction = problem.reduction(small.backend, is_draft, at)?;
            counts.jacobians += 1;
            counts.residuals += reduction.evaluations;
            self.pilot_evaluations += reduction.pilot_evaluations;
            self.bad = reduction.bad;
            small.at.jacobian = reduction.r;
            small.at.residual.data_mut().copy_from_slice(&reduction.c);
        }
        if self.bad.is_some() || !loss.is_finite() {
            small.at.jacobian.data_mut().fill(T::nan());
        }
        small.drafts.updates = 0;
        let quality = if is_draft {
            Quality::Draft
        } else {
            Quality::Full
        };
        Ok(self.take_triangle(x, quality, loss))
    }

    /// Qᵀ·r changes by R·δ, as the linear model predicts.
    fn advance(
        &mut self,
        problem: &Tall<'_, T>,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<Evaluation<T>> {
        if !self.takes_trial(x) {
            return self.linearize(problem, x, counts);
        }
        let unit = self.exponent();
        self.choose_unit(problem)?;
        let loss = self.loss_of(problem, &self.at);
        let small = &mut self.small;
        let shift = unit - small.exponent();
        power::scale(small.at.jacobian.data_mut(), shift);
        let n = x.len();
        let c = small.at.residual.data_mut();
        power::scale(c, shift);
        for (j, (&to, &from)) in x.iter().zip(&self.other.x).enumerate() {
            for (c, &r) in c.iter_mut().zip(small.at.jacobian.col(j)) {
                *c += r * (to - from);
            }
        }
        let rest = loss - dot(&c[..n], &c[..n]);
        c[n] = rest.max(T::zero()).sqrt();
        Ok(self.take_triangle(x, Quality::Kept, loss))
    }

    fn reach(
        &mut self,
        problem: &Tall<'_, T>,
        _x: &[T],
        j: usize,
        counts: &mut Counts,
    ) -> Result<f64> {
        let length = power::times(self.small.column_norms[j], self.exponent());
        let (sums, evaluations) = problem.jacobian(&self.at, 1, |_, block, sums| {
            sums[0] += reached(block.col(j), length) as f64;
        })?;
        counts.residuals += evaluations;
        Ok(sums[0] / problem.layers().total as f64)
    }

    fn weak_directions(&mut self, tolerance: T) -> Result<Mat<T>> {
        self.small.directions_below(tolerance)
    }

    fn set_aside(&mut self) {
        self.aside = Some(self.at.clone());
        self.small.keep_aside();
    }

    fn take_back(&mut self) {
        if let Some(at) = self.aside.take() {
            self.at = at;
            self.small.restore();
            self.trial.clear();
        }
    }

    fn loss(&mut self, problem: &Tall<'_, T>, x: &[T], counts: &mut Counts) -> Result<T> {
        self.trial.clear();
        counts.residuals += 1;
        problem.residual(x, self.small.exponent(), &mut self.other)?;
        self.trial.extend(x);
        Ok(self.loss_of(problem, &self.other))
    }
}
