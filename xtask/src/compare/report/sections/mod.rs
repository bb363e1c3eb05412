//! What a report says, part by part.

mod group;
mod solution;
mod summary;

use leastwise_conformance::STABLE_BACKWARD_ERROR;

use super::section::Section;
use crate::compare::analysis;
use crate::compare::record::{CellRecord, Results};

pub(crate) use group::group;
pub(crate) use solution::{solution_lines, solutions};
pub(crate) use summary::{adapter_cost, crossovers, ranges, winners};

/// The machine, the build, the libraries.
pub(crate) fn environment(results: &Results) -> Section {
    let run = &results.run;
    let mut lines = run.options.read.clone();
    lines.extend(run.machine.lines());
    lines.extend(run.build.lines());
    for engine in &run.engines {
        let plural = if engine.threads == 1 { "" } else { "s" };
        lines.push(format!(
            "{} {}, {} thread{plural}",
            engine.engine, engine.version, engine.threads
        ));
    }
    lines.push(format!("{}: {}", super::date(run.started), run.command));
    Section::lines("Measured on", lines)
}

/// What makes the times doubtful.
pub(crate) fn warnings(results: &Results) -> Section {
    let mut lines = analysis::warnings(results);
    if results.cells.iter().any(|cell| !cell.samples_ns.is_empty()) {
        lines.extend(leastwise_harness::machine::worth_a_warning(
            &results.run.machine,
            &results.run.build,
        ));
    }
    Section::lines("Mind", lines)
}

/// What was rejected or failed, a line each.
pub(crate) fn faults(results: &Results) -> Section {
    let faults = results.cells.iter().filter(|cell| cell.status.is_fault());
    let line = |cell: &CellRecord| {
        format!(
            "{} {} {}: {}",
            cell.label(),
            cell.case,
            cell.scalar,
            cell.reason.as_deref().unwrap_or("no reason given")
        )
    };
    Section::lines("Rejected", faults.map(line).collect())
}

/// How to read the tables.
pub(crate) fn legend(results: &Results) -> Section {
    let mut lines = vec![
        "Every answer was held against the minimum-norm solution in extended precision.".to_owned(),
        format!(
            "backward   the error of A, in units of ‖A‖_F·u, that explains x; stable: at most \
             {STABLE_BACKWARD_ERROR}"
        ),
        "digits     of x that are right".to_owned(),
        "null       ‖the part of x in the null space of A‖/‖x‖".to_owned(),
        "differ     the largest ‖x − y‖/‖x‖ against the other right answers y".to_owned(),
        "refused    the method cannot solve a rank-deficient problem and says so, as it must"
            .to_owned(),
    ];
    if results.cells.iter().any(|cell| !cell.samples_ns.is_empty()) {
        lines.extend([
            "time       median of one call with a 95 % interval; contenders take turns".to_owned(),
            "vs best    * marks every contender that noise cannot tell from the fastest".to_owned(),
            "peak       operations of a QR solve per second, of the fastest matmul here".to_owned(),
            "by hand    the library called without the adapter".to_owned(),
            "Ratios within one run count; absolute times of different runs do not compare."
                .to_owned(),
        ]);
    }
    Section::lines("How to read this (more in METHODOLOGY.md)", lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::report::section::{to_markdown, to_text};
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

    fn all_sections(results: &Results) -> Vec<Section> {
        let mut sections = vec![
            environment(results),
            winners(results),
            crossovers(results),
            adapter_cost(results, "f64"),
            faults(results),
            warnings(results),
            legend(results),
        ];
        sections.extend(analysis::groups(results).iter().map(|g| group(g, results)));
        sections
    }

    #[test]
    fn tables_fit_a_terminal_of_100_columns_with_the_longest_names() {
        let text = to_text(&all_sections(&everything()));
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
        let text = to_markdown("Title", &all_sections(&results));
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
        assert_eq!(ranges(&crossovers[0]), "4–8 nalgebra, 16 faer");
    }
}
