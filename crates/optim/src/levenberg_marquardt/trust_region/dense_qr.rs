//! Steps within a trust region, from one QR factorisation of the Jacobian.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, MatMut, Result, Scalar};

use super::bend::Bend;
use super::draft::Drafts;
use super::factor::Factor;
use super::model::Model;
use super::padded::Padded;
use super::{BoundedStep, GaussNewton, Limits, Quality, TrustRegionStepSolver};
use crate::levenberg_marquardt::StepSolver;
use crate::levenberg_marquardt::linearization::Linearization;
use crate::{Bounds, Counts, Evaluation, LeastSquaresProblem, check, power, scratch};

/// Solves min ‖J·δ + r‖ over ‖D·δ‖ ≤ Δ by QR of J, with any backend.
///
/// J = Q·R, m×n, is factorised once. If m < n, J and r are extended by zeros. The remaining problems in y = D·δ are n×n: min ‖R·D⁻¹·y +
/// Qᵀ·r‖² + λ·‖y‖². Rotations update their triangle [R·D⁻¹; √λ·I] for every λ. JᵀJ is never formed. R is
/// rank-deficient if, with columns of length 1, its σ_min/σ_max is at or below m·ε. Then the backend's SVD of
/// R·D⁻¹ replaces the triangle, and the undamped step is the one of minimum ‖D·δ‖. A short column does not
/// make R rank-deficient.
///
/// If a limit of δ is in the way, the step is that of the active set. The step goes from 0 towards the
/// solution until the first limit. That parameter stays at its limit, the others are solved for again, and so
/// on. The linear model decreases on every leg. Parameters at a bound that descent would cross do not move
/// from the beginning.
///
/// A J of 2¹⁸ entries or more is factorised a block of rows at a time, without a copy
/// ([`blocks`](leastwise_core::blocks)), unless the backend is faster with all rows at once.
///
/// The residual of a trial point that is accepted is not evaluated again.
///
/// Sources: J. J. Moré, *The Levenberg-Marquardt algorithm: implementation and theory*, in Numerical
/// Analysis, Lecture Notes in Mathematics 630 (1978), sections 3 and 5; J. Nocedal, S. Wright, *Numerical
/// Optimization*, 2nd ed., §16.5, for the active set.
#[derive(Clone, Debug)]
pub struct DenseQr<'b, T, B: ?Sized> {
    pub(super) backend: &'b B,
    pub(super) at: Linearization<T>,
    pub(super) column_norms: Vec<T>,
    pub(super) drafts: Drafts<T>,
    aside: Option<(Linearization<T>, Vec<T>, Drafts<T>)>,
    factor: Factor<T>,
    model: Model<T>,
    /// The parameters that are free to move: their indices, their D, and the limits of y = D·δ.
    free: Vec<usize>,
    scaling: Vec<T>,
    lower: Vec<T>,
    upper: Vec<T>,
    bend: Option<Bend<T>>,
    y: Vec<T>,
    is_ready: bool,
    trial: Vec<T>,
    trial_residual: Mat<T>,
}

impl<'b, T: Scalar, B: Backend<T> + ?Sized> DenseQr<'b, T, B> {
    /// The solver with the factorisations of `backend`.
    #[must_use]
    pub fn new(backend: &'b B) -> Self {
        Self {
            backend,
            at: Linearization::default(),
            column_norms: Vec::new(),
            drafts: Drafts::default(),
            aside: None,
            factor: Factor::default(),
            model: Model::new(),
            free: Vec::new(),
            scaling: Vec::new(),
            lower: Vec::new(),
            upper: Vec::new(),
            bend: None,
            y: Vec::new(),
            is_ready: false,
            trial: Vec::new(),
            trial_residual: Mat::default(),
        }
    }

    /// r at the last linearised point, in units of 2^[`exponent`](Self::exponent). If m < n, zeros follow until there are n
    /// entries.
    #[must_use]
    pub fn residual(&self) -> &[T] {
        self.at.residual.data()
    }

