//! Matrix Market's `.mtx`: a banner, comments, the sizes, then one line per entry.
//!
//! The formats are array and coordinate. The fields are real, integer, unsigned-integer (of SciPy) and
//! pattern; the entries of a pattern are ones. The symmetries are general, symmetric and skew-symmetric. The
//! last two store the lower triangle. Coordinates that are not listed are zero, and those listed twice are
//! summed. The diagonal of a skew-symmetric matrix may be listed as zeros, as R does.
//!
//! Reference: R. F. Boisvert, R. Pozo, K. A. Remington, The Matrix Market exchange formats: initial
//! design, NISTIR 5935, 1996.

use std::io::{BufRead, Read};
use std::str::FromStr;

use leastwise_core::Mat;

use crate::options::Options;
use crate::refused::{Refused, cannot_read, quoted};
use crate::table::{Table, check_shape, zeros};
use crate::text::number;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Array,
    Coordinate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Real,
    Integer,
    Unsigned,
    Pattern,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Symmetry {
    General,
    Symmetric,
    SkewSymmetric,
}

#[derive(Clone, Copy, Debug)]
struct Banner {
    format: Format,
    field: Field,
    symmetry: Symmetry,
}

/// Longer than any banner. A file without lines is not read as one long line.
const LONGEST_BANNER: u64 = 1024;

pub(super) fn read(
    mut file: impl BufRead,
    length: u64,
    options: &Options,
) -> Result<Table, Refused> {
    let mut first = String::new();
    (&mut file)
        .take(LONGEST_BANNER)
        .read_line(&mut first)
        .map_err(|error| cannot_read(&error))?;
    let banner = parse_banner(&first)?;
    let mut lines = data_lines(file);
    let sizes = lines
        .next()
        .ok_or("is cut off: it ends before the line with the sizes")??;
    let matrix = match banner.format {
        Format::Array => read_array(banner, &sizes, &mut lines, length, options)?,
        Format::Coordinate => read_coordinate(banner, &sizes, &mut lines, options)?,
    };
    if let Some(line) = lines.next() {
        return Err(format!(
            "line {} follows the last entry; line {} gives their number",
            line?.number, sizes.number
        )
        .into());
    }
    let kind = first.trim().to_ascii_lowercase();
    let kind = kind.split_whitespace().skip(2).collect::<Vec<_>>();
    Ok(Table {
        matrix,
        header: None,
        split: None,
        how: format!("Matrix Market, {}", kind.join(" ")),
    })
}

/// The words of a line, if there are N. Otherwise, their number.
fn words<const N: usize>(line: &str) -> Result<[&str; N], usize> {
    let mut words = [""; N];
    let mut count = 0;
    for word in line.split_whitespace() {
        if let Some(place) = words.get_mut(count) {
            *place = word;
        }
        count += 1;
    }
    if count == N { Ok(words) } else { Err(count) }
}

fn parse_banner(line: &str) -> Result<Banner, String> {
    let line = line.to_ascii_lowercase();
    let Ok(["%%matrixmarket", "matrix", format, field, symmetry]) = words(&line) else {
        return Err(
            "must start with the line \"%%MatrixMarket matrix FORMAT FIELD SYMMETRY\"".to_string(),
        );
    };
    let banner = Banner {
        format: match format {
            "array" => Format::Array,
            "coordinate" => Format::Coordinate,
            other => return Err(unsupported("format", other, "array or coordinate")),
        },
        field: match field {
            "real" => Field::Real,
            "integer" => Field::Integer,
            "unsigned-integer" => Field::Unsigned,
            "pattern" => Field::Pattern,
            other => {
                let known = "real, integer, unsigned-integer or pattern";
                return Err(unsupported("field", other, known));
            }
        },
        symmetry: match symmetry {
            "general" => Symmetry::General,
            "symmetric" => Symmetry::Symmetric,
            "skew-symmetric" => Symmetry::SkewSymmetric,
            other => {
                let known = "general, symmetric or skew-symmetric";
                return Err(unsupported("symmetry", other, known));
            }
        },
    };
    // A pattern has no values, so it cannot be stored densely or negated.
    let has_values = banner.format == Format::Array || banner.symmetry == Symmetry::SkewSymmetric;
    if banner.field == Field::Pattern && has_values {
        return Err(format!("line 1: a pattern cannot be {format} {symmetry}"));
    }
    Ok(banner)
}

fn unsupported(what: &str, word: &str, known: &str) -> String {
    format!(
        "line 1: the {what} {} is not supported; use {known}",
        quoted(word)
    )
}

/// A line that is neither empty nor a comment.
struct Line {
    number: usize,
    text: String,
}

/// The lines after the banner.
fn data_lines(file: impl BufRead) -> impl Iterator<Item = Result<Line, String>> {
    (2..)
        .zip(file.lines())
        .filter_map(|(number, text)| match text {
            Ok(text) if text.starts_with('%') || text.trim().is_empty() => None,
            Ok(text) => Some(Ok(Line { number, text })),
            Err(error) => Some(Err(cannot_read(&error))),
        })
}

impl Line {
    fn words<const N: usize>(&self) -> Result<[&str; N], String> {
        words(&self.text)
            .map_err(|count| self.problem(&format!("has {count} words, but it must have {N}")))
    }

