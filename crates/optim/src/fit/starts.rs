//! Fits from several starts, and the minima at which they end.

use leastwise_core::{Result, Scalar};
use rayon::ThreadPool;
use rayon::prelude::*;

use super::builder::{self, Fit, Work};
use super::guarded::Guarded;
use super::{Cancellation, Fitted, Minima, Minimum, Parameters, ThreadedFit};
use crate::caught::OPERATION;
use crate::tall::Walk;
use crate::ties::Ties;
use crate::{Bounds, Counts, LeastSquaresProblem, Observer, check};

/// Ends are one minimum if losses, or parameters, differ by less than this part.
const SAME: f64 = 1e-6;

/// The powers of ten by which parameters change, at most, in one start after the other.
const DECADES: [f64; 4] = [1.0, 2.0, 0.5, 3.0];

impl<T: Scalar> Fit<'_, T> {
    /// Fits from this number of starts, and returns the fit that ends at the smallest loss. 0 and 1 mean the given start only.
    ///
    /// The first start is the given one. The others are [`Parameters::starts`], which are the same in every run.
    /// [`Fitted::minima`] states how many starts end at which minimum, and so does the summary. If two ends are equally
    /// good, the fit is that of the first success. A start from which the model fails does not stop the others. The fit is
    /// a success if its own run is one, as always. That no other start is better does not prove that no other minimum is.
    ///
    /// Observers see the run from the given start. A [`Cancellation`] ends all runs.
    ///
    /// [`with_threads`](Self::with_threads) runs the starts in threads, with the same bits. If differences are
    /// within another wrapper than [`FiniteDifferences`](crate::FiniteDifferences), they run one after the other.
    ///
    /// ```
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::{Curve, FiniteDifferences, Fit, Parameters};
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// // The frequency of a sinusoid has a minimum in every few periods.
    /// let t: Vec<f64> = (0..40).map(|i| 0.25 * f64::from(i)).collect();
    /// let y: Vec<f64> = t.iter().map(|t| (2.1 * t).sin() + 0.01 * (9.0 * t).cos()).collect();
    /// let wave = |t: f64, p: &[f64]| p[0] * (p[1] * t).sin();
    /// let problem = FiniteDifferences::central(Curve::new(2, wave, &t, &y)?);
    ///
    /// let backend = Faer::default();
    /// let start = Parameters::new().free("a", 0.5).free("omega", 5.0).within(0.0, 12.0);
    /// let one = Fit::new(&backend).run(&problem, &start)?;
    /// let best = Fit::new(&backend).with_starts(20).run(&problem, &start)?;
    /// // Losses that differ by less than a millionth are those of one minimum.
    /// assert!(best.loss <= one.loss * (1.0 + 1e-6));
    /// println!("{}", best.minima.unwrap());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_starts(mut self, starts: usize) -> Self {
        self.starts = starts;
        self
    }

    /// One run from each start. `share` runs all but the first.
    pub(super) fn run_starts(
        &self,
        problem: &dyn LeastSquaresProblem<T>,
        parameters: &Parameters<T>,
        observers: &mut [&mut dyn Observer<T>],
        share: impl FnOnce(
            &[Parameters<T>],
            &(dyn Fn(&dyn LeastSquaresProblem<T>, &Parameters<T>) -> Result<Fitted<T>> + Sync),
        ) -> Vec<Result<Fitted<T>>>,
    ) -> Result<Fitted<T>> {
        let all = Guarded::new(Walk::Alone(problem), parameters.bounds())?;
        builder::check(&all, parameters)?;
        if self.is_resumed() {
            let detail = format!("must go on from one start, but there are {}", self.starts);
            return Err(check::invalid(OPERATION, "resume", detail));
        }
        let stops: Vec<Cancellation> = observers
            .iter()
            .filter_map(|observer| observer.cancellation())
            .collect();
        let first = self.run_apart(problem, parameters, observers);
        let others: Vec<Parameters<T>> = parameters
            .starts_within(problem.bounds(), self.starts)
            .into_iter()
            .skip(1)
            .map(|start| parameters.started_at(&start))
            .collect();
        let run = |problem: &dyn LeastSquaresProblem<T>, parameters: &Parameters<T>| {
            let mut stops = stops.clone();
            let stops = stops.iter_mut().map(|stop| stop as &mut dyn Observer<T>);
            self.run_apart(problem, parameters, &mut stops.collect::<Vec<_>>())
        };
        let others = share(&others, &run);
        best(std::iter::once(first).chain(others).collect())
    }

    /// A run with its own counts of evaluations, which the runs of other threads do not change.
    fn run_apart(
        &self,
        problem: &dyn LeastSquaresProblem<T>,
        parameters: &Parameters<T>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>> {
        let mut work = Work::default();
        let none = Ties::new(parameters.start().len(), Vec::new());
        let parameters = parameters.clone();
        let own = problem.tied(&none);
        let walk = Walk::Alone(own.as_deref().unwrap_or(problem));
        self.run_in(&mut work, walk, parameters, observers)
    }
}

