//! Every section, with cells of every kind.

use leastwise_report::Document;

use super::*;
use crate::compare::analysis;
use crate::compare::record::Results;
use crate::compare::report::looks::Looks;
use crate::compare::samples::{cell, product, results, timed};
use leastwise_harness::model::Status;

fn everything() -> Results {
    let mut cells = Vec::new();
    for case in ["lm-solve", "ill-conditioned"] {
        for (backend, method) in [
            ("faer", "svd"),
            ("nalgebra", "complete-orthogonal"),
            ("ndarray", "complete-orthogonal"),
        ] {
            let mut by_hand = timed(cell(case, backend, "svd"), 345e6, 0.9, 1);
            by_hand.control = true;
            cells.push(timed(cell(case, backend, method), 234e6, 0.9, 2));
            cells.push(by_hand);
        }
        let mut refused = cell(case, "ndarray", "qr");
        refused.status = Status::Refused;
        cells.push(refused);
        let mut rejected = cell(case, "nalgebra", "qr");
        rejected.status = Status::Rejected;
        rejected.reason = Some("rank: 59, not 60 to 60".to_owned());
        cells.push(rejected);
    }
    for (i, n) in [4, 8, 16, 32, 64, 128, 256, 512].into_iter().enumerate() {
        // Winners that change from size to size, so that no two sizes are one range.
        let slower = if i % 2 == 0 { 2.0 } else { 1.0 };
        let mut by_hand = product(n, "ndarray", 90.0);
        by_hand.control = true;
        let others = ["nalgebra", "ndarray"].map(|backend| product(n, backend, 80.0));
        cells.extend(others);
        cells.extend([product(n, "faer", 80.0 * slower), by_hand]);
    }
    results(cells)
}

fn all_sections(results: &Results) -> Document {
    let (groups, looks) = (analysis::groups(results), Looks::new(&results.run));
    let mut sections = vec![
        machine(results, &looks),
        overview(&groups, &looks),
        crossovers(results),
        adapters(results, &looks),
        faults(results),
        doubts(results),
        reading(true),
    ];
    sections.extend(groups.iter().map(|g| group(g, results, &looks)));
    Document {
        sections,
        ..Document::new("Title")
    }
}

#[test]
fn tables_fit_a_terminal_of_100_columns_with_the_longest_names() {
    let text = all_sections(&everything()).to_text();
    for line in text.lines() {
        assert!(
            line.chars().count() <= 100,
            "{}: {line}",
            line.chars().count()
        );
    }
    for shown in [
        "refused",
        "rejected",
        "rank: 59, not 60",
        " ms ±",
        "by hand",
        "n=512",
    ] {
        assert!(text.contains(shown), "{shown} is not in\n{text}");
    }
}

#[test]
fn markdown_has_a_table_for_each_part_and_escapes_what_it_would_read() {
    let mut results = everything();
    results.cells[0].case = "my|own*case".to_owned();
    let text = all_sections(&results).to_markdown();
    assert!(text.contains("### my\\|own\\*case, f64"), "{text}");
    assert!(text.contains("| library/method"), "{text}");
}

#[test]
fn sizes_with_the_same_winner_are_one_range() {
    let results = results(vec![
        product(4, "nalgebra", 50.0),
        product(4, "faer", 80.0),
        product(8, "nalgebra", 50.0),
        product(8, "faer", 80.0),
        product(16, "nalgebra", 90.0),
        product(16, "faer", 80.0),
    ]);
    let crossovers = analysis::crossovers(&results);
    assert_eq!(
        crate::compare::report::figures::ranges(&crossovers[0]),
        "4–8 nalgebra, 16 faer"
    );
}

#[test]
fn a_case_is_open_if_it_is_the_first_a_fit_or_wrong() {
    use leastwise_report::Place::{Closed, Open};
    let mut wrong = cell("wrong", "faer", "svd");
    wrong.status = Status::Rejected;
    let right = |case| cell(case, "faer", "qr");
    let results = results(vec![right("first"), right("right"), wrong, right("wrong")]);
    let (groups, looks) = (analysis::groups(&results), Looks::new(&results.run));
    let places = groups
        .iter()
        .map(|shown| group(shown, &results, &looks).place);
    assert_eq!(places.collect::<Vec<_>>(), [Open, Closed, Open]);
}
