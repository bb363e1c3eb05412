//! The flags, whose defaults are the published values, and their check.

use std::path::PathBuf;

use leastwise_two_factor::{Spectrum, TwoLayerNetSpec};

use super::memory;
use super::plan::{Data, Plan, StepSize, StepSolverKind};
use crate::error::bad_input;
use leastwise_harness::capacity;

/// Run the published experiment: gradient descent, Adam and Levenberg-Marquardt on a two-layer
/// linear net, all from the same starting point
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReproduceArgs {
    /// Number of inputs n
    #[arg(long, default_value_t = 6)]
    pub(crate) xdim: usize,
    /// Number of hidden units k
    #[arg(long, default_value_t = 6)]
    pub(crate) wdim: usize,
    /// Hidden units of each layer of a deep net, from the input on, comma-separated; "none" is one
    /// matrix [default: WDIM]
    #[arg(long, value_name = "SIZES", conflicts_with = "wdim")]
    pub(crate) layers: Option<String>,
    /// Number of outputs m
    #[arg(long, default_value_t = 10)]
    pub(crate) ydim: usize,
    /// Number of samples s
    #[arg(long, default_value_t = 1000)]
    pub(crate) samples: usize,
    /// Seed of every random draw
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Standard deviation of the starting weights
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub(crate) start_scale: f64,
    /// Draw A with singular values from 1 down to 1/CONDITION instead of the published row scaling
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) condition: Option<f64>,
    /// Step sizes of gradient descent, comma-separated; "none" leaves it out
    #[arg(
        long,
        default_value = "1e-6,1e-5,1e-4,1e-3",
        allow_hyphen_values = true
    )]
    pub(crate) gd_steps: String,
    /// Step sizes of Adam, comma-separated; "none" leaves it out
    #[arg(
        long,
        default_value = "1e-5,1e-4,1e-3,1e-2",
        allow_hyphen_values = true
    )]
    pub(crate) adam_steps: String,
    /// Step sizes of Levenberg-Marquardt, comma-separated; "adaptive" is full steps with damping that
    /// adapts itself, "none" leaves it out
    #[arg(long, default_value = "0.05,0.2", allow_hyphen_values = true)]
    pub(crate) lm_steps: String,
    /// Iterations of gradient descent and Adam
    #[arg(long, default_value_t = 3000)]
    pub(crate) first_order_iterations: usize,
    /// Iterations of Levenberg-Marquardt
    #[arg(long, default_value_t = 200)]
    pub(crate) lm_iterations: usize,
    /// Linear-algebra library of Levenberg-Marquardt
    #[arg(long, default_value = "faer")]
    pub(crate) backend: String,
    /// How the step of Levenberg-Marquardt is found: dense (the whole Jacobian), kronecker (exact, two
    /// layers alone) or matrix-free (LSMR)
    #[arg(long, value_enum, default_value_t = StepSolverKind::Dense)]
    pub(crate) step_solver: StepSolverKind,
    /// The data: reduced to as many samples as inputs, with the same loss, or full as published
    #[arg(long, value_enum, default_value_t = Data::Reduced)]
    pub(crate) data: Data,
    /// How the backend solves the dense step: svd, complete-orthogonal, qr or cholesky
    #[arg(long, default_value = "svd")]
    pub(crate) method: String,
    /// Threads that the backend may use
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    /// Scalar type: f32 or f64
    #[arg(long, default_value = "f64")]
    pub(crate) scalar: String,
    /// Folder for reproduce.json, reproduce.svg and reproduce.png
    #[arg(long, default_value = "target/leastwise/reproduce")]
    pub(crate) out: PathBuf,
    /// Write no figure
    #[arg(long)]
    pub(crate) no_figure: bool,
}

impl ReproduceArgs {
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        for (flag, value) in [
            ("--xdim", self.xdim),
            ("--wdim", self.wdim),
            ("--ydim", self.ydim),
            ("--samples", self.samples),
        ] {
            if value == 0 {
                return Err(bad_input(format!("{flag} must be at least 1, but it is 0")));
            }
        }
        capacity::check_threads(self.threads)?;
        let scale = self.start_scale;
        if !(scale >= 0.0 && scale.is_finite()) {
            let message = format!("--start-scale must be at least 0 and finite, but it is {scale}");
            return Err(bad_input(message));
        }
        if let Some(condition) = self.condition
            && !(condition >= 1.0 && condition.is_finite())
        {
            let message =
                format!("--condition must be at least 1 and finite, but it is {condition}");
            return Err(bad_input(message));
        }
        let hidden = match self.layers.as_deref() {
            None => vec![self.wdim],
            Some(list) => layers(list)?,
        };
        if self.step_solver == StepSolverKind::Kronecker && hidden.len() != 1 {
            return Err(bad_input(format!(
                "--step-solver kronecker: the exact step is that of two layers, but --layers gives {}",
                hidden.len() + 1
            )));
        }
        let plan = Plan {
            spec: TwoLayerNetSpec {
                xdim: self.xdim,
                wdim: hidden.first().copied().unwrap_or(1),
                ydim: self.ydim,
                nsamples: self.samples,
                seed: self.seed,
                start_scale: self.start_scale,
                spectrum: self.condition.map_or(Spectrum::RowScaled, |condition| {
                    Spectrum::Prescribed { condition }
                }),
            },
            hidden,
            step_solver: self.step_solver,
            data: self.data,
            gd_steps: step_sizes("--gd-steps", &self.gd_steps, false)?,
            adam_steps: step_sizes("--adam-steps", &self.adam_steps, false)?,
            lm_steps: step_sizes("--lm-steps", &self.lm_steps, true)?,
            first_order_iterations: self.first_order_iterations,
            lm_iterations: self.lm_iterations,
            backend: self.backend.clone(),
            method: self
                .method
                .parse()
                .map_err(|error| bad_input(format!("--method: {error}")))?,
            threads: self.threads,
            scalar: self
                .scalar
                .parse()
                .map_err(|error| bad_input(format!("--scalar {error}")))?,
            out: self.out.clone(),
            figure: !self.no_figure,
        };
        memory::check(&plan)?;
        if plan.gd_steps.is_empty() && plan.adam_steps.is_empty() && plan.lm_steps.is_empty() {
            return Err(bad_input(
                "no optimiser has a step size, so there is nothing to run",
            ));
        }
        Ok(plan)
    }
}

