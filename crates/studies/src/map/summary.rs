//! The document of the map: a row for each library, the call to take, a picture for each question, and every call.

use leastwise_report::format::human_time;
use leastwise_report::{Cell, Column, Document, Place, Section, Table};

use super::kinds::{self, KINDS, decade, worst};
use super::model::Record;
use super::outcome::Outcome;
use super::side::{PARTS, Side, short, sides};
use super::{rates, render, table};

pub(super) fn document(record: &Record) -> Document {
    Document::new("Which library can be trusted with least squares")
        .with(libraries(record))
        .with(take(record))
        .with(render::pictures(record))
        .with(
            Section::new("Every call")
                .id(PARTS[3])
                .place(Place::Closed)
                .with(table::counts(record))
                .lines(table::NOTES)
                .with(render::figure(record)),
        )
}

/// The systems whose times are in the table: the title of the column, and the shape.
const TIMES: [(&str, (usize, usize)); 4] = [
    ("8×8", (8, 8)),
    ("60×60", (60, 60)),
    ("200×60", (200, 60)),
    ("10000×8", (10_000, 8)),
];
/// The times that a terminal shows.
const SHOWN: [&str; 2] = ["60×60", "10000×8"];

/// A row for each library, with a sentence.
fn libraries(record: &Record) -> Section {
    let mut columns = vec![
        Column::text("library"),
        Column::text("call"),
        Column::text("answers"),
        Column::number("wrong of 1e6").long("wrong of a million small matrices of integers"),
    ];
    columns.push(Column::number("draws").page_only());
    columns.extend(TIMES.map(|(shape, _)| {
        let column = Column::number(shape).long(format!("time of {shape}"));
        if SHOWN.contains(&shape) {
            column
        } else {
            column.page_only()
        }
    }));
    let mut table = Table::new(columns)
        .caption("What each library does with least squares, the most trustworthy first");
    let sides = sides(record);
    for side in &sides {
        let mut row = vec![
            Cell::from(side.name.clone()),
            Cell::from(short(&record.header.plan.calls[side.call].label)),
            Cell::from(sentence(record, side.call)).prose(),
            rate(record, side.call),
            drawn(record, side.call),
        ];
        row.extend(TIMES.map(|(_, shape)| time(record, side.call, shape)));
        table.push(row);
    }
    let section = Section::new("Libraries").id(PARTS[0]).with(table);
    let section = section.paragraph(
        "A row is the call of the library that is accurate for the most kinds of systems. Safe means that every answer \
         has a backward error of at most 30 u and the minimum norm. Wrong means that another answer is returned as \
         success, or that the call panics. Small integers are matrices with 1 to 7 rows and columns and entries from \
         −2 to 2. Their answers are wrong if they differ from the solution by more than 1e-6 of its norm. The column \
         has the rate in a million of the systems that the call has to solve, with Wilson's 95 % interval.",
    );
    section.paragraph(number_of_draws(record, &sides))
}

/// The number of draws of all rows, and those rows that have fewer.
fn number_of_draws(record: &Record, sides: &[Side]) -> String {
    let drawn = |side: &Side| record.counts(side.call).drawn;
    let most = sides.iter().map(drawn).max().unwrap_or(0);
    let fewer: Vec<String> = sides
        .iter()
        .filter(|side| drawn(side) < most)
        .map(|side| format!("{} ({})", side.name, drawn(side)))
        .collect();
    let all = format!("{most} matrices were drawn.");
    if fewer.is_empty() {
        return all;
    }
    format!("{all} Slower calls solved fewer: {}.", fewer.join(", "))
}

/// What a call does, by kinds of systems.
fn sentence(record: &Record, call: usize) -> String {
    let [
        mut safe,
        mut longer,
        mut wrong,
        mut lost,
        mut refused,
        mut missing,
    ] = [const { Vec::new() }; 6];
    for kind in &KINDS {
        let list = match kind.of(record, call) {
            Outcome::NotOffered => &mut missing,
            Outcome::Accurate => &mut safe,
            Outcome::Refused => &mut refused,
            Outcome::NotShortest => &mut longer,
            Outcome::Inaccurate(_) | Outcome::NotFinite | Outcome::Panicked => &mut wrong,
            Outcome::TimedOut | Outcome::Died => &mut lost,
        };
        list.push(kind.label);
    }
    if safe.len() == KINDS.len() {
        return "Safe for every kind.".to_owned();
    }
    let parts = [
        ("wrong for", &wrong),
        ("not the shortest for", &longer),
        ("refuses", &refused),
        ("too slow or lost for", &lost),
        ("no", &missing),
    ];
    let parts = parts.iter().filter(|(_, kinds)| !kinds.is_empty());
    let parts: Vec<String> = parts
        .map(|(verb, kinds)| format!("{verb} {}", kinds.join(", ")))
        .collect();
    let exceptions = parts.join("; ");
    if 2 * safe.len() > KINDS.len() {
        format!("Safe, but {exceptions}.")
    } else if safe.is_empty() {
        format!("Safe for none: {exceptions}.")
    } else {
        format!("Safe only for {}; {exceptions}.", safe.join(", "))
    }
}

