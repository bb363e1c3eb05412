//! A case: every contender with its accuracy and its time.

use super::super::format::{digits, time_with_spread};
use super::super::section::Section;
use crate::compare::analysis::{self, Group, Row};
use crate::compare::record::Results;
use leastwise_harness::model::{Operation, Status};

/// Every contender of one case.
pub(crate) fn group(group: &Group<'_>, results: &Results) -> Section {
    match group.op {
        Operation::Lstsq => least_squares(group, results),
        Operation::Matmul => products(group, results),
        Operation::LmFit => fits(group, results),
    }
}

fn title(group: &Group<'_>, results: &Results) -> String {
    match results.run.options.threads {
        1 => problem(group),
        threads => format!("{}, up to {threads} threads", problem(group)),
    }
}

fn problem(group: &Group<'_>) -> String {
    let Some(Row { cell, .. }) = group.rows.first() else {
        return group.case.to_owned();
    };
    let (case, scalar, rows, cols) = (group.case, group.scalar, cell.rows, cell.cols);
    match group.op {
        Operation::Lstsq => {
            let rank = cell.true_rank.unwrap_or(0);
            let condition = cell.condition.map(|k| format!(", σ₁/σᵣ = {}", short(k)));
            let condition = condition.unwrap_or_default();
            let many = if cell.rhs == 1 {
                "‖Ax − b‖"
            } else {
                "‖AX − B‖"
            };
            format!("{case}, {scalar}: min {many}, {rows}x{cols} of rank {rank}{condition}")
        }
        Operation::Matmul => {
            format!("{case}, {scalar}: {rows}x{cols} by {cols}x{}", cell.rhs)
        }
        Operation::LmFit => {
            format!("{case}, {scalar}: Levenberg-Marquardt to a loss of 1e-20, J {rows}x{cols}")
        }
    }
}

fn short(x: f64) -> String {
    if x < 1e4 {
        format!("{x:.3}")
    } else {
        format!("{x:.2e}")
    }
}

/// The columns of a table that are there only if there are times.
const TIMES: [&str; 4] = ["time", "vs best", "allocs", "peak"];

fn with_times<'h>(accuracy: &[&'h str], group: &Group<'_>) -> Vec<&'h str> {
    let times: &[&'h str] = if group.is_timed() { &TIMES } else { &[] };
    [accuracy, times].concat()
}

fn least_squares(group: &Group<'_>, results: &Results) -> Section {
    let accuracy = ["library/method", "backward", "digits", "null", "differ"];
    let mut section = Section::table(title(group, results), &with_times(&accuracy, group), 1);
    let peak = analysis::peak_gflops(results, group.scalar);
    for row in &group.rows {
        let cell = row.cell;
        if cell.status != Status::Ok {
            section.push(vec![cell.label(), cell.status.name().to_owned()]);
            continue;
        }
        let mut shown = vec![
            cell.label(),
            optional(cell.backward_error_u, |u| format!("{u:.1} u")),
            optional(cell.forward_error, digits),
            optional(cell.min_norm_excess, |excess| format!("{excess:.0e}")),
            optional(cell.disagreement, |difference| format!("{difference:.0e}")),
        ];
        shown.extend(times(row, peak));
        section.push(shown);
    }
    section
}

fn products(group: &Group<'_>, results: &Results) -> Section {
    let header = with_times(&["library", "error"], group);
    let mut section = Section::table(title(group, results), &header, 1);
    let peak = analysis::peak_gflops(results, group.scalar);
    for row in &group.rows {
        let error = match row.cell.status {
            Status::Ok => optional(row.cell.backward_error_u, |error| format!("{error:.1e}")),
            other => other.name().to_owned(),
        };
        let mut shown = vec![row.cell.label(), error];
        shown.extend(times(row, peak));
        section.push(shown);
    }
    section
}

fn fits(group: &Group<'_>, results: &Results) -> Section {
    let mut header = vec!["library/method", "loss", "solves", "evaluations"];
    if group.is_timed() {
        header.extend(["time", "vs best", "allocs"]);
    }
    let mut section = Section::table(title(group, results), &header, 1);
    for row in &group.rows {
        let cell = row.cell;
        let loss = match cell.status {
            Status::Ok => optional(cell.residual, |loss| format!("{loss:.1e}")),
            other => other.name().to_owned(),
        };
        let mut shown = vec![
            cell.label(),
            loss,
            optional(cell.solves, |count| count.to_string()),
            optional(cell.evaluations, |count| count.to_string()),
        ];
        if let Some([time, versus, allocations]) = time_columns(row) {
            shown.extend([time, versus, allocations]);
        }
        section.push(shown);
    }
    section
}

fn optional<V>(value: Option<V>, show: impl Fn(V) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

fn times(row: &Row<'_>, peak: Option<f64>) -> Vec<String> {
    let Some([time, versus, allocations]) = time_columns(row) else {
        return Vec::new();
    };
    let share = analysis::gflops(row.cell)
        .zip(peak)
        .map(|(speed, peak)| format!("{:.0}%", 100.0 * speed / peak));
    vec![
        time,
        versus,
        allocations,
        share.unwrap_or_else(|| "-".to_owned()),
    ]
}

/// Median with its interval, ratio to the best with a mark where noise may be all, allocations.
fn time_columns(row: &Row<'_>) -> Option<[String; 3]> {
    let cell = row.cell;
    let ratio = row.ratio?;
    let mark = if row.near_best && !cell.control {
        "*"
    } else {
        " "
    };
    Some([
        time_with_spread(cell.interval()?),
        format!("{:.2}x{mark}", ratio.mid),
        optional(cell.allocations, |count| count.to_string()),
    ])
}
