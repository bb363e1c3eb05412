//! Fewer residuals than parameters.

use leastwise_core::norm::euclidean;
use leastwise_core::{LeastSquares, LstsqOptions, Mat, MatMut, Method};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{
    Bounds, Budget, ClosureResidual, Curve, FiniteDifferences, Fit, LeastSquaresProblem,
    LevenbergMarquardt, Parameters, Weighted, minimize,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The line through one point that is nearest to the start, in units of the columns: p = s − Jᵀ·r/‖J‖² there.
#[test]
fn a_fit_has_minimum_norm_and_names_what_is_not_determined() {
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x + p[2];
    let curve = Curve::new(3, line, &[1.0, 1.0], &[3.0, 3.0]).unwrap();
    let fitted = Fit::new(&Faer::default())
        .with_jacobian()
        .run(&FiniteDifferences::central(curve), &[0.0; 3])
        .unwrap();
    assert!(fitted.is_success(), "{fitted}");
    for p in &fitted.parameters {
        assert!((p - 1.0).abs() < 1e-9, "{fitted}");
    }
    assert_eq!((fitted.rank(), fitted.degrees_of_freedom), (1, 1));
    assert_eq!(fitted.standard_errors(), [f64::INFINITY; 3]);
    assert_eq!(fitted.covariance.dependent, [vec![0, 1, 2]]);
    assert_eq!(fitted.residuals.len(), 2);
    let jacobian = fitted.jacobian.as_ref().unwrap();
    assert_eq!((jacobian.rows(), jacobian.cols()), (2, 3));
    let text = fitted.to_string();
    assert!(text.contains("rank 1 of 3"), "{text}");
    assert!(
        text.contains("the data cannot distinguish p[0], p[1] and p[2] here"),
        "{text}"
    );
}

/// Random linear systems of every shape and scale. From 0, the end is the solution of minimum norm in units of the column
/// lengths, A·D⁻¹ = U·Σ·Vᵀ, and every row is met.
#[test]
fn linear_problems_end_at_the_minimum_norm_solution() {
    let backend = Faer::default();
    for seed in 0..300 {
        let mut random = StdRng::seed_from_u64(seed);
        let n = random.random_range(2..9);
        let m = random.random_range(1..n);
        let scales: Vec<f64> = (0..n)
            .map(|_| 10f64.powi(random.random_range(-8..8)))
            .collect();
        let size = 10f64.powi(random.random_range(-20..20));
        let unit = Mat::from_fn(m, n, |_, _| random.random_range(-1.0..1.0));
        let a = Mat::from_fn(m, n, |i, j| size * unit[(i, j)] * scales[j]);
        let b: Vec<f64> = (0..m)
            .map(|_| size * random.random_range(-1.0..1.0))
            .collect();
        let multiply = |x: &[f64], i: usize| (0..n).map(|j| a[(i, j)] * x[j]).sum::<f64>();
        let problem = ClosureResidual::new(m, n, |x: &[f64], r: &mut [f64]| {
            for (i, ri) in r.iter_mut().enumerate() {
                *ri = multiply(x, i) - b[i];
            }
        });
        let problem = problem
            .unwrap()
            .with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| {
                for i in 0..m {
                    for k in 0..n {
                        j[(i, k)] = a[(i, k)];
                    }
                }
            });
        let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
        let report = minimize(
            &mut lm,
            &problem,
            &vec![0.0; n],
            &Budget::steps(100),
            &mut [],
        )
        .unwrap();
        assert!(report.termination.is_success(), "{seed}: {report:?}");
        let norm_b = euclidean(&b);
        assert!(report.root_of_loss <= 1e-10 * norm_b, "{seed}: {report:?}");
        // D is the length of the columns.
        let lengths: Vec<f64> = (0..n).map(|j| euclidean(a.col(j))).collect();
        let scaled = Mat::from_fn(m, n, |i, j| a[(i, j)] / lengths[j]);
        let right = Mat::from_col_major(b.clone(), m, 1).unwrap();
        let options = LstsqOptions::new(Method::Svd);
        let least = backend
            .lstsq(scaled.as_ref(), right.as_ref(), &options)
            .unwrap();
        for (j, length) in lengths.iter().enumerate() {
            let (found, expected) = (report.parameters[j] * length, least.x[(j, 0)]);
            assert!(
                (found - expected).abs() <= 1e-6 * euclidean(least.x.col(0)),
                "{seed}: {found} {expected}"
            );
        }
    }
}

