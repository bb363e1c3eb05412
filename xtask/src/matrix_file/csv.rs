//! A table of numbers as text: a line for each row of the matrix.
//!
//! Entries are separated by semicolons, tabs, commas or blanks: by the first of these that the
//! first line has. Quotes around an entry are dropped, but it cannot contain the separator. Empty
//! lines and lines that start with `#` are skipped. The first line may hold the names of the
//! columns: it does if none of its entries is a number.

use std::io::BufRead;

use leastwise_core::{Mat, MatRef};

use super::{cannot_read, check_shape, quoted};

/// What the first line says of the others.
struct Layout {
    line: usize,
    separator: Option<char>,
    cols: usize,
}

pub(super) fn read(file: impl BufRead) -> Result<Mat<f64>, String> {
    let mut layout: Option<Layout> = None;
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(file.lines()) {
        let line = line.map_err(|error| cannot_read(&error))?;
        // Spreadsheets mark UTF-8 so.
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let is_first = layout.is_none();
        let layout = layout.get_or_insert_with(|| Layout::of(number, line));
        if is_first && fields(line, layout.separator).all(|field| field.parse::<f64>().is_err()) {
            continue;
        }
        read_row(number, line, layout, &mut entries)?;
        check_shape(entries.len() / layout.cols, layout.cols)?;
    }
    let cols = layout.map_or(0, |layout| layout.cols);
    let rows = entries.len().checked_div(cols).unwrap_or(0);
    check_shape(rows, cols)?;
    MatRef::from_row_major(&entries, rows, cols)
        .map(|view| view.to_mat())
        .map_err(|error| error.to_string())
}

impl Layout {
    fn of(number: usize, line: &str) -> Self {
        let separator = [';', '\t', ',']
            .into_iter()
            .find(|&separator| line.contains(separator));
        Self {
            line: number,
            separator,
            cols: fields(line, separator).count(),
        }
    }
}

/// The entries of a line, between separators or, without one, between blanks.
fn fields(line: &str, separator: Option<char>) -> impl Iterator<Item = &str> {
    let fields = line.split(move |c: char| separator.map_or(c.is_whitespace(), |s| s == c));
    fields
        .filter(move |field| separator.is_some() || !field.is_empty())
        .map(|field| {
            let field = field.trim();
            let inner = field
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            inner.unwrap_or(field).trim()
        })
}

fn read_row(
    number: usize,
    line: &str,
    layout: &Layout,
    entries: &mut Vec<f64>,
) -> Result<(), String> {
    let count = fields(line, layout.separator).count();
    if count != layout.cols {
        return Err(format!(
            "line {number} has {count} entries, but line {} has {}",
            layout.line, layout.cols
        ));
    }
    for (field, column) in fields(line, layout.separator).zip(1..) {
        let entry = field.parse().map_err(|_| {
            let what = if field.is_empty() {
                "is missing".to_string()
            } else {
                format!("{} is not a number", quoted(field))
            };
            format!("line {number}, column {column}: {what}")
        })?;
        entries.push(entry);
    }
    Ok(())
}
