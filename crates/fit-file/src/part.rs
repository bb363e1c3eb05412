//! The rows that a rank has of the files.

use std::path::Path;

use leastwise_files::Format;
use leastwise_mpi::{Files, Generated, NpyRows, Selected, Table, share};
use leastwise_optim::ranks::Ranks;

use crate::args::FitArgs;
use crate::columns::{Columns, file_name, read};
use crate::error::{Result, bad_input};
use crate::fit::refused;

/// The rows of this rank, of one file.
struct Source<'a> {
    path: String,
    /// The names of the columns, if they have any.
    names: Vec<String>,
    /// The number of columns.
    width: usize,
    select: Select<'a>,
}

/// The table of some columns.
type Select<'a> = Box<dyn FnOnce(&[usize]) -> leastwise_core::Result<Box<dyn Table>> + 'a>;

/// The rows of a rank.
pub(crate) struct Part<'a> {
    sources: Vec<Source<'a>>,
}

/// A file with its columns: its path, their names and their number.
type Heading = (String, Vec<String>, usize);

impl<'a> Part<'a> {
    /// Opens the files of this rank.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn open(args: &'a FitArgs, ranks: &'a Ranks) -> Result<Self> {
        let files: Vec<&Path> = std::iter::once(&args.file)
            .chain(&args.more)
            .map(AsRef::as_ref)
            .collect();
        let (rank, count) = (ranks.rank(), ranks.count());
        let mut sources = Vec::new();
        for (k, path) in files.iter().enumerate() {
            if is_parquet(path) {
                sources.push(of_parquet(path, ranks)?);
            } else if is_npy(path)? {
                sources.push(of_npy(path, ranks)?);
            } else if files.len() < count {
                sources.push(of_text(path, args, Some(ranks))?);
            } else if k % count == rank {
                sources.push(of_text(path, args, None)?);
            }
        }
        Ok(Self { sources })
    }

    /// The files of this rank with their columns.
    pub(crate) fn headings(&self) -> Vec<Heading> {
        let heading =
            |source: &Source<'_>| (source.path.clone(), source.names.clone(), source.width);
        self.sources.iter().map(heading).collect()
    }

    /// These columns of all rows of this rank.
    ///
    /// # Errors
    /// There is no such column.
    pub(crate) fn table(self, columns: &[usize]) -> Result<Files<Box<dyn Table>>> {
        let sources = self.sources.into_iter();
        let tables: leastwise_core::Result<Vec<_>> =
            sources.map(|source| (source.select)(columns)).collect();
        let files = tables.and_then(|tables| Files::new(columns.len(), tables));
        files.map_err(|error| refused(&error))
    }
}

/// The columns of all files, which `headings` have.
///
/// # Errors
/// Files with different columns.
pub(crate) fn columns(headings: &[Heading]) -> Result<Columns> {
    let Some((path, names, width)) = headings.first() else {
        return Err(bad_input("--mpi: no rank has a file"));
    };
    if let Some((other, ..)) = headings
        .iter()
        .find(|(_, own, count)| (own, count) != (names, width))
    {
        return Err(bad_input(format!(
            "--mpi: {other} must have the columns of {path}"
        )));
    }
    let name = file_name(Path::new(path));
    Ok(Columns::without_rows(name, names.clone(), *width))
}

fn selected<'a>(table: impl Table + 'static) -> Select<'a> {
    Box::new(|columns| Ok(Box::new(Selected::new(table, columns.to_vec())?)))
}

fn is_npy(path: &Path) -> Result<bool> {
    let format = Format::of(path);
    let format = format.map_err(|refused| bad_input(format!("{}: {refused}", path.display())))?;
    Ok(format == Format::Npy)
}

/// A part of the rows of a `.npy` file, which are read whenever they are needed.
fn of_npy<'a>(path: &Path, ranks: &Ranks) -> Result<Source<'a>> {
    let rows = NpyRows::open(path).and_then(|table| {
        let own = share(table.rows(), ranks);
        table.with_rows(own)
    });
    let rows = rows.map_err(|error| refused(&error))?;
    Ok(Source {
        path: path.display().to_string(),
        names: Vec::new(),
        width: rows.columns(),
        select: selected(rows),
    })
}

/// The rows of another file, which are in memory: those of this rank among `ranks`, or all.
fn of_text<'a>(path: &Path, args: &FitArgs, ranks: Option<&Ranks>) -> Result<Source<'a>> {
    let table = read(path, args)?;
    let (names, matrix) = (table.names(), table.matrix);
    let rows = matrix.rows();
    let own = ranks.map_or(0..rows, |ranks| share(rows, ranks));
    let columns = matrix.cols();
    let rows = Generated::new(own.len(), columns, move |row, entries| {
        for (column, entry) in entries.iter_mut().enumerate() {
            *entry = matrix[(own.start + row, column)];
        }
    });
    Ok(Source {
        path: path.display().to_string(),
        names,
        width: columns,
        select: selected(rows),
    })
}

fn is_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

#[cfg(not(feature = "parquet"))]
fn of_parquet<'a>(path: &Path, _: &Ranks) -> Result<Source<'a>> {
    Err(bad_input(format!(
        "{}: this program cannot read Parquet files; build it with --features parquet",
        path.display()
    )))
}

/// A part of the rows of a Parquet file, which are read whenever they are needed.
#[cfg(feature = "parquet")]
fn of_parquet<'a>(path: &'a Path, ranks: &'a Ranks) -> Result<Source<'a>> {
    use leastwise_mpi::ParquetRows;

    let names = ParquetRows::names(path).map_err(|error| refused(&error))?;
    let all = names.clone();
    let select = move |columns: &[usize]| -> leastwise_core::Result<Box<dyn Table>> {
        // Each column is decoded once.
        let mut needed = columns.to_vec();
        needed.sort_unstable();
        needed.dedup();
        let names: Vec<&str> = needed.iter().map(|&column| &all[column][..]).collect();
        let table = ParquetRows::open(path, &names)?;
        let own = share(table.rows(), ranks);
        let places = columns
            .iter()
            .map(|column| needed.partition_point(|c| c < column));
        Ok(Box::new(Selected::new(
            table.with_rows(own)?,
            places.collect(),
        )?))
    };
    Ok(Source {
        path: path.display().to_string(),
        width: names.len(),
        names,
        select: Box::new(select),
    })
}
