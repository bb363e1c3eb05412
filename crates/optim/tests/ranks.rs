//! Fits whose rows are shared by ranks: as one process, with the same bits on all ranks, and with the same error.

use std::ops::{ControlFlow, Range};

use leastwise_core::{Error, MatMut, Result};
use leastwise_faer::Faer;
use leastwise_optim::ranks::{Message, Ranks, on_threads};
use leastwise_optim::{
    Bounds, Budget, Curve, FiniteDifferences, Fit, Fitted, LeastSquaresProblem, Parameters, Pilot,
    Record, Resume, RobustLoss, RowFunction, RowProblem, Rows, Sigma, Steps, Termination,
    robust_scale,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// a·exp(−b·x) + c.
fn decay(x: f64, p: &[f64]) -> f64 {
    p[0] * (-p[1] * x).exp() + p[2]
}

fn decay_gradient(x: f64, p: &[f64], g: &mut [f64]) {
    let e = (-p[1] * x).exp();
    g.copy_from_slice(&[e, -p[0] * x * e, 1.0]);
}

const TRUTH: [f64; 3] = [3.0, 1.5, 0.5];
const START: [f64; 3] = [1.0, 1.0, 0.0];

struct Data {
    x: Vec<f64>,
    y: Vec<f64>,
}

fn data(m: usize, seed: u64) -> Data {
    let mut random = StdRng::seed_from_u64(seed);
    let x: Vec<f64> = (0..m).map(|_| random.random_range(0.0..3.0)).collect();
    let noise = |random: &mut StdRng| 0.05 * random.random_range(-1.0..1.0);
    let y = x.iter().map(|&x| decay(x, &TRUTH) + noise(&mut random));
    let y = y.collect();
    Data { x, y }
}

/// The rows of each rank. Some ranks may have none.
fn deal(m: usize, count: usize, random: &mut StdRng) -> Vec<Range<usize>> {
    let mut cuts: Vec<usize> = (1..count).map(|_| random.random_range(0..=m)).collect();
    if count > 2 {
        // An empty part in the middle.
        cuts[1] = cuts[0];
    }
    cuts.extend([0, m]);
    cuts.sort_unstable();
    cuts.windows(2).map(|ends| ends[0]..ends[1]).collect()
}

/// A problem whose data are not in memory.
struct Streamed<P>(P);

impl<P: LeastSquaresProblem<f64>> Streamed<P> {
    fn rows(&self) -> &dyn RowProblem<f64> {
        self.0.by_rows().expect("rows")
    }
}

impl<P: LeastSquaresProblem<f64>> LeastSquaresProblem<f64> for Streamed<P> {
    fn residuals(&self) -> usize {
        self.0.residuals()
    }
    fn parameters(&self) -> usize {
        self.0.parameters()
    }
    fn jacobian_error(&self) -> f64 {
        self.0.jacobian_error()
    }
    fn draft_error(&self) -> Option<f64> {
        self.0.draft_error()
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.0.residual(x, r)
    }
    fn jacobian(&self, x: &[f64], j: MatMut<'_, f64>) -> Result<()> {
        self.0.jacobian(x, j)
    }
    fn by_rows(&self) -> Option<&dyn RowProblem<f64>> {
        Some(self)
    }
}

impl<P: LeastSquaresProblem<f64>> RowFunction<f64> for Streamed<P> {
    fn residual_rows(&self, x: &[f64], rows: Rows<'_>, r: &mut [f64]) -> Result<()> {
        self.rows().residual_rows(x, rows, r)
    }
    fn data_sizes_of_rows(&self, rows: Rows<'_>, sizes: &mut [f64]) -> bool {
        self.rows().data_sizes_of_rows(rows, sizes)
    }
    fn is_streamed(&self) -> bool {
        true
    }
}

impl<P: LeastSquaresProblem<f64>> RowProblem<f64> for Streamed<P> {
    fn steps(
        &self,
        x: &[f64],
        bounds: Option<&Bounds<f64>>,
        is_draft: bool,
        pilot: Pilot<'_>,
    ) -> Result<Steps<f64>> {
        self.rows().steps(x, bounds, is_draft, pilot)
    }
    fn jacobian_rows(
        &self,
        x: &[f64],
        steps: &Steps<f64>,
        rows: Rows<'_>,
        r: &[f64],
        j: MatMut<'_, f64>,
    ) -> Result<()> {
        self.rows().jacobian_rows(x, steps, rows, r, j)
    }
}

/// The derivatives of a model.
type Gradient<'a> = dyn Fn(f64, &[f64], &mut [f64]) + Sync + 'a;

/// How the rows of a rank are evaluated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Exact,
    Differences,
    Streamed,
}

