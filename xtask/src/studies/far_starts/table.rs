//! The tables.

use comfy_table::Table;
use leastwise_testset::far_starts::Curve;

use super::results::{Cell, End, Results};
use crate::compare::statistics::median;
use crate::studies::minpack::table::table;

/// All tables, no line wider than 100.
pub(super) fn render(results: &Results) -> String {
    format!(
        "{} runs, {} of each of {} curves, default tolerances: where they end\n{}\n\n\
         Runs that end at the minimum, in percent\n{}\n\n{}",
        results.rows.len(),
        results.draws,
        Curve::ALL.len(),
        ends(results),
        by_curve(results),
        notes(results)
    )
}

fn label(results: &Results, contender: usize) -> String {
    let name = &results.names[contender];
    if results.is_ours[contender] {
        format!("trust region, {name}")
    } else {
        name.clone()
    }
}

fn ends(results: &Results) -> Table {
    let mut table = table(&[
        "",
        "minimum",
        "unclaimed",
        "≥ 9",
        "slope",
        "saddle",
        "plateau",
        "other",
        "honest",
        "r",
        "J",
    ]);
    for contender in 0..results.names.len() {
        let count = |end| results.count(contender, |e| e == end).to_string();
        let of_all = |of: fn(&Cell) -> usize| {
            let values: Vec<f64> = results
                .cells(contender)
                .map(|cell| of(cell) as f64)
                .collect();
            format!("{:.0}", median(&values))
        };
        let accurate = results.cells(contender).filter(|cell| cell.digits >= 9.0);
        table.add_row([
            label(results, contender),
            results.count(contender, End::is_minimum).to_string(),
            count(End::Minimum { is_claimed: false }),
            accurate.count().to_string(),
            count(End::Slope),
            count(End::Saddle),
            count(End::Plateau),
            count(End::Other),
            count(End::Honest),
            of_all(|cell| cell.residuals),
            of_all(|cell| cell.jacobians),
        ]);
    }
    table
}

fn by_curve(results: &Results) -> Table {
    let names = Curve::ALL.iter().map(|curve| curve.name());
    let mut table = table(&[""].into_iter().chain(names).collect::<Vec<_>>());
    for contender in 0..results.names.len() {
        let share = |curve: &Curve| {
            let runs = results.rows.iter().filter(|row| row.curve == *curve);
            let solved = runs.filter(|row| row.cells[contender].end.is_minimum());
            format!(
                "{:.1}",
                100.0 * solved.count() as f64 / results.draws as f64
            )
        };
        let shares = Curve::ALL.iter().map(share);
        table.add_row([label(results, contender)].into_iter().chain(shares));
    }
    table
}

fn notes(results: &Results) -> String {
    let lower = results.rows.iter().filter(|row| row.is_lower_elsewhere);
    format!(
        "minimum: runs that end with the least loss, to 1e-6 of it. unclaimed: those of them without\n\
         success. ≥ 9: runs with so many digits of the worst parameter. Elsewhere, success is claimed falsely\n\
         on a slope, where steps in double-double lower the loss; at a saddle, where a direction of negative\n\
         curvature does; on a plateau, where another value of a parameter without effect does. other:\n\
         success at another minimum. honest: no success is claimed. r, J: residuals and Jacobians of a run,\n\
         the median.\n\
         The least loss is that near the truth but for {} draws, where a contender found less.",
        lower.count()
    )
}
