//! Problems from closures, and Jacobians from differences.
//!
//! If values have an error e, a difference quotient of points h apart has an error of 2e/h. Its three
//! operations add 3u of it.

use std::cell::Cell;

use leastwise_core::{Error, Mat, MatMut, Method, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Dense};
use leastwise_optim::{
    Bounded, Bounds, Budget, ClosureResidual, FiniteDifferences, LeastSquaresProblem,
    LevenbergMarquardt, Quantity, Report, ResidualFunction, Termination, WithoutJacobian, minimize,
};

fn jacobian<T: Scalar>(problem: &dyn LeastSquaresProblem<T>, x: &[T]) -> Mat<T> {
    let (m, n) = (problem.residuals(), problem.parameters());
    let mut j = Mat::from_fn(m, n, |_, _| T::nan());
    problem.jacobian(x, j.as_mut()).unwrap();
    j
}

fn run(problem: &dyn LeastSquaresProblem<f64>, start: &[f64]) -> Report<f64> {
    let backend = Faer::default();
    let solver = Dense::new(&backend, Method::Svd);
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), solver);
    minimize(&mut lm, problem, start, &Budget::steps(100), &mut []).unwrap()
}

/// z³ − 2z and exp(z) for z = x/s.
fn two_curves<T: Scalar>(s: T) -> impl ResidualFunction<T> {
    let curves = move |x: &[T], r: &mut [T]| {
        let z = x[0] / s;
        (r[0], r[1]) = ((z * z - T::of(2.0)) * z, z.exp());
    };
    ClosureResidual::new(2, 1, curves).unwrap()
}

/// The derivatives of [`two_curves`] at x, and a bound on the error of differences with points at most h
/// away.
struct Truth {
    slopes: [f64; 2],
    forward: [f64; 2],
    central: [f64; 2],
}

impl Truth {
    /// z has an error of u·|z|. With its three operations, the cubic has an error of 6u·(|z|³ + 2|z|). exp
    /// has an error of at most 2u itself, and so of (2 + |z|)·u·exp(z). Both are at the largest z.
    fn new(x: f64, s: f64, h: f64, u: f64) -> Self {
        let z = x / s;
        let slopes = [(3.0 * z * z - 2.0) / s, z.exp() / s];
        let largest = z.abs() + h / s;
        let top = (z + h / s).exp();
        let errors = [
            6.0 * u * (largest.powi(3) + 2.0 * largest),
            (2.0 + largest) * u * top,
        ];
        let second = [6.0 * largest / (s * s), top / (s * s)];
        let third = [6.0 / s.powi(3), top / s.powi(3)];
        let bound = |truncation: f64, noise: f64, slope: f64| {
            // The second orders of u and h are in the last hundredth.
            1.01 * (truncation + noise + 3.0 * u * (slope.abs() + truncation + noise))
        };
        let entries = |entry: &dyn Fn(usize) -> f64| [entry(0), entry(1)];
        Self {
            slopes,
            forward: entries(&|i| bound(0.5 * h * second[i], 2.0 * errors[i] / h, slopes[i])),
            central: entries(&|i| bound(h * h * third[i] / 6.0, errors[i] / h, slopes[i])),
        }
    }
}

fn assert_within<T: Scalar>(j: &Mat<T>, slopes: [f64; 2], bounds: [f64; 2], place: &str) {
    for i in 0..2 {
        let error = (j[(i, 0)].as_f64() - slopes[i]).abs();
        assert!(
            error <= bounds[i],
            "{place}, {i}: {error:e} > {:e}",
            bounds[i]
        );
    }
}

/// The compared cases: the differences, their relative step and the bound.
type Kind<T, P> = (
    fn(P) -> FiniteDifferences<T, P>,
    fn(f64) -> f64,
    fn(&Truth) -> [f64; 2],
);

