//! Rows of numbers that a rank reads, generates, or has in memory.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use leastwise_core::{Error, Result};
use leastwise_files::npy::Header;
use leastwise_optim::Rows;
use leastwise_optim::ranks::Ranks;

/// Rows of a fixed number of columns.
pub trait Table {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// The number of columns.
    fn columns(&self) -> usize;

    /// Writes these rows to `entries`, row after row. Their number follows from that of the entries.
    ///
    /// # Errors
    /// Why a row cannot be read.
    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()>;

    /// The entries, row after row, if all of them are in memory.
    fn entries(&self) -> Option<&[f64]> {
        None
    }
}

impl<S: Table + ?Sized> Table for Box<S> {
    fn rows(&self) -> usize {
        (**self).rows()
    }

    fn columns(&self) -> usize {
        (**self).columns()
    }

    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()> {
        (**self).read(rows, entries)
    }

    fn entries(&self) -> Option<&[f64]> {
        (**self).entries()
    }
}

/// The rows of this rank if `count` rows are dealt out evenly, in the order of ranks.
///
/// ```
/// use leastwise_core::Error;
/// use leastwise_mpi::share;
/// use leastwise_optim::ranks::on_threads;
///
/// let parts = on_threads(3, |ranks| Ok::<_, Error>(share(8, ranks)));
/// let parts: Vec<_> = parts.into_iter().flatten().collect();
/// assert_eq!(parts, [0..2, 2..5, 5..8]);
/// ```
#[must_use]
pub fn share(count: usize, ranks: &Ranks) -> Range<usize> {
    let end = |rank: usize| {
        let end = count as u128 * rank as u128 / ranks.count() as u128;
        usize::try_from(end).unwrap_or(count)
    };
    end(ranks.rank())..end(ranks.rank() + 1)
}

/// The indices of `rows`, of which there are `count`.
pub(crate) fn indices(rows: Rows<'_>, count: usize) -> impl Iterator<Item = usize> {
    let (range, listed) = match rows {
        Rows::From(first) => (first..first.saturating_add(count), &[][..]),
        Rows::Listed(rows) => (0..0, rows),
    };
    range.chain(listed.iter().copied().take(count))
}

pub(crate) fn beyond(rows: usize, row: usize) -> Error {
    Error::InvalidArgument {
        operation: "Table",
        argument: "rows",
        detail: format!("must be among the {rows} rows, but row {row} is not"),
    }
}

/// Rows that a function computes whenever they are needed.
///
/// ```
/// use leastwise_mpi::{Generated, Table};
/// use leastwise_optim::Rows;
///
/// let squares = Generated::new(1_000_000_000, 2, |row, entries| {
///     entries.copy_from_slice(&[row as f64, (row as f64).powi(2)]);
/// });
/// let mut entries = [0.0; 4];
/// squares.read(Rows::From(3), &mut entries)?;
/// assert_eq!(entries, [3.0, 9.0, 4.0, 16.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub struct Generated<F> {
    rows: usize,
    columns: usize,
    row: F,
}

impl<F: Fn(usize, &mut [f64])> Generated<F> {
    /// `row(i, entries)` writes row i.
    pub fn new(rows: usize, columns: usize, row: F) -> Self {
        Self { rows, columns, row }
    }
}

impl<F: Fn(usize, &mut [f64])> Table for Generated<F> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()> {
        let count = entries.len() / self.columns.max(1);
        let places = entries.chunks_exact_mut(self.columns.max(1));
        for (row, entries) in indices(rows, count).zip(places) {
            if row >= self.rows {
                return Err(beyond(self.rows, row));
            }
            (self.row)(row, entries);
        }
        Ok(())
    }
}

/// Rows that are in memory.
#[derive(Clone, Debug)]
pub struct Resident {
    columns: usize,
    entries: Vec<f64>,
}

impl Resident {
    /// All rows of `table`.
    ///
    /// # Errors
    /// Those of `table`, and [`Error::InvalidArgument`] if the rows do not fit into memory.
    pub fn of(table: &impl Table) -> Result<Self> {
        let (rows, columns) = (table.rows(), table.columns());
        let mut entries = Vec::new();
        let count = rows.checked_mul(columns);
        if count.is_none_or(|count| entries.try_reserve_exact(count).is_err()) {
            return Err(Error::InvalidArgument {
                operation: "Resident",
                argument: "table",
                detail: format!(
                    "must fit into memory, but it has {rows} rows of {columns} columns"
                ),
            });
        }
        entries.resize(rows * columns, 0.0);
        table.read(Rows::From(0), &mut entries)?;
        Ok(Self { columns, entries })
    }
}

