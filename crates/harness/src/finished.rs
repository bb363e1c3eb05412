//! The result of a comparison.

use std::fmt::Write;
use std::path::PathBuf;

use leastwise_format::{counted, human_time, is_or_are};

use crate::analysis::{self, Group};
use crate::error::{Result, failed};
use crate::model::Operation;
use crate::record::{CellRecord, Results};

/// The result of a comparison.
#[derive(Debug)]
pub struct Finished {
    /// Every cell, including those of the run that this one continued.
    pub results: Results,
    /// The file of the results, if times were taken.
    pub stored: Option<PathBuf>,
    /// Seconds that the reference solutions took.
    pub truth_seconds: f64,
    /// Seconds that the verdicts took.
    pub verdict_seconds: f64,
    /// The result of `--solution`, if it was requested.
    pub solution: Option<Result<WrittenSolution>>,
}

/// The file of a written solution.
#[derive(Debug)]
pub struct WrittenSolution {
    /// The contender whose solution it is.
    pub label: String,
    /// Rows of X.
    pub rows: usize,
    /// Columns of X.
    pub cols: usize,
    /// The path of the file.
    pub path: PathBuf,
}

impl Finished {
    /// Whether every answer is right. The answers of contenders do not count.
    ///
    /// # Errors
    /// [`Error::Failed`](crate::Error::Failed) with a line for each wrong answer, and for a solution that
    /// could not be written.
    pub fn outcome(&self) -> Result<()> {
        let mut problems = Vec::new();
        let contenders = &self.results.run.options.contenders;
        let cells = self.results.cells.iter();
        let own = cells.filter(|cell| !contenders.contains(&cell.backend));
        let wrong: Vec<String> = own.filter_map(fault_line).collect();
        if !wrong.is_empty() {
            let (answers, verb) = (counted(wrong.len(), "answer"), is_or_are(wrong.len()));
            problems.push(format!("{answers} {verb} wrong:"));
        }
        problems.extend(wrong);
        match &self.solution {
            // A request that is invalid keeps its exit code, 2.
            Some(Err(error)) if problems.is_empty() => return Err(error.clone()),
            Some(Err(error)) => problems.push(error.to_string()),
            _ => {}
        }
        match &problems[..] {
            [] => Ok(()),
            problems => Err(failed(problems.join("\n"))),
        }
    }

    /// A summary: the fastest method of each backend in each case, and the file of the results. For a check,
    /// it is the number of right answers. Reports contain more.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        let groups = analysis::groups(&self.results);
        for group in groups.iter().filter(|group| group.is_timed()) {
            let backends = fastest_of_each(group);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{} {}: {}",
                group.case,
                group.scalar,
                backends.join(", ")
            );
        }
        if self.results.is_own() {
            let systems = groups.iter().filter(|group| group.op == Operation::Lstsq);
            for system in systems {
                let _ = writeln!(text, "{}", analysis::recommendation(system));
            }
        }
        let _ = writeln!(text, "{}", analysis::verified(&self.results));
        if let Some(path) = &self.stored {
            let _ = writeln!(text, "stored {}", path.display());
        }
        text
    }
}

/// The contenders with their times, such as `faer/qr 12.3 µs`, the fastest backend first.
fn fastest_of_each(group: &Group<'_>) -> Vec<String> {
    let mut cells: Vec<(&CellRecord, f64)> = group
        .contenders()
        .filter_map(|cell| Some((cell, cell.median_ns?)))
        .collect();
    cells.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut seen = Vec::new();
    cells.retain(|(cell, _)| {
        let is_first = !seen.contains(&&cell.backend);
        seen.push(&cell.backend);
        is_first
    });
    let shown = cells.into_iter();
    shown
        .map(|(cell, time)| format!("{} {}", cell.label(), human_time(time)))
        .collect()
}

/// The fault of a cell, if it has one. Wrong answers of controls are not counted: they are faults of the
/// library, not of an adapter.
fn fault_line(cell: &CellRecord) -> Option<String> {
    (cell.status.is_fault() && !cell.control).then(|| {
        let operation = analysis::operation_label(cell.op, None);
        let reason = cell.reason.as_deref().unwrap_or("no reason given");
        format!(
            "{} {operation} {} {}: {reason}",
            cell.label(),
            cell.case,
            cell.scalar
        )
    })
}
