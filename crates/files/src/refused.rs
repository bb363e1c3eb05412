//! The reason why a file is refused.

use std::io;

/// The reason why a file is refused, in one line. It names the place within the file, but not the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for Refused {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

pub(crate) fn not_finite(row: usize, column: usize, entry: f64) -> String {
    format!("the entry in row {row}, column {column} is {entry}, but entries must be finite")
}

pub(crate) fn cannot_read(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => "is not a text file in UTF-8".to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Text from a file, as it is shown in a message: quoted, in one line, and shortened.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 32;
    match text.char_indices().nth(LONGEST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}
