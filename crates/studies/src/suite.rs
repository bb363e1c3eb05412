//! What `minpack`, `nist` and `far-starts` have in common: contestants, who take turns, and their comparison.

use serde::{Deserialize, Serialize};

use crate::compare::statistics::{Interval, median, median_interval};
use crate::error::bad_input;

/// Who runs, in the order of the cells of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contestants {
    pub(crate) names: Vec<String>,
    /// Whether the bars are for it.
    pub(crate) is_ours: Vec<bool>,
}

impl Contestants {
    /// Whether there is one of `cells` for each of them.
    pub(crate) fn fit<C>(&self, cells: &[C]) -> bool {
        self.names.len() == self.is_ours.len()
            && cells.len() == self.names.len()
            && !cells.is_empty()
    }

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

impl Plan {
    /// Whether there is a time for each contestant and round.
    pub(crate) fn fits<'r>(&self, times: impl Iterator<Item = &'r Vec<f64>>) -> bool {
        let Contestants { names, is_ours } = &self.contestants;
        names.len() == is_ours.len() && are_times(times, names.len(), self.rounds)
    }
}

/// Whether there are as many contenders, each with a time for each round.
pub(crate) fn are_times<'r>(
    times: impl IntoIterator<Item = &'r Vec<f64>>,
    contenders: usize,
    rounds: u64,
) -> bool {
    let is_whole = |samples: &Vec<f64>| {
        samples.len() as u64 == rounds && samples.iter().all(|&sample| sample > 0.0)
    };
    let times: Vec<bool> = times.into_iter().map(is_whole).collect();
    rounds > 0 && contenders > 0 && times == vec![true; contenders]
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

/// How long the one takes, over the time of the other: the median, over the runs that both solve, of the quotient
/// of their times in a round, and of that the median over the rounds. Who gives up early is not fast. Of each run,
/// whether it is solved and the times in each round, by the one and by the other.
pub(crate) fn time_ratio<'r>(
    runs: impl Iterator<Item = [(bool, &'r [f64]); 2]>,
) -> Option<Interval> {
    let both: Vec<_> = runs.filter(|[one, other]| one.0 && other.0).collect();
    let rounds = both.first()?[0].1.len();
    let of_round = |round: usize| {
        let ratios = both
            .iter()
            .map(|[one, other]| one.1[round] / other.1[round]);
        median(&ratios.collect::<Vec<_>>())
    };
    let ratios: Vec<f64> = (0..rounds).map(of_round).collect();
    Some(median_interval(&ratios, 1))
}

/// `0.87× ±2%`; a single round says nothing about its spread.
pub(crate) fn ratio_with_spread(ratio: Interval) -> String {
    let spread = 100.0 * ratio.relative_half_width();
    if spread.is_finite() {
        format!("{:.2}× ±{spread:.0}%", ratio.mid)
    } else {
        format!("{:.2}×", ratio.mid)
    }
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
    fn times_are_compared_within_a_round_where_both_solve() {
        let both = [(true, &[30.0, 60.0, 90.0][..]), (true, &[10.0, 20.0, 45.0])];
        let one = [(false, &[1.0; 3][..]), (true, &[10.0; 3])];
        let other = [(true, &[1.0; 3][..]), (false, &[10.0; 3])];
        let ratio = time_ratio([one, both, other].into_iter()).unwrap();
        assert_eq!(ratio.mid, 3.0);
        assert!(ratio.low < 3.0 && ratio.high > 3.0, "{ratio:?}");
        assert!(ratio_with_spread(ratio).starts_with("3.00× ±"));
        assert_eq!(time_ratio([one, other].into_iter()), None);
        let once = time_ratio([[(true, &[1.0][..]), (true, &[4.0])]].into_iter());
        assert_eq!(once.map(ratio_with_spread), Some("0.25×".to_owned()));
    }
}
