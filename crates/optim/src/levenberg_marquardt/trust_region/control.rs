//! How long a step may be, and when to stop.

use leastwise_core::norm::euclidean;
use leastwise_core::{Result, Scalar};

use super::{BoundedStep, Limits, TrustRegionStepSolver};
use crate::levenberg_marquardt::Control;
use crate::{Bounds, Counts, Evaluation, Progress, Termination, check};

/// Levenberg-Marquardt in a trust region: x ← x + δ with δ the minimiser of ‖J·δ + r‖ over
/// ‖D·δ‖ ≤ Δ, where the loss decreases.
///
/// **Scaling.** Dⱼ is the largest ‖J·eⱼ‖ so far, so that the iterates do not depend on the units of the
/// parameters.
///
/// **Radius.** With the gain ρ, the decrease of the loss over that of the linear model, Δ shrinks for
/// ρ ≤ ¼ to between a tenth and a half of it, becomes 2·‖D·δ‖ for ρ ≥ ¾ and after an undamped step, and a
/// step is taken for ρ ≥ 10⁻⁴. A residual that is not finite is a loss that is infinite: the next
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
/// [`Termination::Stalled`] is none: Δ ≤ xtol·‖D·x‖, or ten steps in a row neither promised nor brought
/// more than ftol of the loss, and yet an undamped step promises a decrease. Nor is
/// [`Termination::EvaluationBudget`]. Where J is singular at a minimum, cosines decide instead.
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
/// orthogonality convergence criterion for nonlinear least squares*, Technometrics 23 (1981).
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
    /// Δ; NaN before the first step.
    radius: T,
    lambda: T,
    delta: Vec<T>,
    trial: Vec<T>,
    last: Evaluation<T>,
    /// The relative decrease promised before the last step, if that was too small to be seen.
    unseen: Option<T>,
    slow_steps: usize,
}

/// l − x and u − x.
#[derive(Clone, Debug, Default, PartialEq)]
struct Room<T> {
    lower: Vec<T>,
    upper: Vec<T>,
}

/// As many steps without progress in a row end a run: while Δ doubles, a plateau alone has so many.
const SLOW_STEPS: usize = 10;

/// Steps with less gain are refused.
const LEAST_GAIN: f64 = 1e-4;

/// A cosine that is smaller may be rounding alone.
fn least_cosine<T: Scalar>() -> T {
    T::of(10.0) * T::EPSILON
}

impl<T: Scalar> TrustRegion<T> {
    /// The default tolerances, and a first step of at most ‖D·x‖.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ftol: T::EPSILON.powf(T::of(1.5)),
            xtol: T::EPSILON.powf(T::of(0.8)),
            gtol: least_cosine(),
            relative_radius: T::one(),
            max_evaluations: usize::MAX,
            bounds: None,
            room: Room::default(),
            acceleration: T::zero(),
            correction: Vec::new(),
            scaling: Vec::new(),
            radius: T::nan(),
            lambda: T::zero(),
            delta: Vec::new(),
            trial: Vec::new(),
            last: Evaluation {
                loss: T::nan(),
                gradient_norm: T::nan(),
            },
            unseen: None,
            slow_steps: 0,
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

    /// The length of the first step over ‖D·x‖, at most.
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

    fn stop(&self, reason: Termination) -> Progress<T> {
        Progress {
            evaluation: self.last,
            stop: Some(reason),
        }
    }

    /// ‖D·x‖.
    fn scaled_norm(&mut self, x: &[T]) -> T {
        for ((t, &xi), &scale) in self.trial.iter_mut().zip(x).zip(&self.scaling) {
            *t = xi * scale;
        }
        euclidean(&self.trial)
    }

    /// Whether δ is short by the current Jacobian too: D may remember one that was much larger, far away.
    fn is_short(&self, column_norms: &[T], x: &[T]) -> bool {
        let length = |v: &[T]| {
            let terms = v.iter().zip(column_norms);
            let squares: T = terms.map(|(&vj, &norm)| (vj * norm) * (vj * norm)).sum();
            squares.sqrt()
        };
        length(&self.delta) <= self.xtol * length(x)
    }

