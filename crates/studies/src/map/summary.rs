//! The document of the map: a row for each library, the call to take, a picture for each question, and every call.

use leastwise_report::format::human_time;
use leastwise_report::{Cell, Column, Document, Place, Section, Table};

use super::model::{Call, Panel, Record};
use super::outcome::Outcome;
use super::side::{PARTS, Side, short, sides};
use super::{rates, render, table};

/// The largest condition number at which every stable method has digits to spare.
const MODERATE: i32 = 6;

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

/// A group of problems that a reader asks about.
struct Topic {
    label: &'static str,
    scalar: &'static str,
    has: fn(&str, &str) -> bool,
}

const TOPICS: [Topic; 8] = [
    Topic {
        label: "full rank up to κ = 1e6",
        scalar: "f64",
        has: |title, column| is_tall(title) && decade(column).is_some_and(|d| d <= MODERATE),
    },
    Topic {
        label: "full rank beyond κ = 1e6",
        scalar: "f64",
        has: |title, column| is_tall(title) && decade(column).is_some_and(|d| d > MODERATE),
    },
    Topic {
        label: "nearly collinear columns",
        scalar: "f64",
        has: |title, column| is_tall(title) && column == "collinear",
    },
    Topic {
        label: "deficient rank",
        scalar: "f64",
        has: |title, column| is_tall(title) && is_deficient(column),
    },
    Topic {
        label: "wide systems",
        scalar: "f64",
        has: |title, column| title.starts_with("24×60") && decade(column).is_some(),
    },
    Topic {
        label: "entries from 1e-300 to 1e300",
        scalar: "f64",
        has: |title, _| title.ends_with("by size"),
    },
    Topic {
        label: "f32",
        scalar: "f32",
        has: |title, column| is_tall(title) && decade(column).is_some(),
    },
    Topic {
        label: "long columns in f32",
        scalar: "f32",
        has: |title, _| title.starts_with("line"),
    },
];

/// Whether a panel by κ has at least as many rows as columns.
fn is_tall(title: &str) -> bool {
    title.ends_with("by κ") && !title.starts_with("24×60")
}

fn decade(column: &str) -> Option<i32> {
    column.strip_prefix("1e")?.parse().ok()
}

fn is_deficient(column: &str) -> bool {
    ["half rank", "ones", "zero", "experiment"].contains(&column)
}

/// How a call does on a group of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    NotOffered,
    Safe,
    /// Some problems are refused, and no answer is wrong.
    Refuses,
    Wrong,
    /// The call takes too long, or its process ends.
    Lost,
}

fn grade(outcomes: impl Iterator<Item = Outcome>) -> Grade {
    let mut grade = Grade::NotOffered;
    for outcome in outcomes {
        grade = match (outcome, grade) {
            (Outcome::NotOffered, _) => grade,
            (Outcome::TimedOut | Outcome::Died, _) | (_, Grade::Lost) => Grade::Lost,
            (
                Outcome::NotShortest
                | Outcome::Inaccurate(_)
                | Outcome::NotFinite
                | Outcome::Panicked,
                _,
            )
            | (_, Grade::Wrong) => Grade::Wrong,
            (Outcome::Refused, _) | (_, Grade::Refuses) => Grade::Refuses,
            (Outcome::Accurate, _) => Grade::Safe,
        };
    }
    grade
}

fn grade_of(record: &Record, call: usize, scalar: &str, has: impl Fn(&str, &str) -> bool) -> Grade {
    let panels = record.panels().filter(|panel| panel.scalar == scalar);
    let cells = panels.flat_map(|panel: &Panel| {
        let chosen = |(column, _): &(&String, &Outcome)| has(&panel.title, column);
        let cells = panel.columns.iter().zip(&panel.outcomes[call]);
        cells
            .filter(chosen)
            .map(|(_, &outcome)| outcome)
            .collect::<Vec<_>>()
    });
    grade(cells)
}

