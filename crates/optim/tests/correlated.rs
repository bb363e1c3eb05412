//! Data with a full covariance.

use leastwise_core::Mat;
use leastwise_faer::Faer;
use leastwise_optim::{
    Correlated, Curve, FiniteDifferences, Fit, Fitted, LeastSquaresProblem, Parameters, Sigma,
};
use qd::Quad;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

fn wide(x: f64) -> Quad {
    Quad::from(x)
}

fn narrow(x: Quad) -> f64 {
    x.0 + x.1
}

/// Solves A·X = B in extended precision by elimination with pivots.
fn solve(mut a: Vec<Vec<Quad>>, mut b: Vec<Vec<Quad>>) -> Vec<Vec<Quad>> {
    let n = a.len();
    for k in 0..n {
        let size = |i: usize| narrow(a[i][k]).abs();
        let pivot = (k..n).max_by(|&i, &j| size(i).total_cmp(&size(j))).unwrap();
        a.swap(k, pivot);
        b.swap(k, pivot);
        for i in 0..n {
            if i != k {
                let factor = a[i][k] / a[k][k];
                let pivot = a[k].clone();
                for (target, &entry) in a[i].iter_mut().zip(&pivot).skip(k) {
                    *target -= factor * entry;
                }
                for j in 0..b[k].len() {
                    let change = factor * b[k][j];
                    b[i][j] -= change;
                }
            }
        }
    }
    for k in 0..n {
        for j in 0..b[k].len() {
            b[k][j] /= a[k][k];
        }
    }
    b
}

/// Estimates and covariance (AᵀΣ⁻¹A)⁻¹ of generalised least squares for a linear model, in extended precision.
fn truth(a: &[Vec<f64>], y: &[f64], sigma: &Mat<f64>) -> (Vec<f64>, Vec<f64>, f64) {
    let (m, n) = (a.len(), a[0].len());
    let covariance = (0..m).map(|i| (0..m).map(|j| wide(sigma[(i, j)])).collect());
    let right = (0..m).map(|i| {
        let row = a[i].iter().chain([&y[i]]);
        row.map(|&x| wide(x)).collect()
    });
    // Σ⁻¹·[A y]
    let solved = solve(covariance.collect(), right.collect());
    let product = |j: usize, k: usize| {
        let entry = |i: usize, j: usize| wide(if j < n { a[i][j] } else { y[i] });
        (0..m).fold(wide(0.0), |sum, i| sum + entry(i, j) * solved[i][k])
    };
    let normal = (0..n).map(|j| (0..n).map(|k| product(j, k)).collect());
    let right = (0..n).map(|j| {
        let unit = (0..n).map(|k| wide(f64::from(u8::from(j == k))));
        unit.chain([product(j, n)]).collect()
    });
    let inverse = solve(normal.collect(), right.collect());
    let p: Vec<f64> = inverse.iter().map(|row| narrow(row[n])).collect();
    let errors = (0..n).map(|j| narrow(inverse[j][j]).sqrt()).collect();
    let fitted = (0..n).fold(wide(0.0), |sum, j| sum + product(j, n) * inverse[j][n]);
    (p, errors, narrow(product(n, n) - fitted))
}

/// A covariance of this correlation between neighbours, ρ^|i−j|, with deviations of any scale.
fn covariance(random: &mut StdRng, m: usize, rho: f64, decades: i32) -> Mat<f64> {
    let deviations: Vec<f64> = (0..m)
        .map(|_| 10f64.powi(random.random_range(-decades..=decades)))
        .collect();
    Mat::from_fn(m, m, |i, j| {
        let steps = i32::try_from(i.abs_diff(j)).unwrap();
        rho.powi(steps) * deviations[i] * deviations[j]
    })
}

fn line(x: f64, p: &[f64]) -> f64 {
    p[0] + p[1] * x
}

fn run(x: &[f64], y: &[f64], sigma: &Mat<f64>, scale: Sigma) -> Fitted<f64> {
    let backend = Faer::default();
    let curve = Curve::new(2, line, x, y).unwrap();
    let curve = curve.with_gradient(|x, _, g: &mut [f64]| (g[0], g[1]) = (1.0, x));
    let problem = Correlated::new(&backend, curve, sigma.as_ref()).unwrap();
    let fit = Fit::new(&backend).with_sigma_scale(scale);
    fit.run(&problem, &[0.0, 0.0]).unwrap()
}

