//! The rows of the tables and pictures: a library with its own calls, or with its adapter.

use super::kinds::{self, KINDS};
use super::model::{Call, Record};
use super::outcome::Outcome;

/// The names of the sections. The first two have markers in a page.
pub(super) const PARTS: [&str; 4] = ["map", "map-take", "map-pictures", "map-calls"];

/// A library with its own calls, or with its adapter.
pub(super) struct Side {
    pub(super) ours: bool,
    pub(super) name: String,
    /// The number of the call that a user takes: the one that is accurate for the most kinds of systems. Of equals, it
    /// is the one that is wrong for the fewest, and then the first.
    pub(super) call: usize,
}

/// The rows of the tables and pictures, the most trustworthy first. The backend of a contender is only in the list of
/// every call.
pub(super) fn sides(record: &Record) -> Vec<Side> {
    let plan = &record.header.plan;
    let mut sides = Vec::new();
    for (library, name) in plan.libraries.iter().enumerate() {
        for ours in [false, true] {
            let of_side = |call: &Call| (call.library, call.ours) == (library, ours);
            let numbered = plan.calls.iter().enumerate();
            let calls = numbered.filter(|(_, call)| of_side(call));
            let best = calls.map(|(number, _)| number).min_by(|&x, &y| {
                let (x, y) = (merit(record, x), merit(record, y));
                x.partial_cmp(&y).unwrap_or(std::cmp::Ordering::Equal)
            });
            let is_shown = !ours || library < plan.registered;
            if let Some(call) = best.filter(|_| is_shown) {
                let name = if ours {
                    let name = name.split(' ').next().unwrap_or_default();
                    format!("Leastwise over {name}")
                } else {
                    name.clone()
                };
                sides.push(Side { ours, name, call });
            }
        }
    }
    // The order is stable, so ours and the libraries stay in the order of the plan among equals.
    sides.sort_by(|x, y| {
        let (x, y) = (merit(record, x.call), merit(record, y.call));
        x.partial_cmp(&y).unwrap_or(std::cmp::Ordering::Equal)
    });
    sides
}

/// Smaller is better: minus the number of kinds for which the call is accurate, the number for which it is wrong, and the
/// share of wrong answers to the draws.
fn merit(record: &Record, call: usize) -> (i32, i32, f64) {
    let (mut accurate, mut wrong) = (0, 0);
    for kind in &KINDS {
        match kind.of(record, call) {
            Outcome::Accurate => accurate += 1,
            Outcome::NotOffered | Outcome::Refused => {}
            _ => wrong += 1,
        }
    }
    let rate = kinds::rate(&record.counts(call)).unwrap_or(0.0);
    (-accurate, wrong, rate)
}

/// The name of a call without its last steps.
pub(super) fn short(label: &str) -> &str {
    let label = label.strip_prefix("leastwise ").unwrap_or(label);
    label.split([',', '·']).next().unwrap_or(label).trim()
}
