//! A table for every case and scalar type.

use maud::{Markup, html};

use super::overview::{caution, outcome};
use super::parts::{anchor, contender, ratio, short, time};
use super::table::{Body, Entry, Heading, Row, Table, numbers, words};
use crate::compare::analysis::{self, Group, Row as Ranked};
use crate::compare::record::{CellRecord, Results};
use crate::compare::report::picture::Engines;
use crate::compare::report::{digits, human_time, solution_lines};
use crate::compare::statistics::Interval;
use leastwise_harness::model::{Operation, Status};

pub(super) fn section(results: &Results, groups: &[Group<'_>], engines: &Engines) -> Markup {
    html! {
        section #cases aria-labelledby="cases-heading" {
            h2 #cases-heading { "Every case" }
            (caution())
            @for (place, group) in groups.iter().enumerate() {
                details id=(anchor(group)) open[place == 0 || is_a_main_one(group)] {
                    summary {
                        h3 { (group.case) ", " (group.scalar) }
                        " " span.summary { (outcome(group)) (fastest(group)) }
                    }
                    p { (description(group)) }
                    (table(results, group, engines))
                }
            }
        }
    }
}

/// The first entries of X of the recommended contender, for a system of the user's own.
pub(super) fn solution(results: &Results, groups: &[Group<'_>]) -> Option<Markup> {
    let best = groups.iter().filter_map(analysis::recommended);
    let shown = best.filter_map(|cell| Some((cell, solution_lines(cell)?)));
    let shown: Vec<(&CellRecord, Vec<String>)> = shown.filter(|_| results.is_own()).collect();
    (!shown.is_empty()).then(|| {
        html! {
            section #solution aria-labelledby="solution-heading" {
                h2 #solution-heading { "Solution" }
                @for (cell, lines) in shown {
                    h3 { (cell.label()) ", " (cell.scalar) }
                    @for line in lines { p { (line) } }
                }
            }
        }
    })
}

/// Whole fits, and whatever has a wrong answer.
fn is_a_main_one(group: &Group<'_>) -> bool {
    let mut cells = group.rows.iter().map(|row| row.cell);
    group.op == Operation::LmFit || cells.any(|cell| cell.status.is_fault() && !cell.control)
}

fn fastest(group: &Group<'_>) -> String {
    let named = group.best().and_then(|best| Some((best, best.median_ns?)));
    named.map_or_else(String::new, |(best, time)| {
        format!(", fastest {} in {}", best.label(), human_time(time))
    })
}

fn description(group: &Group<'_>) -> String {
    let Some(Ranked { cell, .. }) = group.rows.first() else {
        return String::new();
    };
    let (rows, cols) = (cell.rows, cell.cols);
    match group.op {
        Operation::Lstsq => {
            let unknowns = if cell.rhs == 1 {
                "‖Ax − b‖"
            } else {
                "‖AX − B‖"
            };
            let rank = cell.true_rank.map(|rank| format!(" of rank {rank}"));
            let condition = cell.condition.map(|k| {
                let k = if k < 1e4 {
                    format!("{k:.3}")
                } else {
                    format!("{k:.2e}")
                };
                format!(", σ₁/σᵣ = {k}")
            });
            format!(
                "min {unknowns}, A {rows}×{cols}{}{}",
                rank.unwrap_or_default(),
                condition.unwrap_or_default()
            )
        }
        Operation::Matmul => format!("A·B, {rows}×{cols} by {cols}×{}", cell.rhs),
        Operation::LmFit => format!(
            "The whole fit by Levenberg-Marquardt, with a Jacobian of {rows}×{cols}, to a loss of \
             10⁻²⁰"
        ),
    }
}

fn table(results: &Results, group: &Group<'_>, engines: &Engines) -> Table {
    let timed = group.is_timed();
    let mut header = vec![words("library"), words("status")];
    if group.op != Operation::Matmul {
        header[0] = words("library/method");
    }
    header.extend(accuracy_header(group.op));
    if timed {
        header.extend([
            numbers("time"),
            numbers("ratio to\u{a0}best"),
            numbers("allocations"),
        ]);
        if group.op != Operation::LmFit {
            header.push(numbers("Gflop/s"));
            header.push(numbers("of peak"));
        }
    }
    let columns = header.len();
    let peak = analysis::peak_gflops(results, group.scalar);
    let rows = |control: bool| {
        let chosen = group
            .rows
            .iter()
            .filter(move |row| row.cell.control == control);
        chosen
            .map(|row| shown(row, group.op, columns, peak, engines))
            .collect()
    };
    Table {
        caption: format!("{}, {}: every answer", group.case, group.scalar),
        header,
        bodies: vec![
            Body {
                title: None,
                rows: rows(false),
            },
            Body {
                title: Some(
                    "The libraries called by hand, without the adapter: outside the ranking",
                ),
                rows: rows(true),
            },
        ],
    }
}

