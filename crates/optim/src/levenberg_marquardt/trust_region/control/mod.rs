//! The control of the trust region, which accepts or rejects steps.

mod challenge;
mod outlook;
mod radius;
mod room;
mod stopping;
mod trial;

use leastwise_core::{Result, Scalar};

use super::{BoundedStep, Limits, Quality, TrustRegionStepSolver};
use crate::levenberg_marquardt::Control;
use crate::{Bounds, Counts, Evaluation, Progress, Termination, check, power, scratch};
use outlook::{Outlook, least_cosine};
use room::Room;

/// Levenberg-Marquardt in a trust region: x ← x + δ where the loss decreases. δ minimises ‖J·δ + r‖ over
/// ‖D·δ‖ ≤ Δ.
///
/// **Scaling.** Dⱼ is the largest ‖J·eⱼ‖ so far. So the iterates do not depend on the units of the
/// parameters.
///
/// **Radius.** Let the gain ρ be the decrease of the loss over that of the linear model. If the undamped step
/// is not longer than ‖D·x‖, it is tried first. It is accepted if the model is accurate, |ρ − 1| ≤ ¼.
/// Otherwise, the first step is short; see [`with_initial_radius`](Self::with_initial_radius). Long steps
/// from far away lead to plateaus. Then Δ changes as follows:
///
/// - For ρ ≤ ¼, Δ shrinks to between a tenth and a half of it.
/// - For ρ ≥ ¾ and after an undamped step, Δ becomes 2·‖D·δ‖.
/// - For |ρ − 1| ≤ ¼, Δ becomes 4·‖D·δ‖, and for |ρ − 1| ≤ 10⁻³, it becomes 20·‖D·δ‖.
///
/// A step is accepted for ρ ≥ 10⁻⁴. If the residual or the Jacobian is not finite, the loss counts as
/// infinite, and the next step is a tenth as long.
///
/// **Stopping.** Success depends on the undamped step δ at the last parameters, never on a step that is short
/// because of damping:
///
/// - [`Termination::LossConverged`]: ‖r‖² − ‖J·δ + r‖² ≤ ftol·loss. The root of this quotient is the relative
///   offset of Bates and Watts. For many residuals, the distance to the minimum is √m times the relative
///   offset, in units of the standard errors of the parameters.
/// - [`Termination::StepConverged`]: ‖D·δ‖ ≤ xtol·‖D·x‖, and the same with ‖J·eⱼ‖ instead of Dⱼ. The step is
///   still taken, unless the loss rejects it.
/// - [`Termination::GradientConverged`]: |rᵀJ·eⱼ| ≤ gtol·‖r‖·‖J·eⱼ‖ for all j.
///
/// The J at the end of a step is not evaluated if the step predicts a relative decrease p ≤ 10⁻¹², the step before predicted
/// p/q ≥ 1000·p, the step after it, with the same rate of convergence q, passes one of the first two tests, and the smallest
/// singular value of J, with columns of length 1, is above 10⁻⁵ of the largest. Then J and the
/// gradient are those of a point whose distance no standard error shows, and [`DenseQr::quality`](super::DenseQr::quality) is
/// [`Kept`](Quality::Kept).
///
/// **Checks of a success.** An exponential that underflows, a saddle point on a line of symmetry, and a
/// valley that falls without end pass every first-order test of a minimum. So the point is checked further in
/// four cases:
///
/// - A column is lost in the rounding of r: ‖J·eⱼ‖·max|xⱼ| ≤ 4ε·(‖r‖ + ‖(‖J·eⱼ‖·xⱼ)ⱼ‖).
/// - Columns depend on each other: J, with columns of length 1, has a singular value below 10⁻⁸ of the
///   largest.
/// - No step has moved a parameter.
/// - A parameter is farther from 0 than at the start, and its effect is small: ‖J·eⱼ‖·|xⱼ| ≤ 10⁻³·‖r‖.
///
/// Then that parameter is held at other values, the other parameters are fitted, and after that all of them.
/// If the result has a smaller loss, the run continues from there. Otherwise, a parameter whose value changes
/// nothing is redundant, and the run is a success. It is also a success if the loss rises with the square of one parameter
/// whose column is zero, and no fit from other values of this parameter ends at a smaller loss. A run that stalls beside such
/// a point goes on from it. The run ends as [`Termination::Plateau`] if another parameter
/// without effect here has one elsewhere, alone or together with others, if the loss rises gradually on one side of a dependent
/// parameter and is flat on the other, towards infinity if its effect is small, or if a dependent parameter affects less
/// than half of the residuals. Redundant parameters may have an end, too, such as 0 for p₀ in p₀·exp(p₁ + p₂·x). There, the
/// loss rises at once. Before a plateau is reported, the run starts again with other initial radii, and goes on if one of these runs
/// ends at a smaller loss. If the residual is zero, or below ε
/// of its size at the start, the point is not on a plateau.
///
/// **Drafts of J.** If J costs many residuals, as [`draft_error`](crate::LeastSquaresProblem::draft_error) states, the
/// steps before the last ones use a cheaper J. If the linear model predicted r to a tenth of its change, Broyden's update
/// replaces a Jacobian. Elsewhere J is a [draft](Quality::Draft), until the next step would
/// predict a decrease of less than 10⁻¹⁴ of the loss. A step that is rejected after an update is tried again with a draft,
/// and does not shrink Δ. No run ends at a draft: J is evaluated in full there, and stays so. With a J of relative error η,
/// a predicted decrease of less than n·η² of the loss is not significant, and the run ends with `LossConverged`, unless
/// ftol is 0.
///
/// Two reasons to stop are not a success: [`Termination::EvaluationBudget`] and [`Termination::Stalled`]. A
/// run has stalled if an undamped step predicts a decrease, but Δ ≤ xtol·‖D·x‖, or the predicted and the
/// actual decrease stay below ftol of the loss in ten steps in a row. If J is singular at a minimum, cosines
/// decide instead.
///
/// **Bounds.** The steps are those of an active set within the trust region; see [`DenseQr`](super::DenseQr).
/// The tests above ignore parameters at a bound that descent would cross. If the problem
/// [has bounds](crate::LeastSquaresProblem::bounds), they must contain the start, and nothing is evaluated outside.
///
/// The default tolerances are as small as rounding allows, ftol = ε^1.5 and xtol = ε^0.8. r is a difference
/// of rounded terms. So a decrease below about 10·ε·(1 + ‖(‖J·eⱼ‖·xⱼ)ⱼ‖/‖r‖) of the loss, at most √ε, cannot
/// be seen in the loss. Such steps must reduce the relative offset by at least a twentieth. If they do not,
/// the run ends with `LossConverged`.
///
/// Sources: J. J. Moré, *The Levenberg-Marquardt algorithm: implementation and theory*, in Numerical
/// Analysis, Lecture Notes in Mathematics 630 (1978), algorithm (7.1) and section 4; J. Nocedal,
/// S. Wright, *Numerical Optimization*, 2nd ed., §10.3; D. Bates, D. Watts, *A relative offset
/// orthogonality convergence criterion for nonlinear least squares*, Technometrics 23 (1981); C. G. Broyden, *A class of
/// methods for solving nonlinear simultaneous equations*, Mathematics of Computation 19 (1965), for the update.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustRegion<T> {
    ftol: T,
    xtol: T,
    gtol: T,
    relative_radius: T,
    max_evaluations: usize,
    bounds: Option<Bounds<T>>,
    room: Room<T>,
    /// The largest ‖D·a‖/‖D·δ‖ of a correction that is applied. Zero disables corrections.
    acceleration: T,
    correction: Vec<T>,
    /// The scaling D.
    scaling: Vec<T>,
    /// The largest ‖J·eⱼ‖ so far.
    largest_norms: Vec<T>,
    /// Which parameters started at 0. Their start gives no scale.
    from_zero: Vec<bool>,
    /// The largest |xⱼ| so far.
    spans: Vec<T>,
    /// The start of the run, unless the run was started again.
    start: Option<Vec<T>>,
    /// Which parameters have been moved by a step.
    moved: Vec<bool>,
    /// The radius with which a run begins that goes on with an earlier one.
    resumed: Option<T>,
    /// What a run on a sample has found out about the parameters, until the next run begins.
    earlier: Option<Earlier<T>>,
    /// The number of challenges that have found a better point.
    adopted: usize,
    /// Whether this run is itself a challenge, and so is not challenged.
    is_challenge: bool,
    /// The relative decrease that the last undamped step predicted.
    promised: T,
    /// The radius Δ. It is NaN before the first step.
    radius: T,
    /// The Δ that is used if the first step is the undamped one and is rejected. Otherwise NaN.
    second_radius: T,
    lambda: T,
    delta: Vec<T>,
    trial: Vec<T>,
    last: Evaluation<T>,
    /// The norm of terms whose difference r is, beside those of J·x.
    terms: T,
    /// The predicted relative decrease before the last step, if the loss could not show this decrease.
    unseen: Option<T>,
    slow_steps: usize,
    /// The relative decrease that the last J without an update predicted.
    promised_before: T,
    /// The relative decrease that was predicted at the point before the last step. It is zero if that is not known, or
    /// comes from an update of J.
    promised_from: T,
    /// Whether a draft of J has just been refined.
    follows_drafts: bool,
    /// Whether a draft of J was refined, because the run seemed to be at its end.
    is_refined: bool,
}

