//! The matrix-free step of Levenberg-Marquardt on deep linear nets, compared with the dense step.

use leastwise_core::norm::euclidean;
use leastwise_core::{Factorizations, Mat, MatMul, Method, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{
    AdaptiveDamping, DampedStepSolver, Dense, LsmrStop, MatrixFree, StepSolver,
};
use leastwise_optim::{
    Budget, Counts, History, JacobianProducts, LeastSquaresProblem, LevenbergMarquardt,
    Termination, minimize,
};
use leastwise_testset::standard_normal;
use leastwise_two_factor::{LinearNet, LinearNetPoint, draw_start};

const U: f64 = f64::UNIT_ROUNDOFF;

type Net<'b> = LinearNet<'b, f64, Faer>;
type Solver = MatrixFree<f64, LinearNetPoint<f64>>;

/// Sizes and numbers of samples. There are depths 1 to 4, fewer residuals than parameters and more,
/// bottlenecks, and fewer samples than inputs.
const SHAPES: [(&[usize], usize); 8] = [
    (&[5, 4], 9),
    (&[4, 3, 5], 12),
    (&[4, 4, 5], 30),
    (&[7, 3, 4], 5),
    (&[3, 4, 4, 3], 20),
    (&[6, 2, 5, 4], 30),
    (&[4, 4, 4, 4, 4], 25),
    (&[6, 5, 2, 4, 5], 4),
];

fn nets(backend: &Faer) -> Vec<(Net<'_>, Vec<f64>)> {
    let net = |(seed, &(sizes, s)): (u64, &(&[usize], usize))| {
        let (n, m) = (sizes[0], sizes[sizes.len() - 1]);
        let (x, y) = (
            standard_normal(n, s, seed, 0),
            standard_normal(m, s, seed, 1),
        );
        let net = LinearNet::new(backend, x, y, &sizes[1..sizes.len() - 1]).unwrap();
        (net, draw_start(sizes, 0.7, seed).unwrap())
    };
    (0..).zip(&SHAPES).map(net).collect()
}

/// σ₁ and σ_r of the Jacobian, and its rank r. The rank is clear: the singular values after σ_r are rounding.
fn spectrum(net: &Net<'_>, w: &[f64], backend: Faer) -> (f64, f64, usize) {
    let mut j = Mat::zeros(net.residuals(), net.parameters());
    net.jacobian(w, j.as_mut()).unwrap();
    let s = backend.svd(j.as_ref()).unwrap().s;
    let noise = j.rows().max(j.cols()) as f64 * f64::EPSILON * s[0];
    let rank = s.iter().filter(|&&si| si > noise).count();
    assert!(s[rank - 1] > 1e6 * noise);
    (s[0], s[rank - 1], rank)
}

fn linearized<'b, S: StepSolver<f64, Net<'b>>>(solver: &mut S, net: &Net<'b>, w: &[f64]) -> f64 {
    solver.init(net).unwrap();
    let evaluation = solver.linearize(net, w, &mut Counts::default()).unwrap();
    evaluation.loss
}

fn undamped<'b, S: StepSolver<f64, Net<'b>>>(solver: &mut S, net: &Net<'b>) -> Vec<f64> {
    let mut delta = vec![f64::NAN; net.parameters()];
    solver
        .direction(net, &mut delta, &mut Counts::default())
        .unwrap();
    delta
}

fn damped<'b, S>(solver: &mut S, net: &Net<'b>, lambda: f64) -> Vec<f64>
where
    S: DampedStepSolver<f64, Net<'b>>,
{
    let mut delta = vec![f64::NAN; net.parameters()];
    let counts = &mut Counts::default();
    solver
        .damped_direction(net, lambda, &mut delta, counts)
        .unwrap();
    delta
}

/// ‖J·δ + r‖ at w.
fn model(net: &Net<'_>, w: &[f64], delta: &[f64]) -> f64 {
    let (mut r, mut point) = (vec![0.0; net.residuals()], LinearNetPoint::default());
    net.linearize(w, &mut r, &mut point).unwrap();
    let mut image = vec![0.0; r.len()];
    net.jacobian_times(&mut point, delta, &mut image).unwrap();
    for (ri, image) in r.iter_mut().zip(image) {
        *ri += image;
    }
    euclidean(&r)
}

