//! A table that can be sorted. The script reads `data-value` and reorders the rows.
//!
//! Without the script, it is an ordinary table.

use maud::{Markup, Render, html};

use crate::document::id;
use crate::table::{Cell, Column, Row, Table, Tone};

impl Render for Table {
    fn render(&self) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table data-sortable {
                    caption { (self.caption) }
                    thead {
                        tr {
                            @for column in &self.columns {
                                th scope="col" class=[number(column)] {
                                    (column.long.as_ref().unwrap_or(&column.name))
                                }
                            }
                        }
                    }
                    @for group in self.groups.iter().filter(|group| !group.rows.is_empty()) {
                        tbody {
                            @if let Some(title) = &group.title {
                                tr.title {
                                    th scope="rowgroup" colspan=(self.columns.len()) { span { (title) } }
                                }
                            }
                            @for row in &group.rows { (row_of(self, row)) }
                        }
                    }
                }
            }
        }
    }
}

fn number(column: &Column) -> Option<&'static str> {
    column.is_number.then_some("number")
}

fn row_of(table: &Table, row: &Row) -> Markup {
    let class = match row.tone {
        Tone::Plain => None,
        Tone::Best => Some("best"),
        Tone::Absent => Some("absent"),
        Tone::Wrong => Some("wrong"),
    };
    let left = table.columns.len().saturating_sub(row.cells.len());
    html! {
        tr class=[class] {
            @for (place, (cell, column)) in row.cells.iter().zip(&table.columns).enumerate() {
                @let value = cell.value.map(|value| format!("{value:e}"));
                @if place == 0 {
                    th scope="row" class=[class_of(cell, column)] data-value=[value] {
                        (cell)
                        @if row.tone == Tone::Best { " " span.mark { "fastest" } }
                    }
                } @else if place + 1 == row.cells.len() && left > 0 {
                    td.reason.number[column.is_number] colspan=(left + 1) { (cell) }
                } @else {
                    td class=[class_of(cell, column)] data-value=[value] { (cell) }
                }
            }
        }
    }
}

fn class_of(cell: &Cell, column: &Column) -> Option<String> {
    let classes = [
        (column.is_number, "number"),
        (cell.is_prose, "prose"),
        (cell.is_muted, "uncertain"),
    ];
    let classes: Vec<&str> = classes
        .iter()
        .filter_map(|&(is, class)| is.then_some(class))
        .collect();
    (!classes.is_empty()).then(|| classes.join(" "))
}

impl Render for Cell {
    fn render(&self) -> Markup {
        // A long label may break after its slash.
        let (first, rest) = self.text.split_once('/').unwrap_or((&self.text, ""));
        let words = html! { (first) @if !rest.is_empty() { "/" wbr; (rest) } };
        let shown = html! {
            @if let Some(look) = self.look {
                span.spot style={ "background:var(--look-" (look % crate::color::LOOKS) ")" } {}
            }
            @match &self.link {
                Some(section) => a href={ "#" (id(section)) } { (words) },
                None => (words),
            }
            @if let Some(small) = &self.small { " " small { (small) } }
        };
        html! {
            @if self.more.is_empty() { (shown) }
            @else {
                div { (shown) }
                @for cell in &self.more { div { (cell) } }
            }
        }
    }
}
