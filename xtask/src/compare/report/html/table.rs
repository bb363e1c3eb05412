//! A table that can be sorted: the script reads `data-value` and reorders rows.
//!
//! Without the script it is a table like any other.

use maud::{Markup, Render, html};

/// What stands in a row.
pub(super) struct Entry {
    shown: Markup,
    /// By what it is sorted, if not by its text.
    value: Option<f64>,
    class: Option<&'static str>,
    /// How many columns it takes.
    span: usize,
}

impl Entry {
    pub(super) fn text(shown: impl Render) -> Self {
        Self {
            shown: shown.render(),
            value: None,
            class: None,
            span: 1,
        }
    }

    /// A number, aligned to the right; a dash where there is none.
    pub(super) fn number(value: Option<f64>, show: impl FnOnce(f64) -> Markup) -> Self {
        Self {
            shown: value.map_or_else(|| html! { "–" }, show),
            value,
            class: Some("number"),
            span: 1,
        }
    }

    /// A number as `format!` shows it.
    pub(super) fn plain(value: Option<f64>, show: impl FnOnce(f64) -> String) -> Self {
        Self::number(value, |value| html! { (show(value)) })
    }

    #[expect(clippy::cast_precision_loss, reason = "only its order matters")]
    pub(super) fn count(value: Option<u64>) -> Self {
        Self::plain(value.map(|count| count as f64), |_| {
            value.map(|count| count.to_string()).unwrap_or_default()
        })
    }

    pub(super) fn spanning(self, columns: usize) -> Self {
        Self {
            span: columns,
            ..self
        }
    }

    pub(super) fn class(self, class: &'static str) -> Self {
        Self {
            class: Some(class),
            ..self
        }
    }
}

/// A row; its first entry is its heading.
pub(super) struct Row {
    pub(super) entries: Vec<Entry>,
    pub(super) class: Option<&'static str>,
}

/// Rows that are sorted among themselves.
pub(super) struct Body {
    /// A line above them.
    pub(super) title: Option<&'static str>,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Table {
    /// What it is, for those who do not see what is around it.
    pub(super) caption: String,
    pub(super) header: Vec<Heading>,
    pub(super) bodies: Vec<Body>,
}

pub(super) struct Heading {
    name: String,
    is_number: bool,
}

/// The heading of a column of text.
pub(super) fn words(name: &str) -> Heading {
    Heading {
        name: name.to_owned(),
        is_number: false,
    }
}

/// The heading of a column of numbers.
pub(super) fn numbers(name: &str) -> Heading {
    Heading {
        name: name.to_owned(),
        is_number: true,
    }
}

impl Render for Table {
    fn render(&self) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table data-sortable {
                    caption { (self.caption) }
                    thead {
                        tr {
                            @for heading in &self.header {
                                th scope="col" class=[heading.is_number.then_some("number")] {
                                    (heading.name)
                                }
                            }
                        }
                    }
                    @for body in self.bodies.iter().filter(|body| !body.rows.is_empty()) {
                        tbody {
                            @if let Some(title) = body.title {
                                tr.title {
                                    th scope="rowgroup" colspan=(self.header.len()) { span { (title) } }
                                }
                            }
                            @for row in &body.rows { (row) }
                        }
                    }
                }
            }
        }
    }
}

impl Render for Row {
    fn render(&self) -> Markup {
        html! {
            tr class=[self.class] {
                @for (place, entry) in self.entries.iter().enumerate() {
                    @let value = entry.value.map(|value| format!("{value:e}"));
                    @let span = (entry.span > 1).then_some(entry.span);
                    @if place == 0 {
                        th scope="row" class=[entry.class] data-value=[value] { (entry.shown) }
                    } @else {
                        td class=[entry.class] colspan=[span] data-value=[value] { (entry.shown) }
                    }
                }
            }
        }
    }
}
