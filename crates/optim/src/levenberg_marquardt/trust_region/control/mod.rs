//! Which steps are taken.

mod challenge;
mod radius;
mod stopping;
mod trial;

use leastwise_core::{Result, Scalar};

use super::{BoundedStep, Limits, Quality, TrustRegionStepSolver};
use crate::levenberg_marquardt::Control;
use crate::{Bounds, Counts, Evaluation, Progress, Termination, check, power};
use stopping::{Outlook, least_cosine};
use trial::Room;

/// Levenberg-Marquardt in a trust region: x ← x + δ with δ the minimiser of ‖J·δ + r‖ over
/// ‖D·δ‖ ≤ Δ, where the loss decreases.
///
/// **Scaling.** Dⱼ is the largest ‖J·eⱼ‖ so far, so that the iterates do not depend on the units of the
/// parameters.
///
/// **Radius.** The first step tried is the undamped one, if it is no longer than ‖D·x‖. It is taken where the model is right about
/// it, |ρ − 1| ≤ ¼ with the gain ρ, the decrease of the loss over that of the linear model. Else the first step is short,
/// [`with_initial_radius`](Self::with_initial_radius): long ones from far away land on plateaus. Then Δ shrinks for
/// ρ ≤ ¼ to between a tenth and a half of it, becomes 2·‖D·δ‖ for ρ ≥ ¾ and after an undamped step, 4·‖D·δ‖ where
/// |ρ − 1| ≤ ¼ and 20·‖D·δ‖ where |ρ − 1| ≤ 10⁻³, and a step is taken for ρ ≥ 10⁻⁴. A residual that is not finite is a loss that is infinite: the next
/// step is a tenth as long. So is it where the Jacobian is not finite.
///
/// **Stopping.** Success is a statement about the undamped step δ at the last parameters, never about
/// a step that damping has made short:
///
/// - [`Termination::LossConverged`]: ‖r‖² − ‖J·δ + r‖² ≤ ftol·loss. The root of that quotient is the
///   relative offset of Bates and Watts: in units of the parameters' standard errors, for many
///   residuals, how far the minimum is at √m times that quotient's root.
/// - [`Termination::StepConverged`]: ‖D·δ‖ ≤ xtol·‖D·x‖, and so with ‖J·eⱼ‖ in the place of Dⱼ; the step is still taken, unless the loss says
///   no.
/// - [`Termination::GradientConverged`]: |rᵀJ·eⱼ| ≤ gtol·‖r‖·‖J·eⱼ‖ for all j.
///
/// **What a success survives.** An exponential that underflows, a saddle that symmetry keeps a run on and a valley that
/// falls for ever look like a minimum to every test of first order. Where a column is lost in the rounding of r,
/// ‖J·eⱼ‖·max|xⱼ| ≤ 4ε·(‖r‖ + ‖(‖J·eⱼ‖·xⱼ)ⱼ‖), where columns depend on each other (a singular value of J, columns of
/// length 1, below 10⁻⁸ of the largest), or where no step has moved a parameter, that parameter is held at other values,
/// the others are fitted anew, and then all of them. If that ends at a smaller loss, the run goes on from there. If not, a
/// parameter whose value changes nothing is redundant, which is success. One that has an effect elsewhere makes it
/// [`Termination::Plateau`], and so does a loss that rises to one side of a dependent parameter and is flat to the other, or a
/// dependent parameter that reaches less than half of the residuals. A residual that is zero, or below ε of what it was at
/// the start, is never on a plateau.
///
/// [`Termination::Stalled`] is no success: Δ ≤ xtol·‖D·x‖, or ten steps in a row neither promised nor brought
/// more than ftol of the loss, and yet an undamped step promises a decrease. Nor is
/// [`Termination::EvaluationBudget`]. Where J is singular at a minimum, cosines decide instead.
///
/// **Drafts of J.** Where J costs many residuals ([`draft_error`](crate::LeastSquaresProblem::draft_error) says so), the
/// steps that are not the last make do with less of it. After a step that the linear model was right about, to a tenth of
/// the change of r, Broyden's update takes the place of a Jacobian. Elsewhere it is a
/// [draft](crate::LeastSquaresProblem::draft_jacobian), until the next step would promise less than 10⁻¹⁴ of the loss. A
/// step that an update has made wrong is tried again with a draft, and does not shrink Δ. No run ends at a draft: there J is
/// evaluated in full, and stays so. With a J that is known to a relative error of η, a promise of less than n·η² of the
/// loss is none, and the run ends with `LossConverged`, unless ftol is 0.
///
/// **Bounds.** The steps are those of an active set within the trust region ([`DenseQr`](super::DenseQr) says
/// how), parameters at a bound that descent pushes against do not count in the tests above, and
/// [`with_bounds`](Self::with_bounds) evaluates nothing outside.
///
/// The default tolerances ask for what rounding allows, ftol = ε^1.5 and xtol = ε^0.8. A decrease of less than about
/// 10·ε·(1 + ‖(‖J·eⱼ‖·xⱼ)ⱼ‖/‖r‖) of the loss, √ε at most, cannot be seen in the loss: r is a difference of rounded
/// terms. There steps are judged by whether they shrink the relative offset, by a twentieth at least, and the run
/// ends with `LossConverged` once they do not.
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
    /// The largest ‖D·a‖/‖D·δ‖ of a correction that is made; zero for none.
    acceleration: T,
    correction: Vec<T>,
    /// D
    scaling: Vec<T>,
    /// The largest ‖J·eⱼ‖ so far.
    largest_norms: Vec<T>,
    /// Which parameters started at 0, which says nothing of their size.
    from_zero: Vec<bool>,
    /// The largest |xⱼ| so far.
    spans: Vec<T>,
    /// Where the run started, if that was the first time.
    start: Option<Vec<T>>,
    /// Which parameters have had a part in a step.
    moved: Vec<bool>,
    /// How often a challenge has led to a better point.
    adopted: usize,
    /// Whether this run challenges another, and is not challenged itself.
    is_challenge: bool,
    /// The relative decrease that the last undamped step has promised.
    promised: T,
    /// Δ; NaN before the first step.
    radius: T,
    /// Δ where the first step was the undamped one and is not taken; else NaN.
    second_radius: T,
    lambda: T,
    delta: Vec<T>,
    trial: Vec<T>,
    last: Evaluation<T>,
    /// The relative decrease promised before the last step that was too small to be judged by the loss.
    unseen: Option<T>,
    slow_steps: usize,
    /// What the last J that was no update has promised.
    promised_before: T,
    /// What the draft that was refined last has promised, until the next step.
    draft_promised: Option<T>,
    /// Whether a draft of J was refined, because it seemed to be at an end.
    is_refined: bool,
}

