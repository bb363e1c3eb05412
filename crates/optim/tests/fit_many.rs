//! Many fits are as each of them alone, whatever the others and the threads do.

use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_core::{Error, Result};
use leastwise_faer::Faer;
use leastwise_optim::{
    Bounded, Bounds, Cancellation, Curve, FiniteDifferences, Fit, Fitted, FittedMany,
    FixedParameters, LeastSquaresProblem, Many, RobustLoss, Starts, Termination,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const COUNT: usize = 70;
const POINTS: usize = 12;

fn decay(t: f64, p: &[f64]) -> f64 {
    p[0] * (-p[1] * t).exp() + p[2]
}

/// Data of decays with noise, of which some are hard: flat, or zero.
fn data(seed: u64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut random = StdRng::seed_from_u64(seed);
    let t: Vec<f64> = (0..POINTS).map(|i| 0.4 * i as f64).collect();
    let draw = |random: &mut StdRng, k: usize| -> Vec<f64> {
        let p = [
            if k % 7 == 3 {
                0.0
            } else {
                random.random_range(0.5..5.0)
            },
            random.random_range(0.1..3.0),
            random.random_range(-1.0..1.0),
        ];
        let noise = if k % 11 == 5 { 0.0 } else { 0.05 };
        t.iter()
            .map(|&t| decay(t, &p) + noise * random.random_range(-1.0..1.0))
            .collect()
    };
    let y = (0..COUNT).map(|k| draw(&mut random, k)).collect();
    (t, y)
}

/// Entry by entry, by bits, because NaN differs from itself.
fn assert_is(many: &FittedMany<f64>, k: usize, one: &Result<Fitted<f64>>, place: &str) {
    let one = match one {
        Err(error) => {
            assert_eq!(many.terminations[k].as_ref(), Err(error), "{place}, {k}");
            assert!(many.losses[k].is_nan(), "{place}, {k}");
            return;
        }
        Ok(one) => one,
    };
    assert_eq!(many.terminations[k], Ok(one.termination), "{place}, {k}");
    assert_eq!(many.counts[k], one.counts, "{place}, {k}");
    assert_eq!(many.losses[k].to_bits(), one.loss.to_bits(), "{place}, {k}");
    assert_eq!(
        many.residual_standard_errors[k].to_bits(),
        one.residual_standard_error().to_bits(),
        "{place}, {k}"
    );
    for (j, p) in one.parameters.iter().enumerate() {
        assert_eq!(
            many.parameters[(k, j)].to_bits(),
            p.to_bits(),
            "{place}, {k}, {j}"
        );
        let error = one.standard_errors()[j];
        assert_eq!(
            many.standard_errors[(k, j)].to_bits(),
            error.to_bits(),
            "{place}, {k}, {j}"
        );
    }
}

/// Errors as text, because a NaN in one differs from itself.
fn same_bits(a: &FittedMany<f64>, b: &FittedMany<f64>) -> bool {
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    bits(a.parameters.data()) == bits(b.parameters.data())
        && bits(a.standard_errors.data()) == bits(b.standard_errors.data())
        && bits(&a.losses) == bits(&b.losses)
        && format!("{:?}", a.terminations) == format!("{:?}", b.terminations)
        && a.counts == b.counts
}

/// The results of many fits on any number of threads are those of single fits.
fn assert_each_is_single<P, F>(fit: &Fit<'_, f64>, problem: F, start: &[f64], place: &str)
where
    P: LeastSquaresProblem<f64>,
    F: Fn(usize) -> Result<P> + Sync,
{
    let run = |threads| {
        let many = Many::new().with_threads(threads);
        fit.run_many(COUNT, &problem, Starts::Shared(start), &many)
            .unwrap()
    };
    let one = run(1);
    assert!(one.successes() > COUNT / 2, "{place}: {}", one.successes());
    for k in 0..COUNT {
        assert_is(&one, k, &fit.run(&problem(k).unwrap(), start), place);
    }
    for threads in [2, 3, 8] {
        assert!(same_bits(&one, &run(threads)), "{place}, {threads} threads");
    }
}

#[test]
fn each_is_as_a_fit_of_its_own_for_any_number_of_threads() {
    let backend = Faer::default();
    let bounds = Bounds::new(&[0.0, 0.0, -0.5], &[4.0, 10.0, 0.5]).unwrap();
    let fit = Fit::new(&backend);
    let start = [1.0, 1.0, 0.1];
    let data: Vec<_> = (0..4).map(data).collect();
    let problem = |seed: usize| {
        let (t, y) = &data[seed];
        move |k: usize| {
            let curve = Curve::new(3, decay, t, &y[k])?;
            Ok(FiniteDifferences::central(curve))
        }
    };
    assert_each_is_single(&fit, problem(0), &start, "plain");
    let bounded = |k| Bounded::new(problem(1)(k)?, bounds.clone());
    assert_each_is_single(&fit, bounded, &start, "bounded");
    let held = |k| FixedParameters::new(problem(2)(k)?, &[(2, 0.1)]);
    assert_each_is_single(&fit, held, &start[..2], "held");
    let robust = fit.with_loss(RobustLoss::huber(0.1).unwrap());
    assert_each_is_single(&robust, problem(3), &start, "robust");
}

#[test]
fn starts_are_each_fits_own() {
    let (t, y) = data(10);
    let mut random = StdRng::seed_from_u64(11);
    let starts: Vec<f64> = (0..3 * COUNT)
        .map(|_| random.random_range(0.1..2.0))
        .collect();
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let problem = |k: usize| Ok(FiniteDifferences::forward(Curve::new(3, decay, &t, &y[k])?));
    let many = fit
        .run_many(COUNT, problem, Starts::Each(&starts), &Many::new())
        .unwrap();
    for k in 0..COUNT {
        let one = fit.run(&problem(k).unwrap(), &starts[3 * k..][..3]);
        assert_is(&many, k, &one, "seed 10");
    }
    let error = fit.run_many(COUNT, problem, Starts::Each(&starts[1..]), &Many::new());
    assert!(matches!(error, Err(Error::Shape { .. })), "{error:?}");
    let none = fit
        .run_many(0, problem, Starts::Each(&[]), &Many::new())
        .unwrap();
    assert!(none.is_empty() && none.successes() == 0);
}

#[test]
fn a_row_goes_on_from_its_neighbour_for_any_number_of_threads() {
    let (t, y) = data(20);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let problem = |k: usize| Ok(FiniteDifferences::central(Curve::new(3, decay, &t, &y[k])?));
    let first = [1.0, 1.0, 0.1];
    let row = 13;
    let starts = Starts::Neighbour { first: &first, row };
    let run = |threads| {
        let many = Many::new().with_threads(threads);
        fit.run_many(COUNT, problem, starts, &many).unwrap()
    };
    let one = run(1);
    assert!(
        [2, 3, 8]
            .iter()
            .all(|&threads| same_bits(&one, &run(threads)))
    );
    for k in 0..COUNT {
        let mut expected = fit.run(&problem(k).unwrap(), &first);
        if k % row > 0 && one.is_success(k - 1) {
            let before: Vec<f64> = (0..3).map(|j| one.parameters[(k - 1, j)]).collect();
            let near = fit.run(&problem(k).unwrap(), &before);
            if near.as_ref().is_ok_and(Fitted::is_success) {
                expected = near;
            }
        }
        assert_is(&one, k, &expected, "seed 20");
    }
    let row = fit.run_many(
        COUNT,
        problem,
        Starts::Neighbour {
            first: &first,
            row: 0,
        },
        &Many::new(),
    );
    assert!(matches!(row, Err(Error::InvalidArgument { .. })), "{row:?}");
}

/// Fits that panic, leave their domain, or are refused.
#[test]
fn a_fit_that_fails_stops_no_other() {
    let (t, y) = data(30);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let start = [1.0, 1.0, 0.1];
    let problem = |k: usize| {
        assert!(k != 50, "no problem {k}");
        let model = move |t: f64, p: &[f64]| match k {
            7 => f64::NAN,
            31 if p[0] != 1.0 => panic!("model {k}"),
            _ => decay(t, p),
        };
        // Fit 64 has one datum less than its x.
        let y = if k == 64 { &y[k][1..] } else { &y[k][..] };
        Ok(FiniteDifferences::central(Curve::new(3, model, &t, y)?))
    };
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let runs = [1, 3].map(|threads| {
        let many = Many::new().with_threads(threads);
        fit.run_many(COUNT, problem, Starts::Shared(&start), &many)
            .unwrap()
    });
    std::panic::set_hook(hook);
    let [one, other] = &runs;
    assert!(same_bits(one, other));
    let error = |k: usize| one.terminations[k].as_ref().unwrap_err();
    assert!(matches!(error(7), Error::NonFinite { .. }), "{}", error(7));
    assert!(error(31).to_string().contains("model 31"), "{}", error(31));
    assert!(
        error(50).to_string().contains("no problem 50"),
        "{}",
        error(50)
    );
    assert!(matches!(error(64), Error::Shape { .. }), "{}", error(64));
    for k in (0..COUNT).filter(|k| ![7, 31, 50, 64].contains(k)) {
        assert_is(one, k, &fit.run(&problem(k).unwrap(), &start), "seed 30");
    }
    assert!(
        (0..3).all(|j| one.parameters[(31, j)].is_nan() && one.standard_errors[(7, j)].is_nan())
    );
}

#[test]
fn progress_is_told_and_a_cancellation_begins_no_other() {
    let (t, y) = data(40);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let problem = |k: usize| Ok(FiniteDifferences::central(Curve::new(3, decay, &t, &y[k])?));
    let start = [1.0, 1.0, 0.1];
    let (calls, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let count = |ended: usize| {
        calls.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(ended, Ordering::Relaxed);
    };
    let many = Many::new().with_threads(2).with_progress(&count);
    let all = fit
        .run_many(COUNT, problem, Starts::Shared(&start), &many)
        .unwrap();
    assert_eq!((calls.into_inner(), most.into_inner()), (COUNT, COUNT));

    let cancellation = Cancellation::new();
    let stop = |ended: usize| {
        if ended == 10 {
            cancellation.cancel();
        }
    };
    let many = Many::new()
        .with_threads(1)
        .with_cancellation(&cancellation)
        .with_progress(&stop);
    let some = fit
        .run_many(COUNT, problem, Starts::Shared(&start), &many)
        .unwrap();
    for k in 0..COUNT {
        if k < 10 {
            assert_eq!(some.terminations[k], all.terminations[k]);
            assert_eq!(some.losses[k].to_bits(), all.losses[k].to_bits());
        } else {
            assert_eq!(some.terminations[k], Ok(Termination::Observer));
            assert!(some.losses[k].is_nan());
        }
    }
}
