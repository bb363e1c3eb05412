//! What to take, in a sentence.

use super::{Group, fastest};
use crate::compare::record::{CellRecord, Status};
use crate::compare::statistics::median;

/// Which contender to take for a system of one's own, and why: accurate enough first, then fastest.
pub(crate) fn recommendation(group: &Group<'_>) -> String {
    let stable = leastwise_conformance::STABLE_BACKWARD_ERROR;
    let cells = || group.rows.iter().map(|row| row.cell).filter(|c| !c.control);
    let accurate = |cell: &&CellRecord| {
        cell.status == Status::Ok && cell.backward_error_u.is_some_and(|error| error <= stable)
    };
    let Some(best) = fastest(cells().filter(accurate)) else {
        return match cells().find(accurate) {
            Some(_) => "Several answers are accurate, but none was timed.".to_owned(),
            None => {
                "No answer is accurate enough to be recommended: read the reasons above.".to_owned()
            }
        };
    };
    let equals: Vec<String> = group
        .rows
        .iter()
        .filter(|row| row.near_best && !std::ptr::eq(row.cell, best) && accurate(&row.cell))
        .filter(|row| !row.cell.control)
        .map(|row| row.cell.label())
        .collect();
    let mut parts = vec![format!(
        "Take {}: its answer is right ({}), and none that is came faster ({})",
        best.label(),
        accuracy(best),
        crate::compare::report::human_time(median(&best.samples_ns)),
    )];
    if !equals.is_empty() {
        parts.push(format!("{} within noise of it", equals.join(" and ")));
    }
    let wrong = cells().filter(|cell| cell.status.is_fault()).count();
    let inaccurate = cells()
        .filter(|cell| cell.status == Status::Ok && !accurate(cell))
        .count();
    if wrong > 0 {
        parts.push(format!("{wrong} answers were wrong"));
    }
    if inaccurate > 0 {
        parts.push(format!(
            "{inaccurate} had more than {stable} units of backward error"
        ));
    }
    format!("{}.", parts.join("; "))
}

fn accuracy(cell: &CellRecord) -> String {
    let backward = cell
        .backward_error_u
        .map(|error| format!("backward error {error:.1} u"));
    let digits = cell
        .forward_error
        .map(|error| format!("{} digits", crate::compare::report::digits(error)));
    let parts: Vec<String> = [backward, digits].into_iter().flatten().collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::groups;
    use crate::compare::samples::{cell, results, timed};

    #[test]
    fn the_recommendation_is_for_the_accurate_and_then_for_the_fast() {
        let mut inaccurate = timed(cell("mine.npy", "faer", "cholesky"), 1e6, 0.01, 1);
        inaccurate.backward_error_u = Some(4e4);
        let cells = vec![
            inaccurate,
            timed(cell("mine.npy", "faer", "svd"), 2e6, 0.01, 2),
            timed(cell("mine.npy", "nalgebra", "svd"), 4e6, 0.01, 3),
        ];
        let results = results(cells);
        let sentence = recommendation(&groups(&results)[0]);
        assert!(
            sentence.starts_with("Take faer/svd: its answer is right"),
            "{sentence}"
        );
        assert!(sentence.contains("1 had more than 30 units"), "{sentence}");
    }
}
