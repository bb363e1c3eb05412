//! `minpack`: the 53 runs of MINPACK's test driver by the trust region on every backend, and by peers.

pub(crate) mod contender;
mod judge;
mod results;
mod table;
pub(crate) mod turns;

use crate::suite::{self, SuiteArgs};
use results::Results;

/// Run the tests of MINPACK's Levenberg-Marquardt driver: 28 problems from up to three starts
///
/// Every contender runs with the tolerances of MINPACK's driver and with its own defaults. Exit code 1
/// if the trust region misses what MINPACK solves, or needs more evaluations than MINPACK.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct MinpackArgs {
    #[command(flatten)]
    suite: SuiteArgs,
}

/// Runs everything, prints the tables, and writes them to the page.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out; a bar that is not met,
/// after everything was reported; what a contender reports.
pub(crate) fn run(args: &MinpackArgs) -> anyhow::Result<()> {
    let results = suite::run("minpack", &args.suite, Results::measure, table::document)?;
    judge::bars(&results)
}
