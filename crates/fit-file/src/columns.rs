//! The columns of a file, by name or by number.

use std::path::Path;

use leastwise_core::Mat;
use leastwise_files::{Options, Table};

use crate::args::FitArgs;
use crate::error::{Result, bad_input};

/// A file that was read.
pub(crate) struct Columns {
    /// The name of the file, for messages.
    file: String,
    names: Vec<String>,
    matrix: Mat<f64>,
    /// How the file was read, in one line.
    pub(crate) how: String,
}

impl Columns {
    /// # Errors
    /// A file that cannot be read, and a table that is refused, with its line.
    pub(crate) fn read(args: &FitArgs) -> Result<Self> {
        let file = file_name(&args.file);
        let table = read(&args.file, args)?;
        let (rows, cols) = (table.matrix.rows(), table.matrix.cols());
        let how = format!("read {rows}×{cols} from {file}: {}", table.how);
        Ok(Self {
            file,
            names: table.names(),
            matrix: table.matrix,
            how,
        })
    }

    /// The columns of a file whose rows are elsewhere.
    #[cfg(feature = "mpi")]
    pub(crate) fn without_rows(file: String, names: Vec<String>, width: usize) -> Self {
        Self {
            file,
            names,
            matrix: Mat::zeros(0, width),
            how: String::new(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.matrix.rows()
    }

    pub(crate) fn width(&self) -> usize {
        self.matrix.cols()
    }

    pub(crate) fn entry(&self, row: usize, column: usize) -> f64 {
        self.matrix[(row, column)]
    }

    pub(crate) fn column(&self, column: usize) -> Vec<f64> {
        (0..self.rows())
            .map(|row| self.entry(row, column))
            .collect()
    }

    /// The name of a column, or its number with a dollar sign.
    pub(crate) fn name(&self, column: usize) -> String {
        match self.names.get(column) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => format!("${}", column + 1),
        }
    }

    /// Every name by which a formula may call a column, with the column. Names that occur twice are left out.
    pub(crate) fn callable(&self) -> Vec<(String, usize)> {
        let count = |name: &String| self.names.iter().filter(|other| *other == name).count();
        let unique = |(_, name): &(usize, &String)| !name.is_empty() && count(name) == 1;
        let named = self.names.iter().enumerate().filter(unique);
        let named = named.map(|(column, name)| (name.clone(), column));
        let numbered = (0..self.width()).map(|column| (format!("${}", column + 1), column));
        named.chain(numbered).collect()
    }

    /// The names of all columns, for messages.
    pub(crate) fn list(&self) -> String {
        const MOST: usize = 20;
        let count = self.width();
        let mut names: Vec<String> = (0..count.min(MOST))
            .map(|column| self.name(column))
            .collect();
        if count > MOST {
            names.push(format!("and {} more", count - MOST));
        }
        names.join(", ")
    }

    /// The column of a flag: by its name, or by its number.
    ///
    /// # Errors
    /// There is no such column, or more than one.
    pub(crate) fn find(&self, flag: &str, wanted: &str) -> Result<usize> {
        let named: Vec<usize> = (0..self.names.len())
            .filter(|&c| self.names[c] == wanted)
            .collect();
        let number = wanted
            .strip_prefix('$')
            .unwrap_or(wanted)
            .parse::<usize>()
            .ok();
        match (&named[..], number) {
            ([column], _) => Ok(*column),
            ([_, _, ..], _) => Err(bad_input(format!(
                "{flag}: {} columns of {} are named {wanted:?}; use the number of one of them",
                named.len(),
                self.file
            ))),
            ([], Some(number)) if (1..=self.width()).contains(&number) => Ok(number - 1),
            ([], _) => Err(bad_input(format!(
                "{flag}: {} has no column {wanted:?}; its columns are {}",
                self.file,
                self.list()
            ))),
        }
    }
}

/// The table in a file.
///
/// # Errors
/// A file that cannot be read, and a table that is refused, with its line.
pub(crate) fn read(path: &Path, args: &FitArgs) -> Result<Table> {
    let options = Options {
        header: args.header.0,
        index_column: args.index_column.0,
        delimiter: args.delimiter.0,
        decimal: args.decimal.0,
        ..Options::default()
    };
    let table = leastwise_files::read(path, &options);
    table.map_err(|refused| bad_input(format!("{}: {refused}", path.display())))
}

pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
