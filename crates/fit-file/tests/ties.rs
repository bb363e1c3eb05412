//! Parameters that are formulas of others.

use leastwise_core::Mat;
use leastwise_expression::Expression;
use leastwise_fit_file::Outcome;
use leastwise_optim::{Fitted, ParameterState};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use super::folder::Folder;

/// 300·exp(−t/2) + 100·exp(−t/6) + 20 with noise of 2.
fn decays() -> String {
    let mut rng = ChaCha12Rng::seed_from_u64(7);
    let row = |i: u32| {
        let t = 0.25 * f64::from(i);
        let noise: f64 = rng.sample(StandardNormal);
        let clean = 300.0 * (-t / 2.0).exp() + 100.0 * (-t / 6.0).exp() + 20.0;
        format!("{t},{:?}\n", clean + 2.0 * noise)
    };
    let rows: String = (0..100).map(row).collect();
    format!("t,y\n{rows}")
}

fn fit(folder: &Folder, model: &str, flags: &[&str]) -> Outcome {
    let columns = ["--x", "t", "--y", "y", "--model", model];
    folder.fit("data.csv", &[&columns, flags].concat()).unwrap()
}

/// The estimate and the standard error.
fn named(fitted: &Fitted<f64>, name: &str) -> (f64, f64) {
    let j = fitted.names.iter().position(|known| known == name).unwrap();
    (fitted.parameters[j], fitted.standard_errors()[j])
}

#[track_caller]
fn assert_near(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs(), "{a} {b}");
}

/// Where the ties are written into the formula, the fit is the same.
#[test]
fn a_tie_is_the_formula_with_it_written_in() {
    let folder = Folder::new("ties");
    folder.write("data.csv", &decays());
    let model = "a*exp(-t/tau1) + b*exp(-t/tau2) + c";
    let start = "a=1,b=1,c=0,tau1=1";
    let by_hand = fit(
        &folder,
        "a*exp(-t/tau1) + b*exp(-t/(3*tau1)) + c",
        &["--start", start],
    );
    let tied = fit(&folder, model, &["--start", start, "--tie", "tau2=3*tau1"]);
    // The parameters that are tied to each other come last, whatever their order in the formula is.
    let other = "b*exp(-t/tau2) + a*exp(-t/tau1) + c";
    let turned = fit(
        &folder,
        other,
        &["--start", start, "--tie", "tau2 = 3 * tau1"],
    );
    assert_eq!(tied.fitted.names, ["a", "tau1", "b", "tau2", "c"]);
    assert_eq!(turned.fitted.names, ["b", "a", "tau1", "tau2", "c"]);
    for outcome in [&tied, &turned] {
        let fitted = &outcome.fitted;
        assert!(fitted.is_success());
        assert_eq!(fitted.degrees_of_freedom, by_hand.fitted.degrees_of_freedom);
        // The default tolerance of both runs, squared for the loss.
        assert_near(fitted.loss, by_hand.fitted.loss, 1e-9);
        for name in ["a", "tau1", "b", "c"] {
            let (expected, error) = named(&by_hand.fitted, name);
            assert!(
                (named(fitted, name).0 - expected).abs() < 1e-4 * error,
                "{name}"
            );
            assert_near(named(fitted, name).1, error, 1e-4);
        }
        let (one, two) = (named(fitted, "tau1"), named(fitted, "tau2"));
        assert_near(two.0, 3.0 * one.0, 1e-15);
        // Ties are differentiated to three quarters of the digits.
        assert_near(two.1, 3.0 * one.1, 1e-11);
    }
    let summary = tied.summary();
    assert!(
        summary.contains("\nwith tau2 = 3*tau1\nstarted at a = "),
        "{summary}"
    );
    assert!(!summary.contains(", tau2 = 3,"), "{summary}");
    let json = tied.to_json();
    assert_eq!(json["parameters"][3]["state"], "tied");
    assert_eq!(json["parameters"][3]["tie"], "3*tau1");
    assert!(json["parameters"][1]["tie"].is_null());

    // The band is that of the formula with the tie written in: its derivative by tau1 has that of tau2.
    let at = 1.5;
    let error = |outcome: &Outcome, model: &str| {
        let names: Vec<&str> = outcome.fitted.names.iter().map(String::as_str).collect();
        let program = Expression::parse(model)
            .unwrap()
            .program(&["t"], &names)
            .unwrap();
        let mut gradient = vec![0.0; names.len()];
        let value = program.gradient(&[at], &outcome.fitted.parameters, &mut gradient);
        let jacobian = Mat::from_fn(1, names.len(), |_, j| gradient[j]);
        let bands = outcome
            .fitted
            .bands(&[value], jacobian.as_ref(), None, 0.95);
        bands.unwrap()[0].standard_error
    };
    let expected = error(&by_hand, "a*exp(-t/tau1) + b*exp(-t/(3*tau1)) + c");
    assert_near(error(&tied, model), expected, 1e-4);
    assert_near(error(&turned, other), expected, 1e-4);
}