/// The rounding of x + h changes h by at most u·|x|, less than a hundredth of √ε·|x|.
fn differences_are_within_their_bounds<T: Scalar, P: ResidualFunction<T>>(
    curves: impl Fn(T) -> P,
    (differences, relative_step, bounds): Kind<T, P>,
) {
    let (u, relative) = (
        T::UNIT_ROUNDOFF.as_f64(),
        relative_step(T::EPSILON.as_f64()),
    );
    for s in [1e-12, 1.0, 1e12].map(T::of) {
        for x in [0.3, 1.0, -3.0].map(|z| T::of(z) * s) {
            let place = format!("{} at {x:e} of {s:e}", T::NAME);
            let truth = Truth::new(
                x.as_f64(),
                s.as_f64(),
                1.01 * relative * x.abs().as_f64(),
                u,
            );
            let j = jacobian(&differences(curves(s)), &[x]);
            assert_within(&j, truth.slopes, bounds(&truth), &place);
        }
        // Near 0, the size of x does not give s, but the reaction of r does, to within a factor of four of
        // the best one. Then h is between √5/2 and 1/√5 of its value for exp alone. A longer step has a
        // larger truncation error, and a shorter one has more noise.
        for x in [0.0, 1e-20].map(|z| T::of(z) * s) {
            let place = format!("{} at {x:e} of {s:e}", T::NAME);
            let truth = |factor: f64| {
                let h = factor * relative * s.as_f64();
                Truth::new(x.as_f64(), s.as_f64(), h, u)
            };
            let (long, short) = (truth(9.0), truth(1.0 / 9.0));
            let (most, noise) = (bounds(&long), bounds(&short));
            let j = jacobian(&differences(curves(s)), &[x]);
            let sums = [most[0] + noise[0], most[1] + noise[1]];
            assert_within(&j, long.slopes, sums, &place);
        }
    }
}

#[test]
fn forward_differences_have_half_of_the_digits() {
    differences_are_within_their_bounds(
        two_curves::<f64>,
        (FiniteDifferences::forward, f64::sqrt, |truth| truth.forward),
    );
    differences_are_within_their_bounds(
        two_curves::<f32>,
        (FiniteDifferences::forward, f64::sqrt, |truth| truth.forward),
    );
}

#[test]
fn central_differences_have_two_thirds_of_the_digits() {
    differences_are_within_their_bounds(
        two_curves::<f64>,
        (FiniteDifferences::central, f64::cbrt, |truth| truth.central),
    );
    differences_are_within_their_bounds(
        two_curves::<f32>,
        (FiniteDifferences::central, f64::cbrt, |truth| truth.central),
    );
}

/// Differences of r = x/4 have no truncation error. A subnormal x/4 is rounded.
#[test]
fn steps_are_in_proportion_to_x_in_the_whole_range() {
    for x in [f64::MAX, 1e300, 1e-300, f64::MIN_POSITIVE, 5e-324] {
        let scaled =
            ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = x[0] / 4.0).unwrap();
        let h = (f64::EPSILON.sqrt() * x).max(f64::MIN_POSITIVE);
        let error = (f64::UNIT_ROUNDOFF * x / 4.0).max(5e-324);
        let bound = 2.02 * error / h + 3.0 * f64::UNIT_ROUNDOFF;
        let j = jacobian(&FiniteDifferences::forward(scaled), &[x]);
        let error = (j[(0, 0)] - 0.25).abs();
        assert!(error <= bound, "{x:e}: {error:e} > {bound:e}");
    }
}

#[test]
fn evaluations_are_as_many_as_documented() {
    let count = Cell::new(0);
    let square = |n: usize| {
        let count = &count;
        let squares = move |x: &[f64], r: &mut [f64]| {
            count.set(count.get() + 1);
            r[0] = x.iter().map(|xj| xj * xj).sum();
        };
        ClosureResidual::new(1, n, squares).unwrap()
    };
    jacobian(&FiniteDifferences::forward(square(3)), &[1.0, 2.0, 3.0]);
    assert_eq!(count.take(), 4);
    jacobian(&FiniteDifferences::central(square(3)), &[1.0, 2.0, 3.0]);
    assert_eq!(count.take(), 6);
}

