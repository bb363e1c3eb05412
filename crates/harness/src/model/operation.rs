//! The operations that are compared.

use serde::{Deserialize, Serialize};

/// An operation that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// min ‖A·X − B‖
    Lstsq,
    /// C = A·B
    Matmul,
    /// A whole Levenberg-Marquardt fit
    LmFit,
}
