//! Fits of tall problems: without a stored Jacobian, on any number of threads, from the minimum of a sample.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use leastwise_core::norm::euclidean;
use leastwise_core::{Error, Mat, MatMut, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::Quality;
use leastwise_optim::{
    Bounds, Budget, Cancellation, Curve, FiniteDifferences, Fit, Fitted, LeastSquaresProblem,
    Parameters, RobustLoss, RowFunction, Rows, Sigma, Termination, Weighted,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// With three parameters, J is not stored from 2¹⁸/3 rows on.
const M: usize = 90_000;

fn peak(x: f64, p: &[f64]) -> f64 {
    p[0] / (1.0 + ((x - p[1]) / p[2]).powi(2))
}

fn peak_gradient(x: f64, p: &[f64], g: &mut [f64]) {
    let u = (x - p[1]) / p[2];
    let q = 1.0 / (1.0 + u * u);
    let slope = 2.0 * p[0] * q * q * u / p[2];
    g.copy_from_slice(&[q, slope, slope * u]);
}

const TRUTH: [f64; 3] = [2.0, 0.3, 0.5];
const START: [f64; 3] = [1.0, 0.6, 0.8];

fn data(m: usize, seed: u64, noise: f64) -> (Vec<f64>, Vec<f64>) {
    let mut random = StdRng::seed_from_u64(seed);
    let x: Vec<f64> = (0..m).map(|i| 2.0 * i as f64 / m as f64 - 1.0).collect();
    let y = x
        .iter()
        .map(|&x| peak(x, &TRUTH) + noise * random.random_range(-1.0..1.0))
        .collect();
    (x, y)
}

/// The same problem, of which no rows can be evaluated on their own, so that J is stored.
struct Stored<P>(P);

impl<P: LeastSquaresProblem<f64>> LeastSquaresProblem<f64> for Stored<P> {
    fn residuals(&self) -> usize {
        self.0.residuals()
    }
    fn parameters(&self) -> usize {
        self.0.parameters()
    }
    fn jacobian_error(&self) -> f64 {
        self.0.jacobian_error()
    }
    fn is_observation(&self, row: usize) -> bool {
        self.0.is_observation(row)
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.0.residual(x, r)
    }
    fn jacobian(&self, x: &[f64], j: MatMut<'_, f64>) -> Result<()> {
        self.0.jacobian(x, j)
    }
    fn bounds(&self) -> Option<&Bounds<f64>> {
        self.0.bounds()
    }
    fn jacobian_with(
        &self,
        x: &[f64],
        quality: Quality,
        bounds: Option<&Bounds<f64>>,
        j: MatMut<'_, f64>,
    ) -> Result<()> {
        self.0.jacobian_with(x, quality, bounds, j)
    }
    fn draft_error(&self) -> Option<f64> {
        self.0.draft_error()
    }
    fn jacobian_evaluations(&self) -> usize {
        self.0.jacobian_evaluations()
    }
}

/// Everything but the time, by bits: numbers print with all digits.
fn text(outcome: &Result<Fitted<f64>>) -> String {
    match outcome {
        Ok(fitted) => {
            let mut fitted = fitted.clone();
            fitted.elapsed = Duration::ZERO;
            format!("{fitted:?}")
        }
        Err(error) => error.to_string(),
    }
}

/// The outcome of a run on one thread, and on some other number of threads with the same bits.
fn on_threads<P>(
    fit: &Fit<'_, f64>,
    problem: &P,
    start: impl Into<Parameters<f64>>,
) -> Result<Fitted<f64>>
where
    P: LeastSquaresProblem<f64> + Sync,
{
    on_each_of(&[3], fit, problem, start)
}

fn on_each_of<P>(
    threads: &[usize],
    fit: &Fit<'_, f64>,
    problem: &P,
    start: impl Into<Parameters<f64>>,
) -> Result<Fitted<f64>>
where
    P: LeastSquaresProblem<f64> + Sync,
{
    let start = start.into();
    let outcome = fit.run(problem, &start);
    for &threads in threads {
        let threaded = fit.clone().with_threads(threads).run(problem, &start);
        assert!(text(&threaded) == text(&outcome), "{threads} threads");
    }
    outcome
}

/// Both are minima, as near as a loss can show, and J has errors of η.
fn assert_same_minimum(tall: &Fitted<f64>, stored: &Fitted<f64>, eta: f64, place: &str) {
    assert!(tall.is_success() && stored.is_success(), "{place}: {tall}");
    let (n, m) = (tall.parameters.len() as f64, tall.residuals.len() as f64);
    let jacobian = stored.jacobian.as_ref().unwrap();
    let terms: Vec<f64> = (0..tall.parameters.len())
        .map(|j| euclidean(jacobian.col(j)) * stored.parameters[j])
        .collect();
    let visible = 10.0 * f64::EPSILON * (1.0 + euclidean(&terms) / stored.root_of_loss);
    let sigma = stored.covariance.reciprocal_condition;
    let off = 2.0 * (2.0 * (visible * m).sqrt() + (n * m).sqrt() * eta / sigma);
    for (j, (p, q)) in tall.parameters.iter().zip(&stored.parameters).enumerate() {
        let (error, other) = (tall.standard_errors()[j], stored.standard_errors()[j]);
        assert!((p - q).abs() <= off * other, "{place}, {j}: {p} {q}");
        // Curvature is at most that of a peak whose width changes by `off` of its standard error.
        let relative = n.sqrt() * eta / sigma + 1e-6;
        assert!(
            (error - other).abs() <= relative * other,
            "{place}, {j}: {error} {other}"
        );
    }
    // A sum of m squares, and a minimum that is off by `off`.
    let loss = (tall.loss - stored.loss).abs();
    assert!(
        loss <= (m * f64::EPSILON + off * off / m) * stored.loss,
        "{place}: {loss:e}"
    );
    assert_eq!(tall.rank(), stored.rank(), "{place}");
    assert_eq!(
        tall.degrees_of_freedom, stored.degrees_of_freedom,
        "{place}"
    );
    assert_eq!(tall.states, stored.states, "{place}");
}

/// Options of all kinds: no thread changes a bit, and the minimum is that with a stored J.
#[test]
fn the_minimum_is_that_of_a_stored_jacobian_on_any_number_of_threads() {
    let (x, y) = data(M, 1, 0.1);
    let sigmas: Vec<f64> = (0..M).map(|i| 0.5 + (i % 7) as f64).collect();
    let backend = Faer::default();
    let plain = Fit::new(&backend);
    let curve = || Curve::new(3, peak, &x, &y).unwrap();
    let differences = || FiniteDifferences::central(curve());
    let eta = 10.0 * f64::EPSILON.powf(2.0 / 3.0);

    let check = |fit: &Fit<'_, f64>, start: Parameters<f64>, place: &str| {
        let tall = on_threads(fit, &differences(), &start).unwrap();
        let stored = fit
            .clone()
            .with_jacobian()
            .run(&Stored(differences()), &start);
        assert_same_minimum(&tall, &stored.unwrap(), eta, place);
    };
    let from_start = || Parameters::from(&START);
    check(&plain, from_start(), "differences");
    on_each_of(&[1, 2, 8], &plain, &differences(), &START).unwrap();
    let robust = plain.clone().with_loss(RobustLoss::cauchy(0.05).unwrap());
    check(&robust, from_start(), "robust");
    let start = START[1];
    check(&plain, from_start().with_held(&[1]), "held");
    assert_eq!(
        plain
            .run(&differences(), from_start().with_held(&[1]))
            .unwrap()
            .parameters[1],
        start
    );
    let bounds = Bounds::none(3).with(2, 0.6, 2.0).unwrap();
    check(&plain, from_start().with_bounds(bounds), "bounds");

    let exact = || curve().with_gradient(peak_gradient);
    let tall = on_each_of(&[1, 2, 3, 8], &plain, &exact(), &START).unwrap();
    let stored = plain
        .clone()
        .with_jacobian()
        .run(&Stored(exact()), &START)
        .unwrap();
    assert_same_minimum(&tall, &stored, 10.0 * M as f64 * f64::EPSILON, "exact");

    let absolute = plain.clone().with_sigma_scale(Sigma::Absolute);
    let weighted = || FiniteDifferences::central(curve().with_sigmas(&sigmas).unwrap());
    let tall = on_threads(&absolute, &weighted(), &START).unwrap();
    let stored = absolute
        .clone()
        .with_jacobian()
        .run(&Stored(weighted()), &START);
    let stored = stored.unwrap();
    assert_same_minimum(&tall, &stored, eta, "sigmas");
    let wrapped = Weighted::from_sigmas(differences(), &sigmas).unwrap();
    let wrapped = on_threads(&absolute, &wrapped, &START).unwrap();
    assert_same_minimum(&wrapped, &stored, eta, "weights");
}

#[test]
fn the_jacobian_comes_on_request() {
    let (x, y) = data(M, 2, 0.1);
    let backend = Faer::default();
    let curve = Curve::new(3, peak, &x, &y)
        .unwrap()
        .with_gradient(peak_gradient);
    for fixed in [&[][..], &[1]] {
        let fit = Fit::new(&backend);
        let start = Parameters::from(&START).with_held(fixed);
        assert_eq!(fit.run(&curve, &start).unwrap().jacobian, None);
        let fitted = fit.with_jacobian().run(&curve, start).unwrap();
        let mut expected = Mat::zeros(M, 3);
        curve
            .jacobian(&fitted.parameters, expected.as_mut())
            .unwrap();
        for &j in fixed {
            expected.col_mut(j).fill(0.0);
        }
        assert!(fitted.jacobian == Some(expected));
        let mut r = vec![0.0; M];
        LeastSquaresProblem::residual(&curve, &fitted.parameters, &mut r).unwrap();
        assert!(fitted.residuals == r);
    }
}

/// All rows of the feature lie between those of a sample, or almost all.
#[test]
fn what_a_sample_does_not_show_is_found() {
    let m = 140_000;
    let backend = Faer::default();
    for rows in [4u32, 60, 1500] {
        let mut random = StdRng::seed_from_u64(u64::from(rows));
        let width = f64::from(rows) / f64::from(m);
        let model = |x: f64, p: &[f64]| p[0] + p[1] / (1.0 + ((x - 0.4321) / width).powi(4));
        let x: Vec<f64> = (0..m).map(|i| f64::from(i) / f64::from(m)).collect();
        let y: Vec<f64> = x
            .iter()
            .map(|&x| model(x, &[1.0, 3.0]) + 0.1 * random.random_range(-1.0..1.0))
            .collect();
        let curve = FiniteDifferences::central(Curve::new(2, model, &x, &y).unwrap());
        let fitted = Fit::new(&backend).run(&curve, &[0.5, 1.0]).unwrap();
        assert!(fitted.is_success(), "{rows}: {fitted}");
        for (p, (truth, error)) in fitted
            .parameters
            .iter()
            .zip([1.0, 3.0].into_iter().zip(fitted.standard_errors()))
        {
            assert!((p - truth).abs() <= 6.0 * error, "{rows}: {fitted}");
        }
    }
}

/// Noise that is none, a start at the minimum, parameters that are redundant or have no effect.
#[test]
fn special_tall_problems_end_as_with_a_stored_jacobian() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    for noise in [0.0, 1e-9, 0.1] {
        let (x, y) = data(M, 3, noise);
        for start in [START, TRUTH] {
            let curve = FiniteDifferences::central(Curve::new(3, peak, &x, &y).unwrap());
            let fitted = on_threads(&fit, &curve, &start).unwrap();
            assert!(fitted.is_success(), "{noise:e}: {fitted}");
            let largest = (noise * 6.0 / (M as f64).sqrt()).max(1e-9);
            for (p, truth) in fitted.parameters.iter().zip(TRUTH) {
                assert!((p - truth).abs() <= 10.0 * largest, "{noise:e}: {fitted}");
            }
        }
        let redundant = |x: f64, p: &[f64]| peak(x, &[p[0] + p[3], p[1], p[2]]);
        let curve = || FiniteDifferences::central(Curve::new(4, redundant, &x, &y).unwrap());
        let start = [1.0, 0.6, 0.8, 0.2];
        let fitted = fit.run(&curve(), &start).unwrap();
        let stored = fit.run(&Stored(curve()), &start).unwrap();
        assert_eq!(
            (
                fitted.is_success(),
                fitted.rank(),
                &fitted.covariance.dependent
            ),
            (stored.is_success(), 3, &stored.covariance.dependent),
            "{noise:e}: {fitted} {stored}"
        );
        let idle = |x: f64, p: &[f64]| peak(x, p) + 0.0 * p[3];
        let curve = FiniteDifferences::central(Curve::new(4, idle, &x, &y).unwrap());
        let fitted = fit.run(&curve, &start).unwrap();
        assert!(fitted.is_success() && fitted.rank() == 3, "{fitted}");
        assert_eq!(fitted.covariance.without_effect, [3]);
    }
}

