//! Rows of a Parquet file.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use leastwise_core::{Error, Result};
use leastwise_optim::Rows;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use crate::Table;
use crate::table::{beyond, indices};

/// A range of rows of some columns of a Parquet file. Row groups are read whenever they are needed, so the file may be
/// larger than memory: these columns of one row group are in memory.
///
/// The columns have floating-point numbers (FLOAT or DOUBLE) or signed integers, which are rounded to f64. A row without a
/// value is an error. Pages may be compressed by Snappy or Zstandard, or not at all. [`Resident::of`](crate::Resident::of)
/// keeps the rows in memory, which saves the decoding in each step.
///
/// ```no_run
/// use leastwise_core::{Error, Result};
/// use leastwise_mpi::{ParquetRows, Table, share};
/// use leastwise_optim::ranks::Ranks;
///
/// fn own_rows(ranks: &Ranks) -> Result<ParquetRows> {
///     let table = ParquetRows::open("decay.parquet", &["t", "counts"])?;
///     let own = share(table.rows(), ranks);
///     table.with_rows(own)
/// }
/// ```
pub struct ParquetRows {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    /// Where each row group ends.
    ends: Vec<usize>,
    /// The places of the columns in the file.
    columns: Vec<usize>,
    range: Range<usize>,
    /// The row group that was read last, and its entries, row after row.
    group: RefCell<Option<(usize, Vec<f64>)>>,
}

impl ParquetRows {
    /// The columns with these names of all rows of the file at `path`. The name of a nested column has points, as in `a.b`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with the path for a file that cannot be read or is no Parquet file, and for a column that
    /// it does not have or that has no such numbers.
    pub fn open(path: impl AsRef<Path>, columns: &[&str]) -> Result<Self> {
        let path = path.as_ref();
        caught(path, || {
            let reader = reader(path)?;
            let found = names(&reader);
            let schema = reader.metadata().file_metadata().schema_descr();
            let place = |name: &&str| {
                let place = found.iter().position(|found| found == name);
                let place = place.ok_or_else(|| {
                    format!(
                        "has no column {name:?}; its columns are {}",
                        found.join(", ")
                    )
                })?;
                check_type(&schema.column(place)).map(|()| place)
            };
            let columns: Result<Vec<usize>, String> = columns.iter().map(place).collect();
            let columns = columns?;
            if columns.is_empty() {
                return Err("must have one column or more".to_owned());
            }
            let mut end = 0usize;
            let groups = reader.metadata().row_groups().iter();
            let ends: Option<Vec<usize>> = groups
                .map(|group| {
                    end = end.checked_add(usize::try_from(group.num_rows()).ok()?)?;
                    Some(end)
                })
                .collect();
            let ends = ends.ok_or("states a negative number of rows")?;
            Ok(Self {
                path: path.to_owned(),
                reader,
                ends,
                columns,
                range: 0..end,
                group: RefCell::default(),
            })
        })
    }

    /// The names of all columns of the file at `path`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with the path for a file that cannot be read or is no Parquet file.
    pub fn names(path: impl AsRef<Path>) -> Result<Vec<String>> {
        let path = path.as_ref();
        caught(path, || Ok(names(&reader(path)?)))
    }

    /// These rows of it only.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless it has these rows.
    pub fn with_rows(self, rows: Range<usize>) -> Result<Self> {
        if rows.start <= rows.end && rows.end <= self.range.len() {
            let first = self.range.start;
            let range = first + rows.start..first + rows.end;
            return Ok(Self { range, ..self });
        }
        let count = self.range.len();
        let detail = format!("must have the rows {rows:?}, but it has {count}");
        Err(refused(&self.path, &detail))
    }

    /// The rows of a row group.
    fn rows_of(&self, group: usize) -> Range<usize> {
        let first = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        first..self.ends[group]
    }

    /// The entries of a row group, row after row.
    fn decode(&self, group: usize) -> Result<Vec<f64>> {
        caught(&self.path, || self.decoded(group))
    }

    fn decoded(&self, group: usize) -> Result<Vec<f64>, String> {
        let rows = self.rows_of(group);
        let width = self.columns.len();
        let mut entries = Vec::new();
        let count = rows.len().checked_mul(width);
        if count.is_none_or(|count| entries.try_reserve_exact(count).is_err()) {
            return Err(format!(
                "has a row group of {} rows, which do not fit into memory",
                rows.len()
            ));
        }
        entries.resize(rows.len() * width, f64::NAN);
        let failed = |error: parquet::errors::ParquetError| {
            format!("cannot be read from row {} on: {error}", rows.start)
        };
        let reader = self.reader.get_row_group(group).map_err(failed)?;
        for (place, &column) in self.columns.iter().enumerate() {
            let column = reader.get_column_reader(column).map_err(failed)?;
            let values = match column {
                ColumnReader::DoubleColumnReader(column) => values(column, rows.len(), |x| x),
                ColumnReader::FloatColumnReader(column) => values(column, rows.len(), f64::from),
                ColumnReader::Int32ColumnReader(column) => values(column, rows.len(), f64::from),
                ColumnReader::Int64ColumnReader(column) => values(column, rows.len(), |x| x as f64),
                // `open` has refused them.
                _ => return Err("has columns of another type now".to_owned()),
            };
            let values = values.map_err(failed)?;
            for (row, value) in values.into_iter().enumerate() {
                let Some(value) = value else {
                    return Err(format!("has no value in row {}", rows.start + row));
                };
                entries[row * width + place] = value;
            }
        }
        Ok(entries)
    }
}

