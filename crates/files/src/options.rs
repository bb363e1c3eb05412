//! The properties of a file that the user states.

use std::str::FromStr;

use crate::refused::quoted;

/// Properties of a file that the user states, and the reader does not have to detect. Messages call them by
/// the flags of a command line: `--header`, `--index-column`, `--delimiter`, `--decimal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether the first line of a table holds names.
    pub header: Option<bool>,
    /// Whether the first column of a table names or numbers the rows.
    pub index_column: Option<bool>,
    /// What separates the entries of a table.
    pub delimiter: Option<Delimiter>,
    /// The decimal mark.
    pub decimal: Option<Decimal>,
    /// Whether one column is expected, as for right-hand sides.
    pub column: bool,
    /// The largest number of entries of the matrix. The default is 2²⁸ entries, which take 2 GiB.
    pub max_entries: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            header: None,
            index_column: None,
            delimiter: None,
            decimal: None,
            column: false,
            max_entries: 1 << 28,
        }
    }
}

/// What separates the entries of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
    /// One or more blanks.
    Blank,
}

impl Delimiter {
    /// Every delimiter.
    pub const ALL: [Self; 5] = [
        Self::Semicolon,
        Self::Tab,
        Self::Pipe,
        Self::Comma,
        Self::Blank,
    ];

    /// The name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
            Self::Blank => "blank",
        }
    }

    pub(crate) fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
            Self::Pipe => '|',
            Self::Blank => ' ',
        }
    }
}

impl FromStr for Delimiter {
    type Err = String;

    /// Parses the name, or the character itself.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|d| text == d.name() || text.chars().eq([d.character()]))
            .ok_or_else(|| {
                format!(
                    "must be comma, semicolon, tab, pipe or blank, but it is {}",
                    quoted(text)
                )
            })
    }
}

/// The decimal mark of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    /// `.`
    Point,
    /// `,`
    Comma,
}

impl FromStr for Decimal {
    type Err = String;

    /// Parses `point` or `comma`, or the character itself.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "point" | "." => Ok(Self::Point),
            "comma" | "," => Ok(Self::Comma),
            _ => Err(format!(
                "must be point or comma, but it is {}",
                quoted(text)
            )),
        }
    }
}
