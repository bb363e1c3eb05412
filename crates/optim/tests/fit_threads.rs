//! Fits of few rows on several threads: the evaluations of a Jacobian by differences are shared, and no bit changes.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use leastwise_core::{Error, Result};
use leastwise_faer::Faer;
use leastwise_optim::{
    Bounded, Bounds, Budget, Cancellation, ClosureResidual, Curve, FiniteDifferences, Fit, Fitted,
    FixedParameters, LeastSquaresProblem, Parameters, Robust, RobustLoss, Termination, Weighted,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const THREADS: [usize; 4] = [1, 2, 3, 8];

/// Everything but the time, by bits: numbers print with all digits.
fn text(outcome: Result<Fitted<f64>>) -> String {
    match outcome {
        Ok(mut fitted) => {
            fitted.elapsed = Duration::ZERO;
            format!("{fitted:?}")
        }
        Err(error) => error.to_string(),
    }
}

/// The outcome of a run, which is the same on every number of threads.
fn on_threads<P>(
    fit: &Fit<'_, f64>,
    problem: &P,
    start: impl Into<Parameters<f64>>,
    place: &str,
) -> Result<Fitted<f64>>
where
    P: LeastSquaresProblem<f64> + Sync + Clone,
{
    // A clone knows no evaluation of another run.
    let start = start.into();
    let outcome = fit.run(&problem.clone(), &start);
    for threads in THREADS {
        let threaded = fit.clone().with_threads(threads);
        let threaded = threaded.run(&problem.clone(), &start);
        assert_eq!(text(threaded), text(outcome.clone()), "{place}, {threads}");
    }
    outcome
}

/// Peaks on a line: p₀ + Σ p₃ⱼ₊₁·exp(−((t − p₃ⱼ₊₂)·p₃ⱼ₊₃)²), and NaN where a width is negative if it has an edge.
fn peaks(t: f64, p: &[f64], has_edge: bool) -> f64 {
    let peak = |p: &[f64]| match p {
        &[height, place, width] if !has_edge || width >= 0.0 => {
            height * (-((t - place) * width).powi(2)).exp()
        }
        &[height, ..] if !has_edge => height * t,
        &[_, _, _] => f64::NAN,
        rest => rest.iter().sum::<f64>() * t,
    };
    p[0] + p[1..].chunks(3).map(peak).sum::<f64>()
}

/// Parameters of every size, at zero, at bounds and at the edge of a domain; differences of both kinds, within and outside
/// of every wrapper.
#[test]
fn no_number_of_threads_changes_a_bit() {
    let backend = Faer::default();
    let (mut successes, mut failures) = (0, 0);
    for seed in 0..40 {
        let mut random = StdRng::seed_from_u64(seed);
        let n = random.random_range(1..8);
        let m = random.random_range(n..n + 30);
        let has_edge = random.random_range(0..3) == 0;
        let draw = |random: &mut StdRng| match random.random_range(0..6) {
            0 => 0.0,
            1 => random.random_range(-1.0..1.0) * 10f64.powi(random.random_range(-12..6)),
            _ => random.random_range(0.0..2.0),
        };
        let truth: Vec<f64> = (0..n).map(|_| draw(&mut random)).collect();
        let start: Vec<f64> = (0..n).map(|_| draw(&mut random)).collect();
        let t: Vec<f64> = (0..m).map(|i| i as f64 / m as f64).collect();
        let noise = [0.0, 1e-3, 1.0][random.random_range(0..3)];
        let y: Vec<f64> = t
            .iter()
            .map(|&t| peaks(t, &truth, false) + noise * random.random_range(-1.0..1.0))
            .collect();
        let function = |p: &[f64], r: &mut [f64]| {
            for (ri, (&t, y)) in r.iter_mut().zip(t.iter().zip(&y)) {
                *ri = peaks(t, p, has_edge) - y;
            }
        };
        let function = || ClosureResidual::new(m, n, function).unwrap();
        let few = Fit::new(&backend).with_budget(Budget::steps(12));
        let mut fit = few.clone();
        let mut parameters = Parameters::from(&start);
        let bound = start[n - 1];
        if random.random_range(0..3) == 0 {
            let bounds = Bounds::none(n).with(n - 1, bound, bound + 1.0).unwrap();
            parameters = parameters.with_bounds(bounds);
        }
        if random.random_range(0..4) == 0 {
            fit = fit.with_loss(RobustLoss::huber(0.5).unwrap());
        }
        if n > 1 && random.random_range(0..4) == 0 {
            parameters = parameters.with_held(&[random.random_range(0..n)]);
        }
        let place = format!("seed {seed}, {m}x{n}");
        let mut check = |outcome: Result<Fitted<f64>>| match outcome {
            Ok(_) => successes += 1,
            Err(_) => failures += 1,
        };
        check(on_threads(
            &fit,
            &FiniteDifferences::forward(function()),
            &parameters,
            &place,
        ));
        let central = || FiniteDifferences::central(function());
        check(on_threads(&fit, &central(), &parameters, &place));
        let weights: Vec<f64> = (0..m).map(|i| f64::from(i % 4 != 1)).collect();
        let weighted = Weighted::new(central(), &weights).unwrap();
        check(on_threads(&fit, &weighted, &parameters, &place));
        let robust = Robust::new(RobustLoss::cauchy(0.3).unwrap(), central());
        let bounds = Bounds::none(n).with(0, start[0] - 1.0, start[0]).unwrap();
        let bounded = Bounded::new(robust, bounds).unwrap();
        check(on_threads(&fit, &&bounded, &parameters, &place));
        if n > 1 {
            let fixed = FixedParameters::new(&bounded, &[(n / 2, start[n / 2])]).unwrap();
            let free = fixed.free_start(&start).unwrap();
            check(on_threads(&few, &fixed, &free, &place));
        }
    }
    assert!(successes > 130 && failures > 0, "{successes} {failures}");
}

/// Notes the threads that evaluate. Those that are not its own wait until there are two of them.
struct Meeting {
    own: ThreadId,
    seen: Mutex<(HashSet<ThreadId>, usize)>,
    changed: Condvar,
}

impl Meeting {
    fn attend(&self) {
        let id = thread::current().id();
        if id == self.own {
            return;
        }
        let mut seen = self.seen.lock().unwrap();
        seen.0.insert(id);
        seen.1 += 1;
        self.changed.notify_all();
        // Only a failure takes a minute.
        let most = Duration::from_mins(1);
        let is_alone = |seen: &mut (HashSet<ThreadId>, usize)| seen.0.len() < 2;
        drop(self.changed.wait_timeout_while(seen, most, is_alone));
    }
}

#[test]
fn the_evaluations_of_a_jacobian_run_at_the_same_time() {
    let backend = Faer::default();
    let t: Vec<f64> = (0..12).map(f64::from).collect();
    let y: Vec<f64> = t.iter().map(|t| 3.0 * (-0.2 * t).exp() + 0.5).collect();
    let meeting = Meeting {
        own: thread::current().id(),
        seen: Mutex::default(),
        changed: Condvar::new(),
    };
    let model = |t: f64, p: &[f64]| {
        // Once for each evaluation of the residual.
        if t == 0.0 {
            meeting.attend();
        }
        p[0] * (-p[1] * t).exp() + p[2]
    };
    let problem = FiniteDifferences::central(Curve::new(3, model, &t, &y).unwrap());
    let fitted = Fit::new(&backend)
        .with_threads(2)
        .run(&problem, &[1.0, 0.1, 0.1])
        .unwrap();
    assert!(fitted.is_success(), "{fitted}");
    let (threads, evaluations) = meeting.seen.into_inner().unwrap();
    assert_eq!(threads.len(), 2);
    // At least three for each Jacobian.
    assert!(evaluations >= 3 * fitted.counts.jacobians, "{evaluations}");
}

/// A panic in a difference is that of the first column, as on one thread, and the next run is not affected.
#[test]
fn a_panic_is_that_of_the_first_column() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let is_calm = AtomicUsize::new(0);
    let residual = |p: &[f64], r: &mut [f64]| {
        for (j, (&pj, start)) in p.iter().zip([1.0, 2.0, 3.0, 4.0]).enumerate() {
            let is_calm = is_calm.load(Ordering::Relaxed) == 1;
            assert!(is_calm || j == 0 || pj == start, "parameter {j} moves");
            r[j] = pj * pj - start;
        }
        r[4] = p[0];
    };
    let problem = || FiniteDifferences::central(ClosureResidual::new(5, 4, residual).unwrap());
    let shared = problem();
    for threads in THREADS {
        let threaded = fit.clone().with_threads(threads);
        let error = threaded.run(&shared, &[1.0, 2.0, 3.0, 4.0]).unwrap_err();
        let expected = fit.run(&problem(), &[1.0, 2.0, 3.0, 4.0]).unwrap_err();
        assert_eq!(error, expected, "{threads}");
        assert!(error.to_string().contains("parameter 1 moves"), "{error}");
        is_calm.store(1, Ordering::Relaxed);
        let after = text(threaded.run(&shared, &[1.0, 2.0, 3.0, 4.0]));
        assert_eq!(after, text(fit.run(&problem(), &[1.0, 2.0, 3.0, 4.0])));
        is_calm.store(0, Ordering::Relaxed);
    }
}

