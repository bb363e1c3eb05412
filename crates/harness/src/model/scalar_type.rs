//! A scalar type, chosen by its name.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The scalar types that every backend supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ScalarType {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

impl ScalarType {
    /// `f32` or `f64`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl FromStr for ScalarType {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "f32" => Ok(Self::F32),
            "f64" => Ok(Self::F64),
            other => Err(format!("must be f32 or f64, but it is {other:?}")),
        }
    }
}
