//! `compare`, `diff` and `report`: what [`leastwise_harness`] measures and stores, on the terminal and in files.

mod args;
#[cfg(test)]
mod edited;
mod native;
pub(crate) mod report;

#[cfg(test)]
use leastwise_harness::samples;
use leastwise_harness::{Comparison, Finished, WorkerArgs};
pub(crate) use leastwise_harness::{analysis, record, statistics};

use crate::program::Program;
use crate::terminal::print;
pub(crate) use args::{CompareArgs, DiffArgs, ReportArgs};
pub(crate) use report::run as report;

fn comparison() -> Comparison {
    Comparison::new().called(Program::this().name)
}

/// Compares, stores, and reports.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, found before any
/// work; an answer that is wrong, after everything else was reported.
pub(crate) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    if args.native {
        comparison().check(&args.comparison)?;
        return native::run();
    }
    let finished = comparison().measure(&args.comparison)?;
    report::after_run(&finished, args.all)?;
    Ok(finished.outcome()?)
}

/// Prints what a comparison found, and writes `report.md` and the page `report.html` beside its results.
///
/// A program with a backend of its own calls it in place of the short summary that the harness prints:
///
/// ```no_run
/// # use leastwise_plain::Plain;
/// use leastwise_harness::Comparison;
///
/// fn main() -> std::process::ExitCode {
///     Comparison::new().backend(|_threads| Plain).run_with(leastwise_studies::report)
/// }
/// ```
///
/// # Errors
/// What cannot be written.
pub fn report_finished(finished: &Finished) -> leastwise_harness::Result<()> {
    report::after_run(finished, false)
        .map_err(|error| leastwise_harness::Error::Failed(format!("{error:#}")))
}

/// Computes for one backend.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for an unknown backend; what the pipes report.
pub(crate) fn worker(args: &WorkerArgs) -> anyhow::Result<()> {
    Ok(comparison().work(args)?)
}

/// Compares two stored results, and prints what changed.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if they cannot be compared; what became slower or wrong.
pub(crate) fn diff(args: &DiffArgs) -> anyhow::Result<()> {
    let changes = leastwise_harness::diff::compare(&args.old, &args.new, args.threshold)?;
    let mut lines = changes.remarks;
    lines.extend(changes.faster.iter().map(|line| format!("faster: {line}")));
    if changes.regressions.is_empty() {
        lines.push(format!(
            "No regression of {} % or more in {} cells that were timed in both.",
            args.threshold, changes.compared
        ));
    }
    print(&format!("{}\n", lines.join("\n")))?;
    match &changes.regressions[..] {
        [] => Ok(()),
        [one] => anyhow::bail!("1 regression:\n{one}"),
        many => anyhow::bail!("{} regressions:\n{}", many.len(), many.join("\n")),
    }
}

/// As it has to be typed.
pub(crate) fn command_line() -> String {
    leastwise_harness::command_line(Program::this().name)
}
