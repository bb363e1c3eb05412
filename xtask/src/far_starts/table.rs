//! The tables.

use comfy_table::Table;
use leastwise_problems::far_starts::Curve;

use super::results::{Cell, End, Results};
use crate::compare::statistics::median;
use crate::minpack::table::table;

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
        "", "minimum", "digits", "≥ 9", "early", "false", "plateau", "other", "honest", "r", "J",
    ]);
    for contender in 0..results.names.len() {
        let count = |end| results.count(contender, |e| e == end).to_string();
        let medians = |of: fn(&Cell) -> f64, counts: fn(End) -> bool| {
            let cells = results.cells(contender).filter(|cell| counts(cell.end));
            let values: Vec<f64> = cells.map(of).collect();
            (!values.is_empty()).then(|| median(&values))
        };
        let digits = medians(|cell| cell.digits, End::is_minimum);
        let accurate = results.cells(contender).filter(|cell| cell.digits >= 9.0);
        let accurate = accurate.count();
        let number = |value: Option<f64>| value.map_or_else(String::new, |v| format!("{v:.0}"));
        table.add_row([
            label(results, contender),
            results.count(contender, End::is_minimum).to_string(),
            digits.map_or_else(String::new, |digits| format!("{digits:.1}")),
            accurate.to_string(),
            count(End::Early),
            count(End::Slope),
            count(End::Plateau),
            count(End::Stationary),
            count(End::Honest),
            number(medians(|cell| cell.residuals as f64, |_| true)),
            number(medians(|cell| cell.jacobians as f64, |_| true)),
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
        "minimum: runs that end with the least loss, to 1e-6 of it. digits: of the worst parameter, up to 10,\n\
         the median over these runs. ≥ 9: runs with so many. early: at the minimum, but claimed as success\n\
         where the gradient test fails. Elsewhere: false: claimed as success where the gradient test fails;\n\
         plateau: claimed as success where a parameter has no effect; other: at another stationary point;\n\
         honest: no success is claimed. r, J: residuals and Jacobians of a run, the median over all.\n\
         The least loss is that near the truth but for {} draws, where a contender found less.",
        lower.count()
    )
}
