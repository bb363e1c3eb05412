//! Profiles in the summary.

use leastwise_faer::Faer;
use leastwise_optim::{Curve, FiniteDifferences, Fit, RobustLoss};

/// Michaelis-Menten far from saturation: an end is open, and ± standard error misleads.
#[test]
fn the_summary_says_where_standard_errors_mislead() {
    let x = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
    let y = [0.098, 0.16, 0.235, 0.27, 0.35, 0.36];
    let saturation = |x: f64, p: &[f64]| p[0] * x / (p[1] + x);
    let backend = Faer::default();
    let problem = FiniteDifferences::central(Curve::new(2, saturation, &x, &y).unwrap());
    let fit = Fit::new(&backend).with_profiles(0.95).unwrap();
    let fitted = fit.run(&problem, &[1.0, 1.0]).unwrap();
    assert_eq!(fitted.profiles.len(), 2);
    let profile = fitted.profiles[1].as_ref().unwrap();
    assert_eq!(profile, &fit.profile(&problem, &fitted, 1, 0.95).unwrap());
    assert!(profile.differs());
    let words: Vec<String> = fitted
        .to_string()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let text = words.join(" ");
    assert!(text.contains("profile of p[1]: "), "{text}");
    assert!(text.contains("misleads"), "{text}");
    let threaded = fit
        .clone()
        .with_threads(2)
        .run(&problem, &[1.0, 1.0])
        .unwrap();
    assert_eq!(threaded.profiles, fitted.profiles);

    // A line: both agree, and the summary is silent.
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let problem = FiniteDifferences::central(Curve::new(2, line, &x, &y).unwrap());
    let fitted = fit.run(&problem, &[0.0, 1.0]).unwrap();
    assert_eq!(fitted.profiles.len(), 2);
    assert!(
        fitted
            .profiles
            .iter()
            .flatten()
            .all(|profile| !profile.differs())
    );
    assert!(!fitted.to_string().contains("profile"), "{fitted}");
    // None with a robust loss, and none without a request.
    let robust = fit.with_loss(RobustLoss::huber(0.1).unwrap());
    assert!(
        robust
            .run(&problem, &[0.0, 1.0])
            .unwrap()
            .profiles
            .is_empty()
    );
    assert!(
        Fit::new(&backend)
            .run(&problem, &[0.0, 1.0])
            .unwrap()
            .profiles
            .is_empty()
    );
    assert!(Fit::<f64>::new(&backend).with_profiles(1.5).is_err());
}

/// A refit with one parameter held evaluates nothing for statistics.
#[test]
fn refits_compute_no_statistics() {
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let y = [5.1, 3.0, 1.9, 1.1, 0.7, 0.45];
    let jacobians = std::cell::Cell::new(0);
    let residuals = std::cell::Cell::new(0);
    let decay = |x: f64, p: &[f64]| {
        residuals.set(residuals.get() + usize::from(x == 0.0));
        p[0] * (-p[1] * x).exp()
    };
    let problem = Curve::new(2, decay, &x, &y)
        .unwrap()
        .with_gradient(|x, p, g: &mut [f64]| {
            jacobians.set(jacobians.get() + usize::from(x == 0.0));
            (g[0], g[1]) = ((-p[1] * x).exp(), -p[0] * x * (-p[1] * x).exp());
        });
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let fitted = fit.run(&problem, &[4.0, 0.4]).unwrap();
    jacobians.set(0);
    residuals.set(0);
    fit.profile(&problem, &fitted, 1, 0.95).unwrap();
    // Each run has one residual for each Jacobian, and one more for each step that is not linearised.
    assert!(
        jacobians.get() <= residuals.get(),
        "{} {}",
        jacobians.get(),
        residuals.get()
    );
}