/// `gap` is in no formula but that of the tie.
#[test]
fn a_tie_may_have_parameters_of_its_own() {
    let folder = Folder::new("gap");
    folder.write("data.csv", &decays());
    let gap = ["--tie", "tau2=tau1+gap", "--bounds", "gap=0:"];
    let typed = fit(
        &folder,
        "a*exp(-t/tau1) + b*exp(-t/tau2) + c",
        &[&gap[..], &["--start", "a=1,b=1,c=0,tau1=1,gap=5"]].concat(),
    );
    assert_eq!(typed.fitted.names, ["a", "tau1", "b", "c", "gap", "tau2"]);
    let known = fit(
        &folder,
        "exponentials2",
        &[&gap[..], &["--start", "gap=1"]].concat(),
    );
    assert_eq!(known.fitted.names, ["a1", "tau1", "a2", "c", "gap", "tau2"]);
    for (fitted, names) in [
        (&typed.fitted, ["tau1", "gap", "tau2", "a", "b"]),
        (&known.fitted, ["tau1", "gap", "tau2", "a1", "a2"]),
    ] {
        assert!(fitted.is_success(), "{fitted}");
        for (name, truth) in names.into_iter().zip([2.0, 4.0, 6.0, 300.0, 100.0]) {
            let (p, error) = named(fitted, name);
            assert!(
                (p - truth).abs() < 4.0 * error,
                "{name}: {p} ± {error}: {fitted}"
            );
        }
        let sum = named(fitted, "tau1").0 + named(fitted, "gap").0;
        assert_near(named(fitted, "tau2").0, sum, 1e-15);
    }
    assert_near(typed.fitted.loss, known.fitted.loss, 1e-9);
    // The same tie of a tie: a circle is none, and a constant is no parameter.
    let nested = fit(
        &folder,
        "a*exp(-t/tau1) + b*exp(-t/tau2) + c",
        &[
            "--start",
            "a=1,b=1,c=0,tau1=1",
            "--tie",
            "tau2=min(third, 1e6)*tau1,third=min(2*half, 9),half=pi/2",
        ],
    );
    let states = &nested.fitted.states;
    let tied = states
        .iter()
        .filter(|state| **state == ParameterState::Tied);
    assert_eq!(tied.count(), 3);
    let ratio = named(&nested.fitted, "tau2").0 / named(&nested.fitted, "tau1").0;
    assert_near(ratio, std::f64::consts::PI, 1e-15);
    assert_eq!(named(&nested.fitted, "half").1, 0.0);
}

