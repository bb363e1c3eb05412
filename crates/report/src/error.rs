//! The errors of this crate.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// The reason why a document was not written.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    Read(PathBuf, io::Error),
    /// A file cannot be written.
    Write(PathBuf, io::Error),
    /// A page lacks the two marker lines of a part.
    NoMarkers(PathBuf, [String; 2]),
    /// The drawing library failed with this message.
    Drawing(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::NoMarkers(path, [begin, end]) => {
                write!(f, "{} has no lines {begin:?} and {end:?}", path.display())
            }
            Self::Drawing(message) => write!(f, "cannot draw: {message}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(_, error) | Self::Write(_, error) => Some(error),
            Self::NoMarkers(..) | Self::Drawing(_) => None,
        }
    }
}
