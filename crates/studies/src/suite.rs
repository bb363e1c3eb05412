//! The lists of problems of `minpack` and `nist`: the runs, and the comparison of times.

use std::time::Duration;

use leastwise_core::Result;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::compare::statistics::{Interval, median, median_interval};
use crate::contender::{Contender, Outcome};
use crate::contestants::Contestants;
use crate::error::bad_input;
use crate::study::{Crew, Desk, Rows, Study, Timed};

/// The contenders and the number of rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) contestants: Contestants,
    pub(crate) rounds: u64,
}

impl Plan {
    /// Whether the cells have a time for each contestant and round.
    pub(crate) fn fits(&self, cells: &[Cell]) -> bool {
        let times = cells.iter().map(|cell| &cell.samples_ns);
        let Contestants { names, is_ours } = &self.contestants;
        names.len() == is_ours.len() && are_times(times, names.len(), self.rounds)
    }
}

/// Whether there are times of this many contenders, and each contender has a time for each round.
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
    /// Number of times that each run is timed; the contenders take turns
    #[arg(long, value_name = "COUNT", default_value_t = 21)]
    rounds: u64,
}

impl RoundsArgs {
    /// The number of rounds.
    ///
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) if there are none, or more than 10000.
    pub(crate) fn count(&self) -> anyhow::Result<u64> {
        check_count("--rounds", self.rounds)
    }
}

/// Checks a count that a flag gives.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag.
pub(crate) fn check_count(flag: &str, count: u64) -> anyhow::Result<u64> {
    if (1..=10_000).contains(&count) {
        return Ok(count);
    }
    Err(bad_input(format!(
        "{flag} must be from 1 to 10000, but it is {count}"
    )))
}

/// A run by one contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) outcome: Outcome,
    /// Whether the run ended at the known minimum.
    pub(crate) is_solved: bool,
    /// The time of each round.
    pub(crate) samples_ns: Vec<f64>,
}

impl Cell {
    /// The median over the rounds.
    pub(crate) fn nanoseconds(&self) -> f64 {
        median(&self.samples_ns)
    }

    /// Whether the run reports success at a point that is not the known minimum.
    pub(crate) fn is_false_success(&self) -> bool {
        self.outcome.claims_success && !self.is_solved
    }
}

/// A study whose contenders run the same list of problems, each contender in a process of its own.
pub(crate) trait Suite: Study<Plan = Plan> {
    /// A problem with its start.
    type Run;
    /// The answer of a contender to a run.
    type Answer: Serialize + DeserializeOwned;

    fn contenders() -> Vec<Contender>;

    /// The runs, in the order of the rows.
    ///
    /// # Errors
    /// A problem that cannot be set up.
    fn runs() -> Result<Vec<Self::Run>>;

    /// Runs a contender.
    ///
    /// # Errors
    /// The errors of the contender.
    fn outcome(contender: &Contender, run: &Self::Run) -> Result<Outcome>;

    /// Judges the outcome of a run.
    ///
    /// # Errors
    /// An outcome that cannot be judged.
    fn answer(run: &Self::Run, outcome: Outcome) -> Result<Self::Answer>;

    /// The row of a run: the answer of each contender with its times.
    ///
    /// # Errors
    /// An answer that cannot be judged.
    fn row(run: &Self::Run, answers: Vec<(Self::Answer, Vec<f64>)>) -> Result<Self::Row>;
}

/// The plan of a suite.
///
/// # Errors
/// As [`RoundsArgs::count`].
pub(crate) fn plan<S: Suite>(rounds: &RoundsArgs) -> anyhow::Result<Plan> {
    Ok(Plan {
        rounds: rounds.count()?,
        contestants: Contender::contestants(&S::contenders()),
    })
}

/// Measures every run of a suite.
///
/// # Errors
/// The errors of a contender.
pub(crate) fn measure<S: Suite>(plan: &Plan, rows: &mut Rows<S::Row>) -> anyhow::Result<()> {
    let items = (&S::runs()?[..], plan.rounds);
    Crew::<S>::measure(plan, items, rows, |run, answers, times| {
        Ok(S::row(run, answers.into_iter().zip(times).collect())?)
    })
}

/// Each process runs one contender.
impl<S: Suite> Timed for S {
    fn processes(plan: &Plan) -> usize {
        plan.contestants.names.len()
    }

    fn work(_plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
        let (contender, runs) = (&S::contenders()[process], S::runs()?);
        while let Some(row) = desk.row()? {
            let outcome = || S::outcome(contender, &runs[row]);
            let answer = S::answer(&runs[row], outcome()?)?;
            desk.serve(&answer, |_| Ok(sample(|| Ok(outcome()?.elapsed))?))?;
        }
        Ok(())
    }
}

/// A sample repeats a run until this time has passed. A single run of some microseconds, after other processes had their
/// turns, would measure how the processor fetches the program again.
const SAMPLE: Duration = Duration::from_micros(1500);

/// The mean time of a run, in nanoseconds. If one run does not fill a sample, the first one is not counted.
fn sample(mut run: impl FnMut() -> Result<Duration>) -> Result<f64> {
    let (mut elapsed, mut count) = (run()?, 1.0);
    if elapsed < SAMPLE {
        (elapsed, count) = (Duration::ZERO, 0.0);
    }
    while elapsed < SAMPLE {
        elapsed += run()?;
        count += 1.0;
    }
    Ok(elapsed.as_secs_f64() * 1e9 / count)
}

/// The time of a contender over that of the peer, in the rows that both solve. See [`time_ratio`].
pub(crate) fn time_over_peer<'r>(
    contestants: &Contestants,
    contender: usize,
    rows: impl Iterator<Item = &'r [Cell]>,
) -> String {
    let Some(peer) = contestants.peer() else {
        return String::new();
    };
    let of = |cell: &'r Cell| (cell.is_solved, &cell.samples_ns[..]);
    let both = rows.map(|cells| [of(&cells[contender]), of(&cells[peer])]);
    time_ratio(both).map(ratio_with_spread).unwrap_or_default()
}

/// The time of one contender over that of another. For each round, it takes the median of the quotient of times over
/// the runs that both solve. The result is the median over the rounds, with its interval. Runs that give up early do
/// not count.
///
/// `runs` has for both contenders whether each run is solved, and its times in each round.
fn time_ratio<'r>(runs: impl Iterator<Item = [(bool, &'r [f64]); 2]>) -> Option<Interval> {
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

/// `0.87× ±2%`. A single round has no spread.
fn ratio_with_spread(ratio: Interval) -> String {
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
    fn a_sample_is_the_mean_of_as_many_runs_as_fill_it() {
        let mut times = [900, 1, 2].into_iter().chain(std::iter::repeat(3));
        let mut runs = 0;
        let mean = sample(|| {
            runs += 1;
            Ok(Duration::from_micros(times.next().unwrap_or_default()))
        });
        // 1, 2 and 499 times 3 microseconds.
        assert_eq!((mean.unwrap(), runs), (1_500_000.0 / 501.0, 502));
        let mut long = [2000, 1].into_iter().map(Duration::from_micros);
        assert_eq!(sample(|| Ok(long.next().unwrap())).unwrap(), 2e6);
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