/// Of the relative decrease that a step promises: where less is promised, an update of J is not good enough for the next
/// step, and where the next will promise as little as this, a draft is not.
const NEAR: f64 = 1e-8;
const FINAL: f64 = 1e-14;

/// Steps with less gain are refused.
const LEAST_GAIN: f64 = 1e-4;

impl<T: Scalar> TrustRegion<T> {
    /// The default tolerances, and a short first step of at most 0.15·‖D·x‖.
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
            adopted: 0,
            is_challenge: false,
            promised: T::zero(),
            radius: T::nan(),
            second_radius: T::nan(),
            lambda: T::zero(),
            delta: Vec::new(),
            trial: Vec::new(),
            last: Evaluation::new(T::nan(), T::nan()),
            unseen: None,
            slow_steps: 0,
            is_refined: false,
            draft_promised: None,
            promised_before: T::one(),
        }
    }

    /// The relative decrease of the loss below which a run has converged; 0 leaves it to the other
    /// tests.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `ftol` < 1.
    pub fn with_ftol(self, ftol: T) -> Result<Self> {
        let ftol = check::fraction("TrustRegion", "ftol", ftol)?;
        Ok(Self { ftol, ..self })
    }

    /// The relative length of a step below which a run has converged; 0 leaves it to the other
    /// tests.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `xtol` < 1.
    pub fn with_xtol(self, xtol: T) -> Result<Self> {
        let xtol = check::fraction("TrustRegion", "xtol", xtol)?;
        Ok(Self { xtol, ..self })
    }

    /// The cosine of the angle between the residual and every column of the Jacobian below which a
    /// run has converged. Below 10·ε it may be rounding alone, which is the smallest that counts.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `gtol` < 1.
    pub fn with_gtol(self, gtol: T) -> Result<Self> {
        let gtol = check::fraction("TrustRegion", "gtol", gtol)?.max(least_cosine());
        Ok(Self { gtol, ..self })
    }

    /// The length of a short first step over ‖D·x‖, at most.
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

    /// The largest number of residual evaluations; without it the number of steps alone is limited,
    /// by [`Budget`](crate::Budget).
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

    /// Keeps the parameters within `bounds`. The start has to be within them.
    #[must_use]
    pub fn with_bounds(self, bounds: Bounds<T>) -> Self {
        Self {
            bounds: Some(bounds),
            ..self
        }
    }

    /// The bounds, if there are any.
    #[must_use]
    pub fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    /// Adds to every step δ half of the acceleration a along the geodesic, if 2·‖D·a‖ ≤ `ratio`·‖D·δ‖: 0.75 is what
    /// its authors advise. Each step costs one more residual.
    ///
    /// It follows long, narrow, curved valleys with fewer Jacobians: with Jacobians that cost much more than
    /// residuals it may pay.
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

    /// How good the next J has to be: that of the last steps is full, and so is every one after an end that drafts have
    /// led to, if it was none.
    fn next_quality(&mut self, quality: Quality, outlook: Outlook<T>) -> Quality {
        // Challenges lead to places where J is singular, or far away.
        if self.is_challenge || self.is_refined {
            return Quality::Full;
        }
        if quality == Quality::Secant {
            let is_near = outlook.promised <= T::of(NEAR);
            return if is_near { Quality::Draft } else { quality };
        }
        // Steps converge linearly at the least: as much as the last step has changed it, the next will.
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

    fn stop(&self, reason: Termination) -> Progress<T> {
        Progress {
            evaluation: self.last,
            stop: Some(reason),
        }
    }

    /// Forgets what steps have taught, for steps from another point.
    fn restart(&mut self) {
        self.radius = T::nan();
        self.second_radius = T::nan();
        self.lambda = T::zero();
        self.unseen = None;
        self.slow_steps = 0;
        self.promised_before = T::one();
    }

    fn note_spans(&mut self, x: &[T]) {
        for (span, xi) in self.spans.iter_mut().zip(x) {
            *span = span.max(xi.abs());
        }
    }

    /// Notes which parameters the step to the trial point moves by more than rounding, as the others see it.
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
    fn check_start(&self, x: &[T]) -> Result<()> {
        let bounds = self.bounds.as_ref();
        bounds.map_or(Ok(()), |bounds| bounds.check("TrustRegion", "start", x))
    }

    fn prepare(&self, solver: &mut S) {
        solver.demand(Quality::Secant);
    }

    fn init(&mut self, x: &[T], evaluation: &Evaluation<T>) {
        self.init_at(x, evaluation);
        self.start = Some(x.to_vec());
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
}

impl<T: Scalar> TrustRegion<T> {
    fn init_at(&mut self, x: &[T], evaluation: &Evaluation<T>) {
        self.scaling.resize(x.len(), T::zero());
        self.largest_norms.resize(x.len(), T::zero());
        self.from_zero.clear();
        self.from_zero.extend(x.iter().map(|xj| *xj == T::zero()));
        self.delta.resize(x.len(), T::zero());
        self.trial.resize(x.len(), T::zero());
        self.spans.clear();
        self.spans.resize(x.len(), T::zero());
        self.note_spans(x);
        self.moved.clear();
        self.moved.resize(x.len(), false);
        self.last = *evaluation;
        self.adopted = 0;
        self.is_refined = false;
        self.draft_promised = None;
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
            if solver.quality() == Quality::Full || reason == Termination::EvaluationBudget {
                return self.conclude(reason, (problem, solver), x, counts);
            }
            // What is said of the end of a run is said with all digits of J.
            let evaluation = solver.refine(problem, x, Quality::Full, counts)?;
            self.take(evaluation);
            self.is_refined = true;
            self.draft_promised = Some(self.promised);
            self.unseen = None;
            self.slow_steps = 0;
            if !(evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite()) {
                return Ok(evaluation.into());
            }
        }
    }

    /// One step, or the reason why there is none.
    fn step_within<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        limits: Option<Limits<'_, T>>,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
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
        if let Some(before) = self.draft_promised.take()
            && outlook.promised > T::of(1e3) * before
        {
            // An effect that the drafts have missed needs longer steps than they have left.
            self.restart();
        }
        solver.demand(self.next_quality(solver.quality(), outlook));
        if solver.quality() != Quality::Full && outlook.is_unseen() {
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
            if is_accelerated {
                self.accelerate(problem, solver, x, step.scaled_norm, limits, counts)?;
            }
            let loss = self.trial_loss(problem, solver, x, counts)?;
            let (radius, lambda) = (self.radius, self.lambda);
            let is_accepted = self.accepts(outlook, step, loss);
            if !is_accepted && solver.quality() == Quality::Secant {
                // It may be the update that was wrong, and not the length of the step.
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
                let evaluation = solver.linearize(problem, &self.trial, counts)?;
                if evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite() {
                    x.copy_from_slice(&self.trial);
                    self.note_spans(x);
                    self.note_moves(step.scaled_norm);
                    self.take(evaluation);
                    return Ok(Progress {
                        evaluation,
                        stop: is_last.then_some(Termination::StepConverged),
                    });
                }
                // Outside of the Jacobian's domain: back, and a shorter step.
                let evaluation = solver.linearize(problem, x, counts)?;
                self.take(evaluation);
                solver.factorize(problem, &self.scaling, limits, counts)?;
                self.unseen = None;
                // The loss has made it longer.
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

    /// Takes what is known of the point last linearised, and brings what is kept to its unit.
    fn take(&mut self, evaluation: Evaluation<T>) {
        let shift = self.last.exponent - evaluation.exponent;
        power::scale(&mut self.scaling, shift);
        power::scale(&mut self.largest_norms, shift);
        self.radius = power::times(self.radius, shift);
        self.last = evaluation;
    }

    /// Judges the trial point: updates Δ and λ, and says whether to go there.
    fn accepts(&mut self, outlook: Outlook<T>, step: BoundedStep<T>, loss: T) -> bool {
        // A model that promises an increase is rounding, and must not make one look like a gain.
        let gain = if step.reduction > T::zero() {
            (self.last.loss - loss) / step.reduction
        } else {
            T::neg_infinity()
        };
        let second_radius = std::mem::replace(&mut self.second_radius, T::nan());
        let rounding = T::one() + outlook.resolution;
        // A bound that is all but reached changes nothing that could be seen.
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