/// Predicted relative decreases of the loss. Below the first, an update of J is not accurate enough for the next step. If
/// the next step will predict less than the second, a draft is not accurate enough either.
const NEAR: f64 = 1e-8;
const FINAL: f64 = 1e-14;

/// J is evaluated at the end of every step if J, with columns of length 1, has a singular value below this part of the largest.
const DEPENDENT: f64 = 1e-5;

/// The state of a run on a sample that the run on all data goes on with.
#[derive(Clone, Debug, PartialEq)]
struct Earlier<T> {
    start: Vec<T>,
    spans: Vec<T>,
    from_zero: Vec<bool>,
    moved: Vec<bool>,
}

/// Steps with a smaller gain are rejected.
const LEAST_GAIN: f64 = 1e-4;

impl<T: Scalar> TrustRegion<T> {
    /// The control with the default tolerances, and a short first step of at most 0.15·‖D·x‖.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ftol: T::EPSILON.powf(T::of(1.5)),
            xtol: T::EPSILON.powf(T::of(0.8)),
            gtol: least_cosine(),
            relative_radius: T::of(0.15),
            max_evaluations: usize::MAX,
            bounds: None,
            room: Room::default(),
            acceleration: T::zero(),
            correction: Vec::new(),
            scaling: Vec::new(),
            largest_norms: Vec::new(),
            from_zero: Vec::new(),
            spans: Vec::new(),
            start: None,
            moved: Vec::new(),
            resumed: None,
            earlier: None,
            adopted: 0,
            is_challenge: false,
            promised: T::zero(),
            radius: T::nan(),
            second_radius: T::nan(),
            lambda: T::zero(),
            delta: Vec::new(),
            trial: Vec::new(),
            last: Evaluation::new(T::nan(), T::nan()),
            terms: T::zero(),
            unseen: None,
            slow_steps: 0,
            is_refined: false,
            follows_drafts: false,
            promised_before: T::one(),
            promised_from: T::zero(),
        }
    }

    /// Sets the relative decrease of the loss below which a run has converged. 0 disables this test.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `ftol` < 1.
    pub fn with_ftol(self, ftol: T) -> Result<Self> {
        let ftol = check::fraction("TrustRegion", "ftol", ftol)?;
        Ok(Self { ftol, ..self })
    }

    /// Sets the relative length of a step below which a run has converged. 0 disables this test.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `xtol` < 1.
    pub fn with_xtol(self, xtol: T) -> Result<Self> {
        let xtol = check::fraction("TrustRegion", "xtol", xtol)?;
        Ok(Self { xtol, ..self })
    }

    /// Sets the cosine of the angle between the residual and every column of the Jacobian below which a run
    /// has converged. Values below 10·ε are raised to 10·ε, because rounding can cause such cosines.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `gtol` < 1.
    pub fn with_gtol(self, gtol: T) -> Result<Self> {
        let gtol = check::fraction("TrustRegion", "gtol", gtol)?.max(least_cosine());
        Ok(Self { gtol, ..self })
    }

    /// Sets the largest length of a short first step, relative to ‖D·x‖.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless `relative_radius` is positive and finite.
    pub fn with_initial_radius(self, relative_radius: T) -> Result<Self> {
        let relative_radius = check::positive("TrustRegion", "relative_radius", relative_radius)?;
        Ok(Self {
            relative_radius,
            ..self
        })
    }

    /// Sets the largest number of residual evaluations. By default, only [`Budget`](crate::Budget) limits a
    /// run, by the number of steps.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if it is zero.
    pub fn with_max_evaluations(self, max_evaluations: usize) -> Result<Self> {
        let max_evaluations =
            check::at_least_one("TrustRegion", "max_evaluations", max_evaluations)?;
        Ok(Self {
            max_evaluations,
            ..self
        })
    }

    /// Adds half of the acceleration a along the geodesic to every step δ, if 2·‖D·a‖ ≤ `ratio`·‖D·δ‖. The
    /// authors of the method recommend 0.75. Each step costs one more residual.
    ///
    /// The run follows long, narrow, curved valleys with fewer Jacobians. This can save time if Jacobians
    /// cost much more than residuals.
    ///
    /// Source: M. K. Transtrum, J. P. Sethna, *Improvements to the Levenberg-Marquardt algorithm for nonlinear
    /// least-squares minimization*, arXiv:1201.5885 (2012).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless `ratio` is positive and finite.
    pub fn with_geodesic_acceleration(self, ratio: T) -> Result<Self> {
        let acceleration = check::positive("TrustRegion", "ratio", ratio)?;
        Ok(Self {
            acceleration,
            ..self
        })
    }

    /// The quality of the next J. It is full for the last steps. If the run seemed to end with a draft and did not, it
    /// stays full.
    fn next_quality(&mut self, quality: Quality, outlook: Outlook<T>) -> Quality {
        // Challenges lead to places where J is singular, or far away.
        if self.is_challenge || self.is_refined {
            return Quality::Full;
        }
        if quality == Quality::Secant {
            let is_near = outlook.promised <= T::of(NEAR);
            return if is_near { Quality::Draft } else { quality };
        }
        // Steps converge at least linearly. So the next step reduces the prediction by at least the factor of this step.
        let before = std::mem::replace(&mut self.promised_before, outlook.promised);
        let next = outlook.promised * (outlook.promised / before).min(T::one());
        if next <= T::of(FINAL) {
            Quality::Full
        } else if outlook.promised <= T::of(NEAR) {
            Quality::Draft
        } else {
            Quality::Secant
        }
    }

    /// This control, for a run that goes on where one on a sample, from `start`, has ended.
    pub(crate) fn after(self, sample: Self, start: &[T]) -> Self {
        let earlier = Earlier {
            start: start.to_vec(),
            spans: sample.spans,
            from_zero: sample.from_zero,
            moved: sample.moved,
        };
        Self {
            earlier: Some(earlier),
            ..self
        }
    }

    /// This control, for a run that goes on with this radius, in the unit of the residuals.
    pub(crate) fn resumed(self, radius: T) -> Self {
        // A run that had not taken a step has no radius.
        let resumed = (radius > T::zero() && radius.is_finite()).then_some(radius);
        Self { resumed, ..self }
    }

    /// Whether steps are corrected along geodesics.
    pub(crate) fn is_accelerated(&self) -> bool {
        self.acceleration > T::zero()
    }

    fn stop(&self, reason: Termination) -> Progress<T> {
        Progress {
            evaluation: self.last,
            stop: Some(reason),
        }
    }

    /// Resets what earlier steps have set, for steps from another point.
    fn restart(&mut self) {
        self.radius = T::nan();
        self.second_radius = T::nan();
        self.lambda = T::zero();
        self.unseen = None;
        self.slow_steps = 0;
        self.promised_before = T::one();
        self.promised_from = T::zero();
    }

    fn note_spans(&mut self, x: &[T]) {
        for (span, xi) in self.spans.iter_mut().zip(x) {
            *span = span.max(xi.abs());
        }
    }

    /// Notes the parameters that the step to the trial point moves by more than the rounding of the step.
    fn note_moves(&mut self, scaled_norm: T) {
        let least = T::of(1e-8) * scaled_norm;
        let steps = self.delta.iter().zip(&self.scaling);
        for (moved, (&d, &scale)) in self.moved.iter_mut().zip(steps) {
            *moved |= d.abs() * scale > least;
        }
    }
}

