//! Contenders that take turns on the clock.

use crate::model::Status;
use crate::plan::Plan;
use crate::process::Lost;
use crate::record::CellRecord;
use crate::workers::{Reply, Request, Team, unexpected};

/// The share of a group's time that the warm-up takes. It is used only for the progress bar.
const WARM_UP_SHARE: f64 = 0.4;

/// The rounds of a group. In each round, every contender takes one sample.
pub(super) struct Turns<'p> {
    plan: &'p Plan,
    /// The number of rounds in each process, decided in the first process. Samples of one index must belong
    /// to the same round for all contenders.
    rounds: Option<usize>,
}

impl<'p> Turns<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan, rounds: None }
    }

    /// Starts one process for each backend, and warms it up. In each round, every contender takes one sample.
    /// The order rotates by one each round, so that drift of the machine affects all alike. `tick` is called
    /// with the share of the group that was done since the last call.
    pub(super) fn take(
        &mut self,
        team: &mut Team<'_>,
        cells: &mut [CellRecord],
        mut tick: impl FnMut(f64),
    ) {
        let share = 1.0 / (self.plan.processes * cells.len().max(1)) as f64;
        let mut seconds_a_round = 0.0;
        for cell in cells.iter_mut() {
            if cell.status == Status::Ok {
                match warm_up(team, cell) {
                    Ok(seconds) => seconds_a_round += seconds,
                    Err(lost) => cell.fail(&lost),
                }
            }
            tick(WARM_UP_SHARE * share);
        }
        let plan = self.plan;
        let rounds = *self
            .rounds
            .get_or_insert_with(|| plan.rounds_for(seconds_a_round));
        let share = (1.0 - WARM_UP_SHARE) * share / rounds as f64;
        let count = cells.len();
        for round in 0..rounds {
            for i in 0..count {
                let cell = &mut cells[(i + round) % count];
                if cell.status == Status::Ok {
                    match sample(team, cell) {
                        Ok(nanoseconds) => cell.samples_ns.push(nanoseconds),
                        Err(lost) => cell.fail(&lost),
                    }
                }
                tick(share);
            }
        }
    }
}

/// Warms up one contender, and estimates how long a sample takes, in seconds.
fn warm_up(team: &mut Team<'_>, cell: &mut CellRecord) -> Result<f64, Lost> {
    let contender = cell.contender();
    match team.ask(&cell.backend, &Request::WarmUp(contender))? {
        Reply::Warm {
            sample_seconds,
            allocations,
            allocated_bytes,
            process_threads,
        } => {
            cell.allocations = Some(allocations);
            cell.allocated_bytes = Some(allocated_bytes);
            cell.process_threads = process_threads;
            Ok(sample_seconds)
        }
        other => Err(unexpected(&other)),
    }
}

fn sample(team: &mut Team<'_>, cell: &CellRecord) -> Result<f64, Lost> {
    let contender = cell.contender();
    match team.ask(&cell.backend, &Request::Sample(contender))? {
        Reply::Sampled(nanoseconds) => Ok(nanoseconds),
        other => Err(unexpected(&other)),
    }
}
