//! How often each outcome was seen, for each row.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement};

use super::Map;
use super::outcome::Outcome;
use crate::text_table::text_table;

const HEADER: [&str; 8] = [
    "call", "accurate", "refused", "longer", "wrong", "worst", "NaN", "panic",
];

pub(super) fn render(map: &Map) -> String {
    let mut table = text_table(HEADER);
    table.set_content_arrangement(ContentArrangement::Disabled);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut library = None;
    for (i, row) in map.rows.iter().enumerate() {
        if library != Some(row.library) {
            table.add_row([map.libraries[row.library].as_str()]);
            library = Some(row.library);
        }
        let seen: Vec<Outcome> = map
            .panels
            .iter()
            .flat_map(|panel| panel.outcomes[i].iter().copied())
            .collect();
        let count = |is: fn(&Outcome) -> bool| match seen.iter().filter(|o| is(o)).count() {
            0 => String::new(),
            some => some.to_string(),
        };
        let worst = seen.iter().fold(0.0, |worst: f64, outcome| match outcome {
            Outcome::Inaccurate(error) => worst.max(*error),
            _ => worst,
        });
        table.add_row([
            format!("  {}", row.label),
            count(|o| matches!(o, Outcome::Accurate)),
            count(|o| matches!(o, Outcome::Refused)),
            count(|o| matches!(o, Outcome::NotShortest)),
            count(|o| matches!(o, Outcome::Inaccurate(_))),
            if worst > 0.0 {
                format!("{worst:.0e} u")
            } else {
                String::new()
            },
            count(|o| matches!(o, Outcome::NotFinite)),
            count(|o| matches!(o, Outcome::Panicked)),
        ]);
    }
    let mut text = format!("{table}\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "Cells of the map, f64 and f32 together.\n\
         accurate  a backward error of at most 30 u, and the minimum norm\n\
         longer    a small backward error, but not the solution of minimum norm\n\
         wrong     a larger backward error; the worst in units of ‖A‖_F·u"
    );
    text
}
