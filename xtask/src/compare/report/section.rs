//! The parts of a report as data, so that the terminal and Markdown show the same.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};

/// A title, lines, and perhaps a table.
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    pub(crate) table: Option<Tabular>,
}

/// Cells of text; the columns from `numbers_from` on are aligned to the right.
pub(crate) struct Tabular {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) numbers_from: usize,
}

impl Tabular {
    /// With cells that end neither a column nor a line, whatever a file is called.
    fn in_markdown(&self) -> Self {
        let cell = |text: &String| text.replace(char::is_control, " ").replace('|', "\\|");
        Self {
            header: self.header.iter().map(cell).collect(),
            rows: self
                .rows
                .iter()
                .map(|row| row.iter().map(cell).collect())
                .collect(),
            numbers_from: self.numbers_from,
        }
    }
}

impl Section {
    pub(crate) fn lines(title: &str, lines: Vec<String>) -> Self {
        Self {
            title: title.to_owned(),
            lines,
            table: None,
        }
    }

    pub(crate) fn table(title: String, header: &[&str], numbers_from: usize) -> Self {
        Self {
            title,
            lines: Vec::new(),
            table: Some(Tabular {
                header: header.iter().map(|&name| name.to_owned()).collect(),
                rows: Vec::new(),
                numbers_from,
            }),
        }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        if let Some(table) = &mut self.table {
            table.rows.push(row);
        }
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty()
            && self
                .table
                .as_ref()
                .is_none_or(|table| table.rows.is_empty())
    }
}

/// For a terminal.
pub(crate) fn to_text(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{}", section.title);
        for line in &section.lines {
            let _ = writeln!(text, "{line}");
        }
        if let Some(table) = section
            .table
            .as_ref()
            .filter(|table| !table.rows.is_empty())
        {
            let mut drawn = drawn(table);
            drawn.load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()));
            for column in drawn.column_iter_mut() {
                column.set_padding((0, 0));
            }
            let _ = writeln!(text, "{drawn}");
        }
    }
    text
}

/// For a page of Markdown.
pub(crate) fn to_markdown(title: &str, sections: &[Section]) -> String {
    let mut text = format!("## {title}\n");
    for section in sections.iter().filter(|section| !section.is_empty()) {
        let _ = writeln!(text, "\n### {}\n", escaped(&section.title));
        for line in &section.lines {
            let _ = writeln!(text, "{}  ", escaped(line));
        }
        if let Some(table) = section
            .table
            .as_ref()
            .filter(|table| !table.rows.is_empty())
        {
            let mut drawn = drawn(&table.in_markdown());
            drawn.load_style(presets::ASCII_MARKDOWN);
            let gap = if section.lines.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{drawn}");
        }
    }
    text
}

fn drawn(table: &Tabular) -> Table {
    let mut drawn = Table::new();
    drawn
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(&table.header);
    for row in &table.rows {
        drawn.add_row(row);
    }
    for (i, column) in drawn.column_iter_mut().enumerate() {
        if i >= table.numbers_from {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    drawn
}

/// What Markdown would read as its own.
fn escaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for character in line.chars() {
        if matches!(character, '|' | '*' | '_' | '<' | '`' | '[' | '\\') {
            text.push('\\');
        }
        text.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A case is called as its file, which may have any name.
    #[test]
    fn a_name_does_not_end_a_column_of_markdown() {
        let mut section = Section::table("a|b".to_owned(), &["case", "time"], 1);
        section.lines.push("read 2×2 from a|b\n.csv".to_owned());
        section.push(vec!["a|b\n.csv".to_owned(), "1 s".to_owned()]);
        let text = to_markdown("Title", &[section]);
        assert!(text.contains("### a\\|b\n"), "{text}");
        assert!(text.contains("read 2×2 from a\\|b .csv  \n"), "{text}");
        assert!(text.contains("| a\\|b .csv |  1 s |\n"), "{text}");
    }
}
