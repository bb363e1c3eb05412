//! The fastest right answer to every case.

use maud::{Markup, html};

use super::parts::{anchor, contender, time};
use super::table::{Body, Entry, Row, Table, numbers, words};
use crate::compare::analysis::Group;
use crate::compare::record::CellRecord;
use crate::compare::report::picture::Engines;
use leastwise_harness::model::Status;

pub(super) fn section(groups: &[Group<'_>], engines: &Engines, timed: bool) -> Markup {
    let mut header = vec![
        words("case"),
        words("scalar"),
        words("shape"),
        words("answers"),
    ];
    if timed {
        header.extend([
            words("fastest right answer"),
            numbers("time"),
            words("within noise of it"),
        ]);
    }
    let rows = groups.iter().map(|group| row(group, engines, timed));
    let table = Table {
        caption: "Every case with its fastest right answers".to_owned(),
        header,
        bodies: vec![Body {
            title: None,
            rows: rows.collect(),
        }],
    };
    html! {
        section #overview aria-labelledby="overview-heading" {
            h2 #overview-heading { "Overview" }
            @if timed { (caution()) } @else { p { "Nothing was timed: the answers alone were checked." } }
            (table)
        }
    }
}

/// Stands wherever times of several cases are side by side.
pub(super) fn caution() -> Markup {
    html! {
        p.caution {
            "Only ratios within one run count. Absolute times drift with the machine, from run to run \
             and within one: compare two runs by "
            code { "cargo xtask diff" } "."
        }
    }
}

fn row(group: &Group<'_>, engines: &Engines, timed: bool) -> Row {
    let mut entries = vec![
        Entry::text(html! { a href={ "#" (anchor(group)) } { (group.case) } }),
        Entry::text(group.scalar),
        Entry::text(shape(group)),
        Entry::text(outcome(group)),
    ];
    if timed {
        let best = group.best();
        let others: Vec<&CellRecord> = group
            .winners()
            .filter(|cell| !best.is_some_and(|best| std::ptr::eq(best, *cell)))
            .collect();
        entries.extend([
            Entry::text(
                html! { @if let Some(best) = best { (contender(best, engines)) } @else { "–" } },
            ),
            match best {
                Some(best) => time(best),
                None => Entry::plain(None, |_| String::new()),
            },
            Entry::text(html! {
                @for cell in others { div.winner { (contender(cell, engines)) } }
            }),
        ]);
    }
    Row {
        entries,
        class: None,
    }
}

fn shape(group: &Group<'_>) -> String {
    let cell = group.rows.first().map(|row| row.cell);
    cell.map(|cell| format!("{}×{}", cell.rows, cell.cols))
        .unwrap_or_default()
}

/// `12 right`, `8 right, 2 wrong`
pub(super) fn outcome(group: &Group<'_>) -> Markup {
    let cells = || group.rows.iter().map(|row| row.cell).filter(|c| !c.control);
    let right = cells().filter(|cell| cell.status == Status::Ok).count();
    let wrong = cells().filter(|cell| cell.status.is_fault()).count();
    html! {
        (right) " right"
        @if wrong > 0 { ", " strong.wrong { (wrong) " wrong" } }
    }
}
