//! What comes first: the verdict, the doubts, and where this was measured.

use maud::{Markup, html};

use super::parts::spot;
use super::table::{Body, Entry, Row, Table, numbers, words};
use crate::compare::analysis::{self, Group};
use crate::compare::record::{CellRecord, Results};
use crate::compare::report::picture::Engines;
use leastwise_harness::machine::worth_a_warning;
use leastwise_harness::model::{Operation, Status};

/// One paragraph: what to take for the first case, and how the answers of the run came out.
pub(super) fn verdict(results: &Results, groups: &[Group<'_>]) -> Markup {
    html! {
        p.verdict {
            @if let Some(group) = groups.first() {
                (subject(group, results.is_own())) " "
                @if group.op == Operation::Lstsq { (analysis::recommendation(group)) " " }
                @else if let Some(best) = group.best() { (best.label()) " is fastest. " }
                (counts(group.rows.iter().map(|row| row.cell), "Of this case"))
            }
            @if groups.len() > 1 && !results.is_own() { " " (counts(results.cells.iter(), "Of the whole run")) }
        }
    }
}

/// `The linear solve of the experiment (lm-solve, f64, 10000×96 of rank 60):`
fn subject(group: &Group<'_>, is_own: bool) -> Markup {
    let cell = group.rows.first().map(|row| row.cell);
    let shape = cell.map(|cell| format!("{}×{}", cell.rows, cell.cols));
    let rank = cell.and_then(|cell| cell.true_rank);
    let is_the_experiment = group.case == "lm-solve";
    html! {
        strong {
            @if is_own { "Your system" }
            @else if is_the_experiment { "The linear solve of the Levenberg-Marquardt experiment" }
            @else { "The first case" }
        }
        " (" (group.case) ", " (group.scalar)
        @if let Some(shape) = shape { ", " (shape) }
        @if let Some(rank) = rank { " of rank " (rank) }
        "): "
    }
}

/// How many answers are right, refused, and so on; calls by hand are not counted.
fn counts<'c>(cells: impl Iterator<Item = &'c CellRecord>, of: &str) -> String {
    let cells: Vec<&CellRecord> = cells.filter(|cell| !cell.control).collect();
    let count = |status: Status| cells.iter().filter(|cell| cell.status == status).count();
    let parts = [
        (count(Status::Ok), "right"),
        (count(Status::Refused), "refused, as they must be"),
        (count(Status::Unsupported), "not offered by the library"),
        (count(Status::Rejected), "rejected"),
        (count(Status::Error), "without an answer"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    format!("{of}, {} answers: {}.", cells.len(), parts.join(", "))
}

/// What makes the times doubtful, and what was wrong.
pub(super) fn warnings(results: &Results) -> Markup {
    let timed = results.cells.iter().any(|cell| !cell.samples_ns.is_empty());
    let mut lines = analysis::warnings(results);
    if timed {
        lines.extend(worth_a_warning(&results.run.machine, &results.run.build));
    }
    if !results.run.options.planted.is_empty() {
        lines.push(format!(
            "faults were planted on purpose: {}",
            results.run.options.planted.join(", ")
        ));
    }
    let faults: Vec<&CellRecord> = results
        .cells
        .iter()
        // The answer of a library called by hand is its own.
        .filter(|cell| cell.status.is_fault() && !cell.control)
        .collect();
    html! {
        @if !faults.is_empty() {
            section.notice.wrong aria-labelledby="wrong" {
                h2 #wrong { "Wrong answers" }
                ul {
                    @for cell in faults {
                        li {
                            strong { (cell.label()) } " " (cell.case) " " (cell.scalar) ": "
                            (cell.reason.as_deref().unwrap_or("no reason given"))
                        }
                    }
                }
            }
        }
        @if !lines.is_empty() {
            section.notice aria-labelledby="doubts" {
                h2 #doubts { "Mind" }
                ul { @for line in lines { li { (line) } } }
            }
        }
    }
}

/// The machine, the build, the libraries, and how to run this again.
pub(super) fn machine(results: &Results, engines: &Engines) -> Markup {
    let run = &results.run;
    let options = &run.options;
    let measured = if options.processes == 0 {
        "nothing was timed".to_owned()
    } else {
        format!(
            "{} processes of {} samples each",
            options.processes, options.rounds
        )
    };
    html! {
        section #machine aria-labelledby="machine-heading" {
            h2 #machine-heading { "Machine and build" }
            dl.facts {
                @if !options.read.is_empty() {
                    dt { "System" } dd { @for line in &options.read { div { (line) } } }
                }
                dt { "Machine" } dd { @for line in run.machine.lines() { div { (line) } } }
                dt { "Build" } dd { @for line in run.build.lines() { div { (line) } } }
                dt { "Command" } dd { code { (run.command) } }
                dt { "Run" }
                dd {
                    (options.depth) ", seed " (options.seed) ", " (options.threads) " "
                    @if options.threads == 1 { "thread" } @else { "threads" }
                    ", " (measured)
                }
            }
            (engines_table(results, engines))
        }
    }
}

fn engines_table(results: &Results, engines: &Engines) -> Table {
    let mut methods: Vec<&str> = Vec::new();
    for (name, _) in results
        .run
        .engines
        .iter()
        .flat_map(|engine| &engine.methods)
    {
        if !methods.contains(&name.as_str()) {
            methods.push(name);
        }
    }
    let mut header = vec![
        words("library"),
        words("version"),
        numbers("threads"),
        words("matmul"),
    ];
    header.extend(methods.iter().map(|method| words(method)));
    let rows = results.run.engines.iter().map(|engine| {
        let algorithm = |method: &&str| {
            let found = engine.methods.iter().find(|(name, _)| name == method);
            Entry::text(found.map_or("–", |(_, algorithm)| algorithm.as_str())).class("prose")
        };
        let mut entries = vec![
            Entry::text(html! { (spot(engines, &engine.engine)) (engine.engine) }),
            Entry::text(&engine.version),
            Entry::count(Some(engine.threads as u64)),
            Entry::text(&engine.product_kernel).class("prose"),
        ];
        entries.extend(methods.iter().map(algorithm));
        Row {
            entries,
            class: None,
        }
    });
    Table {
        caption: "The libraries, and the algorithm behind each method".to_owned(),
        header,
        bodies: vec![Body {
            title: None,
            rows: rows.collect(),
        }],
    }
}