fn fit_on(
    ranks: &Ranks,
    fit: &Fit<'_, f64>,
    (data, parts): (&Data, &[Range<usize>]),
    kind: Kind,
) -> Result<Fitted<f64>> {
    fit_from(&Parameters::from(&START), ranks, fit, (data, parts), kind)
}

fn fit_from(
    start: &Parameters<f64>,
    ranks: &Ranks,
    fit: &Fit<'_, f64>,
    (data, parts): (&Data, &[Range<usize>]),
    kind: Kind,
) -> Result<Fitted<f64>> {
    let own = parts[ranks.rank()].clone();
    let curve = Curve::of_part(3, decay, &data.x[own.clone()], &data.y[own])?;
    let fit = fit.clone().across(ranks);
    match kind {
        Kind::Exact => fit.run(&curve.with_gradient(decay_gradient), start),
        Kind::Differences => fit.run(&FiniteDifferences::central(curve), start),
        Kind::Streamed => fit.run(&Streamed(curve.with_gradient(decay_gradient)), start),
    }
}

/// The results of all ranks, which have the same bits.
fn fit_across(fit: &Fit<'_, f64>, data: &Data, parts: &[Range<usize>], kind: Kind) -> Fitted<f64> {
    fit_across_from(&Parameters::from(&START), fit, data, parts, kind)
}

fn fit_across_from(
    start: &Parameters<f64>,
    fit: &Fit<'_, f64>,
    data: &Data,
    parts: &[Range<usize>],
    kind: Kind,
) -> Fitted<f64> {
    let fits = on_threads(parts.len(), |ranks| {
        fit_from(start, ranks, fit, (data, parts), kind)
    });
    let fits: Vec<Fitted<f64>> = fits.into_iter().map(|fit| fit.expect("a fit")).collect();
    for (fitted, part) in fits.iter().zip(parts) {
        let rows = if kind == Kind::Streamed {
            0
        } else {
            part.len()
        };
        assert_eq!(fitted.residuals.len(), rows);
        assert_eq!(fitted.to_string(), fits[0].to_string());
        let mut whole = fitted.clone();
        whole.residuals.clone_from(&fits[0].residuals);
        assert_eq!(whole, fits[0], "all but the residuals are those of rank 0");
    }
    fits.into_iter().next().expect("a rank")
}

fn fit_alone(fit: &Fit<'_, f64>, data: &Data, kind: Kind) -> Fitted<f64> {
    fit_alone_from(&Parameters::from(&START), fit, data, kind)
}

fn fit_alone_from(
    start: &Parameters<f64>,
    fit: &Fit<'_, f64>,
    data: &Data,
    kind: Kind,
) -> Fitted<f64> {
    let curve = Curve::new(3, decay, &data.x, &data.y).unwrap();
    match kind {
        Kind::Differences => fit.run(&FiniteDifferences::central(curve), start),
        Kind::Exact | Kind::Streamed => fit.run(&curve.with_gradient(decay_gradient), start),
    }
    .unwrap()
}

