//! The tables.

use leastwise_report::format::counted;
use leastwise_report::{Document, Section, Table};
use leastwise_testset::far_starts::Curve;

use super::judge::{cells, count};
use super::plan::Record;
use super::row::{Cell, End};
use crate::compare::statistics::median;

const NOTES: &str = "minimum: runs that end with the smallest loss, to 1e-6 of it. unclaimed: runs of these that \
    do not report success. ≥ 9: runs with at least 9 correct digits of the worst parameter. The other runs end \
    elsewhere. False success: on a slope, steps in double-double lower the loss; at a saddle, a direction of \
    negative curvature does; on a plateau, another value of a parameter without effect does. other: \
    success at another minimum. honest: the run does not report success. r, J: median of the residuals and Jacobians \
    of a run.";

/// All tables.
pub(super) fn document(record: &Record) -> Document {
    let (runs, draws) = (record.rows.len(), record.header.plan.draws);
    let curves = Curve::ALL.len();
    let title = format!(
        "{}, {draws} of each of {curves} curves, default tolerances, by the point at which they end",
        counted(runs, "run")
    );
    let lower = record
        .rows
        .iter()
        .filter(|row| row.is_lower_elsewhere)
        .count();
    let lower = format!(
        "The smallest loss is the one near the truth, except in {}. There, a contender found a smaller one.",
        counted(lower, "draw")
    );
    Document::new("Far starts")
        .with(Section::new(title).with(ends(record)))
        .with(Section::new("Runs that end at the minimum, in percent").with(by_curve(record)))
        .with(Section::default().paragraph(NOTES).paragraph(lower))
}

fn ends(record: &Record) -> Table {
    let ending = |contender: usize, end| count(record, contender, |e| e == end).to_string();
    let unclaimed = End::Minimum { is_claimed: false };
    let minima = |contender| count(record, contender, End::is_minimum).to_string();
    let accurate = |contender| {
        let cells = cells(record, contender).filter(|cell| cell.digits >= 9.0);
        cells.count().to_string()
    };
    let of_all = |contender, of: fn(&Cell) -> usize| {
        let values = cells(record, contender).map(|cell| of(cell) as f64);
        format!("{:.0}", median(&values.collect::<Vec<_>>()))
    };
    Table::by(
        1,
        record.header.plan.contestants.labels(),
        &[
            ("", &|(_, label)| label.clone()),
            ("minimum", &|&(c, _)| minima(c)),
            ("unclaimed", &|&(c, _)| ending(c, unclaimed)),
            ("≥ 9", &|&(c, _)| accurate(c)),
            ("slope", &|&(c, _)| ending(c, End::Slope)),
            ("saddle", &|&(c, _)| ending(c, End::Saddle)),
            ("plateau", &|&(c, _)| ending(c, End::Plateau)),
            ("other", &|&(c, _)| ending(c, End::Other)),
            ("honest", &|&(c, _)| ending(c, End::Honest)),
            ("r", &|&(c, _)| of_all(c, |cell| cell.residuals)),
            ("J", &|&(c, _)| of_all(c, |cell| cell.jacobians)),
        ],
    )
}

fn by_curve(record: &Record) -> Table {
    let names = Curve::ALL.iter().map(|curve| curve.name());
    let mut table = Table::of_numbers([""].into_iter().chain(names));
    for (contender, label) in record.header.plan.contestants.labels() {
        let share = |curve: &Curve| {
            let runs = record.rows.iter().filter(|row| row.curve == curve.name());
            let solved = runs.filter(|row| row.cells[contender].end.is_minimum());
            format!(
                "{:.1}",
                100.0 * solved.count() as f64 / record.header.plan.draws as f64
            )
        };
        table.push([label].into_iter().chain(Curve::ALL.iter().map(share)));
    }
    table
}
