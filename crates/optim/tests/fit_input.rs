//! The messages of a fit for invalid input. A refused fit leaves nothing behind.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use leastwise_core::{Error, Mat, MatMut};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::TrustRegion;
use leastwise_optim::{
    Budget, Cancellation, ClosureResidual, Curve, FiniteDifferences, Fit, LeastSquaresProblem,
    Parameters, Record, ResidualFunction, Sigma, Termination, covariance, fit, fit_with_sigmas,
};

const X: [f64; 5] = [0.0, 1.0, 2.0, 3.0, 4.0];
const Y: [f64; 5] = [5.1, 3.0, 1.9, 1.1, 0.7];

fn decay(x: f64, p: &[f64]) -> f64 {
    p[0] * (-p[1] * x).exp()
}

/// The message of a fit of two parameters. Afterwards, the same backend fits as before.
#[track_caller]
fn refused(model: impl Fn(f64, &[f64]) -> f64, x: &[f64], y: &[f64], start: &[f64]) -> String {
    let backend = Faer::default();
    let error = fit(&backend, model, x, y, start).unwrap_err();
    assert!(
        fit(&backend, decay, &X, &Y, &[1.0, 1.0])
            .unwrap()
            .is_success()
    );
    error.to_string()
}

#[test]
fn data_that_are_none() {
    assert_eq!(
        refused(decay, &[], &[], &[1.0, 1.0]),
        "Curve: x must have at least one entry, but it has 0"
    );
    assert_eq!(
        refused(decay, &X, &Y[..4], &[1.0, 1.0]),
        "Curve: y must have 5 entries, but it has 4"
    );
    let bad = [1.0, f64::NAN, 2.0, 3.0, 4.0];
    assert_eq!(
        refused(decay, &X, &bad, &[1.0, 1.0]),
        "Curve: y must be finite, but entry (1, 0) is NaN"
    );
    let bad = [1.0, 2.0, 3.0, f64::NEG_INFINITY, 4.0];
    assert_eq!(
        refused(decay, &X, &bad, &[1.0, 1.0]),
        "Curve: y must be finite, but entry (3, 0) is -inf"
    );
    assert_eq!(
        refused(decay, &X, &Y, &[]),
        "fit: start must have one entry per parameter and at least one, but it has 0"
    );
}

/// x may have any type. The effect of its NaN on the model is found at the start.
#[test]
fn x_that_is_nan_shows_in_its_row() {
    let bad = [0.0, 1.0, f64::NAN, 3.0, 4.0];
    assert_eq!(
        refused(decay, &bad, &Y, &[1.0, 1.0]),
        "Fit: residual at the start must be finite, but entry (2, 0) is NaN"
    );
}