    /// J at the last linearised point, m×n, in units of 2^[`exponent`](Self::exponent). If m < n, rows of zeros follow
    /// until there are n.
    #[must_use]
    pub fn jacobian(&self) -> &Mat<T> {
        &self.at.jacobian
    }

    /// The exponent of the unit of r and J. It is 0 if their squares are well within the range of `T`.
    #[must_use]
    pub fn exponent(&self) -> i32 {
        self.at.exponent
    }

    /// How J was obtained.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.drafts.quality
    }

    /// Whether the Jacobian was rank-deficient to working precision at the last factorisation.
    #[must_use]
    pub fn is_rank_deficient(&self) -> bool {
        self.model.is_rank_deficient()
    }
}

impl<T: Scalar, B: Backend<T> + ?Sized> DenseQr<'_, T, B> {
    /// Takes the J that was just evaluated.
    pub(super) fn take_jacobian(&mut self, x: &[T], quality: Quality) {
        for (j, norm) in self.column_norms.iter_mut().enumerate() {
            *norm = euclidean(self.at.jacobian.col(j));
        }
        self.drafts.quality = quality;
        if self.drafts.are_possible {
            self.drafts.x.clear();
            self.drafts.x.extend_from_slice(x);
        }
        self.is_ready = false;
    }

    /// Takes the residual of the last trial point, if that is `x`. The one before replaces it.
    fn takes_trial(&mut self, x: &[T]) -> bool {
        let is_known = self.trial == x;
        if is_known {
            std::mem::swap(&mut self.at.residual, &mut self.trial_residual);
            self.trial.clear();
        }
        is_known
    }

    /// Multiplies J and the residual of the trial point by 2^`shift`, for another unit.
    fn rescale(&mut self, shift: i32) {
        power::scale(self.trial_residual.data_mut(), shift);
        power::scale(self.at.jacobian.data_mut(), shift);
        power::scale(&mut self.column_norms, shift);
    }

    /// As [`TrustRegionStepSolver::factorize`]. The rounding errors are those of so many rows.
    pub(super) fn factorize_rows(
        &mut self,
        rows: usize,
        scaling: &[T],
        limits: Option<Limits<'_, T>>,
        counts: &mut Counts,
    ) -> Result<GaussNewton<T>> {
        counts.solves += 1;
        self.release(scaling, limits);
        let (jacobian, residual) = (&self.at.jacobian, self.at.residual.data());
        let rcond = T::of(rows as f64) * T::EPSILON;
        let scaling = self.scaling.iter().copied();
        let norms = &self.column_norms;
        let are_all_free = self.free.len() == norms.len();
        if are_all_free
            && let Some(factored) =
                self.factor
                    .triangularize_tall(self.backend, jacobian, norms, residual)?
        {
            self.model.start(self.backend, factored, scaling, rcond)?;
        } else {
            let columns = self.free.iter().map(|&j| jacobian.col(j));
            let norms = self.free.iter().map(|&j| norms[j]);
            let factored = self
                .factor
                .triangularize(self.backend, columns, norms, residual)?;
            self.model.start(self.backend, factored, scaling, rcond)?;
        }
        self.is_ready = true;
        Ok(GaussNewton {
            scaled_norm: self.model.undamped_norm(),
            reduction: self.model.promised(),
            is_complete: self.model.is_complete(),
        })
    }

    /// As [`TrustRegionStepSolver::bounded_direction`].
    pub(super) fn bounded_step(
        &mut self,
        radius: T,
        lambda: T,
        limits: Option<Limits<'_, T>>,
        delta: &mut [T],
    ) -> Result<BoundedStep<T>> {
        if !self.is_ready {
            let detail = "must be factorised after the last linearisation".to_owned();
            return Err(check::invalid("bounded_direction", "self", detail));
        }
        let lambda = self.model.solve_within(radius, lambda);
        scratch::resize(&mut self.y, self.free.len(), T::zero());
        self.model.coordinates(&mut self.y);
        let is_bent = limits.is_some() && self.bend(radius)?;
        delta.fill(T::zero());
        for ((&j, &yj), &scale) in self.free.iter().zip(&self.y).zip(&self.scaling) {
            delta[j] = yj / scale;
        }
        let scaled_norm = euclidean(&self.y);
        let (descent, reduction) = if is_bent {
            self.model.descent_and_reduction(&self.y)
        } else {
            let reduction = self.model.reduction();
            (reduction - lambda * scaled_norm * scaled_norm, reduction)
        };
        if let (true, Some(limits)) = (is_bent, limits) {
            self.land_on(limits, delta);
        }
        Ok(BoundedStep {
            lambda,
            scaled_norm,
            reduction,
            descent,
            is_bent,
        })
    }

    /// Writes the undamped step.
    pub(super) fn undamped_direction(&self, delta: &mut [T]) {
        self.model.coordinates(delta);
    }

    /// As [`TrustRegionStepSolver::weak_directions`].
    pub(super) fn directions_below(&mut self, tolerance: T) -> Result<Mat<T>> {
        let directions = self.model.weak_directions(self.backend, tolerance)?;
        let mut all = Mat::zeros(self.column_norms.len(), directions.cols());
        for k in 0..directions.cols() {
            for (&j, &entry) in self.free.iter().zip(directions.col(k)) {
                all[(j, k)] = entry;
            }
        }
        Ok(all)
    }

    /// As [`TrustRegionStepSolver::set_aside`].
    pub(super) fn keep_aside(&mut self) {
        self.aside = Some((
            self.at.clone(),
            self.column_norms.clone(),
            self.drafts.clone(),
        ));
    }

    /// As [`TrustRegionStepSolver::take_back`].
    pub(super) fn restore(&mut self) {
        if let Some(aside) = self.aside.take() {
            (self.at, self.column_norms, self.drafts) = aside;
            self.is_ready = false;
            self.trial.clear();
        }
    }

    /// Allocates for the triangle of n columns, which stands for J and r.
    pub(super) fn prepare_for_triangle(&mut self, n: usize) {
        self.at.jacobian.reshape_for_overwrite(n + 1, n);
        self.at.residual.reshape_for_overwrite(n + 1, 1);
        self.at.gradient.resize(n, T::zero());
        self.at.exponent = 0;
        self.column_norms.resize(n, T::zero());
        self.trial.clear();
        self.drafts.are_possible = false;
        self.drafts.x.clear();
        self.drafts.demanded = Quality::Full;
        self.is_ready = false;
    }

    /// Sets which parameters are free, and their scaling and limits.
    fn release(&mut self, scaling: &[T], limits: Option<Limits<'_, T>>) {
        self.free.clear();
        let all = 0..scaling.len();
        self.free.reserve_exact(all.len());
        match limits {
            None => self.free.extend(all),
            Some(limits) => {
                let gradient = &self.at.gradient;
                let is_free = |&j: &usize| !limits.blocks(j, gradient[j]);
                self.free.extend(all.filter(is_free));
            }
        }
        scratch::resize(&mut self.scaling, self.free.len(), T::one());
        for (free, &j) in self.scaling.iter_mut().zip(&self.free) {
            *free = scaling[j];
        }
        let Some(limits) = limits else { return };
        for (scaled, limits) in [
            (&mut self.lower, limits.lower),
            (&mut self.upper, limits.upper),
        ] {
            let free = self.free.iter().zip(&self.scaling);
            scaled.clear();
            scaled.extend(free.map(|(&j, &scale)| limits[j] * scale));
        }
    }

    /// Bends the step so that it stays within the limits. Returns whether it changed.
    fn bend(&mut self, radius: T) -> Result<bool> {
        let bend = self.bend.get_or_insert_with(Bend::new);
        let (r, c) = self.model.parts();
        bend.apply(
            self.backend,
            (r, c),
            (&self.lower, &self.upper),
            radius,
            &mut self.y,
        )
    }

    /// If y is at a limit, sets δ exactly to its limit, in spite of rounding.
    fn land_on(&self, limits: Limits<'_, T>, delta: &mut [T]) {
        for (k, &j) in self.free.iter().enumerate() {
            if self.y[k] == self.lower[k] {
                delta[j] = limits.lower[j];
            } else if self.y[k] == self.upper[k] {
                delta[j] = limits.upper[j];
            }
        }
    }
}