/// Both steps are exact for data that differ from J and r by a few roundings. A difference of c·u moves the
/// solution by c·u·(2κ·‖δ‖ + κ²·‖r̄‖/σ₁) (Å. Björck, *Numerical Methods for Least Squares Problems*, §1.4),
/// with κ = σ₁/σ_r as long as δ stays in the range of Jᵀ. Here c has three parts, each times the number of
/// iterations: the tolerance, the roundings of an entry of J·v (the inner dimensions of the products), and
/// those of the dense solver (the larger dimension).
fn assert_agree(
    net: &Net<'_>,
    found: (&[f64], usize),
    expected: &[f64],
    (largest, smallest): (f64, f64),
    residual: f64,
) {
    let (found, iterations) = found;
    let (m, n) = (net.residuals(), net.parameters());
    let inner: usize = net.sizes().iter().sum::<usize>() + net.samples();
    let c = 2.0 + (iterations * inner + m.max(n)) as f64;
    let kappa = largest / smallest;
    let bound = c * U * kappa * (2.0 * euclidean(expected) + kappa * residual / largest);
    let difference: Vec<f64> = found.iter().zip(expected).map(|(f, e)| f - e).collect();
    let error = euclidean(&difference);
    assert!(error <= bound, "{:?}: {error:e} > {bound:e}", net.sizes());
    // A bound that is too wide would not detect a wrong step.
    assert!(
        bound <= 1e-6 * euclidean(expected),
        "{:?}: {bound:e}",
        net.sizes()
    );
}

#[test]
fn without_damping_the_step_is_the_dense_one_of_minimum_norm() {
    let backend = Faer::default();
    for (net, w) in nets(&backend) {
        let (largest, smallest, rank) = spectrum(&net, &w, backend);
        let mut dense = Dense::new(&backend, Method::Svd);
        linearized(&mut dense, &net, &w);
        let expected = undamped(&mut dense, &net);
        assert_eq!(dense.last_rank(), Some(rank));
        for window in [Some(0), Some(5), None] {
            let mut free = window.map_or_else(Solver::new, |window| {
                Solver::new().with_reorthogonalization(window)
            });
            linearized(&mut free, &net, &w);
            let found = undamped(&mut free, &net);
            let iterations = free.last_iterations().unwrap();
            assert_ne!(free.last_stop(), Some(LsmrStop::IterationLimit));
            let residual = model(&net, &w, &found);
            assert_agree(
                &net,
                (&found, iterations),
                &expected,
                (largest, smallest),
                residual,
            );
            // The Krylov space has at most `rank` dimensions, and orthogonal vectors stay in it.
            if window.is_none() {
                assert!(
                    iterations <= rank,
                    "{:?}: {iterations} > {rank}",
                    net.sizes()
                );
            }
        }
    }
    let ranks = nets(&backend)
        .iter()
        .filter(|(net, w)| spectrum(net, w, backend).2 < net.parameters().min(net.residuals()))
        .count();
    assert_eq!(
        ranks,
        SHAPES.len() - 1,
        "all but the single layer are rank-deficient"
    );
}

/// As above for [J; √λ·I], all of whose singular values are at least √λ.
#[test]
fn with_damping_the_step_is_the_dense_one() {
    let backend = Faer::default();
    for (net, w) in nets(&backend) {
        let (largest, ..) = spectrum(&net, &w, backend);
        let (mut dense, mut free) = (Dense::new(&backend, Method::Svd), Solver::new());
        let loss = linearized(&mut dense, &net, &w);
        assert!((linearized(&mut free, &net, &w) - loss).abs() <= 4.0 * U * loss);
        for relative in [1e-4, 1e-2, 1.0, 100.0] {
            let lambda: f64 = relative * largest * largest;
            let expected = damped(&mut dense, &net, lambda);
            let found = damped(&mut free, &net, lambda);
            assert_ne!(free.last_stop(), Some(LsmrStop::IterationLimit));
            let sigma = (largest.hypot(lambda.sqrt()), lambda.sqrt());
            let residual = model(&net, &w, &found).hypot(lambda.sqrt() * euclidean(&found));
            let iterations = free.last_iterations().unwrap();
            assert_agree(&net, (&found, iterations), &expected, sigma, residual);
        }
    }
}

