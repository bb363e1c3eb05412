//! The structured step equals the dense step, on every backend.

use std::cell::Cell;

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Mat, MatRef, Method};
use leastwise_optim::levenberg_marquardt::{
    AdaptiveDamping, DampedStepSolver, Dense, FixedStep, StepSolver,
};
use leastwise_optim::{
    Budget, Counts, History, LeastSquaresProblem, LevenbergMarquardt, Optimizer, Termination,
    minimize,
};
use leastwise_testset::standard_normal;
use leastwise_two_factor::Kronecker;
use leastwise_two_factor::{TwoLayerNet, TwoLayerNetSpec};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// A net with weights; ranks are those of products of random factors, so gaps are wide.
#[derive(Clone, Debug)]
struct Drawn {
    sizes: (usize, usize, usize, usize),
    /// Ranks of W₁, W₂ and X, limited by the shapes.
    ranks: (usize, usize, usize),
    lambda: f64,
    seed: u64,
}

/// A rows×cols matrix of this rank, or of the largest if it is less.
fn of_rank(rows: usize, cols: usize, rank: usize, seed: u64, number: u32) -> Mat<f64> {
    let rank = rank.min(rows).min(cols);
    let left = standard_normal::<f64>(rows, rank, seed, number);
    if rank == rows.min(cols) {
        return standard_normal::<f64>(rows, cols, seed, number);
    }
    let right = standard_normal::<f64>(rank, cols, seed, number + 100);
    Mat::from_fn(rows, cols, |i, j| {
        (0..rank).map(|l| left[(i, l)] * right[(l, j)]).sum()
    })
}

impl Drawn {
    fn build(&self) -> (TwoLayerNet<f64>, Vec<f64>) {
        let (m, k, n, s) = self.sizes;
        let (r1, r2, rx) = self.ranks;
        let x = of_rank(n, s, rx, self.seed, 1);
        let y = standard_normal::<f64>(m, s, self.seed, 2);
        let w1 = of_rank(m, k, r1, self.seed, 3);
        let w2 = of_rank(k, n, r2, self.seed, 4);
        let start = [w1.into_vec(), w2.into_vec()].concat();
        (TwoLayerNet::new(&x, &y, k).unwrap(), start)
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let sizes = (1..9usize, 1..9usize, 1..9usize, 1..15usize);
    let ranks = (0..9usize, 0..9usize, 1..9usize);
    (sizes, ranks, -3.0..3.0f64, 0..u64::MAX).prop_map(|(sizes, ranks, exponent, seed)| Drawn {
        sizes,
        ranks,
        lambda: 10f64.powf(exponent),
        seed,
    })
}

/// The change of the undamped and the damped step by backward errors of η·‖J‖ in J and η·‖r‖ in r:
/// η·κ·(‖δ‖ + κ·‖r‖/σ₁) each, J over √λ·I for the damped one (P.-Å. Wedin, *Perturbation theory for
/// pseudo-inverses*, BIT 13 (1973), Theorem 5.1).
fn allowed(backend: &dyn Backend<f64>, drawn: &Drawn, steps: &[Vec<f64>; 2], eta: f64) -> [f64; 2] {
    let (net, start) = drawn.build();
    let mut jacobian = Mat::zeros(net.residuals(), net.parameters());
    net.jacobian(&start, jacobian.as_mut()).unwrap();
    let mut r = vec![0.0; net.residuals()];
    net.residual(&start, &mut r).unwrap();
    let s = backend.svd(jacobian.as_ref()).unwrap().s;
    // The draws leave a wide gap above the singular values that are zero.
    let smallest = s.iter().copied().rfind(|&x| x > s[0] * 1e-11);
    let undamped = (s[0], smallest.unwrap_or(s[0]));
    let damped = (s[0].hypot(drawn.lambda.sqrt()), drawn.lambda.sqrt());
    [(undamped, &steps[0]), (damped, &steps[1])].map(|((largest, smallest), step)| {
        if largest == 0.0 {
            return 0.0;
        }
        let condition = largest / smallest;
        let error = euclidean(step) + condition * euclidean(&r) / largest;
        eta * condition * error
    })
}

/// ‖a − b‖
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    euclidean(&difference)
}

/// Undamped and damped steps of a solver at the start.
fn steps<S>(solver: &mut S, drawn: &Drawn) -> [Vec<f64>; 2]
where
    S: DampedStepSolver<f64, TwoLayerNet<f64>>,
{
    let (net, start) = drawn.build();
    let mut counts = Counts::default();
    solver.init(&net).unwrap();
    solver.linearize(&net, &start, &mut counts).unwrap();
    let [mut undamped, mut damped] = [vec![f64::NAN; start.len()], vec![f64::NAN; start.len()]];
    solver
        .damped_direction(&net, drawn.lambda, &mut damped, &mut counts)
        .unwrap();
    solver.direction(&net, &mut undamped, &mut counts).unwrap();
    [undamped, damped]
}