#[test]
fn estimates_and_errors_are_those_of_generalised_least_squares() {
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let m = random.random_range(3..12);
        let rho = random.random_range(-0.9..0.95);
        let decades = random.random_range(0..4);
        let sigma = covariance(&mut random, m, rho, decades);
        let x: Vec<f64> = (0..m).map(|_| random.random_range(-2.0..3.0)).collect();
        let y: Vec<f64> = x
            .iter()
            .map(|x| 1.0 + 2.0 * x + random.random_range(-1.0..1.0))
            .collect();
        let rows: Vec<Vec<f64>> = x.iter().map(|&x| vec![1.0, x]).collect();
        let (p, errors, chi_squared) = truth(&rows, &y, &sigma);
        let fitted = run(&x, &y, &sigma, Sigma::Absolute);
        assert!(fitted.is_success(), "{seed}: {fitted}");
        // κ of the whitened columns is at most some 1e5 here; a run ends within ε^0.7 standard errors.
        for j in 0..2 {
            let off = (fitted.parameters[j] - p[j]).abs();
            let rounding = 1e-9 * p[j].abs();
            assert!(
                off <= 1e-8 * errors[j] * (1.0 + chi_squared.sqrt()) + rounding,
                "{seed}: {off:e}\n{fitted}"
            );
            let error = fitted.standard_errors()[j];
            assert!(
                (error - errors[j]).abs() <= 1e-9 * errors[j],
                "{seed}: {error} {}",
                errors[j]
            );
        }
        assert!(
            (fitted.loss - chi_squared).abs() <= 1e-9 * chi_squared.max(1e-3),
            "{seed}"
        );
        // A factor of the covariance changes no relative error.
        let scaled = Mat::from_fn(m, m, |i, j| 1e-7 * sigma[(i, j)]);
        let relative = run(&x, &y, &sigma, Sigma::Relative);
        let other = run(&x, &y, &scaled, Sigma::Relative);
        for j in 0..2 {
            let (a, b) = (relative.standard_errors()[j], other.standard_errors()[j]);
            assert!((a - b).abs() <= 1e-9 * b, "{seed}");
        }
    }
}

/// A diagonal covariance is that of sigmas, also by differences, with ties and in threads.
#[test]
fn a_diagonal_covariance_is_that_of_sigmas() {
    let backend = Faer::default();
    let x = [0.0, 1.0, 2.0, 3.0, 4.0];
    let y = [5.1, 3.0, 1.9, 1.1, 0.7];
    let sigmas = [0.1, 0.2, 0.1, 0.3, 0.1];
    let decay = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp() + p[2];
    let curve = || Curve::new(3, decay, &x, &y).unwrap();
    let sigma = Mat::from_fn(
        5,
        5,
        |i, j| if i == j { sigmas[i] * sigmas[i] } else { 0.0 },
    );
    let problem = Correlated::new(
        &backend,
        FiniteDifferences::central(curve()),
        sigma.as_ref(),
    );
    let problem = problem.unwrap();
    let parameters = || {
        Parameters::new()
            .free("a", 4.0)
            .free("k", 1.0)
            .tied("c", |p| 0.01 * p[0])
    };
    let fit = Fit::new(&backend).with_starts(3);
    let fitted = fit.run(&problem, parameters()).unwrap();
    let threaded = fit
        .clone()
        .with_threads(2)
        .run(&problem, parameters())
        .unwrap();
    assert_eq!(fitted.parameters, threaded.parameters);
    let weighted = FiniteDifferences::central(curve().with_sigmas(&sigmas).unwrap());
    let expected = fit.run(&weighted, parameters()).unwrap();
    for j in 0..3 {
        let error = expected.standard_errors()[j];
        assert!((fitted.parameters[j] - expected.parameters[j]).abs() <= 1e-5 * error);
        assert!((fitted.standard_errors()[j] - error).abs() <= 1e-6 * error);
    }
}

