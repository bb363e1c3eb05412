//! The section of a case: every contender with its accuracy and its time.

use leastwise_report::{Cell, Column, Group as TableGroup, Place, Row, Section, Table, Text, Tone};

use super::super::format::{human_time, range, short, time_with_spread};
use super::super::looks::Looks;
use crate::compare::analysis::{self, Group, Row as Ranked, operation_label};
use crate::compare::record::{CellRecord, Results};
use crate::compare::statistics::Interval;
use leastwise_harness::model::{Operation, Status};

/// Every contender of one case.
pub(crate) fn group(group: &Group<'_>, results: &Results, looks: &Looks) -> Section {
    let threads = match results.run.options.threads {
        1 => String::new(),
        threads => format!(", up to {threads} threads"),
    };
    let cells = || group.rows.iter().map(|row| row.cell);
    let first = results.cells.first();
    let is_first = first.is_some_and(|first| cells().any(|cell| std::ptr::eq(cell, first)));
    let has_fault = cells().any(|cell| cell.status.is_fault() && !cell.control);
    // Whole fits, and every group with a wrong answer.
    let is_open = is_first || group.op == Operation::LmFit || has_fault;
    let section = Section::new(format!("{}{threads}", problem(group))).id(&anchor(group));
    Section {
        summary: Text::from(summary(group)),
        ..section.place(if is_open { Place::Open } else { Place::Closed })
    }
    .with(table(group, results, looks))
}

/// The anchor of a group for links within the page.
pub(super) fn anchor(group: &Group<'_>) -> String {
    let operation = operation_label(group.op, None);
    format!("case-{operation}-{}-{}", group.case, group.scalar)
}

/// `12 right`, `8 right, 2 wrong`
pub(super) fn outcome(group: &Group<'_>) -> String {
    let cells = || group.rows.iter().map(|row| row.cell).filter(|c| !c.control);
    let right = cells().filter(|cell| cell.status == Status::Ok).count();
    match cells().filter(|cell| cell.status.is_fault()).count() {
        0 => format!("{right} right"),
        wrong => format!("{right} right, {wrong} wrong"),
    }
}

fn summary(group: &Group<'_>) -> String {
    let named = group.best().and_then(|best| Some((best, best.median_ns?)));
    let fastest =
        named.map(|(best, time)| format!(", fastest {} in {}", best.label(), human_time(time)));
    outcome(group) + &fastest.unwrap_or_default()
}

fn problem(group: &Group<'_>) -> String {
    let Some(Ranked { cell, .. }) = group.rows.first() else {
        return group.case.to_owned();
    };
    let (case, scalar, rows, cols) = (group.case, group.scalar, cell.rows, cell.cols);
    match group.op {
        Operation::Lstsq => {
            let rank = cell.true_rank.unwrap_or(0);
            let condition = match cell.condition {
                Some(k) if k < 1e4 => format!(", σ₁/σᵣ = {k:.3}"),
                Some(k) => format!(", σ₁/σᵣ = {k:.2e}"),
                None => String::new(),
            };
            let many = if cell.rhs == 1 {
                "‖Ax − b‖"
            } else {
                "‖AX − B‖"
            };
            format!("{case}, {scalar}: min {many}, {rows}x{cols} of rank {rank}{condition}")
        }
        Operation::Matmul => format!("{case}, {scalar}: {rows}x{cols} by {cols}x{}", cell.rhs),
        Operation::LmFit => {
            format!("{case}, {scalar}: Levenberg-Marquardt to a loss of 1e-20, J {rows}x{cols}")
        }
    }
}

fn columns(group: &Group<'_>) -> Vec<Column> {
    let number = Column::number;
    let name = match group.op {
        Operation::Matmul => "library",
        _ => "library/method",
    };
    let mut columns = vec![Column::text(name), Column::text("status").page_only()];
    columns.extend(match group.op {
        Operation::Lstsq => vec![
            number("rank").page_only(),
            number("backward").long("backward error, u"),
            number("digits"),
            number("null").long("null part"),
            number("differ").long("disagreement"),
        ],
        Operation::Matmul => vec![number("error").long("error / bound")],
        Operation::LmFit => vec![number("loss"), number("solves"), number("evaluations")],
    });
    if group.is_timed() {
        columns.extend([
            number("time"),
            number("vs best").long("ratio to\u{a0}best"),
            number("allocs").long("allocations"),
        ]);
        if group.op != Operation::LmFit {
            columns.push(number("Gflop/s").page_only());
            columns.push(number("peak").long("of peak"));
        }
    }
    columns
}

