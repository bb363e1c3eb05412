//! Numbers that may be infinite or NaN. JSON can store these values only as words: `#[serde(with = "number")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Number(f64),
    Word(String),
}

impl From<f64> for Stored {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Self::Number(value)
        } else {
            Self::Word(value.to_string())
        }
    }
}

impl Stored {
    fn value<E: serde::de::Error>(self) -> Result<f64, E> {
        match self {
            Self::Number(value) => Ok(value),
            Self::Word(word) => word.parse().map_err(E::custom),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde needs this signature"
)]
pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Stored::from(*value).serialize(serializer)
}

pub(crate) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<f64, D::Error> {
    Stored::deserialize(deserializer)?.value()
}

/// Such a number as a type of its own.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Number(#[serde(with = "self")] pub(crate) f64);

/// The same for a list: `#[serde(with = "number::list")]`.
pub(crate) mod list {
    use super::{Deserialize, Deserializer, Serializer, Stored};

    pub(crate) fn serialize<S: Serializer>(list: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|&value| Stored::from(value)))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<Vec<f64>, D::Error> {
        let stored = Vec::<Stored>::deserialize(deserializer)?;
        stored.into_iter().map(Stored::value).collect()
    }
}
