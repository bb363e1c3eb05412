//! The page from top to bottom.

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{adapters, facts, groups, overview, plots, reading};
use crate::compare::analysis::{self, Group};
use crate::compare::record::Results;
use crate::compare::report::date;
use crate::compare::report::picture::{Engines, slot_colors};

const STYLE: &str = include_str!("../../../../../crates/report/src/html/style.css");
const SCRIPT: &str = include_str!("../../../../../crates/report/src/html/script.js");
/// No script, style, image or connection but what is in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";
const TITLE: &str = "Leastwise: which library to trust with least squares";

/// A part of the page that its navigation leads to.
struct Part {
    id: &'static str,
    name: &'static str,
    content: Markup,
}

pub(super) fn page(results: &Results) -> anyhow::Result<Markup> {
    let engines = Engines::new(&results.run);
    let groups = analysis::groups(results);
    let title = match groups.first().filter(|_| results.is_own()) {
        Some(own) => format!("{}: which library to take", own.case),
        None => TITLE.to_owned(),
    };
    let parts = parts(results, &groups, &engines)?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                // Or else a browser asks the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(engine_colors())) }
            }
            body {
                header {
                    h1 { (title) }
                    p.when { "Measured " time { (date(results.run.started)) } }
                    (facts::verdict(results, &groups))
                    (facts::warnings(results))
                    nav aria-label="Sections" {
                        ul {
                            @for part in &parts { li { a href={ "#" (part.id) } { (part.name) } } }
                        }
                    }
                }
                main { @for part in &parts { (part.content) } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    })
}

/// From top to bottom. A system of the user's own comes first, with its solution and its table.
fn parts(results: &Results, groups: &[Group<'_>], engines: &Engines) -> anyhow::Result<Vec<Part>> {
    let timed = groups.iter().any(Group::is_timed);
    let part = |id, name| move |content| Part { id, name, content };
    let solution = groups::solution(results, groups).map(part("solution", "Solution"));
    let machine = part("machine", "Machine and build")(facts::machine(results, engines));
    let sizes = plots::crossovers(results, engines)?.map(part("sizes", "Fastest by size"));
    let accuracy = plots::scatters(results, engines)?.map(part("accuracy", "Speed and accuracy"));
    let overview = part("overview", "Overview")(overview::section(groups, engines, timed));
    let cases = part("cases", "Every case")(groups::section(results, groups, engines));
    let adapters =
        adapters::section(results, engines).map(part("adapters", "Cost of the adapters"));
    let reading = part("reading", "How to read this")(reading::section(timed));
    let order = if results.is_own() {
        [
            solution,
            Some(cases),
            accuracy,
            adapters,
            Some(overview),
            sizes,
            Some(machine),
            Some(reading),
        ]
    } else {
        [
            Some(machine),
            sizes,
            accuracy,
            Some(overview),
            Some(cases),
            adapters,
            Some(reading),
            None,
        ]
    };
    Ok(order.into_iter().flatten().collect())
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
