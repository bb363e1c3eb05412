//! The picture of the map. Rows are calls, columns are problems, and each shape and scalar type has a panel.

use leastwise_report::{Band, Figure, Grid, GridPanel, GridRow, Section, Tile};

use super::model::{Call, Panel, Record};
use super::outcome::Outcome;
use super::side;

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

/// A picture for each question. A row is the best call of a library for that question.
pub(super) fn pictures(record: &Record) -> Section {
    let pictures = [
        (
            "map",
            "Tall systems: at which condition and rank",
            "f64",
            "200×60 by κ",
        ),
        (
            "map-square",
            "Square systems: at which condition and rank",
            "f64",
            "60×60 by κ",
        ),
        ("map-size", "Entries of which size", "f64", "30×10 by size"),
        (
            "map-single",
            "In f32: at which condition and rank",
            "f32",
            "200×60 by κ",
        ),
        (
            "map-line",
            "A straight line in f32: at how many points",
            "f32",
            "line by points",
        ),
    ];
    let mut section = Section::new("One picture a question").id(side::PARTS[2]);
    for (name, title, scalar, panel) in pictures {
        let is_it = |p: &&Panel| p.scalar == scalar && p.title == panel;
        if let Some(panel) = record.panels().find(is_it) {
            section = section.with(picture(record, name, title, panel));
        }
    }
    section.paragraph(
        "Each row is the call of the library that is accurate on the most problems of the picture. Leastwise means the \
         best method of its adapter.",
    )
}

fn picture(record: &Record, name: &str, title: &str, panel: &Panel) -> Figure {
    let plan = &record.header.plan;
    let accurate = |call: &usize| {
        let outcomes = panel.outcomes[*call].iter();
        let weigh = |outcome: &Outcome| match outcome {
            Outcome::Accurate => 2,
            Outcome::Refused => 1,
            _ => 0,
        };
        outcomes.map(weigh).sum::<usize>()
    };
    let mut rows = Vec::new();
    let mut tiles = Vec::new();
    for side in side::sides(record) {
        let offers = |call: &&usize| {
            let outcomes = panel.outcomes[**call].iter();
            outcomes
                .clone()
                .any(|outcome| *outcome != Outcome::NotOffered)
        };
        let calls = side.calls.iter().filter(offers);
        // Of equals, the first call counts, so the order is reversed.
        let Some(&best) = calls.rev().max_by_key(|call| accurate(call)) else {
            continue;
        };
        rows.push(GridRow {
            group: side.name,
            label: side::short(&plan.calls[best].label).to_owned(),
            is_strong: side.ours,
        });
        tiles.push(panel.outcomes[best].iter().map(|&o| tile(o)).collect());
    }
    let grid = Grid {
        rows,
        bands: vec![Band {
            name: panel.scalar.clone(),
            panels: vec![GridPanel {
                title: panel.title.clone(),
                columns: panel.columns.clone(),
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
        Outcome::Inaccurate(error) => Tile::between(
            (250, 180, 110),
            (150, 10, 30),
            (error / 30.0).log10() / 14.0,
        ),
    })
}
