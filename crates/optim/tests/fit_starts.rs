//! Fits from several starts.

use leastwise_faer::Faer;
use leastwise_optim::{
    Bounds, Cancellation, Curve, FiniteDifferences, Fit, Fitted, LeastSquaresProblem, Parameters,
    RobustLoss, Termination, Weighted,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// All bits but those of the times.
fn text(fitted: &Fitted<f64>) -> String {
    let text = format!("{fitted:?}");
    let mut parts = text.split("elapsed: ");
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without += part.split_once(',').map_or("", |(_, rest)| rest);
    }
    without
}

fn waves(t: f64, p: &[f64]) -> f64 {
    p[0] * (p[1] * t).sin() + p[2] * (-p[3].abs() * t).exp()
}

/// Random waves: the best start is the one that a run of its own from each start finds, with the same bits, on any number
/// of threads, and every start is counted.
#[test]
fn the_fit_is_that_of_the_best_start_on_any_number_of_threads() {
    let backend = Faer::default();
    let mut better = 0;
    for seed in 0..8 {
        let mut random = StdRng::seed_from_u64(seed);
        let m = random.random_range(6..30);
        let t: Vec<f64> = (0..m).map(|i| 5.0 * f64::from(i) / f64::from(m)).collect();
        let truth = [
            1.0,
            random.random_range(0.5..6.0),
            0.7,
            random.random_range(0.1..2.0),
        ];
        let y: Vec<f64> = t
            .iter()
            .map(|&t| waves(t, &truth) + random.random_range(-0.05..0.05))
            .collect();
        let mut parameters = Parameters::new().free("a", 1.0).free("w", 2.0);
        if random.random_bool(0.5) {
            parameters = parameters.within(0.1, random.random_range(3.0..50.0));
        }
        parameters = match random.random_range(0..3) {
            0 => parameters.tied("b", |p| 0.7 * p[0]),
            1 => parameters.held("b", 0.7),
            _ => parameters.free("b", 0.0),
        };
        parameters = parameters.free("k", 1.0);
        let mut single = Fit::new(&backend);
        if random.random_range(0..4) == 0 {
            single = single.with_loss(RobustLoss::huber(0.1).unwrap());
        }
        let starts = random.random_range(2..12);
        let fit = single.clone().with_starts(starts);
        let curve = || Curve::new(4, waves, &t, &y).unwrap();
        let weights: Vec<f64> = (0..m).map(|i| 1.0 + f64::from(i % 3)).collect();
        let problems: [Box<dyn LeastSquaresProblem<f64> + Sync + '_>; 3] = [
            Box::new(FiniteDifferences::central(curve())),
            Box::new(Weighted::new(FiniteDifferences::forward(curve()), &weights).unwrap()),
            Box::new(curve().with_gradient(|t, p, g: &mut [f64]| {
                let e = (-p[3].abs() * t).exp();
                g[0] = (p[1] * t).sin();
                g[1] = p[0] * t * (p[1] * t).cos();
                (g[2], g[3]) = (e, -p[2] * t * e * p[3].signum());
            })),
        ];
        for problem in problems {
            let fitted = fit.run(&*problem, &parameters).unwrap();
            for threads in [1, 3] {
                let threaded = fit.clone().with_threads(threads);
                let threaded = threaded.run(&*problem, &parameters).unwrap();
                assert_eq!(text(&threaded), text(&fitted), "{seed}, {threads} threads");
            }
            let minima = fitted.minima.clone().unwrap();
            let converged: usize = minima.minima.iter().map(|minimum| minimum.starts).sum();
            assert_eq!(
                converged + minima.unconverged + minima.failed,
                starts,
                "{seed}"
            );
            let roots: Vec<f64> = minima.minima.iter().map(|m| m.root_of_loss).collect();
            assert!(roots.is_sorted(), "{seed}: {roots:?}");
            assert_eq!(minima.of_this_fit.is_some(), fitted.is_success());
            let given = single.run(&*problem, &parameters).unwrap();
            better += usize::from(fitted.root_of_loss < 0.999 * given.root_of_loss);
            assert!(
                fitted.root_of_loss <= (1.0 + 1e-6) * given.root_of_loss,
                "{seed}"
            );
            // The same minimum from the given start is preferred, with its bits.
            if given.is_success() && given.root_of_loss <= fitted.root_of_loss {
                assert_eq!(given.parameters, fitted.parameters, "{seed}");
                assert_eq!(given.standard_errors(), fitted.standard_errors());
            }
        }
    }
    assert!(better > 3, "{better}");
}

