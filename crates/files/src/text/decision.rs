//! Whether a table has a header and an index column, or the user has to decide.

use super::failure::Failure;
use super::lines::{Line, Splitter, Text};
use super::number::Entry;
use super::survey::{Body, Count, First, Marks, Outline, Sequence, ragged};
use crate::options::{Delimiter, Options};
use crate::refused::quoted;

/// Whether the first line may be a title over several columns, while another delimiter makes it a header.
/// Such a header is over decimal commas, or its names have blanks and are separated by tabs.
pub(super) fn may_be_titled(delimiter: Option<Delimiter>) -> bool {
    matches!(delimiter, Some(Delimiter::Comma | Delimiter::Tab))
}

/// The columns, before the reader knows which of them have entries.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) cols: usize,
    pub(super) empty: usize,
    /// Whether the first line has one entry less than the others.
    first_is_short: bool,
    /// Whether the first line lacks the delimiters at the end of the others.
    pub(super) first_has_no_end: bool,
}

impl Shape {
    pub(super) fn of(outline: &Outline<'_>) -> Result<Self, Failure> {
        let (first, width) = (outline.first_width, outline.width);
        // The number of entries at the end of the other lines that the first line does not have.
        let Some(lacking) = width.entries.checked_sub(first.entries) else {
            return Err(outline.ragged());
        };
        let (first_is_short, empty) = if lacking <= width.empty {
            // All entries that are also empty in the first line.
            (false, lacking + first.empty.min(width.empty - lacking))
        } else if lacking == width.empty + 1 {
            (true, width.empty)
        } else {
            return Err(outline.ragged());
        };
        Ok(Self {
            // A line of empty entries has a missing entry.
            cols: (width.entries - empty).max(1),
            empty,
            first_is_short,
            first_has_no_end: lacking > usize::from(first_is_short),
        })
    }
}

impl Outline<'_> {
    /// Whether all lines except the first are numbers.
    pub(super) fn has_numbers(&self, text: &Text<'_>, splitter: &mut Splitter) -> bool {
        let mut others = text.clone();
        others.next();
        let cols = self.width.entries - self.width.empty;
        Body::of(others, "", cols, splitter).is_ok_and(|body| body.first_column.failure.is_none())
    }

    pub(super) fn is_column(&self) -> bool {
        self.first_width.entries == 1 && self.width.entries == 1
    }

    /// The failure if the first line does not fit the others.
    pub(super) fn ragged(&self) -> Failure {
        let line = self.second.unwrap_or(self.first);
        ragged(line, self.width, self.first, self.first_width)
    }
}

/// The known facts about the lines.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    pub(super) outline: &'a Outline<'a>,
    pub(super) delimiter: Option<Delimiter>,
    pub(super) shape: Shape,
    pub(super) first: &'a First,
    pub(super) body: &'a Body,
}

