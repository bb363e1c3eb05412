//! A table of numbers as text, with one line per row. The documentation of the crate has the rules.
//!
//! The text is read once with each delimiter that occurs in it. A delimiter is excluded if the lines are not
//! a table with it. If more than one remains, the text is ambiguous.

mod decision;
mod failure;
mod layout;
mod lines;
pub(crate) mod number;
mod survey;

use crate::options::{Decimal, Delimiter, Options};
use crate::refused::{Refused, not_finite, quoted};
use crate::table::{Table, zeros};
use failure::Failure;
use layout::Layout;
use lines::{Line, Splitter, Text};

pub(crate) fn read(bytes: &[u8], options: &Options) -> Result<Table, Refused> {
    let mut text = Text::new(bytes)?;
    let mut options = options.clone();
    let named = text.named_delimiter()?;
    options.delimiter = options.delimiter.or(named);
    let layout = choose(&text, &options)?;
    fill(&text, &layout, &options)
}

/// The only layout that fits the text.
fn choose(text: &Text<'_>, options: &Options) -> Result<Layout, Refused> {
    let mut possible = Vec::new();
    let mut furthest: Option<Failure> = None;
    for delimiter in candidates(text, options) {
        let layout = Layout::find(text, delimiter, options);
        match layout {
            Err(failure) if !failure.is_ambiguous => {
                if furthest.as_ref().is_none_or(|f| f.line < failure.line) {
                    furthest = Some(failure);
                }
            }
            layout => possible.push((delimiter, layout)),
        }
    }
    if let [
        (Some(Delimiter::Comma | Delimiter::Blank), Ok(table)),
        (None, column),
    ] = &possible[..]
        && table.is_rather_than(column, options)
    {
        let is_column_of_decimals = matches!(column, Ok(column) if column.open_comma().is_some());
        possible.truncate(1);
        if let Some((_, Ok(table))) = possible.first_mut() {
            table.advice =
                is_column_of_decimals.then_some("if these are decimal commas, use --decimal comma");
        }
    }
    // Tabs and blanks may be one delimiter, and a tab at the end of a line may not be a delimiter.
    let is_blank = |d: Option<Delimiter>| d.is_none_or(|d| d.character().is_whitespace());
    possible.dedup_by(|(next, by_next), (first, by_first)| {
        is_blank(*next)
            && is_blank(*first)
            && matches!((by_next, by_first), (Ok(next), Ok(first)) if next.has_shape_of(first))
    });
    let mut left = possible.into_iter();
    match (left.next(), left.next(), furthest) {
        (Some((_, layout)), None, _) => {
            let layout = layout.map_err(|failure| failure.reason)?;
            match layout.open_comma() {
                // One reason can be that rows are cut off.
                Some(place) if options.decimal.is_none() => {
                    Err(comma_or_delimiter(place.line, &place.text))
                }
                _ => Ok(layout),
            }
        }
        (Some((first, _)), Some((second, _)), _) => Err(two_delimiters(text, first, second)),
        (None, _, Some(failure)) => Err(failure.reason.into()),
        (None, _, None) => Err("the matrix is empty: it has 0 rows and 0 columns".into()),
    }
}

/// The delimiters that occur in the text, and none for a table of one column.
fn candidates(text: &Text<'_>, options: &Options) -> impl Iterator<Item = Option<Delimiter>> {
    let given = options.delimiter;
    // With decimal commas, a comma separates entries only if the entries are in quotes.
    let is_mark = options.decimal == Some(Decimal::Comma) && !text.contains('"');
    let found = Delimiter::ALL.into_iter().filter(move |&d| match given {
        Some(given) => d == given,
        None => text.contains(d.character()) && !(is_mark && d == Delimiter::Comma),
    });
    let column = given.is_none().then_some(None);
    found.map(Some).chain(column)
}

fn two_delimiters(text: &Text<'_>, first: Option<Delimiter>, second: Option<Delimiter>) -> Refused {
    // The second line is shown, because the first may be a header, which is not in doubt.
    let Some(line) = text.clone().take(2).last() else {
        return Refused::from("has no lines");
    };
    let (number, text) = (line.number, line.text.trim());
    let shown = quoted(text);
    let reason = match (first, second) {
        (Some(Delimiter::Comma), None) => return comma_or_delimiter(number, text),
        (Some(first), None) => {
            let first = first.name();
            format!("may be several entries, or one; choose with --delimiter {first}")
        }
        (first, second) => {
            let [first, second] = [first, second].map(|d| d.map_or("", Delimiter::name));
            format!(
                "may be separated by {first} or {second}; choose with --delimiter {first} or \
                 --delimiter {second}"
            )
        }
    };
    Refused::from(format!("line {number}: {shown} {reason}"))
}

fn comma_or_delimiter(line: usize, text: &str) -> Refused {
    Refused::from(format!(
        "line {line}: {} may be several entries, or one number with a comma; choose with \
         --delimiter comma or --decimal comma",
        quoted(text)
    ))
}

/// Reads the entries.
fn fill(text: &Text<'_>, layout: &Layout, options: &Options) -> Result<Table, Refused> {
    let mut matrix = zeros(layout.rows, layout.cols, options)?;
    let mut splitter = Splitter::new(layout.delimiter);
    let mut lines = text.clone();
    let header = layout.header.then(|| lines.next()).flatten();
    let first_column = usize::from(layout.index_column);
    for (i, line) in lines.enumerate() {
        let visited = splitter.for_each(line, |at, field| {
            let Some(j) = at.checked_sub(first_column).filter(|&j| j < layout.cols) else {
                return Ok(());
            };
            let value = number::value(field.text).unwrap_or(f64::NAN);
            matrix[(i, j)] = value;
            if value.is_finite() {
                return Ok(());
            }
            let reason = not_finite(i + 1, j + 1, value);
            Err(Failure::new(
                line.number,
                format!("line {}: {reason}", line.number),
            ))
        });
        visited.map_err(|failure| failure.reason)?;
    }
    Ok(Table {
        matrix,
        header: header.map(|line| line.text.trim().to_owned()),
        split: Some((layout.delimiter, layout.index_column)),
        how: layout.describe(text.comments()),
    })
}

impl Table {
    /// The names of the columns of the matrix, from the header of a table. Without a header, there are none. A column
    /// without a name has an empty one.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let (Some(text), Some((delimiter, is_index_skipped))) = (&self.header, self.split) else {
            return Vec::new();
        };
        let header = Line { number: 1, text };
        let mut names = Vec::new();
        let visited = Splitter::new(delimiter).for_each(header, |_, field| {
            names.push(field.text.to_owned());
            Ok(())
        });
        // A header that was read can be split again.
        debug_assert!(visited.is_ok());
        // Columns at the end may be empty, and the header of R has no name for the index column.
        let named = names.iter().rposition(|name| !name.is_empty());
        let has_name_of_index = named.is_some_and(|last| last + 1 > self.matrix.cols());
        if is_index_skipped && has_name_of_index {
            names.remove(0);
        }
        names.resize(self.matrix.cols(), String::new());
        names
    }
}