/// ‖J·g‖²/‖g‖², gradient and trial loss differ from the dense ones by the roundings of the products. These
/// are relative to Σ|J|·|v|, which is at most √n·‖J‖_F·‖v‖ ≤ n·σ₁·‖v‖ in norm.
#[test]
fn gradient_curvature_and_trial_loss_are_the_dense_ones() {
    let backend = Faer::default();
    for (net, w) in nets(&backend) {
        let (largest, ..) = spectrum(&net, &w, backend);
        let (mut dense, mut free) = (Dense::new(&backend, Method::Svd), Solver::new());
        let norm = linearized(&mut dense, &net, &w).sqrt();
        linearized(&mut free, &net, &w);
        let (m, n) = (net.residuals() as f64, net.parameters() as f64);
        let c = 4.0 * (m + n) * n * U * largest;
        let dense_gradient = DampedStepSolver::<f64, Net<'_>>::gradient(&dense).to_vec();
        let gradient = DampedStepSolver::<f64, Net<'_>>::gradient(&free);
        for (g, d) in gradient.iter().zip(&dense_gradient) {
            assert!((g - d).abs() <= c * norm, "{g} {d}");
        }
        let (a, b) = (
            dense.curvature(&net).unwrap(),
            free.curvature(&net).unwrap(),
        );
        assert!((a - b).abs() <= 2.0 * c * largest, "{a} {b}");
        let trial: Vec<f64> = w.iter().map(|wi| wi / 2.0).collect();
        let counts = &mut Counts::default();
        let loss = dense.loss(&net, &trial, counts).unwrap();
        assert_eq!(free.loss(&net, &trial, counts), Ok(loss));
        assert_eq!((counts.residuals, counts.products), (2, 0));
    }
}

/// Y = A·X can be fitted exactly, and then r is only rounding. With N = Σhᵢ + L roundings of the products and
/// of the weights, each entry is within N·u of |W_L|···|W₁|·|X| + |Y| at the solution.
#[test]
fn a_run_on_three_layers_reaches_the_rounding_floor() {
    let backend = Faer::default();
    let sizes = [5, 6, 4, 7];
    let (x, s) = (standard_normal::<f64>(5, 40, 3, 0), 40);
    let a = standard_normal::<f64>(4, 5, 3, 1);
    // The matrix has rank 4, like every product through the layer of 4.
    let b = standard_normal::<f64>(7, 4, 3, 2);
    let product = |left: &Mat<f64>, right: &Mat<f64>| {
        let mut c = Mat::zeros(left.rows(), right.cols());
        let (left, right) = (left.as_ref(), right.as_ref());
        backend.matmul(1.0, left, right, 0.0, c.as_mut()).unwrap();
        c
    };
    let y = product(&b, &product(&a, &x));
    let positive =
        |a: &Mat<f64>, sign: f64| Mat::from_fn(a.rows(), a.cols(), |i, j| sign * a[(i, j)].abs());
    let (xa, ya) = (positive(&x, 1.0), positive(&y, -1.0));
    let absolute = LinearNet::new(&backend, xa, ya, &sizes[1..3]).unwrap();
    let net = LinearNet::new(&backend, x, y, &sizes[1..3]).unwrap();
    let start = draw_start(&sizes, 0.5, 3).unwrap();
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Solver::new());
    let mut history = History::new();
    let budget = Budget::steps(100);
    let report = minimize(&mut lm, &net, &start, &budget, &mut [&mut history]).unwrap();
    let grown: Vec<f64> = report.parameters.iter().map(|wi| wi.abs()).collect();
    let mut size = vec![0.0; 7 * s];
    absolute.residual(&grown, &mut size).unwrap();
    let terms = (sizes.iter().sum::<usize>() + 3) as f64;
    let floor = (terms * U * euclidean(&size)).powi(2);
    assert!(
        report.loss <= floor,
        "{:e} > {floor:e}: {:?}",
        report.loss,
        history.losses()
    );
    assert_eq!(report.termination, Termination::LossConverged);
    assert_eq!(report.counts.jacobians, 0);
    assert!(report.counts.products > 2 * report.counts.solves);
}

