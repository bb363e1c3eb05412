//! Estimates, standard errors and covariances with known values.

use leastwise_backends::{AdapterScalar, all};
use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Mat, MatMut, MatRef, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::{
    Budget, ClosureResidual, Curve, FiniteDifferences, Fit, Fitted, FixedParameters,
    LeastSquaresProblem, Parameters, RobustLoss, Sigma, Termination, Weighted, WithoutJacobian,
    covariance, fit, fit_with_sigmas,
};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const U: f64 = f64::UNIT_ROUNDOFF;

/// |found − expected| ≤ bound. NaN fails.
#[track_caller]
fn assert_near(what: &str, found: f64, expected: f64, bound: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= bound,
        "{what}: {found:e} instead of {expected:e}, off by {error:e} > {bound:e}"
    );
}

/// y = a + b·x at x = 1..5: JᵀJ = [5 15; 15 55], C = [1.1 −0.3; −0.3 0.1]. For these y, the estimates are
/// −1.3 and 1.1. The residuals are −0.2, −0.1, 1, −0.9, 0.2, and the sum of their squares is 1.9, on 3
/// degrees of freedom.
fn straight_line<T: AdapterScalar>() {
    let numbers = |values: [f64; 5]| values.map(T::of);
    let (x, y) = (
        numbers([1.0, 2.0, 3.0, 4.0, 5.0]),
        numbers([0.0, 1.0, 1.0, 4.0, 4.0]),
    );
    let line = Curve::new(2, |x: T, p: &[T]| p[0] + p[1] * x, &x, &y)
        .unwrap()
        .with_gradient(|x, _, g| (g[0], g[1]) = (T::one(), x));
    for backend in all::<T>(1) {
        let fit = Fit::new(&*backend);
        let relative = fit.run(&line, &[T::one(), T::zero()]).unwrap();
        let absolute = fit
            .with_sigma_scale(Sigma::Absolute)
            .run(&line, &[T::one(), T::zero()])
            .unwrap();
        assert!(relative.is_success() && absolute.is_success());
        assert_eq!((relative.rank(), relative.degrees_of_freedom), (2, 3));
        // A has unit columns with cosine 15/√275, and so κ(A) = 4.5. The backend has m·n·u, and 10 is for
        // constants and the steps before.
        let relative_bound = 10.0 * 10.0 * 4.5 * T::UNIT_ROUNDOFF.as_f64();
        let near = |what: &str, found: T, expected: f64| {
            assert_near(
                what,
                found.as_f64(),
                expected,
                relative_bound * expected.abs(),
            );
        };
        for fitted in [&relative, &absolute] {
            near("a", fitted.parameters[0], -1.3);
            near("b", fitted.parameters[1], 1.1);
            near("loss", fitted.loss, 1.9);
            near(
                "correlation",
                fitted.correlation()[(1, 0)],
                -0.3 / 0.11f64.sqrt(),
            );
        }
        let s2: f64 = 1.9 / 3.0;
        near("s", relative.residual_standard_error(), s2.sqrt());
        for (i, j, c) in [(0, 0, 1.1), (0, 1, -0.3), (1, 0, -0.3), (1, 1, 0.1)] {
            near("relative", relative.covariance_matrix()[(i, j)], s2 * c);
            near("absolute", absolute.covariance_matrix()[(i, j)], c);
        }
        near(
            "error of b",
            relative.standard_errors()[1],
            (s2 * 0.1).sqrt(),
        );
    }
}

#[test]
fn a_straight_line_in_f64() {
    straight_line::<f64>();
}

#[test]
fn a_straight_line_in_f32() {
    straight_line::<f32>();
}

/// The weighted mean Σ y/σ² over Σ 1/σ², with variance 1/Σ 1/σ² = 1/(1 + ¼ + ¼) and χ² = 1.5 on 2 degrees of
/// freedom.
#[test]
fn absolute_sigmas_set_the_errors_and_relative_ones_the_weights() {
    let backend = Faer::default();
    let y = [1.0, 2.0, 4.0];
    let run = |sigmas: &[f64], sigma| {
        let mean = Curve::new(1, |(): (), p: &[f64]| p[0], &[(); 3], &y)
            .unwrap()
            .with_sigmas(sigmas)
            .unwrap();
        let problem = FiniteDifferences::central(mean);
        Fit::new(&backend)
            .with_sigma_scale(sigma)
            .run(&problem, &[0.0])
            .unwrap()
    };
    // For a linear model, the only errors of central differences are roundings, at most η^⅔.
    let bound = 10.0 * f64::EPSILON.powf(2.0 / 3.0);
    for unit in [1.0, 10.0] {
        let sigmas = [unit, 2.0 * unit, 2.0 * unit];
        let mean: f64 = 2.5 / 1.5;
        let chi_squared =
            ((1.0 - mean).powi(2) + (2.0 - mean).powi(2) / 4.0 + (4.0 - mean).powi(2) / 4.0)
                / (unit * unit);
        let absolute = run(&sigmas, Sigma::Absolute);
        assert_near("mean", absolute.parameters[0], mean, bound);
        assert_near("loss", absolute.loss, chi_squared, bound);
        let error = unit / 1.5f64.sqrt();
        assert_near(
            "absolute",
            absolute.standard_errors()[0],
            error,
            bound * error,
        );
        let relative = run(&sigmas, Sigma::Relative);
        let error = error * (chi_squared / 2.0).sqrt();
        assert_near(
            "relative",
            relative.standard_errors()[0],
            error,
            bound * error,
        );
        // Quantiles from tables of Student's t with 2 degrees of freedom and of the normal distribution.
        for (fitted, quantile) in [
            (relative, 4.302_652_729_749_464),
            (absolute, 1.959_963_984_540_054),
        ] {
            let (low, high) = fitted.confidence_intervals(0.95).unwrap()[0];
            let reach = quantile * fitted.standard_errors()[0];
            assert_near("high", high - mean, reach, 2.0 * bound * (reach + mean));
            assert_near("low", mean - low, reach, 2.0 * bound * (reach + mean));
        }
    }
}