    /// D ← max(D, ‖J·eⱼ‖); a column of zeros says nothing about the scale of its parameter.
    fn update_scaling(&mut self, column_norms: &[T]) {
        if self.radius.is_nan() {
            self.scaling.fill(T::zero());
        }
        for (scale, &norm) in self.scaling.iter_mut().zip(column_norms) {
            *scale = scale.max(norm);
            if *scale == T::zero() {
                *scale = T::one();
            }
        }
    }

    /// The largest |rᵀJ·eⱼ|/(‖r‖·‖J·eⱼ‖) of the parameters that may move.
    fn largest_cosine(
        &self,
        gradient: &[T],
        column_norms: &[T],
        limits: Option<Limits<'_, T>>,
    ) -> T {
        let residual_norm = self.last.loss.sqrt();
        let mut largest = T::zero();
        for (j, (&g, &norm)) in gradient.iter().zip(column_norms).enumerate() {
            if norm > T::zero() && !limits.is_some_and(|limits| limits.blocks(j, g)) {
                largest = largest.max((g / (norm + norm) / residual_norm).abs());
            }
        }
        largest
    }

    /// How far `x` is from its bounds, if there are any.
    fn measure_room(&mut self, x: &[T]) {
        let Some(bounds) = &self.bounds else { return };
        for (room, bounds) in [
            (&mut self.room.lower, bounds.lower()),
            (&mut self.room.upper, bounds.upper()),
        ] {
            room.clear();
            room.extend(bounds.iter().zip(x).map(|(&bound, &xi)| bound - xi));
        }
    }

    /// Why the point is good enough, if it is.
    fn converged(&self, promised: T, resolution: T) -> Option<Termination> {
        if promised <= self.ftol {
            return Some(Termination::LossConverged);
        }
        // Gauss-Newton converges linearly where residuals are large, and rounding does not shrink: 0.9 is the
        // square of a rate of 0.95.
        let no_better = self
            .unseen
            .is_some_and(|before| promised > before * T::of(0.9));
        (no_better && promised <= resolution).then_some(Termination::LossConverged)
    }

    /// The relative decrease of the loss below which it may be rounding alone: r is the difference of
    /// terms of about ‖J·eⱼ‖·|xⱼ|, rounded.
    fn resolution(&self, column_norms: &[T], x: &[T]) -> T {
        let terms = column_norms.iter().zip(x);
        let sum: T = terms.map(|(&norm, &xi)| (norm * xi) * (norm * xi)).sum();
        let cancelled = T::one() + (sum / self.last.loss).sqrt();
        // Written so that NaN and overflow become the largest.
        let largest = T::EPSILON.sqrt();
        let resolution = T::of(10.0) * T::EPSILON * cancelled;
        if resolution < largest {
            resolution
        } else {
            largest
        }
    }

    /// What to call it when steps do not help: at a minimum where J is singular, no parameter alone
    /// promises anything either.
    fn without_progress(&self, cosine: T, resolution: T) -> Termination {
        if cosine * cosine <= self.ftol.max(resolution) {
            Termination::LossConverged
        } else {
            Termination::Stalled
        }
    }

    /// Δ and λ after a trial with gain ρ: Moré (1978), section 4, as in MINPACK's lmder.
    fn update_radius(&mut self, step: BoundedStep<T>, loss: T, gain: T) {
        let half = T::of(0.5);
        if gain > T::of(0.25) {
            if step.lambda == T::zero() || gain >= T::of(0.75) {
                let twice = step.scaled_norm + step.scaled_norm;
                // What a bound has shortened says nothing against longer steps.
                self.radius = if step.is_bent {
                    self.radius.max(twice)
                } else {
                    twice
                };
                self.lambda = half * step.lambda;
            } else {
                self.lambda = step.lambda;
            }
            return;
        }
        let shrink = self.shrinkage(step, loss);
        let longest = step.scaled_norm * T::of(10.0);
        self.radius = shrink * self.radius.min(longest);
        self.lambda = step.lambda / shrink;
    }

