//! Numbers as serde stores them, for `#[serde(with = "…")]`.
//!
//! A number that is not finite is a word, because JSON has none of them. Reading returns the same bits, except those of NaN.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Mat, Scalar};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Number(f64),
    Word(String),
}

impl Stored {
    fn of<T: Scalar>(value: T) -> Self {
        if value.is_finite() {
            Self::Number(value.as_f64())
        } else {
            Self::Word(value.to_string())
        }
    }

    fn value<T: Scalar, E: de::Error>(self) -> Result<T, E> {
        let value = match self {
            Self::Number(value) => value,
            Self::Word(word) => word.parse().map_err(E::custom)?,
        };
        Ok(T::of(value))
    }
}

/// A number.
pub mod one {
    use super::{Deserialize, Deserializer, Scalar, Serialize, Serializer, Stored};

    /// Writes a number.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<T: Scalar, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        Stored::of(*value).serialize(to)
    }

    /// Reads a number.
    ///
    /// # Errors
    /// Those of the format, and a word that is no number.
    pub fn deserialize<'d, T: Scalar, D: Deserializer<'d>>(from: D) -> Result<T, D::Error> {
        Stored::deserialize(from)?.value()
    }
}

/// A list of numbers.
pub mod list {
    use super::{Deserialize, Deserializer, Scalar, Serializer, Stored};

    /// Writes a list.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<T: Scalar, S: Serializer>(list: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(list.iter().map(|&value| Stored::of(value)))
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Those of the format, and a word that is no number.
    pub fn deserialize<'d, T: Scalar, D: Deserializer<'d>>(from: D) -> Result<Vec<T>, D::Error> {
        let stored = Vec::<Stored>::deserialize(from)?;
        stored.into_iter().map(Stored::value).collect()
    }
}

/// A number that may be missing.
pub mod option {
    use super::{Deserialize, Deserializer, Scalar, Serialize, Serializer, Stored};

    /// Writes a number, or that there is none.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<T: Scalar, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Stored::of).serialize(to)
    }

    /// Reads a number, or that there is none.
    ///
    /// # Errors
    /// Those of the format, and a word that is no number.
    pub fn deserialize<'d, T: Scalar, D: Deserializer<'d>>(from: D) -> Result<Option<T>, D::Error> {
        let stored = Option::<Stored>::deserialize(from)?;
        stored.map(Stored::value).transpose()
    }
}

/// Two numbers.
pub mod pair {
    use super::{Deserialize, Deserializer, Scalar, Serialize, Serializer, Stored};

    /// Writes two numbers.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<T: Scalar, S: Serializer>(pair: &(T, T), to: S) -> Result<S::Ok, S::Error> {
        (Stored::of(pair.0), Stored::of(pair.1)).serialize(to)
    }

    /// Reads two numbers.
    ///
    /// # Errors
    /// Those of the format, and a word that is no number.
    pub fn deserialize<'d, T: Scalar, D: Deserializer<'d>>(from: D) -> Result<(T, T), D::Error> {
        let (a, b) = <(Stored, Stored)>::deserialize(from)?;
        Ok((a.value()?, b.value()?))
    }
}

/// Numbers ℓ·2ᵖ, as ℓ and p.
pub mod scaled {
    use super::{Deserialize, Deserializer, Scalar, Serializer, Stored};

    /// Writes a list.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<T: Scalar, S: Serializer>(
        list: &[(T, i32)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(
            list.iter()
                .map(|&(value, power)| (Stored::of(value), power)),
        )
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Those of the format, and a word that is no number.
    pub fn deserialize<'d, T: Scalar, D: Deserializer<'d>>(
        from: D,
    ) -> Result<Vec<(T, i32)>, D::Error> {
        let stored = Vec::<(Stored, i32)>::deserialize(from)?;
        let value = |(value, power): (Stored, i32)| Ok((value.value::<T, D::Error>()?, power));
        stored
            .into_iter()
            .map(value)
            .collect::<Result<_, D::Error>>()
    }
}

#[derive(Serialize, Deserialize)]
struct Entries {
    rows: usize,
    cols: usize,
    /// Column after column.
    data: Vec<Stored>,
}

impl<T: Scalar> Serialize for Mat<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let entries = Entries {
            rows: self.rows(),
            cols: self.cols(),
            data: self.data().iter().map(|&value| Stored::of(value)).collect(),
        };
        entries.serialize(to)
    }
}

impl<'d, T: Scalar> Deserialize<'d> for Mat<T> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let entries = Entries::deserialize(from)?;
        let data = entries.data.into_iter().map(Stored::value);
        let data = data.collect::<Result<Vec<T>, D::Error>>()?;
        Mat::from_col_major(data, entries.rows, entries.cols).map_err(de::Error::custom)
    }
}
