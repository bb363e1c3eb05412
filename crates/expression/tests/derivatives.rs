//! Derivatives agree with dual numbers, which are a second implementation, and follow the rules of the documentation.

use std::f64::consts::FRAC_PI_2;

use echidna::DualVec;
use leastwise_expression::Expression;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

type Dual = DualVec<f64, 3>;
type Named = (&'static str, fn(Dual) -> Dual);

/// A random formula of p, q and r: its text, and its value in dual numbers.
fn draw(rng: &mut ChaCha12Rng, depth: usize, p: [Dual; 3]) -> (String, Dual) {
    if depth == 0 || rng.random_bool(0.15) {
        return match rng.random_range(0..4) {
            3 => {
                let value: f64 = rng.random_range(0.1..3.0);
                (format!("{value:?}"), Dual::constant(value))
            }
            j => (["p", "q", "r"][j].to_owned(), p[j]),
        };
    }
    let (a, x) = draw(rng, depth - 1, p);
    let one: [Named; 19] = [
        ("exp", |x| x.exp()),
        ("expm1", |x| x.exp_m1()),
        ("log", |x| x.ln()),
        ("log10", |x| x.log10()),
        ("log2", |x| x.log2()),
        ("log1p", |x| x.ln_1p()),
        ("sqrt", |x| x.sqrt()),
        ("cbrt", |x| x.cbrt()),
        ("abs", |x| x.abs()),
        ("sin", |x| x.sin()),
        ("cos", |x| x.cos()),
        ("tan", |x| x.tan()),
        ("asin", |x| x.asin()),
        ("acos", |x| x.acos()),
        ("atan", |x| x.atan()),
        ("sinh", |x| x.sinh()),
        ("cosh", |x| x.cosh()),
        ("tanh", |x| x.tanh()),
        ("asinh", |x| x.asinh()),
    ];
    let place = rng.random_range(0..one.len() + 12);
    if let Some((name, function)) = one.get(place) {
        return (format!("{name}({a})"), function(x));
    }
    let (b, y) = draw(rng, depth - 1, p);
    // An infinite derivative at a − a would leave ∞ − ∞.
    let place = if a == b { 0 } else { place };
    match place % 7 {
        0 => (format!("({a})+({b})"), x + y),
        1 => (format!("({a})-({b})"), x - y),
        2 => (format!("({a})*({b})"), x * y),
        3 => (format!("({a})/({b})"), x / y),
        4 => (format!("({a})^({b})"), x.powf(y)),
        5 => (format!("({a})**2"), x.powi(2)),
        _ => (format!("atan2({a},{b})"), x.atan2(y)),
    }
}

#[test]
fn gradients_are_those_of_dual_numbers() {
    let mut compared = 0;
    for seed in 0..4000 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let values: [f64; 3] = std::array::from_fn(|_| rng.random_range(-2.0..2.0));
        let duals = std::array::from_fn(|j| {
            let mut dual = Dual::constant(values[j]);
            dual.eps[j] = 1.0;
            dual
        });
        let depth = rng.random_range(1..5);
        let (text, dual) = draw(&mut rng, depth, duals);
        let is_moderate = |x: f64| x.is_finite() && x.abs() < 1e8;
        if !is_moderate(dual.re) || !dual.eps.iter().all(|&x| is_moderate(x)) {
            continue;
        }
        let program = Expression::parse(&text)
            .unwrap()
            .program(&[], &["p", "q", "r"])
            .unwrap();
        let mut gradient = [f64::NAN; 3];
        let value = program.gradient(&[], &values, &mut gradient);
        assert_eq!(value, program.value(&[], &values));
        // Cancellation between at most 2⁴ terms of size 1e8 at most.
        let close = |a: f64, b: f64, size: f64| (a - b).abs() <= 1e-9 * size.max(1.0);
        assert!(
            close(value, dual.re, dual.re.abs()),
            "seed {seed}: {text}: {value} and {}",
            dual.re
        );
        let size = dual
            .eps
            .iter()
            .fold(dual.re.abs(), |size, e| size.max(e.abs()));
        for j in 0..3 {
            assert!(
                close(gradient[j], dual.eps[j], size),
                "seed {seed}: {text} at {values:?}: {gradient:?} and {:?}",
                dual.eps
            );
        }
        compared += 1;
    }
    assert!(compared > 2000, "{compared} formulas were compared");
}

/// The value and the derivative with respect to p at p = `at`, with q = 1.
fn derivative(formula: &str, at: f64) -> (f64, f64) {
    let program = Expression::parse(formula)
        .unwrap()
        .program(&[], &["p", "q"])
        .unwrap();
    let mut gradient = [f64::NAN; 2];
    let value = program.gradient(&[], &[at, 1.0], &mut gradient);
    (value, gradient[0])
}

#[test]
fn derivatives_of_every_function_are_those_of_richardson() {
    for name in "exp expm1 log log10 log2 log1p sqrt cbrt abs sin cos tan asin acos atan sinh cosh tanh asinh acosh \
                 atanh erf erfc"
        .split_whitespace()
    {
        for at in [-2.5f64, -0.7, -0.01, 0.02, 0.6, 0.95, 1.5, 3.0] {
            let formula = format!("{name}(p)");
            let (value, exact) = derivative(&formula, at);
            if !value.is_finite() {
                continue;
            }
            // Differences over h, h/2, h/4, …, extrapolated to h = 0. The singularities are at 0, 1, −1 and π/2.
            let distance = [0.0, 1.0, -1.0, FRAC_PI_2].map(|at_singular: f64| (at - at_singular).abs());
            let h = distance.into_iter().fold(0.2f64, f64::min) / 3.0;
            let mut row: Vec<f64> = Vec::new();
            for k in 0u8..6 {
                let h = h / 2f64.powi(k.into());
                let mut next = vec![
                    (derivative(&formula, at + h).0 - derivative(&formula, at - h).0) / (2.0 * h),
                ];
                let mut factor = 1.0;
                for (j, before) in row.iter().enumerate() {
                    factor *= 4.0;
                    next.push((factor * next[j] - before) / (factor - 1.0));
                }
                row = next;
            }
            let difference = row[5];
            // Rounding of the value over the smallest h, and the truncation error.
            let bound = 64.0 * f64::EPSILON * (value.abs() + at.abs() * exact.abs()) / (h / 32.0) + 1e-9 * exact.abs();
            assert!((exact - difference).abs() <= bound, "{name} at {at}: {exact} and {difference}");
        }
    }
}

