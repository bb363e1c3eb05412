//! Values are those of the formulas, and derivatives are exact.

use leastwise_expression::Expression;
use leastwise_models::Model;

use super::draws::{draw, models};

/// The formula of a model is read by another crate, which has its own derivatives.
#[test]
fn values_and_derivatives_are_those_of_the_formula() {
    let mut compared = 0;
    for model in Model::all() {
        let name = model.name();
        if name == "voigt" {
            continue;
        }
        let parameters = model.parameters();
        let names: Vec<&str> = parameters.iter().map(String::as_str).collect();
        let formula = Expression::parse(&model.formula()).unwrap_or_else(|m| panic!("{m}"));
        let program = formula
            .program(&["x"], &names)
            .unwrap_or_else(|m| panic!("{m}"));
        for seed in 0..40 {
            let (x, p) = match &name[..] {
                "exponentials3" => (
                    vec![0.0, 0.3, 5.0],
                    vec![1.0, 2.0, 3.0, 0.5, -2.0, 9.0, 0.4],
                ),
                "exponentials4" => (
                    vec![0.7],
                    vec![1.0, 2.0, 3.0, 0.5, -2.0, 9.0, 7.0, 30.0, 0.4],
                ),
                _ => {
                    let data = draw(&model, seed);
                    (data.x, data.truth)
                }
            };
            for &x in &x {
                let mut exact = vec![f64::NAN; p.len()];
                let mut expected = vec![f64::NAN; p.len()];
                let value = model.gradient(x, &p, &mut exact);
                let by_formula = program.gradient(&[x], &p, &mut expected);
                // Arguments of exponentials and sines are below 2π·100, and one power more gives the derivative.
                // The parameters of the formula may cancel against c, which is up to 10⁶ times as large.
                let size = p.iter().fold(value.abs(), |size, p| size.max(p.abs()));
                let u = 1e4 * f64::EPSILON;
                assert!(
                    (value - model.value(x, &p)).abs() <= u * size,
                    "{name}, seed {seed}"
                );
                assert!(
                    (value - by_formula).abs() <= u * size,
                    "{name}, seed {seed}: {value} {by_formula}"
                );
                for (j, (a, b)) in exact.iter().zip(&expected).enumerate() {
                    let size = b.abs().max(size / p[j].abs()).max(1e-280);
                    assert!(
                        (a - b).abs() <= u * size,
                        "{name}, seed {seed}, {}: {a} and {b} at x = {x}, p = {p:?}",
                        names[j]
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 100_000, "{compared}");
}

/// SciPy 1.17.1: scipy.special.voigt_profile(x, sigma, gamma).
#[test]
fn the_voigt_profile_is_that_of_scipy() {
    let voigt = Model::voigt();
    for (x, sigma, gamma, expected) in VOIGT {
        let value = voigt.value(2.0 + x, &[1.0, 2.0, sigma, gamma, 0.0]);
        let error = (value - expected).abs() / expected;
        assert!(
            error < 1e-12,
            "V({x}, {sigma}, {gamma}) = {value}, error {error:e}"
        );
        let mirrored = voigt.value(2.0 - x, &[3.0, 2.0, -sigma, -gamma, 1.0]);
        assert!((mirrored - 3.0 * expected - 1.0).abs() < 1e-12 * mirrored);
    }
}

/// Differences over h and h/2, without the term in h² and h⁴.
#[test]
fn derivatives_of_the_voigt_profile_are_those_of_differences() {
    let voigt = Model::voigt();
    for (x, sigma, gamma, _) in VOIGT {
        for signs in [[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]] {
            let p = [2.0, 0.3, signs[0] * sigma, signs[1] * gamma, 0.1];
            let mut exact = [f64::NAN; 5];
            let value = voigt.gradient(0.3 + x, &p, &mut exact);
            assert_eq!(value, voigt.value(0.3 + x, &p));
            for j in 0..5 {
                let central = |h: f64| {
                    let moved = |by: f64| {
                        let mut p = p;
                        p[j] += by;
                        voigt.value(0.3 + x, &p)
                    };
                    (moved(h) - moved(-h)) / (2.0 * h)
                };
                let h = 0.02 * sigma.min(gamma);
                let [a, b, c] = [central(h), central(h / 2.0), central(h / 4.0)];
                let [ab, bc] = [(4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0];
                let difference = (16.0 * bc - ab) / 15.0;
                // Rounding over h/4, and a relative truncation of (h/σ)⁶.
                let bound = 16.0 * f64::EPSILON * value.abs() / (h / 4.0) + 1e-9 * exact[j].abs();
                assert!(
                    (exact[j] - difference).abs() <= bound,
                    "{p:?}, {j}: {} {difference}",
                    exact[j]
                );
            }
        }
    }
}

#[test]
fn a_voigt_profile_without_a_width_is_a_lorentzian_or_a_gaussian() {
    let voigt = Model::voigt();
    for x in [0.0, 0.3, -2.0] {
        let near = voigt.value(x, &[1.0, 0.1, 1e-6, 0.7, 0.0]);
        let mut gradient = [f64::NAN; 5];
        let at = voigt.gradient(x, &[1.0, 0.1, 0.0, 0.7, 0.0], &mut gradient);
        // σ changes the profile in second order.
        assert!((near - at).abs() < 1e-11, "{near} {at}");
        let mut beside = [f64::NAN; 5];
        voigt.gradient(x, &[1.0, 0.1, 1e-6, 0.7, 0.0], &mut beside);
        for (a, b) in gradient.iter().zip(beside) {
            assert!((a - b).abs() < 1e-5, "{gradient:?} {beside:?}");
        }
        let gaussian = (-0.5 * (x - 0.1f64).powi(2)).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let at = voigt.value(x, &[1.0, 0.1, 1.0, 0.0, 0.0]);
        assert!((at - gaussian).abs() < 1e-15, "{at} {gaussian}");
    }
}

#[test]
fn wrong_lengths_give_nan() {
    for model in models() {
        let n = model.parameters().len();
        assert!(model.value(1.0, &vec![1.0; n - 1]).is_nan());
        let mut gradient = vec![0.0; n + 1];
        assert!(model.gradient(1.0, &vec![1.0; n], &mut gradient).is_nan());
        assert!(gradient.iter().all(|g| g.is_nan()));
    }
}

/// x, σ, γ and the profile.
#[expect(clippy::unreadable_literal, reason = "as SciPy prints them")]
const VOIGT: [(f64, f64, f64, f64); 9] = [
    (0.0, 1.0, 1.0, 0.20870928052036772),
    (0.5, 1.0, 0.1, 0.3288241466686946),
    (3.0, 1.0, 0.01, 0.005001439917474671),
    (-2.0, 0.3, 2.0, 0.08044094947758791),
    (40.0, 2.0, 0.5, 0.00010021143169354181),
    (0.001, 0.01, 0.001, 36.73043978218136),
    (700.0, 100.0, 30.0, 2.077976378562731e-05),
    (5.0, 0.02, 0.7, 0.008741747424330166),
    (0.1, 3.0, 0.2, 0.1261260888506745),
];
