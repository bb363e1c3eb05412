//! The layout of a text as a table with one delimiter.

use super::decision::{Lines, Shape, may_be_titled};
use super::failure::Failure;
use super::lines::{Line, Splitter, Text};
use super::survey::{Body, First, Marks, Outline, Place};
use crate::options::{Decimal, Delimiter, Options};
use crate::refused::quoted;

/// The layout of a text as a table with one delimiter.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) delimiter: Option<Delimiter>,
    pub(super) header: bool,
    pub(super) index_column: bool,
    pub(super) rows: usize,
    /// The number of columns, without the index column and the empty ones.
    pub(super) cols: usize,
    /// The number of empty columns at the end.
    empty: usize,
    marks: Marks,
    all_quoted: bool,
    /// Another way to read the lines, if it is likely enough to be named.
    pub(super) advice: Option<&'static str>,
}

impl Layout {
    /// Finds the layout.
    ///
    /// # Errors
    /// [`Failure`] if the text is not a table with this delimiter, or if the table is ambiguous.
    pub(super) fn find(
        text: &Text<'_>,
        delimiter: Option<Delimiter>,
        options: &Options,
    ) -> Result<Self, Failure> {
        let mut splitter = Splitter::new(delimiter);
        let Some(outline) = Outline::of(text, &mut splitter)? else {
            return Err(empty(1, 0, 0));
        };
        if delimiter.is_some() && options.delimiter.is_none() && outline.is_column() {
            // The text is a table of one column without the delimiter, too.
            return Err(Failure::at(0, "has one column"));
        }
        let shape = match Shape::of(&outline) {
            Ok(shape) => shape,
            Err(mut failure) => {
                failure.is_ambiguous = may_be_titled(delimiter)
                    && outline.width.entries > 1
                    && outline.has_numbers(text, &mut splitter);
                return Err(failure);
            }
        };
        let first = First::of(outline.first, shape.cols, &mut splitter)?;
        let mut others = text.clone();
        others.next();
        let body = Body::of(others, &first.corner, shape.cols, &mut splitter)?;
        let lines = Lines {
            outline: &outline,
            delimiter,
            shape,
            first: &first,
            body: &body,
        };
        let header = lines.has_header(options)?;
        if header && delimiter.is_none() {
            check_one_name(outline.first)?;
        }
        if !header && shape.first_has_no_end {
            return Err(outline.ragged());
        }
        let rows = outline.others + usize::from(!header);
        if rows == 0 {
            return Err(empty(outline.first.number, rows, shape.cols));
        }
        let index_column = lines.has_index_column(header, options)?;
        let marks = lines.marks(header, index_column);
        check_decimals(&marks, options)?;
        Ok(Self {
            delimiter,
            header,
            index_column,
            rows,
            cols: shape.cols - usize::from(index_column),
            empty: shape.empty,
            marks,
            all_quoted: body.first_column.all_quoted() && (header || first.all_quoted),
            advice: None,
        })
    }

    /// Whether both layouts read the same entries.
    pub(super) fn has_shape_of(&self, other: &Self) -> bool {
        let shape = |l: &Self| (l.rows, l.cols, l.header, l.index_column);
        shape(self) == shape(other)
    }

    /// Whether lines such as `1,2` are rows of whole numbers, instead of numbers of `column`, which has
    /// decimal commas or separators of thousands. Decimals of different lengths do not end in zero.
    pub(super) fn is_rather_than(&self, column: &Result<Self, Failure>, options: &Options) -> bool {
        let by_blanks = self.delimiter == Some(Delimiter::Blank);
        let may_be_rows = match column.as_ref().map(|column| &column.marks) {
            Ok(marks) if marks.fraction.is_some() => marks.fraction == Some(1),
            Ok(marks) => marks.ends_in_zero && !marks.zero_leads,
            Err(_) => self.cols > 2 || by_blanks && self.marks.comma.is_none(),
        };
        !self.header && !self.index_column && !options.column && may_be_rows
    }

    /// The place of a number with a comma that could separate entries, in a table without a delimiter.
    pub(super) fn open_comma(&self) -> Option<&Place> {
        let place = self.marks.comma.as_ref();
        place.filter(|_| self.delimiter.is_none() && !self.all_quoted)
    }

    /// Describes what was skipped, and the delimiter and the decimal mark.
    pub(super) fn describe(&self, comments: usize) -> String {
        let skipped = match (self.header, self.index_column) {
            (true, true) => "header and index column skipped",
            (true, false) => "header skipped",
            (false, true) => "no header, index column skipped",
            (false, false) => "no header",
        };
        let count = |count: usize, what: &str, more: &str| {
            let s = if count == 1 { "" } else { "s" };
            (count > 0).then(|| format!("{count} {what}{s}{more} skipped"))
        };
        let parts = [
            Some(skipped.to_owned()),
            count(self.empty, "empty column", " at the end"),
            count(comments, "comment line", ""),
            self.delimiter
                .map(|d| format!("separated by {}s", d.name())),
            self.marks
                .comma
                .as_ref()
                .map(|_| "decimal commas".to_owned()),
        ];
        let mut how = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if let Some(advice) = self.advice {
            how = format!("{how}; {advice}");
        }
        how
    }
}

fn empty(line: usize, rows: usize, cols: usize) -> Failure {
    let reason = format!("the matrix is empty: it has {rows} rows and {cols} columns");
    Failure::new(line, reason)
}

/// Without a delimiter, the first line is one name.
fn check_one_name(first: Line<'_>) -> Result<(), Failure> {
    let name = first.text.trim();
    if name.contains([',', ';', '\t', '|']) && !name.starts_with('"') {
        let problem = format!("is {}, which is not the name of one column", quoted(name));
        return Err(Failure::at(first.number, &problem));
    }
    Ok(())
}

fn check_decimals(marks: &Marks, options: &Options) -> Result<(), Failure> {
    let wrong = |Place { line, column, text }: &Place, problem: &str| {
        let text = quoted(text);
        Err(Failure::new(
            *line,
            format!("line {line}, column {column}: {text} {problem}"),
        ))
    };
    if let Some(Place { line, text, .. }) = &marks.grouped {
        return Err(Failure::ambiguous(
            *line,
            &format!("{} has separators of thousands", quoted(text)),
            "write the file without them",
        ));
    }
    match (options.decimal, &marks.point, &marks.comma) {
        (Some(Decimal::Comma), Some(point), _) => wrong(point, "has no decimal comma"),
        (Some(Decimal::Point), _, Some(comma)) => wrong(comma, "has no decimal point"),
        (None, Some(point), Some(comma)) => {
            if (point.line, point.column) < (comma.line, comma.column) {
                let before = format!("has a comma, but line {} has a decimal point", point.line);
                wrong(comma, &before)
            } else {
                let before = format!("has a point, but line {} has a decimal comma", comma.line);
                wrong(point, &before)
            }
        }
        (None, None, Some(comma)) if !marks.comma_is_sure => Err(Failure::ambiguous(
            comma.line,
            &format!(
                "{} may have a decimal comma or a separator of thousands",
                quoted(&comma.text)
            ),
            "choose with --decimal comma, or write the file without the separators",
        )),
        _ => Ok(()),
    }
}