/// A row for each library, with a sentence.
fn libraries(record: &Record) -> Section {
    let mut table = Table::new([
        Column::text("library"),
        Column::text("answers"),
        Column::number("wrong in a million")
            .long("wrong answers in a million small matrices of integers"),
        Column::text("95 % interval"),
        Column::number("60×60").long("time of a 60×60 system"),
        Column::number("10000×8").long("time of a 10000×8 system"),
    ])
    .caption("What each library does with least squares, by its own calls and through Leastwise");
    for side in sides(record) {
        let sentence = sentence(record, &side);
        let (rate, interval) = rate(record, &side);
        table.push([
            Cell::from(side.name.clone()),
            Cell::from(sentence).prose(),
            rate,
            Cell::from(interval),
            fastest(record, &side.calls, (60, 60)),
            fastest(record, &side.calls, (10_000, 8)),
        ]);
    }
    let draws = record.draws();
    Section::new("Libraries").id(PARTS[0]).with(table).paragraph(format!(
        "Safe means that every answer has a backward error of at most 30 u and the minimum norm. Wrong means that a \
         call returns another answer as success. The rate is that of the best call of the \
         library on {draws} matrices with 1 to 7 rows and columns and entries from −2 to 2, of those that the call has to \
         solve. An answer counts as wrong if it differs from the solution by more than 1e-6 of its norm. The interval \
         is Wilson's. Times are those of the fastest call."
    ))
}

/// What the calls of a library do. For each topic, it names the first call that is safe.
fn sentence(record: &Record, side: &Side) -> String {
    let plan = &record.header.plan;
    let mut safe: Vec<(&str, Vec<&str>)> = Vec::new();
    let [mut wrong, mut partly, mut refused, mut lost] = [const { Vec::new() }; 4];
    for topic in &TOPICS {
        let grade = |call: &usize| grade_of(record, *call, topic.scalar, topic.has);
        let has = |wanted: Grade| side.calls.iter().any(|call| grade(call) == wanted);
        let first = side.calls.iter().find(|call| grade(call) == Grade::Safe);
        if let Some(&call) = first {
            let name = short(&plan.calls[call].label);
            match safe.iter_mut().find(|(known, _)| *known == name) {
                Some((_, topics)) => topics.push(topic.label),
                None => safe.push((name, vec![topic.label])),
            }
            if has(Grade::Wrong) {
                partly.push(topic.label);
            }
        } else if has(Grade::Wrong) {
            wrong.push(topic.label);
        } else if has(Grade::Lost) {
            lost.push(topic.label);
        } else if has(Grade::Refuses) {
            refused.push(topic.label);
        }
    }
    let safe = safe
        .iter()
        .map(|(name, topics)| format!("{name} is safe for {}. ", topics.join(", ")));
    let part = |intro: &str, topics: &[&str]| {
        if topics.is_empty() {
            String::new()
        } else {
            format!("{intro} {}. ", topics.join(", "))
        }
    };
    let text = safe.collect::<String>()
        + &part("No call is safe, and some are wrong, for", &wrong)
        + &part("Other calls are wrong for", &partly)
        + &part("Some or all are refused of", &refused)
        + &part("Too slow, or the process ends, for", &lost);
    text.trim_end().to_owned()
}

/// The smallest rate of wrong answers of a call, per million, and its interval.
fn rate(record: &Record, side: &Side) -> (Cell, String) {
    let counts = side.calls.iter().map(|&call| record.counts(call));
    let share = |counts: &super::model::Counts| counts.wrong as f64 / counts.judged as f64;
    let best = counts
        .filter(|counts| counts.judged > 0)
        .min_by(|x, y| share(x).total_cmp(&share(y)));
    match best {
        None => (Cell::from(""), String::new()),
        Some(counts) => {
            let million = 1e6 * share(&counts);
            let (low, high) = rates::wilson(counts.wrong, counts.judged);
            let interval = format!("{:.0}–{:.0}", 1e6 * low, 1e6 * high);
            (Cell::number(million, format!("{million:.0}")), interval)
        }
    }
}

