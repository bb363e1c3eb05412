//! The page from top to bottom.

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{adapters, facts, groups, overview, plots, reading};
use crate::compare::analysis;
use crate::compare::record::Results;
use crate::compare::report::date;
use crate::compare::report::picture::{Engines, slot_colors};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// No script, style, image or connection but what is in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";
const TITLE: &str = "Leastwise: which library to trust with least squares";

pub(super) fn page(results: &Results) -> anyhow::Result<Markup> {
    let engines = Engines::new(&results.run);
    let groups = analysis::groups(results);
    let timed = groups.iter().any(analysis::Group::is_timed);
    let crossovers = plots::crossovers(results, &engines)?;
    let scatters = plots::scatters(results, &engines)?;
    let adapters = adapters::section(results, &engines);
    let links = [
        ("machine", "Machine and build", true),
        ("sizes", "Fastest by size", crossovers.is_some()),
        ("accuracy", "Speed and accuracy", scatters.is_some()),
        ("overview", "Overview", true),
        ("cases", "Every case", true),
        ("adapters", "Cost of the adapters", adapters.is_some()),
        ("reading", "How to read this", true),
    ];
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (TITLE) }
                // Or else a browser asks the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(engine_colors())) }
            }
            body {
                header {
                    h1 { (TITLE) }
                    p.when { "Measured " time { (date(results.run.started)) } }
                    (facts::verdict(results, &groups))
                    (facts::warnings(results))
                    nav aria-label="Sections" {
                        ul {
                            @for (id, name, _) in links.iter().filter(|(.., there)| *there) {
                                li { a href={ "#" (id) } { (name) } }
                            }
                        }
                    }
                }
                main {
                    (facts::machine(results, &engines))
                    @if let Some(section) = crossovers { (section) }
                    @if let Some(section) = scatters { (section) }
                    (overview::section(&groups, &engines, timed))
                    (groups::section(results, &groups, &engines))
                    @if let Some(section) = adapters { (section) }
                    (reading::section(timed))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    })
}

/// The looks of the engines as CSS variables, for a light and for a dark page.
fn engine_colors() -> String {
    let (mut light, mut dark) = (String::new(), String::new());
    for (slot, on_light, on_dark) in slot_colors() {
        // Writing to a String cannot fail.
        let _ = write!(light, "--engine-{slot}:{on_light};");
        let _ = write!(dark, "--engine-{slot}:{on_dark};");
    }
    format!(":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}")
}