/// The number of entries above 10⁻⁸ of the length of their column.
pub(super) fn reached<T: Scalar>(entries: &[T], length: T) -> usize {
    let least = T::of(1e-8) * length;
    entries.iter().filter(|entry| entry.abs() > least).count()
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

    fn bounds<'p>(&self, problem: &'p P) -> Option<&'p Bounds<T>> {
        problem.bounds()
    }

    fn init(&mut self, problem: &P) -> Result<()> {
        check::at_least_one("DenseQr", "residuals of the problem", problem.residuals())?;
        let problem = &Padded(problem);
        let (m, n) = (problem.residuals(), problem.parameters());
        self.at.init("DenseQr", problem)?;
        scratch::refill(&mut self.column_norms, n, T::zero());
        self.trial = Vec::with_capacity(n);
        self.trial_residual.reshape_for_overwrite(m, 1);
        self.drafts.x.clear();
        self.drafts.demanded = Quality::Full;
        self.drafts.are_possible = problem.draft_error().is_some();
        self.is_ready = false;
        Ok(())
    }

    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        let padded = &Padded(problem);
        let is_known = self.takes_trial(x);
        if !is_known {
            self.at.evaluate_residual(padded, x, counts)?;
        }
        let unit = self.at.exponent;
        self.at.choose_unit(padded);
        let may_be_draft = self.drafts.demanded != Quality::Full && self.drafts.are_possible;
        let may_be_secant = may_be_draft && self.drafts.demanded == Quality::Secant;
        if may_be_secant && is_known {
            self.rescale(unit - self.at.exponent);
            let changed = (self.trial_residual.data(), self.at.residual.data());
            let jacobian = &mut self.at.jacobian;
            if self.drafts.update(jacobian, &self.column_norms, x, changed) {
                let evaluation = self.at.evaluation(padded);
                self.take_jacobian(x, Quality::Secant);
                return Ok(evaluation);
            }
        }
        let quality = if may_be_draft {
            Quality::Draft
        } else {
            Quality::Full
        };
        TrustRegionStepSolver::<T, P>::refine(self, problem, x, quality, counts)
    }

    fn direction(&mut self, problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()> {
        let ones = vec![T::one(); delta.len()];
        TrustRegionStepSolver::<T, P>::factorize(self, problem, &ones, None, counts)?;
        self.undamped_direction(delta);
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
        limits: Option<Limits<'_, T>>,
        counts: &mut Counts,
    ) -> Result<GaussNewton<T>> {
        self.factorize_rows(Padded(problem).residuals(), scaling, limits, counts)
    }

    fn bounded_direction(
        &mut self,
        radius: T,
        lambda: T,
        limits: Option<Limits<'_, T>>,
        delta: &mut [T],
    ) -> Result<BoundedStep<T>> {
        self.bounded_step(radius, lambda, limits, delta)
    }

    fn geodesic_correction(
        &mut self,
        problem: &P,
        x: &[T],
        delta: &[T],
        correction: &mut [T],
        counts: &mut Counts,
    ) -> Result<()> {
        let h = T::of(0.1);
        self.trial.clear();
        self.trial
            .extend(x.iter().zip(delta).map(|(&xi, &di)| xi + h * di));
        let second = self.trial_residual.data_mut();
        second.fill(T::nan());
        counts.residuals += 1;
        Padded(problem).residual(&self.trial, second)?;
        power::scale(second, -self.at.exponent);
        self.trial.clear();
        for (s, &r) in second.iter_mut().zip(self.at.residual.data()) {
            *s = (*s - r) / h;
        }
        for (j, &dj) in delta.iter().enumerate() {
            for (s, &entry) in second.iter_mut().zip(self.at.jacobian.col(j)) {
                *s -= entry * dj;
            }
        }
        for (yj, (&j, &scale)) in self.y.iter_mut().zip(self.free.iter().zip(&self.scaling)) {
            let product = dot(self.at.jacobian.col(j), self.trial_residual.data());
            *yj = (product + product) / (h * scale);
        }
        self.model.solve_normal_equations(&mut self.y);
        correction.fill(T::zero());
        for ((&j, &yj), &scale) in self.free.iter().zip(&self.y).zip(&self.scaling) {
            correction[j] = -yj / scale;
        }
        Ok(())
    }

    fn change(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T> {
        self.trial.clear();
        let changed = self.trial_residual.data_mut();
        changed.fill(T::nan());
        counts.residuals += 1;
        Padded(problem).residual(x, changed)?;
        power::scale(changed, -self.at.exponent);
        for (c, &r) in changed.iter_mut().zip(self.at.residual.data()) {
            *c -= r;
        }
        let norm = euclidean(changed);
        Ok(if norm.is_finite() {
            norm
        } else {
            T::infinity()
        })
    }

    fn jacobian_error(&self, problem: &P) -> T {
        match (self.drafts.quality, problem.draft_error()) {
            (Quality::Draft | Quality::Secant, Some(error)) => error,
            _ => problem.jacobian_error(),
        }
    }

    fn term_norm(&self, problem: &P) -> T {
        power::times(problem.term_norm(), -self.at.exponent)
    }

    fn quality(&self) -> Quality {
        self.drafts.quality
    }

    fn demand(&mut self, least: Quality) {
        self.drafts.demanded = least;
    }

    fn refine(
        &mut self,
        problem: &P,
        x: &[T],
        quality: Quality,
        counts: &mut Counts,
    ) -> Result<Evaluation<T>> {
        let problem = &Padded(problem);
        let draft_error = problem.draft_error();
        let is_full = quality == Quality::Full
            || draft_error.is_none_or(|error| error <= problem.jacobian_error());
        let evaluation = if is_full {
            self.at.evaluate_jacobian(problem, x, counts)?
        } else {
            let evaluate = |j: MatMut<'_, T>| problem.jacobian_with(x, Quality::Draft, None, j);
            self.at.evaluate_jacobian_by(problem, counts, evaluate)?
        };
        self.drafts.updates = 0;
        let quality = if is_full {
            Quality::Full
        } else {
            Quality::Draft
        };
        self.take_jacobian(x, quality);
        Ok(evaluation)
    }

    fn advance(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        if !self.takes_trial(x) {
            return self.linearize(problem, x, counts);
        }
        let problem = &Padded(problem);
        let unit = self.at.exponent;
        self.at.choose_unit(problem);
        self.rescale(unit - self.at.exponent);
        let evaluation = self.at.evaluation(problem);
        self.take_jacobian(x, Quality::Kept);
        Ok(evaluation)
    }

    fn reach(&mut self, _problem: &P, _x: &[T], j: usize, _counts: &mut Counts) -> Result<f64> {
        let column = self.at.jacobian.col(j);
        let reached = reached(column, self.column_norms[j]);
        Ok(reached as f64 / column.len() as f64)
    }

    fn weak_directions(&mut self, tolerance: T) -> Result<Mat<T>> {
        self.directions_below(tolerance)
    }

    fn set_aside(&mut self) {
        self.keep_aside();
    }

    fn take_back(&mut self) {
        self.restore();
    }

    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T> {
        let problem = Padded(problem);
        self.trial.clear();
        self.trial_residual.data_mut().fill(T::nan());
        counts.residuals += 1;
        problem.residual(x, self.trial_residual.data_mut())?;
        self.trial.extend(x);
        Ok(self.at.loss_of(&problem, self.trial_residual.data_mut()))
    }
}