/// Units of parameters and data of every size change the minimum by rounding only, for f64 and f32.
#[test]
fn units_of_every_size_are_the_same_problem() {
    let (x, y) = data(M, 9, 0.1);
    let backend = Faer::default();
    let plain = FiniteDifferences::central(Curve::new(3, peak, &x, &y).unwrap());
    let plain = Fit::new(&backend).run(&plain, &START).unwrap();
    // Powers of two, so that the model has the same bits.
    for powers in [[0, 400, -400], [300, -300, 0], [-200, 10, 400]] {
        let units = powers.map(|power| 2f64.powi(power));
        let model =
            |x: f64, p: &[f64]| peak(x, &[p[0] / units[0], p[1] / units[1], p[2] / units[2]]);
        let start: Vec<f64> = START.iter().zip(units).map(|(p, unit)| p * unit).collect();
        let curve = FiniteDifferences::central(Curve::new(3, model, &x, &y).unwrap());
        let fitted = on_threads(&Fit::new(&backend), &curve, &start).unwrap();
        assert!(
            fitted.is_success() && fitted.rank() == 3,
            "{powers:?}: {fitted}"
        );
        for (j, unit) in units.into_iter().enumerate() {
            let off = (fitted.parameters[j] / unit - plain.parameters[j]).abs();
            let error = plain.standard_errors()[j];
            assert!(off <= 1e-4 * error, "{powers:?}, {j}: {fitted}");
            let relative = fitted.standard_errors()[j] / unit / error - 1.0;
            assert!(relative.abs() <= 1e-6, "{powers:?}, {j}: {relative:e}");
        }
    }
    let narrow = |v: &[f64]| -> Vec<f32> { v.iter().map(|&v| f32::of(v)).collect() };
    let (x, y, start) = (narrow(&x), narrow(&y), narrow(&START));
    let model = |x: f32, p: &[f32]| p[0] / (1.0 + ((x - p[1]) / p[2]).powi(2));
    for unit in [1.0, 1e-20, 1e10] {
        let y: Vec<f32> = y.iter().map(|y| y * unit).collect();
        let start = [start[0] * unit, start[1], start[2]];
        let curve = FiniteDifferences::central(Curve::new(3, model, &x, &y).unwrap());
        let fitted = Fit::new(&backend).run(&curve, &start).unwrap();
        assert!(
            fitted.is_success() && fitted.rank() == 3,
            "{unit:e}: {fitted}"
        );
        let threaded = Fit::new(&backend)
            .with_threads(2)
            .run(&curve, &start)
            .unwrap();
        assert_eq!(threaded.parameters, fitted.parameters, "{unit:e}");
        for (j, size) in [unit, 1.0, 1.0].into_iter().enumerate() {
            let off = (f64::from(fitted.parameters[j] / size) - plain.parameters[j]).abs();
            assert!(
                off <= 0.5 * plain.standard_errors()[j],
                "{unit:e}, {j}: {fitted}"
            );
        }
    }
}

