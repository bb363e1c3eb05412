//! The answer of the recommended contender, for the user's own system.

use anyhow::{Context, anyhow, bail};
use leastwise_core::Mat;

use super::measure::Group;
use super::plan::Plan;
use super::record::{Operation, Results};
use super::worker::Crew;
use super::{analysis, extended_precision};
use crate::scalar_type::ScalarType;

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
) -> anyhow::Result<Solution> {
    let ranked = analysis::groups(results);
    let mut systems = ranked.iter().filter(|group| group.op == Operation::Lstsq);
    let Some(best) = systems.find_map(analysis::recommended) else {
        bail!("--solution: no answer is accurate enough to be written");
    };
    let case = plan.cases.iter().find(|case| case.name == best.case);
    let case = case.with_context(|| format!("there is no case {}", best.case))?;
    let scalar: ScalarType = best.scalar.parse().map_err(|error| anyhow!("{error}"))?;
    let is_it = |group: &&Group<'_>| (&group.case.name, group.scalar) == (&case.name, scalar);
    let solved_again;
    let known = if let Some(group) = groups.iter().find(is_it) {
        group.known
    } else {
        solved_again = extended_precision::solve(&[(case, scalar)], plan.seed, plan.budget)?;
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
        anyhow!("--solution: {label} was right, but not when it solved the system again: {problem}")
    })?;
    Ok(Solution {
        label,
        x: Mat::from_col_major(entries, best.cols, best.rhs)?,
    })
}
