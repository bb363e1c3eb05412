//! Where the structured step is less accurate than the dense one: both against the step in
//! double-double arithmetic, over the conditions of X and of the weights and over the damping.
//!
//! `cargo run --release -p leastwise-backends --example step_accuracy`

use leastwise_conformance::{LeastSquaresTruth, Quality};
use leastwise_core::{Backend, Mat, Method, Result};
use leastwise_optim::levenberg_marquardt::{DampedStepSolver, Dense, Kronecker, StepSolver};
use leastwise_optim::{Counts, LeastSquaresProblem};
use leastwise_problems::{TwoLayerNet, standard_normal, with_singular_values};

const SIZES: (usize, usize, usize, usize) = (10, 6, 6, 60);

/// Singular values from 1 down to 1/condition.
fn spectrum(count: usize, condition: f64) -> Vec<f64> {
    let exponent = |i: usize| i as f64 / (count - 1) as f64;
    (0..count).map(|i| condition.powf(-exponent(i))).collect()
}

fn net(condition_x: f64, condition_w: f64) -> Result<(TwoLayerNet<f64>, Vec<f64>)> {
    let (m, k, n, s) = SIZES;
    let x = with_singular_values(n, s, &spectrum(n, condition_x), 0, 0);
    let y = standard_normal(m, s, 0, 1);
    let w1 = with_singular_values(m, k, &spectrum(k, condition_w), 0, 2);
    let w2 = with_singular_values(k, n, &spectrum(k, condition_w), 0, 3);
    let weights = [w1.into_vec(), w2.into_vec()].concat();
    Ok((TwoLayerNet::new(&x, &y, k)?, weights))
}

/// The step of `solver`, damped by `lambda` unless that is zero.
fn step<S>(mut solver: S, net: &TwoLayerNet<f64>, weights: &[f64], lambda: f64) -> Result<Mat<f64>>
where
    S: DampedStepSolver<f64, TwoLayerNet<f64>> + StepSolver<f64, TwoLayerNet<f64>>,
{
    let (mut counts, mut delta) = (Counts::default(), vec![0.0; weights.len()]);
    solver.init(net)?;
    solver.linearize(net, weights, &mut counts)?;
    if lambda == 0.0 {
        solver.direction(net, &mut delta, &mut counts)?;
    } else {
        solver.damped_direction(net, lambda, &mut delta, &mut counts)?;
    }
    Mat::from_col_major(delta, weights.len(), 1)
}

/// The step in double-double arithmetic, from the residual and Jacobian in f64.
fn truth(net: &TwoLayerNet<f64>, weights: &[f64], lambda: f64) -> Result<LeastSquaresTruth<f64>> {
    let (rows, cols) = (net.residuals(), net.parameters());
    let (mut jacobian, mut r) = (Mat::zeros(rows, cols), vec![0.0; rows]);
    net.jacobian(weights, jacobian.as_mut())?;
    net.residual(weights, &mut r)?;
    let damping = if lambda == 0.0 { 0 } else { cols };
    let a = Mat::from_fn(rows + damping, cols, |i, j| match i.checked_sub(rows) {
        None => jacobian[(i, j)],
        Some(l) if l == j => lambda.sqrt(),
        Some(_) => 0.0,
    });
    let b = Mat::from_fn(rows + damping, 1, |i, _| if i < rows { -r[i] } else { 0.0 });
    let (m, k, n, _) = SIZES;
    let rank = if lambda == 0.0 {
        k * (m + n) - k * k
    } else {
        cols
    };
    debug_assert!(m >= k && n >= k);
    Ok(LeastSquaresTruth::new(a.as_ref(), b.as_ref(), rank))
}

fn main() -> Result<()> {
    let backend = leastwise_backends::all::<f64>(1).swap_remove(0);
    let backend: &dyn Backend<f64> = &*backend;
    println!("κ(X)   κ(W)   λ      κ of the problem   dense/svd   kronecker   (‖δ − δ*‖/‖δ*‖)");
    for condition_x in [1.0, 1e2, 1e4, 1e6, 1e8] {
        for condition_w in [1.0, 1e3, 1e6] {
            for lambda in [0.0, 1e-2, 1e-6, 1e-10] {
                let (net, weights) = net(condition_x, condition_w)?;
                let truth = truth(&net, &weights, lambda)?;
                let dense = Dense::new(backend, Method::Svd).with_rcond(1e-15);
                let dense = step(dense, &net, &weights, lambda)?;
                let structured = Kronecker::new(backend).with_rcond(1e-15)?;
                let structured = step(structured, &net, &weights, lambda)?;
                let [dense, structured] = [dense, structured].map(|delta| {
                    let Quality { forward_error, .. } = truth.judge(&delta);
                    forward_error
                });
                println!(
                    "{condition_x:<6.0e} {condition_w:<6.0e} {lambda:<6.0e} {:>16.1e} \
                     {dense:>11.1e} {structured:>11.1e}",
                    truth.condition()
                );
            }
        }
    }
    Ok(())
}
