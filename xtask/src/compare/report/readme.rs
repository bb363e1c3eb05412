//! The part of a README that comes from a stored result.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::section::to_text;
use super::sections;
use crate::compare::analysis;
use crate::compare::record::Results;
use crate::error::bad_input;

const BEGIN: &str = "<!-- compare: begin -->";
const END: &str = "<!-- compare: end -->";

/// Replaces what stands between the markers by the tables of `results`.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if the file or its markers are not there.
pub(super) fn update(path: &Path, results: &Results) -> anyhow::Result<()> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| bad_input(format!("--readme: cannot read {shown}: {error}")))?;
    let updated = between_markers(&text, &tables(results)).ok_or_else(|| {
        bad_input(format!(
            "--readme: {shown} has no lines {BEGIN:?} and {END:?}"
        ))
    })?;
    fs::write(path, updated).with_context(|| format!("cannot write {shown}"))
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

fn between_markers(text: &str, inner: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{inner}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let text = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let updated = between_markers(&text, "new").unwrap();
        assert_eq!(updated, format!("above\n{BEGIN}\nnew\n{END}\nbelow\n"));
        assert_eq!(between_markers("no markers", "new"), None);
    }
}