#[test]
fn sigmas_that_are_none() {
    let message = |sigmas: &[f64]| {
        let curve = Curve::new(2, decay, &X, &Y).unwrap();
        curve.with_sigmas(sigmas).unwrap_err().to_string()
    };
    for (wrong, text) in [
        (0.0, "0"),
        (-1.0, "-1"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
    ] {
        let expected = format!("Curve: sigmas must be positive and finite, but entry 3 is {text}");
        assert_eq!(message(&[1.0, 1.0, 1.0, wrong, 1.0]), expected);
    }
    assert_eq!(
        message(&[1.0; 4]),
        "Curve: sigmas must have 5 entries, but it has 4"
    );
}

#[test]
fn starts_that_are_none() {
    assert_eq!(
        refused(decay, &X, &Y, &[1.0, f64::NAN]),
        "Fit: start must be finite, but entry (1, 0) is NaN"
    );
    let backend = Faer::default();
    let problem = FiniteDifferences::central(Curve::new(2, decay, &X, &Y).unwrap());
    let fit = Fit::new(&backend);
    let error = fit.run(&problem, &[1.0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Fit: start must have 2 entries, but it has 1"
    );
    let named = Parameters::from(&[1.0, 1.0]).with_names(&["a", "b", "c"]);
    let error = fit.run(&problem, named).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Fit: names must have 2 entries, but it has 3"
    );
    assert!(fit.run(&problem, &[1.0, 1.0]).unwrap().is_success());
}

/// A problem that is never evaluated.
struct Sizes {
    m: usize,
    n: usize,
}

impl LeastSquaresProblem<f64> for Sizes {
    fn residuals(&self) -> usize {
        assert!(self.m < usize::MAX, "no data were read");
        self.m
    }

    fn parameters(&self) -> usize {
        self.n
    }

    fn residual(&self, _: &[f64], _: &mut [f64]) -> leastwise_core::Result<()> {
        Ok(())
    }

    fn jacobian(&self, _: &[f64], _: MatMut<'_, f64>) -> leastwise_core::Result<()> {
        Ok(())
    }
}

#[test]
fn problems_without_parameters_or_residuals() {
    let run = |m, n| {
        let error = Fit::new(&Faer::default()).run(&Sizes { m, n }, &vec![1.0; n]);
        error.unwrap_err().to_string()
    };
    assert_eq!(
        run(0, 2),
        "Fit: problem must have a residual with a weight above 0, but it has none"
    );
    let none = "minimize: start must have 0 entries and at least one, but it has 0";
    assert_eq!((run(0, 0), run(3, 0)), (none.to_owned(), none.to_owned()));
}

#[test]
fn a_model_outside_its_domain_at_the_start() {
    let root = |x: f64, p: &[f64]| (p[0] - x).sqrt() + p[1];
    assert_eq!(
        refused(root, &X, &Y, &[2.5, 0.0]),
        "Fit: residual at the start must be finite, but entry (3, 0) is NaN"
    );
    let pole = |x: f64, p: &[f64]| p[1] / (p[0] - x);
    assert_eq!(
        refused(pole, &X, &Y, &[1.0, 1.0]),
        "Fit: residual at the start must be finite, but entry (1, 0) is inf"
    );
    // A loss beyond the range is another error.
    let large = |_: f64, p: &[f64]| 1e200 * p[0];
    let fitted = fit(&Faer::default(), large, &X, &Y, &[1.0]).unwrap();
    assert!(fitted.is_success(), "{fitted}");
    let mean = Y.iter().sum::<f64>() / 5.0;
    assert!((1e200 * fitted.parameters[0] - mean).abs() <= 1e-9 * mean);
}

/// ln(p·x) is not defined for p < 0, where the first Gauss-Newton step from p = 10 leads.
#[test]
fn a_model_outside_its_domain_on_the_way() {
    let outside = Cell::new(0);
    let model = |x: f64, p: &[f64]| {
        let value = (p[0] * x).ln();
        outside.set(outside.get() + usize::from(value.is_nan()));
        value
    };
    let x = [1.0, 2.0, 3.0];
    let y = x.map(f64::ln);
    let curve = Curve::new(1, model, &x, &y)
        .unwrap()
        .with_gradient(|_, p, g| g[0] = 1.0 / p[0]);
    let backend = Faer::default();
    let long_steps = TrustRegion::new().with_initial_radius(100.0).unwrap();
    let fitted = Fit::new(&backend)
        .with_control(long_steps)
        .run(&curve, &[10.0])
        .unwrap();
    assert!(outside.get() > 0);
    assert!(fitted.is_success());
    // xtol·‖D·x‖, where D·x has 3 equal entries of size 1.
    assert!((fitted.parameters[0] - 1.0).abs() <= 1e-12, "{fitted}");
}

fn three_by_two(jacobian: impl Fn(&[f64], MatMut<'_, f64>)) -> impl LeastSquaresProblem<f64> {
    ClosureResidual::new(3, 2, |x: &[f64], r: &mut [f64]| {
        r.copy_from_slice(&[x[0] - 1.0, x[1] - 2.0, x[0] + x[1] - 4.0]);
    })
    .unwrap()
    .with_jacobian(jacobian)
}

fn whole(mut j: MatMut<'_, f64>) {
    for (i, row) in [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]].iter().enumerate() {
        (j[(i, 0)], j[(i, 1)]) = (row[0], row[1]);
    }
}

#[test]
fn a_jacobian_that_is_not_written() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let problem = three_by_two(|_, mut j| {
        (j[(0, 0)], j[(0, 1)], j[(1, 0)], j[(1, 1)], j[(2, 0)]) = (1.0, 0.0, 0.0, 1.0, 1.0);
    });
    assert_eq!(
        fit.run(&problem, &[0.0, 0.0]).unwrap_err().to_string(),
        "Fit: jacobian at the start must be finite, but entry (2, 1) is NaN"
    );
    let fitted = fit
        .run(&three_by_two(|_, j| whole(j)), &[0.0, 0.0])
        .unwrap();
    assert!(fitted.is_success());
}

