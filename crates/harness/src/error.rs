//! The error type of the harness.

use std::fmt::Display;

/// The reason why an operation failed, in lines for users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is invalid, and nothing was done. The message is one line. Commands exit with 2.
    #[error("{0}")]
    BadInput(String),
    /// A computation or a check failed: commands exit with 1.
    #[error("{0}")]
    Failed(String),
}

/// A result whose error is a message for users.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the request was invalid.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        matches!(self, Self::BadInput(_))
    }
}

pub(crate) fn bad_input(message: impl Into<String>) -> Error {
    Error::BadInput(message.into())
}

pub(crate) fn failed(message: impl Display) -> Error {
    Error::Failed(message.to_string())
}

/// Prefixes an error with the operation that failed.
pub(crate) trait Context<T> {
    fn context(self, attempt: impl Display) -> Result<T>;
}

impl<T, E: Display> Context<T> for std::result::Result<T, E> {
    fn context(self, attempt: impl Display) -> Result<T> {
        self.map_err(|error| Error::Failed(format!("{attempt}: {error}")))
    }
}
