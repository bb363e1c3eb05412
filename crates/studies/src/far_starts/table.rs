//! The tables.

use leastwise_report::{Document, Section, Table};
use leastwise_testset::far_starts::Curve;

use super::results::{Cell, End, Results};
use crate::compare::statistics::median;
use crate::suite::labels;

const NOTES: &str = "minimum: runs that end with the least loss, to 1e-6 of it. unclaimed: those of them \
    without success. ≥ 9: runs with so many digits of the worst parameter. Elsewhere, success is claimed \
    falsely on a slope, where steps in double-double lower the loss; at a saddle, where a direction of \
    negative curvature does; on a plateau, where another value of a parameter without effect does. other: \
    success at another minimum. honest: no success is claimed. r, J: residuals and Jacobians of a run, the \
    median.";

/// All tables.
pub(super) fn document(results: &Results) -> Document {
    let (runs, draws, curves) = (results.rows.len(), results.draws, Curve::ALL.len());
    let title = format!(
        "{runs} runs, {draws} of each of {curves} curves, default tolerances: where they end"
    );
    let lower = results
        .rows
        .iter()
        .filter(|row| row.is_lower_elsewhere)
        .count();
    let lower = format!(
        "The least loss is that near the truth but for {lower} draws, where a contender found less."
    );
    Document::new("Far starts")
        .with(Section::new(title).with(ends(results)))
        .with(Section::new("Runs that end at the minimum, in percent").with(by_curve(results)))
        .with(Section::default().paragraph(NOTES).paragraph(lower))
}

fn ends(results: &Results) -> Table {
    let count = |contender: usize, end| results.count(contender, |e| e == end).to_string();
    let unclaimed = End::Minimum { is_claimed: false };
    let minima = |contender| results.count(contender, End::is_minimum).to_string();
    let accurate = |contender| {
        let cells = results.cells(contender).filter(|cell| cell.digits >= 9.0);
        cells.count().to_string()
    };
    let of_all = |contender, of: fn(&Cell) -> usize| {
        let values = results.cells(contender).map(|cell| of(cell) as f64);
        format!("{:.0}", median(&values.collect::<Vec<_>>()))
    };
    Table::by(
        1,
        labels(&results.names, &results.is_ours),
        &[
            ("", &|(_, label)| label.clone()),
            ("minimum", &|&(c, _)| minima(c)),
            ("unclaimed", &|&(c, _)| count(c, unclaimed)),
            ("≥ 9", &|&(c, _)| accurate(c)),
            ("slope", &|&(c, _)| count(c, End::Slope)),
            ("saddle", &|&(c, _)| count(c, End::Saddle)),
            ("plateau", &|&(c, _)| count(c, End::Plateau)),
            ("other", &|&(c, _)| count(c, End::Other)),
            ("honest", &|&(c, _)| count(c, End::Honest)),
            ("r", &|&(c, _)| of_all(c, |cell| cell.residuals)),
            ("J", &|&(c, _)| of_all(c, |cell| cell.jacobians)),
        ],
    )
}

fn by_curve(results: &Results) -> Table {
    let names = Curve::ALL.iter().map(|curve| curve.name());
    let mut table = Table::of_numbers([""].into_iter().chain(names));
    for (contender, label) in labels(&results.names, &results.is_ours) {
        let share = |curve: &Curve| {
            let runs = results.rows.iter().filter(|row| row.curve == *curve);
            let solved = runs.filter(|row| row.cells[contender].end.is_minimum());
            format!(
                "{:.1}",
                100.0 * solved.count() as f64 / results.draws as f64
            )
        };
        table.push([label].into_iter().chain(Curve::ALL.iter().map(share)));
    }
    table
}