/// Each evaluation after the first has as many NaN. A step that leads to them is rejected, until none
/// remains.
#[test]
fn a_jacobian_that_is_not_written_on_the_way_is_no_success() {
    let backend = Faer::default();
    let problem = three_by_two(|x, j| {
        if x == [0.0, 0.0] {
            whole(j);
        }
    });
    let fitted = Fit::new(&backend).run(&problem, &[0.0, 0.0]).unwrap();
    assert!(!fitted.is_success(), "{fitted}");
    assert_eq!(fitted.parameters, [0.0, 0.0]);
    assert!(
        fitted
            .standard_errors()
            .iter()
            .all(|error| error.is_finite())
    );
}

#[test]
fn a_jacobian_of_another_shape() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let problem = three_by_two(|_, mut j| j[(2, 2)] = 1.0);
    let error = fit.run(&problem, &[0.0, 0.0]).unwrap_err();
    let Error::Panic {
        operation,
        argument,
        detail,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((operation, argument), ("Fit", "jacobian"));
    assert!(detail.contains('2'), "{detail}");
    assert!(
        fit.run(&three_by_two(|_, j| whole(j)), &[0.0, 0.0])
            .unwrap()
            .is_success()
    );
}

#[test]
fn a_model_that_panics_at_the_start() {
    let table = |_: f64, p: &[f64]| p[0] + [1.0, 2.0][p.len()];
    assert_eq!(
        refused(table, &X, &Y, &[1.0, 1.0]),
        "fit: start must have one entry for each parameter of the model, but it has 2: the model needs fewer entries; it runs \
         with 1 and panics with 2 (index out of bounds: the len is 2 but the index is 2)"
    );
    // p is not too short here.
    let other = |x: f64, p: &[f64]| p[0] + [1.0, 2.0][if x < 1.5 { 0 } else { 2 }] * p[1];
    assert_eq!(
        refused(other, &X, &Y, &[1.0, 1.0]),
        "Fit: residual panicked: index out of bounds: the len is 2 but the index is 2"
    );
    let silent = |_: f64, _: &[f64]| -> f64 { std::panic::panic_any(7) };
    assert_eq!(
        refused(silent, &X, &Y, &[1.0, 1.0]),
        "Fit: residual panicked: without a message"
    );
}

/// The way in which the model reads its parameters does not matter, at the first x or only at a later one.
#[test]
fn a_start_of_another_length_than_the_model_takes() {
    let detail = |model: &dyn Fn(f64, &[f64]) -> f64, n: usize| {
        let message = refused(model, &X, &Y, &vec![1.0; n]);
        let prefix = format!(
            "fit: start must have one entry for each parameter of the model, but it has {n}: the model "
        );
        let detail = message.strip_prefix(&prefix);
        detail.unwrap_or_else(|| panic!("{message}")).to_owned()
    };
    let indices: &dyn Fn(f64, &[f64]) -> f64 = &|x, p| p[0] + p[1] * x + p[2] * x * x;
    assert_eq!(detail(indices, 2), "reads an entry beyond them, p[2]");
    assert_eq!(detail(indices, 1), "reads an entry beyond them, p[1]");
    let far: &dyn Fn(f64, &[f64]) -> f64 = &|x, p| p[0] + if x > 2.5 { p[40] } else { x };
    assert_eq!(detail(far, 2), "reads an entry beyond them, p[40]");
    let many: &dyn Fn(f64, &[f64]) -> f64 = &|_, p| (0..50).map(|k| p[k]).sum();
    assert_eq!(detail(many, 2), "reads an entry beyond them, p[2]");

    let range: &dyn Fn(f64, &[f64]) -> f64 = &|_, p| p[..3].iter().sum();
    let array: &dyn Fn(f64, &[f64]) -> f64 = &|x, p| {
        let [a, b, c]: [f64; 3] = p.try_into().unwrap();
        a + b * x + c * x * x
    };
    let pattern: &dyn Fn(f64, &[f64]) -> f64 = &|x, p| {
        let &[a, b, c] = p else {
            panic!("a, b and c, please");
        };
        a + b * x + c * x * x
    };
    for (model, text) in [
        (
            range,
            "range end index 3 out of range for slice of length 2",
        ),
        (array, "TryFromSliceError"),
        (pattern, "a, b and c, please"),
    ] {
        let detail = detail(model, 2);
        let expected = "needs more entries; it runs with 3 and panics with 2 (";
        assert!(
            detail.starts_with(expected) && detail.contains(text),
            "{detail}"
        );
    }
    for model in [array, pattern] {
        let detail = detail(model, 4);
        let expected = "needs fewer entries; it runs with 3 and panics with 4 (";
        assert!(detail.starts_with(expected), "{detail}");
    }
    // An entry that the model does not read has no effect.
    let longer = fit(&Faer::default(), indices, &X, &Y, &[1.0; 4]).unwrap();
    assert_eq!(longer.standard_errors()[3], f64::INFINITY);
    assert!(longer.to_string().contains("p[3] has no effect here"));
}