/// Two runs to the minimum of the same loss end within its resolution. A run ends where the linear model predicts a decrease
/// of at most q = max(ftol, 10·ε·(1 + ‖J·x‖/‖r‖)) of the loss, with ftol = ε^1.5. Then the distance to the minimum is at most √(m·q)
/// standard errors. Derivatives by central differences with an error η move it by η·‖J·x‖/‖r‖·√m.
fn assert_close(fitted: &Fitted<f64>, alone: &Fitted<f64>, kind: Kind, place: &str) {
    let m = alone.observations as f64;
    // The terms of the model are at most 3.5, and the residuals have the standard deviation s.
    let terms = 3.5 / alone.residual_standard_error();
    let eta = match kind {
        Kind::Differences => 1e-9,
        Kind::Exact | Kind::Streamed => 0.0,
    };
    let q = (10.0 * f64::EPSILON * (1.0 + terms)).max(f64::EPSILON.powf(1.5));
    let bound = 2.0 * (m * q).sqrt() + 2.0 * eta * terms * m.sqrt();
    let errors = fitted.standard_errors().iter().zip(alone.standard_errors());
    for (j, (error, alone_error)) in errors.enumerate() {
        let off = (fitted.parameters[j] - alone.parameters[j]).abs() / alone_error;
        assert!(off <= bound, "{place}, parameter {j}: {off:e} > {bound:e}");
        // Standard errors change by rounding, κ·√n·30·u, and with J along the distance above. The relative change of J for a
        // change of one standard error of the parameters is below 1, because those are far smaller than the parameters.
        let condition = alone.covariance.reciprocal_condition.recip();
        let rounding = 100.0 * f64::EPSILON * condition + 10.0 * eta * condition;
        let off = (error / alone_error - 1.0).abs();
        let bound = rounding + bound;
        assert!(off <= bound, "{place}, error {j}: {off:e} > {bound:e}");
    }
    assert_eq!(fitted.observations, alone.observations);
    assert_eq!(fitted.degrees_of_freedom, alone.degrees_of_freedom);
    assert!(fitted.is_success() && alone.is_success(), "{place}");
    // With a stored J, differences are updated instead of computed in some steps.
    if kind != Kind::Differences {
        assert!(fitted.steps.abs_diff(alone.steps) <= 2, "{place}");
    }
}

#[test]
fn ranks_give_the_fit_of_one_process() {
    let backend = Faer::default();
    for seed in 0..24 {
        let mut random = StdRng::seed_from_u64(seed);
        let m = random.random_range(4..if seed % 4 == 0 { 4000 } else { 60 });
        let data = data(m, seed);
        let count = random.random_range(1..6);
        let parts = deal(m, count, &mut random);
        let fit = Fit::new(&backend);
        for kind in [Kind::Exact, Kind::Differences, Kind::Streamed] {
            let place = format!("seed {seed}, {kind:?}, {parts:?}");
            let alone = fit_alone(&fit, &data, kind);
            let fitted = fit_across(&fit, &data, &parts, kind);
            assert_close(&fitted, &alone, kind, &place);
            let of_one_rank = fit_across(&fit, &data, std::slice::from_ref(&(0..m)), kind);
            assert!(fitted.steps.abs_diff(of_one_rank.steps) <= 2, "{place}");
            let again = fit_across(&fit, &data, &parts, kind);
            assert_eq!(fitted.parameters, again.parameters, "{place}");
            assert_eq!(fitted.covariance, again.covariance, "{place}");
            assert_eq!(fitted.counts, again.counts, "{place}");
        }
    }
}

/// Streamed residuals are the same numbers, so nothing but their storage differs.
#[test]
fn rows_that_are_not_stored_change_no_bit() {
    let backend = Faer::default();
    let data = data(5000, 7);
    let parts = [0..1234, 1234..1234, 1234..5000];
    for loss in [None, Some(RobustLoss::huber(0.02).unwrap())] {
        let mut fit = Fit::new(&backend);
        if let Some(loss) = loss {
            fit = fit.with_loss(loss);
        }
        let stored = fit_across(&fit, &data, &parts, Kind::Exact);
        let streamed = fit_across(&fit, &data, &parts, Kind::Streamed);
        assert_eq!(stored.parameters, streamed.parameters);
        assert_eq!(stored.covariance, streamed.covariance);
        assert_eq!(stored.steps, streamed.steps);
    }
}