impl<T: Scalar> ThreadedFit<'_, T> {
    pub(super) fn run_starts(
        &self,
        pool: &ThreadPool,
        problem: &(dyn LeastSquaresProblem<T> + Sync),
        parameters: &Parameters<T>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>> {
        let none = Ties::new(parameters.start().len(), Vec::new());
        let has_own_counts = problem.draft_error().is_none() || problem.tied(&none).is_some();
        self.fit()
            .run_starts(problem, parameters, observers, |starts, run| {
                if has_own_counts {
                    let starts = starts.par_iter().with_max_len(1);
                    pool.install(|| starts.map(|start| run(problem, start)).collect())
                } else {
                    starts.iter().map(|start| run(problem, start)).collect()
                }
            })
    }
}

/// The best of the runs, with what the others have found.
fn best<T: Scalar>(runs: Vec<Result<Fitted<T>>>) -> Result<Fitted<T>> {
    let starts = runs.len();
    let mut error = None;
    let mut fits = Vec::with_capacity(starts);
    for run in runs {
        match run {
            Ok(fitted) => fits.push(fitted),
            Err(refused) => error = error.or(Some(refused)),
        }
    }
    let failed = starts - fits.len();
    let lowest = fits
        .iter()
        .map(|fitted| fitted.root_of_loss)
        .fold(T::infinity(), T::min);
    let is_lowest = |fitted: &&Fitted<T>| are_same(fitted.root_of_loss, lowest);
    let successes = fits.iter().filter(|fitted| fitted.is_success());
    let chosen = successes.clone().find(is_lowest);
    let chosen = chosen.or_else(|| fits.iter().find(|fitted| fitted.root_of_loss == lowest));
    let Some(chosen) = chosen.or(fits.first()) else {
        return error.map_or_else(|| unreachable!("there is at least one start"), Err);
    };
    let mut minima: Vec<Minimum<T>> = Vec::new();
    for fitted in successes {
        match minima.iter_mut().find(|minimum| minimum.is_that_of(fitted)) {
            Some(minimum) => minimum.starts += 1,
            None => minima.push(Minimum {
                starts: 1,
                root_of_loss: fitted.root_of_loss,
                parameters: fitted.parameters.clone(),
            }),
        }
    }
    minima.sort_by(|a, b| {
        let roots = [a, b].map(|minimum| minimum.root_of_loss.as_f64());
        roots[0].total_cmp(&roots[1])
    });
    let place = minima.iter().position(|minimum| minimum.is_that_of(chosen));
    let mut counts = Counts::default();
    for fitted in &fits {
        counts.residuals += fitted.counts.residuals;
        counts.jacobians += fitted.counts.jacobians;
        counts.solves += fitted.counts.solves;
    }
    let converged: usize = minima.iter().map(|minimum| minimum.starts).sum();
    Ok(Fitted {
        minima: Some(Minima {
            starts,
            unconverged: fits.len() - converged,
            failed,
            counts,
            of_this_fit: place.filter(|_| chosen.is_success()),
            minima,
        }),
        ..chosen.clone()
    })
}

/// Whether the squares of two roots are equal, to 1e-6 of them.
fn are_same<T: Scalar>(a: T, b: T) -> bool {
    (a - b).abs() <= T::of(0.5 * SAME) * a.min(b) || a == b
}

