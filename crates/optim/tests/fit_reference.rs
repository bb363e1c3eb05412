//! Statistics of fits, compared with R on its own data sets; `data/reference.R` has the formulas.

use std::collections::HashMap;

use leastwise_faer::Faer;
use leastwise_optim::{
    Curve, FiniteDifferences, Fit, Fitted, Parameters, Profile, Sigma, f_test, fit,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, Normal};

const REFERENCE: &str = include_str!("data/reference.csv");

/// R's numbers have more digits than this, but its derivatives are differences.
const DIGITS: f64 = 1e-6;

type Model = fn(f64, &[f64]) -> f64;

const MODELS: [(&str, Model, &[f64]); 5] = [
    ("puromycin", |c, p| p[0] * c / (p[1] + c), &[200.0, 0.1]),
    (
        "dnase",
        |c, p| p[0] / (1.0 + ((p[1] - c.ln()) / p[2]).exp()),
        &[2.3, 1.5, 1.0],
    ),
    ("bod", |t, p| p[0] * (1.0 - (-p[1] * t).exp()), &[19.0, 0.5]),
    (
        "loblolly",
        |t, p| p[0] + (p[1] - p[0]) * (-p[2].exp() * t).exp(),
        &[94.0, -8.0, -3.2],
    ),
    (
        "wtloss",
        |t, p| p[0] + p[1] * (-t / p[2]).exp2(),
        &[90.0, 95.0, 120.0],
    ),
];

fn reference() -> HashMap<(String, String), Vec<f64>> {
    let lines = REFERENCE.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let mut fields = line.split(',').map(str::to_owned);
        let key = (fields.next().unwrap(), fields.next().unwrap());
        (key, fields.map(|field| field.parse().unwrap()).collect())
    };
    lines.map(row).collect()
}

#[track_caller]
fn assert_close(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!(
            (a - b).abs() <= DIGITS * b.abs(),
            "{what}: {ours:?} {theirs:?}"
        );
    }
}

#[test]
fn errors_bands_and_profiles_are_those_of_r() {
    let reference = reference();
    let backend = Faer::default();
    for (set, model, start) in MODELS {
        let theirs = |kind: &str| &reference[&(set.to_owned(), kind.to_owned())][..];
        let (x, y) = (theirs("x"), theirs("y"));
        let curve = || Curve::new(start.len(), model, x, y).unwrap();
        let problem = FiniteDifferences::central(curve());
        let options = Fit::new(&backend).with_jacobian();
        let fitted = options.run(&problem, start).unwrap();
        assert!(fitted.is_success(), "{set}: {fitted}");
        assert_close(&fitted.parameters, theirs("estimate"), set);
        assert_close(fitted.standard_errors(), theirs("error"), set);

        let [deviance, freedom, aic, bic] = theirs("deviance").try_into().unwrap();
        let m = y.len() as f64;
        let constant = m * (1.0 + (2.0 * std::f64::consts::PI).ln());
        let criteria = [fitted.aic().unwrap(), fitted.bic().unwrap()].map(|c| c + constant);
        assert_close(
            &[fitted.loss, fitted.degrees_of_freedom as f64],
            &[deviance, freedom],
            set,
        );
        assert_close(&criteria, &[aic, bic], set);

        let band = curve().predict(&fitted, x, 0.95).unwrap();
        let reach = |of: fn(&leastwise_optim::Prediction<f64>) -> (f64, f64)| -> Vec<f64> {
            let half = band.iter().map(|p| (of(p).1 - of(p).0) / 2.0);
            half.collect()
        };
        let values: Vec<f64> = band.iter().map(|p| p.value).collect();
        assert_close(&values, theirs("value"), set);
        assert_close(&reach(|p| p.confidence), theirs("confidence"), set);
        assert_close(&reach(|p| p.simultaneous), theirs("simultaneous"), set);
        assert_close(&reach(|p| p.observation), theirs("observation"), set);
        let leverages = fitted.leverages().unwrap();
        assert_close(&leverages, theirs("leverage"), set);

        for j in 0..start.len() {
            let profile = options.profile(&problem, &fitted, j, 0.95).unwrap();
            let ends = [profile.lower.unwrap(), profile.upper.unwrap()];
            let what = format!("{set} {j} {profile}");
            assert_close(&ends, theirs(&format!("profile.{j}")), &what);
            assert_is_a_profile(&profile, &fitted, j);
        }
        let alone: Vec<_> = (0..start.len())
            .map(|j| options.profile(&problem, &fitted, j, 0.9).unwrap())
            .collect();
        let threaded = options.clone().with_threads(2);
        let together = threaded.profiles(&problem, &fitted, 0.9);
        assert_eq!(together.unwrap(), alone);
    }
}