/// The outcome of `read`. Of some damaged files, the library panics.
fn caught<R>(path: &Path, read: impl FnOnce() -> Result<R, String>) -> Result<R> {
    let outcome = catch_unwind(AssertUnwindSafe(read));
    let outcome = outcome.unwrap_or_else(|_| Err("is damaged: its reader panicked".to_owned()));
    outcome.map_err(|reason| refused(path, &reason))
}

fn reader(path: &Path) -> Result<SerializedFileReader<File>, String> {
    let file = File::open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    SerializedFileReader::new(file).map_err(|error| format!("is no Parquet file: {error}"))
}

fn names(reader: &SerializedFileReader<File>) -> Vec<String> {
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    columns
        .iter()
        .map(|column| column.path().string())
        .collect()
}

/// Refuses columns that have no numbers, and those whose numbers need a unit, such as dates and decimal fractions.
fn check_type(column: &ColumnDescriptor) -> Result<(), String> {
    let name = column.path().string();
    if column.max_rep_level() > 0 {
        return Err(format!("has lists in its column {name}"));
    }
    let is_number = matches!(
        column.physical_type(),
        Type::DOUBLE | Type::FLOAT | Type::INT32 | Type::INT64
    );
    let is_plain = match column.logical_type_ref() {
        None => true,
        Some(LogicalType::Integer(integer)) => integer.is_signed,
        Some(_) => false,
    } && matches!(
        column.converted_type(),
        ConvertedType::NONE
            | ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64
    );
    if is_number && is_plain {
        return Ok(());
    }
    let kind = match (column.logical_type_ref(), column.converted_type()) {
        (Some(logical), _) => format!("{logical:?}"),
        (None, ConvertedType::NONE) => column.physical_type().to_string(),
        (None, converted) => converted.to_string(),
    };
    Err(format!(
        "must have floating-point numbers or signed integers in its column {name}, but it has {kind}"
    ))
}

/// The values of `rows` rows of a column. One that is missing is `None`.
fn values<T: DataType>(
    mut column: ColumnReaderImpl<T>,
    rows: usize,
    number: impl Fn(T::T) -> f64,
) -> parquet::errors::Result<Vec<Option<f64>>> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let (records, ..) = column.read_records(rows, Some(&mut levels), None, &mut values)?;
    if records != rows {
        let problem = format!("a column has {records} values for {rows} rows");
        return Err(parquet::errors::ParquetError::General(problem));
    }
    let mut values = values.into_iter().map(number);
    // Without levels, every row has a value.
    if levels.is_empty() {
        return Ok(values.map(Some).collect());
    }
    let most = levels.iter().copied().max();
    let next = |level| {
        if Some(level) == most {
            values.next()
        } else {
            None
        }
    };
    Ok(levels.into_iter().map(next).collect())
}

fn refused(path: &Path, reason: &str) -> Error {
    Error::InvalidArgument {
        operation: "ParquetRows",
        argument: "path",
        detail: format!("{} {reason}", path.display()),
    }
}

impl fmt::Debug for ParquetRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetRows")
            .field("path", &self.path)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

impl Table for ParquetRows {
    fn rows(&self) -> usize {
        self.range.len()
    }

    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()> {
        let width = self.columns.len();
        let count = entries.len() / width;
        let mut cached = self.group.borrow_mut();
        for (row, target) in indices(rows, count).zip(entries.chunks_exact_mut(width)) {
            if row >= self.range.len() {
                return Err(beyond(self.range.len(), row));
            }
            let row = self.range.start + row;
            let group = self.ends.partition_point(|&end| end <= row);
            let known = cached.take().filter(|(known, _)| *known == group);
            let group = match known {
                Some(known) => known,
                None => (group, self.decode(group)?),
            };
            let (group, all) = cached.insert(group);
            let first = (row - self.rows_of(*group).start) * width;
            target.copy_from_slice(&all[first..first + width]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_library_is_an_error_with_the_path() {
        let outcome = caught::<()>(Path::new("a.parquet"), || panic!("a length is negative"));
        let expected = "ParquetRows: path a.parquet is damaged: its reader panicked";
        assert_eq!(outcome.unwrap_err().to_string(), expected);
    }
}
