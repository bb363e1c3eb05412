//! The memory of a run, within a factor of two. This is accurate enough to refuse a run that would be aborted.

use leastwise_harness::capacity;
use leastwise_harness::model::ScalarType;

use super::plan::{Data, Family, Reproduce, StepSize, StepSolverKind};
use crate::problem_size::Net;

/// Refuses sizes that do not fit into memory.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) with the flags and the bytes.
pub(super) fn check(flags: &Reproduce) -> anyhow::Result<()> {
    let net = &flags.net;
    let hidden: Vec<String> = flags.hidden().iter().map(usize::to_string).collect();
    let hidden = match &hidden[..] {
        [one] => format!("--wdim {one}"),
        [] => "--layers none".to_owned(),
        many => format!("--layers {}", many.join(",")),
    };
    let sizes = format!(
        "--xdim {}, {hidden}, --ydim {} and --samples {}",
        net.xdim, net.ydim, net.samples
    );
    capacity::check_memory(&sizes, bytes(flags))?;
    let iterations = format!(
        "--first-order-iterations {} and --lm-iterations {}",
        flags.first_order_iterations, flags.lm_iterations
    );
    Ok(capacity::check_memory(&iterations, history_bytes(flags))?)
}

/// The factors come from the largest resident size of many runs, in each of which one size was large.
fn bytes(flags: &Reproduce) -> f64 {
    let scalar = match flags.scalar {
        ScalarType::F32 => 4.0,
        ScalarType::F64 => 8.0,
    };
    let net = flags.net.with_hidden(&flags.hidden());
    let features = net.inputs + net.outputs;
    // A copy of the samples, or the matrix that a reduction factorises.
    let (used, copied) = match flags.data {
        Data::Full if flags.has_published_arithmetic() => (net.clone(), 0.0),
        Data::Full => (net.clone(), net.data()),
        Data::Reduced => {
            let samples = net.samples.min(net.inputs);
            let triangle = features * features.min(net.samples);
            (
                Net {
                    samples,
                    ..net.clone()
                },
                net.data() + 3.0 * triangle,
            )
        }
    };
    // The image of each sample in each layer, in the forward and in the backward pass.
    let images = 2.0 * used.hidden.iter().sum::<f64>() * used.samples;
    let parameters = 16.0 * used.parameters();
    let step = if flags.steps(Family::LevenbergMarquardt).is_empty() {
        0.0
    } else {
        step_entries(flags, &used)
    };
    let running = scalar * (net.data() + copied + images + parameters + step);
    net.draw_bytes(scalar).max(running)
}

/// The number of entries that a step of Levenberg-Marquardt holds.
fn step_entries(flags: &Reproduce, net: &Net) -> f64 {
    let (rows, columns) = net.jacobian();
    match flags.step_solver {
        StepSolverKind::Dense => {
            // The rows of the damping make the stacked matrix taller.
            let steps = flags.steps(Family::LevenbergMarquardt);
            let is_damped = steps.contains(&StepSize::Adaptive);
            let stacked = if is_damped { rows + columns } else { 0.0 };
            let decomposition = if is_damped { 9.0 } else { 5.0 };
            let triangle = rows.max(stacked).min(columns) * columns;
            (2.0 * rows + stacked) * columns + decomposition * triangle
        }
        StepSolverKind::Kronecker => rows + 24.0 * columns,
        StepSolverKind::MatrixFree => 8.0 * (rows + columns),
    }
}

/// The bytes for the loss, the norm of the gradient and the time after each step of each run, for their copies, and for
/// the stored text.
fn history_bytes(flags: &Reproduce) -> f64 {
    let iterations = |(family, _)| flags.iterations(family) as f64;
    9.0 * 8.0 * flags.runs().map(iterations).sum::<f64>()
}