/// The points are in order, and every one is a minimum with this τ.
fn assert_is_a_profile(profile: &Profile<f64>, fitted: &Fitted<f64>, j: usize) {
    assert!(profile.points.len() >= 9);
    for pair in profile.points.windows(2) {
        assert!(
            pair[0].value < pair[1].value && pair[0].tau < pair[1].tau,
            "{profile:?}"
        );
    }
    let middle = profile.points.iter().find(|p| p.tau == 0.0).unwrap();
    assert_eq!(middle.parameters, fitted.parameters);
    assert!(profile.points.iter().all(|p| p.parameters[j] == p.value));
}

#[test]
fn a_linear_model_has_the_same_interval_both_ways() {
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let y = [1.1, 2.9, 5.2, 6.8, 9.1, 11.0];
    let backend = Faer::default();
    let line = FiniteDifferences::central(
        Curve::new(2, |x: f64, p: &[f64]| p[0] + p[1] * x, &x, &y).unwrap(),
    );
    for sigma in [Sigma::Relative, Sigma::Absolute] {
        let options = Fit::new(&backend).with_sigma_scale(sigma);
        let fitted = options.run(&line, &[0.0, 0.0]).unwrap();
        for j in 0..2 {
            let profile = options.profile(&line, &fitted, j, 0.9).unwrap();
            let (low, high) = profile.linear;
            let width = high - low;
            // The ends have eight digits of their distance from the estimate.
            assert!(
                (profile.lower.unwrap() - low).abs() < 1e-7 * width,
                "{profile}"
            );
            assert!((profile.upper.unwrap() - high).abs() < 1e-7 * width);
            assert!(!profile.differs());
        }
    }
}

#[test]
fn an_end_that_the_data_do_not_give_is_open() {
    // The curve is at its plateau from the first point on, so any larger rate fits as well.
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let y = [0.97, 1.02, 0.99, 1.01, 0.98, 1.03];
    let backend = Faer::default();
    let rise = |x: f64, p: &[f64]| p[0] * (1.0 - (-p[1] * x).exp());
    let problem = FiniteDifferences::central(Curve::new(2, rise, &x, &y).unwrap());
    let options = Fit::new(&backend);
    let fitted = options.run(&problem, &[1.0, 3.0]).unwrap();
    assert!(fitted.is_success(), "{fitted}");
    let profile = options.profile(&problem, &fitted, 1, 0.95).unwrap();
    assert_eq!(profile.upper, None, "{profile}");
    assert!(
        profile
            .lower
            .is_some_and(|low| low > 0.0 && low < fitted.parameters[1])
    );
    assert!(profile.differs());
    assert!(profile.to_string().contains("no upper end"), "{profile}");
}

#[test]
fn what_has_no_profile_is_refused() {
    let x = [0.0, 1.0, 2.0, 3.0];
    let y = [1.0, 2.0, 2.5, 4.2];
    let backend = Faer::default();
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let problem = FiniteDifferences::central(Curve::new(2, line, &x, &y).unwrap());
    let options = Fit::new(&backend);
    let start = Parameters::from(&[1.0, 1.0]).with_held(&[0]);
    let fitted = options.run(&problem, start).unwrap();
    let error = |j, level| {
        let refused = options.profile(&problem, &fitted, j, level).unwrap_err();
        refused.to_string()
    };
    assert!(
        error(0, 0.95).contains("standard error"),
        "{}",
        error(0, 0.95)
    );
    assert!(error(2, 0.95).contains("below the number of parameters"));
    assert!(error(1, 1.5).contains("level"));
    // One free parameter: the loss is evaluated, not minimised.
    let profile = options.profile(&problem, &fitted, 1, 0.95).unwrap();
    assert!(!profile.differs(), "{profile}");
}