impl Lines<'_> {
    /// The failure if the first line does not fit the others.
    fn ragged(self) -> Failure {
        Failure {
            is_ambiguous: may_be_titled(self.delimiter) && self.body.first_column.failure.is_none(),
            ..self.outline.ragged()
        }
    }

    pub(super) fn has_header(self, options: &Options) -> Result<bool, Failure> {
        let Self { first, body, .. } = self;
        let Shape {
            cols,
            first_is_short,
            ..
        } = self.shape;
        let only_names =
            first.names > 0 && first.names + first.empty == cols - usize::from(first_is_short);
        // A row, except for its first entry.
        let is_number =
            |entry| matches!(entry, Entry::Number(_) | Entry::Grouped | Entry::NotFinite);
        let is_labelled = first.numbers + 1 == cols
            && !is_number(Entry::of(&first.corner))
            && (options.index_column == Some(true) || self.first_column_is_names());
        match options.header {
            Some(true) => return Ok(true),
            Some(false) if first_is_short => return Err(self.outline.ragged()),
            Some(false) => {
                return match first.failure.clone() {
                    Some(failure) if !is_labelled => Err(failure),
                    _ => Ok(false),
                };
            }
            None => {}
        }
        if first_is_short && !only_names {
            return Err(self.ragged());
        }
        let is_index = body.first_column.all_names() || body.first_column.count != Count::Broken;
        let is_numbered = first.numbers + 1 == cols && first.beside.increases();
        if only_names || is_numbered && is_index && self.corner_has_no_name() {
            return Ok(true);
        }
        if first.numbers == cols {
            let may_be_names = self.may_be_names(first.all, body.all_have_fractions)
                && body.count_through == Count::Broken
                || first.all_quoted && !body.has_quotes() && self.outline.others > 0;
            return self.not_names(may_be_names);
        }
        if is_labelled {
            let sequence = first.beside;
            return self.not_names(self.may_be_names(sequence, body.all_have_fractions_beside));
        }
        // All other lines were read, so no other delimiter is meant.
        let line = self.outline.first.number;
        let reason = first.failure.as_ref().map_or_else(
            || format!("line {line} has neither names nor numbers"),
            |failure| failure.reason.clone(),
        );
        Err(Failure::new(
            line + self.outline.others,
            format!("{reason}; if the line holds names, use --header yes"),
        ))
    }

    fn not_names(self, may_be_names: bool) -> Result<bool, Failure> {
        if may_be_names && self.outline.others > 0 {
            let Line { number, text } = self.outline.first;
            return Err(Failure::ambiguous(
                number,
                &format!("{} may be names or entries", quoted(text.trim())),
                "choose with --header yes or --header no",
            ));
        }
        Ok(false)
    }

    /// Whether whole numbers may be names of columns. `all_have_fractions` states whether every row below has
    /// a fraction.
    fn may_be_names(self, numbers: Sequence, all_have_fractions: bool) -> bool {
        let several = numbers.length > 1;
        // A single number over a column may be whole by chance.
        let is_telling = several || numbers.start == 0 || self.outline.others > 2;
        let labels = numbers.increases() && all_have_fractions && is_telling;
        labels || numbers.is_consecutive() && several && numbers.start != 1
    }

    fn first_column_is_names(self) -> bool {
        self.shape.cols > 1
            && self.body.first_column.all_names()
            && Entry::of(&self.first.corner) == Entry::Name
    }

    /// pandas and R write this header over an index column. The other name is the one that pandas gives when
    /// it reads such a header.
    fn corner_has_no_name(self) -> bool {
        let corner = self.first.corner.as_str();
        self.shape.cols > 1
            && !self.shape.first_is_short
            && self.body.first_column.is_full()
            && (corner.is_empty() || corner == "Unnamed: 0")
    }

    pub(super) fn has_index_column(self, header: bool, options: &Options) -> Result<bool, Failure> {
        let several = self.shape.cols > 1;
        match options.index_column {
            Some(true) if several => return Ok(true),
            Some(true) => {
                let problem = "has one column, which cannot be an index column";
                return Err(Failure::at(self.outline.first.number, problem));
            }
            None if several && self.is_index_column(header)? => return Ok(true),
            _ => {}
        }
        if self.shape.first_is_short {
            let mut failure = self.ragged();
            failure.reason += "; if the first column names the rows, use --index-column yes";
            return Err(failure);
        }
        match self.body.first_column.failure.clone() {
            None => Ok(false),
            Some(mut failure) => {
                if several {
                    failure.reason += "; if the column names the rows, use --index-column yes";
                }
                Err(failure)
            }
        }
    }

    /// Whether the first of several columns is certainly an index column.
    fn is_index_column(self, header: bool) -> Result<bool, Failure> {
        let Self { first, body, .. } = self;
        let column = &body.first_column;
        let others = self.outline.others;
        let ambiguous = |problem: &str| {
            let flags = "choose with --index-column yes or --index-column no";
            Err(Failure::ambiguous(
                self.outline.first.number,
                problem,
                flags,
            ))
        };
        let is_quoted = others > 0
            && column.all_quoted()
            && column.failure.is_none()
            // Quotes around an entry with a comma do not mark a name.
            && column.marks.comma.is_none()
            && column.marks.grouped.is_none()
            && !body.others_have_quotes;
        if self.shape.first_is_short {
            let counts = column.count != Count::Broken && others > 1;
            return Ok(column.all_names() || is_quoted || counts);
        }
        if header && self.corner_has_no_name() {
            if first.empty > 1 {
                return ambiguous("more columns than column 1 have no name");
            }
            if column.marks.point.is_some() || column.marks.comma.is_some() {
                return ambiguous("column 1 has no name, but it has fractions");
            }
            return Ok(true);
        }
        if column.all_names() && (header || self.first_column_is_names()) {
            return Ok(true);
        }
        let may_count = if header {
            is_name_of_index(&first.corner)
        } else {
            let fractions_beside = body.all_have_fractions_beside && first.has_fraction_beside;
            body.count_through != Count::Broken && fractions_beside && others > 0
        };
        if may_count {
            return ambiguous("column 1 may number the rows or be entries");
        }
        if is_quoted && (header || !first.beside_has_quotes) {
            return ambiguous("column 1 is in quotes, so it may name the rows or be entries");
        }
        Ok(false)
    }

    /// The decimal marks of the entries.
    pub(super) fn marks(self, header: bool, index_column: bool) -> Marks {
        let Self { first, body, .. } = self;
        let mut marks = Marks::default();
        if !header {
            marks.merge(first.marks.clone());
        }
        if !header && !index_column {
            marks.merge(first.corner_marks.clone());
        }
        if !index_column {
            marks.merge(body.first_column.marks.clone());
        }
        marks.merge(body.marks.clone());
        marks
    }
}

fn is_name_of_index(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "index",
        "idx",
        "id",
        "row",
        "rows",
        "row_id",
        "rowid",
        "rownames",
        "row.names",
        "row_names",
        "no",
        "nr",
        "#",
        "obs",
    ];
    let name = name.to_lowercase();
    NAMES.contains(&name.trim_end_matches('.'))
}
