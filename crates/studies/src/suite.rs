//! What `minpack`, `nist` and `far-starts` have in common: flags, the order of things, and a page.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use leastwise_report::Document;

use crate::compare::command_line;
use crate::compare::statistics::median;
use crate::error::bad_input;
use crate::publish;
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
    document: impl FnOnce(&R) -> Document,
) -> anyhow::Result<R> {
    args.check(name)?;
    let measure = |progress: &mut dyn FnMut(f64)| measure(args.rounds, progress);
    report(name, &args.page, measure, document)
}

/// Measures with a callback for the share that is done, prints the document of it, and writes that to
/// the page, between the markers of the command's name.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, and what `measure`
/// reports.
pub(crate) fn report<R>(
    name: &str,
    args: &PageArgs,
    measure: impl FnOnce(&mut dyn FnMut(f64)) -> anyhow::Result<R>,
    document: impl FnOnce(&R) -> Document,
) -> anyhow::Result<R> {
    if let Some(page) = &args.page {
        publish::check_page("--page", page, &[name.to_owned()])?;
    }
    // The parts of faer that take no parallelism as an argument use all threads otherwise.
    faer::set_global_parallelism(faer::Par::Seq);
    let bar = progress::bar();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let results = measure(&mut |done| progress::set(&bar, done))?;
    bar.finish_and_clear();
    let started = now.map_or(0, |since| since.as_secs());
    let source = publish::provenance(&Machine::read(), &Build::read(), started, &command_line());
    let mut document = document(&results);
    document.provenance = Some(source);
    let documents = [(name.to_owned(), document)];
    publish::publish(&documents, Path::new(""), None, args.page.as_deref())?;
    Ok(results)
}

/// The contenders by their places, with their names in a table.
pub(crate) fn labels(names: &[String], is_ours: &[bool]) -> impl Iterator<Item = (usize, String)> {
    let label = |(name, &is_ours)| {
        let prefix = if is_ours { "trust region, " } else { "" };
        format!("{prefix}{name}")
    };
    names.iter().zip(is_ours).map(label).enumerate()
}

/// The median, over the runs that both solve, of the time of the one over that of the other: who gives up
/// early is not fast. Of each run, whether it is solved and the time, by the one and by the other.
pub(crate) fn median_ratio(runs: impl Iterator<Item = [(bool, f64); 2]>) -> Option<f64> {
    let both = runs.filter(|[one, other]| one.0 && other.0);
    let ratios: Vec<f64> = both.map(|[one, other]| one.1 / other.1).collect();
    (!ratios.is_empty()).then(|| median(&ratios))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_compared_where_both_solve() {
        let both = [(true, 30.0), (true, 10.0)];
        let one = [(false, 1.0), (true, 10.0)];
        let other = [(true, 1.0), (false, 10.0)];
        assert_eq!(median_ratio([one, both, other].into_iter()), Some(3.0));
        assert_eq!(median_ratio([one, other].into_iter()), None);
    }
}