    /// Where the parabola through the loss, its slope and the trial's loss has its minimum, between
    /// 1/10 and 1/2.
    fn shrinkage(&self, step: BoundedStep<T>, loss: T) -> T {
        let (tenth, half) = (T::of(0.1), T::of(0.5));
        let decrease = self.last.loss - loss;
        if decrease >= T::zero() {
            return half;
        }
        let minimum = half * step.descent / (step.descent - half * decrease);
        // Written so that NaN becomes a tenth.
        if minimum > tenth {
            minimum.min(half)
        } else {
            tenth
        }
    }

    /// δ ← δ + ½a where a is short enough and no bound is in the way.
    fn accelerate<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &[T],
        scaled_norm: T,
        limits: Option<Limits<'_, T>>,
        counts: &mut Counts,
    ) -> Result<()> {
        self.correction.resize(x.len(), T::zero());
        solver.geodesic_correction(problem, x, &self.delta, &mut self.correction, counts)?;
        for ((t, &ai), &scale) in self
            .trial
            .iter_mut()
            .zip(&self.correction)
            .zip(&self.scaling)
        {
            *t = ai * scale;
        }
        let length = euclidean(&self.trial);
        let half = T::of(0.5);
        let is_short = length + length <= self.acceleration * scaled_norm;
        let mut steps = self.delta.iter().zip(&self.correction).enumerate();
        let is_inside = limits.is_none_or(|limits| {
            steps.all(|(j, (&d, &a))| {
                let step = d + half * a;
                limits.lower[j] <= step && step <= limits.upper[j]
            })
        });
        if is_short && is_inside {
            for (d, &a) in self.delta.iter_mut().zip(&self.correction) {
                *d += half * a;
            }
        }
        Ok(())
    }

    /// x + δ, within the bounds in spite of rounding, and at one where δ is as long as it may be.
    fn move_trial(&mut self, x: &[T]) {
        for ((t, &xi), &di) in self.trial.iter_mut().zip(x).zip(&self.delta) {
            *t = xi + di;
        }
        let Some(bounds) = &self.bounds else { return };
        for (j, t) in self.trial.iter_mut().enumerate() {
            let (lower, upper) = (bounds.lower()[j], bounds.upper()[j]);
            if *t <= lower || self.delta[j] == lower - x[j] {
                *t = lower;
            } else if *t >= upper || self.delta[j] == upper - x[j] {
                *t = upper;
            }
        }
    }

    /// The loss at the trial point; infinite where it is not finite.
    fn trial_loss<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<T> {
        self.move_trial(x);
        if self.trial.iter().any(|t| !t.is_finite()) {
            return Ok(T::infinity());
        }
        let loss = solver.loss(problem, &self.trial, counts)?;
        Ok(if loss.is_finite() {
            loss
        } else {
            T::infinity()
        })
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

    fn init(&mut self, x: &[T], evaluation: &Evaluation<T>) {
        self.scaling.resize(x.len(), T::zero());
        self.delta.resize(x.len(), T::zero());
        self.trial.resize(x.len(), T::zero());
        self.radius = T::nan();
        self.lambda = T::zero();
        self.last = *evaluation;
        self.unseen = None;
        self.slow_steps = 0;
    }

    fn step(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        self.measure_room(x);
        let room = std::mem::take(&mut self.room);
        let limits = self.bounds.is_some().then_some(Limits {
            lower: &room.lower,
            upper: &room.upper,
        });
        let progress = self.step_within(limits, problem, solver, x, counts);
        self.room = room;
        progress
    }
}

