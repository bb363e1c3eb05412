//! The requirements: at least the results of MINPACK itself.

use super::row::{Part, Row};
use crate::contender::Tolerances;
use crate::study::Record;
use crate::suite::Plan;

/// The counts of MINPACK's `lmder1` with tolerances of √ε, from its printed output.
pub(super) const SOLVED: usize = 48;
pub(super) const RESIDUALS: usize = 2978;
pub(super) const JACOBIANS: usize = 2581;

/// Totals of one contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) solved: usize,
    pub(super) residuals: usize,
    pub(super) jacobians: usize,
    /// Runs that report success at a point that is not a known minimum.
    pub(super) false_claims: usize,
}

impl Totals {
    pub(super) fn of(suite: &[&Row], contender: usize) -> Self {
        let cells = || suite.iter().map(|row| &row.cells[contender]);
        Self {
            solved: cells().filter(|cell| cell.is_solved).count(),
            residuals: cells().map(|cell| cell.outcome.residuals).sum(),
            jacobians: cells().map(|cell| cell.outcome.jacobians).sum(),
            false_claims: cells().filter(|cell| cell.is_false_success()).count(),
        }
    }
}

/// The runs with these tolerances.
pub(super) fn suite(record: &Record<Plan, Row>, tolerances: Tolerances) -> Vec<&Row> {
    let part = Part::Suite(tolerances);
    record.rows.iter().filter(|row| row.part == part).collect()
}

/// A line for each backend on which the trust region is worse than MINPACK.
pub(super) fn bars(record: &Record<Plan, Row>) -> Vec<String> {
    let mut faults = Vec::new();
    for tolerances in Tolerances::ALL {
        let suite = suite(record, tolerances);
        for (contender, name) in record.header.plan.contestants.ours() {
            let missed = suite
                .iter()
                .filter(|row| !row.missed_by_minpack && !row.cells[contender].is_solved);
            faults.extend(missed.map(|row| format!("{name} does not solve {}", row.label)));
            let totals = Totals::of(&suite, contender);
            let is_more = totals.residuals > RESIDUALS || totals.jacobians > JACOBIANS;
            if tolerances == Tolerances::Minpack && is_more {
                faults.push(format!(
                    "{name} needs {} residuals and {} Jacobians, but MINPACK needs {RESIDUALS} and {JACOBIANS}",
                    totals.residuals, totals.jacobians
                ));
            }
        }
    }
    faults
}
