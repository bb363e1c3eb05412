//! A net on reduced data is equivalent to the net on all data.
//!
//! The reduced data are exact for X + ΔX and Y + ΔY with ‖ΔX‖ ≤ η·‖X‖ and ‖ΔY‖ ≤ η·‖Y‖ in the Frobenius norm.
//! All bounds here follow from this. η = p·30·√(bn)·u for p factorisations of b rows.

use leastwise_core::norm::euclidean;
use leastwise_core::{Factorizations, Mat, Method, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Dense, FixedStep, StepSolver};
use leastwise_optim::{Budget, GradientDescent, LeastSquaresProblem, LevenbergMarquardt};
use leastwise_optim::{Counts, Objective, minimize};
use leastwise_testset::standard_normal;
use leastwise_two_factor::{Spectrum, TwoLayerNet, TwoLayerNetInstance, TwoLayerNetSpec};
use leastwise_two_factor::{TwoFactorProblem, reduce};

const U: f64 = f64::UNIT_ROUNDOFF;

const SPEC: TwoLayerNetSpec = TwoLayerNetSpec {
    xdim: 4,
    wdim: 3,
    ydim: 5,
    nsamples: 700,
    seed: 3,
    start_scale: 0.3,
    spectrum: Spectrum::RowScaled,
};

/// The net with noise in Y, on all data and on reduced data, and a starting point.
struct Pair {
    full: TwoLayerNet<f64>,
    few: TwoLayerNet<f64>,
    start: Vec<f64>,
}

fn pair() -> Pair {
    let TwoLayerNetInstance { net, start, .. } = SPEC.draw::<f64>().unwrap();
    let noise = standard_normal::<f64>(net.outputs(), net.samples(), 11, 0);
    let mut y = net.y().to_mat();
    for (yi, ei) in y.data_mut().iter_mut().zip(noise.data()) {
        *yi += 0.1 * ei;
    }
    let full = TwoLayerNet::new(&net.x().to_mat(), &y, net.hidden()).unwrap();
    let few = full.reduced(&Faer::default()).unwrap();
    Pair { full, few, start }
}

/// The η of the bounds.
fn eta(net: &TwoLayerNet<f64>) -> f64 {
    let block = 256.0;
    let passes = (net.samples() as f64 / (block - net.inputs() as f64)).ceil() + 1.0;
    passes * 30.0 * (block * net.inputs() as f64).sqrt() * U
}

/// Frobenius norms.
struct Norms {
    x: f64,
    y: f64,
    w1: f64,
    w2: f64,
}

impl Norms {
    fn new(net: &TwoLayerNet<f64>, w: &[f64]) -> Self {
        let (w1, w2) = net.weights(w).unwrap();
        let norm = |a: Mat<f64>| a.frobenius_norm();
        Self {
            x: norm(net.x().to_mat()),
            y: norm(net.y().to_mat()),
            w1: norm(w1.to_mat()),
            w2: norm(w2.to_mat()),
        }
    }

    /// ‖W₁‖·‖W₂‖·‖X‖ + ‖Y‖, which is at least ‖R‖.
    fn residual(&self) -> f64 {
        self.w1 * self.w2 * self.x + self.y
    }
}

/// The number of consecutive operations behind a number of the loss or the gradient.
fn operations(net: &TwoLayerNet<f64>) -> f64 {
    (net.residuals() + 2 * (net.inputs() + net.hidden() + net.outputs()) + 8) as f64
}

/// |√L − √L'| ≤ η·(‖W₁‖‖W₂‖‖X‖ + ‖Y‖). Each loss is rounded once per operation, and c is rounded as well.
fn loss_bound(net: &TwoLayerNet<f64>, w: &[f64]) -> f64 {
    (eta(net) + 2.0 * operations(net) * U) * Norms::new(net, w).residual()
}

/// ∇ = 2·(R·(W₂X)ᵀ, W₁ᵀ·R·Xᵀ). To first order, ‖Δ(R·Xᵀ)‖ ≤ 2η·(‖W₁‖‖W₂‖‖X‖ + ‖Y‖)·‖X‖. The operations of
/// either evaluation add one u each. The factor 1.01 covers the second order.
fn gradient_bound(net: &TwoLayerNet<f64>, w: &[f64]) -> f64 {
    let norms = Norms::new(net, w);
    let relative = 2.0 * eta(net) + 2.0 * operations(net) * U;
    1.01 * 2.0 * relative * norms.residual() * norms.x * (norms.w1 + norms.w2)
}

fn evaluate(net: &TwoLayerNet<f64>, w: &[f64]) -> (f64, Vec<f64>) {
    let mut gradient = vec![f64::NAN; w.len()];
    let value = net.value_and_gradient(w, &mut gradient).unwrap();
    (value, gradient)
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    euclidean(&difference)
}