impl<T: Scalar> Default for TrustRegion<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar, P: ?Sized, S: TrustRegionStepSolver<T, P>> Control<T, P, S> for TrustRegion<T> {
    fn check_start(&mut self, bounds: Option<&Bounds<T>>, x: &[T]) -> Result<()> {
        if self.bounds.as_ref() != bounds {
            self.bounds = bounds.cloned();
        }
        bounds.map_or(Ok(()), |bounds| bounds.check("TrustRegion", "start", x))
    }

    fn prepare(&self, solver: &mut S) {
        solver.demand(Quality::Secant);
    }

    fn init(&mut self, x: &[T], evaluation: &Evaluation<T>) {
        self.init_at(x, evaluation);
        self.start = Some(x.to_vec());
        if let Some(radius) = self.resumed {
            self.radius = power::times(radius, -evaluation.exponent);
        }
        if let Some(earlier) = self.earlier.take() {
            self.start = Some(earlier.start);
            self.note_spans(&earlier.spans);
            self.from_zero = earlier.from_zero;
            self.moved = earlier.moved;
        }
    }

    fn step(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        self.step_of((problem, solver), x, counts)
    }

    fn radius(&self) -> Option<T> {
        Some(power::times(self.radius, self.last.exponent))
    }
}

impl<T: Scalar> TrustRegion<T> {
    fn init_at(&mut self, x: &[T], evaluation: &Evaluation<T>) {
        for v in [
            &mut self.scaling,
            &mut self.largest_norms,
            &mut self.delta,
            &mut self.trial,
            &mut self.spans,
        ] {
            scratch::refill(v, x.len(), T::zero());
        }
        self.note_spans(x);
        scratch::refill(&mut self.moved, x.len(), false);
        scratch::refill(&mut self.from_zero, x.len(), false);
        for (from_zero, &xj) in self.from_zero.iter_mut().zip(x) {
            *from_zero = xj == T::zero();
        }
        self.last = *evaluation;
        self.adopted = 0;
        self.is_refined = false;
        self.follows_drafts = false;
        self.restart();
    }

