#![doc = include_str!("../README.md")]

mod matrix_market;
pub mod npy;
mod text;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::str::FromStr;

use leastwise_core::Mat;

/// Properties of a file that the user states, and the reader does not have to detect. Messages call them by
/// the flags of a command line: `--header`, `--index-column`, `--delimiter`, `--decimal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether the first line of a table holds names.
    pub header: Option<bool>,
    /// Whether the first column of a table names or numbers the rows.
    pub index_column: Option<bool>,
    /// What separates the entries of a table.
    pub delimiter: Option<Delimiter>,
    /// The decimal mark.
    pub decimal: Option<Decimal>,
    /// Whether one column is expected, as for right-hand sides.
    pub column: bool,
    /// The largest number of entries of the matrix. The default is 2²⁸ entries, which take 2 GiB.
    pub max_entries: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            header: None,
            index_column: None,
            delimiter: None,
            decimal: None,
            column: false,
            max_entries: 1 << 28,
        }
    }
}

/// What separates the entries of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
    /// One or more blanks.
    Blank,
}

impl Delimiter {
    /// Every delimiter.
    pub const ALL: [Self; 5] = [
        Self::Semicolon,
        Self::Tab,
        Self::Pipe,
        Self::Comma,
        Self::Blank,
    ];

    /// The name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
            Self::Blank => "blank",
        }
    }

    fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
            Self::Pipe => '|',
            Self::Blank => ' ',
        }
    }
}

impl FromStr for Delimiter {
    type Err = String;

    /// Parses the name, or the character itself.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|d| text == d.name() || text.chars().eq([d.character()]))
            .ok_or_else(|| {
                format!(
                    "must be comma, semicolon, tab, pipe or blank, but it is {}",
                    quoted(text)
                )
            })
    }
}

/// The decimal mark of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    /// `.`
    Point,
    /// `,`
    Comma,
}

impl FromStr for Decimal {
    type Err = String;

    /// Parses `point` or `comma`, or the character itself.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "point" | "." => Ok(Self::Point),
            "comma" | "," => Ok(Self::Comma),
            _ => Err(format!(
                "must be point or comma, but it is {}",
                quoted(text)
            )),
        }
    }
}

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

/// A matrix, and a description of how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The entries, all of them finite.
    pub matrix: Mat<f64>,
    /// The header of a table, as it is in the file.
    pub header: Option<String>,
    /// A short description of what was skipped, and of the delimiter and the decimal mark.
    pub how: String,
}

/// The reason why a file is refused, in one line. It names the place within the file, but not the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for Refused {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
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

fn not_finite(row: usize, column: usize, entry: f64) -> String {
    format!("the entry in row {row}, column {column} is {entry}, but entries must be finite")
}

/// The first entry, column by column, that is not finite, with its row and column.
fn first_non_finite(a: &Mat<f64>) -> Option<(usize, usize, f64)> {
    let at = a.data().iter().position(|entry| !entry.is_finite())?;
    Some((at % a.rows() + 1, at / a.rows() + 1, a.data()[at]))
}

fn cannot_read(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => "is not a text file in UTF-8".to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Refuses a rows × cols matrix that is empty or has too many entries.
fn check_shape(rows: usize, cols: usize, options: &Options) -> Result<(), String> {
    if rows == 0 || cols == 0 {
        return Err(format!(
            "the matrix is empty: it has {rows} rows and {cols} columns"
        ));
    }
    let most = options.max_entries;
    if rows.checked_mul(cols).is_none_or(|entries| entries > most) {
        let gib = (most * size_of::<f64>()) as f64 / f64::from(1 << 30);
        return Err(format!(
            "the matrix is {rows}x{cols}, but a dense one may have at most {most} entries ({gib:.1} \
             GiB)"
        ));
    }
    Ok(())
}

/// A matrix of zeros, after [`check_shape`] has passed.
fn zeros(rows: usize, cols: usize, options: &Options) -> Result<Mat<f64>, String> {
    check_shape(rows, cols, options)?;
    let too_large = || format!("not enough memory is free for a matrix of {rows}x{cols}");
    let mut entries = Vec::new();
    entries
        .try_reserve_exact(rows * cols)
        .map_err(|_| too_large())?;
    entries.resize(rows * cols, 0.0);
    Mat::from_col_major(entries, rows, cols).map_err(|error| error.to_string())
}

/// Text from a file, as it is shown in a message: quoted, in one line, and shortened.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 32;
    match text.char_indices().nth(LONGEST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests;
