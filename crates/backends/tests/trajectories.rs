//! Levenberg-Marquardt takes the same path on every backend.

use leastwise_core::{Mat, Method};
use leastwise_optim::levenberg_marquardt::{Dense, FixedStep};
use leastwise_optim::{Budget, History, LeastSquaresProblem, LevenbergMarquardt, minimize};
use leastwise_two_factor::TwoLayerNetSpec;

const STEP: f64 = 0.2;

/// The loss after each step, by every backend and method that handles rank deficiency.
fn trajectories(spec: &TwoLayerNetSpec) -> Vec<(String, Vec<f64>)> {
    let drawn = spec.draw::<f64>().unwrap();
    let mut found = Vec::new();
    for backend in leastwise_backends::all::<f64>(1) {
        let info = backend.info();
        for &(method, _) in info.methods {
            if !method.handles_rank_deficiency() {
                continue;
            }
            let control = FixedStep::new(STEP).unwrap();
            let mut lm = LevenbergMarquardt::new(control, Dense::new(&*backend, method));
            let mut history = History::new();
            let budget = Budget::steps(200);
            let observers: &mut [&mut dyn leastwise_optim::Observer<f64>] = &mut [&mut history];
            minimize(&mut lm, &drawn.net, &drawn.start, &budget, observers).unwrap();
            found.push((
                format!("{}/{method}", info.engine),
                history.losses().to_vec(),
            ));
        }
    }
    found
}

/// The change of the residual, in ‖·‖₂, by rounding only the parameters, if a step contracts errors
/// by 1 − α: ‖J‖₂·u‖x‖ a step, so ‖J‖₂·u‖x‖/α in all; for J and x at the start.
fn rounding_floor(spec: &TwoLayerNetSpec) -> f64 {
    let drawn = spec.draw::<f64>().unwrap();
    let (m, n) = (drawn.net.residuals(), drawn.net.parameters());
    let mut jacobian = Mat::zeros(m, n);
    drawn.net.jacobian(&drawn.start, jacobian.as_mut()).unwrap();
    let backend = leastwise_backends::all::<f64>(1).swap_remove(0);
    let largest = backend.svd(jacobian.as_ref()).unwrap().s[0];
    let size = leastwise_core::norm::euclidean(&drawn.start);
    largest * size * f64::EPSILON / 2.0 / STEP
}

#[test]
fn every_backend_reaches_machine_precision_on_the_same_path() {
    let spec = TwoLayerNetSpec {
        nsamples: 100,
        ..TwoLayerNetSpec::default()
    };
    let floor = rounding_floor(&spec);
    let runs = trajectories(&spec);
    assert!(runs.len() >= 2 * leastwise_backends::names().len() - 1);
    let (reference_name, reference) = &runs[0];
    for (name, losses) in &runs {
        assert_eq!(losses.len(), 201);
        let last = losses[200];
        assert!(last < 1e-24, "{name} ends at {last:e}");
        for (step, (loss, expected)) in losses.iter().zip(reference).enumerate() {
            // |‖r + e‖² − ‖r‖²| ≤ 2‖r‖‖e‖ + ‖e‖², for the rounding errors e of either run.
            let bound = 1e-6 + 4.0 * floor / expected.sqrt() + (2.0 * floor).powi(2) / expected;
            let difference = (loss - expected).abs() / expected;
            assert!(
                difference <= bound,
                "step {step}: {name} has {loss:e}, {reference_name} {expected:e}: {difference:e} \
                 apart, more than {bound:e}"
            );
        }
    }
}

#[test]
fn methods_that_cannot_solve_it_say_so_at_the_first_step() {
    let drawn = TwoLayerNetSpec {
        nsamples: 50,
        ..TwoLayerNetSpec::default()
    }
    .draw::<f64>()
    .unwrap();
    for backend in leastwise_backends::all::<f64>(1) {
        for method in [Method::Qr, Method::Cholesky] {
            let control = FixedStep::new(STEP).unwrap();
            let mut lm = LevenbergMarquardt::new(control, Dense::new(&*backend, method));
            let run = minimize(
                &mut lm,
                &drawn.net,
                &drawn.start,
                &Budget::steps(3),
                &mut [],
            );
            let error = run.unwrap_err();
            assert!(
                matches!(error, leastwise_core::Error::RankDeficient { .. }),
                "{error}"
            );
        }
    }
}
