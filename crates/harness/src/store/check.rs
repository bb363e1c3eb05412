//! Checks that a run can have written the lines of a stored result. Users edit these files, and a report must
//! not compute with impossible values.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::RangeInclusive;
use std::str::FromStr;

use leastwise_core::Method;

use crate::model::{Operation, ScalarType, Status};
use crate::record::{CellRecord, Kind, Options, RunRecord};
use crate::statistics::median;

/// 9999-12-31T23:59:59Z, the last date whose year has four digits.
const LAST_DATE: u64 = 253_402_300_799;
const MOST_THREADS: usize = 1 << 16;
/// Eight tebibytes of f64.
const MOST_ENTRIES: usize = 1 << 40;
/// The possible times of one call in nanoseconds: from below the resolution of any clock to thirty years.
const TIMES: RangeInclusive<f64> = 1e-6..=1e18;
/// The relative difference between a stored figure and the same figure computed from the stored samples.
/// Decimals round.
const ROUNDING: f64 = 1e-9;

/// What is wrong with the line of the run, if anything.
pub(super) fn run(run: &RunRecord) -> Result<(), String> {
    if run.started > LAST_DATE {
        return Err(format!(
            "started is {} seconds after 1970, which is beyond the year 9999",
            run.started
        ));
    }
    let backends: Vec<&String> = run.engines.iter().map(|engine| &engine.backend).collect();
    if !run.options.backends.iter().eq(backends) {
        return Err("options.backends and engines differ".to_owned());
    }
    for engine in &run.engines {
        check_threads("engines.threads", engine.threads)?;
    }
    options(&run.options)
}

fn options(options: &Options) -> Result<(), String> {
    if !["check", "quick", "default", "full"].contains(&options.depth.as_str()) {
        return Err(format!("options.depth is {:?}", options.depth));
    }
    check_threads("options.threads", options.threads)?;
    for (name, list) in [
        ("backends", &options.backends),
        ("methods", &options.methods),
        ("scalars", &options.scalars),
        ("cases", &options.cases),
    ] {
        if list.is_empty() {
            return Err(format!("options.{name} is empty"));
        }
        if let Some(twice) = first_twice(list) {
            return Err(format!("options.{name} has {twice:?} twice"));
        }
    }
    let known = |method: &&String| Method::from_str(method).is_err();
    if let Some(unknown) = options.methods.iter().find(known) {
        return Err(format!("there is no method {unknown:?}"));
    }
    let known = |scalar: &&String| ScalarType::from_str(scalar).is_err();
    if let Some(unknown) = options.scalars.iter().find(known) {
        return Err(format!("there is no scalar type {unknown:?}"));
    }
    Ok(())
}

fn check_threads(name: &str, threads: usize) -> Result<(), String> {
    if (1..=MOST_THREADS).contains(&threads) {
        return Ok(());
    }
    Err(format!("{name} is {threads}"))
}

fn first_twice<V: Hash + Eq>(values: &[V]) -> Option<&V> {
    let mut seen = HashSet::new();
    values.iter().find(|value| !seen.insert(*value))
}

/// What is wrong with the line of a cell, if anything.
pub(super) fn cell(cell: &CellRecord, run: &RunRecord) -> Result<(), String> {
    names(cell, run)?;
    shape(cell)?;
    figures(cell)?;
    times(cell, &run.options)
}

/// Checks that every name is one of the run.
fn names(cell: &CellRecord, run: &RunRecord) -> Result<(), String> {
    let mut engines = run.engines.iter();
    if !engines.any(|engine| engine.backend == cell.backend && engine.engine == cell.engine) {
        return Err(format!(
            "the run has no backend {:?} with the engine {:?}",
            cell.backend, cell.engine
        ));
    }
    for (what, list, name) in [
        ("case", &run.options.cases, Some(&cell.case)),
        ("scalar type", &run.options.scalars, Some(&cell.scalar)),
        ("method", &run.options.methods, cell.method.as_ref()),
    ] {
        if let Some(unknown) = name.filter(|name| !list.contains(name)) {
            return Err(format!("the run has no {what} {unknown:?}"));
        }
    }
    if cell.method.is_some() == (cell.op == Operation::Matmul) {
        return Err(
            "method must be absent for a product, and present for everything else".to_owned(),
        );
    }
    Ok(())
}

