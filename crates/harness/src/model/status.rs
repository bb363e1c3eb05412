//! The status of a computation.

use serde::{Deserialize, Serialize};

/// The status of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The answer was verified.
    Ok,
    /// The method cannot solve the case and refuses it, as required.
    Refused,
    /// The library has no such method.
    Unsupported,
    /// The answer is wrong, or an answer is missing where there must be one.
    Rejected,
    /// There is no answer: the process crashed, hung or failed.
    Error,
}

impl Status {
    /// The name that is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Unsupported => "unsupported",
            Self::Rejected => "rejected",
            Self::Error => "error",
        }
    }

    /// Whether the library or its adapter has a fault.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Rejected | Self::Error)
    }
}
