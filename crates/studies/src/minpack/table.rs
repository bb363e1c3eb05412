//! The tables.

use leastwise_report::format::{counted, human_time};
use leastwise_report::{Document, Section, Table};

use super::judge::{self, Totals, suite};
use super::row::{Part, Row};
use crate::contender::Tolerances;
use crate::contestants::Contestants;
use crate::study::Record;
use crate::suite::{Cell, Plan, time_over_peer};

/// All tables.
pub(super) fn document(record: &Record<Plan, Row>) -> Document {
    let Plan {
        contestants,
        rounds,
    } = &record.header.plan;
    let rounds = counted(*rounds, "round");
    let suites = Tolerances::ALL.map(|tolerances| (tolerances, suite(record, tolerances)));
    let mut document = Document::new("MINPACK's tests");
    for (tolerances, suite) in &suites {
        let title = format!("{}, {}", counted(suite.len(), "run"), title(*tolerances));
        let table = totals(contestants, *tolerances, suite);
        document = document.with(Section::new(title).with(table));
    }
    let linear =
        "Linear function - full rank, which Levenberg-Marquardt solves in two or three evaluations";
    document = document.with(Section::new(linear).with(sizes(record)));
    let first = contestants.first();
    for (tolerances, suite) in &suites {
        let tolerances = title(*tolerances);
        let title =
            format!("Run by run, by {first} and the peer levenberg-marquardt:\n{tolerances}");
        document = document.with(Section::new(title).with(runs(contestants, suite)));
    }
    let notes = [
        "r / J: evaluations of the residual and of the Jacobian. ✗: not at a known minimum."
            .to_owned(),
        "false success: runs with ✗ that report success. A stationary start is a false success of every contender."
            .to_owned(),
        format!(
            "time / levenberg-marquardt: the quotient of times, as the median over the runs that both \
             solve and then over {rounds}; ± is half the 95 % interval. Contenders run \
             in processes of their own and take turns. One thread, f64."
        ),
    ];
    document.with(Section::default().lines(notes))
}

fn title(tolerances: Tolerances) -> &'static str {
    match tolerances {
        Tolerances::Minpack => "tolerances of MINPACK's driver, ftol = xtol = 1.5e-8, gtol = 0",
        Tolerances::Default => "default tolerances",
    }
}

fn totals(contestants: &Contestants, tolerances: Tolerances, suite: &[&Row]) -> Table {
    let ratio = |contender| {
        let cells = suite.iter().map(|row| &row.cells[..]);
        time_over_peer(contestants, contender, cells)
    };
    let rows = contestants
        .labels()
        .map(|(c, label)| (label, Totals::of(suite, c), ratio(c)));
    let mut table = Table::by(
        1,
        rows,
        &[
            ("", &|(label, ..)| label.clone()),
            ("solved", &|(_, totals, _)| totals.solved.to_string()),
            ("residuals", &|(_, totals, _)| totals.residuals.to_string()),
            ("Jacobians", &|(_, totals, _)| totals.jacobians.to_string()),
            ("false success", &|(_, totals, _)| {
                totals.false_claims.to_string()
            }),
            ("time / levenberg-marquardt", &|(.., ratio)| ratio.clone()),
        ],
    );
    if tolerances == Tolerances::Minpack {
        let counts = [judge::SOLVED, judge::RESIDUALS, judge::JACOBIANS];
        let counts = counts.map(|count| count.to_string());
        table.push(["MINPACK, as printed".to_owned()].into_iter().chain(counts));
    }
    table
}

fn sizes(record: &Record<Plan, Row>) -> Table {
    let rows: Vec<&Row> = record
        .rows
        .iter()
        .filter(|row| row.part == Part::Sizes)
        .collect();
    let sizes = rows.iter().copied().map(size);
    let mut table = Table::of_numbers([String::new()].into_iter().chain(sizes));
    for (contender, label) in record.header.plan.contestants.labels() {
        let cells = rows.iter().map(|row| &row.cells[contender]);
        let times = cells.map(|cell| human_time(cell.nanoseconds()) + mark(cell));
        table.push([label].into_iter().chain(times));
    }
    table
}

/// The size in the label of a run, such as `1000x30`.
fn size(row: &Row) -> String {
    let label = row.label.split(" from").next().unwrap_or_default();
    label.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// The runs by the first backend and by the peer, side by side.
fn runs(contestants: &Contestants, suite: &[&Row]) -> Table {
    let header = [
        "run",
        "r / J",
        "‖r‖",
        "time",
        "ended by",
        "peer r / J",
        "‖r‖",
    ];
    let mut table = Table::of_numbers(header);
    for row in suite {
        let figures = |cell: &Cell| [cell.outcome.evaluations(), norm(cell)];
        let ours = &row.cells[0];
        let mut line = vec![short(row)];
        line.extend(figures(ours));
        line.extend([human_time(ours.nanoseconds()), ours.outcome.reason()]);
        line.extend(
            contestants
                .peer()
                .map(|peer| figures(&row.cells[peer]))
                .into_iter()
                .flatten(),
        );
        table.push(line);
    }
    table
}

fn short(row: &Row) -> String {
    let label = row.label.replace("Linear function - ", "Linear, ");
    let label = label.replace(" with zero columns and rows", " with zeros");
    label.replace(" from 1 x0", "").replace(" from", ",")
}

/// ‖r‖, with a mark if it does not belong to a known minimum.
fn norm(cell: &Cell) -> String {
    format!("{:.2e}{}", cell.outcome.loss.sqrt(), mark(cell))
}

fn mark(cell: &Cell) -> &'static str {
    if cell.is_solved { "" } else { " ✗" }
}
