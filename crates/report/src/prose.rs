//! Prose: paragraphs, lines and terms, with a few marks inside.

use std::fmt;

use serde::Serialize;

/// A piece of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// Words.
    Plain(String),
    /// Important words.
    Strong(String),
    /// What is typed.
    Code(String),
    /// Words, and the address that they lead to.
    Link(String, String),
}

/// Words with marks.
///
/// ```
/// use leastwise_report::Text;
///
/// let text = Text::from("Take ").strong("faer/qr").plain(".");
/// assert_eq!(text.to_string(), "Take faer/qr.");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Text(pub Vec<Span>);

impl Text {
    /// Appends words.
    pub fn plain(self, words: impl Into<String>) -> Self {
        self.with(Span::Plain(words.into()))
    }

    /// Appends important words.
    pub fn strong(self, words: impl Into<String>) -> Self {
        self.with(Span::Strong(words.into()))
    }

    /// Appends what is typed.
    pub fn code(self, words: impl Into<String>) -> Self {
        self.with(Span::Code(words.into()))
    }

    /// Appends words that lead to an address.
    pub fn link(self, words: impl Into<String>, address: impl Into<String>) -> Self {
        self.with(Span::Link(words.into(), address.into()))
    }

    fn with(mut self, span: Span) -> Self {
        self.0.push(span);
        self
    }
}

impl<S: Into<String>> From<S> for Text {
    fn from(words: S) -> Self {
        Self::default().plain(words)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|span| f.write_str(span.words()))
    }
}

impl Span {
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Plain(words) | Self::Strong(words) | Self::Code(words) | Self::Link(words, _) => {
                words
            }
        }
    }
}

/// Prose of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Prose {
    /// Sentences, wrapped where the medium needs it.
    Paragraph(Text),
    /// A paragraph that tells how far the figures beside it can be trusted.
    Caution(Text),
    /// Each a line of its own.
    Lines(Vec<Text>),
    /// Terms, each with the lines that explain it.
    Terms(Vec<(String, Vec<Text>)>),
}

impl Prose {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Paragraph(text) | Self::Caution(text) => text.0.is_empty(),
            Self::Lines(lines) => lines.is_empty(),
            Self::Terms(terms) => terms.is_empty(),
        }
    }
}
