//! `scaling`: the time of a Levenberg-Marquardt step against the width of a square net and the number
//! of samples, for every way to solve it.

mod args;
mod contender;
mod exponent;
mod limits;
mod matrix_free;
mod measure;
mod numpy;
mod picture;
mod plan;
mod record;
mod run;
mod size;
mod table;

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;

pub(crate) use args::ScalingArgs;

use crate::compare::command_line;
use crate::publish;
use leastwise_harness::machine::{Build, Machine};
use leastwise_harness::progress;
use plan::{MARKER, Plan};
use record::{Agreement, Results};
use size::Sweep;

/// Measures, prints the tables, and writes `scaling.json` and the picture.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, found before any work; a
/// step that is wrong, after everything else was reported; what a contender reports.
pub(crate) fn run(args: &ScalingArgs) -> anyhow::Result<()> {
    let plan = args.plan()?;
    // The parts of faer that take no parallelism as an argument use all threads otherwise.
    faer::set_global_parallelism(faer::Par::Seq);
    let mut results = empty(&plan);
    let sizes: Vec<(Sweep, usize)> = Sweep::ALL
        .into_iter()
        .flat_map(|sweep| plan.sizes(sweep).iter().map(move |&at| (sweep, at)))
        .collect();
    let weight = |&(sweep, at): &(Sweep, usize)| measure::weight(sweep, at, &plan);
    let total: f64 = sizes.iter().map(weight).sum();
    let bar = progress::bar();
    let mut done = 0.0;
    for size in &sizes {
        let (sweep, at) = *size;
        let outcome = measure::at(sweep, at, &plan, |what| bar.set_message(what.to_owned()))?;
        results.agreements.extend(outcome.agreements);
        results.measurements.extend(outcome.measurements);
        done += weight(size);
        progress::set(&bar, done / total);
    }
    bar.finish_and_clear();
    results.fit();
    report(&results, &plan)?;
    faults(&results)
}

/// Fails if a step is wrong: a line for each.
fn faults(results: &Results) -> anyhow::Result<()> {
    let wrong = results.agreements.iter().filter(|a| !a.is_same);
    let lines: Vec<String> = wrong
        .map(|fault| {
            let Agreement {
                sweep,
                at,
                who,
                difference,
                ..
            } = fault;
            format!(
                "{who} at {} {at}: {difference:.1e} of the step's length from all other ways to it",
                sweep.name()
            )
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let plural = if lines.len() == 1 {
        "step is"
    } else {
        "steps are"
    };
    bail!(
        "{} {plural} wrong and not timed:\n{}",
        lines.len(),
        lines.join("\n")
    )
}

fn empty(plan: &Plan) -> Results {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let backends = plan.backends.iter();
    Results {
        started: now.map_or(0, |since| since.as_secs()),
        command: command_line(),
        machine: Machine::read(),
        build: Build::read(),
        depth: plan.depth,
        limits: plan.limits,
        widths: plan.widths.clone(),
        samples: plan.samples.clone(),
        backends: backends.map(|b| b.info().name.to_owned()).collect(),
        numpy: plan.numpy.as_ref().map(|numpy| numpy.version.clone()),
        agreements: Vec::new(),
        measurements: Vec::new(),
        growths: Vec::new(),
    }
}

fn report(results: &Results, plan: &Plan) -> anyhow::Result<()> {
    let data = publish::json(&plan.out, "scaling.json", results)?;
    let documents = [(MARKER.to_owned(), table::document(results))];
    publish::publish(&documents, &plan.out, Some(data), plan.page.as_deref())
}
