//! The picture of the map. Rows are calls, columns are problems, and each shape and scalar type has a panel.

use leastwise_report::{Band, Figure, Grid, GridPanel, GridRow, Section, Tile};

use super::kinds::{KINDS, Kind};
use super::model::{Call, Panel, Record};
use super::outcome::Outcome;
use super::side::{self, Side};

pub(super) fn figure(record: &Record) -> Figure {
    let plan = &record.header.plan;
    let row = |row: &Call| GridRow {
        group: plan.libraries[row.library].clone(),
        label: row.label.clone(),
        is_strong: row.ours,
    };
    let band = |scalar: &str| Band {
        name: scalar.to_owned(),
        panels: record
            .panels()
            .filter(|panel| panel.scalar == scalar)
            .map(panel)
            .collect(),
    };
    let grid = Grid {
        rows: plan.calls.iter().map(row).collect(),
        bands: ["f64", "f32"].map(band).into(),
        key: key(),
    };
    Figure::grid(
        "map-all",
        "Least squares by each library's own call, and through Leastwise",
        grid,
    )
}

fn key() -> Vec<(Tile, String)> {
    let key = [
        (Outcome::Accurate, "accurate: ≤ 30 u and minimum norm"),
        (Outcome::Refused, "refused"),
        (Outcome::NotShortest, "solves, but not minimum norm"),
        (Outcome::Inaccurate(31.0), "backward error 30 u,"),
        (Outcome::Inaccurate(3e7), "10⁷ u,"),
        (Outcome::Inaccurate(1e15), "1/u"),
        (Outcome::NotFinite, "NaN or ∞"),
        (Outcome::Panicked, "panic"),
        (Outcome::TimedOut, "over 3 s, or the process ends"),
    ];
    let shown = key.into_iter();
    shown
        .filter_map(|(of, meaning)| Some((tile(of)?, meaning.to_owned())))
        .collect()
}

/// A picture for each question. Each row is the call of the library that is accurate for the most kinds of systems.
pub(super) fn pictures(record: &Record) -> Section {
    let sides = side::sides(record);
    let pictures = [
        (
            "map-condition",
            "Up to which condition number? (200×60, f64)",
            "f64",
            "200×60 by κ",
        ),
        (
            "map-size",
            "For entries of which size? (30×10, f64)",
            "f64",
            "30×10 by size",
        ),
        (
            "map-single",
            "In single precision? (200×60, f32)",
            "f32",
            "200×60 by κ",
        ),
        (
            "map-line",
            "For how many points of a line? (f32)",
            "f32",
            "line by points",
        ),
    ];
    let mut section = Section::new("One picture a question")
        .id(side::PARTS[2])
        .with(for_what(record, &sides));
    for (name, title, scalar, panel) in pictures {
        let is_it = |p: &&Panel| p.scalar == scalar && p.title == panel;
        if let Some(panel) = record.panels().find(is_it) {
            let tiles = |side: &Side| {
                let outcomes = panel.outcomes[side.call].iter();
                outcomes.map(|&outcome| tile(outcome)).collect()
            };
            let columns = panel.columns.clone();
            let tiles = sides.iter().map(tiles).collect();
            section = section.with(picture(record, (name, title), &sides, columns, tiles));
        }
    }
    section.paragraph(
        "Each row is the call of the library that is accurate for the most kinds of systems. The most trustworthy comes \
         first.",
    )
}

/// The picture of the kinds of systems.
fn for_what(record: &Record, sides: &[Side]) -> Figure {
    let cell = |side: &Side, kind: &Kind| match kind.rate(record, side.call) {
        // From one in a million to all.
        Some(rate) if rate > 0.0 => Some(wrong((rate.log10() + 6.0) / 6.0)),
        _ => tile(kind.of(record, side.call)),
    };
    let row = |side: &Side| KINDS.iter().map(|kind| cell(side, kind)).collect();
    let columns = KINDS.iter().map(|kind| kind.column.to_owned()).collect();
    let tiles = sides.iter().map(row).collect();
    let name = ("map", "Which library is safe for what?");
    picture(record, name, sides, columns, tiles).note(
        "The worst answer of each kind. Small integers: the darker, the more of the random matrices have a wrong answer, \
         from one in a million to all. White: the call is not for such systems.",
    )
}

fn picture(
    record: &Record,
    (name, title): (&str, &str),
    sides: &[Side],
    columns: Vec<String>,
    tiles: Vec<Vec<Option<Tile>>>,
) -> Figure {
    let row = |side: &Side| GridRow {
        group: side.name.clone(),
        label: side::short(&record.header.plan.calls[side.call].label).to_owned(),
        is_strong: side.ours,
    };
    let grid = Grid {
        rows: sides.iter().map(row).collect(),
        bands: vec![Band {
            name: String::new(),
            panels: vec![GridPanel {
                title: String::new(),
                columns,
                tiles,
            }],
        }],
        key: key(),
    };
    Figure::grid(name, title, grid)
}

fn panel(panel: &Panel) -> GridPanel {
    GridPanel {
        title: panel.title.clone(),
        columns: panel.columns.clone(),
        tiles: panel
            .outcomes
            .iter()
            .map(|row| row.iter().map(|&o| tile(o)).collect())
            .collect(),
    }
}

fn tile(outcome: Outcome) -> Option<Tile> {
    Some(match outcome {
        Outcome::NotOffered => return None,
        Outcome::Accurate => Tile::new((92, 164, 214)),
        Outcome::Refused => Tile::new((206, 206, 206)).mark('–'),
        Outcome::NotShortest => Tile::new((240, 222, 90)).mark('‖'),
        Outcome::NotFinite => Tile::new((112, 56, 142)).mark('N'),
        Outcome::Panicked => Tile::new((20, 20, 20)).mark('×'),
        Outcome::TimedOut | Outcome::Died => Tile::new((90, 90, 90)).mark('!'),
        // The shade covers backward errors from just above 30 u to 1/u.
        Outcome::Inaccurate(error) => wrong((error / 30.0).log10() / 14.0),
    })
}

/// The tile of a wrong answer, the darker the worse.
fn wrong(share: f64) -> Tile {
    Tile::between((250, 180, 110), (150, 10, 30), share)
}
