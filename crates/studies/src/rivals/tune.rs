//! Tuning: every method has the same number of candidates, on draws that are not used for the comparison.

use leastwise_core::Backend;
use serde::{Deserialize, Serialize};

use super::contender::{Contender, Rival};
use super::problem::Problem;
use super::run::{Limits, Run, run};
use crate::study::number;

/// The decades of the first round, in units of [`Rival::unit`].
const DECADES: std::ops::RangeInclusive<i32> = -6..=2;

/// The second round, as exponents around the best of the first.
const AROUND: [f64; 4] = [-0.5, -0.25, 0.25, 0.5];

/// The number of candidates for each method.
pub(super) const CANDIDATES: u64 = 9 + AROUND.len() as u64;

/// The settings that were tried, and the best of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tuned {
    pub(super) contender: Contender,
    pub(super) candidates: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Candidate {
    pub(super) setting: f64,
    /// The number of draws on which the goal was not reached, or the run diverged.
    pub(super) missed: usize,
    /// The mean of the decimal logarithms of the steps to the goal. If a draw missed the goal, it is the mean of
    /// those of the excess at the end. If a run diverged, it is ∞.
    #[serde(with = "number")]
    pub(super) score: f64,
}

impl Candidate {
    fn is_better_than(&self, other: &Candidate) -> bool {
        (self.missed, self.score) < (other.missed, other.score)
    }
}

/// The setting of `rival` that reaches the goal on most of `draws`, and then with the fewest steps. If no setting
/// reaches it on all draws, it is the one that leaves the smallest excess.
pub(super) fn tune(
    rival: Rival,
    draws: &[(u64, Problem)],
    backend: &dyn Backend<f64>,
    limits: Limits,
) -> Tuned {
    let unit = draws
        .first()
        .map_or(1.0, |(_, problem)| rival.unit(problem));
    let try_setting = |setting| {
        let contender = Contender { rival, setting };
        let runs = draws
            .iter()
            .map(|(seed, problem)| run(contender, problem, *seed, backend, limits));
        judge(setting, &runs.collect::<Vec<_>>(), limits)
    };
    let mut candidates: Vec<_> = DECADES
        .map(|decade| try_setting(unit * 10f64.powi(decade)))
        .collect();
    let coarse = best(&candidates);
    candidates.extend(AROUND.map(|exponent| try_setting(coarse * 10f64.powf(exponent))));
    let setting = best(&candidates);
    Tuned {
        contender: Contender { rival, setting },
        candidates,
    }
}

fn judge(setting: f64, runs: &[Run], limits: Limits) -> Candidate {
    let steps_to_goal = |run: &Run| {
        let end = run.after_seconds.as_ref()?.at;
        (end.excess <= limits.goal?).then_some(end.step as f64)
    };
    let mean = |logarithms: Vec<f64>| logarithms.iter().sum::<f64>() / runs.len() as f64;
    let steps: Vec<_> = runs.iter().filter_map(steps_to_goal).collect();
    let missed = runs.len() - steps.len();
    let score = if missed == 0 {
        mean(steps.iter().map(|s| s.max(1.0).log10()).collect())
    } else {
        let floor = f64::EPSILON * f64::EPSILON;
        let excess = |run: &Run| {
            let end = run.after_seconds.as_ref();
            end.map_or(f64::INFINITY, |end| end.at.excess.max(floor))
        };
        mean(runs.iter().map(|run| excess(run).log10()).collect())
    };
    Candidate {
        setting,
        missed,
        score,
    }
}

fn best(candidates: &[Candidate]) -> f64 {
    candidates
        .iter()
        .reduce(|best, other| {
            if other.is_better_than(best) {
                other
            } else {
                best
            }
        })
        .map_or(f64::NAN, |best| best.setting)
}
