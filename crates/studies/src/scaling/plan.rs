//! The flags, and the stored plan.

use std::path::PathBuf;

use leastwise_core::Backend;
use serde::{Deserialize, Serialize};

use super::limits::Depth;
use super::size::Sweep;
use crate::error::bad_input;
use crate::python::Python;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Scaling {
    /// Widths up to 64 and samples up to 1e4; takes some seconds
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Widths up to 1024, and larger dense steps; takes many minutes
    #[arg(long)]
    full: bool,
    /// Widths m = k = n of a net with twice as many samples, comma-separated; "none" leaves them out
    /// [default: 6 to 512, doubling and with one or two between]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    #[arg(value_parser = |list: &str| Counts::parse(list, LARGEST_WIDTH))]
    widths: Option<Counts>,
    /// Numbers of samples at m = 10 and k = n = 6, comma-separated; "none" leaves them out
    /// [default: 1e3,1e4,1e5,1e6]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    #[arg(value_parser = |list: &str| Counts::parse(list, LARGEST_SAMPLES))]
    samples: Option<Counts>,
    /// Libraries to time, comma-separated
    #[arg(long, default_value = "faer,nalgebra")]
    backend: String,
    /// Also time the dense step of numpy, with this interpreter
    #[arg(long, value_name = "PYTHON")]
    numpy: Option<PathBuf>,
}

const WIDTHS: [usize; 16] = [
    6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024,
];
const SAMPLES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// The limits of the flags. Above them, the data already take gigabytes.
const LARGEST_WIDTH: usize = 4096;
const LARGEST_SAMPLES: usize = 10_000_000;

/// The flags, checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) depth: Depth,
    pub(super) widths: Vec<usize>,
    pub(super) samples: Vec<usize>,
    /// The names of the backends. Each runs on one thread.
    pub(super) backends: Vec<String>,
    pub(super) numpy: Option<Python>,
}

impl Scaling {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for invalid flags.
    pub(super) fn checked(&self) -> anyhow::Result<Plan> {
        let depth = match (self.quick, self.full) {
            (true, _) => Depth::Quick,
            (_, true) => Depth::Full,
            _ => Depth::Default,
        };
        let (widest, most) = depth.largest();
        let chosen = |given: &Option<Counts>, all: &[usize], last| match given {
            Some(counts) => counts.0.clone(),
            None => all.iter().copied().filter(|&at| at <= last).collect(),
        };
        let widths = chosen(&self.widths, &WIDTHS, widest);
        let samples = chosen(&self.samples, &SAMPLES, most);
        if widths.is_empty() && samples.is_empty() {
            let message = "--widths and --samples are both \"none\", so there is nothing to time";
            return Err(bad_input(message));
        }
        Ok(Plan {
            depth,
            widths,
            samples,
            backends: backends(&self.backend)?,
            numpy: self
                .numpy
                .as_deref()
                .map(|python| Python::find("--numpy", python, "numpy"))
                .transpose()?,
        })
    }
}

impl Plan {
    pub(super) fn sizes(&self, sweep: Sweep) -> &[usize] {
        match sweep {
            Sweep::Width => &self.widths,
            Sweep::Samples => &self.samples,
        }
    }

    /// Every size, in the order of the rows.
    pub(super) fn rows(&self) -> Vec<(Sweep, usize)> {
        let of_sweep = |sweep| self.sizes(sweep).iter().map(move |&at| (sweep, at));
        Sweep::ALL.into_iter().flat_map(of_sweep).collect()
    }
}

/// Whole numbers in ascending order, without duplicates.
#[derive(Clone, Debug)]
struct Counts(Vec<usize>);

impl Counts {
    fn parse(list: &str, largest: usize) -> Result<Self, String> {
        if list.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        let counts = list.split(',').map(|item| count(item.trim(), largest));
        let mut counts = counts.collect::<Option<Vec<usize>>>().ok_or_else(|| {
            format!("it must be \"none\" or whole numbers from 1 to {largest} between commas")
        })?;
        counts.sort_unstable();
        counts.dedup();
        Ok(Self(counts))
    }
}

/// A whole number, which may be written as 1e6.
fn count(item: &str, largest: usize) -> Option<usize> {
    let value: f64 = item.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and from 1 to a usize"
    )]
    let count = value as usize;
    (value.fract() == 0.0 && (1.0..=largest as f64).contains(&value)).then_some(count)
}

fn backends(list: &str) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in list.split(',').map(str::trim) {
        find(name)?;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag.
pub(super) fn find(name: &str) -> anyhow::Result<Box<dyn Backend<f64>>> {
    leastwise_backends::find(name, 1).map_err(|unknown| bad_input(format!("--backend: {unknown}")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::error::is_bad_input;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: Scaling,
    }

    fn plan(flags: &[&str]) -> Result<anyhow::Result<Plan>, clap::Error> {
        let flags = ["scaling"].iter().chain(flags);
        Ok(Command::try_parse_from(flags)?.args.checked())
    }

    #[test]
    fn lists_are_sorted_and_may_be_left_out() {
        let plan = plan(&["--widths", "none", "--samples", "1e4, 1000,1e4"]);
        let plan = plan.unwrap().unwrap();
        assert_eq!((plan.widths, plan.samples), (vec![], vec![1000, 10_000]));
    }

    #[test]
    fn quick_is_the_beginning_of_the_default() {
        let plan = plan(&["--quick"]).unwrap().unwrap();
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
        ] {
            let message = match plan(flags) {
                // The command shows the first line of the message of clap.
                Err(error) => error.to_string().lines().next().unwrap().to_owned(),
                Ok(plan) => {
                    let error = plan.unwrap_err();
                    assert!(is_bad_input(&error), "{flags:?}: {error}");
                    error.to_string()
                }
            };
            assert!(
                message.contains(flags[0]) && !message.contains('\n'),
                "{message}"
            );
        }
    }
}
