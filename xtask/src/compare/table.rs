//! What is printed: a table for each case and scalar type, no wider than a terminal.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use leastwise_conformance::STABLE_BACKWARD_ERROR;

use super::Comparison;
use super::cell::{Cell, Operation, Status};

pub(super) fn render(comparison: &Comparison) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for engine in &comparison.engines {
        let threads = engine.threads;
        let plural = if threads == 1 { "" } else { "s" };
        let _ = writeln!(
            text,
            "{} {}, {threads} thread{plural}",
            engine.name, engine.version
        );
    }
    for facts in &comparison.facts {
        let of_case = |cell: &&Cell| {
            cell.operation == Operation::Lstsq
                && (cell.case.as_str(), cell.scalar) == (facts.case, facts.scalar)
        };
        let group: Vec<&Cell> = comparison.cells.iter().filter(of_case).collect();
        let _ = writeln!(
            text,
            "\n{}, {}: min ‖Ax − b‖, {}x{} of rank {}, σ₁/σᵣ = {:.3}",
            facts.case, facts.scalar, facts.rows, facts.cols, facts.rank, facts.condition
        );
        let _ = writeln!(text, "{}", least_squares(&group, comparison.timed));
    }
    for scalar in ["f64", "f32"] {
        let of_scalar = |cell: &&Cell| cell.operation == Operation::Matmul && cell.scalar == scalar;
        let cells: Vec<&Cell> = comparison.cells.iter().filter(of_scalar).collect();
        if !cells.is_empty() {
            let _ = writeln!(text, "\nmatmul, {scalar}: C = A·B");
            let _ = writeln!(text, "{}", products(&cells, comparison.timed));
        }
    }
    text.push_str(&legend(comparison.timed));
    text
}

fn new_table(header: &[&str], left_columns: usize) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().copied());
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if i >= left_columns {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The columns of a table that are there only if there are times.
const TIMES: [&str; 2] = ["time", "vs best"];

fn least_squares(group: &[&Cell], timed: bool) -> Table {
    let accuracy = [
        "library/method",
        "backward",
        "digits",
        "null part",
        "disagree",
    ];
    let times_shown: &[&str] = if timed { &TIMES } else { &[] };
    let mut table = new_table(&[&accuracy, times_shown].concat(), 1);
    for cell in group {
        if cell.status != Status::Ok {
            table.add_row([cell.contender(), cell.status.name().to_owned()]);
            continue;
        }
        let mut row = vec![
            cell.contender(),
            optional(cell.backward_error_u, |u| format!("{u:.1} u")),
            optional(cell.forward_error, digits),
            optional(cell.min_norm_excess, |excess| format!("{excess:.0e}")),
            optional(cell.disagreement, |difference| format!("{difference:.0e}")),
        ];
        if timed {
            row.extend(times(cell, group));
        }
        table.add_row(row);
    }
    table
}

fn products(cells: &[&Cell], timed: bool) -> Table {
    let accuracy = ["A by B", "library", "error"];
    let times_shown: &[&str] = if timed { &TIMES } else { &[] };
    let mut table = new_table(&[&accuracy, times_shown].concat(), 2);
    let mut last_case = "";
    for cell in cells {
        let error = match &cell.status {
            Status::Ok => optional(cell.backward_error_u, |error| format!("{error:.1e}")),
            other => other.name().to_owned(),
        };
        let case = if cell.case == last_case {
            ""
        } else {
            &cell.case
        };
        last_case = &cell.case;
        let mut row = vec![case.to_owned(), cell.contender(), error];
        if timed {
            let group: Vec<&Cell> = cells
                .iter()
                .copied()
                .filter(|c| c.case == cell.case)
                .collect();
            row.extend(times(cell, &group));
        }
        table.add_row(row);
    }
    table
}

fn optional(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

/// −log₁₀ of the relative error.
fn digits(forward_error: f64) -> String {
    if forward_error == 0.0 {
        return "all".to_owned();
    }
    format!("{:.1}", -forward_error.log10())
}

/// Median with half the interquartile range, and the ratio to the fastest median of the group.
fn times(cell: &Cell, group: &[&Cell]) -> [String; 2] {
    let Some([low, median, high]) = cell.quartiles_ns() else {
        return ["-".to_owned(), "-".to_owned()];
    };
    let best = group
        .iter()
        .filter_map(|cell| cell.quartiles_ns())
        .map(|[_, median, _]| median)
        .fold(f64::INFINITY, f64::min);
    let spread = 50.0 * (high - low) / median;
    [
        format!("{} ±{spread:2.0} %", human_time(median)),
        format!("{:.2}x", median / best),
    ]
}

/// Three digits and a unit.
fn human_time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

fn legend(timed: bool) -> String {
    let mut text = format!(
        "\nEvery answer was held against the minimum-norm solution in extended precision.\n\
         backward   the error of A, in units of ‖A‖_F·u, that explains x; stable: at most \
         {STABLE_BACKWARD_ERROR}\n\
         digits     of x that are right\n\
         null part  ‖the part of x in the null space of A‖/‖x‖\n\
         disagree   the largest ‖x − y‖/‖x‖ against the other answers y of the table\n\
         refused    the method cannot solve a rank-deficient problem and says so, as it must\n\
         error      of a product, the largest |error|/(k·u·|A||B|); right: at most 1\n"
    );
    if timed {
        text.push_str(
            "time       median ± half the interquartile range of one call on one thread, with its \
             copies\n           of A and b; matmul into a C that exists. Cells of a table take \
             turns.\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits() {
        for (nanoseconds, shown) in [
            (1.234, "1.23 ns"),
            (999.6, "1000 ns"),
            (1e3, "1.00 µs"),
            (9996.0, "10.0 µs"),
            (123_456_789.0, "123 ms"),
            (2.5e9, "2.50 s"),
        ] {
            assert_eq!(human_time(nanoseconds), shown);
        }
    }
}