impl Table for Resident {
    fn rows(&self) -> usize {
        self.entries.len() / self.columns.max(1)
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()> {
        let columns = self.columns.max(1);
        let count = entries.len() / columns;
        for (row, target) in indices(rows, count).zip(entries.chunks_exact_mut(columns)) {
            let first = row.saturating_mul(columns);
            let Some(source) = self.entries.get(first..first.saturating_add(columns)) else {
                return Err(beyond(self.rows(), row));
            };
            target.copy_from_slice(source);
        }
        Ok(())
    }

    fn entries(&self) -> Option<&[f64]> {
        Some(&self.entries)
    }
}

/// A range of rows of a `.npy` file of two dimensions. Rows are read whenever they are needed, so the file may be larger
/// than memory.
///
/// The array is in C order, NumPy's default, of dtype f4 or f8 in either byte order. [`Resident::of`] keeps the rows in
/// memory.
#[derive(Debug)]
pub struct NpyRows {
    path: PathBuf,
    file: File,
    /// Where the first row of the file begins.
    begin: u64,
    range: Range<usize>,
    columns: usize,
    number: Number,
}

/// How a number is stored.
#[derive(Clone, Copy, Debug)]
struct Number {
    bytes: usize,
    is_big_endian: bool,
}

impl Number {
    fn of(dtype: &str) -> Option<Self> {
        let (order, kind) = dtype.split_at_checked(1)?;
        let bytes = match kind {
            "f4" => 4,
            "f8" => 8,
            _ => return None,
        };
        let is_big_endian = match order {
            "<" => false,
            ">" => true,
            "=" | "|" => cfg!(target_endian = "big"),
            _ => return None,
        };
        Some(Self {
            bytes,
            is_big_endian,
        })
    }

    fn value(self, bytes: &[u8]) -> f64 {
        let mut all = [0; 8];
        let all = &mut all[..self.bytes];
        all.copy_from_slice(bytes);
        if self.is_big_endian {
            all.reverse();
        }
        match *all {
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
            [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => f64::NAN,
        }
    }
}

impl NpyRows {
    /// All rows of the file at `path`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with the path for a file that cannot be read, is no such array, or is shorter or longer
    /// than its header states.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let file = File::open(path).map_err(|error| format!("cannot be opened: {error}"))?;
            let mut reader = BufReader::new(&file);
            let header = Header::read(&mut reader).map_err(|refused| refused.to_string())?;
            let place = reader.stream_position();
            let begin = place.map_err(|error| format!("cannot be read: {error}"))?;
            let [rows, columns] = header.shape[..] else {
                return Err(format!(
                    "must have two dimensions, but its shape is {:?}",
                    header.shape
                ));
            };
            if header.fortran_order && rows > 1 && columns > 1 {
                return Err(
                    "must be in C order, but it is in Fortran order: save numpy.ascontiguousarray(a)"
                        .to_owned(),
                );
            }
            let Some(number) = Number::of(&header.dtype) else {
                return Err(format!(
                    "must have the dtype f4 or f8, but it has {}",
                    header.dtype
                ));
            };
            let expected = rows
                .checked_mul(columns)
                .and_then(|count| count.checked_mul(number.bytes))
                .and_then(|bytes| begin.checked_add(bytes as u64));
            let length = file.metadata().map(|data| data.len());
            let length = length.map_err(|error| format!("cannot be read: {error}"))?;
            if expected != Some(length) {
                return Err(format!(
                    "must have the {rows}x{columns} numbers of its header after byte {begin}, but it has {length} bytes"
                ));
            }
            drop(reader);
            Ok(Self {
                path: path.to_owned(),
                file,
                begin,
                range: 0..rows,
                columns,
                number,
            })
        };
        open().map_err(|reason| refused(path, &reason))
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
        let detail = format!(
            "must have the rows {rows:?}, but it has {}",
            self.range.len()
        );
        Err(refused(&self.path, &detail))
    }

    fn read_from(&self, row: usize, entries: &mut [f64]) -> Result<()> {
        let size = self.number.bytes;
        let count = entries.len() / self.columns.max(1);
        if row.saturating_add(count) > self.range.len() {
            return Err(beyond(self.range.len(), row.saturating_add(count)));
        }
        let row = self.range.start + row;
        let place = self.begin + row as u64 * (self.columns * size) as u64;
        let mut bytes = vec![0; entries.len() * size];
        self.file
            .read_exact_at(&mut bytes, place)
            .map_err(|error| {
                refused(&self.path, &format!("cannot be read at row {row}: {error}"))
            })?;
        for (entry, bytes) in entries.iter_mut().zip(bytes.chunks_exact(size)) {
            *entry = self.number.value(bytes);
        }
        Ok(())
    }
}