/// Random nonlinear problems, with and without differences, bounds, held parameters and weights of zero: a success is a
/// point where the gradient vanishes within the bounds, and the same with rows of zeros instead.
#[test]
fn a_success_is_stationary() {
    let backend = Faer::default();
    let mut successes = 0;
    for seed in 0..400 {
        let mut random = StdRng::seed_from_u64(seed);
        let n = random.random_range(2..7);
        let m = random.random_range(1..n);
        let y: Vec<f64> = (0..m).map(|_| random.random_range(-2.0..2.0)).collect();
        let w: Vec<f64> = (0..m * n).map(|_| random.random_range(-1.0..1.0)).collect();
        let model = |p: &[f64], i: usize| {
            (0..n)
                .map(|j| w[i * n + j] * (p[j] + 0.3 * p[(j + 1) % n] * p[j]))
                .sum::<f64>()
        };
        let evaluate = |p: &[f64], r: &mut [f64]| {
            for (i, ri) in r.iter_mut().enumerate() {
                *ri = if i < m { model(p, i) - y[i] } else { 0.0 };
            }
        };
        let start: Vec<f64> = (0..n).map(|_| random.random_range(-1.0..1.0)).collect();
        let mut parameters = Parameters::from(&start);
        let bounds = Bounds::new(&vec![-1.5; n], &vec![1.2; n]).unwrap();
        let (is_bounded, is_held) = (random.random_bool(0.5), random.random_bool(0.3));
        if is_bounded {
            parameters = parameters.with_bounds(bounds.clone());
        }
        if is_held {
            parameters = parameters.with_held(&[0]);
        }
        let problem = ClosureResidual::new(m, n, evaluate).unwrap();
        let fit = Fit::new(&backend);
        let fitted = fit
            .run(&FiniteDifferences::central(problem), &parameters)
            .unwrap();
        assert!(!is_bounded || bounds.contains(&fitted.parameters), "{seed}");
        if !fitted.is_success() {
            continue;
        }
        successes += 1;
        // The derivative along each free parameter, by differences: none lowers the loss by more than rounding.
        let loss = |p: &[f64]| (0..m).map(|i| (model(p, i) - y[i]).powi(2)).sum::<f64>();
        let least = loss(&fitted.parameters);
        for j in usize::from(is_held)..n {
            for step in [1e-4, -1e-4] {
                let mut p = fitted.parameters.clone();
                p[j] += step;
                if !is_bounded || bounds.contains(&p) {
                    let lower = least - loss(&p);
                    assert!(
                        lower <= 1e-6 * least + 1e-18,
                        "{seed}: {lower:e} of {least:e}\n{fitted}"
                    );
                }
            }
        }
        // Rows of zeros add nothing.
        let padded = ClosureResidual::new(n, n, evaluate).unwrap();
        let weights: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i < m))).collect();
        let padded = Weighted::new(FiniteDifferences::central(padded), &weights).unwrap();
        let other = fit.run(&padded, &parameters).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * (1.0 + b.abs());
        let pairs = fitted.parameters.iter().zip(&other.parameters);
        assert!(
            pairs.clone().all(|(a, b)| near(*a, *b)),
            "{seed}:\n{fitted}\n{other}"
        );
        assert_eq!(fitted.rank(), other.rank(), "{seed}");
    }
    assert!(successes > 350, "{successes}");
}

#[test]
fn no_residual_is_refused() {
    let none = ClosureResidual::new(0, 2, |_: &[f64], _: &mut [f64]| {});
    let Ok(none) = none else { return };
    let none = FiniteDifferences::central(none);
    assert_eq!(none.residuals(), 0);
    let backend = Faer::default();
    let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
    let error = minimize(&mut lm, &none, &[1.0, 1.0], &Budget::steps(5), &mut []).unwrap_err();
    assert_eq!(
        error.to_string(),
        "DenseQr: residuals of the problem must be at least 1, but it is 0"
    );
}