/// The same holds with sigmas. A panic of the model later in the run has nothing to do with the start.
#[test]
fn other_panics_keep_their_message() {
    let backend = Faer::default();
    let sigmas = [0.1; 5];
    let short = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let error = fit_with_sigmas(&backend, short, &X, &Y, &sigmas, &[1.0]).unwrap_err();
    assert!(
        error.to_string().starts_with("fit: start must have"),
        "{error}"
    );
    let calls = Cell::new(0);
    let later = |x: f64, p: &[f64]| {
        calls.set(calls.get() + 1);
        let third = if calls.get() == 12 { p[2] } else { 0.0 };
        decay(x, p) + third
    };
    let error = fit(&backend, later, &X, &Y, &[1.0, 1.0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Fit: jacobian panicked: index out of bounds: the len is 2 but the index is 2"
    );
}

/// A panic in the residual and in the Jacobian, at the start and at a step. The same problem runs again.
#[test]
fn a_model_that_panics_on_the_way() {
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let panics_at = Cell::new(usize::MAX);
    let calls = RefCell::new(Vec::new());
    let count = |what: &'static str| {
        let mut calls = calls.borrow_mut();
        calls.push(what);
        assert!(
            calls.len() - 1 != panics_at.get(),
            "call {}",
            panics_at.get()
        );
    };
    let model = |x: f64, p: &[f64]| {
        count("residual");
        decay(x, p)
    };
    let curve = Curve::new(2, model, &X, &Y)
        .unwrap()
        .with_gradient(|x, p: &[f64], g| {
            count("jacobian");
            let value = (-p[1] * x).exp();
            (g[0], g[1]) = (value, -p[0] * x * value);
        });
    let whole = fit.run(&curve, &[1.0, 1.0]).unwrap();
    let sequence = calls.take();
    let after_start = |what| {
        10 + sequence[10..]
            .iter()
            .position(|&call| call == what)
            .unwrap()
    };
    for call in [0, 7, after_start("residual"), after_start("jacobian")] {
        calls.borrow_mut().clear();
        panics_at.set(call);
        assert_eq!(
            fit.run(&curve, &[1.0, 1.0]).unwrap_err().to_string(),
            format!("Fit: {} panicked: call {call}", sequence[call])
        );
        panics_at.set(usize::MAX);
        let again = fit.run(&curve, &[1.0, 1.0]).unwrap();
        assert_eq!(
            (&again.parameters, again.loss),
            (&whole.parameters, whole.loss)
        );
        assert_eq!(again.standard_errors(), whole.standard_errors());
    }
}

#[test]
fn a_problem_that_does_not_know_its_size() {
    let sizeless = Sizes {
        m: usize::MAX,
        n: 1,
    };
    let error = Fit::new(&Faer::default())
        .run(&sizeless, &[1.0])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Fit: problem panicked: no data were read"
    );
}

#[test]
fn a_covariance_of_what_is_no_jacobian() {
    let backend = Faer::default();
    let j = Mat::from_col_major(vec![1.0, 2.0, 3.0, f64::NAN], 2, 2).unwrap();
    let message = |free: &[bool], rcond| {
        let j = Mat::<f64>::identity(2);
        covariance(&backend, j.as_ref(), free, rcond)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        covariance(&backend, j.as_ref(), &[true; 2], None)
            .unwrap_err()
            .to_string(),
        "covariance: jacobian must be finite, but entry (1, 1) is NaN"
    );
    assert_eq!(
        message(&[true], None),
        "covariance: free must have 2 entries, but it has 1"
    );
    assert_eq!(
        message(&[true; 2], Some(1.0)),
        "covariance: rcond must be at least 0 and less than 1, but it is 1"
    );
}