    fn step_of<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        loop {
            self.measure_room(x);
            let room = std::mem::take(&mut self.room);
            let limits = self.bounds.is_some().then_some(Limits {
                lower: &room.lower,
                upper: &room.upper,
            });
            let progress = self.step_within(limits, problem, solver, x, counts);
            self.room = room;
            let progress = progress?;
            let Some(reason) = progress.stop else {
                return Ok(progress);
            };
            if solver.quality().is_full() || reason == Termination::EvaluationBudget {
                return self.conclude(reason, (problem, solver), x, counts);
            }
            // The end of a run is judged with all digits of J.
            let evaluation = solver.refine(problem, x, Quality::Full, counts)?;
            self.take(evaluation);
            self.is_refined = true;
            self.follows_drafts = true;
            self.unseen = None;
            self.slow_steps = 0;
            if !(evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite()) {
                return Ok(evaluation.into());
            }
        }
    }

    /// Takes one step, or returns the reason why there is none.
    fn step_within<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        limits: Option<Limits<'_, T>>,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        self.terms = solver.term_norm(problem);
        let cosine = self.largest_cosine(solver.gradient(), solver.column_norms(), limits);
        if self.last.loss == T::zero() {
            return Ok(self.stop(Termination::GradientConverged));
        }
        self.update_scaling(solver.column_norms(), x);
        let newton = solver.factorize(problem, &self.scaling, limits, counts)?;
        if cosine <= self.gtol {
            return Ok(self.stop(Termination::GradientConverged));
        }
        let error = solver.jacobian_error(problem);
        let outlook = self.outlook(newton, cosine, solver.column_norms(), error, x);
        self.promised = outlook.promised;
        if std::mem::take(&mut self.follows_drafts) && self.radius < newton.scaled_norm {
            // Steps that the drafts predicted were refused. This says nothing about those of J.
            self.restart();
        }
        solver.demand(self.next_quality(solver.quality(), outlook));
        if !solver.quality().is_full() && outlook.is_unseen() {
            return Ok(self.stop(Termination::LossConverged));
        }
        if let Some(reason) = self.reason_to_stop(outlook, solver.column_norms(), x) {
            return Ok(self.stop(reason));
        }
        self.open_radius(outlook);
        loop {
            self.delta.fill(T::nan());
            let step =
                solver.bounded_direction(self.radius, self.lambda, limits, &mut self.delta)?;
            let walks = outlook.is_unseen() && self.walks(solver.column_norms(), x);
            if self.is_as_near_as_can_be_seen(outlook, walks) {
                return Ok(self.stop(Termination::LossConverged));
            }
            let is_accelerated = self.acceleration > T::zero() && !step.is_bent;
            if counts.residuals + usize::from(is_accelerated) >= self.max_evaluations {
                return Ok(self.stop(Termination::EvaluationBudget));
            }
            let is_last =
                outlook.is_short && !outlook.is_unseen() && self.is_short(solver.column_norms(), x);
            let quality = solver.quality();
            let end = match self.end_without_j(quality, outlook, step) {
                // Where columns depend on each other, errors of J hide how a valley goes on.
                Some(_) if solver.weak_directions(T::of(DEPENDENT))?.cols() > 0 => None,
                end => end,
            };
            if is_accelerated {
                self.accelerate(problem, solver, x, step.scaled_norm, limits, counts)?;
            }
            let loss = self.trial_loss(problem, solver, x, counts)?;
            let (radius, lambda) = (self.radius, self.lambda);
            let is_accepted = self.accepts(outlook, step, loss);
            if !is_accepted && solver.quality() == Quality::Secant {
                // The update may be wrong, and not the length of the step.
                (self.radius, self.lambda) = (radius, lambda);
                let evaluation = solver.refine(problem, x, Quality::Draft, counts)?;
                self.take(evaluation);
                return Ok(evaluation.into());
            }
            if solver.quality() == Quality::Secant && self.radius < radius {
                (self.radius, self.lambda) = (radius, lambda);
                solver.demand(Quality::Draft);
            }
            if is_accepted {
                let evaluation = if end.is_some() {
                    solver.advance(problem, &self.trial, counts)?
                } else {
                    solver.linearize(problem, &self.trial, counts)?
                };
                if evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite() {
                    x.copy_from_slice(&self.trial);
                    self.note_spans(x);
                    self.note_moves(step.scaled_norm);
                    self.take(evaluation);
                    let is_secant = quality == Quality::Secant;
                    self.promised_from = if is_secant { T::zero() } else { self.promised };
                    return Ok(Progress {
                        evaluation,
                        stop: end.or_else(|| is_last.then_some(Termination::StepConverged)),
                    });
                }
                // The trial point is outside the domain of the Jacobian. Goes back, and takes a shorter step.
                let evaluation = solver.linearize(problem, x, counts)?;
                self.take(evaluation);
                solver.factorize(problem, &self.scaling, limits, counts)?;
                self.unseen = None;
                // The accepted loss may have increased the radius.
                self.radius = self.radius.min(step.scaled_norm);
                self.update_radius(step, T::infinity(), T::neg_infinity());
            }
            if is_last {
                return Ok(self.stop(Termination::StepConverged));
            }
            let at = (solver.column_norms(), &*x);
            if let Some(reason) = self.reason_to_give_up(outlook, step, walks, at) {
                return Ok(self.stop(reason));
            }
        }
    }

    /// Stores the evaluation of the last linearised point, and scales stored values to its unit.
    fn take(&mut self, evaluation: Evaluation<T>) {
        let shift = self.last.exponent - evaluation.exponent;
        power::scale(&mut self.scaling, shift);
        power::scale(&mut self.largest_norms, shift);
        self.radius = power::times(self.radius, shift);
        self.last = evaluation;
    }

    /// Judges the trial point. Updates Δ and λ, and returns whether to accept the point.
    fn accepts(&mut self, outlook: Outlook<T>, step: BoundedStep<T>, loss: T) -> bool {
        // If the model predicts an increase, this is rounding, and must not turn an increase of the loss into
        // a gain.
        let gain = if step.reduction > T::zero() {
            (self.last.loss - loss) / step.reduction
        } else {
            T::neg_infinity()
        };
        let second_radius = std::mem::replace(&mut self.second_radius, T::nan());
        let rounding = T::one() + outlook.resolution;
        // A bound that is reached up to rounding causes no visible change.
        let reaches_bound = step.is_bent && step.reduction <= outlook.resolution * self.last.loss;
        let is_blind = (outlook.is_unseen() || reaches_bound) && loss <= self.last.loss * rounding;
        if is_blind {
            self.unseen = Some(outlook.promised);
        } else if self.shortens(second_radius, gain) {
            return false;
        } else {
            self.update_radius(step, loss, gain);
        }
        self.count_slow_step(step.reduction.max(self.last.loss - loss), gain);
        gain >= T::of(LEAST_GAIN) || is_blind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_that_the_model_of_a_bent_step_promises_is_refused() {
        let mut control = TrustRegion::<f64>::new();
        control.init_at(&[1.0], &Evaluation::new(1.0, 1.0));
        control.radius = 1.0;
        let outlook = Outlook {
            newton_norm: 1.0,
            x_norm: 1.0,
            cosine: 0.5,
            promised: 0.5,
            resolution: 1e-15,
            unknown: 1e-31,
            is_beyond_j: false,
            is_short: false,
        };
        let step = BoundedStep {
            lambda: 0.0,
            scaled_norm: 1e-9,
            reduction: -1e-17,
            descent: -1e-17,
            is_bent: true,
        };
        for rise in [1e-9, 0.5, f64::INFINITY] {
            assert!(!control.accepts(outlook, step, 1.0 + rise), "{rise}");
            assert!(control.radius < 1.0 && control.radius > 0.0);
        }
        assert!(control.accepts(outlook, step, 1.0));
    }
}