/// A run on all rows of a tall problem begins on a sample, on any number of ranks.
#[test]
fn a_sample_has_rows_of_all_ranks() {
    let backend = Faer::default();
    let data = data(90_000, 3);
    let fit = Fit::new(&backend);
    let alone = fit_alone(&fit, &data, Kind::Differences);
    for parts in [
        vec![0..90_000, 90_000..90_000],
        vec![0..1, 1..50_000, 50_000..50_000, 50_000..90_000],
    ] {
        let fitted = fit_across(&fit, &data, &parts, Kind::Differences);
        assert_close(&fitted, &alone, Kind::Differences, &format!("{parts:?}"));
        assert_eq!(fitted.steps, alone.steps);
    }
}

#[test]
fn options_hold_across_ranks() {
    let backend = Faer::default();
    let data = data(300, 5);
    let parts = [0..10, 10..100, 100..300];
    let start = || Parameters::from(&START);
    let bounds = Bounds::none(3).with(1, 0.5, 1.2).unwrap();
    let fit = || Fit::new(&backend);
    let fits = [
        (fit(), start().with_held(&[2]).with_names(&["a", "k", "b"])),
        (fit(), start().with_bounds(bounds)),
        (fit().with_sigma_scale(Sigma::Absolute), start()),
        (fit().with_jacobian(), start()),
    ];
    for (k, (fit, start)) in fits.iter().enumerate() {
        for kind in [Kind::Exact, Kind::Streamed] {
            let alone = fit_alone_from(start, fit, &data, kind);
            let place = format!("fit {k}, {kind:?}");
            if k == 3 {
                let fits = on_threads(3, |ranks| fit_on(ranks, fit, (&data, &parts), kind));
                for (fitted, part) in fits.into_iter().zip(&parts) {
                    assert_eq!(fitted.unwrap().jacobian.unwrap().rows(), part.len());
                }
                continue;
            }
            let fitted = fit_across_from(start, fit, &data, &parts, kind);
            assert_eq!(fitted.states, alone.states, "{place}");
            assert_eq!(fitted.names, alone.names, "{place}");
            for (j, (p, q)) in fitted.parameters.iter().zip(&alone.parameters).enumerate() {
                // As in `assert_close`, with standard errors of at most 1.
                assert!((p - q).abs() <= 1e-6, "{place}, {j}");
            }
        }
    }
}

/// The standard errors of an M-estimator use sums of influences and slopes.
#[test]
fn a_robust_fit_has_the_errors_of_one_process() {
    let backend = Faer::default();
    let mut data = data(400, 11);
    for i in (0..400).step_by(9) {
        data.y[i] += 2.0;
    }
    let parts = [0..150, 150..150, 150..151, 151..400];
    for kind in [Kind::Exact, Kind::Streamed] {
        let fit = Fit::new(&backend).with_loss(RobustLoss::huber(0.04).unwrap());
        let alone = fit_alone(&fit, &data, kind);
        let fitted = fit_across(&fit, &data, &parts, kind);
        assert_close(&fitted, &alone, kind, "huber");
        // The median of the same numbers is the same number.
        let own = |rank: usize| parts[rank].clone();
        let scales = on_threads(4, |ranks| {
            let own = own(ranks.rank());
            let curve = Curve::of_part(3, decay, &data.x[own.clone()], &data.y[own])?;
            let problem = curve.with_gradient(decay_gradient);
            fit.clone()
                .across(ranks)
                .robust_scale(&problem, &alone.parameters)
        });
        let expected = robust_scale(&alone.residuals).unwrap();
        for scale in scales {
            assert_eq!(scale.unwrap().to_bits(), expected.to_bits());
        }
    }
}

fn errors<R: Send>(
    count: usize,
    program: impl Fn(&Ranks) -> Result<R> + Sync,
) -> Vec<Option<String>> {
    let outcomes = on_threads(count, program);
    let errors = outcomes.into_iter();
    errors
        .map(|outcome| outcome.err().map(|error| error.to_string()))
        .collect()
}

#[track_caller]
fn assert_all_end_with(errors: &[Option<String>], expected: &str) {
    for error in errors {
        assert_eq!(error.as_deref(), Some(expected));
    }
}

