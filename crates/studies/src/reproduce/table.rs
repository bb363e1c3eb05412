//! What is printed.

use leastwise_report::format::{human_time, plural};
use leastwise_report::{Document, Section, Table};
use leastwise_two_factor::Spectrum;

use super::experiment::{Outcome, Results, Run};
use super::figure::{figure, short};

/// The problem, the table and where it departs from the published code.
pub(super) fn document(results: &Results, has_figure: bool) -> Document {
    let mut section = Section::default()
        .lines([problem(results), solver(results)])
        .with(table(results))
        .lines(departures(results));
    if has_figure {
        section = section.with(figure(results));
    }
    Document::new("The published experiment").with(section)
}

fn problem(results: &Results) -> String {
    let spec = &results.spec;
    let layers = [&[spec.xdim], &results.hidden[..], &[spec.ydim]].concat();
    let layers: Vec<String> = layers.iter().map(usize::to_string).collect();
    let reduced = match results.samples {
        samples if samples < spec.nsamples => format!(" reduced to {samples}"),
        _ => String::new(),
    };
    // That of the start, which all runs share.
    let loss = results.runs.iter().find_map(|run| run.losses.first());
    format!(
        "min ‖W1 W2 X − Y‖²: layers {}, {} samples{reduced}, seed {}, start scale {}, loss {}",
        layers.join("-"),
        spec.nsamples,
        spec.seed,
        spec.start_scale,
        figures(loss),
    )
}

fn solver(results: &Results) -> String {
    let (version, scalar, threads) = (results.version, results.scalar, results.threads);
    format!(
        "LM solves by {} ({version}, {scalar}, {threads} thread{}); measured κ₂(A) = {}",
        results.solver(),
        plural(threads),
        short(results.condition),
    )
}

fn table(results: &Results) -> Table {
    let seconds = |run: &Run| run.seconds.last().copied().unwrap_or_default();
    let mut table = Table::by(
        1,
        &results.runs,
        &[
            ("optimiser", &|run| run.family.short_name().to_owned()),
            ("step", &|run| run.step.name()),
            ("steps", &|run| run.steps().to_string()),
            ("final loss", &|run| figures(run.losses.last())),
            ("‖gradient‖", &|run| figures(run.gradient_norms.last())),
            ("time", &|run| human_time(1e9 * seconds(run))),
            ("a step", &|run| time_per_step(run)),
            ("outcome", &|run| match &run.outcome {
                Outcome::Finished { diverged: true, .. } => "diverged".to_owned(),
                Outcome::Finished { termination, .. } => termination.clone(),
                Outcome::Failed(_) => "failed, see below".to_owned(),
            }),
        ],
    );
    table.columns[7].is_number = false;
    table
}

fn figures(value: Option<&f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2e}"))
}

/// Without the evaluation at the start.
fn time_per_step(run: &Run) -> String {
    match (&run.seconds[..], run.steps()) {
        ([first, .., last], steps) if steps > 0 => human_time(1e9 * (last - first) / steps as f64),
        _ => "-".to_owned(),
    }
}

fn departures(results: &Results) -> [&'static str; 5] {
    let condition = match results.spec.spectrum {
        Spectrum::RowScaled => {
            "- It claims κ₂(A) = 1e5, but scaling rows by linspace(1, 1e-5) shrinks only the last one. \
             The κ₂(A) above is measured; --condition draws A with a prescribed one."
        }
        Spectrum::Prescribed { .. } => {
            "- A has the prescribed spectrum; the published row scaling gives κ₂(A) of about 20, not \
             the 1e5 that is claimed for it."
        }
    };
    [
        "Where this departs from the published code:",
        "- Its LM curve is sum(r)², which is not the loss. All curves here are sum(r²).",
        condition,
        "- Data are reduced to as many samples as inputs, with the same loss; --data full keeps all.",
        "As published, LM with a fixed step is Gauss-Newton: no damping, no acceptance test.",
    ]
}