    fn parse<T: FromStr>(&self, word: &str, kind: &str) -> Result<T, String> {
        word.parse()
            .map_err(|_| self.problem(&format!("has {}, which is not {kind}", quoted(word))))
    }

    fn size(&self, word: &str) -> Result<usize, String> {
        self.parse(word, "a size")
    }

    fn value(&self, word: &str, field: Field) -> Result<f64, String> {
        match field {
            Field::Integer => Ok(self.parse::<i128>(word, "an integer")? as f64),
            Field::Unsigned => {
                Ok(self.parse::<u128>(word, "an integer that is not negative")? as f64)
            }
            // As in a table, with Fortran's exponents, but without a decimal comma.
            _ => number::value(word)
                .filter(|_| !word.contains(','))
                .ok_or_else(|| {
                    self.problem(&format!("has {}, which is not a number", quoted(word)))
                }),
        }
    }

    /// An index, counted from one in the file and from zero here. It must be below `count`.
    fn index(&self, word: &str, what: &str, count: usize) -> Result<usize, String> {
        let index: usize = self.parse(word, "an index")?;
        if (1..=count).contains(&index) {
            return Ok(index - 1);
        }
        Err(self.problem(&format!(
            "has {what} {index}, but the matrix has 1 to {count}"
        )))
    }

    fn problem(&self, what: &str) -> String {
        format!("line {} {what}", self.number)
    }
}

/// Reads the entries by columns. A symmetric matrix has only those of the lower triangle.
fn read_array(
    banner: Banner,
    sizes: &Line,
    lines: &mut impl Iterator<Item = Result<Line, String>>,
    length: u64,
    options: &Options,
) -> Result<Mat<f64>, String> {
    let [rows, cols] = sizes.words()?;
    let (rows, cols) = (sizes.size(rows)?, sizes.size(cols)?);
    check_sizes(banner, rows, cols, options)?;
    // The number of stored entries, and the first stored row of column j.
    let (count, start): (usize, fn(usize) -> usize) = match banner.symmetry {
        Symmetry::General => (rows * cols, |_| 0),
        Symmetry::Symmetric => (rows * (rows + 1) / 2, |j| j),
        Symmetry::SkewSymmetric => (rows * (rows - 1) / 2, |j| j + 1),
    };
    // An entry takes at least a digit and a newline. The last newline may be missing.
    if count as u64 > length.div_ceil(2) {
        return Err(format!(
            "is cut off: {count} entries cannot be in its {length} bytes"
        ));
    }
    let mut matrix = zeros(rows, cols, options)?;
    let mut read = 0;
    for j in 0..cols {
        for i in start(j)..rows {
            let line = lines.next().ok_or_else(|| cut_off(read, count))??;
            let [value] = line.words()?;
            add(
                &mut matrix,
                (i, j),
                line.value(value, banner.field)?,
                banner.symmetry,
            );
            read += 1;
        }
    }
    Ok(matrix)
}

/// Reads entries with their row and column. A symmetric matrix has only those of the lower triangle.
fn read_coordinate(
    banner: Banner,
    sizes: &Line,
    lines: &mut impl Iterator<Item = Result<Line, String>>,
    options: &Options,
) -> Result<Mat<f64>, String> {
    let [rows, cols, count] = sizes.words()?;
    let (rows, cols, count) = (sizes.size(rows)?, sizes.size(cols)?, sizes.size(count)?);
    check_sizes(banner, rows, cols, options)?;
    let mut matrix = zeros(rows, cols, options)?;
    for read in 0..count {
        let line = lines.next().ok_or_else(|| cut_off(read, count))??;
        let (i, j, value) = if banner.field == Field::Pattern {
            let [i, j] = line.words()?;
            (i, j, 1.0)
        } else {
            let [i, j, value] = line.words()?;
            (i, j, line.value(value, banner.field)?)
        };
        let (i, j) = (line.index(i, "row", rows)?, line.index(j, "column", cols)?);
        let is_stored = match banner.symmetry {
            Symmetry::General => true,
            Symmetry::Symmetric => i >= j,
            Symmetry::SkewSymmetric => i > j || i == j && value == 0.0,
        };
        if !is_stored {
            let place = format!("has row {} and column {}", i + 1, j + 1);
            return Err(line.problem(&format!(
                "{place}, but the symmetry stores only the lower triangle"
            )));
        }
        add(&mut matrix, (i, j), value, banner.symmetry);
    }
    Ok(matrix)
}

fn check_sizes(banner: Banner, rows: usize, cols: usize, options: &Options) -> Result<(), String> {
    check_shape(rows, cols, options)?;
    if banner.symmetry != Symmetry::General && rows != cols {
        return Err(format!(
            "the matrix is {rows}x{cols}, but a symmetric one must be square"
        ));
    }
    Ok(())
}

fn cut_off(read: usize, count: usize) -> String {
    format!("is cut off: it ends after {read} of {count} entries")
}

/// Adds an entry, and its mirror image if the matrix is symmetric or skew-symmetric.
fn add(matrix: &mut Mat<f64>, (i, j): (usize, usize), value: f64, symmetry: Symmetry) {
    matrix[(i, j)] += value;
    if i == j {
        return;
    }
    match symmetry {
        Symmetry::General => {}
        Symmetry::Symmetric => matrix[(j, i)] += value,
        Symmetry::SkewSymmetric => matrix[(j, i)] -= value,
    }
}