#[test]
fn a_fault_of_one_rank_ends_all_ranks_with_its_row() {
    let backend = Faer::default();
    let data = data(70, 13);
    let parts = [0..20, 20..20, 20..45, 45..70];
    let fit = Fit::new(&backend);
    for bad in [0, 19, 20, 44, 69] {
        let rank = parts.iter().position(|part| part.contains(&bad)).unwrap();
        let row = bad - parts[rank].start;
        let place = data.x[bad];
        let run = |model: &(dyn Fn(f64, &[f64]) -> f64 + Sync), gradient: &Gradient<'_>| {
            errors(4, |ranks| {
                let own = parts[ranks.rank()].clone();
                let curve = Curve::of_part(3, model, &data.x[own.clone()], &data.y[own])?;
                let fit = fit.clone().across(ranks);
                fit.run(&curve.with_gradient(gradient), &START)
            })
        };
        let nan = |x: f64, p: &[f64]| if x == place { f64::NAN } else { decay(x, p) };
        let expected = format!(
            "rank {rank}: Fit: residual at the start must be finite, but entry ({row}, 0) is NaN"
        );
        assert_all_end_with(&run(&nan, &decay_gradient), &expected);

        let nan = |x: f64, p: &[f64], g: &mut [f64]| {
            decay_gradient(x, p, g);
            if x == place {
                g[1] = f64::NAN;
            }
        };
        let expected = format!(
            "rank {rank}: Fit: jacobian at the start must be finite, but entry ({row}, 1) is NaN"
        );
        assert_all_end_with(&run(&decay, &nan), &expected);

        let panics = |x: f64, p: &[f64]| {
            assert!(x != place, "no value");
            decay(x, p)
        };
        let expected = format!("rank {rank}: Fit: residual panicked: no value, in row {row}");
        assert_all_end_with(&run(&panics, &decay_gradient), &expected);
    }
}

/// Differences choose their steps on rows of all ranks.
#[test]
fn a_fault_within_differences_ends_all_ranks() {
    let backend = Faer::default();
    let data = data(70, 13);
    let parts = [0..30, 30..30, 30..70];
    let place = data.x[50];
    let found = errors(3, |ranks| {
        let own = parts[ranks.rank()].clone();
        let model = |x: f64, p: &[f64]| {
            assert!(x != place || p == START, "no value");
            decay(x, p)
        };
        let curve = Curve::of_part(3, model, &data.x[own.clone()], &data.y[own])?;
        let fit = Fit::new(&backend).across(ranks);
        fit.run(&FiniteDifferences::central(curve), &START)
    });
    assert_all_end_with(&found, "rank 2: Fit: residual panicked: no value");
}

#[test]
fn ranks_that_do_not_run_the_same_fit_end_with_an_error() {
    let backend = Faer::default();
    let data = data(60, 17);
    let parts = [0..20, 20..40, 40..60];
    let fit = Fit::new(&backend);
    // Ranks 0 and 2 start with names and bounds, and rank 1 with `odd`.
    let common = || {
        let bounds = Bounds::none(3).with(0, 0.0, 9.0).unwrap();
        Parameters::from(&START)
            .with_names(&["a", "k", "b"])
            .with_bounds(bounds)
    };
    let with_odd = |odd: Parameters<f64>| {
        errors(3, |ranks| {
            let own = parts[ranks.rank()].clone();
            let curve = Curve::of_part(3, decay, &data.x[own.clone()], &data.y[own])?;
            let is_odd = ranks.rank() == 1;
            let start = if is_odd { odd.clone() } else { common() };
            let problem = curve.with_gradient(decay_gradient);
            fit.clone().across(ranks).run(&problem, start)
        })
    };
    let other_bounds = Bounds::none(3).with(0, 0.0, 8.0).unwrap();
    for odd in [
        common().with_names(&["a", "b", "k"]),
        common().with_bounds(other_bounds),
        common().with_held(&[1]),
    ] {
        assert_all_end_with(
            &with_odd(odd),
            "rank 1: Fit: the options of the fit must be equal on all ranks, but differs from rank 0",
        );
    }
    let elsewhere = Parameters::new()
        .free("a", 1.0)
        .within(0.0, 9.0)
        .free("k", 1.0)
        .free("b", 0.1);
    assert_all_end_with(
        &with_odd(elsewhere),
        "rank 1: Fit: the start must be equal on all ranks, but differs from rank 0",
    );

    // One rank leaves the program, or fails on its own, while the others fit.
    for fails in [false, true] {
        let found = errors(3, |ranks| {
            if ranks.rank() == 1 {
                let detail = "no such file".to_owned();
                return if fails {
                    Err(Error::Panic {
                        operation: "read",
                        argument: "data.npy",
                        detail,
                    })
                } else {
                    Ok(())
                };
            }
            fit_on(ranks, &fit, (&data, &parts), Kind::Exact).map(|_| ())
        });
        let text = if fails {
            "rank 1: read: data.npy panicked: no such file"
        } else {
            "rank 1: is at another step of the program: all ranks must run the same program with the same arguments, on \
             processors that round alike"
        };
        assert_all_end_with(&found, text);
    }

    // A panic outside of the fit.
    let found = errors(3, |ranks| {
        assert!(ranks.rank() != 2, "out of order");
        fit_on(ranks, &fit, (&data, &parts), Kind::Exact)
    });
    assert_all_end_with(&found, "rank 2: the program panicked: out of order");
}