/// A model that starts itself keeps the bounds of a tied parameter.
#[test]
fn a_tied_parameter_of_a_known_model_keeps_its_meaning() {
    let folder = Folder::new("known-tie");
    let mut rng = ChaCha12Rng::seed_from_u64(3);
    let row = |i: u32| {
        let t = 0.1 * f64::from(i);
        let noise: f64 = rng.sample(StandardNormal);
        let y = 5.0 * (-0.5 * ((t - 6.0) / 0.6f64).powi(2)).exp() + 1.0 + 0.05 * noise;
        format!("{t},{y:?}\n")
    };
    let rows: String = (0..120).map(row).collect();
    folder.write("data.csv", &format!("t,y\n{rows}"));
    let tied = fit(&folder, "gaussian", &["--tie", "sigma=mu/10"]);
    let fitted = &tied.fitted;
    assert!(fitted.is_success(), "{fitted}");
    assert_near(
        named(fitted, "sigma").0,
        named(fitted, "mu").0 / 10.0,
        1e-15,
    );
    assert!((named(fitted, "mu").0 - 6.0).abs() < 0.03, "{fitted}");
    // a = 2·c is before c in the model.
    let turned = fit(
        &folder,
        "gaussian",
        &["--tie", "a=4*c+width,width=sigma/0.6"],
    );
    assert_eq!(turned.fitted.names, ["mu", "sigma", "c", "width", "a"]);
    assert!(
        (named(&turned.fitted, "c").0 - 1.0).abs() < 0.05,
        "{}",
        turned.fitted
    );
    // The best width would be negative: sigma = 5.4 − mu is −0.6 at the peak.
    let walled = fit(
        &folder,
        "gaussian",
        &["--start", "mu=4", "--tie", "sigma=5.4-mu"],
    );
    assert!(named(&walled.fitted, "sigma").0 > 0.0, "{}", walled.fitted);
}

/// Random ties, beside formulas in which they are written in.
#[test]
fn random_ties_are_those_of_the_formula_with_them_written_in() {
    let folder = Folder::new("random-ties");
    folder.write("data.csv", &decays());
    let formulas = [
        "2*NEXT",
        "NEXT + LAST",
        "abs(LAST) + 1",
        "extra*NEXT",
        "NEXT^2",
        "max(NEXT, LAST)",
        "7",
        "sqrt(extra + abs(NEXT))",
        "NEXT/(1 + abs(LAST))",
        "-LAST",
    ];
    let names = ["a", "tau", "c"];
    let (mut compared, mut converged) = (0, 0);
    for seed in 0..60 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let tied = rng.random_range(0..3);
        let (next, last) = (names[(tied + 1) % 3], names[(tied + 2) % 3]);
        let formula = formulas[rng.random_range(0..formulas.len())];
        let formula = formula.replace("NEXT", next).replace("LAST", last);
        let mut value = || rng.random_range(0.5..9.0);
        let mut start = format!("{next}={:?},{last}={:?}", value(), value());
        if formula.contains("extra") {
            start = format!("{start},extra={:?}", value());
        }
        let text = |name: &str| {
            if name == names[tied] {
                format!("({formula})")
            } else {
                name.to_owned()
            }
        };
        let [a, tau, c] = names.map(text);
        let by_hand = fit(
            &folder,
            &format!("{a}*exp(-t/{tau}) + {c}"),
            &["--start", &start],
        );
        let tie = format!("{}={formula}", names[tied]);
        let with_tie = fit(
            &folder,
            "a*exp(-t/tau) + c",
            &["--start", &start, "--tie", &tie],
        );
        compared += 1;
        if by_hand.fitted.is_success() && with_tie.fitted.is_success() {
            converged += 1;
            assert_near(with_tie.fitted.loss, by_hand.fitted.loss, 1e-6);
            let freedom = by_hand.fitted.degrees_of_freedom;
            assert_eq!(
                with_tie.fitted.degrees_of_freedom, freedom,
                "seed {seed}: {tie}"
            );
        }
    }
    // Most of these problems have a minimum.
    assert!(3 * converged > 2 * compared, "{converged} of {compared}");
}