fn time(record: &Record, call: usize, shape: (usize, usize)) -> Option<f64> {
    let speed = record.speeds().find(|speed| speed.shape == shape)?;
    speed.nanoseconds[call]
}

fn fastest(record: &Record, calls: &[usize], shape: (usize, usize)) -> Cell {
    let times = calls.iter().filter_map(|&call| time(record, call, shape));
    match times.min_by(f64::total_cmp) {
        Some(time) => Cell::number(time, human_time(time)),
        None => Cell::from(""),
    }
}

/// The number of calls that a row of the table names.
const NAMED: usize = 4;

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

/// The kinds of systems, in the order of the table.
const KINDS: [Wanted; 13] = [
    wanted(
        ("very tall", "full", "f64"),
        |t, c| t.starts_with("1000×8") && is_full(c),
        (10_000, 8),
    ),
    wanted(
        ("very tall", "any", "f64"),
        |t, c| t.starts_with("1000×8") && c != "experiment",
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
        (60, 60),
    ),
    wanted(
        ("wide", "any", "f64"),
        |t, _| t.starts_with("24×60"),
        (60, 60),
    ),
    Wanted {
        size: "1e-300 to 1e300",
        ..wanted(
            ("tall", "full", "f64"),
            |t, _| t.ends_with("by size"),
            (60, 60),
        )
    },
    wanted(
        ("very tall", "full", "f32"),
        |t, c| t.starts_with("1000×8") && is_full(c),
        (10_000, 8),
    ),
    wanted(
        ("tall", "any", "f32"),
        |t, _| t.starts_with("200×60"),
        (200, 60),
    ),
    wanted(
        ("square", "any", "f32"),
        |t, _| t.starts_with("60×60"),
        (60, 60),
    ),
    wanted(
        ("a line, to 100000 points", "full", "f32"),
        |t, _| t.starts_with("line"),
        (10_000, 8),
    ),
];

/// The calls that are safe for a kind of system, the fastest first.
fn take(record: &Record) -> Section {
    let names = [
        "shape",
        "rank",
        "size of entries",
        "scalar",
        "take, the fastest first",
    ];
    let mut table = Table::new(names.map(Column::text)).caption("Which one do I take?");
    for row in &KINDS {
        table.push([
            row.shape,
            row.rank,
            row.size,
            row.scalar,
            &choice(record, row),
        ]);
    }
    Section::new("Which one do I take?").id(PARTS[1]).with(table).paragraph(
        "Calls that were accurate on every problem of the kind, at every condition number. Leastwise means the method of \
         its adapter. Times are those of f64.",
    )
}

fn choice(record: &Record, row: &Wanted) -> String {
    let plan = &record.header.plan;
    let is_shown = |call: &Call| !call.ours || call.library < plan.registered;
    let mut safe: Vec<(f64, String)> = Vec::new();
    for (number, call) in plan.calls.iter().enumerate() {
        if !is_shown(call) || grade_of(record, number, row.scalar, row.has) != Grade::Safe {
            continue;
        }
        let library = plan.libraries[call.library]
            .split(' ')
            .next()
            .unwrap_or_default();
        let name = if call.ours {
            format!("Leastwise {}/{}", library, short(&call.label))
        } else {
            format!("{} {}", library, short(&call.label))
        };
        let time = time(record, number, row.timed);
        let shown = time.map_or(name.clone(), |time| format!("{name} {}", human_time(time)));
        safe.push((time.unwrap_or(f64::INFINITY), shown));
    }
    safe.sort_by(|x, y| x.0.total_cmp(&y.0));
    if safe.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = safe.into_iter().map(|(_, name)| name).take(NAMED).collect();
    names.join("; ")
}
