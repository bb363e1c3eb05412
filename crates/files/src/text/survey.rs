//! Surveys the lines of a table with one delimiter.

use super::failure::Failure;
use super::lines::{Field, Line, Splitter, Text};
use super::number::{Entry, Form};
use crate::options::Decimal;
use crate::refused::quoted;

/// The number of entries of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Width {
    pub(super) entries: usize,
    /// The number of entries at the end that are empty in every line.
    pub(super) empty: usize,
}

impl Width {
    fn of(line: Line<'_>, splitter: &mut Splitter) -> Result<Self, Failure> {
        let (mut entries, mut filled) = (0, 0);
        splitter.for_each(line, |at, field| {
            entries = at + 1;
            if !field.text.is_empty() {
                filled = at + 1;
            }
            Ok(())
        })?;
        Ok(Self {
            entries,
            empty: entries - filled,
        })
    }
}

/// The first line, and the widths of the first line and of the others.
pub(super) struct Outline<'a> {
    pub(super) first: Line<'a>,
    pub(super) first_width: Width,
    pub(super) second: Option<Line<'a>>,
    /// The width of all lines except the first.
    pub(super) width: Width,
    /// The number of these lines.
    pub(super) others: usize,
}

impl<'a> Outline<'a> {
    /// `None` for a text without lines.
    pub(super) fn of(text: &Text<'a>, splitter: &mut Splitter) -> Result<Option<Self>, Failure> {
        let mut lines = text.clone();
        let Some(first) = lines.next() else {
            return Ok(None);
        };
        let first_width = Width::of(first, splitter)?;
        let mut outline = Self {
            first,
            first_width,
            second: None,
            width: first_width,
            others: 0,
        };
        for line in lines {
            let width = Width::of(line, splitter)?;
            outline.others += 1;
            let Some(second) = outline.second else {
                (outline.second, outline.width) = (Some(line), width);
                continue;
            };
            if width.entries != outline.width.entries {
                return Err(ragged(line, width, second, outline.width));
            }
            outline.width.empty = outline.width.empty.min(width.empty);
        }
        Ok(Some(outline))
    }
}

pub(super) fn ragged(line: Line<'_>, width: Width, before: Line<'_>, other: Width) -> Failure {
    Failure::at(
        line.number,
        &format!(
            "has {} entries, but line {} has {}",
            width.entries, before.number, other.entries
        ),
    )
}

/// The decimal marks of some entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) point: Option<Place>,
    pub(super) comma: Option<Place>,
    /// The place of a number with separators of thousands.
    pub(super) grouped: Option<Place>,
    /// Whether a comma cannot be a separator of thousands.
    pub(super) comma_is_sure: bool,
    /// The number of digits after each comma, if it is the same everywhere.
    pub(super) fraction: Option<usize>,
    /// Whether a zero and more digits follow a comma.
    pub(super) zero_leads: bool,
    /// Whether several digits follow a comma and end in a zero.
    pub(super) ends_in_zero: bool,
}

/// An entry and its place, counted from 1.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) text: String,
}

impl Place {
    fn new(line: usize, column: usize, text: &str) -> Self {
        Self {
            line,
            column,
            text: text.to_owned(),
        }
    }
}

impl Marks {
    fn add_grouped(&mut self, line: usize, column: usize, text: &str) {
        self.grouped
            .get_or_insert_with(|| Place::new(line, column, text));
    }

