//! The picture of the map. Rows are calls, columns are problems, and each shape and scalar type has a panel.

use leastwise_report::{Band, Figure, Grid, GridPanel, GridRow, Tile};

use super::model::{Call, Panel, Record};
use super::outcome::Outcome;

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
            .rows
            .iter()
            .filter(|panel| panel.scalar == scalar)
            .map(panel)
            .collect(),
    };
    let key = [
        (Outcome::Accurate, "accurate: ≤ 30 u and minimum norm"),
        (Outcome::Refused, "refused"),
        (Outcome::NotShortest, "solves, but not minimum norm"),
        (Outcome::Inaccurate(31.0), "backward error 30 u,"),
        (Outcome::Inaccurate(3e7), "10⁷ u,"),
        (Outcome::Inaccurate(1e15), "1/u"),
        (Outcome::NotFinite, "NaN or ∞"),
        (Outcome::Panicked, "panic"),
    ];
    let key = key
        .into_iter()
        .filter_map(|(of, meaning)| Some((tile(of)?, meaning.to_owned())));
    let grid = Grid {
        rows: plan.calls.iter().map(row).collect(),
        bands: ["f64", "f32"].map(band).into(),
        key: key.collect(),
    };
    Figure::grid(
        "map",
        "Least squares by each library's own call, and through Leastwise",
        grid,
    )
}

fn panel(panel: &Panel) -> GridPanel {
    let (m, n) = panel.shape;
    GridPanel {
        title: format!("{m}×{n} by κ"),
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
        // The shade covers backward errors from just above 30 u to 1/u.
        Outcome::Inaccurate(error) => Tile::between(
            (250, 180, 110),
            (150, 10, 30),
            (error / 30.0).log10() / 14.0,
        ),
    })
}
