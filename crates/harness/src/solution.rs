//! The answer of the recommended contender, for the user's own system.

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

/// Lets the recommended contender solve the system once more, and judges that answer: what is returned was
/// verified, also where an earlier run stored the cells that this one goes on with.
///
/// # Errors
/// No answer that could be recommended, or one that was right before and is not now.
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
            "--solution: {label} was right, but not when it solved the system again: {problem}"
        ))
    })?;
    Ok(Solution {
        label,
        x: Mat::from_col_major(entries, best.cols, best.rhs).map_err(failed)?,
    })
}