fn accuracy_header(op: Operation) -> Vec<Heading> {
    let names: &[&str] = match op {
        Operation::Lstsq => &[
            "rank",
            "backward error, u",
            "digits",
            "null part",
            "disagreement",
        ],
        Operation::Matmul => &["error / bound"],
        Operation::LmFit => &["loss", "solves", "evaluations"],
    };
    names.iter().map(|name| numbers(name)).collect()
}

fn shown(
    row: &Ranked<'_>,
    op: Operation,
    columns: usize,
    peak: Option<f64>,
    engines: &Engines,
) -> Row {
    let cell = row.cell;
    let wins = row.near_best && !cell.control;
    let name = html! {
        (contender(cell, engines))
        @if wins { " " span.mark { "fastest" } }
    };
    let mut entries = vec![Entry::text(name), status(cell)];
    if has_figures(cell) {
        entries.extend(accuracy(cell, op));
    }
    if let Some(versus) = row.ratio {
        entries.extend(speed(cell, versus));
        if op != Operation::LmFit {
            let speed = analysis::gflops(cell);
            let share = speed.zip(peak).map(|(speed, peak)| 100.0 * speed / peak);
            entries.push(Entry::plain(speed, short));
            entries.push(Entry::plain(share, |share| format!("{share:.0} %")));
        }
    }
    let left = columns - entries.len();
    if left > 0 {
        let reason = cell.reason.as_deref().unwrap_or_default();
        entries.push(Entry::text(reason).class("reason").spanning(left));
    } else if let (Some(reason), None) = (&cell.reason, row.ratio) {
        // Nothing is timed: no column is free.
        entries[1] = Entry::text(html! { (cell.status.name()) ": " (reason) }).class("reason");
    }
    let class = match cell.status {
        Status::Ok if wins => Some("best"),
        Status::Ok => None,
        Status::Refused | Status::Unsupported => Some("absent"),
        Status::Rejected | Status::Error => Some("wrong"),
    };
    Row { entries, class }
}

fn status(cell: &CellRecord) -> Entry {
    Entry::text(html! { span.status { (cell.status.name()) } })
}

/// Whether there is an answer whose accuracy was found; otherwise its columns are free.
fn has_figures(cell: &CellRecord) -> bool {
    let errors = [cell.backward_error_u, cell.forward_error, cell.residual];
    cell.rank.is_some() || errors.iter().any(Option::is_some)
}

fn accuracy(cell: &CellRecord, op: Operation) -> Vec<Entry> {
    let count = |value: Option<usize>| Entry::count(value.map(|count| count as u64));
    let figure = |value: Option<f64>| Entry::plain(value, short);
    match op {
        Operation::Lstsq => vec![
            count(cell.rank),
            figure(cell.backward_error_u),
            right_digits(cell.forward_error),
            figure(cell.min_norm_excess),
            figure(cell.disagreement),
        ],
        Operation::Matmul => vec![figure(cell.backward_error_u)],
        Operation::LmFit => {
            vec![
                figure(cell.residual),
                count(cell.solves),
                count(cell.evaluations),
            ]
        }
    }
}

/// More digits than any scalar type has, for an answer without error.
const ALL_DIGITS: f64 = 400.0;

fn right_digits(forward_error: Option<f64>) -> Entry {
    let value = forward_error.map(|error| {
        if error > 0.0 {
            -error.log10()
        } else {
            ALL_DIGITS
        }
    });
    Entry::plain(value, |_| forward_error.map(digits).unwrap_or_default())
}

fn speed(cell: &CellRecord, versus: Interval) -> [Entry; 3] {
    [time(cell), ratio(versus), Entry::count(cell.allocations)]
}