#[test]
fn starts_are_within_bounds_the_same_in_every_run_and_of_every_size() {
    for seed in 0..500 {
        let mut random = StdRng::seed_from_u64(seed);
        let n = random.random_range(1..6);
        let (mut lower, mut upper, mut start) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..n {
            let scale = 10f64.powi(random.random_range(-150..150));
            let low = scale * random.random_range(-1.0..1.0);
            let high = low + scale * random.random_range(0.001..3.0);
            start.push(match random.random_range(0..4) {
                0 => low,
                1 => high,
                _ => low + 0.3 * (high - low),
            });
            let is_open = |random: &mut StdRng| random.random_range(0..3) == 0;
            lower.push(if is_open(&mut random) {
                f64::NEG_INFINITY
            } else {
                low
            });
            upper.push(if is_open(&mut random) {
                f64::INFINITY
            } else {
                high
            });
        }
        let bounds = Bounds::new(&lower, &upper).unwrap();
        let held = random.random_range(0..n);
        let parameters = Parameters::from(&start)
            .with_bounds(bounds.clone())
            .with_held(&[held]);
        let starts = parameters.starts(20);
        assert_eq!(starts.len(), 20);
        assert_eq!(starts[0], start);
        assert_eq!(starts, parameters.starts(20));
        assert_eq!(starts[..7], parameters.starts(7));
        for other in &starts {
            assert!(bounds.contains(other), "{seed}: {other:?} {bounds:?}");
            assert_eq!(other[held], start[held]);
        }
        if n > 1 {
            let free = (held + 1) % n;
            let mut values: Vec<f64> = starts.iter().map(|start| start[free]).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            assert!(values.len() > 10, "{seed}: {values:?}");
        }
    }
    // No bounds: both signs, and six orders of magnitude.
    let starts = Parameters::from(&[2.0_f64]).starts(400);
    let sizes: Vec<f64> = starts
        .iter()
        .map(|start| (start[0] / 2.0).abs().log10())
        .collect();
    assert!(sizes.iter().any(|z| *z < -2.5) && sizes.iter().any(|z| *z > 2.5));
    assert!(sizes.iter().all(|z| z.abs() <= 3.0));
    let negative = starts.iter().filter(|start| start[0] < 0.0).count();
    assert!((50..150).contains(&negative), "{negative}");
}

/// (p² − 1)² + (0.1·(p − 1))² + 0.1²: minima at 1, with loss 0.01, and near −1, with some 0.05.
#[test]
fn minima_are_counted_and_printed() {
    let backend = Faer::default();
    let model = |x: f64, p: &[f64]| match x {
        0.0 => p[0] * p[0] - 1.0,
        1.0 => 0.1 * (p[0] - 1.0),
        _ => 0.1,
    };
    let curve = Curve::new(1, model, &[0.0, 1.0, 2.0], &[0.0; 3]).unwrap();
    let problem = FiniteDifferences::central(curve);
    let fitted = Fit::new(&backend)
        .with_starts(20)
        .run(&problem, &[-3.0])
        .unwrap();
    assert!(fitted.is_success(), "{fitted}");
    let minima = fitted.minima.as_ref().unwrap();
    assert_eq!(minima.minima.len(), 2, "{minima:?}");
    assert!(minima.minima[0].starts > 2 && minima.minima[1].starts > 2);
    let text = fitted.to_string();
    assert!(
        text.contains("of 20 starts end at this minimum, "),
        "{text}"
    );
    assert!(
        text.contains("at another, loss ") && text.contains("times as large"),
        "{text}"
    );
    // A single start says nothing about others.
    assert_eq!(
        Fit::new(&backend)
            .with_starts(1)
            .run(&problem, &[-3.0])
            .unwrap()
            .minima,
        None
    );
}

/// The model panics, or is NaN, for many starts, also for the first one.
#[test]
fn starts_that_fail_do_not_stop_the_others() {
    let backend = Faer::default();
    let (x, y) = ([1.0, 2.0, 3.0], [2.0, 8.0, 18.5]);
    for panics in [false, true] {
        let model = |x: f64, p: &[f64]| {
            if p[0] <= 0.0 {
                assert!(!panics, "of this kind");
                return f64::NAN;
            }
            p[0].sqrt() * x * x
        };
        let problem = FiniteDifferences::central(Curve::new(1, model, &x, &y).unwrap());
        let fit = Fit::new(&backend).with_starts(30);
        let fitted = fit.run(&problem, &[-4.0]).unwrap();
        assert!(fitted.is_success(), "{fitted}");
        assert!((fitted.parameters[0] - 4.1).abs() < 0.2, "{fitted}");
        let minima = fitted.minima.as_ref().unwrap();
        assert!(minima.failed > 5, "{minima:?}");
        assert!(fitted.to_string().contains("with an error"), "{fitted}");
    }
    // If every start fails, the error is that of the given one.
    let never = |_: f64, _: &[f64]| f64::NAN;
    let problem = FiniteDifferences::central(Curve::new(1, never, &x, &y).unwrap());
    let error = Fit::new(&backend)
        .with_starts(5)
        .run(&problem, &[1.0])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Fit: residual at the start must be finite, but entry (0, 0) is NaN"
    );
    // Parameters that no start can have.
    let problem = FiniteDifferences::central(Curve::new(1, |_, p: &[f64]| p[0], &x, &y).unwrap());
    let twice = Parameters::new().free("a", 1.0).free("a", 1.0);
    assert!(
        Fit::new(&backend)
            .with_starts(5)
            .run(&problem, twice)
            .is_err()
    );
}

#[test]
fn a_cancellation_ends_all_starts() {
    let backend = Faer::default();
    let (x, y) = ([1.0, 2.0, 3.0], [2.0, 3.0, 1.0]);
    let cancellation = Cancellation::new();
    cancellation.cancel();
    let problem = FiniteDifferences::central(Curve::new(1, |x, p| p[0] * x, &x, &y).unwrap());
    for threads in [1, 4] {
        let fit = Fit::new(&backend).with_starts(9).with_threads(threads);
        let mut observer = cancellation.clone();
        let fitted = fit
            .run_observed(&problem, &[1.0], &mut [&mut observer])
            .unwrap();
        assert_eq!(fitted.termination, Termination::Observer);
        let minima = fitted.minima.as_ref().unwrap();
        assert_eq!((minima.unconverged, minima.of_this_fit), (9, None));
        assert!(
            fitted.to_string().contains("but this is no minimum"),
            "{fitted}"
        );
    }
}