#[test]
fn the_structured_step_is_the_dense_step_for_every_shape_and_rank() {
    let backends = leastwise_backends::all::<f64>(1);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(500));
    let (compared, to_ten_digits) = (Cell::new(0), Cell::new(0));
    let law = |drawn: Drawn| {
        let reference = steps(&mut Dense::new(&*backends[0], Method::Svd), &drawn);
        let eta = 100.0 * f64::EPSILON;
        let allowed = allowed(&*backends[0], &drawn, &reference, eta);
        for backend in &backends {
            let found = steps(&mut Kronecker::new(&**backend), &drawn);
            for (i, kind) in ["undamped", "damped"].into_iter().enumerate() {
                let error = distance(&found[i], &reference[i]);
                prop_assert!(
                    error <= allowed[i],
                    "{} {kind}: {error:e} is more than {:e}",
                    backend.info().name,
                    allowed[i]
                );
                compared.set(compared.get() + 1);
                let is_close = error <= 1e-10 * euclidean(&reference[i]);
                to_ten_digits.set(to_ten_digits.get() + i32::from(is_close));
            }
        }
        Ok(())
    };
    runner.run(&drawn(), law).unwrap();
    let (compared, to_ten_digits) = (compared.get(), to_ten_digits.get());
    // The remaining cases have steps that are rounding errors themselves, or a κ of at least 1e3.
    assert!(
        100 * to_ten_digits >= 99 * compared,
        "{to_ten_digits} of {compared}"
    );
}

#[test]
fn single_precision_gives_the_step_to_its_own_precision() {
    let doubles = leastwise_backends::all::<f64>(1);
    for backend in leastwise_backends::all::<f32>(1) {
        for (sizes, seed) in [((10, 6, 6, 60), 1), ((4, 7, 5, 20), 2), ((9, 2, 8, 5), 3)] {
            let (m, k, n, _) = sizes;
            let drawn = Drawn {
                sizes,
                ranks: (9, 9, 9),
                lambda: 0.1,
                seed,
            };
            let reference = steps(&mut Kronecker::new(&*doubles[0]), &drawn);
            // The data, too, are rounded.
            let eta = 100.0 * f64::from(f32::EPSILON);
            let allowed = allowed(&*doubles[0], &drawn, &reference, eta);
            let (net, start) = drawn.build();
            let rounded = |a: MatRef<'_, f64>| {
                #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
                Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] as f32)
            };
            let net = TwoLayerNet::new(&rounded(net.x()), &rounded(net.y()), k).unwrap();
            let start = rounded(MatRef::from_column(&start)).into_vec();
            let mut solver = Kronecker::new(&*backend);
            let (mut counts, mut delta) = (Counts::default(), vec![0.0f32; k * (m + n)]);
            solver.init(&net).unwrap();
            solver.linearize(&net, &start, &mut counts).unwrap();
            let error = |i: usize, delta: &[f32]| {
                let wide: Vec<f64> = delta.iter().map(|&d| f64::from(d)).collect();
                let error = distance(&wide, &reference[i]);
                let name = backend.info().name;
                assert!(
                    error <= allowed[i],
                    "{name} {sizes:?}: {error:e} > {:e}",
                    allowed[i]
                );
            };
            solver
                .damped_direction(&net, 0.1, &mut delta, &mut counts)
                .unwrap();
            error(1, &delta);
            solver.direction(&net, &mut delta, &mut counts).unwrap();
            error(0, &delta);
        }
    }
}

#[test]
fn the_rank_is_that_of_the_dense_jacobian() {
    let backend = leastwise_backends::all::<f64>(1).swap_remove(0);
    for (sizes, ranks) in [
        ((10, 6, 6, 100), (6, 6, 6)),
        ((10, 3, 6, 40), (2, 3, 6)),
        ((5, 8, 7, 30), (5, 4, 3)),
        ((7, 2, 5, 3), (2, 1, 3)),
    ] {
        let (lambda, seed) = (1.0, 5);
        let drawn = Drawn {
            sizes,
            ranks,
            lambda,
            seed,
        };
        let mut dense = Dense::new(&*backend, Method::Svd);
        steps(&mut dense, &drawn);
        let mut structured = Kronecker::new(&*backend);
        steps(&mut structured, &drawn);
        assert_eq!(
            structured.last_rank(),
            dense.last_rank(),
            "{sizes:?} {ranks:?}"
        );
    }
}

fn spec() -> TwoLayerNetSpec {
    TwoLayerNetSpec {
        nsamples: 100,
        ..TwoLayerNetSpec::default()
    }
}

