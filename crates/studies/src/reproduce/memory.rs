//! How much memory a run takes: enough to refuse what would be aborted, within a factor of two.

use super::plan::{Data, Plan, StepSize, StepSolverKind};
use crate::problem_size::Net;
use leastwise_harness::capacity;
use leastwise_harness::model::ScalarType;

/// Refuses sizes that do not fit.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) with the flags and the bytes.
pub(super) fn check(plan: &Plan) -> anyhow::Result<()> {
    let spec = &plan.spec;
    let hidden: Vec<String> = plan.hidden.iter().map(usize::to_string).collect();
    let hidden = match &hidden[..] {
        [one] => format!("--wdim {one}"),
        [] => "--layers none".to_owned(),
        many => format!("--layers {}", many.join(",")),
    };
    let sizes = format!(
        "--xdim {}, {hidden}, --ydim {} and --samples {}",
        spec.xdim, spec.ydim, spec.nsamples
    );
    capacity::check_memory(&sizes, bytes(plan))?;
    let iterations = format!(
        "--first-order-iterations {} and --lm-iterations {}",
        plan.first_order_iterations, plan.lm_iterations
    );
    Ok(capacity::check_memory(&iterations, history_bytes(plan))?)
}

/// The factors were found by the largest resident size of runs of many sizes, one of them large at a time.
fn bytes(plan: &Plan) -> f64 {
    let scalar = match plan.scalar {
        ScalarType::F32 => 4.0,
        ScalarType::F64 => 8.0,
    };
    let spec = &plan.spec;
    let net = Net {
        inputs: spec.xdim as f64,
        hidden: plan.hidden.iter().map(|&size| size as f64).collect(),
        outputs: spec.ydim as f64,
        samples: spec.nsamples as f64,
    };
    let features = net.inputs + net.outputs;
    // A copy of the samples, or what a reduction factorises.
    let (used, copied) = match plan.data {
        Data::Full if plan.has_published_arithmetic() => (net.clone(), 0.0),
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
    // Forward and backward, a layer's image of each sample.
    let images = 2.0 * used.hidden.iter().sum::<f64>() * used.samples;
    let parameters = 16.0 * used.parameters();
    let step = if plan.lm_steps.is_empty() {
        0.0
    } else {
        step_entries(plan, &used)
    };
    let running = scalar * (net.data() + copied + images + parameters + step);
    net.draw_bytes(scalar).max(running)
}

/// What a step of Levenberg-Marquardt holds.
fn step_entries(plan: &Plan, net: &Net) -> f64 {
    let (rows, columns) = net.jacobian();
    match plan.step_solver {
        StepSolverKind::Dense => {
            // The rows of the damping make the stacked matrix taller.
            let is_damped = plan.lm_steps.contains(&StepSize::Adaptive);
            let stacked = if is_damped { rows + columns } else { 0.0 };
            let decomposition = if is_damped { 9.0 } else { 5.0 };
            let triangle = rows.max(stacked).min(columns) * columns;
            (2.0 * rows + stacked) * columns + decomposition * triangle
        }
        StepSolverKind::Kronecker => rows + 24.0 * columns,
        StepSolverKind::MatrixFree => 8.0 * (rows + columns),
    }
}

/// Loss, norm of the gradient and time after each step of each run, their copies, and the text that is stored.
fn history_bytes(plan: &Plan) -> f64 {
    let first_order = (plan.gd_steps.len() + plan.adam_steps.len()) as f64;
    let iterations = first_order * plan.first_order_iterations as f64
        + plan.lm_steps.len() as f64 * plan.lm_iterations as f64;
    9.0 * 8.0 * iterations
}
