//! The kinds of systems that a reader asks about, and what a call does with each of them.

use super::model::{Counts, Record};
use super::outcome::Outcome;

/// The largest condition number at which every stable method has digits to spare.
const MODERATE: i32 = 6;

/// A kind of systems.
pub(super) struct Kind {
    /// Its name in a sentence.
    pub(super) label: &'static str,
    /// The heading of its column.
    pub(super) column: &'static str,
    systems: Systems,
}

#[derive(Clone, Copy)]
enum Systems {
    /// The cells of the panels of a scalar type, by the title of the panel and the name of the column.
    Cells(&'static str, fn(&str, &str) -> bool),
    /// The random small matrices of integers.
    Draws,
}

const fn kind(
    label: &'static str,
    column: &'static str,
    scalar: &'static str,
    has: fn(&str, &str) -> bool,
) -> Kind {
    Kind {
        label,
        column,
        systems: Systems::Cells(scalar, has),
    }
}

pub(super) const KINDS: [Kind; 10] = [
    kind(
        "full rank",
        "full rank, κ ≤ 10⁶",
        "f64",
        |title, column| is_tall(title) && decade(column).is_some_and(|d| d <= MODERATE),
    ),
    kind("κ up to 1e14", "κ ≤ 10¹⁴", "f64", |title, column| {
        is_tall(title) && decade(column).is_some_and(|d| d > MODERATE)
    }),
    kind(
        "collinear columns",
        "collinear columns",
        "f64",
        |title, column| is_tall(title) && column == "collinear",
    ),
    kind(
        "deficient rank",
        "deficient rank",
        "f64",
        |title, column| is_tall(title) && is_deficient(column),
    ),
    kind("wide systems", "wide", "f64", |title, _| is_wide(title)),
    kind(
        "tiny or huge entries",
        "10⁻³⁰⁰ to 10³⁰⁰",
        "f64",
        |title, _| title.ends_with("by size"),
    ),
    Kind {
        label: "small integers",
        column: "small integers",
        systems: Systems::Draws,
    },
    kind("10000 rows", "10000×96", "f64", |_, column| {
        column == "experiment"
    }),
    kind("f32", "f32", "f32", |title, column| {
        is_tall(title) && decade(column).is_some()
    }),
    kind(
        "long columns in f32",
        "f32, 10⁵ rows",
        "f32",
        |title, _| title.starts_with("line"),
    ),
];

/// Whether a panel by κ has at least as many rows as columns.
fn is_tall(title: &str) -> bool {
    title.ends_with("by κ") && !is_wide(title)
}

fn is_wide(title: &str) -> bool {
    title.starts_with("24×60")
}

/// The exponent of a condition number.
pub(super) fn decade(column: &str) -> Option<i32> {
    column.strip_prefix("1e")?.parse().ok()
}

fn is_deficient(column: &str) -> bool {
    ["half rank", "ones", "zero"].contains(&column)
}

impl Kind {
    /// The worst outcome of a call. A call that has no function for some of the systems does not offer the kind.
    pub(super) fn of(&self, record: &Record, call: usize) -> Outcome {
        match self.systems {
            Systems::Cells(scalar, has) => worst(record, call, scalar, has),
            Systems::Draws => of_draws(&record.counts(call)),
        }
    }

    /// The share of wrong answers to the draws, or `None` for another kind.
    pub(super) fn rate(&self, record: &Record, call: usize) -> Option<f64> {
        match self.systems {
            Systems::Cells(..) => None,
            Systems::Draws => rate(&record.counts(call)),
        }
    }
}

/// The worst outcome of a call over the cells of the panels of this scalar type. `has` chooses them by the title of the
/// panel and the name of the column.
pub(super) fn worst(
    record: &Record,
    call: usize,
    scalar: &str,
    has: impl Fn(&str, &str) -> bool,
) -> Outcome {
    let mut worst = None;
    for panel in record.panels().filter(|panel| panel.scalar == scalar) {
        for (place, column) in panel.columns.iter().enumerate() {
            // A panel has a column that belongs to another one only. No call has a problem there.
            let is_problem = |row: &Vec<Outcome>| row[place] != Outcome::NotOffered;
            if !has(&panel.title, column) || !panel.outcomes.iter().any(is_problem) {
                continue;
            }
            let outcome = panel.outcomes[call][place];
            if outcome == Outcome::NotOffered {
                return outcome;
            }
            if worst.is_none_or(|worst| outcome > worst) {
                worst = Some(outcome);
            }
        }
    }
    worst.unwrap_or(Outcome::NotOffered)
}

fn of_draws(counts: &Counts) -> Outcome {
    match *counts {
        Counts { judged: 0, .. } => Outcome::NotOffered,
        Counts { lost, .. } if lost > 0 => Outcome::TimedOut,
        Counts { panicked, .. } if panicked > 0 => Outcome::Panicked,
        Counts { not_finite, .. } if not_finite > 0 => Outcome::NotFinite,
        Counts { wrong, .. } if wrong > 0 => Outcome::Inaccurate(f64::INFINITY),
        Counts { refused, .. } if refused > 0 => Outcome::Refused,
        _ => Outcome::Accurate,
    }
}

/// The share of wrong answers, NaN, panics and lost processes of the draws that a call has to solve.
pub(super) fn rate(counts: &Counts) -> Option<f64> {
    (counts.judged > 0).then(|| counts.bad() as f64 / counts.judged as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_that_are_all_solved_or_refused_are_not_wrong() {
        let counts = Counts {
            judged: 10,
            ..Counts::default()
        };
        assert_eq!(of_draws(&counts), Outcome::Accurate);
        let refused = Counts {
            refused: 1,
            ..counts
        };
        assert_eq!(of_draws(&refused), Outcome::Refused);
        let wrong = Counts {
            wrong: 1,
            ..refused
        };
        assert!(of_draws(&wrong) > Outcome::Refused);
        assert_eq!(rate(&wrong), Some(0.1));
        assert_eq!(of_draws(&Counts::default()), Outcome::NotOffered);
    }
}