impl<T: Scalar> Minimum<T> {
    fn is_that_of(&self, fitted: &Fitted<T>) -> bool {
        let pairs = self.parameters.iter().zip(&fitted.parameters);
        let mut are_near =
            pairs.map(|(a, b)| (*a - *b).abs() <= T::of(SAME) * a.abs().min(b.abs()));
        are_same(self.root_of_loss, fitted.root_of_loss) || are_near.all(|near| near)
    }
}

impl<T: Scalar> Parameters<T> {
    /// The starts of [`Fit::with_starts`]: this one, and others that are the same in every run.
    ///
    /// Where a parameter has two bounds, every second start lies anywhere between them; over many orders of magnitude if they
    /// have the same sign. Otherwise, a start has the given one times a power of ten, from 10^−½ to 10^½ in some starts and
    /// up to 10^−3 to 10³ in others, at times with the other sign. With a bound on one side, this is the distance from it. A
    /// parameter that starts at 0 has the size 1. Held parameters keep their values.
    #[must_use]
    pub fn starts(&self, count: usize) -> Vec<Vec<T>> {
        self.starts_within(None, count)
    }

    fn starts_within(&self, inner: Option<&Bounds<T>>, count: usize) -> Vec<Vec<T>> {
        let start = self.start();
        let other = |k: usize| {
            let moved = |(j, &s): (usize, &T)| {
                if self.held_indices().contains(&j) || self.is_tied(j) {
                    return s;
                }
                let limits = [self.bounds(), inner].into_iter().flatten();
                let limits = limits.filter(|bounds| bounds.lower().len() > j);
                let (low, high) = limits.fold((T::neg_infinity(), T::infinity()), |(l, u), b| {
                    (l.max(b.lower()[j]), u.min(b.upper()[j]))
                });
                let moved = moved(s, (low, high), k, &mut Draws::new(k, j));
                if moved.is_finite() { moved } else { s }
            };
            start.iter().enumerate().map(moved).collect()
        };
        let first = std::iter::once(start.to_vec());
        first.chain((1..count).map(other)).collect()
    }
}

/// The value of a parameter in start `k`, from that in the given start.
fn moved<T: Scalar>(start: T, (low, high): (T, T), k: usize, draws: &mut Draws) -> T {
    let decades = DECADES[k % DECADES.len()];
    let factor = T::of(10f64.powf(decades * (2.0 * draws.draw() - 1.0)));
    let (turn, place) = (draws.draw(), T::of(draws.draw()));
    let is_bounded = low > T::neg_infinity() && high < T::infinity();
    if is_bounded && k % 2 == 1 {
        let (a, b) = (low.abs().min(high.abs()), low.abs().max(high.abs()));
        let is_wide = low * high > T::zero() && b > T::of(100.0) * a;
        if is_wide {
            let size = a * (b / a).powf(place);
            return (if high < T::zero() { -size } else { size })
                .max(low)
                .min(high);
        }
        return (low + (high - low) * place).max(low).min(high);
    }
    // Where the distance from a bound is the size.
    let origin = match (low > T::neg_infinity(), high < T::infinity()) {
        (true, false) => low,
        (false, true) => high,
        _ => T::zero(),
    };
    let mut size = start - origin;
    if size == T::zero() {
        size = if origin == T::zero() {
            T::one()
        } else {
            origin.abs()
        };
        if origin == high || (origin != low && turn < 0.5) {
            size = -size;
        }
    } else if origin != low && origin != high && turn < 0.25 {
        size = -size;
    }
    let value = origin + size * factor;
    if value < low {
        return start + (low - start) * place;
    }
    if value > high {
        return start + (high - start) * place;
    }
    value
}

/// Uniform numbers by SplitMix64. Source: G. L. Steele, D. Lea, C. H. Flood, *Fast splittable pseudorandom number
/// generators*, OOPSLA (2014).
struct Draws(u64);

impl Draws {
    fn new(start: usize, parameter: usize) -> Self {
        let mut draws = Self((start as u64) << 32 | parameter as u64);
        draws.draw();
        draws
    }

    /// From 0 to 1.
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}
