//! What is timed.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// min ‖A·x − b‖.
    Lstsq,
    /// A curve with n parameters through m points.
    Fit,
    /// Many curves through 30 points each.
    Many,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(super) kind: Kind,
    /// n.
    pub(super) columns: u32,
    /// m, or the number of threads.
    pub(super) size: u32,
}
