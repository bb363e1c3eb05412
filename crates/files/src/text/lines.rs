//! The lines of a table, and the entries of a line.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::failure::Failure;
use super::number::{Entry, is_capitals_after_hash, is_spreadsheet_error};
use crate::options::Delimiter;
use crate::refused::Refused;

/// The text of a file, from the first line that has a row or a header.
#[derive(Clone)]
pub(super) struct Text<'a> {
    rest: &'a str,
    /// The number of the next line, counted from 1.
    next: usize,
}

/// A line that has a row or a header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl<'a> Text<'a> {
    /// Checks the encoding.
    ///
    /// # Errors
    /// [`Refused`] for bytes that are not text in UTF-8.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Refused> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err("is text in UTF-16; save it as UTF-8".into());
        }
        let line_of = |at: usize| Self::lines_before(&bytes[..at]) + 1;
        if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
            return Err(format!(
                "is not a text file in UTF-8: line {} has a zero byte; save it as UTF-8",
                line_of(at)
            )
            .into());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            format!(
                "is not a text file in UTF-8: line {} has other bytes; save it as UTF-8",
                line_of(error.valid_up_to())
            )
        })?;
        Ok(Self {
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            next: 1,
        })
    }

    fn lines_before(bytes: &[u8]) -> usize {
        let ends = |(i, &byte): (usize, &u8)| {
            byte == b'\n' || byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')
        };
        bytes.iter().enumerate().filter(|&at| ends(at)).count()
    }

    /// Removes the first line if it is Excel's `sep=;`, and returns its delimiter.
    ///
    /// # Errors
    /// [`Refused`] for an unknown delimiter.
    pub(super) fn named_delimiter(&mut self) -> Result<Option<Delimiter>, Refused> {
        let mut after = self.clone();
        let Some(line) = after.next_line() else {
            return Ok(None);
        };
        let line = line.text.trim_start().trim_matches('"');
        let is_named = line
            .get(..4)
            .is_some_and(|s| s.eq_ignore_ascii_case("sep="));
        let name = line.get(4..).unwrap_or_default();
        if !is_named || name.chars().count() > 1 {
            return Ok(None);
        }
        *self = after;
        let delimiter = name
            .parse()
            .map_err(|problem| format!("line 1: the delimiter {problem}"))?;
        Ok(Some(delimiter))
    }

    pub(super) fn contains(&self, character: char) -> bool {
        self.rest.contains(character)
    }

    /// The number of comment lines.
    pub(super) fn comments(&self) -> usize {
        let mut text = self.clone();
        let lines = std::iter::from_fn(move || text.next_line());
        lines.filter(|line| is_comment(line.text)).count()
    }

    fn next_line(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        let rest = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix(['\n', '\r']));
        let line = Line {
            number: self.next,
            text,
        };
        self.rest = rest.unwrap_or_default();
        self.next += 1;
        Some(line)
    }
}

/// The lines that are neither blank nor comments.
impl<'a> Iterator for Text<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let line = self.next_line()?;
            if !line.text.trim().is_empty() && !is_comment(line.text) {
                return Some(line);
            }
        }
    }
}

/// Whether a line that starts with `#` or `%` is a comment. After `#`, it can also be a row whose first entry is the error
/// of a spreadsheet.
fn is_comment(line: &str) -> bool {
    let line = line.trim();
    if line.starts_with('%') {
        // The lines below this one are not a table.
        return !line.to_ascii_lowercase().starts_with("%%matrixmarket");
    }
    if !line.starts_with('#') {
        return false;
    }
    let mut entries = line.split([';', '\t', '|', ',', ' ']);
    let first = entries.next().unwrap_or_default();
    let is_entry = |entry: &str| {
        let entry = Entry::of(entry.trim().trim_matches('"'));
        !matches!(entry, Entry::Name | Entry::Other)
    };
    // In other languages of the spreadsheet, the error may be any word in capitals.
    let mut others = entries.peekable();
    let is_row = is_spreadsheet_error(first)
        || is_capitals_after_hash(first) && others.peek().is_some() && others.all(is_entry);
    !is_row
}

/// Splits lines into their entries with the parser of the `csv` crate. It allocates only for the longest
/// entry.
pub(super) struct Splitter {
    delimiter: Option<Delimiter>,
    reader: Reader,
    entry: Vec<u8>,
}