/// The rate of wrong answers of a call, per million, and its interval.
fn rate(record: &Record, call: usize) -> Cell {
    let counts = record.counts(call);
    let Some(rate) = kinds::rate(&counts) else {
        return Cell::from("");
    };
    let (low, high) = rates::wilson(counts.bad(), counts.judged);
    let [rate, low, high] = [rate, low, high].map(|share| 1e6 * share);
    Cell::number(rate, format!("{rate:.0} ({low:.0}–{high:.0})"))
}

fn drawn(record: &Record, call: usize) -> Cell {
    let drawn = record.counts(call).drawn;
    Cell::number(drawn as f64, drawn.to_string())
}

fn time(record: &Record, call: usize, shape: (usize, usize)) -> Cell {
    match record.time(call, "f64", shape) {
        Some(time) => Cell::number(time, human_time(time)),
        None => Cell::from(""),
    }
}

/// A row of the table of the calls to take: the words, the scalar type, the problems, and the shape of the times.
struct Wanted {
    shape: &'static str,
    rank: &'static str,
    size: &'static str,
    scalar: &'static str,
    has: fn(&str, &str) -> bool,
    timed: (usize, usize),
}

const fn wanted(
    (shape, rank, scalar): (&'static str, &'static str, &'static str),
    has: fn(&str, &str) -> bool,
    timed: (usize, usize),
) -> Wanted {
    Wanted {
        shape,
        rank,
        size: "moderate",
        scalar,
        has,
        timed,
    }
}

fn is_full(column: &str) -> bool {
    decade(column).is_some()
}

/// The systems of the table, in its order.
const WANTED: [Wanted; 14] = [
    wanted(
        ("very tall", "full", "f64"),
        |t, c| t.starts_with("1000×8") && is_full(c),
        (10_000, 8),
    ),
    wanted(
        ("very tall", "any", "f64"),
        |t, _| t.starts_with("1000×8"),
        (10_000, 8),
    ),
    wanted(
        ("tall", "full", "f64"),
        |t, c| t.starts_with("200×60") && is_full(c),
        (200, 60),
    ),
    wanted(
        ("tall", "any", "f64"),
        |t, _| t.starts_with("200×60"),
        (200, 60),
    ),
    wanted(
        ("square", "full", "f64"),
        |t, c| t.starts_with("60×60") && is_full(c),
        (60, 60),
    ),
    wanted(
        ("square", "any", "f64"),
        |t, _| t.starts_with("60×60"),
        (60, 60),
    ),
    wanted(
        ("wide", "full", "f64"),
        |t, c| t.starts_with("24×60") && is_full(c),
        (24, 60),
    ),
    wanted(
        ("wide", "any", "f64"),
        |t, _| t.starts_with("24×60"),
        (24, 60),
    ),
    Wanted {
        size: "1e±300",
        ..wanted(
            ("tall", "full", "f64"),
            |t, _| t.ends_with("by size"),
            (30, 10),
        )
    },
    wanted(
        ("very tall", "full", "f32"),
        |t, c| t.starts_with("1000×8") && is_full(c),
        (10_000, 8),
    ),
    wanted(
        ("a long line", "full", "f32"),
        |t, _| t.starts_with("line"),
        (10_000, 8),
    ),
    wanted(
        ("tall", "any", "f32"),
        |t, _| t.starts_with("200×60"),
        (200, 60),
    ),
    wanted(
        ("square", "full", "f32"),
        |t, c| t.starts_with("60×60") && is_full(c),
        (60, 60),
    ),
    wanted(
        ("square", "any", "f32"),
        |t, _| t.starts_with("60×60"),
        (60, 60),
    ),
];

/// The fastest calls that are safe for systems.
fn take(record: &Record) -> Section {
    let names = [
        "shape",
        "rank",
        "entries",
        "scalar",
        "take a method of Leastwise",
        "or the call of a library",
    ];
    let mut table = Table::new(names.map(Column::text)).caption("Which one do I take?");
    for row in &WANTED {
        table.push([
            row.shape,
            row.rank,
            row.size,
            row.scalar,
            &choice(record, row, true),
            &choice(record, row, false),
        ]);
    }
    Section::new("Which one do I take?").id(PARTS[1]).with(table).paragraph(
        "Each cell is the fastest call that is accurate for all such systems of the map, for every condition number, and \
         that is wrong for none of the small matrices of integers. Very tall is 1000×8, timed at 10000×8; tall is \
         200×60, and 30×10 for entries of all sizes; square is 60×60; wide is 24×60. A long line has up to 100000 \
         points.",
    )
}

fn choice(record: &Record, row: &Wanted, ours: bool) -> String {
    let plan = &record.header.plan;
    let is_eligible = |(number, call): &(usize, &super::model::Call)| {
        call.ours == ours
            && (!ours || call.library < plan.registered)
            && worst(record, *number, row.scalar, row.has) == Outcome::Accurate
            && record.counts(*number).bad() == 0
    };
    let timed = plan.calls.iter().enumerate().filter(is_eligible);
    let timed = timed.filter_map(|(number, call)| {
        let time = record.time(number, row.scalar, row.timed)?;
        let library = plan.libraries[call.library].split(' ').next();
        let name = format!("{} {}", library.unwrap_or_default(), short(&call.label));
        Some((time, name))
    });
    match timed.min_by(|x, y| x.0.total_cmp(&y.0)) {
        Some((time, name)) => format!("{name}, {}", human_time(time)),
        None => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Call, Counts, Panel, Plan, Rates, Row, Speed};
    use super::*;
    use crate::libraries::Way;

    /// Two libraries: the call `fast` of the first is wrong for one problem of two, and its call `safe` is right. The
    /// call `exact` of the second is right, but wrong for some draws.
    fn record() -> Record {
        let call = |label: &str, library| Call {
            label: label.to_owned(),
            library,
            ours: false,
            method: "svd".to_owned(),
            way: Way::Call(0),
        };
        let plan = Plan {
            libraries: vec!["first 1.0.0".to_owned(), "second 2.0.0".to_owned()],
            processes: vec!["first".to_owned(), "second".to_owned()],
            registered: 0,
            python: None,
            calls: vec![call("fast, V·b", 0), call("safe", 0), call("exact", 1)],
            draws: 1000,
        };
        let right = vec![Outcome::Accurate, Outcome::Accurate];
        let panel = Panel {
            scalar: "f64".to_owned(),
            title: "60×60 by κ".to_owned(),
            columns: vec!["1e0".to_owned(), "ones".to_owned()],
            outcomes: vec![
                vec![Outcome::Accurate, Outcome::Inaccurate(1e9)],
                right.clone(),
                right,
            ],
        };
        let speed = Speed {
            scalar: "f64".to_owned(),
            shape: (60, 60),
            nanoseconds: vec![Some(1000.0), Some(3000.0), Some(2000.0)],
        };
        let counts = |drawn, wrong| Counts {
            drawn,
            judged: 500,
            wrong,
            ..Counts::default()
        };
        let rates = Rates {
            from: 0,
            counts: vec![counts(1000, 0), counts(1000, 0), counts(200, 5)],
        };
        let rows = vec![Row::Panel(panel), Row::Speed(speed), Row::Rates(rates)];
        Record::sample(plan, rows)
    }

    #[test]
    fn a_library_is_shown_by_the_call_that_is_right_for_the_most_kinds() {
        let record = record();
        let shown: Vec<(String, usize)> = sides(&record)
            .into_iter()
            .map(|side| (side.name, side.call))
            .collect();
        assert_eq!(
            shown,
            [
                ("first 1.0.0".to_owned(), 1),
                ("second 2.0.0".to_owned(), 2)
            ]
        );
        let words = sentence(&record, 0);
        assert!(
            words.starts_with("Safe only for full rank, small integers; wrong for deficient rank"),
            "{words}"
        );
        let words = sentence(&record, 2);
        assert!(words.contains("wrong for small integers"), "{words}");
        assert_eq!(rate(&record, 2).text, "10000 (4279–23193)");
        let draws = number_of_draws(&record, &sides(&record));
        assert!(draws.ends_with("second 2.0.0 (200)."), "{draws}");
    }

    #[test]
    fn a_call_to_take_is_wrong_for_no_draw_and_no_problem() {
        let record = record();
        let square = |rank| {
            let is_it = |row: &&Wanted| (row.shape, row.rank) == ("square", rank);
            choice(&record, WANTED.iter().find(is_it).unwrap(), false)
        };
        // The fastest call is wrong for the matrix of ones, and `exact` is wrong for some draws.
        assert_eq!(square("full"), "first fast, 1.00 µs");
        assert_eq!(square("any"), "first safe, 3.00 µs");
    }

    #[test]
    fn a_kind_that_a_call_does_not_offer_for_every_shape_is_not_offered() {
        let mut record = record();
        let Row::Panel(mut panel) = record.rows[0].clone() else {
            panic!("the first row is a panel");
        };
        panel.title = "200×60 by κ".to_owned();
        panel.outcomes[0] = vec![Outcome::NotOffered; 2];
        record.rows.push(Row::Panel(panel));
        assert_eq!(KINDS[0].of(&record, 0), Outcome::NotOffered);
        assert_eq!(KINDS[0].of(&record, 1), Outcome::Accurate);
    }
}
