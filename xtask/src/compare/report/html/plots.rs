//! The plots, panel by panel, with the table of who wins at which size.

use maud::{Markup, PreEscaped, html};

use super::parts::{size_heading, spot};
use super::table::{Body, Entry, Row, Table, words};
use crate::compare::analysis::{self, Crossover as Swept};
use crate::compare::record::Results;
use crate::compare::report::picture::{
    Crossover, Engines, Multiples, Panel, Sample, Scatter, Single, palette,
};
use crate::drawing::{self, Picture};

fn inline(picture: &impl Picture) -> anyhow::Result<Markup> {
    Ok(PreEscaped(drawing::inline_svg(picture, &palette())?))
}

/// `None` if nothing was timed at several sizes.
pub(super) fn crossovers(results: &Results, engines: &Engines) -> anyhow::Result<Option<Markup>> {
    let panels = panels(results, Crossover::new)?;
    if panels.is_empty() {
        return Ok(None);
    }
    let table = winners_by_size(&analysis::crossovers(results), engines);
    Ok(Some(html! {
        section #sizes aria-labelledby="sizes-heading" {
            h2 #sizes-heading { "Who is fastest at which size" }
            p {
                "Time over that of the fastest library of the same method, so the fastest lies at 1×. \
                 Filled points are within noise of the fastest; bars are 95 % intervals. The strip \
                 along the axis shows whose size it is: several colours where noise cannot tell."
            }
            (legend(engines)?)
            @for panels in panels { (panels) }
            (table)
        }
    }))
}

/// `None` if no system was timed.
pub(super) fn scatters(results: &Results, engines: &Engines) -> anyhow::Result<Option<Markup>> {
    let panels = panels(results, Scatter::new)?;
    if panels.is_empty() {
        return Ok(None);
    }
    Ok(Some(html! {
        section #accuracy aria-labelledby="accuracy-heading" {
            h2 #accuracy-heading { "Speed and accuracy" }
            p {
                "The best answers are at the lower left. Below the dashed line an answer is as good as \
                 the data allow. What was refused or rejected has no time and no point. cod is \
                 complete-orthogonal."
            }
            (legend(engines)?)
            @for panels in panels { (panels) }
        }
    }))
}

/// The panels of each scalar type under its name.
fn panels<P: Panel>(
    results: &Results,
    plot: impl Fn(&Results, &str) -> Option<Multiples<P>>,
) -> anyhow::Result<Vec<Markup>> {
    let mut bands = Vec::new();
    for scalar in &results.run.options.scalars {
        let Some(plot) = plot(results, scalar) else {
            continue;
        };
        let mut figures = Vec::new();
        for panel in plot.panels() {
            figures.push(figure(panel, &plot.single(panel))?);
        }
        bands.push(html! {
            h3.scalar { (scalar) }
            div.panels { @for figure in figures { (figure) } }
        });
    }
    Ok(bands)
}

fn figure<P: Panel>(panel: &P, picture: &Single<'_, P>) -> anyhow::Result<Markup> {
    Ok(html! {
        figure role="img" aria-label=(panel.description()) { (inline(picture)?) }
    })
}

fn legend(engines: &Engines) -> anyhow::Result<Markup> {
    let mut samples = Vec::new();
    for name in engines.names() {
        samples.push((name, inline(&Sample::of(engines, name))?));
    }
    Ok(html! {
        ul.legend { @for (name, sample) in samples { li { (sample) " " (name) } } }
    })
}

/// A row for each operation and method, a column for each size.
fn winners_by_size(crossovers: &[Swept], engines: &Engines) -> Table {
    let points = crossovers.iter().flat_map(|crossover| &crossover.points);
    let mut sizes: Vec<usize> = points.map(|point| point.size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut header = vec![words("operation"), words("scalar")];
    header.extend(sizes.iter().map(|n| words(&size_heading(*n))));
    let rows = crossovers.iter().map(|crossover| {
        let winners = |size: &usize| {
            let point = crossover.points.iter().find(|point| point.size == *size);
            Entry::text(html! {
                @match point {
                    Some(point) => @for winner in &point.winners {
                        div.winner { (spot(engines, winner)) (winner) }
                    },
                    None => "–",
                }
            })
        };
        let mut entries = vec![
            Entry::text(&crossover.label),
            Entry::text(&crossover.scalar),
        ];
        entries.extend(sizes.iter().map(winners));
        Row {
            entries,
            class: None,
        }
    });
    Table {
        caption:
            "The fastest at each size, the fastest first, with all that noise cannot tell from it"
                .to_owned(),
        header,
        bodies: vec![Body {
            title: None,
            rows: rows.collect(),
        }],
    }
}
