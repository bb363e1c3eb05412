//! Renders documents for every medium.

use std::path::{Path, PathBuf};

use crate::document::{Document, Provenance, Section};
use crate::error::Error;
use crate::{html, markdown, terminal};

impl Document {
    /// The document as text for a terminal of 100 columns, without figures.
    #[must_use]
    pub fn to_text(&self) -> String {
        terminal::render(self)
    }

    /// The document as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// The text as a code block, for a Markdown page that has other parts.
    #[must_use]
    pub fn to_part(&self) -> String {
        format!("\n```text\n{}\n```\n", self.to_text().trim_end())
    }

    /// The document as one HTML page, which needs no other file.
    ///
    /// # Errors
    /// [`Error::Drawing`].
    pub fn to_html(&self) -> Result<String, Error> {
        html::render(self)
    }

    /// The document as JSON. A number that is not finite is null.
    ///
    /// ```
    /// let document = leastwise_report::Document::new("Times");
    /// assert_eq!(document.to_json()["title"], "Times");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Writes each figure as SVG and PNG, and returns their paths.
    ///
    /// # Errors
    /// [`Error::Drawing`] and [`Error::Write`].
    pub fn write_figures(&self, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let source = self.provenance.as_ref().map(Provenance::lines);
        let source = source.unwrap_or_default().join("\n");
        let mut written = Vec::new();
        for figure in self.sections.iter().flat_map(Section::figures) {
            written.extend(figure.write(folder, &source)?);
        }
        Ok(written)
    }
}