/// What is not finite at the start is named by its place, by the first one.
#[test]
fn an_entry_that_is_not_finite_is_named() {
    let (x, mut y) = data(M, 4, 0.1);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let hole = x[77_777];
    let model = |xi: f64, p: &[f64]| {
        if xi >= hole { f64::NAN } else { peak(xi, p) }
    };
    let curve = FiniteDifferences::central(Curve::new(3, model, &x, &y).unwrap());
    let error = on_threads(&fit, &curve, &START).unwrap_err();
    assert!(
        matches!(
            error,
            Error::NonFinite {
                argument: "residual at the start",
                row: 77_777,
                col: 0,
                ..
            }
        ),
        "{error}"
    );
    let gradient = |xi: f64, p: &[f64], g: &mut [f64]| {
        peak_gradient(xi, p, g);
        // At the first rows, so that the sample fails too.
        if xi >= x[5] {
            g[1] = f64::INFINITY;
        }
        if xi >= x[70_000] {
            g[0] = f64::NAN;
        }
    };
    let curve = Curve::new(3, peak, &x, &y).unwrap().with_gradient(gradient);
    let error = on_threads(&fit, &curve, &START).unwrap_err();
    assert!(
        matches!(
            error,
            Error::NonFinite {
                argument: "jacobian at the start",
                row: 70_000,
                col: 0,
                ..
            }
        ),
        "{error}"
    );
    // Squares beyond the range, and residuals of which no square is.
    for unit in [1e-200, 1e200] {
        for y in &mut y {
            *y *= unit;
        }
        let curve = FiniteDifferences::central(Curve::new(3, peak, &x, &y).unwrap());
        let start = [START[0] * unit, START[1], START[2]];
        let fitted = on_threads(&fit, &curve, &start).unwrap();
        assert!(fitted.is_success(), "{fitted}");
        assert!(
            (fitted.parameters[0] / unit - TRUTH[0]).abs() < 0.02,
            "{fitted}"
        );
        for y in &mut y {
            *y /= unit;
        }
    }
}