#[test]
fn an_entry_that_is_not_finite_is_named_as_on_one_thread() {
    let backend = Faer::default();
    let residual = |p: &[f64], r: &mut [f64]| {
        for (j, (&pj, start)) in p.iter().zip([1.0, 2.0, 3.0]).enumerate() {
            r[j] = if j > 0 && pj != start { f64::NAN } else { pj };
        }
    };
    let problem = FiniteDifferences::forward(ClosureResidual::new(3, 3, residual).unwrap());
    let error = on_threads(&Fit::new(&backend), &problem, &[1.0, 2.0, 3.0], "").unwrap_err();
    let is_named = matches!(
        error,
        Error::NonFinite {
            argument: "jacobian at the start",
            row: 1,
            col: 1,
            ..
        }
    );
    assert!(is_named, "{error}");
}

#[test]
fn a_cancellation_in_a_difference_ends_the_run() {
    let backend = Faer::default();
    for threads in THREADS {
        let cancellation = Cancellation::new();
        let residual = |p: &[f64], r: &mut [f64]| {
            for (j, &pj) in p.iter().enumerate() {
                if pj != 1.0 {
                    cancellation.cancel();
                }
                r[j] = pj.exp() - j as f64;
            }
        };
        let problem = FiniteDifferences::central(ClosureResidual::new(3, 3, residual).unwrap());
        let fitted = Fit::new(&backend).with_threads(threads).run_observed(
            &problem,
            &[1.0; 3],
            &mut [&mut cancellation.clone()],
        );
        let fitted = fitted.unwrap();
        let expected = (Termination::Observer, 0);
        assert_eq!((fitted.termination, fitted.steps), expected, "{threads}");
        assert!(fitted.loss.is_finite());
    }
}

/// A model that cannot be shared still has its run on one thread.
#[test]
fn a_model_that_is_not_sync_runs_on_one_thread() {
    let calls = Cell::new(0);
    let residual = |p: &[f64], r: &mut [f64]| {
        calls.set(calls.get() + 1);
        r[0] = p[0] - 2.0;
    };
    let problem = FiniteDifferences::central(ClosureResidual::new(1, 1, residual).unwrap());
    let fitted = Fit::new(&Faer::default()).run(&problem, &[1.0]).unwrap();
    assert_eq!(fitted.parameters, [2.0]);
    assert_eq!(calls.get(), fitted.counts.residuals);
}
