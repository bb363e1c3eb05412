//! The flags and their check.

use std::path::PathBuf;

use leastwise_two_factor::TwoLayerNetSpec;

use super::study::Study;
use crate::error::bad_input;
use crate::problem_size::Net;
use leastwise_harness::capacity;

/// Hold Levenberg-Marquardt against gradient descent, Adam and scaled gradient descent, each tuned
/// with the same effort on draws that it is not judged by
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RivalsArgs {
    /// What to study, comma-separated: scale, tuning, condition, noise
    #[arg(long, default_value = "scale,tuning,condition,noise")]
    pub(crate) study: String,
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
    /// Seed of the first draw; the others follow it
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Number of draws that each method is judged by; 5, and with --quick 2
    #[arg(long)]
    pub(crate) seeds: Option<u64>,
    /// Seconds that a run may take; 0.1, and with --quick 0.01
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) seconds: Option<f64>,
    /// Linear-algebra library of scaled gradient descent and Levenberg-Marquardt
    #[arg(long, default_value = "faer")]
    pub(crate) backend: String,
    /// Threads that the backend may use
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    /// Folder for rivals.json and the figures
    #[arg(long, default_value = "target/leastwise/rivals")]
    pub(crate) out: PathBuf,
    /// A document whose tables are to be replaced, between the markers <!-- rivals-STUDY: begin -->
    /// and <!-- rivals-STUDY: end -->
    #[arg(long)]
    pub(crate) page: Option<PathBuf>,
    /// A few seconds instead of about a minute
    #[arg(long)]
    pub(crate) quick: bool,
}

/// The flags, checked as far as they can be without a backend.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) studies: Vec<Study>,
    /// Sizes and the seed of the first draw.
    pub(super) spec: TwoLayerNetSpec,
    pub(super) seeds: u64,
    pub(super) seconds: f64,
    pub(super) backend: String,
    pub(super) threads: usize,
    pub(super) out: PathBuf,
    pub(super) page: Option<PathBuf>,
}

impl RivalsArgs {
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        let seeds = self.seeds.unwrap_or(if self.quick { 2 } else { 5 });
        for (flag, is_zero) in [
            ("--xdim", self.xdim == 0),
            ("--wdim", self.wdim == 0),
            ("--ydim", self.ydim == 0),
            ("--samples", self.samples == 0),
            ("--seeds", seeds == 0),
        ] {
            if is_zero {
                return Err(bad_input(format!("{flag} must be at least 1, but it is 0")));
            }
        }
        capacity::check_threads(self.threads)?;
        if self.samples < self.xdim {
            return Err(bad_input(format!(
                "--samples must be at least --xdim = {}, so that X has full rank, but it is {}",
                self.xdim, self.samples
            )));
        }
        self.check_memory(seeds)?;
        let seconds = self.seconds.unwrap_or(if self.quick { 0.01 } else { 0.1 });
        if !(seconds > 0.0 && seconds.is_finite()) {
            let message = format!("--seconds must be positive and finite, but it is {seconds}");
            return Err(bad_input(message));
        }
        let mut studies = Vec::new();
        for name in self.study.split(',') {
            let study = name
                .trim()
                .parse()
                .map_err(|error| bad_input(format!("--study {error}")))?;
            if !studies.contains(&study) {
                studies.push(study);
            }
        }
        if self.xdim.min(self.ydim) == 1 && studies.contains(&Study::Condition) {
            return Err(bad_input(
                "--study condition needs two singular values: --xdim and --ydim above 1",
            ));
        }
        Ok(Plan {
            studies,
            spec: TwoLayerNetSpec {
                xdim: self.xdim,
                wdim: self.wdim,
                ydim: self.ydim,
                nsamples: self.samples,
                seed: self.seed,
                ..TwoLayerNetSpec::default()
            },
            seeds,
            seconds,
            backend: self.backend.clone(),
            threads: self.threads,
            out: self.out.clone(),
            page: self.page.clone(),
        })
    }

    fn check_memory(&self, seeds: u64) -> anyhow::Result<()> {
        let net = Net {
            inputs: self.xdim as f64,
            hidden: vec![self.wdim as f64],
            outputs: self.ydim as f64,
            samples: self.samples as f64,
        };
        // While a problem is drawn, its samples are copied for the noise and for the reduction.
        let drawing = net.draw_bytes(8.0).max(8.0 * 4.0 * net.data());
        // What is kept of each draw: reduced samples, A and its decomposition, the start.
        let reduced = (net.inputs + net.outputs) * net.inputs;
        let kept = 8.0 * (2.0 * reduced + 4.0 * net.inputs * net.outputs + net.parameters());
        let sizes = format!(
            "--xdim {}, --wdim {}, --ydim {}, --samples {} and --seeds {seeds}",
            self.xdim, self.wdim, self.ydim, self.samples
        );
        let bytes = drawing + seeds as f64 * kept;
        Ok(capacity::check_memory(&sizes, bytes)?)
    }
}