/// The edge of a domain: residuals on one side of a step are not finite, in rows that no sample has.
#[test]
fn differences_keep_to_the_side_that_is_finite() {
    let m = 140_000;
    let x: Vec<f64> = (0..m).map(|i| i as f64 / m as f64).collect();
    // Finite for p₁ ≤ 1 only, because of the last row.
    let last = x[m - 1];
    let model = |x: f64, p: &[f64]| p[0] * (if x == last { 1.0 - p[1] } else { 2.0 - p[1] }).sqrt();
    let y: Vec<f64> = x
        .iter()
        .map(|&x| 3.0 * (if x == last { 0.0f64 } else { 1.0 }).sqrt())
        .collect();
    let backend = Faer::default();
    for bounds in [
        None,
        Some(Bounds::none(2).with(1, f64::NEG_INFINITY, 1.0).unwrap()),
    ] {
        let fit = Fit::new(&backend).with_budget(Budget::steps(3));
        let mut start = Parameters::from(&[2.9, 1.0]);
        if let Some(bounds) = bounds {
            start = start.with_bounds(bounds);
        }
        let curve = FiniteDifferences::central(Curve::new(2, model, &x, &y).unwrap());
        let fitted = on_threads(&fit, &curve, start).unwrap();
        assert!(fitted.loss.is_finite(), "{fitted}");
    }
}

