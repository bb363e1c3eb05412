//! `compare`, `diff` and `report`: they show what [`leastwise_harness`] measures and stores, on the terminal and in
//! files.

mod args;
#[cfg(test)]
mod edited;
mod native;
pub(crate) mod report;

#[cfg(test)]
use leastwise_harness::samples;
use leastwise_harness::{Comparison, Finished, WorkerArgs};
pub(crate) use leastwise_harness::{analysis, record, statistics};
use leastwise_report::format::counted;

use crate::program::Program;
use crate::terminal::print;
pub(crate) use args::{CompareArgs, DiffArgs, ReportArgs};
pub(crate) use report::run as report;

fn comparison() -> Comparison {
    let program = Program::this();
    let contenders = (program.contenders)().into_iter();
    contenders.fold(Comparison::new().called(program.name), Comparison::library)
}

/// Compares, stores, and reports.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for invalid flags, before any work; a wrong answer, after everything else was
/// reported.
pub(crate) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    if args.native {
        comparison().check(&args.comparison)?;
        return native::run();
    }
    let finished = comparison().measure(&args.comparison)?;
    report::after_run(&finished, args.all)?;
    Ok(finished.outcome()?)
}

/// Prints the results of a comparison, and writes `report.md` and the page `report.html` beside its results.
///
/// A program that measures a backend of its own calls this function instead of the short summary of the harness:
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
/// A file that cannot be written.
pub fn report_finished(finished: &Finished) -> leastwise_harness::Result<()> {
    report::after_run(finished, false)
        .map_err(|error| leastwise_harness::Error::Failed(format!("{error:#}")))
}

/// Computes with one backend, as a worker of `compare`.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for an unknown backend; errors of the pipes.
pub(crate) fn worker(args: &WorkerArgs) -> anyhow::Result<()> {
    Ok(comparison().work(args)?)
}

/// Compares two stored results, and prints the differences.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if they cannot be compared; an error that lists the answers
/// that became slower or wrong.
pub(crate) fn diff(args: &DiffArgs) -> anyhow::Result<()> {
    let changes = leastwise_harness::diff::compare(&args.old, &args.new, args.threshold)?;
    let mut lines = changes.remarks;
    lines.extend(changes.faster.iter().map(|line| format!("faster: {line}")));
    if changes.regressions.is_empty() {
        lines.push(format!(
            "No regression of {} % or more in {} that {} timed in both.",
            args.threshold,
            counted(changes.compared, "cell"),
            if changes.compared == 1 { "was" } else { "were" }
        ));
    }
    print(&format!("{}\n", lines.join("\n")))?;
    let regressions = &changes.regressions;
    anyhow::ensure!(
        regressions.is_empty(),
        "{}:\n{}",
        counted(regressions.len(), "regression"),
        regressions.join("\n")
    );
    Ok(())
}

/// The limit as a user types it.
pub(crate) fn command_line() -> String {
    leastwise_harness::command_line(Program::this().name)
}