/// In the one-line call, the sigmas are weights, known up to a common factor.
#[test]
fn sigmas_in_one_line() {
    let backend = Faer::default();
    let (x, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 4.0, 8.0, 7.0]);
    let sigmas = [0.1, 0.2, 0.1, 0.4, 0.3];
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let curve = Curve::new(2, line, &x, &y).unwrap();
    let curve = curve.with_sigmas(&sigmas).unwrap();
    let curve = curve.with_gradient(|x, _, g: &mut [f64]| (g[0], g[1]) = (1.0, x));
    let expected = Fit::new(&backend).run(&curve, &[1.0, 1.0]).unwrap();
    // For a linear model, the only errors of central differences are roundings, at most η^⅔, for columns with
    // κ below 10.
    let bound = 100.0 * f64::EPSILON.powf(2.0 / 3.0);
    for unit in [1.0, 10.0] {
        let sigmas = sigmas.map(|sigma| unit * sigma);
        let found = fit_with_sigmas(&backend, line, &x, &y, &sigmas, &[1.0, 1.0]).unwrap();
        assert!(found.is_success());
        assert_eq!(found.sigma, Sigma::Relative);
        for j in 0..2 {
            let (p, se) = (expected.parameters[j], expected.standard_errors()[j]);
            assert_near("parameter", found.parameters[j], p, bound * p.abs().max(se));
            assert_near("standard error", found.standard_errors()[j], se, bound * se);
        }
    }
    let error = fit_with_sigmas(&backend, line, &x, &y, &sigmas[..4], &[1.0, 1.0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Curve: sigmas must have 5 entries, but it has 4"
    );
}

