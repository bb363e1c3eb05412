//! Why something was not done.

use std::fmt::Display;

/// Why something was not done, in lines for a person to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for cannot be done, and nothing was: commands exit with 2. One line.
    #[error("{0}")]
    BadInput(String),
    /// A computation or a check failed: commands exit with 1.
    #[error("{0}")]
    Failed(String),
}

/// A result whose error says why in lines for a person to read.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the request was at fault.
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

/// Puts what was attempted before the reason why it failed.
pub(crate) trait Context<T> {
    fn context(self, attempt: impl Display) -> Result<T>;
}

impl<T, E: Display> Context<T> for std::result::Result<T, E> {
    fn context(self, attempt: impl Display) -> Result<T> {
        self.map_err(|error| Error::Failed(format!("{attempt}: {error}")))
    }
}
