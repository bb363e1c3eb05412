//! Documents as one page: tables that can be sorted, figures, and nothing from outside.
//!
//! maud escapes whatever the page shows; only the style sheet, the script and the figures go in as they
//! are. The page's own content security policy forbids it the network.

mod table;

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

use crate::document::{Block, Document, Place, Section};
use crate::figure::{Body, Figure};
use crate::look::css_colors;
use crate::{Error, Prose, Span, Text, format};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// No script, style, image or connection but what is in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

pub(crate) fn render(document: &Document) -> Result<String, Error> {
    let is_first =
        |section: &&Section| matches!(section.place, Place::Lead | Place::Doubt | Place::Fault);
    let (first, rest): (Vec<_>, Vec<_>) = document.sections().partition(is_first);
    let first = first.into_iter().map(blocks);
    let (first, main) = (all(first)?, all(rest.iter().map(|section| body(section)))?);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (document.title) }
                // Or else a browser asks the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(look_colors())) }
            }
            body {
                header {
                    h1 { (document.title) }
                    @if let Some(provenance) = &document.provenance {
                        p.when { "Measured " time { (format::date(provenance.started)) } }
                    }
                    @for section in &first { (section) }
                    nav aria-label="Sections" {
                        ul {
                            @for section in rest.iter().filter(|section| !section.title.is_empty()) {
                                li { a href={ "#" (section.id) } { (section.title) } }
                            }
                        }
                    }
                }
                main { @for section in &main { (section) } }
                @if let Some(provenance) = &document.provenance {
                    footer { (lines(&provenance.lines())) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

fn all(parts: impl Iterator<Item = Result<Markup, Error>>) -> Result<Vec<Markup>, Error> {
    parts.collect()
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
    let parts = all(section
        .parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(part))?;
    let heading = format!("{}-heading", section.id);
    Ok(html! {
        section id=(section.id) aria-labelledby=(heading) {
            @if !section.title.is_empty() { h2 id=(heading) { (section.title) } }
            (blocks(section)?)
            @for part in parts { (part) }
        }
    })
}

/// A section within a section.
fn part(section: &Section) -> Result<Markup, Error> {
    let inside = blocks(section)?;
    Ok(match section.place {
        Place::Closed | Place::Open => html! {
            details id=(section.id) open[section.place == Place::Open] {
                summary {
                    h3 { (section.title) }
                    " " span.summary { (section.summary) }
                }
                (inside)
            }
        },
        _ => html! { h3 id=(section.id) { (section.title) } (inside) },
    })
}

fn blocks(section: &Section) -> Result<Markup, Error> {
    let inside = all(section.blocks().map(|block| match block {
        Block::Prose(shown) => Ok(prose(shown, section.place)),
        Block::Table(shown) => Ok(shown.render()),
        Block::Figure(shown) => figure(shown),
    }))?;
    let notice = match section.place {
        Place::Doubt => "notice",
        Place::Fault => "notice wrong",
        _ => return Ok(html! { @for block in inside { (block) } }),
    };
    Ok(html! {
        section class=(notice) aria-labelledby=(section.id) {
            h2 id=(section.id) { (section.title) }
            @for block in inside { (block) }
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

/// Each chart by itself, so that they flow on a narrow screen.
fn figure(figure: &Figure) -> Result<Markup, Error> {
    let pictures = match &figure.body {
        Body::Grid(grid) => vec![(&figure.title, grid.picture().inline_svg()?)],
        Body::Charts(charts) => {
            let charts = charts.iter().map(|chart| {
                let words = if chart.description.is_empty() {
                    &chart.title
                } else {
                    &chart.description
                };
                Ok((words, chart.picture(figure.size).inline_svg()?))
            });
            charts.collect::<Result<_, Error>>()?
        }
    };
    let mut legend = Vec::new();
    for group in figure.entries() {
        let entries = group.entries.iter();
        let entries = entries.map(|entry| Ok((entry.name.clone(), entry.sample().inline_svg()?)));
        legend.push((
            group.heading.clone(),
            entries.collect::<Result<Vec<_>, Error>>()?,
        ));
    }
    // A grid is as wide as it is; a chart takes the width of its column.
    let is_wide = matches!(figure.body, Body::Grid(_)) || figure.size.0 > 400.0;
    Ok(html! {
        h3.scalar { (figure.title) }
        @for (heading, entries) in legend {
            ul.legend {
                @if !heading.is_empty() { li { strong { (heading) } } }
                @for (name, sample) in entries { li { (PreEscaped(sample)) " " (name) } }
            }
        }
        div class=(if is_wide { "panels wide" } else { "panels" }) {
            @for (words, svg) in pictures {
                figure role="img" aria-label=(words) { (PreEscaped(svg)) }
            }
        }
        @if !figure.note.is_empty() { p { (figure.note) } }
    })
}
