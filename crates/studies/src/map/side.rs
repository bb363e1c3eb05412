//! The rows of the tables and pictures: a library with its own calls, or with its adapter.

use super::model::{Call, Record};

/// The names of the markers of the sections.
pub(super) const PARTS: [&str; 4] = ["map", "map-take", "map-pictures", "map-calls"];

/// A library with its own calls, or with its adapter.
pub(super) struct Side {
    pub(super) ours: bool,
    pub(super) name: String,
    /// The numbers of its calls.
    pub(super) calls: Vec<usize>,
}

/// The rows of the tables and pictures. The backend of a contender is only in the list of every call.
pub(super) fn sides(record: &Record) -> Vec<Side> {
    let plan = &record.header.plan;
    let mut sides = Vec::new();
    for (library, name) in plan.libraries.iter().enumerate() {
        for ours in [false, true] {
            let of_side = |call: &Call| (call.library, call.ours) == (library, ours);
            let is_shown = |call: &Call| !ours || call.method != "cholesky";
            let numbered = plan.calls.iter().enumerate();
            let calls: Vec<usize> = numbered
                .filter(|(_, call)| of_side(call) && is_shown(call))
                .map(|(number, _)| number)
                .collect();
            if calls.is_empty() || (ours && library >= plan.registered) {
                continue;
            }
            let name = if ours {
                format!("Leastwise over {name}")
            } else {
                name.clone()
            };
            sides.push(Side { ours, name, calls });
        }
    }
    sides
}

/// The name of a call without its last steps.
pub(super) fn short(label: &str) -> &str {
    let label = label.strip_prefix("leastwise ").unwrap_or(label);
    label.split([',', '·']).next().unwrap_or(label).trim()
}
