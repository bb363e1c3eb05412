//! The flags of a comparison.

use std::path::PathBuf;

/// Compare the backends: every answer is checked before it is timed
///
/// Each answer is compared with the minimum-norm solution in extended precision. A wrong answer is rejected with a
/// reason, is not timed, and makes the command exit with 1. With --a (and --b), the command solves your own system.
/// Its last line recommends a method, and --solution writes the answer of that method to a file.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(crate) comparison: leastwise_harness::ComparisonArgs,
    /// Build for this processor (target-cpu=native) and compare that build
    #[arg(long)]
    pub(crate) native: bool,
    /// Print the table of every case, not only the summary
    #[arg(long)]
    pub(crate) all: bool,
}

/// Render a stored result again: tables on the terminal, and the reports that the flags name
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// results.jsonl, or record.jsonl of a study, or the folder that contains it
    #[arg(default_value = "target/compare")]
    pub(crate) results: PathBuf,
    /// Print the table of every case, not only the summary
    #[arg(long)]
    pub(crate) all: bool,
    /// Write an HTML page with plots and sortable tables
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write JSON: the run, the cells, ratios, crossovers and warnings in one document
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Draw the plots into this folder, as PNG and SVG
    #[arg(long, value_name = "FOLDER")]
    pub(crate) plots: Option<PathBuf>,
    /// Put the main tables between the markers of this Markdown file
    #[arg(long, value_name = "FILE")]
    pub(crate) readme: Option<PathBuf>,
}

/// Compare two stored results; the exit code is 1 if an answer became slower or wrong
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// results.jsonl of the earlier run, or its folder
    pub(crate) old: PathBuf,
    /// results.jsonl of the later run, or its folder
    pub(crate) new: PathBuf,
    /// The smallest slowdown that counts, in percent
    #[arg(long, default_value_t = 3.0)]
    pub(crate) threshold: f64,
}