/// Parameters after each of `steps` steps.
fn path<O>(optimizer: &mut O, steps: usize) -> Vec<Vec<f64>>
where
    O: Optimizer<f64, TwoLayerNet<f64>>,
{
    let drawn = spec().draw::<f64>().unwrap();
    let mut x = drawn.start.clone();
    let mut counts = Counts::default();
    optimizer.init(&drawn.net, &x, &mut counts).unwrap();
    let step = |_| {
        optimizer.step(&drawn.net, &mut x, &mut counts).unwrap();
        x.clone()
    };
    (0..steps).map(step).collect()
}

#[test]
fn two_hundred_iterates_of_the_experiment_are_those_of_the_dense_solve() {
    for backend in leastwise_backends::all::<f64>(1) {
        for size in [0.05, 0.2] {
            let control = || FixedStep::new(size).unwrap();
            let dense = Dense::new(&*backend, Method::Svd);
            let dense = path(&mut LevenbergMarquardt::new(control(), dense), 200);
            let structured = Kronecker::new(&*backend);
            let structured = path(&mut LevenbergMarquardt::new(control(), structured), 200);
            assert_eq!(structured.len(), dense.len());
            for (k, (a, b)) in structured.iter().zip(&dense).enumerate() {
                let error = distance(a, b) / euclidean(b);
                let name = backend.info().name;
                assert!(error <= 1e-10, "{name} {size}, step {k}: {error:e}");
            }
        }
    }
}

#[test]
fn adaptive_damping_takes_the_same_path_with_both_solvers_and_is_done_in_twenty_steps() {
    let drawn = spec().draw::<f64>().unwrap();
    for backend in leastwise_backends::all::<f64>(1) {
        let name = backend.info().name;
        let mut runs = Vec::new();
        for is_dense in [true, false] {
            let mut history = History::new();
            let budget = Budget::steps(20).with_target_loss(1e-24);
            let control = AdaptiveDamping::new();
            let observers: &mut [&mut dyn leastwise_optim::Observer<f64>] = &mut [&mut history];
            let report = if is_dense {
                let solver = Dense::new(&*backend, Method::Svd);
                let mut lm = LevenbergMarquardt::new(control, solver);
                minimize(&mut lm, &drawn.net, &drawn.start, &budget, observers)
            } else {
                let mut lm = LevenbergMarquardt::new(control, Kronecker::new(&*backend));
                minimize(&mut lm, &drawn.net, &drawn.start, &budget, observers)
            };
            let report = report.unwrap();
            assert_eq!(report.termination, Termination::TargetReached, "{name}");
            runs.push((report, history.losses().to_vec()));
        }
        let [(dense, dense_losses), (structured, losses)] = &runs[..] else {
            unreachable!()
        };
        assert_eq!(structured.steps, dense.steps, "{name}");
        assert_eq!(structured.counts.solves, dense.counts.solves, "{name}");
        // Compared only while the residual is far above the rounding errors of its evaluation.
        for (a, b) in losses.iter().zip(dense_losses).filter(|(_, b)| **b > 1e-12) {
            assert!((a - b).abs() <= 1e-8 * b, "{name}: {a:e} against {b:e}");
        }
    }
}

#[test]
fn zero_weights_and_zero_data_have_a_zero_step() {
    let backend = leastwise_backends::all::<f64>(1).swap_remove(0);
    let (zero, y) = (Mat::<f64>::zeros(3, 4), standard_normal::<f64>(2, 4, 0, 0));
    let net = TwoLayerNet::new(&zero, &y, 2).unwrap();
    let mut solver = Kronecker::new(&*backend);
    let (mut counts, mut delta) = (Counts::default(), [f64::NAN; 10]);
    solver.init(&net).unwrap();
    let x = [1.0; 10];
    let evaluation = solver.linearize(&net, &x, &mut counts).unwrap();
    assert_eq!(evaluation.gradient_norm, 0.0);
    let norm = euclidean(y.data());
    assert!((evaluation.loss - norm * norm).abs() <= 8.0 * f64::EPSILON * norm * norm);
    solver.direction(&net, &mut delta, &mut counts).unwrap();
    assert_eq!(delta, [0.0; 10]);

    let x = standard_normal::<f64>(3, 4, 0, 1);
    let net = TwoLayerNet::new(&x, &y, 2).unwrap();
    solver.init(&net).unwrap();
    solver.linearize(&net, &[0.0; 10], &mut counts).unwrap();
    solver.direction(&net, &mut delta, &mut counts).unwrap();
    assert_eq!(delta, [0.0; 10]);
    solver
        .damped_direction(&net, 1.0, &mut delta, &mut counts)
        .unwrap();
    assert_eq!(delta, [0.0; 10]);
}

#[test]
fn an_rcond_outside_its_range_is_refused() {
    let backend = leastwise_backends::all::<f64>(1).swap_remove(0);
    assert!(Kronecker::new(&*backend).with_rcond(1.0).is_err());
    assert!(Kronecker::new(&*backend).with_rcond(f64::NAN).is_err());
    assert!(Kronecker::new(&*backend).with_rcond(0.0).is_ok());
}
