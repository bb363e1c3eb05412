//! The parts of a page that a command writes, between two comment lines.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::write::write;

/// Replaces the text between the lines `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
///
/// Returns `None` if `page` lacks one of the lines.
///
/// ```
/// let page = "above\n<!-- sizes: begin -->\nold\n<!-- sizes: end -->\nbelow\n";
/// let new = leastwise_report::markers::replaced(page, "sizes", "new").unwrap();
/// assert_eq!(new, page.replace("old", "new"));
/// assert_eq!(leastwise_report::markers::replaced("no markers", "sizes", "new"), None);
/// ```
#[must_use]
pub fn replaced(page: &str, name: &str, part: &str) -> Option<String> {
    let [begin, end] = lines(name);
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{part}\n{end}{after}"))
}

/// Checks that the page at `path` can be read and has the markers of each name.
///
/// # Errors
/// [`Error::Read`] and [`Error::NoMarkers`].
pub fn check<S: AsRef<str>>(path: &Path, names: &[S]) -> Result<(), Error> {
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_ref(), "")).collect();
    updated(path, &empty).map(drop)
}

/// Replaces the text between the markers of each name by the given text.
///
/// # Errors
/// [`Error::Read`], [`Error::NoMarkers`] and [`Error::Write`].
pub fn update<N: AsRef<str>, P: AsRef<str>>(path: &Path, parts: &[(N, P)]) -> Result<(), Error> {
    write(path, updated(path, parts)?.as_bytes())
}

fn updated<N: AsRef<str>, P: AsRef<str>>(path: &Path, parts: &[(N, P)]) -> Result<String, Error> {
    let mut page = fs::read_to_string(path).map_err(|error| Error::Read(path.to_owned(), error))?;
    for (name, part) in parts {
        let name = name.as_ref();
        page = replaced(&page, name, part.as_ref())
            .ok_or_else(|| Error::NoMarkers(path.to_owned(), lines(name)))?;
    }
    Ok(page)
}

fn lines(name: &str) -> [String; 2] {
    ["begin", "end"].map(|place| format!("<!-- {name}: {place} -->"))
}
