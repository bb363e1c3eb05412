//! What becomes of a computation.

use serde::{Deserialize, Serialize};

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Verified.
    Ok,
    /// The method cannot solve the case and says so, as it must.
    Refused,
    /// The library has no such method.
    Unsupported,
    /// The answer is wrong, or there is none where there should be.
    Rejected,
    /// No answer: the process crashed, hung or failed.
    Error,
}

impl Status {
    /// As it is stored.
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

    /// Whether something is wrong with the library or its adapter.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Rejected | Self::Error)
    }
}
