//! What all cases together say.

use super::super::format::{human_time, percent_more};
use super::super::section::Section;
use crate::compare::analysis::{self, AdapterCost, Crossover};
use crate::compare::record::{CellRecord, Results};

/// The fastest right answer to every case, with all that noise cannot tell from it.
pub(crate) fn winners(results: &Results) -> Section {
    let header = [
        "case",
        "scalar",
        "shape",
        "fastest right answer",
        "time",
        "within noise",
    ];
    let mut section = Section::table("The fastest right answers".to_owned(), &header, 6);
    for group in analysis::groups(results) {
        let Some(best) = group.best() else { continue };
        let label = |cell: &CellRecord| match cell.method {
            Some(_) => cell.label(),
            None => cell.engine.clone(),
        };
        let others: Vec<String> = group
            .winners()
            .filter(|cell| !std::ptr::eq(*cell, best))
            .map(label)
            .collect();
        let others = match &others[..] {
            [] => String::new(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first}, {} more", rest.len()),
        };
        section.push(vec![
            group.case.to_owned(),
            group.scalar.to_owned(),
            format!("{}x{}", best.rows, best.cols),
            label(best),
            human_time(best.median_ns.unwrap_or(f64::NAN)),
            others,
        ]);
    }
    section
}

/// Who is fastest from which size on.
pub(crate) fn crossovers(results: &Results) -> Section {
    let header = [
        "n×n",
        "scalar",
        "fastest, by n (a / where noise cannot tell)",
    ];
    let mut section = Section::table("Who is fastest at which size".to_owned(), &header, 3);
    for crossover in analysis::crossovers(results) {
        let mut first_columns = [crossover.label.clone(), crossover.scalar.clone()];
        for line in wrapped(&ranges(&crossover)) {
            let [label, scalar] = std::mem::take(&mut first_columns);
            section.push(vec![label, scalar, line]);
        }
    }
    section
}

/// What fits a terminal of 100 columns beside the columns before.
const RANGES_WIDTH: usize = 66;

/// Lines of whole ranges.
fn wrapped(ranges: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for range in ranges.split(", ") {
        let width = range.chars().count() + 2;
        match lines.last_mut() {
            Some(line) if line.chars().count() + width <= RANGES_WIDTH => {
                line.push_str(", ");
                line.push_str(range);
            }
            _ => lines.push(range.to_owned()),
        }
    }
    lines
}

/// `4–8 nalgebra, 16–128 faer`
pub(crate) fn ranges(crossover: &Crossover) -> String {
    let mut ranges: Vec<(usize, usize, String)> = Vec::new();
    for point in &crossover.points {
        let winners = point.winners.join("/");
        match ranges.last_mut() {
            Some((_, last, known)) if *known == winners => *last = point.size,
            _ => ranges.push((point.size, point.size, winners)),
        }
    }
    let range = |(first, last, winners): &(usize, usize, String)| {
        if first == last {
            format!("{first} {winners}")
        } else {
            format!("{first}–{last} {winners}")
        }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

/// Below this size a percentage says less than nanoseconds.
const SMALL: usize = 32;

/// What the call through the traits takes beyond the library called by hand.
pub(crate) fn adapter_cost(results: &Results, scalar: &str) -> Section {
    let costs: Vec<AdapterCost<'_>> = analysis::adapter_costs(results)
        .into_iter()
        .filter(|cost| cost.adapter.scalar == scalar)
        .collect();
    let mut columns = analysis::adapter_columns(&costs.iter().collect::<Vec<_>>());
    columns.truncate(8);
    let names: Vec<String> = columns
        .iter()
        .map(|(size, case)| size.map_or_else(|| (*case).to_owned(), |n| format!("n={n}")))
        .collect();
    let mut header = vec!["adapter"];
    header.extend(names.iter().map(String::as_str));
    let title = format!("What an adapter adds to its library called by hand, {scalar}");
    let mut section = Section::table(title, &header, 1);
    let mut labels: Vec<String> = costs.iter().map(label).collect();
    labels.dedup();
    labels.sort();
    labels.dedup();
    for wanted in labels {
        let mut row = vec![wanted.clone()];
        for key in &columns {
            let found = costs
                .iter()
                .find(|cost| label(cost) == wanted && cost.column() == *key);
            row.push(found.map_or_else(|| "-".to_owned(), shown_cost));
        }
        section.push(row);
    }
    section
}

fn label(cost: &AdapterCost<'_>) -> String {
    let method = cost.adapter.method.as_deref().unwrap_or("matmul");
    format!("{}/{method}", cost.adapter.engine)
}

fn shown_cost(cost: &AdapterCost<'_>) -> String {
    if cost.adapter.size.is_some_and(|size| size < SMALL) {
        return format!("{:+.0} ns", cost.difference_ns);
    }
    percent_more(cost.ratio)
}
