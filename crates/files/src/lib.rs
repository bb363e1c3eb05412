#![doc = include_str!("../README.md")]

mod matrix_market;
pub mod npy;
mod options;
mod refused;
mod table;
mod text;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use leastwise_core::Mat;

use refused::{cannot_read, not_finite};

pub use options::{Decimal, Delimiter, Options};
pub use refused::Refused;
pub use table::Table;

/// The file formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.npy`
    Npy,
    /// `.mtx`
    MatrixMarket,
    /// `.csv`, `.tsv` and `.txt`
    Text,
}

impl Format {
    /// The format by the extension of `path`, in upper or lower case.
    ///
    /// # Errors
    /// [`Refused`] for any other extension.
    pub fn of(path: &Path) -> Result<Self, Refused> {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        match &*extension.to_ascii_lowercase() {
            "npy" => Ok(Self::Npy),
            "mtx" => Ok(Self::MatrixMarket),
            "csv" | "tsv" | "txt" => Ok(Self::Text),
            _ => Err(Refused::from(
                "the extension must be .npy (NumPy), .mtx (Matrix Market), or .csv, .tsv or .txt \
                 (a table of numbers)",
            )),
        }
    }
}

/// Reads the matrix in the file `path`. The extension determines the format.
///
/// # Errors
/// [`Refused`] if the file cannot be read, is not a regular file, is not in its format, or can be read in
/// more than one way.
pub fn read(path: &Path, options: &Options) -> Result<Table, Refused> {
    let format = Format::of(path)?;
    let file = File::open(path).map_err(|error| cannot_read(&error))?;
    let metadata = file.metadata().map_err(|error| cannot_read(&error))?;
    if !metadata.is_file() {
        return Err("is not a regular file".into());
    }
    let length = metadata.len();
    if format == Format::Text {
        return text::read(&read_whole(file, length, options)?, options);
    }
    parse_from(format, BufReader::new(file), length, options)
}

/// Reads the matrix from the bytes of a file.
///
/// # Errors
/// As [`read`].
pub fn parse(format: Format, bytes: &[u8], options: &Options) -> Result<Table, Refused> {
    if format == Format::Text {
        return text::read(bytes, options);
    }
    parse_from(format, bytes, bytes.len() as u64, options)
}

fn parse_from(
    format: Format,
    reader: impl io::BufRead,
    length: u64,
    options: &Options,
) -> Result<Table, Refused> {
    let table = if format == Format::Npy {
        npy::read(reader, length, options)?
    } else {
        matrix_market::read(reader, length, options)?
    };
    match first_non_finite(&table.matrix) {
        None => Ok(table),
        Some((row, column, entry)) => Err(not_finite(row, column, entry).into()),
    }
}

/// The largest number of bytes per entry. Entries and delimiters take a few bytes, so a longer table has too
/// many entries.
const BYTES_AN_ENTRY: u64 = 64;

fn read_whole(mut file: File, length: u64, options: &Options) -> Result<Vec<u8>, Refused> {
    let most = (options.max_entries as u64).saturating_mul(BYTES_AN_ENTRY);
    if length > most {
        return Err(format!("is {length} bytes long, but at most {most} are read").into());
    }
    let too_large = || {
        Refused::from(format!(
            "is {length} bytes long, but not enough memory is free"
        ))
    };
    let mut bytes = Vec::new();
    let capacity = usize::try_from(length).map_err(|_| too_large())?;
    bytes.try_reserve_exact(capacity).map_err(|_| too_large())?;
    file.read_to_end(&mut bytes)
        .map_err(|error| cannot_read(&error))?;
    Ok(bytes)
}

/// The first entry, column by column, that is not finite, with its row and column.
fn first_non_finite(a: &Mat<f64>) -> Option<(usize, usize, f64)> {
    let at = a.data().iter().position(|entry| !entry.is_finite())?;
    Some((at % a.rows() + 1, at / a.rows() + 1, a.data()[at]))
}

#[cfg(test)]
mod tests;
