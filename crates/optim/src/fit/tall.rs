//! Fits of tall problems, whose J is not stored.
//!
//! Such a fit begins on a sample of the rows. If the sample determines all parameters, and the rows of a second sample agree
//! with the end of this run, all rows begin there. Otherwise, they begin at the start of the user.

use std::ops::Range;
use std::time::{Duration, Instant};

use leastwise_core::{Error, Mat, Result, Scalar};

use super::builder::{Ending, Fit};
use super::fitted::MEstimator;
use super::guarded::Guarded;
use super::together::Together;
use super::{Cancellation, Fitted, Parameters};
use crate::caught::OPERATION;
use crate::levenberg_marquardt::{
    Limits, Quality, StepSolver, TallQr, TrustRegion, TrustRegionStepSolver,
};
use crate::tall::{Bad, Evaluated, Layers, Part, SAMPLE, Sample, Tall, Walk};
use crate::{
    Budget, Counts, LeastSquaresProblem, LevenbergMarquardt, Observer, Report, RobustLoss,
    minimize, power,
};

/// From this number of entries on, J is not stored. In f64, it takes 2 MiB.
const ENTRIES: usize = 1 << 18;

/// J has at least this many rows for each column. Otherwise, its triangle is not much smaller.
const ROWS_PER_COLUMN: usize = 64;

/// A sample pays if there are this many times as many rows.
const TIMES_SAMPLE: usize = 8;

/// A sample shows a parameter if its column of J has the length of at least this many equal entries:
/// 1/Σ(Jᵢⱼ/‖J·eⱼ‖)⁴ for column j.
const LEAST_SHARED: f64 = 32.0;

/// Let n parameters be the minimum of s rows, with noise around the model. At s other rows, the step to their own minimum is
/// expected to reduce their loss by 2n/s of it. More than ten times that is not chance.
const SURPRISE: f64 = 20.0;

/// If this times as many rows as those of a sample are few of all rows, a run on them takes the place of steps on all rows.
/// It begins near its minimum, so that few steps leave less than the difference between its minimum and that of all rows.
const LARGER: usize = 16;
const STEPS_ON_LARGER: usize = 2;

/// The end of a run on a sample.
struct OnSample<T> {
    report: Report<T>,
    control: TrustRegion<T>,
    /// How many rows it evaluated.
    rows: usize,
}

/// Where a run on all rows begins.
struct Begin<T> {
    x: Vec<T>,
    evaluated: Option<Evaluated<T>>,
    control: TrustRegion<T>,
    counts: Counts,
    /// Rows that were evaluated besides.
    rows: usize,
}

