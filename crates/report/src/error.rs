//! The errors of this crate.

use std::io;
use std::path::PathBuf;

/// The reason why a document was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {path}: {1}", path = .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// A file cannot be written.
    #[error("cannot write {path}: {1}", path = .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// A page lacks the two marker lines of a part.
    #[error("{path} has no lines {begin:?} and {end:?}", path = .0.display(), begin = .1[0], end = .1[1])]
    NoMarkers(PathBuf, [String; 2]),
    /// The drawing library failed with this message.
    #[error("cannot draw: {0}")]
    Drawing(String),
}
