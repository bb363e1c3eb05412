//! The parts of a document that a command writes, between markers.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::error::bad_input;

/// Makes sure that the file at `path` can be read and has the markers of each name.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag.
pub(crate) fn check(flag: &str, path: &Path, names: &[String]) -> anyhow::Result<()> {
    let empty: Vec<_> = names.iter().map(|n| (n.clone(), String::new())).collect();
    updated(flag, path, &empty).map(drop)
}

/// Replaces what stands between the markers of each name by the text beside it.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag if the file or its markers are not
/// there.
pub(crate) fn update(flag: &str, path: &Path, parts: &[(String, String)]) -> anyhow::Result<()> {
    let text = updated(flag, path, parts)?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn updated(flag: &str, path: &Path, parts: &[(String, String)]) -> anyhow::Result<String> {
    let shown = path.display();
    let mut text = fs::read_to_string(path)
        .map_err(|error| bad_input(format!("{flag}: cannot read {shown}: {error}")))?;
    for (name, inner) in parts {
        text = between_markers(&text, name, inner).ok_or_else(|| {
            let [begin, end] = markers(name);
            bad_input(format!(
                "{flag}: {shown} has no lines {begin:?} and {end:?}"
            ))
        })?;
    }
    Ok(text)
}

fn markers(name: &str) -> [String; 2] {
    ["begin", "end"].map(|place| format!("<!-- {name}: {place} -->"))
}

fn between_markers(text: &str, name: &str, inner: &str) -> Option<String> {
    let [begin, end] = markers(name);
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{inner}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let [begin, end] = markers("compare");
        let text = format!("above\n{begin}\nold\n{end}\nbelow\n");
        let updated = between_markers(&text, "compare", "new").unwrap();
        assert_eq!(updated, format!("above\n{begin}\nnew\n{end}\nbelow\n"));
        assert_eq!(between_markers("no markers", "compare", "new"), None);
        assert_eq!(between_markers(&text, "other", "new"), None);
    }
}
