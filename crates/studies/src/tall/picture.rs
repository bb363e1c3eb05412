//! The document: tables and figures of the times, and what limits them.

use leastwise_report::format::human_time;
use leastwise_report::{Document, Section};

use super::contender::Contender;
use super::record::{Record, Row};
use super::work::Kind;
use crate::by_size::{self, BySize};
use crate::compare::statistics::median;

pub(super) fn document(record: &Record) -> Document {
    let sections = [
        (Kind::Lstsq, "Least squares, one thread", "m"),
        (Kind::Fit, "Curve fits, one thread", "m"),
        (Kind::Many, "Many fits of 30 points", "threads"),
    ];
    let sections = sections.into_iter().filter_map(|(kind, title, size)| {
        let of_kind = |row: &&Row| row.work.kind == kind;
        let rows: Vec<&Row> = record.rows.iter().filter(of_kind).collect();
        (!rows.is_empty()).then(|| section(record, kind, (title, size), &rows))
    });
    sections.fold(Document::new("Tall problems and many fits"), Document::with)
}

fn section(record: &Record, kind: Kind, (title, size): (&str, &str), rows: &[&Row]) -> Section {
    let all = &record.header.plan.contenders;
    let is_here = |&place: &usize| rows.iter().any(|row| row.errors[place].is_some());
    let here: Vec<usize> = (0..all.len()).filter(is_here).collect();
    let names: Vec<String> = here.iter().map(|&place| all[place].name(kind)).collect();
    let mut parts: Vec<BySize<'_>> = Vec::new();
    let mut limits: Vec<String> = Vec::new();
    for of_columns in rows.chunk_by(|a, b| a.work.columns == b.work.columns) {
        let rows = of_columns.iter().map(|row| {
            let samples = here.iter().map(|&place| row.samples_ns[place].as_slice());
            (row.work.size, samples.collect())
        });
        let n = of_columns[0].work.columns;
        parts.push(BySize {
            title: match kind {
                Kind::Lstsq => format!("Time of min ‖A·x − b‖ for n = {n}"),
                Kind::Fit => format!("Time of a fit of n = {n} parameters"),
                Kind::Many => format!("Time of one fit of n = {n} parameters"),
            },
            rows: rows.collect(),
        });
        limits.extend(
            of_columns
                .iter()
                .rev()
                .find_map(|row| limit(all, kind, row)),
        );
    }
    let name = match kind {
        Kind::Lstsq => "tall-lstsq",
        Kind::Fit => "tall-fit",
        Kind::Many => "tall-many",
    };
    let section = by_size::section((name, title), size, &names, &parts);
    if limits.is_empty() {
        return section;
    }
    section.lines(limits)
}

/// What the largest size says about the limits.
fn limit(all: &[Contender], kind: Kind, row: &Row) -> Option<String> {
    let times = all
        .iter()
        .zip(&row.samples_ns)
        .filter(|(_, samples)| !samples.is_empty());
    let times: Vec<(&Contender, f64)> =
        times.map(|(who, samples)| (who, median(samples))).collect();
    let least = times.iter().find(|(who, _)| **who == Contender::Least);
    let ours = times.iter().filter(|(who, _)| {
        matches!(
            who,
            Contender::Backend(_) | Contender::Differences | Contender::Derivatives
        )
    });
    let (who, ns) = ours.min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (name, time) = (who.name(kind), human_time(*ns));
    let (m, n) = (f64::from(row.work.size), f64::from(row.work.columns));
    Some(match kind {
        Kind::Lstsq => format!(
            "n = {n}, m = {m}: {name} takes {time}, {:.1} times as long as reading A ({:.1} GB/s). Its rate is {:.1} \
             GFLOP/s, with 2mn² operations.",
            ns / least?.1,
            8.0 * m * n / least?.1,
            2.0 * m * n * n / ns
        ),
        Kind::Fit => format!(
            "n = {n}, m = {m}: the fit with {name} takes {time}, as long as {:.1} passes of the model.",
            ns / least?.1
        ),
        Kind::Many => format!("{m} threads: {:.0} fits a second, with {name}.", 1e9 / ns),
    })
}
