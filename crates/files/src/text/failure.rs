//! Why a text is no table.

/// Why the text is no table by one delimiter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    /// The last line that was still understood: the delimiter that gets furthest is the one meant.
    pub(super) line: usize,
    pub(super) reason: String,
    /// Whether it is a table, of which something has to be decided.
    pub(super) is_ambiguous: bool,
}

impl Failure {
    /// The line says what is wrong with it.
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
