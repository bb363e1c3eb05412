//! What `minpack`, `nist` and `far-starts` have in common: flags, the order of things, and a page.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::compare::command_line;
use crate::error::bad_input;
use crate::markers;
use crate::studies::minpack::table::source;
use crate::terminal::print;
use leastwise_harness::machine::{Build, Machine};
use leastwise_harness::progress;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PageArgs {
    /// Put the tables between the markers of this Markdown file
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// Of what is timed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SuiteArgs {
    #[command(flatten)]
    page: PageArgs,
    /// How often each run is timed; contenders take turns
    #[arg(long, value_name = "COUNT", default_value_t = 21)]
    rounds: usize,
    /// Time an unoptimised build, which says nothing
    #[arg(long, hide = true)]
    unoptimised: bool,
}

impl SuiteArgs {
    fn check(&self, name: &str) -> anyhow::Result<()> {
        if cfg!(debug_assertions) && !self.unoptimised {
            return Err(bad_input(format!(
                "an unoptimised build measures nothing of interest; use `cargo xtask {name}`, which \
                 builds with optimisation"
            )));
        }
        if !(1..=10_000).contains(&self.rounds) {
            let rounds = self.rounds;
            let message = format!("--rounds must be from 1 to 10000, but it is {rounds}");
            return Err(bad_input(message));
        }
        Ok(())
    }
}

/// [`report`] of what `measure` makes of the number of rounds.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, and what `measure`
/// reports.
pub(crate) fn run<R>(
    name: &str,
    args: &SuiteArgs,
    measure: impl FnOnce(usize, &mut dyn FnMut(f64)) -> anyhow::Result<R>,
    render: impl FnOnce(&R) -> String,
) -> anyhow::Result<R> {
    args.check(name)?;
    let measure = |progress: &mut dyn FnMut(f64)| measure(args.rounds, progress);
    report(name, &args.page, measure, render)
}

/// Measures with a callback for the share that is done, prints what `render` makes of it, and writes that to
/// the page, between the markers of the command's name.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, and what `measure`
/// reports.
pub(crate) fn report<R>(
    name: &str,
    args: &PageArgs,
    measure: impl FnOnce(&mut dyn FnMut(f64)) -> anyhow::Result<R>,
    render: impl FnOnce(&R) -> String,
) -> anyhow::Result<R> {
    if let Some(page) = &args.page {
        markers::check("--page", page, &[name.to_owned()])?;
    }
    // The parts of faer that take no parallelism as an argument use all threads otherwise.
    faer::set_global_parallelism(faer::Par::Seq);
    let bar = progress::bar();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let results = measure(&mut |done| progress::set(&bar, done))?;
    bar.finish_and_clear();
    let (machine, build) = (Machine::read(), Build::read());
    let started = now.map_or(0, |since| since.as_secs());
    let text = format!(
        "{}\n\n{}\n",
        render(&results),
        source(&machine, &build, started, &command_line())
    );
    print(&text)?;
    if let Some(page) = &args.page {
        let text = format!("\n```text\n{text}```\n");
        markers::update("--page", page, &[(name.to_owned(), text)])?;
        print(&format!("wrote {}\n", page.display()))?;
    }
    Ok(results)
}
