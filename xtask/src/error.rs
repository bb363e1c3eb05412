//! What the user asked for cannot be done; `main` answers it with exit code 2.

use std::fmt;

/// One line that says what is wrong with the request.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Whether the request was at fault.
pub(crate) fn is_bad_input(error: &anyhow::Error) -> bool {
    let of_harness = error.downcast_ref::<leastwise_harness::Error>();
    error.is::<BadInput>() || of_harness.is_some_and(leastwise_harness::Error::is_bad_input)
}

pub(crate) fn bad_input(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(BadInput(message.into()))
}