impl<T: Scalar> TrustRegion<T> {
    fn step_within<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        limits: Option<Limits<'_, T>>,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        let cosine = self.largest_cosine(solver.gradient(), solver.column_norms(), limits);
        if self.last.loss == T::zero() || cosine <= self.gtol {
            return Ok(self.stop(Termination::GradientConverged));
        }
        self.update_scaling(solver.column_norms());
        let newton = solver.factorize(problem, &self.scaling, limits, counts)?;
        let x_norm = self.scaled_norm(x);
        if self.radius.is_nan() {
            // D·x has the unit of r.
            let unit = if x_norm > T::zero() {
                x_norm
            } else {
                self.last.loss.sqrt()
            };
            self.radius = (self.relative_radius * unit).min(newton.scaled_norm);
        }
        let resolution = self.resolution(solver.column_norms(), x);
        // A cosine is the root of what changing that parameter alone promises.
        let promised = (newton.reduction / self.last.loss).max(cosine * cosine);
        if let Some(reason) = self.converged(promised, resolution) {
            return Ok(self.stop(reason));
        }
        if self.slow_steps >= SLOW_STEPS {
            return Ok(self.stop(self.without_progress(cosine, resolution)));
        }
        let is_newton_short = newton.is_complete && newton.scaled_norm <= self.xtol * x_norm;
        let is_unseen = promised <= resolution;
        if is_unseen {
            self.radius = self.radius.max(newton.scaled_norm);
        }
        loop {
            self.delta.fill(T::nan());
            let step =
                solver.bounded_direction(self.radius, self.lambda, limits, &mut self.delta)?;
            let is_last = is_newton_short && self.is_short(solver.column_norms(), x);
            if counts.residuals >= self.max_evaluations {
                return Ok(self.stop(Termination::EvaluationBudget));
            }
            if self.acceleration > T::zero() && !step.is_bent {
                self.accelerate(problem, solver, x, step.scaled_norm, limits, counts)?;
            }
            let loss = self.trial_loss(problem, solver, x, counts)?;
            let gain = (self.last.loss - loss) / step.reduction;
            let rounding = T::one() + resolution;
            // A bound that is all but reached changes nothing that could be seen.
            let reaches_bound = step.is_bent && step.reduction <= resolution * self.last.loss;
            if (is_unseen || reaches_bound) && loss <= self.last.loss * rounding {
                self.unseen = Some(promised);
            } else {
                self.unseen = None;
                self.update_radius(step, loss, gain);
            }
            let progress = step.reduction.max(self.last.loss - loss);
            let is_slow = progress <= self.ftol.max(T::EPSILON) * self.last.loss;
            if is_slow && gain >= T::of(0.75) {
                self.slow_steps += 1;
            } else if !is_slow {
                self.slow_steps = 0;
            }
            if gain >= T::of(LEAST_GAIN) || self.unseen.is_some() {
                let evaluation = solver.linearize(problem, &self.trial, counts)?;
                if evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite() {
                    x.copy_from_slice(&self.trial);
                    self.last = evaluation;
                    return Ok(Progress {
                        evaluation,
                        stop: is_last.then_some(Termination::StepConverged),
                    });
                }
                // Outside of the Jacobian's domain: back, and a shorter step.
                self.last = solver.linearize(problem, x, counts)?;
                solver.factorize(problem, &self.scaling, limits, counts)?;
                self.unseen = None;
                self.update_radius(step, T::infinity(), T::neg_infinity());
            }
            if is_last {
                return Ok(self.stop(Termination::StepConverged));
            }
            if is_unseen {
                return Ok(self.stop(Termination::LossConverged));
            }
            let shortest = self.xtol.max(T::EPSILON) * x_norm;
            // A shorter step can decrease the loss by rounding alone.
            let is_lost = step.reduction <= resolution * T::of(0.1) * self.last.loss;
            if self.radius <= shortest || is_lost {
                return Ok(self.stop(self.without_progress(cosine, resolution)));
            }
        }
    }
}