/// A data set of the NIST Statistical Reference Datasets for nonlinear regression, which are in the public
/// domain, with certified values to 11 digits.
struct Nist {
    x: &'static [f64],
    y: &'static [f64],
    starts: [&'static [f64]; 2],
    parameters: &'static [f64],
    deviations: &'static [f64],
    loss: f64,
}

const MISRA1A: Nist = Nist {
    x: &[
        77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
        760.0,
    ],
    y: &[
        10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
        81.78,
    ],
    starts: [&[500.0, 1e-4], &[250.0, 5e-4]],
    parameters: &[2.389_421_291_8e2, 5.501_564_318_1e-4],
    deviations: &[2.707_007_524_1, 7.266_868_843_6e-6],
    loss: 1.245_513_889_4e-1,
};

fn misra1a(x: f64, p: &[f64]) -> f64 {
    p[0] * (1.0 - (-p[1] * x).exp())
}

fn misra1a_gradient(x: f64, p: &[f64], g: &mut [f64]) {
    let decay = (-p[1] * x).exp();
    (g[0], g[1]) = (1.0 - decay, p[0] * x * decay);
}

const THURBER: Nist = Nist {
    x: &[
        -3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363,
        -2.322, -1.501, -1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545,
        -0.400, -0.309, -0.109, -0.103, 0.010, 0.119, 0.377, 0.790, 0.963, 1.006, 1.115, 1.572,
        1.841, 2.047, 2.200,
    ],
    y: &[
        80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696,
        101.060, 401.672, 390.724, 567.534, 635.316, 733.054, 759.087, 894.206, 990.785, 1090.109,
        1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
        1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628,
    ],
    starts: [
        &[1000.0, 1000.0, 400.0, 40.0, 0.7, 0.3, 0.03],
        &[1300.0, 1500.0, 500.0, 75.0, 1.0, 0.4, 0.05],
    ],
    parameters: &[
        1.288_139_680_0e3,
        1.491_079_253_5e3,
        5.832_383_687_7e2,
        7.541_664_429_1e1,
        9.662_950_286_4e-1,
        3.979_728_579_7e-1,
        4.972_729_734_9e-2,
    ],
    deviations: &[
        4.664_796_334_4,
        3.957_115_608_6e1,
        2.869_869_610_2e1,
        5.567_537_027_0,
        3.133_334_068_7e-2,
        1.498_492_819_8e-2,
        6.584_234_462_3e-3,
    ],
    loss: 5.642_708_239_7e3,
};

fn thurber(x: f64, p: &[f64]) -> f64 {
    let numerator = p[0] + x * (p[1] + x * (p[2] + x * p[3]));
    numerator / (1.0 + x * (p[4] + x * (p[5] + x * p[6])))
}

fn thurber_gradient(x: f64, p: &[f64], g: &mut [f64]) {
    let denominator = 1.0 + x * (p[4] + x * (p[5] + x * p[6]));
    let value = thurber(x, p);
    for (k, power) in [1.0, x, x * x, x * x * x].into_iter().enumerate() {
        g[k] = power / denominator;
        if k > 0 {
            g[3 + k] = -value * power / denominator;
        }
    }
}

/// The error of a certified value is at most ½·10⁻¹⁰ of it. Let A = J·D⁻¹, with σ its smallest singular
/// value. A residual of Δr in the range of J moves pⱼ by at most (seⱼ/s)·‖Δr‖. A change of J by η of each
/// column moves it by √(n·dof)·(η/σ)·seⱼ.
///
/// - The run ends where ‖P·r‖² is below the decrease that [`TrustRegion`] can see in the loss, 10·ε·(1 +
///   ‖(‖J·eⱼ‖·xⱼ)ⱼ‖/‖r‖) of ‖r‖², and ‖P·r‖ no longer halves. The bound is twice that, for the steps that
///   would follow.
/// - η is 10·m·u for exact derivatives, and 10·ε^⅔ for central differences.
///
/// A standard error has the relative error √n·η/σ from that change of J, and another from the change of J
/// between the two p. Second derivatives are bounded by J·D⁻¹ again, with a factor of n/σ.
///
/// [`TrustRegion`]: leastwise_optim::levenberg_marquardt::TrustRegion
fn check_nist<P: LeastSquaresProblem<f64>>(data: &Nist, problem: &P, eta: f64) {
    let backend = Faer::default();
    for start in data.starts {
        let fit = Fit::new(&backend).with_jacobian();
        let fitted = fit.run(problem, start).unwrap();
        assert!(fitted.is_success(), "{fitted}");
        let jacobian = fitted.jacobian.as_ref().unwrap();
        let n = start.len() as f64;
        let dof = data.y.len() as f64 - n;
        assert_eq!(fitted.degrees_of_freedom as f64, dof);
        let sigma = fitted.covariance.reciprocal_condition;
        let terms: Vec<f64> = (0..start.len())
            .map(|j| euclidean(jacobian.col(j)) * fitted.parameters[j])
            .collect();
        let visible = 10.0 * f64::EPSILON * (1.0 + euclidean(&terms) / data.loss.sqrt());
        let off = 2.0 * (visible * dof).sqrt() + (n * dof).sqrt() * eta / sigma;
        let mut moved = 0.0f64;
        for j in 0..start.len() {
            let (p, se) = (data.parameters[j], data.deviations[j]);
            let bound = 0.5e-10 * p.abs() + off * se;
            assert_near("parameter", fitted.parameters[j], p, bound);
            moved = moved.max(bound / p.abs());
        }
        let relative = 0.5e-10 + n.sqrt() * eta / sigma + n / sigma * moved;
        for (found, &se) in fitted.standard_errors().iter().zip(data.deviations) {
            assert_near("standard error", *found, se, relative * se);
        }
        assert_near("loss", fitted.loss, data.loss, data.loss * (0.5e-10 + off));
    }
}

const CENTRAL: f64 = 10.0 * 3.7e-11;

#[test]
fn misra1a_by_nist() {
    let curve = || Curve::new(2, misra1a, MISRA1A.x, MISRA1A.y).unwrap();
    check_nist(
        &MISRA1A,
        &curve().with_gradient(misra1a_gradient),
        10.0 * 14.0 * U,
    );
    check_nist(&MISRA1A, &FiniteDifferences::central(curve()), CENTRAL);
}

#[test]
fn thurber_by_nist() {
    let curve = || Curve::new(7, thurber, THURBER.x, THURBER.y).unwrap();
    check_nist(
        &THURBER,
        &curve().with_gradient(thurber_gradient),
        10.0 * 37.0 * U,
    );
    check_nist(&THURBER, &FiniteDifferences::central(curve()), CENTRAL);
}

/// C for J = [1 1; 0 δ]: J⁻¹ = [1 −1/δ; 0 1/δ]. JᵀJ is singular in f64, and scaling of columns does not help.
#[test]
fn the_condition_number_is_not_squared() {
    let delta = 2f64.powi(-30);
    let entries = [1.0, 0.0, 1.0, delta];
    let j = MatRef::from_col_major(&entries, 2, 2).unwrap();
    // κ(A) ≤ 2/δ, and the backend has m·n·u.
    let bound = 2.0 / delta * 4.0 * U;
    for backend in all::<f64>(1) {
        let c = covariance(&*backend, j, &[true; 2], None).unwrap();
        assert_eq!(c.rank, 2);
        let errors = [(1.0 + 1.0 / (delta * delta)).sqrt(), 1.0 / delta];
        for (&found, expected) in c.standard_errors.iter().zip(errors) {
            assert_near("standard error", found, expected, bound * expected);
        }
        assert_near("correlation", c.correlation[(0, 1)], -1.0, bound);
        assert_near(
            "1/κ",
            c.reciprocal_condition,
            delta / 2.0,
            bound * delta / 2.0,
        );
    }
}

/// J = [A B B·w] with columns of any length. The effects of B and B·w cannot be distinguished. Entries are
/// multiples of 2⁻¹⁰ times a power of two, and so exact.
fn deficient() -> impl Strategy<Value = (Mat<f64>, usize)> {
    (1usize..=3, 1usize..=3, 0usize..=4).prop_flat_map(|(a, b, more)| {
        let m = a + b + 1 + more;
        let entries = prop::collection::vec(-1024..=1024i32, m * (a + b));
        let w = prop::collection::vec(1..=4i32, b);
        let lengths = prop::collection::vec(-26..=26i32, a + b + 1);
        (entries, w, lengths).prop_map(move |(mut entries, w, lengths)| {
            let last: Vec<i32> = (0..m)
                .map(|i| (0..b).map(|k| w[k] * entries[(a + k) * m + i]).sum())
                .collect();
            entries.extend(last);
            let j = Mat::from_fn(m, a + b + 1, |i, col| {
                f64::from(entries[col * m + i]) * 2f64.powi(lengths[col] - 10)
            });
            (j, a)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// A parameter of A has the same standard error as without the last column, which does not change the
    /// range. The others have none.
    #[test]
    fn what_the_data_do_not_determine_has_an_infinite_error((j, a) in deficient()) {
        let n = j.cols();
        let mut free = vec![true; n];
        free[n - 1] = false;
        for backend in all::<f64>(1) {
            let without = covariance(&*backend, j.as_ref(), &free, None).unwrap();
            let kappa = 1.0 / without.reciprocal_condition;
            // Near a second rank deficiency, parameters are in doubt.
            prop_assume!(kappa < 1e5);
            let c = covariance(&*backend, j.as_ref(), &vec![true; n], None).unwrap();
            prop_assert_eq!(c.rank, n - 1);
            for k in 0..n {
                let error = c.standard_errors[k];
                if k >= a {
                    prop_assert!(error.is_infinite(), "{k}: {error}");
                    prop_assert!((0..n).all(|l| l == k || c.correlation[(k, l)].is_nan()));
                    prop_assert!(c.matrix()[(k, k)].is_infinite());
                    continue;
                }
                let known = without.standard_errors[k];
                // Both use SVDs with errors of m·n·u. With the column, κ is at most a few times as large.
                let bound = 100.0 * (j.rows() * n) as f64 * kappa * U * known;
                prop_assert!((error - known).abs() <= bound, "{k}: {error:e} and {known:e}, κ = {kappa:e}");
            }
        }
    }

    /// Units of parameters change standard errors as they change parameters. They do not change the rank.
    #[test]
    fn units_do_not_matter((j, _) in deficient()) {
        let backend = Faer::default();
        // Powers of two are exact.
        let units: Vec<f64> = [-20, 7, 40, -3, 12, 1, 0].map(|power| 2f64.powi(power))[..j.cols()].to_vec();
        let mut other = j.clone();
        for (col, unit) in units.iter().enumerate() {
            other.col_mut(col).iter_mut().for_each(|entry| *entry *= unit);
        }
        let free = vec![true; j.cols()];
        let c = covariance(&backend, j.as_ref(), &free, None).unwrap();
        let d = covariance(&backend, other.as_ref(), &free, None).unwrap();
        prop_assert_eq!(c.rank, d.rank);
        for (col, unit) in units.iter().enumerate() {
            prop_assert_eq!(c.standard_errors[col], d.standard_errors[col] * unit);
        }
    }
}

/// y = p₀·exp(p₁ − p₂·x) has one parameter too many. p₂ has the same standard error as in p₀·exp(−p₂·x), with
/// exact derivatives or differences.
#[test]
fn a_parameter_too_many_is_said_to_be_one() {
    let backend = Faer::default();
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let y = [5.1, 3.0, 1.9, 1.1, 0.7, 0.5];
    let decay = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp();
    let known = fit(&backend, decay, &x, &y, &[1.0, 1.0]).unwrap();

    let model = |x: f64, p: &[f64]| p[0] * (p[1] - p[2] * x).exp();
    let curve = Curve::new(3, model, &x, &y)
        .unwrap()
        .with_gradient(|x, p, g| {
            let value = (p[1] - p[2] * x).exp();
            (g[0], g[1], g[2]) = (value, p[0] * value, -p[0] * x * value);
        });
    let start = [1.0, 0.5, 1.0];
    let exact = Fit::new(&backend).run(&curve, &start).unwrap();
    let central = fit(&backend, model, &x, &y, &start).unwrap();
    for fitted in [&exact, &central] {
        assert!(fitted.is_success(), "{fitted}");
        assert_eq!((fitted.rank(), fitted.degrees_of_freedom), (2, 4));
        assert!(!fitted.is_full_rank());
        assert!(
            fitted.standard_errors()[..2]
                .iter()
                .all(|error| error.is_infinite())
        );
        let intervals = fitted.confidence_intervals(0.95).unwrap();
        assert_eq!(intervals[0], (f64::NEG_INFINITY, f64::INFINITY));
        // κ·η with κ(A) below 10, for both fits.
        let error = known.standard_errors()[1];
        assert_near(
            "error of p₂",
            fitted.standard_errors()[2],
            error,
            20.0 * CENTRAL * error,
        );
    }
}

/// The caller can also choose which singular values are zero.
#[test]
fn the_rank_follows_the_threshold() {
    let backend = Faer::default();
    let j = MatRef::from_col_major(&[1.0, 0.0, 1.0, 1e-6], 2, 2).unwrap();
    let rank = |rcond| covariance(&backend, j, &[true; 2], rcond).unwrap().rank;
    assert_eq!((rank(None), rank(Some(1e-8)), rank(Some(1e-4))), (2, 2, 1));
}

#[test]
fn what_is_not_free_is_known() {
    let backend = Faer::default();
    let j = MatRef::from_col_major(&[1.0, 2.0, 2.0, 1.0, 1.0, 0.0, 0.0, 0.0, 4.0], 3, 3).unwrap();
    let c = covariance(&backend, j, &[true, false, true], None).unwrap();
    // The columns (1, 2, 2) and (0, 0, 4): JᵀJ = [9 8; 8 16] with determinant 80.
    let expected = [
        [16.0 / 80.0, 0.0, -8.0 / 80.0],
        [0.0; 3],
        [-8.0 / 80.0, 0.0, 9.0 / 80.0],
    ];
    let found = c.matrix();
    for (i, row) in expected.iter().enumerate() {
        for (j, &entry) in row.iter().enumerate() {
            // κ(A) = √5 for a cosine of ⅔.
            assert_near(
                "C",
                found[(i, j)],
                entry,
                9.0 * 5.0 * 10.0 * U * entry.abs(),
            );
        }
    }
    let none = covariance(&backend, j, &[false; 3], None).unwrap();
    assert_eq!((none.rank, none.standard_errors), (0, vec![0.0; 3]));
}

#[test]
fn fewer_rows_than_columns_determine_what_they_see() {
    let backend = Faer::default();
    let j = MatRef::from_row_major(&[4.0, 0.0, 0.0, 0.0, 1.0, 1.0], 2, 3).unwrap();
    let c = covariance(&backend, j, &[true; 3], None).unwrap();
    assert_eq!(c.rank, 2);
    assert_near("p₀", c.standard_errors[0], 0.25, 4.0 * U);
    assert_eq!(c.standard_errors[1..], [f64::INFINITY; 2]);
    // A column of zeros is the simplest case.
    let zero = covariance(&backend, MatRef::from_column(&[0.0, 0.0]), &[true], None).unwrap();
    assert_eq!((zero.rank, zero.standard_errors[0]), (0, f64::INFINITY));
    assert_eq!(zero.reciprocal_condition, 0.0);
    // The same holds without data.
    let none = covariance(&backend, Mat::zeros(0, 1).as_ref(), &[true], None).unwrap();
    assert_eq!((none.rank, none.standard_errors[0]), (0, f64::INFINITY));
}

#[test]
fn nothing_is_left_to_estimate_from_as_many_data_as_parameters() {
    let backend = Faer::default();
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let fitted = fit(&backend, line, &[1.0, 2.0], &[3.0, 5.0], &[0.0, 0.0]).unwrap();
    assert!(fitted.is_success());
    assert_eq!((fitted.degrees_of_freedom, fitted.rank()), (0, 2));
    assert!(fitted.residual_standard_error().is_nan());
    assert!(fitted.standard_errors().iter().all(|error| error.is_nan()));
    assert!(fitted.confidence_intervals(0.95).unwrap()[0].0.is_nan());

    let curve = Curve::new(2, line, &[1.0, 2.0], &[3.0, 5.0]).unwrap();
    let known = Fit::new(&backend).with_sigma_scale(Sigma::Absolute);
    let fitted = known
        .run(&FiniteDifferences::central(curve), &[0.0, 0.0])
        .unwrap();
    // J = [1 1; 1 2], J⁻¹ = [2 −1; −1 1]: variances 5 and 2.
    let bound = 20.0 * CENTRAL;
    assert_near("p₀", fitted.standard_errors()[0], 5f64.sqrt(), bound);
    assert_near("p₁", fitted.standard_errors()[1], 2f64.sqrt(), bound);
}

#[test]
fn reduced_data_count_as_what_they_stand_for() {
    let backend = Faer::default();
    let x = [1.0, 2.0, 3.0];
    let curve = Curve::new(1, |x: f64, p: &[f64]| p[0] * x, &x, &[1.0, 2.0, 4.0]).unwrap();
    let problem = FiniteDifferences::central(curve);
    let fitted = Fit::new(&backend)
        .with_observations(101)
        .run(&problem, &[1.0])
        .unwrap();
    assert_eq!((fitted.observations, fitted.degrees_of_freedom), (101, 100));
    // Two roots and a quotient, rounded.
    let deviation = (fitted.loss / 100.0).sqrt();
    let error = (fitted.residual_standard_error() - deviation).abs();
    assert!(error <= 2.0 * f64::EPSILON * deviation, "{error:e}");
}

/// For every termination, residuals and Jacobian are those at the final parameters.
#[test]
fn what_comes_back_belongs_to_the_parameters() {
    let backend = Faer::default();
    let curve = Curve::new(2, misra1a, MISRA1A.x, MISRA1A.y).unwrap();
    let curve = curve.with_gradient(misra1a_gradient);
    for steps in [0, 1, 2, 5, 1000] {
        let budget = leastwise_optim::Budget::steps(steps);
        let fitted = Fit::new(&backend)
            .with_budget(budget)
            .with_jacobian()
            .run(&curve, MISRA1A.starts[0])
            .unwrap();
        assert_eq!(fitted.is_success(), steps == 1000);
        let ended_early = fitted.termination == Termination::StepBudget;
        assert!(!ended_early || fitted.steps == steps);
        let mut r = [f64::NAN; 14];
        let mut j = Mat::zeros(14, 2);
        LeastSquaresProblem::residual(&curve, &fitted.parameters, &mut r).unwrap();
        curve.jacobian(&fitted.parameters, j.as_mut()).unwrap();
        assert_eq!(
            (&fitted.residuals[..], fitted.jacobian.as_ref()),
            (&r[..], Some(&j))
        );
        assert_near(
            "loss",
            fitted.loss,
            euclidean(&r).powi(2),
            30.0 * U * fitted.loss,
        );
    }
}

/// A fit with zero residuals has standard errors of zero, and still reports parameters that are not
/// determined.
#[test]
fn a_perfect_fit_knows_its_null_space() {
    let entries = [1.0, 0.0, 0.0, 0.0];
    let j = MatRef::from_col_major(&entries, 2, 2).unwrap();
    let c = covariance(&Faer::default(), j, &[true; 2], None).unwrap();
    assert_eq!(
        c.clone().scaled_by(0.0).standard_errors,
        [0.0, f64::INFINITY]
    );
    let undefined = c.scaled_by(f64::NAN).standard_errors;
    assert!(undefined[0].is_nan() && undefined[1].is_infinite());
}

#[test]
fn fits_in_f32_have_what_f32_holds() {
    let x: Vec<f32> = MISRA1A.x.iter().copied().map(f32::of).collect();
    let y: Vec<f32> = MISRA1A.y.iter().copied().map(f32::of).collect();
    let model = |x: f32, p: &[f32]| p[0] * (1.0 - (-p[1] * x).exp());
    let fitted: Fitted<f32> = fit(&Faer::default(), model, &x, &y, &[250.0, 5e-4]).unwrap();
    assert!(fitted.is_success(), "{fitted}");
    for (j, &p) in MISRA1A.parameters.iter().enumerate() {
        // The terms of `check_nist` with the ε of f32, where √ε of the loss is visible, and σ = 0.025. They
        // are 0.13 for the end of the run, 0.05 for differences, and 0.01 for the rounding of data and model
        // relative to s.
        let bound = 0.2 * MISRA1A.deviations[j];
        assert_near("parameter", fitted.parameters[j].as_f64(), p, bound);
    }
}

/// More observations than any computer can hold print at once, with the interval of the normal distribution.
/// t differs from z by (z² + 1)/(4ν) of it.
#[test]
fn a_fit_to_a_trillion_observations_prints() {
    let backend = Faer::default();
    let x = [1.0, 2.0, 3.0];
    let curve = Curve::new(1, |x: f64, p: &[f64]| p[0] * x, &x, &[1.0, 2.0, 4.0]).unwrap();
    let problem = FiniteDifferences::central(curve);
    let trillion = 1_000_000_000_000;
    let fit = Fit::new(&backend).with_observations(trillion);
    let fitted = fit.run(&problem, &[1.0]).unwrap();
    assert!(fitted.to_string().contains("1000000000000 observations"));
    let (low, high) = fitted.confidence_intervals(0.95).unwrap()[0];
    let reach = 2.0 * 1.959_963_984_542_426_1 * fitted.standard_errors()[0];
    // The rounding of p ± reach, where reach is 1e-6 of p.
    let bound = 1e-10 * reach + 4.0 * U * high;
    assert_near("interval", high - low, reach, bound);
}

/// A line through four points, and four more points without weight. The result is the same as without them.
#[test]
fn residuals_of_weight_zero_are_not_observations() {
    let backend = Faer::default();
    let x = [0.0, 1.0, 2.0, 3.0, 0.5, 1.5, 2.5, 3.5];
    let y = [1.0, 3.0, 2.0, 5.0, 9.0, -7.0, 8.0, 1.0];
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let gradient = |x: f64, _: &[f64], g: &mut [f64]| (g[0], g[1]) = (1.0, x);
    let curve = |data: usize| {
        let curve = Curve::new(2, line, &x[..data], &y[..data]).unwrap();
        curve.with_gradient(gradient)
    };
    let weights = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let huber = RobustLoss::huber(1.0).unwrap();
    let plain = Fit::new(&backend);
    let fits = [
        (plain.clone(), &[][..]),
        (plain.clone().with_loss(huber), &[]),
        (plain.clone(), &[0]),
        (plain.clone().with_sigma_scale(Sigma::Absolute), &[]),
    ];
    for (fit, held) in fits {
        let start = Parameters::from(&[1.0, 1.0]).with_held(held);
        let four = fit.run(&curve(4), &start).unwrap();
        let weighted = Weighted::new(curve(8), &weights).unwrap();
        let fixed = FixedParameters::new(Weighted::new(curve(8), &weights).unwrap(), &[]).unwrap();
        let differences = FiniteDifferences::central(WithoutJacobian(&weighted));
        let problems: [&dyn LeastSquaresProblem<f64>; 3] = [&weighted, &fixed, &differences];
        for problem in problems {
            let eight = fit.run(problem, &start).unwrap();
            assert_eq!(eight.observations, 4);
            assert_eq!(eight.degrees_of_freedom, four.degrees_of_freedom);
            assert_eq!(eight.residuals.len(), 8);
            // For a linear model, the only errors of central differences are roundings over the step. A run
            // ends within ε^0.75 standard errors of the minimum.
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
            for j in 0..2 {
                let (found, expected) = (eight.standard_errors()[j], four.standard_errors()[j]);
                assert!(close(found, expected), "{found} instead of {expected}");
            }
            let (found, expected) = (
                eight.residual_standard_error(),
                four.residual_standard_error(),
            );
            assert!(close(found, expected), "{found} instead of {expected}");
        }
        let counted = fit.with_observations(30).run(&weighted, &start).unwrap();
        assert_eq!(counted.observations, 30);
    }
}

/// A residual and a Jacobian that do not depend on the parameters, and no step. This tests only the
/// statistics.
fn statistics<T: Scalar>(r: &[T], j: &Mat<T>) -> Fitted<T>
where
    Faer: Backend<T>,
{
    let problem = ClosureResidual::new(r.len(), j.cols(), |_: &[T], out: &mut [T]| {
        out.copy_from_slice(r);
    })
    .unwrap()
    .with_jacobian(|_: &[T], mut out: MatMut<'_, T>| {
        for col in 0..j.cols() {
            for (row, &entry) in j.col(col).iter().enumerate() {
                out[(row, col)] = entry;
            }
        }
    });
    let backend = Faer::default();
    let fit = Fit::new(&backend).with_budget(Budget::steps(0));
    fit.run(&problem, &vec![T::one(); j.cols()]).unwrap()
}

/// 2ᵖ·x, as two factors within the range.
fn by_power<T: Scalar>(x: T, power: i32) -> T {
    let half = power / 2;
    x * T::of(2.0).powi(half) * T::of(2.0).powi(power - half)
}

/// The units of r and of the parameters are powers of two. They change standard errors by exactly these
/// factors, and nothing else.
fn units_are_exact<T: AdapterScalar>(
    columns: i32,
    residuals: std::ops::RangeInclusive<i32>,
    seed: u64,
) where
    Faer: Backend<T>,
{
    let mut random = Random(seed);
    let mut uniform = |low: i32, high: i32| {
        let span = f64::from(high - low + 1);
        #[expect(clippy::cast_possible_truncation, reason = "of numbers below 1000")]
        let offset = (random.next() * span).floor() as i32;
        low + offset
    };
    for case in 0..300 {
        let n = usize::try_from(uniform(1, 4)).unwrap();
        let m = n + usize::try_from(uniform(1, 6)).unwrap();
        let mut entry = || T::of(f64::from(uniform(-999, 999)) / 999.0);
        let r: Vec<T> = (0..m).map(|_| entry()).collect();
        let mut j = Mat::from_fn(m, n, |_, _| entry());
        let has_zeros = case % 5 == 0;
        if has_zeros {
            j.col_mut(n - 1).fill(T::zero());
        }
        let powers: Vec<i32> = (0..n).map(|_| uniform(-columns, columns)).collect();
        let power = uniform(*residuals.start(), *residuals.end());
        let r_scaled: Vec<T> = r.iter().map(|&ri| by_power(ri, power)).collect();
        let j_scaled = Mat::from_fn(m, n, |row, col| by_power(j[(row, col)], powers[col]));
        let (one, other) = (statistics(&r, &j), statistics(&r_scaled, &j_scaled));
        let place = format!("seed {seed}, case {case}, {}", T::NAME);
        assert_eq!(one.rank(), n - usize::from(has_zeros), "{place}");
        for (k, unit) in powers.iter().enumerate() {
            let (se, found) = (one.standard_errors()[k], other.standard_errors()[k]);
            assert_eq!(se.is_infinite(), has_zeros && k == n - 1, "{place}");
            assert_eq!(found, by_power(se, power - unit), "{place}, column {k}");
        }
        let bits = |fitted: &Fitted<T>| {
            fitted
                .correlation()
                .data()
                .iter()
                .map(|c| c.as_f64().to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&one), bits(&other), "{place}");
        assert_eq!(
            one.covariance.without_effect, other.covariance.without_effect,
            "{place}"
        );
        for backend in all::<T>(1) {
            let free = vec![true; n];
            let one = covariance(&*backend, j.as_ref(), &free, None).unwrap();
            let other = covariance(&*backend, j_scaled.as_ref(), &free, None).unwrap();
            for (k, unit) in powers.iter().enumerate() {
                let expected = by_power(one.standard_errors[k], -unit);
                assert_eq!(other.standard_errors[k], expected, "{place}, column {k}");
            }
        }
    }
}

/// xorshift64* of S. Vigna (2016), in [0, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        bits as f64 * 2f64.powi(-53)
    }
}

/// The squares of residuals below 2⁻⁵¹¹ and 2⁻⁶³ underflow.
#[test]
fn units_change_standard_errors_by_exactly_that() {
    units_are_exact::<f64>(300, -700..=300, 14);
    units_are_exact::<f32>(40, -70..=40, 14);
}

/// At the ends of the range, (JᵀJ)⁻¹ⱼⱼ of orthogonal columns is 1/‖J·eⱼ‖², although no square is in the
/// range.
#[test]
fn standard_errors_are_right_at_the_ends_of_the_range() {
    let third = f64::MAX / 3.0;
    let subnormal = f64::from_bits(3 << 20);
    for size in [subnormal, 1e-310, 1e-200, 1e200, third, f64::MAX] {
        let entries = [
            size, size, size, size, 1.0, -1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0,
        ];
        let j = MatRef::from_col_major(&entries, 4, 3).unwrap();
        for backend in all::<f64>(1) {
            let c = covariance(&*backend, j, &[true; 3], None).unwrap();
            let expected = 0.5 / size;
            let found = c.standard_errors[0];
            let is_right = (found / expected - 1.0).abs() <= 20.0 * U;
            assert!(is_right || found == expected, "{size:e}: {found:e}");
            assert_near("the other", c.standard_errors[1], 0.5, 20.0 * U);
            assert_eq!((c.rank, c.standard_errors[2]), (2, f64::INFINITY));
            assert_eq!(c.without_effect, [2]);
        }
    }
    // s/‖J·e₀‖ is 1/(2·√3) · ‖r‖/size, where 1/size exceeds the range: r = size·(1, −1, 1, −1)/2.
    let size = 1e-310;
    let r = [0.5 * size, -0.5 * size, 0.5 * size, -0.5 * size];
    let j = Mat::from_col_major(vec![size; 4], 4, 1).unwrap();
    let fitted = statistics(&r, &j);
    // A subnormal of 1e-310 has 2⁴⁴ units.
    let (expected, bound) = (0.5 / 3f64.sqrt(), 2f64.powi(-42));
    assert_near("subnormal", fitted.standard_errors()[0], expected, bound);
}

/// Columns 0 and 2 are equal, 1 and 4 are opposite, 3 depends on no other, and 5 is zero.
#[test]
fn what_is_dependent_is_named_in_groups() {
    let columns: [[f64; 5]; 4] = [
        [1.0, 2.0, -1.0, 0.5, 0.0],
        [0.0, 1.0, 3.0, -2.0, 1.0],
        [1.0, 0.0, 0.0, 1.0, 1.0],
        [0.0; 5],
    ];
    let scaled = [
        (0, 1.0),
        (1, 1.0),
        (0, 1e200),
        (2, 1.0),
        (1, -1e-200),
        (3, 1.0),
    ];
    let j = Mat::from_fn(5, 6, |row, col| columns[scaled[col].0][row] * scaled[col].1);
    for backend in all::<f64>(1) {
        let c = covariance(&*backend, j.as_ref(), &[true; 6], None).unwrap();
        assert_eq!(c.rank, 3);
        assert_eq!(c.dependent, [vec![0, 2], vec![1, 4]]);
        assert_eq!(c.without_effect, [5]);
        let infinite = [0, 1, 2, 4, 5].map(|k: usize| c.standard_errors[k]);
        assert_eq!(infinite, [f64::INFINITY; 5]);
        assert!(c.standard_errors[3].is_finite());
        assert!(c.neglected <= 5.0 * f64::EPSILON);
    }
}

/// For 2000 matrices of small integers of every rank: the error of a parameter is that of its unit vector, the rows of J
/// are determined, and their leverages add up to the rank.
#[test]
fn the_error_of_a_quantity_follows_from_the_covariance() {
    for seed in 0..2000 {
        let mut random = StdRng::seed_from_u64(seed as u64);
        let mut draws = |below: usize| random.random_range(0..below);
        let (m, n) = (2 + draws(9), 1 + draws(5));
        let factors = 1 + draws(n.min(m));
        let mut integers =
            |count: usize| -> Vec<f64> { (0..count).map(|_| draws(7) as f64 - 3.0).collect() };
        let (left, right) = (integers(m * factors), integers(factors * n));
        let scale = 2f64.powi([-400, -3, 0, 5, 400][seed % 5]);
        let j = Mat::from_fn(m, n, |i, k| {
            let terms = (0..factors).map(|f| left[i * factors + f] * right[f * n + k]);
            terms.sum::<f64>() * scale
        });
        let free: Vec<bool> = (0..n).map(|_| draws(4) > 0).collect();
        let c = covariance(&Faer::default(), j.as_ref(), &free, None).unwrap();
        for k in 0..n {
            let unit: Vec<f64> = (0..n).map(|l| f64::from(u8::from(l == k))).collect();
            let (found, expected) = (c.standard_error_of(&unit).unwrap(), c.standard_errors[k]);
            let is_right = (found / expected - 1.0).abs() <= 100.0 * U || found == expected;
            assert!(is_right, "{seed}: {found:e} {expected:e}");
        }
        let leverages = (0..m).map(|i| {
            let row: Vec<f64> = (0..n).map(|k| j[(i, k)]).collect();
            c.standard_error_of(&row).unwrap().powi(2)
        });
        let sum: f64 = leverages.sum();
        // The rank of integers up to 45 is clear: κ is below 1e6.
        assert!(
            (sum - c.rank as f64).abs() < 1e-8,
            "{seed}: {sum} {}",
            c.rank
        );
    }
}

/// By SciPy 1.17.1: `chi2.sf(c, v)`.
#[test]
fn the_probability_of_chi_squared_is_that_of_scipy() {
    for (m, loss, probability) in [
        (5usize, 3.2, 0.524_930_946_786_104_1),
        (11, 22.5, 0.012_750_473_388_814_921),
        (101, 85.0, 0.857_937_764_489_243_9),
    ] {
        // Equal sizes, with a mean of 0.
        let size = (loss / (m - 1) as f64).sqrt();
        let mut y: Vec<f64> = (0..m)
            .map(|i| if i % 2 == 0 { size } else { -size })
            .collect();
        y[m - 1] = 0.0;
        let x = vec![0.0; m];
        let level = Curve::new(1, |_: f64, p: &[f64]| p[0], &x, &y).unwrap();
        let problem = FiniteDifferences::central(level);
        let backend = Faer::default();
        let fit = Fit::new(&backend).with_sigma_scale(Sigma::Absolute);
        let fitted = fit.run(&problem, &[0.0]).unwrap();
        let found = fitted.chi_squared_probability().unwrap();
        // dP/d ln χ² is below 0.5·√m.
        assert_near("probability", found, probability, 1e-12 * (m as f64).sqrt());
        let parameters = fitted.aic().unwrap() - fitted.loss;
        assert_near("twice the parameters", parameters, 2.0, 1e-12 * loss);
    }
    let unweighted = fit(
        &Faer::default(),
        |_, p| p[0],
        &[0.0, 1.0],
        &[1.0, 2.0],
        &[0.0],
    );
    assert_eq!(unweighted.unwrap().chi_squared_probability(), None);
}
