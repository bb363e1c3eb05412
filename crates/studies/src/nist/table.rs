//! The tables.

use leastwise_report::format::{counted, human_time};
use leastwise_report::{Document, Section, Table};

use super::judge::is_complete;
use super::row::Row;
use crate::study::Record;
use crate::suite::{Plan, time_over_peer};

/// All tables.
pub(super) fn document(record: &Record<Plan, Row>) -> Document {
    let Plan {
        contestants,
        rounds,
    } = &record.header.plan;
    let rounds = counted(*rounds, "round");
    let first = contestants.first();
    let count = counted(record.rows.len(), "run");
    let totals_title = format!("{count}, default tolerances: the number of runs by correct digits");
    let digits_title = "Correct digits of the worst parameter, by data set and start";
    let runs_title = format!("Run by run, by {first} and the first of the peers");
    let peer = contestants
        .peer()
        .map_or("", |peer| &contestants.names[peer]);
    let notes = [
        "digits: −log₁₀ of the relative error of the worst parameter, at most 11, the number of \
         certified digits."
            .to_owned(),
        "all: runs with all required digits, 10 or as many as rounding leaves. r, J: residuals and \
         Jacobians evaluated."
            .to_owned(),
        "false, ✗: success is reported, but the sum of squares exceeds the certified one by 1e-6 of it."
            .to_owned(),
        format!(
            "time: the time over that of {peer}, as the median over the runs that both solve and then \
             over {rounds}; ± is half the 95 % interval. Contenders run in processes of their own and \
             take turns. One thread, f64."
        ),
    ];
    Document::new("NIST's nonlinear regressions")
        .with(Section::new(totals_title).with(totals(record)))
        .with(Section::new(digits_title).with(digits(record)))
        .with(Section::new(runs_title).with(runs(record)))
        .with(Section::default().lines(notes))
}

/// The letter of a contender: `a` for the first one.
fn letter(contender: usize) -> String {
    ('a'..='z').nth(contender).unwrap_or('?').to_string()
}

fn totals(record: &Record<Plan, Row>) -> Table {
    let contestants = &record.header.plan.contestants;
    let count = |holds: &dyn Fn(&Row) -> bool| {
        let rows = record.rows.iter();
        rows.filter(|row| holds(row)).count().to_string()
    };
    let digits = |contender, least| count(&move |row| row.digits[contender] >= least);
    let sum = |of: &dyn Fn(&Row) -> usize| record.rows.iter().map(of).sum::<usize>().to_string();
    let time = |contender| {
        let cells = record.rows.iter().map(|row| &row.cells[..]);
        time_over_peer(contestants, contender, cells)
    };
    Table::by(
        1,
        contestants.labels(),
        &[
            ("", &|(c, label)| format!("{} {label}", letter(*c))),
            ("≥ 4", &|&(c, _)| digits(c, 4.0)),
            ("≥ 6", &|&(c, _)| digits(c, 6.0)),
            ("≥ 8", &|&(c, _)| digits(c, 8.0)),
            ("all", &|&(c, _)| count(&|row| is_complete(row, c))),
            ("false", &|&(c, _)| {
                count(&|row| row.cells[c].is_false_success())
            }),
            ("r", &|&(c, _)| sum(&|row| row.cells[c].outcome.residuals)),
            ("J", &|&(c, _)| sum(&|row| row.cells[c].outcome.jacobians)),
            ("time", &|&(c, _)| time(c)),
        ],
    )
}

fn digits(record: &Record<Plan, Row>) -> Table {
    let letters = (0..record.header.plan.contestants.names.len()).map(letter);
    let first = ["", "required"].map(str::to_owned);
    let mut table = Table::of_numbers(first.into_iter().chain(letters));
    for row in &record.rows {
        let asked = [row.label.clone(), format!("{:.1}", row.attainable)];
        let found = (0..row.cells.len()).map(|contender| found(row, contender));
        table.push(asked.into_iter().chain(found));
    }
    table
}

/// The digits, with a mark for false success.
fn found(row: &Row, contender: usize) -> String {
    let is_false = row.cells[contender].is_false_success();
    format!(
        "{:.1}{}",
        row.digits[contender],
        if is_false { "✗" } else { "" }
    )
}

/// The runs by the first backend and by the peer, side by side.
fn runs(record: &Record<Plan, Row>) -> Table {
    let ours = ["", "digits", "r / J", "time", "ended by"];
    let mut table = Table::of_numbers([&ours[..], &["peer digits", "r / J", "time"]].concat());
    for row in &record.rows {
        let figures = |contender: usize| {
            let cell = &row.cells[contender];
            let time = human_time(cell.nanoseconds());
            [found(row, contender), cell.outcome.evaluations(), time]
        };
        let mut line = vec![row.label.clone()];
        line.extend(figures(0));
        line.push(row.cells[0].outcome.reason());
        let peer = record.header.plan.contestants.peer();
        line.extend(peer.map(figures).into_iter().flatten());
        table.push(line);
    }
    table
}