#[test]
fn value_and_gradient_are_those_of_all_samples() {
    let Pair { full, few, .. } = pair();
    assert_eq!((full.samples(), few.samples()), (700, 4));
    for seed in 0..20 {
        let w = standard_normal::<f64>(full.dimension(), 1, seed, 0).into_vec();
        let ((loss, gradient), (same, few_gradient)) = (evaluate(&full, &w), evaluate(&few, &w));
        let (error, bound) = ((loss.sqrt() - same.sqrt()).abs(), loss_bound(&full, &w));
        assert!(error <= bound, "{seed}: {error:e} > {bound:e}");
        let error = distance(&gradient, &few_gradient);
        let bound = gradient_bound(&full, &w);
        assert!(error <= bound, "{seed}: {error:e} > {bound:e}");
        assert!(bound < 1e-8 * euclidean(&gradient), "{bound:e}");
        let mut r = vec![f64::NAN; few.residuals()];
        few.residual(&w, &mut r).unwrap();
        let squares: f64 = r.iter().map(|ri| ri * ri).sum();
        let least_squares = squares + LeastSquaresProblem::constant_norm(&few).powi(2);
        assert!((least_squares - same).abs() <= 2.0 * operations(&few) * U * same);
    }
}

/// ‖∇²L‖₂ ≤ 2·‖J‖²_F + 2·‖R·Xᵀ‖_F, because the second derivative along δ is 2‖J·δ‖² + 4⟨R, δW₁·δW₂·X⟩. Also
/// ‖J‖²_F = m·‖W₂X‖²_F + ‖W₁‖²_F·‖X‖²_F.
fn hessian_bound(net: &TwoLayerNet<f64>, w: &[f64]) -> f64 {
    let mut j = Mat::zeros(net.residuals(), net.parameters());
    net.jacobian(w, j.as_mut()).unwrap();
    let mut r = vec![f64::NAN; net.residuals()];
    net.residual(w, &mut r).unwrap();
    2.0 * j.frobenius_norm().powi(2) + 2.0 * euclidean(&r) * Norms::new(net, w).x
}

/// Let e be the distance of the two paths. Then e ← (1 + h·‖∇²L‖)·e + h·‖Δ∇‖ + the rounding of the two
/// updates. ‖∇²L‖ is that of one path times 1.01, to cover the short distance to the other.
#[test]
fn gradient_descent_takes_the_same_path() {
    let Pair { full, few, start } = pair();
    let step = 1e-5;
    let path = |net: &TwoLayerNet<f64>, steps| {
        let mut gd = GradientDescent::new(step).unwrap();
        let report = minimize(&mut gd, net, &start, &Budget::steps(steps), &mut []).unwrap();
        report.parameters
    };
    let mut apart = 0.0;
    for steps in 0..50 {
        let w = path(&full, steps);
        let (_, gradient) = evaluate(&full, &w);
        let growth = 1.0 + 1.01 * step * hessian_bound(&full, &w);
        let rounding = 2.0 * U * (euclidean(&w) + 3.0 * step * euclidean(&gradient));
        apart = growth * apart + step * gradient_bound(&full, &w) + 1.01 * rounding;
        let error = distance(&path(&full, steps + 1), &path(&few, steps + 1));
        assert!(error <= apart, "step {steps}: {error:e} > {apart:e}");
    }
    let moved = distance(&path(&full, 50), &start);
    assert!(
        apart < 1e-6 * moved,
        "{apart:e} of {moved:e} is too wide to test anything"
    );
}

