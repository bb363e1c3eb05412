//! The part of a README that comes from a stored result.

use std::path::Path;

use super::section::to_text;
use super::sections;
use crate::compare::analysis;
use crate::compare::record::Results;
use crate::publish;

/// Replaces what stands between the markers `compare` by the tables of `results`.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if the file or its markers are not there.
pub(super) fn update(path: &Path, results: &Results) -> anyhow::Result<()> {
    let part = ("compare".to_owned(), tables(results));
    publish::update_page("--readme", path, &[part])
}

fn tables(results: &Results) -> String {
    let mut parts = Vec::new();
    parts.extend(
        analysis::groups(results)
            .first()
            .map(|group| sections::group(group, results)),
    );
    parts.push(sections::crossovers(results));
    let run = &results.run;
    format!(
        "\n```text{}\n{}\n```\n",
        to_text(&parts).trim_end(),
        [
            run.machine.lines(),
            vec![format!("{}: {}", super::date(run.started), run.command)]
        ]
        .concat()
        .join("\n")
    )
}
