//! The flags, and the stored plan.

use std::str::FromStr;

use leastwise_harness::capacity;
use serde::{Deserialize, Serialize};

use super::question::Question;
use crate::error::bad_input;
use crate::problem_size::{NetArgs, number};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
pub(crate) struct Rivals {
    /// The questions to study, comma-separated: scale, tuning, condition, noise
    #[arg(long, default_value = "scale,tuning,condition,noise")]
    study: Questions,
    #[command(flatten)]
    pub(super) net: NetArgs,
    /// Number of draws on which each method is compared [default: 5; with --quick 2]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// Time limit of a run, in seconds [default: 0.1; with --quick 0.01]
    #[arg(long, allow_negative_numbers = true)]
    #[arg(value_parser = |text: &str| number(text, "positive", |x| x > 0.0))]
    seconds: Option<f64>,
    /// Take a few seconds instead of about a minute
    #[arg(long)]
    quick: bool,
}

/// The flags, and the library that computes the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) flags: Rivals,
    pub(super) engine: String,
    pub(super) version: String,
    pub(super) threads: usize,
}

impl Rivals {
    pub(super) fn questions(&self) -> &[Question] {
        &self.study.0
    }

    /// The number of draws on which each method is compared.
    pub(super) fn seeds(&self) -> u64 {
        self.seeds.unwrap_or(if self.quick { 2 } else { 5 })
    }

    /// The seconds of a run.
    pub(super) fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(if self.quick { 0.01 } else { 0.1 })
    }

    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for sizes that cannot be studied.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let NetArgs {
            xdim,
            wdim,
            ydim,
            samples,
            ..
        } = self.net;
        if samples < xdim {
            return Err(bad_input(format!(
                "--samples must be at least --xdim = {xdim}, so that X has full rank, but it is {samples}"
            )));
        }
        if xdim.min(ydim) == 1 && self.questions().contains(&Question::Condition) {
            return Err(bad_input(
                "--study condition needs two singular values: --xdim and --ydim above 1",
            ));
        }
        let net = self.net.with_hidden(&[wdim]);
        // While a problem is drawn, its samples are copied for the noise and for the reduction.
        let drawing = net.draw_bytes(8.0).max(8.0 * 4.0 * net.data());
        // Each draw keeps the reduced samples, A with its decomposition, and the start.
        let reduced = (net.inputs + net.outputs) * net.inputs;
        let kept = 8.0 * (2.0 * reduced + 4.0 * net.inputs * net.outputs + net.parameters());
        let seeds = self.seeds();
        let sizes = format!(
            "--xdim {xdim}, --wdim {wdim}, --ydim {ydim}, --samples {samples} and --seeds {seeds}"
        );
        Ok(capacity::check_memory(
            &sizes,
            drawing + seeds as f64 * kept,
        )?)
    }
}

/// The questions that a flag gives, without duplicates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Questions(Vec<Question>);

impl FromStr for Questions {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        let mut questions = Vec::new();
        for name in list.split(',') {
            let question = name.trim().parse()?;
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
        Ok(Self(questions))
    }
}
