//! The failures of a command.

use std::fmt;
use std::process::ExitCode;

/// Invalid input: one line that explains the fault.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Whether the error is invalid input.
pub(crate) fn is_bad_input(error: &anyhow::Error) -> bool {
    let of_harness = error.downcast_ref::<leastwise_harness::Error>();
    error.is::<BadInput>() || of_harness.is_some_and(leastwise_harness::Error::is_bad_input)
}

pub(crate) fn bad_input(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(BadInput(message.into()))
}

/// The reason why a command failed.
#[derive(Debug)]
pub struct Failure {
    message: String,
    is_bad_input: bool,
}

impl Failure {
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        Self {
            message: format!("{error:#}"),
            is_bad_input: is_bad_input(error),
        }
    }

    pub(crate) fn of_arguments(error: &clap::Error) -> Self {
        Self {
            message: error.to_string(),
            is_bad_input: error.use_stderr(),
        }
    }

    /// Whether the input is invalid. Otherwise, a check or a run failed.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        self.is_bad_input
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.is_bad_input { 2 } else { 1 })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
