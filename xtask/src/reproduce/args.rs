//! The flags, whose defaults are the published values, and their check.

use std::path::PathBuf;

use leastwise_core::Method;
use leastwise_problems::{Spectrum, TwoLayerNetSpec};

use crate::error::bad_input;
use crate::scalar_type::ScalarType;

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
    /// Step sizes of Levenberg-Marquardt, comma-separated; "none" leaves it out
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
    /// How the backend solves least squares: svd, complete-orthogonal, qr or cholesky
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

/// The flags, checked as far as they can be without a backend.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) spec: TwoLayerNetSpec,
    pub(super) gd_steps: Vec<f64>,
    pub(super) adam_steps: Vec<f64>,
    pub(super) lm_steps: Vec<f64>,
    pub(super) first_order_iterations: usize,
    pub(super) lm_iterations: usize,
    pub(super) backend: String,
    pub(super) method: Method,
    pub(super) threads: usize,
    pub(super) scalar: ScalarType,
    pub(super) out: PathBuf,
    pub(super) figure: bool,
}

impl ReproduceArgs {
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        for (flag, value) in [
            ("--xdim", self.xdim),
            ("--wdim", self.wdim),
            ("--ydim", self.ydim),
            ("--samples", self.samples),
            ("--threads", self.threads),
        ] {
            if value == 0 {
                return Err(bad_input(format!("{flag} must be at least 1, but it is 0")));
            }
        }
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
        let plan = Plan {
            spec: TwoLayerNetSpec {
                xdim: self.xdim,
                wdim: self.wdim,
                ydim: self.ydim,
                nsamples: self.samples,
                seed: self.seed,
                start_scale: self.start_scale,
                spectrum: self.condition.map_or(Spectrum::RowScaled, |condition| {
                    Spectrum::Prescribed { condition }
                }),
            },
            gd_steps: step_sizes("--gd-steps", &self.gd_steps)?,
            adam_steps: step_sizes("--adam-steps", &self.adam_steps)?,
            lm_steps: step_sizes("--lm-steps", &self.lm_steps)?,
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
        if plan.gd_steps.is_empty() && plan.adam_steps.is_empty() && plan.lm_steps.is_empty() {
            return Err(bad_input(
                "no optimiser has a step size, so there is nothing to run",
            ));
        }
        Ok(plan)
    }
}

fn step_sizes(flag: &str, list: &str) -> anyhow::Result<Vec<f64>> {
    let list = list.trim();
    if list.is_empty() || list == "none" {
        return Ok(Vec::new());
    }
    list.split(',')
        .map(|item| match item.trim().parse::<f64>() {
            Ok(step) if step > 0.0 && step.is_finite() => Ok(step),
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
    use crate::error::BadInput;

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
        assert_eq!(plan.gd_steps, [1e-6, 1e-5, 1e-4, 1e-3]);
        assert_eq!(plan.adam_steps, [1e-5, 1e-4, 1e-3, 1e-2]);
        assert_eq!(plan.lm_steps, [0.05, 0.2]);
        assert_eq!(
            (plan.first_order_iterations, plan.lm_iterations),
            (3000, 200)
        );
    }

    #[test]
    fn a_list_may_be_left_out_but_not_all_three() {
        assert!(plan(&["--gd-steps", "none"]).unwrap().gd_steps.is_empty());
        assert_eq!(
            plan(&["--lm-steps", " 1 , 0.5"]).unwrap().lm_steps,
            [1.0, 0.5]
        );
        assert!(plan(&["--gd-steps", "", "--adam-steps", "", "--lm-steps", ""]).is_err());
    }

    #[test]
    fn what_cannot_be_carried_out_is_bad_input_in_one_line() {
        for flags in [
            ["--gd-steps", "-1e-3"],
            ["--gd-steps", "1e-3,,1e-4"],
            ["--adam-steps", "0"],
            ["--lm-steps", "nan"],
            ["--lm-steps", "inf"],
            ["--xdim", "0"],
            ["--samples", "0"],
            ["--threads", "0"],
            ["--start-scale", "-1"],
            ["--start-scale", "nan"],
            ["--condition", "0.5"],
            ["--method", "magic"],
            ["--scalar", "f16"],
        ] {
            let error = plan(&flags).unwrap_err();
            assert!(error.is::<BadInput>(), "{flags:?}");
            let message = error.to_string();
            assert!(
                message.contains(flags[0]) && !message.contains('\n'),
                "{message}"
            );
        }
    }
}
