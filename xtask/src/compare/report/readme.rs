//! The part of a README that comes from a stored result.

use std::path::Path;

use leastwise_report::{Document, Provenance};

use super::looks::Looks;
use super::sections;
use crate::compare::analysis;
use crate::compare::record::Results;
use crate::publish;

/// Replaces what stands between the markers `compare` by the tables of `results`.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if the file or its markers are not there.
pub(super) fn update(path: &Path, results: &Results) -> anyhow::Result<()> {
    let (run, looks) = (&results.run, Looks::new(&results.run));
    let first = analysis::groups(results).into_iter().take(1);
    let mut document = Document {
        title: "Compare".to_owned(),
        sections: first
            .map(|group| sections::group(&group, results, &looks))
            .collect(),
        provenance: Some(Provenance {
            machine: run.machine.lines(),
            started: run.started,
            command: run.command.clone(),
        }),
    };
    document.sections.push(sections::crossovers(results));
    publish::update_page(
        "--readme",
        path,
        &[("compare".to_owned(), document.to_part())],
    )
}