#[test]
fn powers_have_derivatives_at_their_limits() {
    for (formula, at, value, slope) in [
        // Whole exponents of a negative base.
        ("p^3", -2.0, -8.0, 12.0),
        ("p^2", -2.0, 4.0, -4.0),
        ("p^-1", -2.0, -0.5, -0.25),
        ("p^(1+1)", -3.0, 9.0, -6.0),
        ("p^0", 0.0, 1.0, 0.0),
        ("p^1", 0.0, 0.0, 1.0),
        ("p^2", 0.0, 0.0, 0.0),
        ("p^2.5", 0.0, 0.0, 0.0),
        ("p^0.5", 0.0, 0.0, f64::INFINITY),
        // The exponent is the parameter.
        ("0^p", 2.0, 0.0, 0.0),
        ("0^p", 0.0, 1.0, 0.0),
        ("0^p", -1.0, f64::INFINITY, f64::NEG_INFINITY),
        ("2^p", 0.0, 1.0, std::f64::consts::LN_2),
        // Kinks, and what does not matter.
        ("abs(p)", 0.0, 0.0, 0.0),
        ("abs(p)", -0.0, 0.0, 0.0),
        ("max(p, 0)", 1.0, 1.0, 1.0),
        ("max(p, 0)", -1.0, 0.0, 0.0),
        ("min(p, q)", 1.0, 1.0, 1.0),
        ("sqrt(p)", 0.0, 0.0, f64::INFINITY),
        ("0*sqrt(p)", 0.0, 0.0, 0.0),
        ("exp(-1/p^2)", 1e-200, 0.0, 0.0),
        ("tanh(p)", 800.0, 1.0, 0.0),
        ("sqrt(p^2)", -3.0, 3.0, -1.0),
        ("p*1e200/1e200", 2.0, 2.0, 1.0),
    ] {
        assert_eq!(derivative(formula, at), (value, slope), "{formula} at {at}");
    }
    // A negative base has no power beside a whole exponent.
    let (value, slope) = derivative("(-2)^p", 2.0);
    assert!(value == 4.0 && slope.is_nan());
    // A column as a negative base, with a fixed exponent, leaves the other derivatives alone.
    let program = Expression::parse("p*x^3 + q")
        .unwrap()
        .program(&["x"], &["p", "q"])
        .unwrap();
    let mut gradient = [f64::NAN; 2];
    assert_eq!(program.gradient(&[-2.0], &[1.0, 1.0], &mut gradient), -7.0);
    assert_eq!(gradient, [-8.0, 1.0]);
}

#[test]
fn short_slices_are_nan_and_long_ones_zero() {
    let program = Expression::parse("p*x + q")
        .unwrap()
        .program(&["x"], &["p", "q"])
        .unwrap();
    assert!(program.value(&[], &[1.0, 2.0]).is_nan());
    assert!(program.value(&[1.0], &[1.0]).is_nan());
    let mut gradient = [f64::NAN; 3];
    program.gradient(&[2.0], &[1.0, 1.0], &mut gradient);
    assert_eq!(gradient, [2.0, 1.0, 0.0]);
    program.gradient(&[2.0], &[1.0, 1.0], &mut gradient[..1]);
}

/// The derivatives of a formula that is linear in parameters do not depend on them.
#[test]
fn linear_parameters_are_found() {
    for (formula, expected) in [
        ("p", &[0][..]),
        ("p + q*r", &[0, 1]),
        ("p*x + q*x^2 - r/3", &[0, 1, 2]),
        ("p*exp(-x/q) + r", &[0, 2]),
        ("p*(q + r*x)", &[0]),
        ("(p + q)*(x + 1)*r", &[0, 1]),
        ("x/p", &[]),
        ("p^2 + q^1", &[]),
        ("-(p - q)/r", &[0, 1]),
        ("2^p + sin(q) + max(r, 1)", &[]),
        ("0*p*p", &[]),
    ] {
        let expression = Expression::parse(formula).unwrap();
        let program = expression.program(&["x"], &["p", "q", "r"]).unwrap();
        let linear: Vec<usize> = program
            .linear()
            .into_iter()
            .filter(|&j| expression.names().any(|name| name == ["p", "q", "r"][j]))
            .collect();
        assert_eq!(linear, expected, "{formula}");
        let gradient = |p: &[f64]| {
            let mut gradient = [f64::NAN; 3];
            program.gradient(&[0.7], p, &mut gradient);
            gradient
        };
        let (at, mut moved) = ([0.4, 1.3, 2.2], [0.4, 1.3, 2.2]);
        for &j in &linear {
            moved[j] += 1.0;
        }
        for &j in &linear {
            let (a, b) = (gradient(&at)[j], gradient(&moved)[j]);
            assert!(
                (a - b).abs() <= 8.0 * f64::EPSILON * a.abs(),
                "{formula}: {a} {b}"
            );
        }
    }
}
