//! Documents as one self-contained page, with tables that can be sorted, and figures.
//!
//! maud escapes all text of the page. Only the style sheet, the script and the figures are inserted
//! unescaped. The content security policy of the page forbids access to the network.

mod table;

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

use crate::color::css_colors;
use crate::document::{Block, Document, Place, Section};
use crate::error::Error;
use crate::figure::{Body, Figure};
use crate::format;
use crate::picture::Picture;
use crate::prose::{Prose, Span, Text};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Only scripts, styles and images within the page are allowed, and no connections.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

pub(crate) fn render(document: &Document) -> Result<String, Error> {
    let is_first =
        |section: &&Section| matches!(section.place, Place::Lead | Place::Doubt | Place::Fault);
    let mut document = document.clone();
    make_unique(&mut document.sections, &mut Vec::new());
    let (first, rest): (Vec<_>, Vec<_>) = document.sections().partition(is_first);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (document.title) }
                // Without this line, a browser requests an icon from the server.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(look_colors())) }
            }
            body {
                header {
                    h1 { (document.title) }
                    @if let Some(provenance) = &document.provenance {
                        p.when { "Measured " time { (format::date(provenance.started)) } }
                    }
                    @for section in first { (blocks(section)?) }
                    nav aria-label="Sections" {
                        ul {
                            @for section in rest.iter().filter(|section| !section.title.is_empty()) {
                                li { a href={ "#" (section.id) } { (section.title) } }
                            }
                        }
                    }
                }
                main { @for section in &rest { (body(section)?) } }
                @if let Some(provenance) = &document.provenance {
                    footer { (lines(&provenance.lines())) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

/// Makes the identifiers distinct. A link leads to the first of several sections with the same name.
fn make_unique(sections: &mut [Section], taken: &mut Vec<String>) {
    for section in sections.iter_mut().filter(|section| !section.is_empty()) {
        while taken.contains(&section.id) {
            section.id.push_str("-next");
        }
        taken.push(section.id.clone());
        make_unique(&mut section.parts, taken);
    }
}

/// The colours of the looks as CSS variables, for a light and for a dark page.
fn look_colors() -> String {
    let (mut light, mut dark) = (String::new(), String::new());
    for (slot, on_light, on_dark) in css_colors() {
        // Writing to a String cannot fail.
        let _ = write!(light, "--look-{slot}:{on_light};");
        let _ = write!(dark, "--look-{slot}:{on_dark};");
    }
    format!(":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}")
}

fn body(section: &Section) -> Result<Markup, Error> {
    let heading = format!("{}-heading", section.id);
    Ok(html! {
        section id=(section.id) aria-labelledby=(heading) {
            @if !section.title.is_empty() { h2 id=(heading) { (section.title) } }
            (blocks(section)?)
            @for within in section.parts.iter().filter(|part| !part.is_empty()) { (part(within)?) }
        }
    })
}

/// A subsection.
fn part(section: &Section) -> Result<Markup, Error> {
    let is_open = section.place == Place::Open;
    Ok(html! {
        @if is_open || section.place == Place::Closed {
            details id=(section.id) open[is_open] {
                summary {
                    h3 { (section.title) }
                    " " span.summary { (section.summary) }
                }
                (blocks(section)?)
            }
        } @else {
            h3 id=(section.id) { (section.title) }
            (blocks(section)?)
        }
    })
}

fn blocks(section: &Section) -> Result<Markup, Error> {
    let inside = html! {
        @for block in section.blocks() {
            @match block {
                Block::Prose(shown) => (prose(shown, section.place)),
                Block::Table(shown) => (shown),
                Block::Figure(shown) => (figure(shown)?),
            }
        }
    };
    let notice = match section.place {
        Place::Doubt => "notice",
        Place::Fault => "notice wrong",
        _ => return Ok(inside),
    };
    Ok(html! {
        section class=(notice) aria-labelledby=(section.id) {
            h2 id=(section.id) { (section.title) }
            (inside)
        }
    })
}

fn prose(prose: &Prose, place: Place) -> Markup {
    match prose {
        Prose::Paragraph(text) => {
            html! { p class=[(place == Place::Lead).then_some("verdict")] { (text) } }
        }
        Prose::Caution(text) => html! { p.caution { (text) } },
        Prose::Lines(shown) => match place {
            Place::Doubt | Place::Fault => html! { ul { @for line in shown { li { (line) } } } },
            _ => lines(shown),
        },
        Prose::Terms(terms) => html! {
            dl.terms {
                @for (term, meanings) in terms {
                    dt { (term) }
                    dd { @for meaning in meanings { div { (meaning) } } }
                }
            }
        },
    }
}

fn lines(lines: &[impl Render]) -> Markup {
    html! { ul.lines { @for line in lines { li { (line) } } } }
}

impl Render for Text {
    fn render(&self) -> Markup {
        html! {
            @for span in &self.0 {
                @match span {
                    Span::Plain(words) => (words),
                    Span::Strong(words) => strong { (words) },
                    Span::Code(words) => code { (words) },
                    Span::Link(words, address) => a href=(address) { (words) },
                }
            }
        }
    }
}

/// Each chart is a separate picture, so that charts flow on a narrow screen.
fn figure(figure: &Figure) -> Result<Markup, Error> {
    // A grid keeps its width. A chart takes the width of its column.
    let is_wide = matches!(figure.body, Body::Grid(_)) || figure.size.0 > 400.0;
    Ok(html! {
        h3.scalar { (figure.title) }
        @for group in figure.entries() {
            ul.legend {
                @if !group.heading.is_empty() { li { strong { (group.heading) } } }
                @for entry in &group.entries {
                    li { (PreEscaped(entry.sample().inline_svg()?)) " " (entry.name) }
                }
            }
        }
        div.panels.wide[is_wide] {
            @match &figure.body {
                Body::Grid(grid) => (image(&figure.title, &grid.picture())?),
                Body::Charts(charts) => {
                    @for chart in charts { (image(chart.words(), &chart.picture(figure.size))?) }
                }
            }
        }
        @if !figure.note.is_empty() { p { (figure.note) } }
    })
}

fn image(words: &str, picture: &Picture) -> Result<Markup, Error> {
    Ok(html! { figure role="img" aria-label=(words) { (PreEscaped(picture.inline_svg()?)) } })
}
