//! What `minpack`, `nist` and `far-starts` have in common: contestants, who take turns, and their comparison.

use serde::{Deserialize, Serialize};

use crate::compare::statistics::median;
use crate::error::bad_input;

/// Who runs, in the order of the cells of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contestants {
    pub(crate) names: Vec<String>,
    /// Whether the bars are for it.
    pub(crate) is_ours: Vec<bool>,
}

impl Contestants {
    /// The one that times are divided by.
    pub(crate) fn peer(&self) -> Option<usize> {
        self.is_ours.iter().position(|ours| !ours)
    }

    pub(crate) fn first(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Their places and names, of those that the bars are for.
    pub(crate) fn ours(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.names.iter().map(String::as_str).enumerate();
        all.filter(|&(place, _)| self.is_ours[place])
    }

    /// Their places, with their names in a table.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (usize, String)> {
        let label = |(name, &is_ours)| {
            let prefix = if is_ours { "trust region, " } else { "" };
            format!("{prefix}{name}")
        };
        self.names.iter().zip(&self.is_ours).map(label).enumerate()
    }
}

/// What is asked for where runs are timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) contestants: Contestants,
    pub(crate) rounds: u64,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RoundsArgs {
    /// How often each run is timed; contenders take turns
    #[arg(long, value_name = "COUNT", default_value_t = 21)]
    rounds: u64,
}

impl RoundsArgs {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for no rounds, or more than anybody waits for.
    pub(crate) fn plan(&self, contestants: Contestants) -> anyhow::Result<Plan> {
        check_count("--rounds", self.rounds)?;
        Ok(Plan {
            contestants,
            rounds: self.rounds,
        })
    }
}

/// A count that a flag gives.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag.
pub(crate) fn check_count(flag: &str, count: u64) -> anyhow::Result<()> {
    if (1..=10_000).contains(&count) {
        return Ok(());
    }
    Err(bad_input(format!(
        "{flag} must be from 1 to 10000, but it is {count}"
    )))
}

/// What `run` makes of each contender in each round. They take turns, and who begins changes from round to round.
///
/// # Errors
/// What `run` reports.
pub(crate) fn take_turns<C, O, E>(
    contenders: &[C],
    rounds: u64,
    mut run: impl FnMut(&C) -> Result<O, E>,
) -> Result<Vec<Vec<O>>, E> {
    let mut outcomes: Vec<Vec<O>> = contenders.iter().map(|_| Vec::new()).collect();
    let mut places: Vec<usize> = (0..contenders.len()).collect();
    for _ in 0..rounds {
        for &place in &places {
            outcomes[place].push(run(&contenders[place])?);
        }
        places.rotate_left(contenders.len().min(1));
    }
    Ok(outcomes)
}

/// The median, over the runs that both solve, of the time of the one over that of the other: who gives up
/// early is not fast. Of each run, whether it is solved and the time, by the one and by the other.
pub(crate) fn median_ratio(runs: impl Iterator<Item = [(bool, f64); 2]>) -> Option<f64> {
    let both = runs.filter(|[one, other]| one.0 && other.0);
    let ratios: Vec<f64> = both.map(|[one, other]| one.1 / other.1).collect();
    (!ratios.is_empty()).then(|| median(&ratios))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_begins_in_turn_and_runs_once_a_round() {
        let mut order = Vec::new();
        let outcomes = take_turns(&["a", "b"], 3, |name| {
            order.push(*name);
            Ok::<_, ()>(order.len())
        });
        assert_eq!(outcomes, Ok(vec![vec![1, 4, 5], vec![2, 3, 6]]));
        assert_eq!(order.concat(), "abbaab");
    }

    #[test]
    fn times_are_compared_where_both_solve() {
        let both = [(true, 30.0), (true, 10.0)];
        let one = [(false, 1.0), (true, 10.0)];
        let other = [(true, 1.0), (false, 10.0)];
        assert_eq!(median_ratio([one, both, other].into_iter()), Some(3.0));
        assert_eq!(median_ratio([one, other].into_iter()), None);
    }
}