fn refused(path: &Path, reason: &str) -> Error {
    Error::InvalidArgument {
        operation: "NpyRows",
        argument: "path",
        detail: format!("{} {reason}", path.display()),
    }
}

impl Table for NpyRows {
    fn rows(&self) -> usize {
        self.range.len()
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()> {
        match rows {
            Rows::From(first) => self.read_from(first, entries),
            Rows::Listed(rows) => {
                let places = entries.chunks_exact_mut(self.columns.max(1));
                let mut pairs = rows.iter().zip(places);
                pairs.try_for_each(|(&row, entries)| self.read_from(row, entries))
            }
        }
    }
}

/// Some columns of a table.
///
/// ```
/// use leastwise_mpi::{Generated, Selected, Table};
/// use leastwise_optim::Rows;
///
/// let table = Generated::new(5, 3, |row, entries| {
///     let row = row as f64;
///     entries.copy_from_slice(&[row, 10.0 * row, 100.0 * row]);
/// });
/// let selected = Selected::new(table, vec![2, 0])?;
/// let mut entries = [0.0; 4];
/// selected.read(Rows::Listed(&[1, 4]), &mut entries)?;
/// assert_eq!(entries, [100.0, 1.0, 400.0, 4.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub struct Selected<S> {
    table: S,
    columns: Vec<usize>,
}

impl<S: Table> Selected<S> {
    /// These columns of `table`, in this order. A column may occur twice.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a column that the table does not have.
    pub fn new(table: S, columns: Vec<usize>) -> Result<Self> {
        let count = table.columns();
        match columns.iter().find(|&&column| column >= count) {
            None => Ok(Self { table, columns }),
            Some(column) => Err(Error::InvalidArgument {
                operation: "Selected",
                argument: "columns",
                detail: format!("must be among the {count} columns, but {column} is not"),
            }),
        }
    }
}

impl<S: Table> Table for Selected<S> {
    fn rows(&self) -> usize {
        self.table.rows()
    }

    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()> {
        let (own, all) = (self.columns().max(1), self.table.columns());
        let mut whole = vec![f64::NAN; entries.len() / own * all];
        self.table.read(rows, &mut whole)?;
        let places = entries.chunks_exact_mut(own);
        for (row, places) in whole.chunks_exact(all.max(1)).zip(places) {
            for (entry, &column) in places.iter_mut().zip(&self.columns) {
                *entry = row[column];
            }
        }
        Ok(())
    }
}

/// The rows of several tables, one after another, such as those of a list of files.
pub struct Files<S> {
    tables: Vec<S>,
    /// Where each table ends.
    ends: Vec<usize>,
    columns: usize,
}

impl<S: Table> Files<S> {
    /// The rows of `tables`, which have `columns` columns. There may be no table.
    ///
    /// # Errors
    /// [`Error::Shape`] for a table of other columns.
    pub fn new(columns: usize, tables: Vec<S>) -> Result<Self> {
        let mut ends = Vec::with_capacity(tables.len());
        let mut end = 0;
        for (k, table) in tables.iter().enumerate() {
            if table.columns() != columns {
                return Err(Error::Shape {
                    operation: "Files",
                    argument: "tables",
                    detail: format!(
                        "must have {columns} columns, but table {k} has {}",
                        table.columns()
                    ),
                });
            }
            end += table.rows();
            ends.push(end);
        }
        Ok(Self {
            tables,
            ends,
            columns,
        })
    }
}

impl<S: Table> Table for Files<S> {
    fn rows(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn read(&self, rows: Rows<'_>, entries: &mut [f64]) -> Result<()> {
        let columns = self.columns.max(1);
        let count = entries.len() / columns;
        let mut places = &mut *entries;
        let all: Vec<usize> = indices(rows, count).collect();
        let mut next = 0;
        while let Some(&row) = all.get(next) {
            let k = self.ends.partition_point(|&end| end <= row);
            let Some(table) = self.tables.get(k) else {
                return Err(beyond(self.rows(), row));
            };
            let first = self.ends[k] - table.rows();
            // As many rows as are adjacent in this table.
            let run = all[next..].iter().enumerate();
            let length = run
                .take_while(|&(k_row, &other)| other == row + k_row && other < self.ends[k])
                .count();
            let (own, rest) = std::mem::take(&mut places).split_at_mut(length * columns);
            table.read(Rows::From(row - first), own)?;
            places = rest;
            next += length;
        }
        Ok(())
    }
}