#[test]
fn there_must_be_enough_rows_in_all() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let data = data(2, 19);
    let found = errors(2, |ranks| {
        fit_on(ranks, &fit, (&data, &[0..2, 2..2]), Kind::Exact)
    });
    assert_all_end_with(
        &found,
        "rank 0: Fit: problem must have as many residuals as its 3 parameters or more to be fitted across ranks, but it has 2",
    );
}

/// A run that goes on from a record has the steps that are left, on any number of ranks.
#[test]
fn a_run_goes_on_with_other_ranks() {
    let backend = Faer::default();
    let data = data(500, 31);
    let fit = Fit::new(&backend);
    let whole = fit_across(&fit, &data, &[0..200, 200..500], Kind::Exact);
    for stop in [1, 2, whole.steps - 1] {
        let curve = Curve::new(3, decay, &data.x, &data.y).unwrap();
        let problem = curve.with_gradient(decay_gradient);
        let mut state = None;
        let mut observer = |record: &Record<'_, f64>| {
            state = Some(Resume {
                parameters: record.parameters.to_vec(),
                radius: record.radius,
                steps: record.step,
            });
            if record.step == stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        fit.run_observed(&problem, &START, &mut [&mut observer])
            .unwrap();
        let state = state.unwrap();
        assert!(state.radius > 0.0 && state.radius.is_finite());
        let resumed = fit.clone().with_resume(state);
        let parts = [0..100, 100..100, 100..500];
        let fitted = fit_across(&resumed, &data, &parts, Kind::Exact);
        assert_close(&fitted, &whole, Kind::Exact, &format!("from step {stop}"));
        let resumed = resumed.with_budget(Budget::steps(stop));
        let fitted = fit_across(&resumed, &data, &parts, Kind::Exact);
        assert_eq!(fitted.termination, Termination::StepBudget);
        assert_eq!(fitted.steps, stop);
    }
    let resume = Resume {
        parameters: vec![1.0; 2],
        radius: 1.0,
        steps: 1,
    };
    let found = errors(2, |ranks| {
        let fit = fit.clone().with_resume(resume.clone());
        fit_on(ranks, &fit, (&data, &[0..100, 100..500]), Kind::Exact)
    });
    assert_all_end_with(
        &found,
        "rank 0: Fit: resume must have 3 entries, but it has 2",
    );
}

/// The observers of rank 1 stop all ranks.
#[test]
fn one_observer_stops_all_ranks() {
    let backend = Faer::default();
    let data = data(60, 23);
    let parts = [0..20, 20..40, 40..60];
    let fits = on_threads(3, |ranks| {
        let own = parts[ranks.rank()].clone();
        let curve = Curve::of_part(3, decay, &data.x[own.clone()], &data.y[own])?;
        let problem = curve.with_gradient(decay_gradient);
        let fit = Fit::new(&backend).across(ranks);
        let mut stop = |record: &Record<'_, f64>| {
            if record.step == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        match ranks.rank() {
            1 => fit.run_observed(&problem, &START, &mut [&mut stop]),
            _ => fit.run(&problem, &START),
        }
    });
    for fitted in fits {
        let fitted = fitted.unwrap();
        assert_eq!(
            (fitted.termination, fitted.steps),
            (Termination::Observer, 2)
        );
    }
}