fn layers(list: &str) -> anyhow::Result<Vec<usize>> {
    if list.trim() == "none" {
        return Ok(Vec::new());
    }
    list.split(',')
        .map(|item| match item.trim().parse::<usize>() {
            Ok(size) if size > 0 => Ok(size),
            _ => Err(bad_input(format!(
                "--layers must be positive whole numbers between commas, but it has {:?}",
                item.trim()
            ))),
        })
        .collect()
}

fn step_sizes(flag: &str, list: &str, may_adapt: bool) -> anyhow::Result<Vec<StepSize>> {
    let list = list.trim();
    if list.is_empty() || list == "none" {
        return Ok(Vec::new());
    }
    list.split(',')
        .map(|item| match item.trim().parse::<f64>() {
            Ok(step) if step > 0.0 && step.is_finite() => Ok(StepSize::Fixed(step)),
            _ if may_adapt && item.trim() == "adaptive" => Ok(StepSize::Adaptive),
            _ => Err(bad_input(format!(
                "{flag} must be positive, finite numbers between commas, but it has {:?}",
                item.trim()
            ))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::error::is_bad_input;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: ReproduceArgs,
    }

    fn plan(flags: &[&str]) -> anyhow::Result<Plan> {
        let flags = std::iter::once(&"reproduce").chain(flags);
        Command::try_parse_from(flags).unwrap().args.plan()
    }

    #[test]
    fn the_defaults_are_the_published_experiment() {
        let plan = plan(&[]).unwrap();
        assert_eq!(plan.spec, TwoLayerNetSpec::default());
        assert_eq!(plan.gd_steps, [1e-6, 1e-5, 1e-4, 1e-3].map(StepSize::Fixed));
        assert_eq!(
            plan.adam_steps,
            [1e-5, 1e-4, 1e-3, 1e-2].map(StepSize::Fixed)
        );
        assert_eq!(plan.lm_steps, [0.05, 0.2].map(StepSize::Fixed));
        assert_eq!(plan.hidden, [6]);
        assert_eq!(plan.step_solver, StepSolverKind::Dense);
        assert_eq!(
            (plan.first_order_iterations, plan.lm_iterations),
            (3000, 200)
        );
    }

    #[test]
    fn a_list_may_be_left_out_but_not_all_three() {
        assert!(plan(&["--gd-steps", "none"]).unwrap().gd_steps.is_empty());
        assert_eq!(
            plan(&["--lm-steps", " 1 , adaptive"]).unwrap().lm_steps,
            [StepSize::Fixed(1.0), StepSize::Adaptive]
        );
        assert!(plan(&["--gd-steps", "", "--adam-steps", "", "--lm-steps", ""]).is_err());
    }

    #[test]
    fn what_cannot_be_carried_out_is_bad_input_in_one_line() {
        for flags in [
            ["--gd-steps", "-1e-3"],
            ["--gd-steps", "1e-3,,1e-4"],
            ["--adam-steps", "0"],
            ["--gd-steps", "adaptive"],
            ["--lm-steps", "nan"],
            ["--layers", "6,0"],
            ["--layers", ""],
            ["--lm-steps", "inf"],
            ["--xdim", "0"],
            ["--samples", "0"],
            ["--threads", "0"],
            ["--threads", "100000"],
            ["--xdim", "1000000000"],
            ["--wdim", "1000000000000"],
            ["--ydim", "9000000000000000000"],
            ["--samples", "10000000000000"],
            ["--layers", "1000000,1000000"],
            ["--first-order-iterations", "1000000000000000"],
            ["--lm-iterations", "18446744073709551615"],
            ["--start-scale", "-1"],
            ["--start-scale", "nan"],
            ["--condition", "0.5"],
            ["--method", "magic"],
            ["--scalar", "f16"],
        ] {
            let error = plan(&flags).unwrap_err();
            assert!(is_bad_input(&error), "{flags:?}");
            let message = error.to_string();
            assert!(
                message.contains(flags[0]) && !message.contains('\n'),
                "{message}"
            );
        }
    }
}
