//! Documents as Markdown.

use std::fmt::Write;

use comfy_table::presets;

use crate::document::{Block, Document, Section};
use crate::prose::{Prose, Span, Text};
use crate::table::Table;
use crate::terminal;

pub(crate) fn render(document: &Document) -> String {
    let mut text = format!("## {}\n", escaped(&document.title));
    for section in document.sections() {
        write_section(&mut text, section);
    }
    if let Some(provenance) = &document.provenance {
        text.push('\n');
        lines(&mut text, &provenance.lines(), |line| escaped(line));
    }
    text
}

fn write_section(text: &mut String, section: &Section) {
    if !section.title.is_empty() && section.blocks().next().is_some() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n### {}", escaped(&section.title));
    }
    for block in section.blocks() {
        text.push('\n');
        match block {
            Block::Prose(Prose::Paragraph(shown) | Prose::Caution(shown)) => {
                lines(text, &[shown], |shown| marked(shown));
            }
            Block::Prose(Prose::Lines(shown)) => lines(text, shown, marked),
            Block::Prose(Prose::Terms(terms)) => lines(text, terms, |(term, meanings)| {
                let meanings: Vec<String> = meanings.iter().map(marked).collect();
                format!("**{}** {}", escaped(term), meanings.join("  \n"))
            }),
            Block::Table(table) => {
                let mut drawn = terminal::plain(&in_cells(table));
                drawn.load_style(presets::ASCII_MARKDOWN);
                let _ = writeln!(text, "{drawn}");
            }
            Block::Figure(figure) => {
                let _ = writeln!(text, "![{}]({}.svg)", escaped(&figure.title), figure.name);
            }
        }
    }
    for part in &section.parts {
        write_section(text, part);
    }
}

fn lines<L>(text: &mut String, lines: &[L], show: impl Fn(&L) -> String) {
    for line in lines {
        let _ = writeln!(text, "{}  ", show(line));
    }
}

fn marked(text: &Text) -> String {
    let span = |span: &Span| match span {
        Span::Plain(words) | Span::Code(words) => escaped(words),
        Span::Strong(words) => format!("**{}**", escaped(words)),
        Span::Link(words, address) => format!("[{}]({address})", escaped(words)),
    };
    text.0.iter().map(span).collect()
}

/// The table with escaped cells, so that a file name with a bar or a newline does not break a row.
fn in_cells(table: &Table) -> Table {
    let cell = |text: &mut String| *text = text.replace(char::is_control, " ").replace('|', "\\|");
    let mut table = table.clone();
    table
        .columns
        .iter_mut()
        .for_each(|column| cell(&mut column.name));
    for group in &mut table.groups {
        group.title.iter_mut().for_each(cell);
        let cells = group.rows.iter_mut().flat_map(|row| &mut row.cells);
        for shown in cells {
            cell(&mut shown.text);
            shown.more.iter_mut().for_each(|more| cell(&mut more.text));
        }
    }
    table
}

/// Escapes the characters that have a meaning in Markdown.
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

    /// A case is named after its file, which may have any name.
    #[test]
    fn a_name_does_not_end_a_column_of_markdown() {
        let mut table = Table::of_numbers(["case", "time"]);
        table.push(["a|b\n.csv", "1 s"]);
        let section = Section::new("a|b")
            .lines(["read 2×2 from a|b\n.csv"])
            .with(table);
        let text = Document::new("Title").with(section).to_markdown();
        assert!(text.contains("### a\\|b\n"), "{text}");
        assert!(text.contains("read 2×2 from a\\|b .csv  \n"), "{text}");
        assert!(text.contains("| a\\|b .csv |  1 s |\n"), "{text}");
    }
}
