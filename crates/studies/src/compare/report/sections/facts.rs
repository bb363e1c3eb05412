//! The first sections: the verdict, the warnings, and the machine.

use leastwise_report::format::counted;
use leastwise_report::{Cell, Column, Place, Prose, Section, Table, Text};

use super::super::looks::Looks;
use crate::compare::analysis::{self, Group};
use crate::compare::record::{CellRecord, Results};
use leastwise_harness::model::{Operation, Status};

/// The recommendation for the first case, and the counts of the answers.
pub(crate) fn verdict(results: &Results, groups: &[Group<'_>]) -> Section {
    let section = Section::new("Recommendation").place(Place::Lead);
    let Some(group) = groups.first() else {
        return section;
    };
    let best = match (group.op, group.best()) {
        (Operation::Lstsq, _) => analysis::recommendation(group) + " ",
        (_, Some(best)) => format!("{} is fastest. ", best.label()),
        _ => String::new(),
    };
    let cells = group.rows.iter().map(|row| row.cell);
    let mut text = subject(group, results.is_own()).plain(best);
    text = text.plain(counts(cells, "Of this case"));
    if results.is_own() {
        let more = recommendations(results);
        return section.paragraph(text).lines(more.into_iter().skip(1));
    }
    if groups.len() > 1 {
        text = text
            .plain(" ")
            .plain(counts(results.cells.iter(), "Of the whole run"));
    }
    section.paragraph(text)
}

/// The recommendations for the user's own system, one for each scalar type.
pub(crate) fn recommendations(results: &Results) -> Vec<String> {
    let groups = analysis::groups(results);
    let is_system = |group: &&Group<'_>| group.op == Operation::Lstsq && results.is_own();
    let systems: Vec<&Group<'_>> = groups.iter().filter(is_system).collect();
    let line = |group: &&Group<'_>| {
        let sentence = analysis::recommendation(group);
        match systems.len() {
            1 => sentence,
            _ => format!("{}: {sentence}", group.scalar),
        }
    };
    systems.iter().map(line).collect()
}

/// `The linear solve of the experiment (lm-solve, f64, 10000×96 of rank 60):`
fn subject(group: &Group<'_>, is_own: bool) -> Text {
    let name = match group.case {
        _ if is_own => "Your system",
        "lm-solve" => "The linear solve of the Levenberg-Marquardt experiment",
        _ => "The first case",
    };
    let mut facts = vec![group.case.to_owned(), group.scalar.to_owned()];
    if let Some(cell) = group.rows.first().map(|row| row.cell) {
        let rank = cell.true_rank.map(|rank| format!(" of rank {rank}"));
        facts.push(format!(
            "{}×{}{}",
            cell.rows,
            cell.cols,
            rank.unwrap_or_default()
        ));
    }
    Text::default()
        .strong(name)
        .plain(format!(" ({}): ", facts.join(", ")))
}

/// The number of answers by status. Calls by hand are not counted.
fn counts<'c>(cells: impl Iterator<Item = &'c CellRecord>, of: &str) -> String {
    let cells: Vec<&CellRecord> = cells.filter(|cell| !cell.control).collect();
    let count = |status: Status| cells.iter().filter(|cell| cell.status == status).count();
    let parts = [
        (count(Status::Ok), "right"),
        (count(Status::Refused), "correctly refused"),
        (count(Status::Unsupported), "not offered by the library"),
        (count(Status::Rejected), "rejected"),
        (count(Status::Error), "without an answer"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let answers = counted(cells.len(), "answer");
    format!("{of}, {answers}: {}.", parts.join(", "))
}

/// The reasons why the times may be wrong.
pub(crate) fn doubts(results: &Results) -> Section {
    let run = &results.run;
    let mut lines = analysis::warnings(results);
    if results.cells.iter().any(|cell| !cell.samples_ns.is_empty()) {
        lines.extend(leastwise_harness::machine::worth_a_warning(
            &run.machine,
            &run.build,
        ));
    }
    if !run.options.planted.is_empty() {
        let planted = run.options.planted.join(", ");
        lines.push(format!("faults were planted on purpose: {planted}"));
    }
    Section::new("Warnings").place(Place::Doubt).lines(lines)
}

/// A line for each answer that was rejected or failed.
pub(crate) fn faults(results: &Results) -> Section {
    let faults = results.cells.iter().filter(|cell| cell.status.is_fault());
    let line = |cell: &CellRecord| {
        let reason = cell.reason.as_deref().unwrap_or("no reason given");
        let fact = format!(" {} {}: {reason}", cell.case, cell.scalar);
        Text::default().strong(cell.label()).plain(fact)
    };
    Section::new("Rejected")
        .place(Place::Fault)
        .lines(faults.map(line))
}

/// The machine, the build, the libraries.
pub(crate) fn machine(results: &Results, looks: &Looks) -> Section {
    let (run, options) = (&results.run, &results.run.options);
    let measured = match options.processes {
        0 => "nothing was timed".to_owned(),
        processes => format!(
            "{} of {} each",
            counted(processes, "process"),
            counted(options.rounds, "sample")
        ),
    };
    let threads = options.threads;
    let run_line = format!(
        "{}, seed {}, {}, {measured}",
        options.depth,
        options.seed,
        counted(threads, "thread")
    );
    let facts = [
        ("System", options.read.clone()),
        ("Machine", run.machine.lines()),
        ("Build", run.build.lines()),
        ("Run", vec![run_line]),
    ];
    let facts = facts.into_iter().filter(|(_, lines)| !lines.is_empty());
    let texts = |lines: Vec<String>| lines.into_iter().map(Text::from).collect();
    let facts = facts
        .map(|(name, lines)| (name.to_owned(), texts(lines)))
        .collect();
    let section = Section::new("Machine and build").id("machine");
    section
        .with(Prose::Terms(facts))
        .with(libraries(results, looks))
}

fn libraries(results: &Results, looks: &Looks) -> Table {
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
    let names = ["library", "version"].map(Column::text);
    let algorithms = ["matmul"].into_iter().chain(methods.iter().copied());
    let algorithms = algorithms.map(|name| Column::text(name).page_only());
    let columns = names
        .into_iter()
        .chain([Column::number("threads")])
        .chain(algorithms);
    let caption = "The libraries, and the algorithm behind each method";
    let mut table = Table::new(columns).caption(caption);
    for engine in &results.run.engines {
        let algorithm = |method: &&str| {
            let found = engine.methods.iter().find(|(name, _)| name == method);
            Cell::maybe(found, |(_, algorithm)| Cell::from(algorithm).prose())
        };
        let first = [
            looks.engine(&engine.engine),
            Cell::from(&engine.version),
            Cell::number(engine.threads as f64, engine.threads.to_string()),
            Cell::from(&engine.product_kernel).prose(),
        ];
        table.push(first.into_iter().chain(methods.iter().map(algorithm)));
    }
    table
}