#[test]
fn a_covariance_that_is_none_is_refused() {
    let backend = Faer::default();
    let curve = || {
        let curve = Curve::new(2, line, &[0.0, 1.0, 2.0], &[1.0, 2.0, 4.0]).unwrap();
        curve.with_gradient(|x, _, g: &mut [f64]| (g[0], g[1]) = (1.0, x))
    };
    let refused = |entries: [f64; 9]| {
        let sigma = Mat::from_col_major(entries.to_vec(), 3, 3).unwrap();
        let problem = Correlated::new(&backend, curve(), sigma.as_ref());
        problem.map(|_| ()).unwrap_err().to_string()
    };
    for (entries, text) in [
        (
            [1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
            "must have positive variances, but entry (1, 1) is -1",
        ),
        (
            [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
            "must have positive variances, but entry (1, 1) is 0",
        ),
        (
            [1.0, 0.5, 0.0, 0.4, 1.0, 0.0, 0.0, 0.0, 1.0],
            "must be symmetric, but entry (1, 0) is 0.5, and (0, 1) is 0.4",
        ),
        (
            [4.0, 0.0, 5.0, 0.0, 1.0, 0.0, 5.0, 0.0, 4.0],
            "must be positive definite, but the correlation of data 0 and 2 is 1.25",
        ),
        (
            // Three data that each contradict the others.
            [1.0, -0.9, -0.9, -0.9, 1.0, -0.9, -0.9, -0.9, 1.0],
            "must be positive definite to working precision: with variances of 1, pivots of Cholesky must be above 6.7e-16, but",
        ),
        (
            // The second datum repeats the first.
            [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            "must be positive definite to working precision: with variances of 1, pivots of Cholesky must be above 6.7e-16, but",
        ),
        ([f64::NAN; 9], "must be finite, but entry (0, 0) is NaN"),
    ] {
        let message = refused(entries);
        let start = format!("Correlated: covariance {text}");
        assert!(message.starts_with(&start), "{message}");
    }
    let small = Mat::from_fn(2, 2, |i, j| f64::from(u8::from(i == j)));
    let error = Correlated::new(&backend, curve(), small.as_ref())
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Correlated: covariance must be 3x3, as there are 3 residuals, but it is 2x2"
    );
    assert_eq!(LeastSquaresProblem::residuals(&curve()), 3);
}

/// R's `nls` has no full covariance. By SciPy 1.17.1: `curve_fit(f, x, y, p0, sigma=Σ, absolute_sigma=…)` for its data
/// Puromycin, treated, with tolerances of 1e-15.
#[test]
fn a_curve_with_a_covariance_is_that_of_scipy() {
    let (x, y): (Vec<f64>, Vec<f64>) = [
        (0.02, 76.0),
        (0.02, 47.0),
        (0.06, 97.0),
        (0.06, 107.0),
        (0.11, 123.0),
        (0.11, 139.0),
        (0.22, 159.0),
        (0.22, 152.0),
        (0.56, 191.0),
        (0.56, 201.0),
        (1.1, 207.0),
        (1.1, 200.0),
    ]
    .into_iter()
    .unzip();
    let correlation = |i: usize, j: usize| 0.6f64.powf(i.abs_diff(j) as f64);
    let sigma = Mat::from_fn(12, 12, |i, j| 100.0 * correlation(i, j));
    let rate = |x: f64, p: &[f64]| p[0] * x / (p[1] + x);
    let backend = Faer::default();
    for (scale, errors) in [
        (Sigma::Absolute, [9.022_825_49, 0.009_969_47]),
        (Sigma::Relative, [13.694_629_4, 0.015_131_42]),
    ] {
        let curve = FiniteDifferences::central(Curve::new(2, rate, &x, &y).unwrap());
        let problem = Correlated::new(&backend, curve, sigma.as_ref()).unwrap();
        let fit = Fit::new(&backend).with_sigma_scale(scale);
        let fitted = fit.run(&problem, &[200.0, 0.05]).unwrap();
        assert!(fitted.is_success(), "{fitted}");
        // The reference has this many digits.
        let found = fitted.parameters.iter().chain(fitted.standard_errors());
        let expected = [207.786_728, 0.055_949_854_7].into_iter().chain(errors);
        for (found, expected) in found.zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
        }
        let correlation = fitted.correlation()[(0, 1)];
        assert!((correlation - 0.632_732_48).abs() < 1e-6, "{correlation}");
    }
}
