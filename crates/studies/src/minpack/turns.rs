//! One run by every contender, timed.

use leastwise_core::Result;

use super::contender::{Contender, Outcome};
use crate::compare::statistics::median;

/// What `run` makes of each contender, and the median time of `rounds` in which they take turns, in
/// nanoseconds.
pub(crate) fn take_turns(
    contenders: &[Contender],
    rounds: usize,
    mut run: impl FnMut(&Contender) -> Result<Outcome>,
) -> Result<Vec<(Outcome, f64)>> {
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (contender, outcomes) in contenders.iter().zip(&mut outcomes) {
            outcomes.push(run(contender)?);
        }
    }
    let timed = outcomes.into_iter().map(|mut outcomes| {
        let times = outcomes.iter().map(|o| o.elapsed.as_secs_f64() * 1e9);
        let nanoseconds = median(&times.collect::<Vec<_>>());
        (outcomes.swap_remove(0), nanoseconds)
    });
    Ok(timed.collect())
}