#[test]
fn intervals_of_no_level() {
    let fitted = fit(&Faer::default(), decay, &X, &Y, &[1.0, 1.0]).unwrap();
    for level in [0.0, 1.0, f64::NAN, -0.5] {
        assert!(fitted.confidence_intervals(level).is_err());
    }
}

#[test]
fn a_cancelled_run_gives_what_it_has() {
    fn shared_between_threads<C: Clone + Send + Sync>(_: &C) {}
    let backend = Faer::default();
    let fit = Fit::new(&backend).with_sigma_scale(Sigma::Absolute);
    let problem = FiniteDifferences::central(Curve::new(2, decay, &X, &Y).unwrap());
    let cancellation = Cancellation::new();
    shared_between_threads(&cancellation);

    let mut after_two = |record: &Record<'_, f64>| {
        if record.step == 2 {
            cancellation.cancel();
        }
        ControlFlow::Continue(())
    };
    let mut flag = cancellation.clone();
    let observers: &mut [&mut dyn leastwise_optim::Observer<f64>] =
        &mut [&mut after_two, &mut flag];
    let cancelled = fit.run_observed(&problem, &[1.0, 9.0], observers).unwrap();
    assert_eq!(
        (cancelled.termination, cancelled.steps),
        (Termination::Observer, 2)
    );
    assert!(!cancelled.is_success());
    let two_steps = fit
        .clone()
        .with_budget(Budget::steps(2))
        .run(&problem, &[1.0, 9.0])
        .unwrap();
    assert_eq!(two_steps.termination, Termination::StepBudget);
    assert_eq!(cancelled.parameters, two_steps.parameters);
    assert_eq!(cancelled.standard_errors(), two_steps.standard_errors());

    // A flag that is set ends the next run at its start. It does not affect runs that do not observe it.
    let mut flag = cancellation.clone();
    let at_once = fit
        .run_observed(&problem, &[1.0, 9.0], &mut [&mut flag])
        .unwrap();
    assert_eq!(
        (at_once.steps, &at_once.parameters[..]),
        (0, &[1.0, 9.0][..])
    );
    assert!(fit.run(&problem, &[1.0, 1.0]).unwrap().is_success());
}

#[test]
fn a_budget_of_evaluations_ends_a_run() {
    let backend = Faer::default();
    let control = TrustRegion::new().with_max_evaluations(3).unwrap();
    let problem = FiniteDifferences::central(Curve::new(2, decay, &X, &Y).unwrap());
    let fitted = Fit::new(&backend)
        .with_control(control)
        .run(&problem, &[1.0, 9.0])
        .unwrap();
    // The differences are counted. A Jacobian that was begun is completed.
    assert_eq!(fitted.termination, Termination::EvaluationBudget);
    assert_eq!(fitted.counts.jacobians, 1);
    let control = TrustRegion::new().with_max_evaluations(3).unwrap();
    let exact = Curve::new(2, decay, &X, &Y)
        .unwrap()
        .with_gradient(|x, p: &[f64], g| {
            let value = (-p[1] * x).exp();
            (g[0], g[1]) = (value, -p[0] * x * value);
        });
    let fitted = Fit::new(&backend)
        .with_control(control)
        .run(&exact, &[1.0, 9.0])
        .unwrap();
    assert_eq!(fitted.termination, Termination::EvaluationBudget);
    assert_eq!(fitted.counts.residuals, 3);
}

#[test]
fn a_curve_allocates_in_no_evaluation() {
    let curve = Curve::new(2, decay, &X, &Y)
        .unwrap()
        .with_sigmas(&[0.1; 5])
        .unwrap()
        .with_gradient(|x, p: &[f64], g| {
            let value = (-p[1] * x).exp();
            (g[0], g[1]) = (value, -p[0] * x * value);
        });
    let (mut r, mut j) = ([f64::NAN; 5], Mat::zeros(5, 2));
    // The first evaluation allocates the row.
    curve.jacobian(&[1.0, 1.0], j.as_mut()).unwrap();
    let evaluations = allocation_counter::measure(|| {
        ResidualFunction::residual(&curve, &[1.0, 1.0], &mut r).unwrap();
        curve.jacobian(&[1.0, 1.0], j.as_mut()).unwrap();
    });
    assert_eq!(evaluations.count_total, 0);
    let value = (-2.0f64).exp();
    assert_eq!((r[2], j[(2, 1)]), ((value - 1.9) / 0.1, -2.0 * value / 0.1));
}
