//! `nist`: the nonlinear regressions of NIST's Statistical Reference Datasets by the trust region on every
//! backend, and by peers.

mod judge;
mod results;
mod table;

use crate::suite::{self, SuiteArgs};
use results::Results;

/// Fit the 27 nonlinear regressions of NIST from both starts, and count correct digits
///
/// Every contender runs with its own defaults. Exit code 1 if the trust region reaches fewer digits than
/// 10 or what rounding leaves, or calls another point success.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct NistArgs {
    #[command(flatten)]
    suite: SuiteArgs,
}

/// Runs everything, prints the tables, and writes them to the page.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out; a bar that is not met,
/// after everything was reported; what a contender reports.
pub(crate) fn run(args: &NistArgs) -> anyhow::Result<()> {
    let results = suite::run("nist", &args.suite, Results::measure, table::document)?;
    judge::bars(&results)
}
