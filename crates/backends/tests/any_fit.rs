//! Fits of any small formula to any small data: no panic, no end that takes forever, and no success that a polish in
//! double-double beats.
//!
//! [`check`] is also a fuzz target. `LEASTWISE_FITS=100000 cargo test --release -p leastwise-backends --test all
//! any_fit::` checks as many, and prints what came of them. `LEASTWISE_FIRST_SEED` chooses other ones.

use std::cell::Cell;

use leastwise_conformance::{Claim, Judge, Judgement};
use leastwise_core::{Backend, Scalar};
use leastwise_expression::Expression;
use leastwise_optim::{Curve, FiniteDifferences, Fit, Fitted, Parameters, fit};
use leastwise_testset::GenericResidual;
use leastwise_testset::number::Number;

use super::any_bytes::Choices;
use super::any_formula::Formula;

/// What came of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// A success at a minimum.
    Minimum,
    /// A success that the judge cannot decide: see [`decides`].
    Unjudged,
    /// No success, and an honest one.
    Unsuccessful,
    /// The input was refused.
    Refused,
}

/// rᵢ = f(xᵢ, p) − yᵢ
struct Data {
    formula: Formula,
    parameters: usize,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl GenericResidual for Data {
    fn residuals(&self) -> usize {
        self.x.len()
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn evaluate<N: Number>(&self, p: &[N], r: &mut [N]) {
        for ((ri, &x), &y) in r.iter_mut().zip(&self.x).zip(&self.y) {
            *ri = self.formula.value(x, p) - N::of(y);
        }
    }

    fn magnitudes(&self) -> Vec<f64> {
        self.y.iter().map(|y| y.abs()).collect()
    }
}

/// More evaluations of the model at one point than any fit needs within its budget of 1,000 steps.
const MOST_CALLS: usize = 200_000;

/// A derivative may be as large as the square of a value, and the judge squares it.
const LARGEST: f64 = 1e75;

/// Fits the formula that the bytes describe.
///
/// # Panics
/// If the fit panics, does not end, or claims a success that is none.
pub(crate) fn check(bytes: &[u8]) -> Outcome {
    let mut choices = Choices::new(bytes);
    let parameters = 1 + choices.below(4);
    let formula = Formula::draw(&mut choices, parameters, 4);
    let (data, start) = draw(&mut choices, formula, parameters);
    let differences = choices.below(2) == 0;
    if choices.below(8) == 0 {
        check_f32(&data, &start);
    }
    let backends = leastwise_backends::all::<f64>(1);
    let backend = &backends[choices.below(backends.len())];
    let Some(fitted) = fitted(&data, &start, differences, &**backend) else {
        return Outcome::Refused;
    };
    let name = || {
        format!(
            "{} by {}{}: x {:?}, y {:?}, from {start:?}",
            data.formula.text(),
            backend.info().name,
            if differences { " and differences" } else { "" },
            data.x,
            data.y,
        )
    };
    finite(&fitted, &name);
    if !fitted.is_success() {
        return Outcome::Unsuccessful;
    }
    let judgement = Judge::new(&data).judge(&fitted.parameters);
    let largest = data
        .x
        .iter()
        .map(|&x| data.formula.largest(x, &fitted.parameters));
    let largest = largest.chain(data.magnitudes()).fold(0.0, f64::max);
    if !decides(&judgement, &data, largest) || differences && is_unseen(&data, &fitted.parameters) {
        return Outcome::Unjudged;
    }
    let rounding = largest * f64::EPSILON;
    // Of terms that cancel, only roundings are left.
    let is_rounding = judgement.loss <= data.x.len() as f64 * (8.0 * rounding).powi(2);
    assert!(
        judgement.is_minimum() || is_rounding,
        "{}: {} at {:?}, {:?} {:e} -> {:e} at {:?}",
        name(),
        fitted.termination,
        fitted.parameters,
        judgement.claim,
        judgement.loss,
        judgement.polished_loss,
        judgement.polished
    );
    Outcome::Minimum
}

/// Whether the judge, which computes in double-double, decides about the fit in f64.
///
/// It does not where the squares of derivatives leave the range, where a derivative is not finite although the residual is,
/// such as that of √x at 0, and where it found a lower point that has no value in f64: in double-double, 0·∞ is 0.
fn decides(judgement: &Judgement, data: &Data, largest: f64) -> bool {
    if judgement.claim == Claim::Undefined {
        return largest <= LARGEST && !judgement.loss.is_finite();
    }
    let mut values = data
        .x
        .iter()
        .map(|&x| data.formula.value(x, &judgement.polished));
    judgement.is_minimum() || values.all(f64::is_finite)
}

/// Whether the model is below the roundings of the data. No difference shows that it depends on its parameters.
fn is_unseen(data: &Data, p: &[f64]) -> bool {
    let sizes = data.x.iter().map(|&x| data.formula.value(x, p).abs());
    let of_data = data.magnitudes().into_iter().fold(0.0, f64::max);
    sizes.fold(0.0, f64::max) < of_data * f64::EPSILON
}

/// Points and values, and a start. The values are those of other parameters, or any numbers.
fn draw(choices: &mut Choices<'_>, formula: Formula, parameters: usize) -> (Data, Vec<f64>) {
    let m = 1 + choices.below(16);
    let near = |choices: &mut Choices<'_>| f64::from(choices.between(-32, 32)) / 8.0;
    let mut start: Vec<f64> = (0..parameters).map(|_| near(choices)).collect();
    let truth: Vec<f64> = (0..parameters).map(|_| near(choices)).collect();
    let is_curve = choices.below(4) != 0;
    let noise = [0.0, 1e-3, 0.3][choices.below(3)];
    let x: Vec<f64> = (0..m).map(|_| near(choices)).collect();
    let mut drawn = |x: f64| {
        let value = formula.value(x, &truth);
        let noisy = near(choices);
        if is_curve && value.is_finite() {
            value + noise * noisy
        } else {
            noisy
        }
    };
    let mut y: Vec<f64> = x.iter().map(|&x| drawn(x)).collect();
    let scale = match choices.below(8) {
        0 => 2f64.powi(choices.between(-300, 300)),
        _ => 1.0,
    };
    for y in &mut y {
        *y *= scale;
    }
    if choices.below(16) == 0 {
        let special = [f64::NAN, f64::INFINITY, f64::MAX, 5e-324, -0.0, 1e300];
        y[choices.below(m)] = special[choices.below(6)];
        // Not 5e-324: a fit does not leave such a start of a factor.
        let special = [f64::NAN, f64::INFINITY, f64::MAX, -0.0, 1e300, 1e-300];
        start[choices.below(parameters)] = special[choices.below(6)];
    }
    let data = Data {
        formula,
        parameters,
        x,
        y,
    };
    (data, start)
}

/// The fit by the reader of formulas, or `None` if its input is refused.
fn fitted(
    data: &Data,
    start: &[f64],
    differences: bool,
    backend: &dyn Backend<f64>,
) -> Option<Fitted<f64>> {
    let names: Vec<String> = (0..data.parameters).map(|j| format!("p{j}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = data.formula.text();
    let expression = Expression::parse(&text).unwrap_or_else(|mistake| panic!("{mistake}"));
    let program = expression
        .program(&["x"], &names)
        .unwrap_or_else(|mistake| panic!("{mistake}"));
    let calls = Cell::new(0);
    let counted = |x: f64, p: &[f64]| {
        calls.set(calls.get() + 1);
        assert!(
            calls.get() <= MOST_CALLS * data.x.len(),
            "{text} from {start:?} does not end"
        );
        program.value(&[x], p)
    };
    let curve = Curve::new(data.parameters, counted, &data.x, &data.y).ok()?;
    let fit = Fit::new(backend);
    if differences {
        return fit
            .run(&FiniteDifferences::forward(curve), Parameters::from(start))
            .ok();
    }
    let gradient = |x: f64, p: &[f64], gradient: &mut [f64]| {
        program.gradient(&[x], p, gradient);
    };
    fit.run(&curve.with_gradient(gradient), Parameters::from(start))
        .ok()
}

/// In f32 there is no judge of fits.
fn check_f32(data: &Data, start: &[f64]) {
    let backend = leastwise_faer::Faer::default();
    let narrow = |values: &[f64]| -> Vec<f32> {
        values
            .iter()
            .map(|&value| <f32 as Scalar>::of(value))
            .collect()
    };
    let model = |x: f32, p: &[f32]| data.formula.value(f64::from(x), p);
    let (x, y, start) = (narrow(&data.x), narrow(&data.y), narrow(start));
    if let Ok(fitted) = fit(&backend, model, &x, &y, &start) {
        finite(&fitted, &|| {
            format!("{} in f32 from {start:?}", data.formula.text())
        });
    }
}

/// Neither a success nor the best point that was found has a number that is not finite.
fn finite<T: Scalar>(fitted: &Fitted<T>, name: &dyn Fn() -> String) {
    let is_finite = fitted.parameters.iter().all(|p| p.is_finite());
    assert!(is_finite, "{}: {:?}", name(), fitted.parameters);
    assert!(
        !fitted.is_success() || fitted.root_of_loss.is_finite(),
        "{}: {:?}",
        name(),
        fitted.root_of_loss
    );
    // The summary can be printed, whatever the numbers are.
    assert!(!fitted.to_string().is_empty());
}

#[cfg(test)]
fn count() -> u64 {
    std::env::var("LEASTWISE_FITS").map_or(1000, |count| count.parse().unwrap())
}

#[cfg(test)]
fn first_seed() -> u64 {
    std::env::var("LEASTWISE_FIRST_SEED").map_or(0, |seed| seed.parse().unwrap())
}

#[test]
fn no_success_on_any_formula_is_beaten_by_a_polish() {
    use rand::rngs::ChaCha12Rng;
    use rand::{RngExt, SeedableRng};
    use std::collections::BTreeMap;

    let (mut outcomes, mut wrong) = (BTreeMap::new(), Vec::new());
    let first = first_seed();
    for seed in first..first + count() {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let bytes: Vec<u8> = (0..256).map(|_| random.random()).collect();
        match std::panic::catch_unwind(|| check(&bytes)) {
            Ok(outcome) => *outcomes.entry(outcome).or_insert(0) += 1,
            Err(_) => wrong.push(seed),
        }
    }
    println!("{outcomes:?}");
    assert!(wrong.is_empty(), "seeds {wrong:?}");
}