/// By R 4.2.2: `anova(lm(y ~ x), lm(y ~ x + I(x^2)))`, and `rstandard` of the second model.
#[test]
fn nested_models_and_standardised_residuals_are_those_of_r() {
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let y = [1.0, 3.0, 2.0, 2.0, 3.0, 1.0];
    let backend = Faer::default();
    let line = fit(&backend, |x, p| p[0] + p[1] * x, &x, &y, &[0.0; 2]).unwrap();
    let parabola = |x: f64, p: &[f64]| p[0] + p[1] * x + p[2] * x * x;
    let curve = fit(&backend, parabola, &x, &y, &[0.0; 3]).unwrap();
    let test = f_test(&line, &curve).unwrap();
    assert_close(&[test.f], &[2.25], "F");
    assert_close(&[test.probability], &[0.230_583_865_245], "p");
    assert!(f_test(&curve, &line).is_err());
    let problem = FiniteDifferences::central(Curve::new(3, parabola, &x, &y).unwrap());
    let kept = Fit::new(&backend).with_jacobian().run(&problem, &[0.0; 3]);
    let ours: Vec<f64> = kept.unwrap().studentized_residuals().unwrap();
    // R's residuals are data minus model.
    let ours: Vec<f64> = ours.iter().map(|r| -r).collect();
    let theirs = [
        -0.774_596_669_241,
        1.179_725_636_46,
        -0.825_722_823_845,
        -0.825_722_823_845,
        1.179_725_636_46,
        -0.774_596_669_241,
    ];
    assert_close(&ours, &theirs, "rstandard");
}

/// Of simulated data, 95 % have a profile-likelihood interval that contains the truth. `LEASTWISE_FITS=10000` simulates
/// more of them.
///
/// The bound is 4.5 standard deviations of the number, and 1 % for the curvature of the model in sample space, which the
/// quantile of t does not know. An interval is wrong more often for 1 in 100,000 seeds.
#[test]
fn profile_intervals_contain_the_truth_as_often_as_they_claim() {
    let variable = std::env::var("LEASTWISE_FITS").ok();
    let count = variable.map_or(300, |fits| fits.parse().unwrap());
    let reference = reference();
    let backend = Faer::default();
    for (set, model, start) in MODELS {
        if !["puromycin", "wtloss"].contains(&set) {
            continue;
        }
        let theirs = |kind: &str| &reference[&(set.to_owned(), kind.to_owned())][..];
        let (x, truth) = (theirs("x"), theirs("estimate"));
        let [deviance, freedom, ..] = theirs("deviance") else {
            unreachable!()
        };
        let noise = Normal::new(0.0, (deviance / freedom).sqrt()).unwrap();
        let mut random = StdRng::seed_from_u64(17);
        let mut inside = vec![0i32; start.len()];
        for _ in 0..count {
            let data = x
                .iter()
                .map(|&x| model(x, truth) + noise.sample(&mut random));
            let y: Vec<f64> = data.collect();
            let problem =
                FiniteDifferences::central(Curve::new(start.len(), model, x, &y).unwrap());
            let options = Fit::new(&backend);
            let fitted = options.run(&problem, truth).unwrap();
            assert!(fitted.is_success(), "{set} {y:?}");
            for (j, inside) in inside.iter_mut().enumerate() {
                let profile = options.profile(&problem, &fitted, j, 0.95).unwrap();
                let above = profile.lower.is_none_or(|low| low <= truth[j]);
                let below = profile.upper.is_none_or(|high| truth[j] <= high);
                *inside += i32::from(above && below);
            }
        }
        println!("{set}: {inside:?} of {count} intervals contain the truth");
        let bound = 4.5 * (0.95 * 0.05 / f64::from(count)).sqrt() + 0.01;
        for &inside in &inside {
            let coverage = f64::from(inside) / f64::from(count);
            assert!((coverage - 0.95).abs() < bound, "{set}: {coverage}");
        }
    }
}
