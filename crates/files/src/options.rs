//! What is not left to the reader.

use std::str::FromStr;

use crate::refused::quoted;

/// What is not left to the reader. Messages call these by the flags of a command line: `--header`,
/// `--index-column`, `--delimiter`, `--decimal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether the first line of a table holds names.
    pub header: Option<bool>,
    /// Whether the first column of a table names or numbers the rows.
    pub index_column: Option<bool>,
    /// What stands between the entries of a table.
    pub delimiter: Option<Delimiter>,
    /// What stands before the fraction.
    pub decimal: Option<Decimal>,
    /// Whether one column is what is expected, as of right-hand sides.
    pub column: bool,
    /// The most entries that the matrix may have: 2²⁸ unless told otherwise, which take 2 GiB.
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

/// What stands between the entries of a table.
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
    /// Blanks, any number of them.
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

    /// The name, as a command line takes it.
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

    /// The name, or the character itself.
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

/// What stands before the fraction of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    /// `.`
    Point,
    /// `,`
    Comma,
}

impl FromStr for Decimal {
    type Err = String;

    /// `point` or `comma`, or the character itself.
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