/// x + |1 − x|^(5/2) on one side of 1, and NaN on the other. Its derivative there is 1. Differences to 1 ± h
/// have an error of h^(3/2), and those of three points have (2^(5/2) − 4)/2·h^(3/2) < h^(3/2).
///
/// The values near 1 have errors of at most 2u. So the quotient has 2·2u/h or, for three points, (4 + 4 + 1 +
/// 1)·2u/2h.
#[test]
fn at_the_edge_of_the_domain_the_other_side_is_taken() {
    for side in [1.0, -1.0] {
        let edge = || {
            let function = move |x: &[f64], r: &mut [f64]| {
                r[0] = x[0] + (side * (x[0] - 1.0)).powf(2.5);
            };
            ClosureResidual::new(1, 1, function).unwrap()
        };
        let check = |problem: &dyn LeastSquaresProblem<f64>, h: f64| {
            let error = (jacobian(problem, &[1.0])[(0, 0)] - 1.0).abs();
            let bound = h.powf(1.5) + 10.0 * f64::UNIT_ROUNDOFF / h;
            assert!(error <= 1.01 * bound, "{side}: {error:e} > {bound:e}");
        };
        check(&FiniteDifferences::forward(edge()), f64::EPSILON.sqrt());
        check(&FiniteDifferences::central(edge()), f64::EPSILON.cbrt());
    }
}

#[test]
fn without_a_finite_side_a_run_ends_as_data() {
    let needle = || {
        let only_at_1 = |x: &[f64], r: &mut [f64]| r[0] = if x[0] == 1.0 { 3.0 } else { f64::NAN };
        ClosureResidual::new(1, 1, only_at_1).unwrap()
    };
    let [forward, central] = [FiniteDifferences::forward, FiniteDifferences::central];
    for problem in [forward(needle()), central(needle())] {
        assert!(jacobian(&problem, &[1.0])[(0, 0)].is_nan());
        let quantity = Quantity::Gradient;
        let termination = Termination::NonFinite { quantity };
        assert_eq!(run(&problem, &[1.0]).termination, termination);
    }
}

/// The residual is finite at an infinite point, but no difference can be computed there.
#[test]
fn a_step_beyond_the_range_is_not_taken() {
    let bounded = |x: &[f64], r: &mut [f64]| r[0] = x[0].min(f64::MAX);
    let bounded = ClosureResidual::new(1, 1, bounded).unwrap();
    let j = jacobian(&FiniteDifferences::forward(bounded), &[f64::MAX]);
    assert_eq!(j[(0, 0)], 1.0);
}

/// exp(x) at 1 with a relative error of up to η. The bound is √η·e·(½·exp(√η) + 2). With the default step,
/// the noise η·e·|Δ|/√ε remains. Δ, the change of a sine of period 2π·10⁻¹⁰, is of order 1.
#[test]
fn a_noisy_residual_needs_larger_steps() {
    let noise: f64 = 1e-6;
    let rough = || {
        let function = move |x: &[f64], r: &mut [f64]| {
            r[0] = x[0].exp() * (1.0 + noise * (1e10 * x[0]).sin());
        };
        ClosureResidual::new(1, 1, function).unwrap()
    };
    let e = std::f64::consts::E;
    let error = |problem| (jacobian::<f64>(&problem, &[1.0])[(0, 0)] - e).abs();
    let (forward, central) = (
        FiniteDifferences::forward(rough()),
        FiniteDifferences::central(rough()),
    );
    let blind = error(forward.clone());
    assert!(blind > 1.0, "{blind:e}");

    let h = noise.sqrt();
    let found = error(forward.with_noise(noise).unwrap());
    let bound = 1.01 * e * (0.5 * h * h.exp() + 2.0 * noise / h);
    assert!(found <= bound, "{found:e} > {bound:e}");
    let h = noise.cbrt();
    let found = error(central.with_noise(noise).unwrap());
    let bound = 1.01 * e * (h * h / 6.0 * h.exp() + h.exp() * noise / h);
    assert!(found <= bound, "{found:e} > {bound:e}");
}

