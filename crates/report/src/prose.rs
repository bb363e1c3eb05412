//! Prose: paragraphs, lines and terms, with emphasis, code and links.

use std::fmt;

use serde::Serialize;

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// Plain words.
    Plain(String),
    /// Emphasised words.
    Strong(String),
    /// Input to be typed.
    Code(String),
    /// Words with the address of a link.
    Link(String, String),
}

/// Words with emphasis, code and links.
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
    /// Appends plain words.
    pub fn plain(self, words: impl Into<String>) -> Self {
        self.with(Span::Plain(words.into()))
    }

    /// Appends emphasised words.
    pub fn strong(self, words: impl Into<String>) -> Self {
        self.with(Span::Strong(words.into()))
    }

    /// Appends input to be typed.
    pub fn code(self, words: impl Into<String>) -> Self {
        self.with(Span::Code(words.into()))
    }

    /// Appends words with a link.
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

/// A block of prose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Prose {
    /// Sentences, wrapped if the medium needs it.
    Paragraph(Text),
    /// A paragraph that warns how far the figures beside it can be trusted.
    Caution(Text),
    /// Lines. Each starts on a new line.
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