#[test]
fn every_product_is_counted() {
    let backend = Faer::default();
    for (net, w) in nets(&backend) {
        let mut free = Solver::new();
        let (mut counts, mut delta) = (Counts::default(), vec![0.0; w.len()]);
        free.init(&net).unwrap();
        free.linearize(&net, &w, &mut counts).unwrap();
        assert_eq!((counts.residuals, counts.products), (1, 1));
        free.curvature(&net).unwrap();
        free.damped_direction(&net, 0.1, &mut delta, &mut counts)
            .unwrap();
        // One product for the gradient, one for the curvature, and two for each iteration after one more.
        let iterations = free.last_iterations().unwrap();
        assert_eq!((counts.solves, counts.products), (1, 3 + 2 * iterations));
    }
}

#[test]
fn no_step_after_the_first_allocates() {
    let backend = Faer::default();
    for (net, w) in nets(&backend) {
        let mut free = Solver::new();
        let (mut counts, mut delta) = (Counts::default(), vec![0.0; w.len()]);
        free.init(&net).unwrap();
        let mut round = |relative: f64| {
            free.linearize(&net, &w, &mut counts).unwrap();
            let lambda = relative * free.curvature(&net).unwrap();
            free.damped_direction(&net, lambda, &mut delta, &mut counts)
                .unwrap();
            free.loss(&net, &delta, &mut counts).unwrap();
            free.last_iterations()
        };
        let first = round(1e6);
        let mut later = None;
        let count = allocation_counter::measure(|| later = round(1e-6)).count_total;
        assert_eq!(count, 0, "{:?}", net.sizes());
        // The later step allocated more vectors than the first one kept.
        assert!(later > first, "{first:?} {later:?}");
    }
}

/// Data that a net of the same sizes generated, in units of 2^`exponent`, and data that no such net
/// generates.
#[test]
fn a_run_is_a_success_where_what_is_left_of_r_is_rounding_and_only_there() {
    let backend = Faer::default();
    let mut solved = 0;
    for seed in 0..40u64 {
        let size = |k: u64| 2 + ((seed * 7 + k * 5) % 4) as usize;
        let sizes = [size(0), size(1), size(2)];
        let s = 3 * sizes[0];
        let x = standard_normal::<f64>(sizes[0], s, seed, 0);
        let truth = draw_start::<f64>(&sizes, 1.0, seed + 100).unwrap();
        let none = Mat::zeros(sizes[2], s);
        let net = LinearNet::new(&backend, x.clone(), none, &sizes[1..2]).unwrap();
        let mut exact = vec![0.0; sizes[2] * s];
        net.residual(&truth, &mut exact).unwrap();
        for (noise, exponent) in [(0.0, 0), (0.0, 60), (0.0, -60), (1e-3, 0)] {
            let unit = 2f64.powi(exponent);
            let other = standard_normal::<f64>(sizes[2], s, seed, 3);
            let entries = exact.iter().zip(other.data());
            let y = entries.map(|(y, e)| unit * (y + noise * e)).collect();
            let y = Mat::from_col_major(y, sizes[2], s).unwrap();
            let net = LinearNet::new(&backend, x.clone(), y, &sizes[1..2]).unwrap();
            let start: Vec<f64> = draw_start::<f64>(&sizes, 1.0, seed).unwrap();
            let start: Vec<f64> = start.iter().map(|w| w * unit.sqrt()).collect();
            let budget = Budget::steps(300);
            let dense = Dense::new(&backend, Method::Svd);
            let mut dense = LevenbergMarquardt::new(AdaptiveDamping::new(), dense);
            let mut free = LevenbergMarquardt::new(AdaptiveDamping::new(), Solver::new());
            for report in [
                minimize(&mut dense, &net, &start, &budget, &mut []).unwrap(),
                minimize(&mut free, &net, &start, &budget, &mut []).unwrap(),
            ] {
                // The terms of r are about as large as y.
                let is_rounding = report.root_of_loss <= 1e-13 * unit * (1.0 + euclidean(&exact));
                let run = format!(
                    "seed {seed}, {noise:e}, 2^{exponent}: {:e} {}",
                    report.loss, report.termination
                );
                assert_eq!(report.termination.is_success(), is_rounding, "{run}");
                solved += u32::from(is_rounding);
            }
        }
    }
    // Some runs end at a saddle point or at the budget, but most do not.
    assert!(solved >= 200, "{solved}");
}