/// δ is the minimum-norm minimiser of ‖J·δ + r‖. Reduced data give it for J + ΔJ of the same rank and for r +
/// Δr, with
///
/// ‖ΔJ‖ ≤ η·‖X‖·(√m·‖W₂‖ + ‖W₁‖), ‖Δr‖ ≤ η·(‖W₁‖‖W₂‖‖X‖ + ‖Y‖),
///
/// A stable solver adds 30·√(ms·p)·u·‖J‖ and the same multiple of ‖r‖ on either side, for p parameters. It
/// also adds the part that it drops for the rank, max(ms, p)·ε·‖J‖. Then, with ζ = ‖ΔJ‖/σ_r,
///
/// ‖Δδ‖ ≤ (ζ·‖δ‖ + ‖Δr‖/σ_r + ζ·‖R‖/σ_r)/(1 − ζ) + ζ·‖δ‖
///
/// (Björck, *Numerical Methods for Least Squares Problems*, 1996, Theorem 1.4.6).
#[test]
fn levenberg_marquardt_takes_the_same_steps() {
    let backend = Faer::default();
    let Pair { full, few, start } = pair();
    let direction = |net: &TwoLayerNet<f64>, w: &[f64]| {
        let mut solver = Dense::new(&backend, Method::Svd);
        let mut delta = vec![f64::NAN; w.len()];
        let mut counts = Counts::default();
        solver.init(net).unwrap();
        solver.linearize(net, w, &mut counts).unwrap();
        solver.direction(net, &mut delta, &mut counts).unwrap();
        (delta, solver.last_rank().unwrap())
    };
    let (m, k, n) = (full.outputs(), full.hidden(), full.inputs());
    let rank = m * k + k * n - k * k;
    for steps in [0, 1, 3, 10, 30] {
        let mut lm = LevenbergMarquardt::new(
            FixedStep::new(0.2).unwrap(),
            Dense::new(&backend, Method::Svd),
        );
        let budget = Budget::steps(steps);
        let w = minimize(&mut lm, &full, &start, &budget, &mut []).unwrap();
        let w = w.parameters;
        let ((delta, full_rank), (few_delta, few_rank)) =
            (direction(&full, &w), direction(&few, &w));
        assert_eq!((full_rank, few_rank), (rank, rank));
        let mut j = Mat::zeros(full.residuals(), full.parameters());
        full.jacobian(&w, j.as_mut()).unwrap();
        let mut r = vec![f64::NAN; full.residuals()];
        full.residual(&w, &mut r).unwrap();
        let sigma = backend.svd(j.as_ref()).unwrap().s[rank - 1];
        let norms = Norms::new(&full, &w);
        let entries = (full.residuals() * full.parameters()) as f64;
        let solver = 30.0 * entries.sqrt() * U;
        let dropped = full.residuals().max(full.parameters()) as f64 * f64::EPSILON;
        let dj = eta(&full) * norms.x * ((m as f64).sqrt() * norms.w2 + norms.w1)
            + 2.0 * (solver + dropped) * j.frobenius_norm();
        let dr = (eta(&full) + 2.0 * operations(&full) * U) * norms.residual()
            + 2.0 * solver * euclidean(&r);
        let (zeta, length) = (dj / sigma, euclidean(&delta));
        assert!(zeta < 1e-3, "{zeta:e}");
        let bound =
            (zeta * length + (dr + zeta * euclidean(&r)) / sigma) / (1.0 - zeta) + zeta * length;
        let error = distance(&delta, &few_delta);
        assert!(error <= bound, "after {steps}: {error:e} > {bound:e}");
        // At the last points the step is nearly zero, but the parameters are not.
        assert!(
            bound < 1e-4 * euclidean(&w),
            "{bound:e} is too wide to test anything"
        );
    }
}

/// Both runs end where no step reduces the loss. Both losses are within rounding of the same minimum, which
/// is above zero because of the noise.
#[test]
fn an_adaptive_run_ends_at_the_same_loss() {
    let backend = Faer::default();
    let Pair { full, few, start } = pair();
    let run = |net: &TwoLayerNet<f64>| {
        let solver = Dense::new(&backend, Method::Svd);
        let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), solver);
        let report = minimize(&mut lm, net, &start, &Budget::steps(200), &mut []).unwrap();
        (report.loss, report.parameters)
    };
    let ((loss, w), (same, few_w)) = (run(&full), run(&few));
    // Each solution is inserted into the other problem, whose loss cannot be below its own minimum.
    let bound = loss_bound(&full, &w).max(loss_bound(&full, &few_w));
    for (found, cross) in [
        (loss, evaluate(&few, &w).0),
        (same, evaluate(&full, &few_w).0),
    ] {
        let error = (found.sqrt() - cross.sqrt()).abs();
        assert!(error <= bound, "{error:e} > {bound:e}");
    }
    let constant = LeastSquaresProblem::constant_norm(&few).powi(2);
    assert!(
        same > constant && constant > 0.5 * same,
        "{constant:e} of {same:e}"
    );
}

#[test]
fn reducing_twice_and_reducing_what_was_streamed_keep_the_constant() {
    let backend = Faer::default();
    let Pair { full, few, start } = pair();
    let constant = LeastSquaresProblem::constant_norm(&few);
    assert_eq!(TwoFactorProblem::constant_norm(&few), constant);
    let twice = few.reduced(&backend).unwrap();
    let (error, bound) = (
        (evaluate(&few, &start).0.sqrt() - evaluate(&twice, &start).0.sqrt()).abs(),
        loss_bound(&full, &start),
    );
    assert!(error <= bound, "{error:e} > {bound:e}");
    let data = reduce(&backend, full.x(), full.y()).unwrap();
    let streamed = TwoLayerNet::from_reduced(&data, full.hidden()).unwrap();
    assert_eq!(evaluate(&streamed, &start), evaluate(&few, &start));
    for invalid in [-1.0, f64::NAN, f64::INFINITY] {
        let error = pair().few.with_constant_norm(invalid).unwrap_err();
        assert!(error.to_string().contains("constant_norm"), "{error}");
    }
}
