//! Documents for a terminal.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, presets};

use crate::document::Provenance;
use crate::document::{Block, Document, Section};
use crate::prose::Prose;
use crate::table::Table;

/// The largest width of a line.
const WIDTH: usize = 100;

pub(crate) fn render(document: &Document) -> String {
    let mut parts: Vec<String> = document.sections().flat_map(sections).collect();
    parts.extend(document.provenance.as_ref().map(source));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn source(provenance: &Provenance) -> String {
    lines(&provenance.lines())
}

/// A section and its subsections, each as a text.
fn sections(section: &Section) -> Vec<String> {
    let mut text = String::new();
    if !section.title.is_empty() && section.blocks().next().is_some() {
        text = wrap(&section.title, 0);
    }
    for block in section.blocks() {
        match block {
            Block::Prose(shown) => text.push_str(&prose(shown)),
            Block::Table(shown) => text.push_str(&table(shown)),
            Block::Figure(_) => {}
        }
    }
    let parts = section.parts.iter().filter(|part| !part.is_empty());
    [text].into_iter().chain(parts.flat_map(sections)).collect()
}

fn prose(prose: &Prose) -> String {
    match prose {
        Prose::Paragraph(text) | Prose::Caution(text) => wrap(&text.to_string(), 0),
        Prose::Lines(shown) => lines(shown),
        Prose::Terms(terms) => {
            let width = terms.iter().map(|(term, _)| term.chars().count()).max();
            let width = width.unwrap_or(0) + 2;
            let meanings = terms.iter().flat_map(|(term, meanings)| {
                let term = [term.as_str()].into_iter().chain(std::iter::repeat(""));
                term.zip(meanings)
            });
            let line = |(term, meaning)| wrap(&format!("{term:width$}{meaning}"), width);
            meanings.map(line).collect()
        }
    }
}

fn lines(lines: &[impl ToString]) -> String {
    lines
        .iter()
        .map(|line| wrap(&line.to_string(), 0))
        .collect()
}

/// The text in lines that fit the terminal. All lines except the first are indented.
fn wrap(text: &str, indent: usize) -> String {
    let mut wrapped = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        let mut column = 0;
        for (place, word) in line.split(' ').enumerate() {
            let width = word.chars().count();
            if place > 0 && column + 1 + width > WIDTH {
                // Writing to a String cannot fail.
                let _ = write!(wrapped, "\n{:indent$}", "");
                column = indent;
            } else if place > 0 {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += width;
        }
        wrapped.push('\n');
    }
    wrapped
}

/// The table, with two spaces between columns if the terminal is wide enough, and one otherwise.
fn table(table: &Table) -> String {
    let mut drawn = plain(table);
    drawn.load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()));
    for gap in [1, 0] {
        for column in drawn.column_iter_mut() {
            column.set_padding((0, gap));
        }
        if drawn.lines().all(|line| line.chars().count() <= WIDTH) {
            break;
        }
    }
    drawn
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
    format!("{drawn}\n")
}

/// The cells without colours or links, for a terminal or Markdown.
pub(crate) fn plain(table: &Table) -> comfy_table::Table {
    let shown = || table.columns.iter().filter(|column| !column.page_only);
    let count = shown().count();
    let mut plain = comfy_table::Table::new();
    plain
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(shown().map(|column| &column.name));
    for group in table.groups.iter().filter(|group| !group.rows.is_empty()) {
        if let Some(title) = &group.title {
            plain.add_row([title]);
        }
        for row in &group.rows {
            let cells = row.cells.iter().zip(&table.columns);
            let cells = cells.filter(|(_, column)| !column.page_only);
            let cells = cells.map(|(cell, _)| cell.line());
            match &row.verdict {
                Some(verdict) => plain.add_row(cells.take(1).chain([verdict.clone()]).take(count)),
                None => plain.add_row(cells),
            };
        }
    }
    for (drawn, column) in plain.column_iter_mut().zip(shown()) {
        if column.is_number {
            drawn.set_cell_alignment(CellAlignment::Right);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prose::Text;

    #[test]
    fn long_lines_are_wrapped_and_terms_hang() {
        let long = "word ".repeat(40);
        let terms = Prose::Terms(vec![("term".to_owned(), vec![Text::from(long.trim_end())])]);
        let text = prose(&terms);
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        assert!(
            text.starts_with("term  word") && text.contains("\n      word"),
            "{text}"
        );
        assert_eq!(wrap("a  b\nc", 0), "a  b\nc\n");
    }
}
