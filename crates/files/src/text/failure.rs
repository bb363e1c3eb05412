//! The reason why a text is not a table.

/// The reason why the text is not a table with one delimiter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    /// The last line that was understood. The delimiter that reads the most lines is the intended one.
    pub(super) line: usize,
    pub(super) reason: String,
    /// Whether the text is a table, but the user has to decide something.
    pub(super) is_ambiguous: bool,
}

impl Failure {
    /// A failure whose message starts with the line.
    pub(super) fn at(line: usize, problem: &str) -> Self {
        Self::new(line, format!("line {line} {problem}"))
    }

    pub(super) fn new(line: usize, reason: String) -> Self {
        Self {
            line,
            reason,
            is_ambiguous: false,
        }
    }

    pub(super) fn ambiguous(line: usize, problem: &str, flags: &str) -> Self {
        Self {
            line: usize::MAX,
            reason: format!("line {line}: {problem}; {flags}"),
            is_ambiguous: true,
        }
    }
}
