//! The answer of the recommended contender to the user's own system.

use leastwise_core::Mat;

use crate::error::{Result, failed};
use crate::measure::Group;
use crate::model::{Operation, ScalarType};
use crate::plan::Plan;
use crate::record::Results;
use crate::workers::Crew;
use crate::{analysis, judge};

/// The contender, and X.
pub(super) struct Solution {
    pub(super) label: String,
    pub(super) x: Mat<f64>,
}

/// Solves the system again with the recommended contender, and judges the answer. So the answer is verified
/// in this run, even if an earlier run stored the cells.
///
/// # Errors
/// If no answer can be recommended, or if one that was right before is now wrong.
pub(super) fn solve(
    results: &Results,
    groups: &[Group<'_>],
    crew: &Crew,
    plan: &Plan,
) -> Result<Solution> {
    let ranked = analysis::groups(results);
    let mut systems = ranked.iter().filter(|group| group.op == Operation::Lstsq);
    let Some(best) = systems.find_map(analysis::recommended) else {
        return Err(failed(
            "--solution: no answer is accurate enough to be written",
        ));
    };
    let case = plan.cases.iter().find(|case| case.name == best.case);
    let case = case.ok_or_else(|| failed(format!("there is no case {}", best.case)))?;
    let scalar: ScalarType = best.scalar.parse().map_err(failed)?;
    let is_it = |group: &&Group<'_>| (&group.case.name, group.scalar) == (&case.name, scalar);
    let solved_again;
    let known = if let Some(group) = groups.iter().find(is_it) {
        group.known
    } else {
        solved_again = judge::solve(&[(case, scalar)], plan.seed, plan.budget)?;
        &solved_again[0]
    };
    let group = Group {
        case,
        scalar,
        known,
        contenders: vec![best.contender()],
    };
    let label = best.label();
    let entries = group.answer(crew, plan, &results.run.engines);
    let entries = entries.map_err(|problem| {
        failed(format!(
            "--solution: {label} was right at first, but wrong when it solved the system again: {problem}"
        ))
    })?;
    Ok(Solution {
        label,
        x: Mat::from_col_major(entries, best.cols, best.rhs).map_err(failed)?,
    })
}
