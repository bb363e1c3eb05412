//! `far-starts`: curves from starts that are far off, by the trust region with several initial radii, and by peers.

mod judge;
mod results;
mod table;

use crate::error::bad_input;
use crate::suite::{self, PageArgs};
use results::Results;

/// Fit five curves from starts that are off by factors of ten and more, and look where the runs end
///
/// Every contender runs with its own defaults, the trust region with other initial radii beside its own. The draws are
/// not those that chose its default radius. Exit code 1 if the trust region claims success where the loss can be lowered,
/// as steps in double-double tell, or ends at the minimum in fewer runs than with an initial radius of 100, which is
/// MINPACK's.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FarStartsArgs {
    /// Draws of data and start, of each curve
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    draws: u64,
    #[command(flatten)]
    page: PageArgs,
}

/// Runs everything, prints the tables, and writes them to the page.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out; a bar that is not met,
/// after everything was reported; what a contender reports.
pub(crate) fn run(args: &FarStartsArgs) -> anyhow::Result<()> {
    let draws = args.draws;
    if !(1..=10_000).contains(&draws) {
        let message = format!("--draws must be from 1 to 10000, but it is {draws}");
        return Err(bad_input(message));
    }
    let measure = |progress: &mut dyn FnMut(f64)| Results::measure(draws, progress);
    let results = suite::report("far-starts", &args.page, measure, table::document)?;
    judge::bars(&results)
}
