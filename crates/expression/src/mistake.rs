//! Mistakes in a formula.

use std::fmt;

/// A mistake in a formula: what is wrong, and where.
///
/// `Display` prints one line. The sign ▸ stands before the place of the mistake.
///
/// ```
/// let mistake = leastwise_expression::Expression::parse("a*t + 2x").unwrap_err();
/// assert_eq!(mistake.column(), 8);
/// assert_eq!(mistake.caret(), "a*t + 2x\n       ^");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    text: String,
    /// The byte at which the mistake begins.
    at: usize,
    problem: String,
}

/// The characters that a message shows before and after the place.
const SHOWN: usize = 24;

impl Mistake {
    /// A mistake at a byte of `text`.
    pub(crate) fn new(text: &str, at: usize, problem: impl Into<String>) -> Self {
        Self {
            text: text.to_owned(),
            at,
            // A name between backticks may have a line break.
            problem: problem.into().chars().map(visible).collect(),
        }
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The place of the mistake: the number of its first character, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.before().chars().count() + 1
    }

    /// The formula, and below it a line with a caret at the place.
    #[must_use]
    pub fn caret(&self) -> String {
        let text: String = self.text.chars().map(visible).collect();
        format!("{text}\n{:>width$}", '^', width = self.column())
    }

    fn before(&self) -> &str {
        self.text.get(..self.at).unwrap_or(&self.text)
    }
}

/// A character on one line.
fn visible(character: char) -> char {
    if character.is_control() {
        ' '
    } else {
        character
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.before();
        let after = self.text.get(before.len()..).unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(SHOWN);
        let dots = |is_cut: bool| if is_cut { "…" } else { "" };
        let head: String = before.chars().skip(skipped).map(visible).collect();
        let tail: String = after.chars().take(SHOWN).map(visible).collect();
        write!(
            f,
            "column {}: {}: {}{head}▸{tail}{}",
            self.column(),
            self.problem,
            dots(skipped > 0),
            dots(after.chars().count() > SHOWN)
        )
    }
}

impl std::error::Error for Mistake {}
