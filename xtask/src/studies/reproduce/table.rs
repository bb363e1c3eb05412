//! What is printed.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement};
use leastwise_two_factor::Spectrum;

use super::experiment::{Outcome, Results, Run};
use crate::compare::report::format::human_time;
use crate::text_table::text_table;

const WIDTH: u16 = 100;

/// The problem, the table and where it departs from the published code.
pub(super) fn render(results: &Results) -> String {
    let mut table = text_table([
        "optimiser",
        "step",
        "steps",
        "final loss",
        "‖gradient‖",
        "time",
        "a step",
        "outcome",
    ]);
    table
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH);
    for column in table.column_iter_mut().skip(1).take(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for run in &results.runs {
        table.add_row(row(run));
    }
    let mut text = String::new();
    let spec = &results.spec;
    // Writing to a String cannot fail.
    let layers = [&[spec.xdim], &results.hidden[..], &[spec.ydim]].concat();
    let layers: Vec<String> = layers.iter().map(usize::to_string).collect();
    let _ = writeln!(
        text,
        "min ‖W1 W2 X − Y‖²: layers {}, {} samples{}, seed {}, start scale {}, loss {}",
        layers.join("-"),
        spec.nsamples,
        if results.samples < spec.nsamples {
            format!(" reduced to {}", results.samples)
        } else {
            String::new()
        },
        spec.seed,
        spec.start_scale,
        first_loss(results),
    );
    let _ = writeln!(
        text,
        "LM solves by {} ({}, {}, {} thread{}); measured κ₂(A) = {}",
        results.solver(),
        results.version,
        results.scalar,
        results.threads,
        if results.threads == 1 { "" } else { "s" },
        Short(results.condition),
    );
    let _ = writeln!(text, "{table}");
    text.push_str(&departures(results));
    text
}

fn row(run: &Run) -> [String; 8] {
    let last = |values: &[f64]| {
        values
            .last()
            .map_or_else(|| "-".to_owned(), |v| format!("{v:.2e}"))
    };
    [
        run.family.short_name().to_owned(),
        run.step.name(),
        run.steps().to_string(),
        last(&run.losses),
        last(&run.gradient_norms),
        human_time(1e9 * run.seconds.last().copied().unwrap_or_default()),
        time_per_step(run),
        match &run.outcome {
            Outcome::Finished { diverged: true, .. } => "diverged".to_owned(),
            Outcome::Finished { termination, .. } => termination.clone(),
            Outcome::Failed(_) => "failed, see below".to_owned(),
        },
    ]
}

/// That of the start, which all runs share.
fn first_loss(results: &Results) -> String {
    let loss = results.runs.iter().find_map(|run| run.losses.first());
    loss.map_or_else(|| "-".to_owned(), |loss| format!("{loss:.2e}"))
}

/// Without the evaluation at the start.
fn time_per_step(run: &Run) -> String {
    match (&run.seconds[..], run.steps()) {
        ([first, .., last], steps) if steps > 0 => human_time(1e9 * (last - first) / steps as f64),
        _ => "-".to_owned(),
    }
}

fn departures(results: &Results) -> String {
    let condition = match results.spec.spectrum {
        Spectrum::RowScaled => {
            "- It claims κ₂(A) = 1e5, but scaling rows by linspace(1, 1e-5) shrinks only the last one.\n  \
             The κ₂(A) above is measured; --condition draws A with a prescribed one."
        }
        Spectrum::Prescribed { .. } => {
            "- A has the prescribed spectrum; the published row scaling gives κ₂(A) of about 20, not \
             the\n  1e5 that is claimed for it."
        }
    };
    format!(
        "Where this departs from the published code:\n\
         - Its LM curve is sum(r)², which is not the loss. All curves here are sum(r²).\n\
         {condition}\n\
         - Data are reduced to as many samples as inputs, with the same loss; --data full keeps all.\n\
         As published, LM with a fixed step is Gauss-Newton: no damping, no acceptance test.\n"
    )
}

/// A number in four digits, whatever its size.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 >= 1e4 {
            write!(f, "{:.3e}", self.0)
        } else {
            write!(f, "{:.1}", self.0)
        }
    }
}
