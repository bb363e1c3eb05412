//! The reasons why a fit of a file failed.

/// The reason why a fit of a file failed, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line or the file is invalid, and nothing was fitted. Commands exit with 2.
    #[error("{0}")]
    BadInput(String),
    /// The fit or the writing of a file failed. Commands exit with 1.
    #[error("{0}")]
    Failed(String),
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) fn bad_input(message: impl Into<String>) -> Error {
    Error::BadInput(message.into())
}
