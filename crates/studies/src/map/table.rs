//! The number of times that each call has each outcome.

use leastwise_report::Table;

use super::model::Record;
use super::outcome::Outcome;

pub(super) const NOTES: [&str; 5] = [
    "Cells of the map, f64 and f32 together.",
    "accurate  a backward error of at most 30 u, and the minimum norm",
    "longer    a small backward error, but not the solution of minimum norm",
    "wrong     a larger backward error; its largest value is in units of ‖A‖_F·u",
    "lost      the call takes more than 3 s, or its process ends",
];

pub(super) fn counts(record: &Record) -> Table {
    let mut table = Table::of_numbers([
        "call", "accurate", "refused", "longer", "wrong", "worst", "NaN", "panic", "lost",
    ]);
    let mut library = None;
    for (i, row) in record.header.plan.calls.iter().enumerate() {
        if library != Some(row.library) {
            table.begin(&record.header.plan.libraries[row.library]);
            library = Some(row.library);
        }
        let seen = || record.panels().flat_map(|panel| &panel.outcomes[i]);
        let count = |is: fn(&Outcome) -> bool| match seen().filter(|o| is(o)).count() {
            0 => String::new(),
            some => some.to_string(),
        };
        let worst = seen().fold(0.0, |worst: f64, outcome| match outcome {
            Outcome::Inaccurate(error) => worst.max(*error),
            _ => worst,
        });
        let worst = (worst > 0.0).then(|| format!("{worst:.0e} u"));
        table.push([
            format!("  {}", row.label),
            count(|o| matches!(o, Outcome::Accurate)),
            count(|o| matches!(o, Outcome::Refused)),
            count(|o| matches!(o, Outcome::NotShortest)),
            count(|o| matches!(o, Outcome::Inaccurate(_))),
            worst.unwrap_or_default(),
            count(|o| matches!(o, Outcome::NotFinite)),
            count(|o| matches!(o, Outcome::Panicked)),
            count(|o| matches!(o, Outcome::TimedOut | Outcome::Died)),
        ]);
    }
    table
}
