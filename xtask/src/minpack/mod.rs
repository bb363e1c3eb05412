//! `minpack`: the 53 runs of MINPACK's test driver by the trust region on every backend, and by peers.

mod contender;
mod judge;
mod results;
mod table;

use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;

use crate::compare::{command_line, progress};
use crate::error::bad_input;
use crate::machine::{Build, Machine};
use crate::markers;
use results::Results;

/// Of the lines in a Markdown file between which `--page` puts the tables.
const MARKER: &str = "minpack";

/// Run the tests of MINPACK's Levenberg-Marquardt driver: 28 problems from up to three starts
///
/// Every contender runs with the tolerances of MINPACK's driver and with its own defaults. Exit code 1
/// if the trust region misses what MINPACK solves, or needs more evaluations than MINPACK.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct MinpackArgs {
    /// Put the tables between the markers of this Markdown file
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// How often each run is timed; contenders take turns
    #[arg(long, value_name = "COUNT", default_value_t = 21)]
    rounds: usize,
    /// Time an unoptimised build, which says nothing
    #[arg(long, hide = true)]
    unoptimised: bool,
}

impl MinpackArgs {
    fn check(&self) -> anyhow::Result<()> {
        if cfg!(debug_assertions) && !self.unoptimised {
            let message = "an unoptimised build measures nothing of interest; use `cargo xtask \
                           minpack`, which builds with optimisation";
            return Err(bad_input(message));
        }
        if !(1..=10_000).contains(&self.rounds) {
            let rounds = self.rounds;
            let message = format!("--rounds must be from 1 to 10000, but it is {rounds}");
            return Err(bad_input(message));
        }
        if let Some(page) = &self.page {
            markers::check("--page", page, &[MARKER.to_owned()])?;
        }
        Ok(())
    }
}

/// Runs everything, prints the tables, and writes them to the page.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out; a bar that is not met,
/// after everything was reported; what a contender reports.
pub(crate) fn run(args: &MinpackArgs) -> anyhow::Result<()> {
    args.check()?;
    // The parts of faer that take no parallelism as an argument use all threads otherwise.
    faer::set_global_parallelism(faer::Par::Seq);
    let bar = progress::bar();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let results = Results::measure(args.rounds, |done| progress::set(&bar, done))?;
    bar.finish_and_clear();
    let (machine, build) = (Machine::read(), Build::read());
    let started = now.map_or(0, |since| since.as_secs());
    let source = table::source(&machine, &build, started, &command_line());
    let mut stdout = std::io::stdout().lock();
    write!(stdout, "{}\n\n{source}\n", table::render(&results)).context("cannot print")?;
    if let Some(page) = &args.page {
        let text = format!("\n```text\n{}\n\n{source}\n```\n", table::render(&results));
        markers::update("--page", page, &[(MARKER.to_owned(), text)])?;
        writeln!(stdout, "wrote {}", page.display()).context("cannot print")?;
    }
    judge::bars(&results)
}
