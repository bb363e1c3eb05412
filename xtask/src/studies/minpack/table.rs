//! The tables.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table};

use super::contender::Tolerances;
use super::judge::{self, Totals};
use super::results::{Cell, Results, Row, Suite};
use crate::compare::report::format::{date, human_time};
use crate::compare::statistics::median;
use crate::text_table::text_table;
use leastwise_harness::machine::{Build, Machine};

/// All tables, no line wider than 100.
pub(super) fn render(results: &Results) -> String {
    let mut text = String::new();
    for suite in &results.suites {
        let _ = writeln!(text, "{}\n{}\n", heading(suite), totals(results, suite));
    }
    let _ = writeln!(
        text,
        "Linear function - full rank, which Levenberg-Marquardt solves in two or three evaluations\n{}\n",
        sizes(results)
    );
    let first = results.names.first().map_or("", String::as_str);
    for suite in &results.suites {
        let _ = writeln!(
            text,
            "Run by run, by {first} and the peer levenberg-marquardt:\n{}\n{}\n",
            title(suite.tolerances),
            runs(results, suite)
        );
    }
    text + &notes(results)
}

/// What it was measured on.
pub(crate) fn source(machine: &Machine, build: &Build, started: u64, command: &str) -> String {
    let mut lines = machine.lines();
    lines.extend(build.lines());
    lines.push(format!("{}: {command}", date(started)));
    lines.join("\n")
}

fn title(tolerances: Tolerances) -> &'static str {
    match tolerances {
        Tolerances::Minpack => "tolerances of MINPACK's driver, ftol = xtol = 1.5e-8, gtol = 0",
        Tolerances::Default => "default tolerances",
    }
}

fn heading(suite: &Suite) -> String {
    format!("{} runs, {}", suite.rows.len(), title(suite.tolerances))
}

/// The first column is text, the others are numbers.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = text_table(header.to_vec());
    for (place, column) in table.column_iter_mut().enumerate() {
        if place > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 1));
    }
    table
}

/// The median, over the runs that both solve, of its time over that of the contender `other`: who
/// gives up early is not fast.
fn median_ratio(suite: &Suite, contender: usize, other: usize) -> Option<f64> {
    let pairs = suite
        .rows
        .iter()
        .map(|row| (&row.cells[contender], &row.cells[other]));
    let solved = pairs.filter(|(cell, other)| cell.is_solved && other.is_solved);
    let ratios: Vec<f64> = solved
        .map(|(cell, other)| cell.nanoseconds / other.nanoseconds)
        .collect();
    (!ratios.is_empty()).then(|| median(&ratios))
}

fn totals(results: &Results, suite: &Suite) -> Table {
    let mut table = table(&[
        "",
        "solved",
        "residuals",
        "Jacobians",
        "false success",
        "time / levenberg-marquardt",
    ]);
    let peer = results.peer();
    for (contender, name) in results.names.iter().enumerate() {
        let totals = Totals::of(suite, contender);
        let ratio = peer.and_then(|peer| median_ratio(suite, contender, peer));
        table.add_row([
            label(results, contender, name),
            totals.solved.to_string(),
            totals.residuals.to_string(),
            totals.jacobians.to_string(),
            totals.false_claims.to_string(),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}×")),
        ]);
    }
    if suite.tolerances == Tolerances::Minpack {
        table.add_row([
            "MINPACK, as printed".to_owned(),
            judge::SOLVED.to_string(),
            judge::RESIDUALS.to_string(),
            judge::JACOBIANS.to_string(),
            String::new(),
            String::new(),
        ]);
    }
    table
}

fn label(results: &Results, contender: usize, name: &str) -> String {
    if results.is_ours[contender] {
        format!("trust region, {name}")
    } else {
        name.to_owned()
    }
}

fn sizes(results: &Results) -> Table {
    let sizes: Vec<String> = results.sizes.iter().map(size).collect();
    let header: Vec<&str> = [""]
        .into_iter()
        .chain(sizes.iter().map(String::as_str))
        .collect();
    let mut table = table(&header);
    for (contender, name) in results.names.iter().enumerate() {
        let cells = results.sizes.iter().map(|row| &row.cells[contender]);
        let times = cells.map(|cell| human_time(cell.nanoseconds) + mark(cell));
        table.add_row([label(results, contender, name)].into_iter().chain(times));
    }
    table
}

/// `1000x30` of the label of a run.
fn size(row: &Row) -> String {
    let label = row.label.split(" from").next().unwrap_or_default();
    label.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// The first backend beside the peer.
fn runs(results: &Results, suite: &Suite) -> Table {
    let peer = results.peer();
    let mut table = table(&[
        "run",
        "r / J",
        "‖r‖",
        "time",
        "ended by",
        "peer r / J",
        "‖r‖",
    ]);
    for row in &suite.rows {
        let ours = &row.cells[0];
        let mut line = vec![short(row), evaluations(ours), norm(ours)];
        line.extend([human_time(ours.nanoseconds), reason(ours)]);
        if let Some(peer) = peer.map(|peer| &row.cells[peer]) {
            line.extend([evaluations(peer), norm(peer)]);
        }
        table.add_row(line);
    }
    table
}

fn short(row: &Row) -> String {
    let label = row.label.replace("Linear function - ", "Linear, ");
    let label = label.replace(" with zero columns and rows", " with zeros");
    label.replace(" from 1 x0", "").replace(" from", ",")
}

fn evaluations(cell: &Cell) -> String {
    format!("{} / {}", cell.outcome.residuals, cell.outcome.jacobians)
}

/// ‖r‖, with a mark where it is that of no known minimum.
fn norm(cell: &Cell) -> String {
    format!("{:.2e}{}", cell.outcome.loss.sqrt(), mark(cell))
}

fn mark(cell: &Cell) -> &'static str {
    if cell.is_solved { "" } else { " ✗" }
}

fn reason(cell: &Cell) -> String {
    let termination = cell.outcome.termination.replace(" converged", "");
    termination.replace("evaluation ", "")
}

fn notes(results: &Results) -> String {
    let rounds = results.rounds;
    format!(
        "r / J: evaluations of the residual and of the Jacobian. ✗: at no known minimum.\n\
         false success: runs that end as success there. A stationary start is one for everybody.\n\
         time / levenberg-marquardt: the median, over the runs that both solve, of the quotient of \
         times,\neach the median of {rounds} rounds in which contenders take turns. One thread, f64."
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::contender::Outcome;
    use super::*;

    fn cell(nanoseconds: f64, is_solved: bool) -> Cell {
        Cell {
            outcome: Outcome {
                residuals: 1,
                jacobians: 1,
                loss: 0.0,
                parameters: Vec::new(),
                termination: String::new(),
                claims_success: is_solved,
                elapsed: Duration::ZERO,
            },
            is_solved,
            nanoseconds,
        }
    }

    fn suite(rows: Vec<Vec<Cell>>) -> Suite {
        let rows = rows.into_iter().map(|cells| Row {
            label: String::new(),
            missed_by_minpack: false,
            cells,
        });
        Suite {
            tolerances: Tolerances::Default,
            rows: rows.collect(),
        }
    }

    #[test]
    fn times_are_compared_where_both_solve() {
        let both = vec![cell(30.0, true), cell(10.0, true)];
        let one = vec![cell(1.0, false), cell(10.0, true)];
        let other = vec![cell(1.0, true), cell(10.0, false)];
        let all = suite(vec![one.clone(), both, other.clone()]);
        assert_eq!(median_ratio(&all, 0, 1), Some(3.0));
        assert_eq!(median_ratio(&suite(vec![one, other]), 0, 1), None);
    }
}