#[test]
fn columns_need_not_be_contiguous() {
    let problem = || FiniteDifferences::central(two_variables());
    let x = [2.0, -1.0];
    let expected = jacobian(&problem(), &x);
    let mut data = [f64::NAN; 6];
    let by_rows = MatMut::from_row_major(&mut data, 3, 2).unwrap();
    problem().jacobian(&x, by_rows).unwrap();
    assert_eq!(data.to_vec(), expected.transposed().into_vec());
}

fn two_variables() -> ClosureResidual<impl Fn(&[f64], &mut [f64]) + Clone> {
    let function = |x: &[f64], r: &mut [f64]| {
        (r[0], r[1], r[2]) = (x[0] * x[1], x[0] - x[1], x[1] * x[1]);
    };
    ClosureResidual::new(3, 2, function).unwrap()
}

/// An entry that is written only at x and x + h₁e₁ must not be used from there.
#[test]
fn residuals_are_poisoned_between_evaluations() {
    let calls = Cell::new(0);
    let forgetful = |x: &[f64], r: &mut [f64]| {
        calls.set(calls.get() + 1);
        r[0] = x[0];
        if calls.get() <= 2 {
            r[1] = x[0];
        }
    };
    let problem = ClosureResidual::new(2, 2, forgetful).unwrap();
    let j = jacobian(&FiniteDifferences::forward(problem), &[1.0, 1.0]);
    assert_eq!((j[(0, 0)], j[(1, 0)], j[(0, 1)]), (1.0, 1.0, 0.0));
    assert!(j[(1, 1)].is_nan());
}

struct WithConstant;

impl LeastSquaresProblem<f64> for WithConstant {
    fn residuals(&self) -> usize {
        1
    }

    fn parameters(&self) -> usize {
        1
    }

    fn constant_norm(&self) -> f64 {
        3.0
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        r[0] = x[0] - 2.0;
        Ok(())
    }

    fn jacobian(&self, _: &[f64], _: MatMut<'_, f64>) -> Result<()> {
        panic!("the Jacobian is not to be used");
    }
}

#[test]
fn a_run_needs_no_jacobian_and_keeps_the_constant() {
    let report = run(
        &FiniteDifferences::forward(WithoutJacobian(&WithConstant)),
        &[9.0],
    );
    assert_eq!(report.loss, 9.0);
    // No step reduces the loss where (x − 2)² is lost in the rounding of 9.
    let error = (report.parameters[0] - 2.0).abs();
    assert!(error <= (9.0 * f64::EPSILON).sqrt(), "{error:e}");
    // At most one for each step and one at the start. The differences count as one.
    assert!(report.counts.jacobians <= report.steps + 1);
}

fn message<T>(result: Result<T>) -> String {
    result.err().expect("must be refused").to_string()
}

#[test]
fn what_makes_no_sense_is_refused() {
    let none = |_: &[f64], _: &mut [f64]| ();
    assert_eq!(
        message(ClosureResidual::new(0, 1, none)),
        "ClosureResidual: residuals must be at least 1, but it is 0"
    );
    assert_eq!(
        message(ClosureResidual::new(1, 0, none)),
        "ClosureResidual: parameters must be at least 1, but it is 0"
    );
    let differences = || FiniteDifferences::forward(two_variables());
    assert_eq!(
        message(differences().with_noise(1e-17)),
        "FiniteDifferences: noise must be at least 2.220446049250313e-16, but it is 1e-17"
    );
    assert_eq!(
        message(differences().with_noise(1.0)),
        "FiniteDifferences: noise must be at least 0 and less than 1, but it is 1"
    );
    message(differences().with_noise(f64::NAN));
}

