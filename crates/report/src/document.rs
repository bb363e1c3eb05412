//! Documents: sections of prose, tables and figures, and their origin.

use serde::Serialize;

use crate::figure::Figure;
use crate::format;
use crate::prose::{Prose, Text};
use crate::table::Table;

/// A part of a [`Section`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// Prose.
    Prose(Prose),
    /// A table.
    Table(Table),
    /// A figure. The terminal omits it.
    Figure(Figure),
}

impl From<Prose> for Block {
    fn from(prose: Prose) -> Self {
        Self::Prose(prose)
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Figure> for Block {
    fn from(figure: Figure) -> Self {
        Self::Figure(figure)
    }
}

impl Block {
    fn is_empty(&self) -> bool {
        match self {
            Self::Prose(prose) => prose.is_empty(),
            Self::Table(table) => table.rows().next().is_none(),
            Self::Figure(figure) => figure.is_empty(),
        }
    }
}

/// Where and how a page shows a section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// With its title, and listed in the navigation.
    #[default]
    Body,
    /// Above the navigation, as the main result.
    Lead,
    /// Above the navigation, as a reason for doubt.
    Doubt,
    /// Above the navigation, as an error.
    Fault,
    /// Only its title, until the reader opens it.
    Closed,
    /// Open below its title, until the reader closes it.
    Open,
}

/// A title with blocks, and optionally with subsections.
///
/// ```
/// use leastwise_report::{Section, Table};
///
/// let mut table = Table::of_numbers(["library", "time"]);
/// table.push(["faer", "5.6 ms"]);
/// let section = Section::new("Times").with(table).paragraph("Median of one call.");
/// assert!(!section.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use]
pub struct Section {
    /// The title. It may be empty.
    pub title: String,
    /// The identifier to which links refer. By default, it is the title in lower case.
    pub id: String,
    /// A line beside the title of a closed section.
    pub summary: Text,
    /// Where and how a page shows the section.
    pub place: Place,
    /// The blocks, from top to bottom.
    pub blocks: Vec<Block>,
    /// The subsections, after the blocks.
    pub parts: Vec<Section>,
}

/// A section without a title.
impl Default for Section {
    fn default() -> Self {
        Self::new("")
    }
}

impl Section {
    /// An empty section.
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            id: id(&title),
            title,
            summary: Text::default(),
            place: Place::Body,
            blocks: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Sets the identifier.
    pub fn id(mut self, name: &str) -> Self {
        self.id = id(name);
        self
    }

    /// Sets where and how a page shows the section.
    pub fn place(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// Adds a block.
    pub fn with(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }

    /// Adds a paragraph.
    pub fn paragraph(self, text: impl Into<Text>) -> Self {
        self.with(Prose::Paragraph(text.into()))
    }

    /// Adds lines.
    pub fn lines<T: Into<Text>>(self, lines: impl IntoIterator<Item = T>) -> Self {
        self.with(Prose::Lines(lines.into_iter().map(Into::into).collect()))
    }

    /// Whether the section has nothing to show below its title.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks().next().is_none() && self.parts.iter().all(Self::is_empty)
    }

    /// The blocks that are not empty.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| !block.is_empty())
    }

    pub(crate) fn figures(&self) -> Vec<&Figure> {
        let own = self.blocks().filter_map(|block| match block {
            Block::Figure(figure) => Some(figure),
            _ => None,
        });
        own.chain(self.parts.iter().flat_map(Self::figures))
            .collect()
    }
}

/// The identifier to which links to a section refer.
#[must_use]
pub(crate) fn id(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    let id: String = name.chars().map(|c| safe(c).unwrap_or('-')).collect();
    if id.is_empty() {
        "section".to_owned()
    } else {
        id
    }
}

/// The origin of a document: the machine and the build, and the command with its date.
///
/// ```
/// use leastwise_report::Provenance;
///
/// let provenance = Provenance {
///     machine: vec!["AMD EPYC, 2 cores".to_owned()],
///     started: 951_782_400,
///     command: "cargo xtask nist".to_owned(),
/// };
/// assert_eq!(provenance.lines()[1], "2000-02-29T00:00:00Z: cargo xtask nist");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// Lines that describe the machine and the build.
    pub machine: Vec<String>,
    /// Seconds since 1970.
    pub started: u64,
    /// The command that produces the document.
    pub command: String,
}

impl Provenance {
    /// The origin, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let command = format!("{}: {}", format::date(self.started), self.command);
        [self.machine.clone(), vec![command]].concat()
    }
}

/// A title, sections, and their origin.
///
/// ```
/// use leastwise_report::{Document, Section};
///
/// let document = Document::new("Times").with(Section::new("Mind").paragraph("The machine is shared."));
/// assert_eq!(document.to_text(), "Mind\nThe machine is shared.\n");
/// assert!(document.to_markdown().starts_with("## Times\n"));
/// assert!(document.to_html()?.contains("<h1>Times</h1>"));
/// # Ok::<(), leastwise_report::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Document {
    /// The title.
    pub title: String,
    /// The sections, from top to bottom.
    pub sections: Vec<Section>,
    /// The origin. It stands at the end of text and Markdown, and is stored within figures.
    pub provenance: Option<Provenance>,
}

impl Document {
    /// A document without sections.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// Adds a section.
    pub fn with(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The sections that are not empty.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| !section.is_empty())
    }
}