    fn add(&mut self, form: Form, line: usize, column: usize, text: &str) {
        let place = || Place::new(line, column, text);
        match form.mark {
            None => {}
            Some(Decimal::Point) => {
                self.point.get_or_insert_with(place);
            }
            Some(Decimal::Comma) => {
                let is_first = self.comma.is_none();
                self.comma.get_or_insert_with(place);
                self.comma_is_sure |= !form.like_thousands;
                self.zero_leads |= form.zero_leads;
                self.ends_in_zero |= form.fraction > 1 && text.ends_with('0');
                if is_first {
                    self.fraction = Some(form.fraction);
                } else if self.fraction != Some(form.fraction) {
                    self.fraction = None;
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        if self.comma.is_none() {
            self.fraction = other.fraction;
        } else if other.comma.is_some() && self.fraction != other.fraction {
            self.fraction = None;
        }
        self.point = self.point.take().or(other.point);
        self.comma = self.comma.take().or(other.comma);
        self.grouped = self.grouped.take().or(other.grouped);
        self.comma_is_sure |= other.comma_is_sure;
        self.zero_leads |= other.zero_leads;
        self.ends_in_zero |= other.ends_in_zero;
    }
}

/// A whole number, if the entry consists only of its digits.
pub(super) fn whole_number(text: &str) -> Option<u64> {
    let is_plain = matches!(Entry::of(text), Entry::Number(form) if form.plain);
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The failure for an entry that is not a number.
pub(super) fn not_a_number(line: usize, column: usize, text: &str) -> Failure {
    let what = match Entry::of(text) {
        Entry::Empty => "is missing".to_owned(),
        Entry::Missing => format!("{} is a missing entry", quoted(text)),
        _ => format!("{} is not a number", quoted(text)),
    };
    Failure::new(line, format!("line {line}, column {column}: {what}"))
}

/// Whether the entries so far count 0, 1, 2… or 1, 2, 3….
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Count {
    #[default]
    Nothing,
    Next(u64),
    Broken,
}

impl Count {
    pub(super) fn add(&mut self, text: &str) {
        *self = match (*self, whole_number(text)) {
            (Self::Nothing, Some(number @ (0 | 1))) => Self::Next(number + 1),
            (Self::Next(next), Some(number)) if number == next => Self::Next(number + 1),
            _ => Self::Broken,
        };
    }
}

/// The entries of all lines except the first.
pub(super) struct Body {
    pub(super) first_column: FirstColumn,
    /// The decimal marks of the other columns.
    pub(super) marks: Marks,
    /// Whether every line has a fraction in some column.
    pub(super) all_have_fractions: bool,
    /// Whether every line has a fraction outside the first column.
    pub(super) all_have_fractions_beside: bool,
    /// Whether there are quotes outside the first column.
    pub(super) others_have_quotes: bool,
    /// The count of the first column, from the first line on.
    pub(super) count_through: Count,
}

#[derive(Default)]
pub(super) struct FirstColumn {
    pub(super) marks: Marks,
    /// The first entry that is not a number.
    pub(super) failure: Option<Failure>,
    pub(super) count: Count,
    /// The number of entries, and the numbers of names, missing entries and quoted entries among them.
    entries: usize,
    names: usize,
    missing: usize,
    quoted: usize,
}

impl FirstColumn {
    pub(super) fn all_names(&self) -> bool {
        self.names == self.entries
    }

    pub(super) fn all_quoted(&self) -> bool {
        self.quoted == self.entries
    }

    pub(super) fn is_full(&self) -> bool {
        self.missing == 0
    }

    fn add(&mut self, entry: Entry, field: Field<'_>) {
        self.entries += 1;
        self.names += usize::from(entry == Entry::Name);
        self.missing += usize::from(matches!(entry, Entry::Empty | Entry::Missing));
        self.quoted += usize::from(field.is_quoted);
        self.count.add(field.text);
    }
}

impl Body {
    pub(super) fn has_quotes(&self) -> bool {
        self.first_column.quoted > 0 || self.others_have_quotes
    }

    /// Reads `cols` columns of the lines after the one with `corner`. An entry outside the first column that
    /// is not a number is a [`Failure`].
    pub(super) fn of(
        lines: Text<'_>,
        corner: &str,
        cols: usize,
        splitter: &mut Splitter,
    ) -> Result<Self, Failure> {
        let mut count_through = Count::Nothing;
        count_through.add(corner);
        let mut body = Self {
            first_column: FirstColumn::default(),
            marks: Marks::default(),
            all_have_fractions: true,
            all_have_fractions_beside: true,
            others_have_quotes: false,
            count_through,
        };
        for line in lines {
            let (mut fractions, mut fractions_beside) = (false, false);
            splitter.for_each(line, |at, field| {
                if at >= cols {
                    return Ok(());
                }
                let form = body.add(line.number, at, field)?;
                let has_fraction = form.is_some_and(|form| form.mark.is_some());
                fractions |= has_fraction;
                fractions_beside |= has_fraction && at > 0;
                Ok(())
            })?;
            body.all_have_fractions &= fractions;
            body.all_have_fractions_beside &= fractions_beside;
        }
        Ok(body)
    }

    fn add(&mut self, line: usize, at: usize, field: Field<'_>) -> Result<Option<Form>, Failure> {
        let Field { text, is_quoted } = field;
        self.others_have_quotes |= is_quoted && at > 0;
        let entry = Entry::of(text);
        if at == 0 {
            self.first_column.add(entry, field);
            self.count_through.add(text);
        }
        let marks = if at == 0 {
            &mut self.first_column.marks
        } else {
            &mut self.marks
        };
        match entry {
            Entry::Number(form) => {
                marks.add(form, line, at + 1, text);
                Ok(Some(form))
            }
            Entry::Grouped => {
                marks.add_grouped(line, at + 1, text);
                Ok(None)
            }
            Entry::NotFinite => Ok(None),
            _ if at == 0 => {
                let failure = || not_a_number(line, 1, text);
                self.first_column.failure.get_or_insert_with(failure);
                Ok(None)
            }
            // A line without numbers is reported from its beginning.
            _ => Err(match self.first_column.failure.take() {
                Some(failure) if failure.line == line => failure,
                _ => not_a_number(line, at + 1, text),
            }),
        }
    }
}

/// The entries of the first line.
#[derive(Default)]
pub(super) struct First {
    /// The entry of the first column.
    pub(super) corner: String,
    pub(super) numbers: usize,
    pub(super) names: usize,
    pub(super) empty: usize,
    /// The first entry that is neither a number nor, if the others are names, a name.
    pub(super) failure: Option<Failure>,
    pub(super) marks: Marks,
    pub(super) corner_marks: Marks,
    /// The entries outside the first column, in this order.
    pub(super) beside: Sequence,
    /// All entries.
    pub(super) all: Sequence,
    pub(super) all_quoted: bool,
    pub(super) beside_has_quotes: bool,
    pub(super) has_fraction_beside: bool,
}

/// A sequence of whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sequence {
    pub(super) length: usize,
    /// Whether an entry is not a whole number that is larger than the one before.
    broken: bool,
    has_gaps: bool,
    pub(super) start: u64,
    last: u64,
}

impl Sequence {
    fn add(&mut self, text: &str) {
        let first = self.length == 0;
        self.length += 1;
        let Some(number) = whole_number(text) else {
            self.broken = true;
            return;
        };
        if first {
            self.start = number;
        } else {
            self.broken |= number <= self.last;
            self.has_gaps |= Some(number) != self.last.checked_add(1);
        }
        self.last = number;
    }

    pub(super) fn increases(self) -> bool {
        self.length > 0 && !self.broken
    }

    pub(super) fn is_consecutive(self) -> bool {
        self.increases() && !self.has_gaps
    }
}

impl First {
    pub(super) fn of(
        line: Line<'_>,
        cols: usize,
        splitter: &mut Splitter,
    ) -> Result<Self, Failure> {
        let mut first = Self {
            all_quoted: true,
            ..Self::default()
        };
        splitter.for_each(line, |at, Field { text, is_quoted }| {
            if at >= cols {
                return Ok(());
            }
            first.all_quoted &= is_quoted;
            first.all.add(text);
            if at == 0 {
                text.clone_into(&mut first.corner);
            } else {
                first.beside.add(text);
                first.beside_has_quotes |= is_quoted;
            }
            let marks = if at == 0 {
                &mut first.corner_marks
            } else {
                &mut first.marks
            };
            match Entry::of(text) {
                Entry::Grouped => {
                    first.numbers += 1;
                    marks.add_grouped(line.number, at + 1, text);
                    return Ok(());
                }
                Entry::Number(form) => {
                    first.numbers += 1;
                    marks.add(form, line.number, at + 1, text);
                    first.has_fraction_beside |= at > 0 && form.mark.is_some();
                    return Ok(());
                }
                Entry::NotFinite => {
                    first.numbers += 1;
                    return Ok(());
                }
                Entry::Name => first.names += 1,
                Entry::Empty => first.empty += 1,
                _ => {}
            }
            let failure = || not_a_number(line.number, at + 1, text);
            first.failure.get_or_insert_with(failure);
            Ok(())
        })?;
        Ok(first)
    }
}