/// An entry without the blanks and quotes around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Field<'a> {
    pub(super) text: &'a str,
    pub(super) is_quoted: bool,
}

impl Splitter {
    /// Without a delimiter, a line is one entry.
    pub(super) fn new(delimiter: Option<Delimiter>) -> Self {
        // A character that occurs in no entry.
        let character = delimiter.map_or('\u{1f}', Delimiter::character);
        Self {
            delimiter,
            reader: ReaderBuilder::new().delimiter(character as u8).build(),
            entry: vec![0; 64],
        }
    }

    /// Calls `visit` with each entry of the line and its index.
    ///
    /// # Errors
    /// The [`Failure`] of `visit`, or one for quotes that do not surround an entry.
    pub(super) fn for_each(
        &mut self,
        line: Line<'_>,
        mut visit: impl FnMut(usize, Field<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let replaced;
        let mut rest = line.text.trim_matches(|c: char| {
            // A delimiter at the end shows that an entry is empty.
            c.is_whitespace() && (c != '\t' || self.delimiter != Some(Delimiter::Tab))
        });
        self.check_quotes(line.number, rest)?;
        if self.delimiter == Some(Delimiter::Blank) && rest.contains('\t') {
            check_tabs(line.number, rest)?;
            replaced = rest.replace('\t', " ");
            rest = &replaced;
        }
        self.reader.reset();
        let mut rest = rest.as_bytes();
        let mut index = 0;
        let mut is_last = false;
        while !is_last {
            let start = match self.delimiter {
                Some(Delimiter::Blank) => rest,
                _ => rest.trim_ascii_start(),
            };
            let is_quoted = start.starts_with(b"\"");
            let length;
            (rest, length, is_last) = self.split_off(rest);
            let text = std::str::from_utf8(&self.entry[..length])
                .map_err(|_| Failure::at(line.number, "is not in UTF-8"))?;
            let text = text.trim();
            // The parser does not recognise quotes after a blank.
            let text = text
                .strip_prefix('"')
                .and_then(|inner| inner.strip_suffix('"'))
                .map_or(text, str::trim);
            // Several blanks are one delimiter.
            if self.delimiter == Some(Delimiter::Blank) && text.is_empty() && !is_quoted {
                continue;
            }
            visit(index, Field { text, is_quoted })?;
            index += 1;
        }
        Ok(())
    }

    /// Moves the next entry into `self.entry`. Returns the rest of the line, the length of the entry, and
    /// whether it is the last.
    fn split_off<'a>(&mut self, mut rest: &'a [u8]) -> (&'a [u8], usize, bool) {
        let mut length = 0;
        loop {
            let (result, read, written) = self.reader.read_field(rest, &mut self.entry[length..]);
            rest = &rest[read..];
            length += written;
            match result {
                // The next input is empty and ends the line.
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => self.entry.resize(2 * self.entry.len(), 0),
                ReadFieldResult::Field { record_end } => return (rest, length, record_end),
                ReadFieldResult::End => return (rest, length, true),
            }
        }
    }

    /// Refuses quotes within an entry, and quotes that do not end on their line. The parser would drop the
    /// former, and continue on the next line for the latter.
    fn check_quotes(&self, number: usize, line: &str) -> Result<(), Failure> {
        let is_edge = |c: Option<char>| {
            c.is_none_or(|c| {
                c == '"' || c.is_whitespace() || self.delimiter.is_some_and(|d| d.character() == c)
            })
        };
        let mut count = 0;
        for (at, _) in line.match_indices('"') {
            count += 1;
            let (before, after) = (&line[..at], &line[at + 1..]);
            if !is_edge(before.chars().next_back()) && !is_edge(after.chars().next()) {
                return Err(Failure::at(number, "has a quote within an entry"));
            }
        }
        if count % 2 == 1 {
            return Err(Failure::at(
                number,
                "has a quote that does not end on the line",
            ));
        }
        Ok(())
    }
}

/// Two tabs in a row enclose an empty entry. They are not blanks between two entries.
fn check_tabs(number: usize, line: &str) -> Result<(), Failure> {
    let mut between = line.split('\t');
    // The text before the first tab is an entry.
    between.next();
    if between.any(|entry| entry.trim().is_empty()) {
        return Err(Failure::at(number, "has an empty entry between tabs"));
    }
    Ok(())
}
