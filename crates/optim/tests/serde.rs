//! Results that are stored as JSON and read again.

use leastwise_core::Mat;
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{
    Budget, Curve, FiniteDifferences, Fit, Fitted, History, LevenbergMarquardt, Minima, Parameters,
    Prediction, Profile, Report, RobustLoss, Termination, f_test, fit, minimize,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

const X: [f64; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
const Y: [f64; 6] = [5.1, 3.0, 1.9, 1.1, 0.7, 0.5];

fn decay(t: f64, p: &[f64]) -> f64 {
    p[0] * (-p[1] * t).exp()
}

/// The same, as text, because NaN differs from itself. Numbers have all digits in it.
fn read_again<V: Serialize + DeserializeOwned + std::fmt::Debug>(value: &V) -> V {
    let json = serde_json::to_string(value).unwrap();
    let read: V = serde_json::from_str(&json).unwrap();
    assert_eq!(format!("{read:?}"), format!("{value:?}"));
    read
}

#[test]
fn what_comes_back_can_be_stored_and_read() {
    let backend = Faer::default();
    let problem = FiniteDifferences::central(Curve::new(2, decay, &X, &Y).unwrap());
    let curve = Curve::new(2, decay, &X, &Y).unwrap();
    let options = Fit::new(&backend).with_jacobian().with_starts(4);
    let start = Parameters::new()
        .free("a", 1.0)
        .within(0.0, f64::INFINITY)
        .free("k", 1.0);
    let fitted: Fitted<f64> = options.run(&problem, start).unwrap();
    let read = read_again(&fitted);
    assert_eq!(read, fitted);
    // The summary, bands and profiles are those of the original.
    assert_eq!(read.to_string(), fitted.to_string());
    let band: Vec<Prediction<f64>> = curve.predict(&read, &[0.5, 9.0], 0.9).unwrap();
    assert_eq!(band, curve.predict(&fitted, &[0.5, 9.0], 0.9).unwrap());
    read_again(&band);
    let profile: Profile<f64> = options.profile(&problem, &read, 1, 0.95).unwrap();
    assert_eq!(
        profile,
        options.profile(&problem, &fitted, 1, 0.95).unwrap()
    );
    read_again(&profile);
    let minima: Minima<f64> = fitted.minima.clone().unwrap();
    read_again(&minima);
    let line = fit(&backend, |_: f64, p: &[f64]| p[0], &X, &Y, &[1.0]).unwrap();
    read_again(&f_test(&line, &fitted).unwrap());

    let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
    let mut history = History::new();
    let report: Report<f64> = minimize(
        &mut lm,
        &problem,
        &[1.0, 1.0],
        &Budget::steps(9),
        &mut [&mut history],
    )
    .unwrap();
    read_again(&report);
    read_again(&history);
}

/// Infinite standard errors, NaN correlations, open intervals, robust losses and f32.
#[test]
fn numbers_that_are_not_finite_are_stored() {
    let backend = Faer::default();
    let double = |t: f64, p: &[f64]| (p[0] + p[1]) * (-0.5 * t).exp();
    let fitted = fit(&backend, double, &X, &Y, &[1.0, 1.0]).unwrap();
    assert_eq!(fitted.standard_errors(), [f64::INFINITY; 2]);
    let read = read_again(&fitted);
    assert!(read.correlation()[(0, 1)].is_nan());
    let curve = Curve::new(2, double, &X, &Y).unwrap();
    let robust = Fit::new(&backend).with_loss(RobustLoss::tukey(2.0).unwrap());
    read_again(
        &robust
            .run(&FiniteDifferences::central(curve), &[1.0, 1.0])
            .unwrap(),
    );
    let single = |t: f32, p: &[f32]| p[0] * (-p[1] * t).exp();
    let (x, y) = (
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        [5.1, 3.0, 1.9, 1.1, 0.7, 0.5],
    );
    read_again(&fit(&backend, single, &x, &y, &[1.0, 1.0]).unwrap());
    read_again(&Termination::NonFinite {
        quantity: leastwise_optim::Quantity::Loss,
    });
}

/// Ties are functions, which are not stored: what needs them refuses.
#[test]
fn a_stored_fit_with_ties_has_no_profile() {
    let backend = Faer::default();
    let curve = || Curve::new(2, decay, &X, &Y).unwrap();
    let start = Parameters::new().free("a", 1.0).tied("k", |p| 0.1 * p[0]);
    let problem = FiniteDifferences::central(curve());
    let fitted = Fit::new(&backend).run(&problem, start).unwrap();
    let json = serde_json::to_string(&fitted).unwrap();
    let read: Fitted<f64> = serde_json::from_str(&json).unwrap();
    assert_eq!(read.to_string(), fitted.to_string());
    let refused = Fit::new(&backend)
        .profile(&problem, &read, 0, 0.95)
        .unwrap_err();
    let text = "must have the functions of its tied parameters, which are not stored: fit again";
    assert_eq!(refused.to_string(), format!("profile: fitted {text}"));
    let refused = curve().predict(&read, &[1.0], 0.95).unwrap_err();
    assert_eq!(refused.to_string(), format!("predict: fitted {text}"));
}

#[test]
fn a_matrix_of_a_wrong_size_is_refused() {
    let json = r#"{"rows":2,"cols":2,"data":[1.0,2.0,3.0]}"#;
    let error = serde_json::from_str::<Mat<f64>>(json).unwrap_err();
    assert!(error.to_string().contains("but it has 3"), "{error}");
    let json = r#"{"rows":1,"cols":1,"data":["much"]}"#;
    assert!(serde_json::from_str::<Mat<f64>>(json).is_err());
}
