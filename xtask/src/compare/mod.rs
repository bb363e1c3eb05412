//! `compare`: verify every backend and method, then measure those that are right.
//!
//! Measuring and reporting are apart: a run stores its cells line by line ([`mod@store`]), and every
//! report reads what is stored ([`mod@report`], [`mod@diff`]).

mod analysis;
mod args;
mod case;
mod check;
mod contender;
mod diff;
#[cfg(test)]
mod edited;
mod extended_precision;
mod lock;
mod measure;
mod native;
mod plan;
pub(crate) mod progress;
mod record;
pub(crate) mod report;
#[cfg(test)]
mod samples;
mod solution;
mod solution_file;
pub(crate) mod statistics;
mod store;
mod system;
mod turns;
mod verify;
mod worker;

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;

pub(crate) use args::{CompareArgs, DiffArgs, ReportArgs};
pub(crate) use diff::run as diff;
pub(crate) use report::run as report;
pub(crate) use worker::{WorkerArgs, run as worker};

use crate::machine::{Build, Machine};
use crate::scalar_type::ScalarType;
use case::Case;
use measure::Group;
use plan::Plan;
use record::{CellRecord, EngineRecord, Kind, Results, RunRecord, SCHEMA};
use store::Store;
use verify::Known;
use worker::Crew;

/// Compares, stores, and reports.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, found before any
/// work; an answer that is wrong, after everything else was reported.
pub(crate) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let plan = Plan::new(args)?;
    if args.native {
        return native::run();
    }
    let crew = Crew::new(plan.threads, plan.budget, plan.faults.clone())?;
    let run = run_record(&plan, &crew)?;
    let mut results = Results {
        run,
        cells: Vec::new(),
    };
    let mut store = None;
    if args.resume {
        let (file, cells) = Store::resume(&plan.out, &results.run)?;
        (store, results.cells) = (Some(file), cells);
    } else if plan.is_timed() {
        store = Some(Store::create(&plan.out, &results.run)?);
    }
    let pending = pending(&plan, &results.cells);
    let known = extended_precision::solve(&pending, plan.seed, plan.budget)?;
    let progress = progress::bar();
    let groups = groups(&plan, &pending, &known, &results.run.engines);
    let weights: Vec<f64> = groups.iter().map(weight).collect();
    let total: f64 = weights.iter().sum();
    let mut done = 0.0;
    for (group, weight) in groups.iter().zip(weights) {
        progress.set_message(format!("{} {}", group.case.name, group.scalar.name()));
        let mut share = 0.0;
        let cells = group.run(&crew, &plan, &results.run.engines, |more| {
            share += more;
            progress::set(&progress, (done + share * weight) / total);
        });
        done += weight;
        progress::set(&progress, done / total);
        if let Some(store) = &mut store {
            store.append(&cells)?;
        }
        results.cells.extend(cells);
    }
    progress.finish_and_clear();
    report::after_run(&results, args, store.as_ref().map(Store::path))?;
    report::truth_line(known.iter().map(Known::seconds))?;
    let solved = plan.solution.as_ref().map_or(Ok(()), |file| {
        let solution = solution::solve(&results, &groups, &crew, &plan)?;
        file.write(&solution.x)?;
        report::solution_written(&solution.label, &solution.x, file.path())
    });
    report::recommend(&results)?;
    match (faults(&results), solved) {
        (Err(faults), Err(other)) => bail!("{faults}\n{other:#}"),
        (faults, solved) => faults.and(solved),
    }
}

/// Fails if an answer is wrong: a line for each.
fn faults(results: &Results) -> anyhow::Result<()> {
    let wrong: Vec<String> = results.cells.iter().filter_map(fault_line).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let plural = if wrong.len() == 1 {
        "answer is"
    } else {
        "answers are"
    };
    bail!("{} {plural} wrong:\n{}", wrong.len(), wrong.join("\n"))
}

/// What is wrong with a cell, if anything; the answer of a library called by hand is its own.
fn fault_line(cell: &CellRecord) -> Option<String> {
    (cell.status.is_fault() && !cell.control).then(|| {
        let operation = analysis::operation_label(cell.op, None);
        let reason = cell.reason.as_deref().unwrap_or("no reason given");
        format!(
            "{} {operation} {} {}: {reason}",
            cell.label(),
            cell.case,
            cell.scalar
        )
    })
}

fn run_record(plan: &Plan, crew: &Crew) -> anyhow::Result<RunRecord> {
    let introduce = |name: &&str| {
        let introduced = crew.introduce(name);
        introduced.map_err(|lost| anyhow::anyhow!("cannot run {name}: {lost}"))
    };
    let engines: Vec<EngineRecord> = plan
        .backends
        .iter()
        .map(introduce)
        .collect::<Result<_, _>>()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(RunRecord {
        schema: SCHEMA,
        kind: Kind::Run,
        started: now.map_or(0, |since| since.as_secs()),
        command: command_line(),
        options: plan.options(),
        machine: Machine::read(),
        build: Build::read(),
        engines,
    })
}

/// As it has to be typed.
pub(crate) fn command_line() -> String {
    let arguments = std::env::args().skip(1);
    let words = ["cargo".to_owned(), "xtask".to_owned()];
    words
        .into_iter()
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The cases that have no cells yet.
fn pending<'p>(plan: &'p Plan, stored: &[CellRecord]) -> Vec<(&'p Case, ScalarType)> {
    let have: HashSet<(&str, &str)> = stored
        .iter()
        .map(|cell| (cell.case.as_str(), cell.scalar.as_str()))
        .collect();
    let mut pending = Vec::new();
    for &scalar in &plan.scalars {
        for case in &plan.cases {
            let suits = match scalar {
                ScalarType::F32 => case.suits::<f32>(),
                ScalarType::F64 => case.suits::<f64>(),
            };
            if suits && !have.contains(&(case.name.as_str(), scalar.name())) {
                pending.push((case, scalar));
            }
        }
    }
    pending
}

fn groups<'a>(
    plan: &Plan,
    pending: &[(&'a Case, ScalarType)],
    known: &'a [Known],
    engines: &[EngineRecord],
) -> Vec<Group<'a>> {
    let with_known = pending.iter().zip(known);
    with_known
        .map(|(&(case, scalar), known)| Group {
            case,
            scalar,
            known,
            contenders: contender::all(plan, case, known, engines),
        })
        .collect()
}

/// What a group takes, roughly and in any unit, for the time that is left.
fn weight(group: &Group<'_>) -> f64 {
    // A sample takes 1.5 ms and its set-up, and a slow library about a nanosecond for an operation.
    let sample = match group.known.flops {
        Some(flops) => (flops * 1e-9).max(2e-3),
        None => 0.02,
    };
    sample * group.contenders.len() as f64
}