fn table(group: &Group<'_>, results: &Results, looks: &Looks) -> Table {
    let peak = analysis::peak_gflops(results, group.scalar);
    let columns = columns(group);
    let rows = |control: bool| {
        let chosen = group
            .rows
            .iter()
            .filter(move |row| row.cell.control == control);
        chosen
            .map(|row| shown(row, group.op, columns.len(), peak, looks))
            .collect()
    };
    let caption = format!("{}, {}: every answer", group.case, group.scalar);
    let by_hand = "by hand, outside the ranking".to_owned();
    let groups = [(None, rows(false)), (Some(by_hand), rows(true))];
    let mut table = Table::new(columns).caption(caption);
    table.groups = groups
        .map(|(title, rows)| TableGroup { title, rows })
        .into();
    table
}

fn shown(row: &Ranked<'_>, op: Operation, columns: usize, peak: Option<f64>, looks: &Looks) -> Row {
    let cell = row.cell;
    let status = cell.status.name();
    let wins = row.near_best && !cell.control;
    let mut cells = vec![looks.contender(cell), Cell::from(status)];
    if has_figures(cell) {
        cells.extend(accuracy(cell, op));
    }
    if let Some(versus) = row.ratio {
        cells.extend(speed(cell, versus, wins));
        if op != Operation::LmFit {
            let speed = analysis::gflops(cell);
            let share = speed.zip(peak).map(|(speed, peak)| 100.0 * speed / peak);
            cells.push(figure(speed, short));
            cells.push(figure(share, |share| format!("{share:.0}%")));
        }
    }
    let reason = cell.reason.as_deref().unwrap_or_default();
    if cells.len() < columns {
        cells.push(Cell::from(reason).prose());
    } else if row.ratio.is_none() && !reason.is_empty() {
        // Nothing was timed, so no column is free: the reason stands beside the status.
        cells[1] = Cell::from(format!("{status}: {reason}")).prose();
    }
    Row {
        cells,
        tone: match cell.status {
            Status::Ok if wins => Tone::Best,
            Status::Ok => Tone::Plain,
            Status::Refused | Status::Unsupported => Tone::Absent,
            Status::Rejected | Status::Error => Tone::Wrong,
        },
        verdict: (cell.status != Status::Ok).then(|| status.to_owned()),
    }
}

/// Whether the accuracy of an answer is known. If it is not known, the columns are left out.
fn has_figures(cell: &CellRecord) -> bool {
    let errors = [cell.backward_error_u, cell.forward_error, cell.residual];
    cell.rank.is_some() || errors.iter().any(Option::is_some)
}

fn accuracy(cell: &CellRecord, op: Operation) -> Vec<Cell> {
    let exact = |x: f64| format!("{x:.1e}");
    match op {
        Operation::Lstsq => vec![
            count(cell.rank),
            figure(cell.backward_error_u, |u| format!("{u:.1} u")),
            right_digits(cell.forward_error),
            figure(cell.min_norm_excess, short),
            figure(cell.disagreement, short),
        ],
        Operation::Matmul => vec![figure(cell.backward_error_u, exact)],
        Operation::LmFit => {
            vec![
                figure(cell.residual, exact),
                count(cell.solves),
                count(cell.evaluations),
            ]
        }
    }
}

fn figure(value: Option<f64>, show: impl FnOnce(f64) -> String) -> Cell {
    Cell::maybe(value, |value| Cell::number(value, show(value)))
}

fn count<C: TryInto<u64>>(value: Option<C>) -> Cell {
    let value = value.and_then(|count| count.try_into().ok());
    Cell::maybe(value, |count| Cell::number(count as f64, count.to_string()))
}

/// The number of correct digits. An answer without error is sorted before all others.
fn right_digits(forward_error: Option<f64>) -> Cell {
    let value = |error: f64| if error > 0.0 { -error.log10() } else { 400.0 };
    let shown = leastwise_report::format::digits;
    Cell::maybe(forward_error, |error| {
        Cell::number(value(error), shown(error))
    })
}

/// Median with its interval, ratio to the best with a mark for statistical ties, allocations.
fn speed(cell: &CellRecord, versus: Interval, wins: bool) -> [Cell; 3] {
    let time = Cell::maybe(cell.interval(), |interval| {
        Cell::number(interval.mid, time_with_spread(interval)).small(range(interval))
    });
    let mark = if wins { "*" } else { " " };
    let mut ratio = Cell::number(versus.mid, format!("{:.2}×{mark}", versus.mid));
    // The ratio of the fastest itself is exact.
    if versus.high.is_finite() && versus.low != versus.high {
        ratio = ratio.small(format!("{:.2}–{:.2}", versus.low, versus.high));
    }
    [time, ratio, count(cell.allocations)]
}
