//! The tables.

use comfy_table::Table;

use super::judge::{is_complete, is_false_success};
use super::results::{Cell, Results, Row};
use crate::compare::report::format::human_time;
use crate::compare::statistics::median;
use crate::studies::minpack::table::table;

/// All tables, no line wider than 100.
pub(super) fn render(results: &Results) -> String {
    let first = results.names.first().map_or("", String::as_str);
    format!(
        "{} runs, default tolerances: how many reach so many digits\n{}\n\n\
         Correct digits of the worst parameter, by data set and start\n{}\n\n\
         Run by run, by {first} and the first of the peers\n{}\n\n{}",
        results.rows.len(),
        totals(results),
        digits(results),
        runs(results),
        notes(results)
    )
}

/// `a` for the first contender.
fn letter(contender: usize) -> char {
    ('a'..='z').nth(contender).unwrap_or('?')
}

fn label(results: &Results, contender: usize) -> String {
    let (letter, name) = (letter(contender), &results.names[contender]);
    if results.is_ours[contender] {
        format!("{letter} trust region, {name}")
    } else {
        format!("{letter} {name}")
    }
}

/// The median, over the runs that both solve, of its time over that of `other`.
fn median_ratio(results: &Results, contender: usize, other: usize) -> Option<f64> {
    let pairs = results
        .rows
        .iter()
        .map(|row| (&row.cells[contender], &row.cells[other]));
    let solved = pairs.filter(|(cell, other)| cell.is_solved && other.is_solved);
    let ratios: Vec<f64> = solved
        .map(|(cell, other)| cell.nanoseconds / other.nanoseconds)
        .collect();
    (!ratios.is_empty()).then(|| median(&ratios))
}

fn totals(results: &Results) -> Table {
    let mut table = table(&["", "≥ 4", "≥ 6", "≥ 8", "all", "false", "r", "J", "time"]);
    let peer = results.peer();
    for contender in 0..results.names.len() {
        let cells = || results.rows.iter().map(|row| (row, &row.cells[contender]));
        let count = |holds: &dyn Fn(&Row, &Cell) -> bool| {
            let runs = cells().filter(|(row, cell)| holds(row, cell));
            runs.count().to_string()
        };
        let sum = |evaluations: fn(&Cell) -> usize| {
            let sum: usize = cells().map(|(_, cell)| evaluations(cell)).sum();
            sum.to_string()
        };
        let ratio = peer.and_then(|peer| median_ratio(results, contender, peer));
        table.add_row([
            label(results, contender),
            count(&|_, cell| cell.digits >= 4.0),
            count(&|_, cell| cell.digits >= 6.0),
            count(&|_, cell| cell.digits >= 8.0),
            count(&is_complete),
            count(&|_, cell| is_false_success(cell)),
            sum(|cell| cell.outcome.residuals),
            sum(|cell| cell.outcome.jacobians),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}×")),
        ]);
    }
    table
}

fn digits(results: &Results) -> Table {
    let letters = (0..results.names.len()).map(|contender| letter(contender).to_string());
    let header: Vec<String> = [String::new(), "asked".to_owned()]
        .into_iter()
        .chain(letters)
        .collect();
    let mut table = table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for row in &results.rows {
        let asked = [row.label.clone(), format!("{:.1}", row.attainable)];
        table.add_row(asked.into_iter().chain(row.cells.iter().map(found)));
    }
    table
}

/// The digits, with a mark where the run ended as success elsewhere.
fn found(cell: &Cell) -> String {
    let mark = if is_false_success(cell) { "✗" } else { "" };
    format!("{:.1}{mark}", cell.digits)
}

/// The first backend beside the peer.
fn runs(results: &Results) -> Table {
    let mut table = table(&[
        "",
        "digits",
        "r / J",
        "time",
        "ended by",
        "peer digits",
        "r / J",
        "time",
    ]);
    for row in &results.rows {
        let ours = &row.cells[0];
        let mut line = vec![row.label.clone(), found(ours), evaluations(ours)];
        line.extend([human_time(ours.nanoseconds), reason(ours)]);
        if let Some(peer) = results.peer().map(|peer| &row.cells[peer]) {
            line.extend([found(peer), evaluations(peer), human_time(peer.nanoseconds)]);
        }
        table.add_row(line);
    }
    table
}

fn evaluations(cell: &Cell) -> String {
    format!("{} / {}", cell.outcome.residuals, cell.outcome.jacobians)
}

fn reason(cell: &Cell) -> String {
    let termination = cell.outcome.termination.replace(" converged", "");
    termination.replace("evaluation ", "")
}

fn notes(results: &Results) -> String {
    let rounds = results.rounds;
    let peer = results.peer().map_or("", |peer| &results.names[peer]);
    format!(
        "digits: −log₁₀ of the relative error of the worst parameter, at most 11, which is what is certified.\n\
         all: as many as are asked for, 10 or what rounding leaves. r, J: residuals and Jacobians evaluated.\n\
         false, ✗: ended as success with more than the certified sum of squares, by 1e-6 of it.\n\
         time: over that of {peer}, the median over the runs that both solve, each the\n\
         median of {rounds} rounds in which contenders take turns. One thread, f64."
    )
}
