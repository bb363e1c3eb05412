//! The flags, and their check.

use std::path::PathBuf;

use leastwise_core::Backend;

use super::limits::{Depth, Limits};
use super::measure;
use super::numpy::Numpy;
use super::plan::{MARKER, Plan};
use super::size::Sweep;
use crate::error::bad_input;
use crate::publish;
use leastwise_harness::capacity;

/// Time a Levenberg-Marquardt step of min ‖W1·W2·X − Y‖² against the width of a square net and the
/// number of samples, by each way to solve it
///
/// Where dense steps run, everyone has to agree with somebody who takes another way before anything is
/// timed; a step that does not is not timed, and the exit code is 1.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ScalingArgs {
    /// Widths to 64 and samples to 1e4: some seconds
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Widths to 1024, and larger dense steps: many minutes
    #[arg(long)]
    full: bool,
    /// Widths m = k = n of a net with twice as many samples, comma-separated; "none" leaves them out
    /// [default: 6 to 512, doubling and with one or two between]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    widths: Option<String>,
    /// Numbers of samples at m = 10 and k = n = 6, comma-separated; "none" leaves them out
    /// [default: 1e3,1e4,1e5,1e6]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    samples: Option<String>,
    /// Libraries to time, comma-separated
    #[arg(long, default_value = "faer,nalgebra")]
    backend: String,
    /// Also time numpy's dense step, by this interpreter
    #[arg(long, value_name = "PYTHON")]
    numpy: Option<PathBuf>,
    /// Folder for scaling.json, scaling.svg and scaling.png
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "target/leastwise/scaling"
    )]
    out: PathBuf,
    /// Put the tables between the markers of this Markdown file
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Time an unoptimised build, which says nothing
    #[arg(long, hide = true)]
    unoptimised: bool,
}

const WIDTHS: [usize; 16] = [
    6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024,
];
const SAMPLES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Beyond, the data alone take gigabytes.
const LARGEST_WIDTH: usize = 4096;
const LARGEST_SAMPLES: usize = 10_000_000;

impl ScalingArgs {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out.
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        if cfg!(debug_assertions) && !self.unoptimised {
            let message = "an unoptimised build measures nothing of interest; use `cargo xtask \
                           scaling`, which builds with optimisation";
            return Err(bad_input(message));
        }
        let depth = match (self.quick, self.full) {
            (true, _) => Depth::Quick,
            (_, true) => Depth::Full,
            _ => Depth::Default,
        };
        let (widest, most) = depth.largest();
        let up_to = |all: &[usize], last| all.iter().copied().filter(|&at| at <= last).collect();
        let widths = match &self.widths {
            Some(list) => counts("--widths", list, LARGEST_WIDTH)?,
            None => up_to(&WIDTHS, widest),
        };
        let samples = match &self.samples {
            Some(list) => counts("--samples", list, LARGEST_SAMPLES)?,
            None => up_to(&SAMPLES, most),
        };
        if widths.is_empty() && samples.is_empty() {
            let message = "--widths and --samples leave both out, so there is nothing to time";
            return Err(bad_input(message));
        }
        let backends = backends(&self.backend)?;
        if let Some(page) = &self.page {
            publish::check_page("--page", page, &[MARKER.to_owned()])?;
        }
        publish::check_writable(&self.out)?;
        let plan = Plan {
            depth,
            limits: Limits::of(depth),
            widths,
            samples,
            backends,
            numpy: self.numpy.as_deref().map(Numpy::find).transpose()?,
            out: self.out.clone(),
            page: self.page.clone(),
        };
        check_memory(&plan)?;
        Ok(plan)
    }
}

/// Of the largest size of each sweep, which takes the most.
fn check_memory(plan: &Plan) -> anyhow::Result<()> {
    for (sweep, flag) in [(Sweep::Width, "--widths"), (Sweep::Samples, "--samples")] {
        if let Some(&at) = plan.sizes(sweep).last() {
            let what = format!("the data and the contenders of {flag} {at}");
            capacity::check_memory(&what, measure::bytes(sweep, at, plan))?;
        }
    }
    Ok(())
}

/// Whole numbers in ascending order, each once.
fn counts(flag: &str, list: &str, largest: usize) -> anyhow::Result<Vec<usize>> {
    if list.trim() == "none" {
        return Ok(Vec::new());
    }
    let mut counts = list
        .split(',')
        .map(|item| count(item.trim(), largest))
        .collect::<Result<Vec<usize>, _>>()
        .map_err(|item| {
            bad_input(format!(
                "{flag} must be \"none\" or whole numbers from 1 to {largest} between commas, but it \
                 has {item:?}"
            ))
        })?;
    counts.sort_unstable();
    counts.dedup();
    Ok(counts)
}

/// A whole number, which may be written as 1e6.
fn count(item: &str, largest: usize) -> Result<usize, String> {
    let value: f64 = item.parse().map_err(|_| item.to_owned())?;
    if value.fract() == 0.0 && (1.0..=largest as f64).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and from 1 to a usize"
        )]
        return Ok(value as usize);
    }
    Err(item.to_owned())
}

fn backends(list: &str) -> anyhow::Result<Vec<Box<dyn Backend<f64>>>> {
    let mut names: Vec<&str> = Vec::new();
    for name in list.split(',').map(str::trim) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let find = |name| {
        leastwise_backends::find(name, 1)
            .map_err(|unknown| bad_input(format!("--backend: {unknown}")))
    };
    names.into_iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::error::is_bad_input;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: ScalingArgs,
    }

    fn plan(flags: &[&str]) -> anyhow::Result<Plan> {
        let out = std::env::temp_dir();
        let common = ["scaling", "--unoptimised", "--out", out.to_str().unwrap()];
        let flags = common.iter().chain(flags);
        Command::try_parse_from(flags).unwrap().args.plan()
    }

    #[test]
    fn lists_are_sorted_and_may_be_left_out() {
        let plan = plan(&["--widths", "none", "--samples", "1e4, 1000,1e4"]).unwrap();
        assert_eq!((plan.widths, plan.samples), (vec![], vec![1000, 10_000]));
    }

    #[test]
    fn quick_is_the_beginning_of_the_default() {
        let plan = plan(&["--quick"]).unwrap();
        assert_eq!(plan.widths, [6, 8, 12, 16, 24, 32, 48, 64]);
        assert_eq!(plan.samples, [1000, 10_000]);
        assert_eq!(plan.backends.len(), 2);
    }

    #[test]
    fn what_cannot_be_carried_out_is_bad_input_in_one_line() {
        for flags in [
            &["--widths", "0"][..],
            &["--widths", "8,,16"],
            &["--widths", "1e9"],
            &["--samples", "1.5"],
            &["--samples", "-3"],
            &["--widths", "none", "--samples", "none"],
            &["--backend", "faer,blas"],
            &["--numpy", "/nowhere/python"],
            &["--page", "/nowhere/page.md"],
        ] {
            let error = plan(flags).err().unwrap();
            assert!(is_bad_input(&error), "{flags:?}: {error}");
            let message = error.to_string();
            assert!(
                message.contains(flags[0]) && !message.contains('\n'),
                "{message}"
            );
        }
    }
}
