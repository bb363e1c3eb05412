//! A scalar type chosen by its name.

use std::str::FromStr;

/// The scalar types that every backend has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarType {
    F32,
    F64,
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