impl<T: Scalar> Fit<'_, T> {
    /// Whether J of this problem is not stored.
    pub(super) fn is_tall(&self, all: &Guarded<'_, T>) -> bool {
        let (m, n) = (all.residuals(), all.parameters());
        all.by_rows().is_some()
            && m.checked_mul(n).is_none_or(|entries| entries >= ENTRIES)
            && m / ROWS_PER_COLUMN >= n
            && !self.control().is_accelerated()
    }

    pub(super) fn run_tall(
        &self,
        (all, free): (&Guarded<'_, T>, &[usize]),
        (walk, part): (Walk<'_, T>, &Part<'_>),
        parameters: Parameters<T>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>> {
        let start = parameters.start();
        let clock = Instant::now();
        let total = part.total;
        let sample_size = SAMPLE.max(ROWS_PER_COLUMN * free.len());
        let pilot = Sample::new(total, &part.rows, sample_size, 0.0);
        let free_bounds = all.bounds().map(|bounds| bounds.of(free));
        let layers = Layers {
            sample: None,
            m: part.rows.len(),
            total,
            is_streamed: part.is_streamed,
            pilot: &pilot,
            values: start,
            free,
            bounds: all.bounds(),
            free_bounds: free_bounds.as_ref(),
            loss: self.loss(),
            constant_norm: all.constant_norm(),
            jacobian_error: all.jacobian_error(),
            draft_error: all.draft_error(),
            rows_per_block: self.rows_per_block(part.rows.len(), free.len()),
        };
        let tall = Tall::new(walk, part.team, layers);
        let control = self.control();
        let free_start: Vec<T> = free.iter().map(|&j| start[j]).collect();
        let is_sampled = total / TIMES_SAMPLE >= pilot.count
            && self.budget().max_steps > 0
            && !self.is_resumed();
        let begin = if is_sampled {
            let stops: Vec<Cancellation> = observers
                .iter()
                .filter_map(|observer| observer.cancellation())
                .collect();
            self.begin_on_sample(&tall, &part.rows, control, &free_start, stops)?
        } else {
            Begin {
                x: free_start,
                evaluated: None,
                control,
                counts: Counts::default(),
                rows: 0,
            }
        };
        let mut solver = TallQr::new(self.backend());
        if let Some(evaluated) = begin.evaluated {
            solver = solver.with_known(evaluated);
        }
        let mut lm = LevenbergMarquardt::new(begin.control, solver);
        let mut report = Together::observe(part.team, observers, |observers| {
            minimize(&mut lm, &tall, &begin.x, &self.budget(), observers)
        })?;
        let (_, mut solver) = lm.into_parts();
        if report.termination.is_divergence() {
            return Err(not_finite(&tall, &mut solver)?);
        }
        let rows = begin.rows + pilot.count * solver.pilot_evaluations();
        report.counts.residuals += begin.counts.residuals + rows.div_ceil(total);
        report.counts.jacobians += begin.counts.jacobians;
        report.counts.solves += begin.counts.solves;

        let ending = self.end(&tall, solver, all, &mut report)?;
        report.elapsed = clock.elapsed();
        let mut fitted = part
            .team
            .agree("statistics", self.fitted(all, parameters, report, ending))?;
        // All ranks have the same bits, and the time of the slowest.
        let mut bits = fitted.parameters.clone();
        bits.extend(fitted.standard_errors());
        let elapsed = Ok(fitted.elapsed.as_secs_f64());
        let slowest = part
            .team
            .merge("end", &bits, elapsed, |a, b| Ok(f64::max(a, b)))?;
        if !part.team.is_alone() {
            fitted.elapsed = Duration::from_secs_f64(slowest);
        }
        Ok(fitted)
    }

    /// What the statistics need at the last parameters. All parameters replace the free ones in the report.
    fn end(
        &self,
        tall: &Tall<'_, T>,
        mut solver: TallQr<'_, T>,
        all: &Guarded<'_, T>,
        report: &mut Report<T>,
    ) -> Result<Ending<T>> {
        let layers = tall.layers();
        let n = layers.values.len();
        let x = std::mem::take(&mut report.parameters);
        let mut at = std::mem::take(solver.at_mut());
        let is_kept = match solver.quality_of_jacobian() {
            Quality::Full | Quality::Kept => true,
            Quality::Draft | Quality::Secant => !report.termination.is_success(),
        };
        let plain = tall.with(Layers {
            loss: None,
            ..layers.clone()
        });
        let mut triangle;
        if is_kept && self.loss().is_none() {
            triangle = solver.triangle().clone();
            power::scale(triangle.data_mut(), solver.exponent());
        } else {
            let reduction = plain.reduction(self.backend(), false, (&mut at, 0))?;
            report.counts.jacobians += 1;
            report.counts.residuals += reduction.evaluations;
            triangle = reduction.r;
            if let Some(bad) = reduction.bad {
                return Err(tall.team().error_of(bad.rank, bad_jacobian(bad)));
            }
        }
        let jacobian = if self.keeps_jacobian() {
            let mut jacobian = Mat::zeros(layers.m, n);
            report.counts.jacobians += 1;
            let (_, evaluations) = plain.jacobian(&at, 0, |first, block, _| {
                for (k, &j) in layers.free.iter().enumerate() {
                    let rows = first..first + block.rows();
                    jacobian.col_mut(j)[rows].copy_from_slice(block.col(k));
                }
            })?;
            report.counts.residuals += evaluations;
            Some(jacobian)
        } else {
            None
        };
        report.parameters = layers.all_parameters(&x);
        // Parameters that are fixed have columns of zeros, which are not read.
        let mut columns = Mat::zeros(triangle.rows(), n);
        for (k, &j) in layers.free.iter().enumerate() {
            columns.col_mut(j).copy_from_slice(triangle.col(k));
        }
        let influences = match self.loss() {
            Some(loss) => Some(m_estimator(&plain, &mut at, &loss, all.observed())?),
            None => None,
        };
        Ok(Ending {
            residuals: at.r,
            influences,
            rows: TallQr::<T>::rows_of_rounding(layers.total, layers.free.len()),
            columns,
            jacobian,
        })
    }

    fn on_sample<'p>(&self, tall: &Tall<'p, T>, sample: &'p Sample) -> Tall<'p, T> {
        let layers = tall.layers();
        let own = sample.own.len();
        tall.with(Layers {
            sample: Some(&sample.own),
            m: own,
            total: sample.count,
            rows_per_block: self.rows_per_block(own, layers.free.len()),
            ..layers.clone()
        })
    }

    fn run_on(
        &self,
        sample: &Tall<'_, T>,
        control: TrustRegion<T>,
        start: &[T],
        most_steps: usize,
        stops: &mut [Cancellation],
    ) -> Result<OnSample<T>> {
        let budget = Budget::steps(most_steps);
        let mut lm = LevenbergMarquardt::new(control, TallQr::new(self.backend()));
        let mut observers: Vec<&mut dyn Observer<T>> = Vec::new();
        for stop in stops {
            observers.push(stop);
        }
        let report = Together::observe(sample.team(), &mut observers, |observers| {
            minimize(&mut lm, sample, start, &budget, observers)
        })?;
        let (control, solver) = lm.into_parts();
        let layers = sample.layers();
        let rows = layers.total * report.counts.residuals
            + layers.pilot.count * solver.pilot_evaluations();
        Ok(OnSample {
            report,
            control,
            rows,
        })
    }

    /// Where to begin: at the minimum of a sample, if it can be relied on, or else at `start`.
    fn begin_on_sample(
        &self,
        tall: &Tall<'_, T>,
        part: &Range<usize>,
        control: TrustRegion<T>,
        start: &[T],
        stops: Vec<Cancellation>,
    ) -> Result<Begin<T>> {
        let layers = tall.layers();
        let s = layers.pilot.count;
        let mut stops = stops;
        let sample = self.on_sample(tall, layers.pilot);
        let most = self.budget().max_steps;
        let run = self.run_on(&sample, control.clone(), start, most, &mut stops)?;
        let mut begin = Begin {
            x: start.to_vec(),
            evaluated: None,
            control,
            counts: Counts::default(),
            rows: run.rows,
        };
        if !run.report.termination.is_success() {
            return Ok(begin);
        }
        let mut x = run.report.parameters;
        let mut of_run = run.control;
        let other = Sample::new(layers.total, part, s, 0.5);
        let of_other = self.on_sample(tall, &other);
        let mut counts = Counts::default();
        let is_reliable = self.agrees(&of_other, &x, &mut counts)?;
        begin.rows += s * counts.residuals;
        if !is_reliable {
            return Ok(begin);
        }
        let larger = Sample::new(layers.total, part, LARGER * s, 0.25);
        if layers.total / TIMES_SAMPLE >= larger.count {
            let sample = self.on_sample(tall, &larger);
            let control = begin.control.clone().after(of_run, start);
            let most = most.min(STEPS_ON_LARGER);
            let run = self.run_on(&sample, control, &x, most, &mut stops)?;
            begin.rows += run.rows;
            if !run.report.termination.is_divergence() {
                x = run.report.parameters;
            }
            of_run = run.control;
        }
        // Errors at the start are found, and a start that is better is not given up.
        let mut evaluate = |x: &[T]| {
            begin.counts.residuals += 1;
            let mut at = Evaluated::default();
            tall.allocate([&mut at])?;
            tall.residual(x, 0, &mut at)?;
            Ok::<_, Error>(at)
        };
        let at_start = evaluate(start)?;
        let least = at_start.size.squares;
        if !least.is_finite() {
            begin.evaluated = Some(at_start);
            return Ok(begin);
        }
        let at_end = evaluate(&x)?;
        if at_end.size.squares < least {
            begin.evaluated = Some(at_end);
            begin.control = begin.control.after(of_run, start);
            begin.x = x;
        } else {
            begin.evaluated = Some(at_start);
        }
        Ok(begin)
    }

    /// Whether the rows of another sample determine all parameters, and have their minimum near `x` too.
    fn agrees(&self, sample: &Tall<'_, T>, x: &[T], counts: &mut Counts) -> Result<bool> {
        let layers = sample.layers();
        let (s, n) = (layers.total as f64, x.len());
        let mut solver = TallQr::new(self.backend());
        StepSolver::<T, _>::init(&mut solver, sample)?;
        let evaluation = solver.linearize(sample, x, counts)?;
        if !(evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite()) {
            return Ok(false);
        }
        let lengths = solver.lengths().to_vec();
        if lengths.iter().any(|&length| length == T::zero()) {
            return Ok(false);
        }
        let room = layers.free_bounds.map(|bounds| {
            let room = |bounds: &[T]| bounds.iter().zip(x).map(|(&b, &xj)| b - xj).collect();
            (room(bounds.lower()), room(bounds.upper()))
        });
        let room: Option<(Vec<T>, Vec<T>)> = room;
        let limits = room.as_ref().map(|(lower, upper)| Limits { lower, upper });
        let newton = solver.factorize(sample, &lengths, limits, counts)?;
        if solver.is_rank_deficient() {
            return Ok(false);
        }
        let unit = solver.exponent();
        let (fourth, evaluations) = sample.jacobian(solver.at_mut(), n, |_, block, sums| {
            for (j, fourth) in sums.iter_mut().enumerate() {
                let length = power::times(lengths[j], unit);
                let squares = block.col(j).iter().map(|&entry| {
                    let part = entry / length;
                    part * part
                });
                *fourth += squares.map(|square| square * square).sum::<T>().as_f64();
            }
        })?;
        counts.residuals += evaluations;
        let are_shared = fourth.iter().all(|&fourth| LEAST_SHARED * fourth <= 1.0);
        let terms: T = lengths
            .iter()
            .zip(x)
            .map(|(&length, &xj)| (length * xj) * (length * xj))
            .sum();
        let is_rounding = evaluation.loss <= T::EPSILON.powf(T::of(1.5)) * terms;
        let promised = newton.reduction / evaluation.loss;
        let is_expected = promised <= T::of(SURPRISE * n as f64 / s);
        Ok(are_shared && (is_rounding || is_expected))
    }

    fn rows_per_block(&self, m: usize, n: usize) -> usize {
        // A library that prefers all rows at once takes those of a cache here.
        let own = self.backend().rows_per_block(m, n);
        own.unwrap_or_else(|| 1024.max(16 * n))
    }
}

fn bad_jacobian<T: Scalar>(bad: Bad<T>) -> Error {
    not_finite_entry(super::builder::JACOBIAN, bad)
}

fn not_finite_entry<T: Scalar>(argument: &'static str, bad: Bad<T>) -> Error {
    Error::NonFinite {
        operation: OPERATION,
        argument,
        row: bad.row,
        col: bad.col,
        value: bad.value.as_f64(),
    }
}

/// The entry of r or J that is not finite, if the loss or its gradient is not finite.
fn not_finite<T: Scalar>(tall: &Tall<'_, T>, solver: &mut TallQr<'_, T>) -> Result<Error> {
    let of_residual = tall.first_not_finite(solver.at_mut())?;
    let of_residual = of_residual.map(|bad| (bad.rank, "residual at the start", bad));
    let of_jacobian = || {
        let bad = solver.bad()?;
        Some((bad.rank, super::builder::JACOBIAN, bad))
    };
    Ok(match of_residual.or_else(of_jacobian) {
        Some((rank, argument, bad)) => tall.team().error_of(rank, not_finite_entry(argument, bad)),
        None => super::builder::beyond_range::<T>(),
    })
}

/// What the deviation of an M-estimator needs. `observed` is empty if all rows represent an observation.
fn m_estimator<T: Scalar>(
    tall: &Tall<'_, T>,
    at: &mut Evaluated<T>,
    loss: &RobustLoss<T>,
    observed: &[bool],
) -> Result<MEstimator<T>> {
    let is_observed = |row: usize| observed.get(row).copied().unwrap_or(true);
    let sums = tall.influences(at, loss, &is_observed)?;
    let count = T::of(sums.count as f64);
    let mean = sums.slopes / count;
    let spread = tall.spread_of_slopes(at, (loss, mean), &is_observed)?;
    Ok(MEstimator {
        count: sums.count,
        length: sums.length,
        mean,
        variance: spread / count,
    })
}