/// At each level of the tree, a result takes at most 8·(n + 1)² bytes for n ≥ 5, and 64 more for fewer parameters.
#[test]
fn a_step_sends_little() {
    let backend = Faer::default();
    let n = 12;
    let model = |x: f64, p: &[f64]| -> f64 {
        p.iter()
            .enumerate()
            .map(|(j, p)| p * (j as f64 * x).cos())
            .sum()
    };
    let data = data(3000, 29);
    let sent = on_threads(2, |ranks| {
        let own = 1500 * ranks.rank()..1500 * (ranks.rank() + 1);
        let curve = Curve::of_part(n, model, &data.x[own.clone()], &data.y[own])?;
        let gradient = |x: f64, _: &[f64], g: &mut [f64]| {
            for (j, g) in g.iter_mut().enumerate() {
                *g = (j as f64 * x).cos();
            }
        };
        let problem = curve.with_gradient(gradient);
        let mut sent = Vec::new();
        let mut observe = |_: &Record<'_, f64>| {
            sent.push(ranks.sent());
            ControlFlow::Continue(())
        };
        let fit = Fit::new(&backend).across(ranks);
        fit.run_observed(&problem, &vec![0.0; n], &mut [&mut observe])?;
        Ok::<_, Error>(sent)
    });
    for sent in sent {
        let sent = sent.unwrap();
        assert!(sent.len() >= 2);
        for pair in sent.windows(2) {
            let bytes = pair[1].bytes - pair[0].bytes;
            assert!(bytes <= 8 * (n as u64 + 1).pow(2), "{bytes}");
        }
    }
}

/// What is read is what was written, and no beginning of it is a value.
#[test]
fn messages_are_read_as_they_were_written() {
    type Value = (Vec<f64>, Option<(u64, String)>, Vec<Option<bool>>);
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let count = random.random_range(0..4);
        let value: Value = (
            (0..count).map(|_| random.random()).collect(),
            (seed % 3 > 0).then(|| (random.random(), "ρ".repeat(count))),
            (0..count)
                .map(|k| (k > 1).then(|| random.random()))
                .collect(),
        );
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        let mut rest = &bytes[..];
        assert_eq!(Value::read(&mut rest), Some(value));
        assert!(rest.is_empty());
        for end in 0..bytes.len() {
            assert_eq!(Value::read(&mut &bytes[..end]), None, "seed {seed}");
        }
        // Random bytes are refused or read, without a panic.
        let noise: Vec<u8> = (0..40).map(|_| random.random_range(0..3)).collect();
        let _ = Value::read(&mut &noise[..]);
    }
}

#[test]
fn ties_several_starts_and_profiles_are_refused() {
    let backend = Faer::default();
    let data = data(60, 17);
    let parts = [0..20, 20..60];
    let fit = || Fit::new(&backend);
    let start = || Parameters::from(&START);
    let tied = Parameters::new()
        .free("a", 1.0)
        .free("k", 1.0)
        .tied("b", |p| p[0]);
    let cases = [
        (
            fit(),
            tied,
            "parameters must have no ties in a fit across ranks",
        ),
        (
            fit().with_starts(4),
            start(),
            "starts must be one for a fit across ranks, but there are 4",
        ),
        (
            fit().with_profiles(0.95).unwrap(),
            start(),
            "profiles must not be requested of a fit across ranks",
        ),
    ];
    for (fit, start, text) in &cases {
        let found = errors(2, |ranks| {
            fit_from(start, ranks, fit, (&data, &parts), Kind::Exact)
        });
        assert_all_end_with(&found, &format!("rank 0: Fit: {text}"));
    }
}
