//! One run by every contender, timed.

use leastwise_core::Result;

use super::contender::{Contender, Outcome};
use crate::suite;

/// What `run` makes of each contender, and its times in nanoseconds.
///
/// # Errors
/// What `run` reports.
pub(crate) fn take_turns(
    contenders: &[Contender],
    rounds: u64,
    run: impl FnMut(&Contender) -> Result<Outcome>,
) -> Result<Vec<(Outcome, Vec<f64>)>> {
    let outcomes = suite::take_turns(contenders, rounds, run)?;
    let timed = outcomes.into_iter().map(|mut outcomes| {
        let times = outcomes.iter().map(|o| o.elapsed.as_secs_f64() * 1e9);
        let times = times.collect();
        (outcomes.swap_remove(0), times)
    });
    Ok(timed.collect())
}
