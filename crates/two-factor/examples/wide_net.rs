//! Trains a net of two layers of 1024×1024, with 2.1 million parameters, exactly on samples that are read
//! once. It prints the memory that this takes, and the time of a step compared with one SVD of that size.
//!
//! `cargo run --release -p leastwise-two-factor --example wide_net -- [WIDTH] [SAMPLES]`

use std::time::Instant;

use leastwise_core::{Backend, Error, Mat, MatMul, Result};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, FixedStep};
use leastwise_optim::{Budget, Counts, LevenbergMarquardt, Optimizer, Termination, minimize};
use leastwise_testset::standard_normal;
use leastwise_two_factor::Kronecker;
use leastwise_two_factor::{Reduced, reduce_batches};
use leastwise_two_factor::{TwoFactorNet, draw_start};

const BATCH: usize = 4096;

fn main() -> Result<()> {
    let mut sizes = std::env::args().skip(1).map(|arg| arg.parse::<usize>());
    let mut size = |default| sizes.next().map_or(Ok(default), |size| size);
    let parsed = size(1024).and_then(|width| Ok((width, size(1_000_000)?)));
    let Ok((width, samples)) = parsed else {
        eprintln!("usage: wide_net [WIDTH] [SAMPLES], both positive whole numbers");
        std::process::exit(2);
    };
    let backend: &dyn Backend<f64> = &Faer::default();
    let reduced = stream(backend, width, samples)?;
    let step = train(backend, width, reduced)?;
    let svd = time_of_svd(backend, width)?;
    println!(
        "a damped step takes {:.2} s and one SVD {svd:.2} s: {:.2} times",
        step,
        step / svd
    );
    println!("peak memory: {}", peak_memory());
    Ok(())
}

/// Draws the samples batch by batch, and reduces them to as many samples as there are inputs.
fn stream(backend: &dyn Backend<f64>, width: usize, samples: usize) -> Result<Reduced<f64>> {
    let start = Instant::now();
    let a = standard_normal::<f64>(width, width, 0, 0);
    let batches = (0..samples).step_by(BATCH).zip(1..).map(|(done, number)| {
        let x = standard_normal::<f64>(width, BATCH.min(samples - done), 0, number);
        let mut y = Mat::zeros(width, x.cols());
        backend.matmul(1.0, a.as_ref(), x.as_ref(), 0.0, y.as_mut())?;
        Ok::<_, Error>((x, y))
    });
    let reduced = reduce_batches(backend, width, width, batches)?;
    println!(
        "{} samples of {width} inputs and outputs reduced to {} in {:.1} s; constant loss {:.1e}",
        reduced.samples,
        reduced.x.cols(),
        start.elapsed().as_secs_f64(),
        reduced.constant_norm.powi(2)
    );
    Ok(reduced)
}

/// Trains until no step reduces the loss, and returns the seconds per step.
fn train(backend: &dyn Backend<f64>, width: usize, reduced: Reduced<f64>) -> Result<f64> {
    let scale = reduced.y.frobenius_norm();
    let net = TwoFactorNet::on(backend, reduced.x, reduced.y, width)?;
    let weights = draw_start::<f64>(&[width, width, width], 1.0, 0)?;
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Kronecker::new(backend));
    let mut report_step = |record: &leastwise_optim::Record<'_, f64>| {
        let seconds = record.elapsed.as_secs_f64();
        println!(
            "step {:2}: loss {:.3e}, {seconds:.1} s",
            record.step, record.loss
        );
        std::ops::ControlFlow::Continue(())
    };
    let floor = rounding_level(&net, &weights)?;
    let budget = Budget::steps(60).with_target_loss(floor);
    let report = minimize(&mut lm, &net, &weights, &budget, &mut [&mut report_step])?;
    println!(
        "{}: {} parameters, {} steps, ‖r‖/‖Y‖ = {:.1e}",
        report.termination,
        report.parameters.len(),
        report.steps,
        report.loss.sqrt() / scale
    );
    if report.termination != Termination::TargetReached {
        eprintln!("the rounding level, {floor:.1e}, was not reached");
        std::process::exit(1);
    }
    let mut counts = Counts::default();
    let mut weights = weights;
    let mut lm = LevenbergMarquardt::new(FixedStep::new(0.2)?, Kronecker::new(backend));
    lm.init(&net, &weights, &mut counts)?;
    let start = Instant::now();
    lm.step(&net, &mut weights, &mut counts)?;
    println!(
        "an undamped step takes {:.2} s",
        start.elapsed().as_secs_f64()
    );
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Kronecker::new(backend));
    lm.init(&net, &weights, &mut counts)?;
    let (start, solves) = (Instant::now(), counts.solves);
    lm.step(&net, &mut weights, &mut counts)?;
    Ok(start.elapsed().as_secs_f64() / (counts.solves - solves) as f64)
}

/// The loss that the rounding of W1·(W2·X) leaves. Its error is u·‖W1‖_F·‖W2·X‖_F if rounding errors are
/// independent (N. Higham, T. Mary, SIAM J. Sci. Comput. 41 (2019)). The bound is four times that, to allow
/// for the steps.
fn rounding_level<'b>(
    net: &TwoFactorNet<'b, f64, dyn Backend<f64> + 'b>,
    weights: &[f64],
) -> Result<f64> {
    let net = net.as_linear_net();
    // Training changes the weights by less than their size.
    let [w1, w2] = net.weights(weights)?[..] else {
        unreachable!("a net of two factors has two")
    };
    let mut activation = Mat::zeros(w2.rows(), net.samples());
    Faer::default().matmul(1.0, w2, net.x(), 0.0, activation.as_mut())?;
    let error = f64::EPSILON / 2.0 * w1.to_mat().frobenius_norm() * activation.frobenius_norm();
    Ok((4.0 * error).powi(2))
}

fn time_of_svd(backend: &dyn Backend<f64>, width: usize) -> Result<f64> {
    let a = standard_normal::<f64>(width, width, 1, 0);
    let start = Instant::now();
    backend.svd(a.as_ref())?;
    Ok(start.elapsed().as_secs_f64())
}

/// The largest resident set of this process, if the system reports it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(
        || "not reported by this system".to_owned(),
        |size| size.trim().to_owned(),
    )
}
