//! The tables.

use leastwise_report::format::human_time;
use leastwise_report::{Document, Section, Table};

use super::judge::{is_complete, is_false_success};
use super::row::{Cell, Row};
use crate::study::Record;
use crate::suite::{Plan, ratio_with_spread, time_ratio};

/// All tables.
pub(super) fn document(record: &Record<Plan, Row>) -> Document {
    let Plan {
        contestants,
        rounds,
    } = &record.header.plan;
    let first = contestants.first();
    let count = record.rows.len();
    let totals_title = format!("{count} runs, default tolerances: how many reach so many digits");
    let digits_title = "Correct digits of the worst parameter, by data set and start";
    let runs_title = format!("Run by run, by {first} and the first of the peers");
    let peer = contestants
        .peer()
        .map_or("", |peer| &contestants.names[peer]);
    let notes = [
        "digits: −log₁₀ of the relative error of the worst parameter, at most 11, which is what is \
         certified."
            .to_owned(),
        "all: as many as are asked for, 10 or what rounding leaves. r, J: residuals and Jacobians \
         evaluated."
            .to_owned(),
        "false, ✗: ended as success with more than the certified sum of squares, by 1e-6 of it."
            .to_owned(),
        format!(
            "time: over that of {peer}, the median over the runs that both solve, and of that over \
             {rounds} rounds in which contenders take turns; ± is half the 95 % interval. One thread, f64."
        ),
    ];
    Document::new("NIST's nonlinear regressions")
        .with(Section::new(totals_title).with(totals(record)))
        .with(Section::new(digits_title).with(digits(record)))
        .with(Section::new(runs_title).with(runs(record)))
        .with(Section::default().lines(notes))
}

/// `a` for the first contender.
fn letter(contender: usize) -> String {
    ('a'..='z').nth(contender).unwrap_or('?').to_string()
}

fn totals(record: &Record<Plan, Row>) -> Table {
    let cells = |contender: usize| {
        record
            .rows
            .iter()
            .map(move |row| (row, &row.cells[contender]))
    };
    let count = |contender, holds: fn(&Row, &Cell) -> bool| {
        let runs = cells(contender).filter(|(row, cell)| holds(row, cell));
        runs.count().to_string()
    };
    let sum = |contender, of: fn(&Cell) -> usize| {
        cells(contender)
            .map(|(_, cell)| of(cell))
            .sum::<usize>()
            .to_string()
    };
    let ratio = |contender: usize| {
        let peer = record.header.plan.contestants.peer()?;
        let both = record
            .rows
            .iter()
            .map(|row| [&row.cells[contender], &row.cells[peer]]);
        time_ratio(both.map(|pair| pair.map(|cell| (cell.is_solved, &cell.samples_ns[..]))))
    };
    Table::by(
        1,
        record.header.plan.contestants.labels(),
        &[
            ("", &|(c, label)| format!("{} {label}", letter(*c))),
            ("≥ 4", &|&(c, _)| count(c, |_, cell| cell.digits >= 4.0)),
            ("≥ 6", &|&(c, _)| count(c, |_, cell| cell.digits >= 6.0)),
            ("≥ 8", &|&(c, _)| count(c, |_, cell| cell.digits >= 8.0)),
            ("all", &|&(c, _)| count(c, is_complete)),
            ("false", &|&(c, _)| {
                count(c, |_, cell| is_false_success(cell))
            }),
            ("r", &|&(c, _)| sum(c, |cell| cell.outcome.residuals)),
            ("J", &|&(c, _)| sum(c, |cell| cell.outcome.jacobians)),
            ("time", &|&(c, _)| {
                ratio(c).map(ratio_with_spread).unwrap_or_default()
            }),
        ],
    )
}

fn digits(record: &Record<Plan, Row>) -> Table {
    let letters = (0..record.header.plan.contestants.names.len()).map(letter);
    let first = ["", "asked"].map(str::to_owned);
    let mut table = Table::of_numbers(first.into_iter().chain(letters));
    for row in &record.rows {
        let asked = [row.label.clone(), format!("{:.1}", row.attainable)];
        table.push(asked.into_iter().chain(row.cells.iter().map(found)));
    }
    table
}

/// The digits, with a mark where the run ended as success elsewhere.
fn found(cell: &Cell) -> String {
    let mark = if is_false_success(cell) { "✗" } else { "" };
    format!("{:.1}{mark}", cell.digits)
}

/// The first backend beside the peer.
fn runs(record: &Record<Plan, Row>) -> Table {
    let ours = ["", "digits", "r / J", "time", "ended by"];
    let mut table = Table::of_numbers([&ours[..], &["peer digits", "r / J", "time"]].concat());
    for row in &record.rows {
        let figures = |cell: &Cell| {
            [
                found(cell),
                cell.outcome.evaluations(),
                human_time(cell.nanoseconds()),
            ]
        };
        let ours = &row.cells[0];
        let mut line = vec![row.label.clone()];
        line.extend(figures(ours));
        line.push(ours.outcome.reason());
        line.extend(
            record
                .header
                .plan
                .contestants
                .peer()
                .map(|peer| figures(&row.cells[peer]))
                .into_iter()
                .flatten(),
        );
        table.push(line);
    }
    table
}