fn shape(cell: &CellRecord) -> Result<(), String> {
    let (rows, cols, rhs) = (cell.rows, cell.cols, cell.rhs);
    for (rows, cols) in [(rows, cols), (rows, rhs), (cols, rhs)] {
        let entries = rows.saturating_mul(cols);
        if !(1..=MOST_ENTRIES).contains(&entries) {
            return Err(format!(
                "rows, cols and rhs are {}, {} and {}",
                cell.rows, cell.cols, cell.rhs
            ));
        }
    }
    if cell.size.is_some_and(|size| (rows, cols) != (size, size)) {
        return Err(format!("size does not match {rows}x{cols}"));
    }
    let (most, longest) = (rhs, cols);
    let fits = |x: &Vec<Vec<f64>>| {
        let lengths = x.iter().map(Vec::len);
        (1..=most).contains(&x.len()) && lengths.clone().all(|len| (1..=longest).contains(&len))
    };
    if cell.x_head.as_ref().is_some_and(|x| !fits(x)) {
        return Err(format!(
            "x_head does not fit into the {cols}x{rhs} entries of X"
        ));
    }
    // A wrong answer may have any rank.
    let found = cell.rank.filter(|_| cell.status == Status::Ok);
    for (name, rank) in [("rank", found), ("true_rank", cell.true_rank)] {
        if let Some(rank) = rank.filter(|&rank| rank > rows.min(cols)) {
            return Err(format!("{name} is {rank} of {rows}x{cols}"));
        }
    }
    Ok(())
}

/// Checks the figures. JSON has neither NaN nor infinity, so only the sign can be wrong.
fn figures(cell: &CellRecord) -> Result<(), String> {
    for (name, figure) in [
        ("condition", cell.condition),
        ("backward_error_u", cell.backward_error_u),
        ("forward_error", cell.forward_error),
        ("min_norm_excess", cell.min_norm_excess),
        ("disagreement", cell.disagreement),
        ("residual", cell.residual),
    ] {
        if let Some(figure) = figure.filter(|figure| *figure < 0.0) {
            return Err(format!("{name} is {figure}"));
        }
    }
    match cell.flops {
        Some(flops) if !(flops > 0.0) => Err(format!("flops is {flops}")),
        _ => Ok(()),
    }
}

fn times(cell: &CellRecord, options: &Options) -> Result<(), String> {
    let samples = &cell.samples_ns;
    let is_timed = cell.kind == Kind::Speed;
    if is_timed && cell.status != Status::Ok {
        return Err(format!(
            "status is {}, but it was timed",
            cell.status.name()
        ));
    }
    if [
        samples.is_empty(),
        cell.median_ns.is_none(),
        cell.ci95_ns.is_none(),
        cell.processes == 0,
    ] != [!is_timed; 4]
    {
        return Err(
            "kind, samples_ns, median_ns, ci95_ns and processes do not agree on whether it was timed"
                .to_owned(),
        );
    }
    let (Some(middle), Some([low, high])) = (cell.median_ns, cell.ci95_ns) else {
        return Ok(());
    };
    if let Some(sample) = samples.iter().find(|sample| !TIMES.contains(sample)) {
        return Err(format!("samples_ns has {sample:e}"));
    }
    let expected = median(samples);
    if !((middle - expected).abs() <= ROUNDING * expected) {
        return Err(format!(
            "median_ns is {middle}, but the median of samples_ns is {expected}"
        ));
    }
    if !(low > 0.0 && low <= middle * (1.0 + ROUNDING) && middle <= high * (1.0 + ROUNDING)) {
        return Err(format!(
            "ci95_ns is from {low} to {high}, but the median is {middle}"
        ));
    }
    let most = options.processes.saturating_mul(options.rounds);
    if cell.processes != options.processes
        || !samples.len().is_multiple_of(cell.processes)
        || samples.len() > most
    {
        return Err(format!(
            "{} processes took {} samples, but the run has {} processes of at most {} rounds",
            cell.processes,
            samples.len(),
            options.processes,
            options.rounds
        ));
    }
    Ok(())
}

/// What is wrong with the cells of a case together, if anything.
pub(super) fn group(cells: &[CellRecord]) -> Result<(), String> {
    let shape = |cell: &CellRecord| (cell.rows, cell.cols, cell.rhs, cell.size);
    let of_the_case = |cell: &CellRecord| (cell.op, cell.case.clone(), cell.scalar.clone());
    let samples = |cell: &&CellRecord| cell.samples_ns.len();
    let mut timed = cells.iter().filter(|cell| !cell.samples_ns.is_empty());
    let rounds = timed.next().map_or(0, |first| samples(&first));
    for pair in cells.windows(2) {
        if of_the_case(&pair[0]) != of_the_case(&pair[1]) || shape(&pair[0]) != shape(&pair[1]) {
            return Err("the cells before it differ in case, scalar type or shape".to_owned());
        }
    }
    if !timed.all(|cell| samples(&cell) == rounds) {
        return Err(
            "the cells before it took turns, but differ in their number of samples".to_owned(),
        );
    }
    Ok(())
}