/// A panic, an error and a cancellation end a run as on one thread, and the next run is not affected.
#[test]
fn a_panic_and_a_cancellation_end_a_run_on_every_number_of_threads() {
    let (x, y) = data(M, 5, 0.1);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    // No row of a sample.
    let place = x[45_678];
    let panics = |xi: f64, p: &[f64]| {
        assert!(xi != place, "a row of its own");
        peak(xi, p)
    };
    let curve = FiniteDifferences::central(Curve::new(3, panics, &x, &y).unwrap());
    let error = on_threads(&fit, &curve, &START).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Panic {
                argument: "residual",
                ..
            }
        ),
        "{error}"
    );
    let gradient = |xi: f64, p: &[f64], g: &mut [f64]| {
        assert!(xi != place, "a row of its own");
        peak_gradient(xi, p, g);
    };
    let curve = Curve::new(3, peak, &x, &y).unwrap().with_gradient(gradient);
    let error = on_threads(&fit, &curve, &START).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Panic {
                argument: "jacobian",
                ..
            }
        ),
        "{error}"
    );

    let curve = FiniteDifferences::central(Curve::new(3, peak, &x, &y).unwrap());
    for threads in [1, 2, 3, 8] {
        let mut cancellation = Cancellation::new();
        cancellation.cancel();
        let fitted = fit.clone().with_threads(threads).run_observed(
            &curve,
            &START,
            &mut [&mut cancellation],
        );
        let fitted = fitted.unwrap();
        assert_eq!(
            (fitted.termination, fitted.steps),
            (Termination::Observer, 0)
        );
        assert_eq!(fitted.parameters, START);
        // From a model, in the middle of the first Jacobian of all rows.
        let cancellation = Cancellation::new();
        let calls = AtomicUsize::new(0);
        let model = |xi: f64, p: &[f64]| {
            if xi == place && calls.fetch_add(1, Ordering::Relaxed) == 3 {
                cancellation.cancel();
            }
            peak(xi, p)
        };
        let curve = FiniteDifferences::central(Curve::new(3, model, &x, &y).unwrap());
        let fitted = fit.clone().with_threads(threads).run_observed(
            &curve,
            &START,
            &mut [&mut cancellation.clone()],
        );
        let fitted = fitted.unwrap();
        assert_eq!(
            (fitted.termination, fitted.steps),
            (Termination::Observer, 0)
        );
        assert!(fitted.loss.is_finite());
        assert!(
            fit.clone()
                .with_threads(threads)
                .run(&curve, &START)
                .is_ok()
        );
    }
}

