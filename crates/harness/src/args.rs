//! The flags of a comparison.

use std::path::PathBuf;

use crate::model::{Fault, TableFlags};

/// Compare the backends: every answer is checked before it is timed
///
/// Every answer is compared with the minimum-norm solution in extended precision. A wrong answer is rejected
/// with a reason, is not timed, and makes the command exit with 1. With --a (and --b), the command solves
/// your own system: its last line recommends a method, and --solution writes the answer of that method to a
/// file.
#[derive(Clone, Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct ComparisonArgs {
    /// Fewer cases and samples: ten seconds instead of a minute
    #[arg(long, conflicts_with = "full")]
    pub(crate) quick: bool,
    /// More cases and samples: some minutes
    #[arg(long)]
    pub(crate) full: bool,
    /// Check the answers, and time nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// A of your own system: .npy, .mtx or .csv
    #[arg(long, value_name = "FILE")]
    pub(crate) a: Option<PathBuf>,
    /// B of your own system [default: A times a vector of ones]
    #[arg(long, value_name = "FILE", requires = "a")]
    pub(crate) b: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tables: TableFlags,
    /// Backends to compare, comma-separated [default: all]
    #[arg(long)]
    pub(crate) backend: Option<String>,
    /// Contenders to compare as well: libraries that are no backends, comma-separated [default without a name: all]
    #[arg(long, value_name = "NAMES", num_args = 0..=1, default_missing_value = "all")]
    pub(crate) contenders: Option<String>,
    /// Least-squares methods to compare, comma-separated [default: all]
    #[arg(long)]
    pub(crate) method: Option<String>,
    /// Scalar types to compare, comma-separated [default: f64,f32; f64 with --quick or --a]
    #[arg(long)]
    pub(crate) scalar: Option<String>,
    /// Cases to compare, by the beginning of their names, comma-separated [default: all]
    #[arg(long, conflicts_with = "a")]
    pub(crate) case: Option<String>,
    /// Threads for every library, at most as many as there are processors
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    /// Seed of every random draw
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Time limit of one computation, in seconds; it includes those in extended precision
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) budget: u64,
    /// The folder for results.jsonl and the reports [default: target/compare; with --quick
    /// target/compare-quick; with --a target/compare-own/NAME, by the name of the file]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Write the solution X of the recommended method to this file, .npy or .csv
    #[arg(long, value_name = "FILE", requires = "a")]
    pub(crate) solution: Option<PathBuf>,
    /// Continue the interrupted run in --out
    #[arg(long, conflicts_with = "check")]
    pub(crate) resume: bool,
    /// Plant a fault in a backend, to test that it is found: FAULT:BACKEND (wrong, slow, hang, crash, panic)
    #[arg(long, hide = true)]
    pub(crate) plant: Vec<Fault>,
    /// Measure with an unoptimised build; its times are meaningless
    #[arg(long, hide = true)]
    pub(crate) unoptimised: bool,
}
