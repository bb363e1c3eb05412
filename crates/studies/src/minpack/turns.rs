//! One run by every contender, timed.

use leastwise_core::Result;

use super::contender::{Contender, Outcome};

/// What `run` makes of each contender, and its times in nanoseconds. Contenders take turns for `rounds`; who begins
/// changes from round to round.
pub(crate) fn take_turns(
    contenders: &[Contender],
    rounds: usize,
    mut run: impl FnMut(&Contender) -> Result<Outcome>,
) -> Result<Vec<(Outcome, Vec<f64>)>> {
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            let place = (round + turn) % contenders.len();
            outcomes[place].push(run(&contenders[place])?);
        }
    }
    let timed = outcomes.into_iter().map(|mut outcomes| {
        let times = outcomes.iter().map(|o| o.elapsed.as_secs_f64() * 1e9);
        let times = times.collect();
        (outcomes.swap_remove(0), times)
    });
    Ok(timed.collect())
}
