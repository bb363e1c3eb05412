//! Curves fitted from starts that are off by factors of ten and more, as people have them.

mod gradient_test;

use gradient_test::largest_cosine;
use leastwise_core::{MatMut, Result};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{Budget, LeastSquaresProblem, LevenbergMarquardt, Report, minimize};
use leastwise_problems::standard_normal;

const POINTS: usize = 40;
const DRAWS: u64 = 200;

/// y(t; p) and its derivatives by p.
type Curve = fn(&[f64], f64, &mut [f64]) -> f64;

/// p₁·exp(−p₂·t) + p₃
fn decay(p: &[f64], t: f64, dp: &mut [f64]) -> f64 {
    let e = (-p[1] * t).exp();
    (dp[0], dp[1], dp[2]) = (e, -p[0] * t * e, 1.0);
    p[0] * e + p[2]
}

/// p₁·exp(−p₂·t) + p₃·exp(−p₄·t)
fn two_decays(p: &[f64], t: f64, dp: &mut [f64]) -> f64 {
    let (e, f) = ((-p[1] * t).exp(), (-p[3] * t).exp());
    (dp[0], dp[1]) = (e, -p[0] * t * e);
    (dp[2], dp[3]) = (f, -p[2] * t * f);
    p[0] * e + p[2] * f
}

/// p₁·exp(−((t − p₂)/p₃)²)
fn gaussian(p: &[f64], t: f64, dp: &mut [f64]) -> f64 {
    let z = (t - p[1]) / p[2];
    let e = (-z * z).exp();
    (dp[0], dp[1]) = (e, p[0] * e * 2.0 * z / p[2]);
    dp[2] = dp[1] * z;
    p[0] * e
}

/// (p₁ + p₂·t)/(1 + p₃·t)
fn rational(p: &[f64], t: f64, dp: &mut [f64]) -> f64 {
    let (above, below) = (p[0] + p[1] * t, 1.0 + p[2] * t);
    (dp[0], dp[1]) = (1.0 / below, t / below);
    dp[2] = -above * t / (below * below);
    above / below
}

/// p₁/(1 + p₃·exp(−p₂·t))
fn logistic(p: &[f64], t: f64, dp: &mut [f64]) -> f64 {
    let e = (-p[1] * t).exp();
    let below = 1.0 + p[2] * e;
    dp[0] = 1.0 / below;
    dp[1] = p[0] * p[2] * t * e / (below * below);
    dp[2] = -p[0] * e / (below * below);
    p[0] / below
}

struct Fit {
    curve: Curve,
    parameters: usize,
    y: Vec<f64>,
}

fn time(i: usize) -> f64 {
    0.1 * i as f64
}

impl Fit {
    /// Values at `truth` with noise of 0.01.
    fn new(curve: Curve, truth: &[f64], seed: u64) -> Self {
        let noise = standard_normal::<f64>(POINTS, 1, seed, 1);
        let mut derivatives = vec![0.0; truth.len()];
        let y = (0..POINTS).map(|i| {
            let exact = curve(truth, time(i), &mut derivatives);
            exact + 0.01 * noise[(i, 0)]
        });
        Self {
            y: y.collect(),
            parameters: truth.len(),
            curve,
        }
    }

    fn solve(&self, start: &[f64]) -> Report<f64> {
        let backend = Faer::default();
        let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
        minimize(&mut lm, self, start, &Budget::steps(1000), &mut []).unwrap()
    }
}

impl LeastSquaresProblem<f64> for Fit {
    fn residuals(&self) -> usize {
        POINTS
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        let mut derivatives = vec![0.0; self.parameters];
        for (i, (ri, yi)) in r.iter_mut().zip(&self.y).enumerate() {
            *ri = (self.curve)(x, time(i), &mut derivatives) - yi;
        }
        Ok(())
    }

    fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        let mut derivatives = vec![0.0; self.parameters];
        for i in 0..POINTS {
            (self.curve)(x, time(i), &mut derivatives);
            for (col, derivative) in derivatives.iter().enumerate() {
                j[(i, col)] = *derivative;
            }
        }
        Ok(())
    }
}

/// Every parameter of the truth times 10^z, z standard normal: off by 10 is usual, by 100 happens.
fn far_start(truth: &[f64], seed: u64) -> Vec<f64> {
    let z = standard_normal::<f64>(truth.len(), 1, seed, 2);
    let off = truth.iter().zip(z.data());
    off.map(|(p, z)| p * 10f64.powf(*z)).collect()
}

#[test]
fn no_success_is_reported_where_the_gradient_test_fails() {
    let fits: [(Curve, &[f64], &str, u64); 5] = [
        // How many of 100 draws have to end where the truth as the start leads; about 5 more do.
        (decay, &[5.0, 1.5, 1.0], "decay", 87),
        (two_decays, &[2.0, 0.5, 1.0, 3.0], "two decays", 80),
        (gaussian, &[3.0, 2.0, 0.7], "Gaussian", 60),
        (rational, &[1.0, 2.0, 0.5], "rational", 95),
        (logistic, &[10.0, 1.2, 20.0], "logistic", 89),
    ];
    for (curve, truth, name, percentage) in fits {
        let mut solved = 0;
        for seed in 0..DRAWS {
            let fit = Fit::new(curve, truth, seed);
            let best = fit.solve(truth);
            assert!(
                best.termination.is_success(),
                "{name}, seed {seed}: {best:?}"
            );
            let report = fit.solve(&far_start(truth, seed));
            solved += u64::from(report.loss <= best.loss * (1.0 + 1e-9));
            if report.termination.is_success() {
                let (cosine, bound) = largest_cosine(&fit, &report.parameters);
                assert!(
                    cosine <= bound,
                    "{name}, seed {seed}: {cosine:e} {report:?}"
                );
            }
        }
        assert!(
            solved * 100 >= percentage * DRAWS,
            "{name}: {solved} of {DRAWS}"
        );
    }
}
