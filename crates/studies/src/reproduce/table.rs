//! The tables.

use leastwise_report::format::{counted, human_time};
use leastwise_report::{Document, Section, Table};

use super::experiment::{Record, Run};
use super::figure::{figure, short};
use super::plan::Plan;

/// The problem, the table and the differences from the published code.
pub(super) fn document(record: &Record) -> Document {
    let plan = &record.header.plan;
    let mut section = Section::default()
        .lines([problem(record), solver(plan)])
        .with(table(&record.rows))
        .lines(departures(plan));
    if !plan.flags.no_figure {
        section = section.with(figure(record));
    }
    Document::new("The published experiment").with(section)
}

fn problem(record: &Record) -> String {
    let Plan { flags, samples, .. } = &record.header.plan;
    let net = &flags.net;
    let layers = [&[net.xdim], &flags.hidden()[..], &[net.ydim]].concat();
    let layers: Vec<String> = layers.iter().map(usize::to_string).collect();
    let reduced = if *samples < net.samples {
        format!(" reduced to {samples}")
    } else {
        String::new()
    };
    // All runs have the same start.
    let loss = record.rows.iter().find_map(|run| run.losses.first());
    format!(
        "min ‖W1 W2 X − Y‖²: layers {}, {} samples{reduced}, seed {}, start scale {}, loss {}",
        layers.join("-"),
        net.samples,
        net.seed,
        flags.start_scale,
        figures(loss),
    )
}

fn solver(plan: &Plan) -> String {
    let (version, scalar) = (&plan.version, plan.flags.scalar.name());
    let threads = counted(plan.threads, "thread");
    format!(
        "LM solves by {} ({version}, {scalar}, {threads}); measured κ₂(A) = {}",
        plan.solver(),
        short(plan.condition),
    )
}

fn table(runs: &[Run]) -> Table {
    let seconds = |run: &Run| run.seconds.last().copied().unwrap_or_default();
    let mut table = Table::by(
        1,
        runs,
        &[
            ("optimiser", &|run| run.family.short_name().to_owned()),
            ("step", &|run| run.step.name()),
            ("steps", &|run| run.steps().to_string()),
            ("final loss", &|run| figures(run.losses.last())),
            ("‖gradient‖", &|run| figures(run.gradient_norms.last())),
            ("time", &|run| human_time(1e9 * seconds(run))),
            ("a step", &|run| time_per_step(run)),
            ("outcome", &|run| {
                if run.is_diverged {
                    "diverged".to_owned()
                } else {
                    run.termination.clone()
                }
            }),
        ],
    );
    table.columns[7].is_number = false;
    table
}

fn figures(value: Option<&f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2e}"))
}

/// The time per step, without the evaluation at the start.
fn time_per_step(run: &Run) -> String {
    match (&run.seconds[..], run.steps()) {
        ([first, .., last], steps) if steps > 0 => human_time(1e9 * (last - first) / steps as f64),
        _ => "-".to_owned(),
    }
}

fn departures(plan: &Plan) -> [&'static str; 5] {
    let condition = match plan.flags.condition {
        None => {
            "- The published κ₂(A) is 1e5, but scaling rows by linspace(1, 1e-5) shrinks only the last row. \
             The κ₂(A) above is measured; --condition draws A with a prescribed one."
        }
        Some(_) => {
            "- A has the prescribed spectrum; the published row scaling gives κ₂(A) of about 20, not \
             the published 1e5."
        }
    };
    [
        "Differences from the published code:",
        "- Its LM curve shows sum(r)², which is not the loss. All curves here show sum(r²).",
        condition,
        "- The data are reduced to as many samples as inputs, with the same loss; --data full keeps all.",
        "As published, LM with a fixed step is Gauss-Newton, without damping or acceptance test.",
    ]
}