/// No step: only the start is evaluated, as without blocks.
#[test]
fn no_step_is_taken_where_none_is_allowed() {
    let (x, y) = data(M, 6, 0.1);
    let backend = Faer::default();
    let curve = || FiniteDifferences::central(Curve::new(3, peak, &x, &y).unwrap());
    let fit = Fit::new(&backend).with_budget(Budget::steps(0));
    let (tall, stored) = (
        fit.run(&curve(), &START).unwrap(),
        fit.run(&Stored(curve()), &START).unwrap(),
    );
    assert_eq!((tall.parameters, tall.steps), (stored.parameters, 0));
    let error = (tall.loss - stored.loss).abs();
    assert!(error <= M as f64 * f64::EPSILON * stored.loss, "{error:e}");
}

/// Two vectors of m numbers, which rows count, and blocks.
#[test]
fn there_is_no_jacobian_in_memory() {
    let m = 1_000_000;
    let model = |x: f64, p: &[f64]| {
        p[0] / (1.0 + ((x - p[1]) / p[2]) * ((x - p[1]) / p[2])) + p[3] + p[4] * x
    };
    let mut random = StdRng::seed_from_u64(7);
    let x: Vec<f64> = (0..m)
        .map(|i| 2.0 * f64::from(i) / f64::from(m) - 1.0)
        .collect();
    let y: Vec<f64> = x
        .iter()
        .map(|&x| model(x, &[2.0, 0.3, 0.5, 0.1, -0.2]) + 0.1 * random.random_range(-1.0..1.0))
        .collect();
    let backend = Faer::default();
    let curve = FiniteDifferences::central(Curve::new(5, model, &x, &y).unwrap());
    let run = || {
        let fitted = Fit::new(&backend)
            .run(&curve, &[1.0, 0.6, 0.8, 0.0, 0.0])
            .unwrap();
        assert!(fitted.is_success(), "{fitted}");
        // Without a sample, it takes more than twice as many.
        assert!(fitted.counts.residuals <= 45, "{fitted}");
    };
    let used = allocation_counter::measure(run).bytes_max;
    assert!(used <= 20_000_000, "{used} bytes");
}

#[test]
fn rows_are_those_of_the_whole() {
    let (x, y) = data(50, 8, 0.1);
    let sigmas: Vec<f64> = (0..50).map(|i| 0.5 + f64::from(i % 7)).collect();
    let curve = Curve::new(3, peak, &x, &y)
        .unwrap()
        .with_sigmas(&sigmas)
        .unwrap();
    let curve = curve.with_gradient(peak_gradient);
    let mut all = [0.0; 50];
    LeastSquaresProblem::residual(&curve, &START, &mut all).unwrap();
    let mut r = [0.0; 4];
    curve.residual_rows(&START, Rows::From(46), &mut r).unwrap();
    assert_eq!(r, all[46..]);
    curve
        .residual_rows(&START, Rows::Listed(&[3, 9, 9, 49]), &mut r)
        .unwrap();
    assert_eq!(r, [all[3], all[9], all[9], all[49]]);
    for rows in [
        Rows::From(47),
        Rows::From(usize::MAX),
        Rows::Listed(&[0, 1, 2, 50]),
        Rows::Listed(&[1]),
    ] {
        assert!(
            curve.residual_rows(&START, rows, &mut r).is_err(),
            "{rows:?}"
        );
        assert!(!curve.data_sizes_of_rows(rows, &mut r), "{rows:?}");
    }
}