#[test]
fn wrong_sizes_are_refused_before_a_closure_sees_them() {
    let with_jacobian = two_variables().with_jacobian(|_: &[f64], _: MatMut<'_, f64>| ());
    let differences = FiniteDifferences::forward(two_variables());
    let problems: [&dyn LeastSquaresProblem<f64>; 2] = [&with_jacobian, &differences];
    for problem in problems {
        let mut right = Mat::zeros(3, 2);
        for result in [
            problem.residual(&[1.0], &mut [0.0; 3]),
            problem.residual(&[1.0, 2.0], &mut [0.0; 2]),
            problem.jacobian(&[1.0; 3], right.as_mut()),
            problem.jacobian(&[1.0; 2], Mat::zeros(2, 3).as_mut()),
        ] {
            assert!(matches!(result, Err(Error::Shape { .. })), "{result:?}");
        }
    }
}

/// (x₁² + 1)·x₂ on 1 ≤ x₁ ≤ 1 + w. Three points on one side have an error of ⅓h²·f‴, and 8·2u·|f|/2h for
/// values with errors of 2u·|f|. A forward difference has ½h·f″ and 2·2u·|f|/h.
#[test]
fn nothing_is_evaluated_beyond_the_bounds_however_narrow_they_are() {
    for width in [1.0, 1e-4, 1e-9] {
        let bounds = Bounds::new(&[1.0, -1.0], &[1.0 + width, 3.0]).unwrap();
        let inside = bounds.clone();
        let curve = move |x: &[f64], r: &mut [f64]| {
            assert!(inside.contains(x), "{x:?}");
            r[0] = (x[0] * x[0] + 1.0) * x[1];
        };
        let residual = || ClosureResidual::new(1, 2, curve.clone()).unwrap();
        for at in [1.0, 1.0 + 0.5 * width, 1.0 + width] {
            let x = [at, 3.0];
            let truth = 6.0 * at;
            let forward = FiniteDifferences::forward(residual());
            let j = jacobian(&Bounded::new(forward, bounds.clone()).unwrap(), &x);
            let h = f64::EPSILON.sqrt().min(0.2 * width);
            let error = (j[(0, 0)] - truth).abs();
            // f″ = 2·x₂ and |f| < 16.
            let bound = 3.0 * 2.0 * h + 4.0 * 16.0 * f64::UNIT_ROUNDOFF / h;
            assert!(error <= bound, "{width:e} {at}: {error:e} > {bound:e}");
            let bounded = Bounded::of_function(residual(), bounds.clone()).unwrap();
            let j = jacobian(&FiniteDifferences::central(bounded), &x);
            // f‴ = 0. A step is at least 0.2 of the width or ε^⅓.
            let h = f64::EPSILON.cbrt().min(0.2 * width);
            let error = (j[(0, 0)] - truth).abs();
            let bound = 16.0 * 16.0 * f64::UNIT_ROUNDOFF / h;
            assert!(error <= bound, "{width:e} {at}: {error:e} > {bound:e}");
        }
    }
}

/// r reacts only to a step of 10²² times x or more. A line is linear anywhere, and a parabola is flat at x.
#[test]
fn a_step_that_leads_far_away_counts_for_lines_alone() {
    for at in [1.0, -3.0, 0.0] {
        for unit in [1e-30, 1e-100] {
            let residual = move |x: &[f64], r: &mut [f64]| {
                let u = unit * x[0];
                (r[0], r[1]) = (1.0 + u, 2.0 - 3.0 * u);
            };
            let line = || ClosureResidual::new(2, 1, residual).unwrap();
            let parabola = move |x: &[f64], r: &mut [f64]| r[0] = 1.0 + (unit * x[0]).powi(2);
            let parabola = || ClosureResidual::new(1, 1, parabola).unwrap();
            for problem in [
                FiniteDifferences::forward(line()),
                FiniteDifferences::central(line()),
            ] {
                let j = jacobian(&problem, &[at]);
                // A reaction of √ε or more, known to 2u·2 at both ends.
                for (i, slope) in [unit, -3.0 * unit].into_iter().enumerate() {
                    let error = (j[(i, 0)] - slope).abs();
                    assert!(error <= 1e-6 * unit, "{at} {unit:e}: {error:e}");
                }
            }
            let problem = FiniteDifferences::forward(parabola());
            assert_eq!(jacobian(&problem, &[at])[(0, 0)], 0.0, "{at} {unit:e}");
        }
    }
}

/// At p = ±4·10²² and beyond, every x > 0 is on a plateau of tanh(p·x). A step that leaves a plateau leads past the rise.
#[test]
fn a_step_past_the_whole_change_is_no_derivative() {
    let x: Vec<f64> = (0..20).map(f64::from).collect();
    for size in [3e3, 4e18, 4e22, 1e80] {
        for p in [size, -size] {
            let curve = |p: &[f64], r: &mut [f64]| {
                for (r, x) in r.iter_mut().zip(&x) {
                    *r = p[0] * (p[1] * x).tanh() - 1.0;
                }
            };
            let column = |j: Mat<f64>| j.col(1).to_vec();
            let problem = || ClosureResidual::new(20, 2, curve).unwrap();
            let central = jacobian(&FiniteDifferences::central(problem()), &[2.0, p]);
            let forward = jacobian(&FiniteDifferences::forward(problem()), &[2.0, p]);
            assert_eq!(column(central), [0.0; 20], "central, {p:e}");
            assert_eq!(column(forward), [0.0; 20], "forward, {p:e}");
        }
    }
}

/// 1/(1 − p·x) at p = 1, for some x near the pole and one whose distance from it is D = 1/1000. There, the first step h = ε^⅓ has
/// a relative truncation error of (h/D)², 4·10⁻⁵, and a noise of ε/h. Both are (ε/D)^⅔ with the best step.
#[test]
fn steps_near_a_pole_are_shorter() {
    let x = [0.1, 0.3, 0.5, 0.9, 1.0 - 1e-3, 1.2, 3.0];
    for scale in [1e-30, 1.0, 1e30] {
        let residual = |p: &[f64], r: &mut [f64]| {
            for (r, x) in r.iter_mut().zip(x) {
                *r = 1.0 / (1.0 - p[0] / scale * x);
            }
        };
        let problem = FiniteDifferences::central(ClosureResidual::new(7, 1, residual).unwrap());
        problem.residual(&[scale], &mut [0.0; 7]).unwrap();
        let j = jacobian(&problem, &[scale]);
        let slope = |x: f64| x / (1.0 - x).powi(2) / scale;
        let largest = slope(x[4]);
        let bound = 16.0 * (f64::EPSILON / 1e-3).powf(2.0 / 3.0) * largest;
        for (i, x) in x.into_iter().enumerate() {
            let error = (j[(i, 0)] - slope(x)).abs();
            assert!(error <= bound, "{scale:e}, {x}: {error:e} > {bound:e}");
        }
    }
}

/// exp(−(x/w)²) and cos(w·x) at the bound w = 0: all derivatives of the first are zero, and the second is even in w.
#[test]
fn one_sided_differences_of_a_flat_function_are_zero() {
    let x: Vec<f64> = (1..20).map(|i| 0.2 * f64::from(i)).collect();
    let curves: [fn(f64, f64) -> f64; 2] =
        [|w, x| (-(x / w) * (x / w)).exp(), |w, x| (w * x).cos()];
    for curve in curves {
        for (scale, y) in [1e-20, 1e-3, 1.0, 1e20]
            .into_iter()
            .flat_map(|s| [(s, 0.5), (s, -3.0)])
        {
            let residual = |p: &[f64], r: &mut [f64]| {
                for (r, x) in r.iter_mut().zip(&x) {
                    *r = curve(p[0] / scale, *x) - y;
                }
            };
            let problem = || ClosureResidual::new(x.len(), 1, residual).unwrap();
            let bounds = || Bounds::none(1).with(0, 0.0, f64::INFINITY).unwrap();
            let central = Bounded::new(FiniteDifferences::central(problem()), bounds()).unwrap();
            let forward = Bounded::new(FiniteDifferences::forward(problem()), bounds()).unwrap();
            assert_eq!(
                jacobian(&central, &[0.0]).data(),
                vec![0.0; x.len()],
                "{scale:e}, {y}"
            );
            assert_eq!(
                jacobian(&forward, &[0.0]).data(),
                vec![0.0; x.len()],
                "{scale:e}, {y}"
            );
        }
    }
}
