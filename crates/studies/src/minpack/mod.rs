//! `minpack`: the 53 runs of MINPACK's test driver by the trust region on every backend, and by peers.

pub(crate) mod contender;
mod judge;
mod row;
mod table;
pub(crate) mod turns;

use leastwise_report::Document;
use leastwise_testset::more_garbow_hillstrom::minpack_runs;

use crate::study::{Record, Rows, Study};
use crate::suite::{Plan, RoundsArgs};
use contender::{Contender, Tolerances};
use row::{Part, Row};

/// Run the tests of MINPACK's Levenberg-Marquardt driver: 28 problems from up to three starts
///
/// Every contender runs with the tolerances of MINPACK's driver and with its own defaults. Exit code 1
/// if the trust region misses what MINPACK solves, or needs more evaluations than MINPACK.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Minpack {
    #[command(flatten)]
    rounds: RoundsArgs,
}

impl Study for Minpack {
    const NAME: &'static str = "minpack";
    const MISSED: &'static str = "behind MINPACK";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        self.rounds.plan(Contender::contestants(&Contender::all()))
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let contenders = Contender::all();
        let (runs, large) = (minpack_runs::<f64>(), row::large_runs()?);
        rows.expect(Tolerances::ALL.len() * runs.len() + large.len());
        let suites = Tolerances::ALL
            .iter()
            .flat_map(|&tolerances| runs.iter().map(move |run| (run, Part::Suite(tolerances))));
        for (run, part) in suites.chain(large.iter().map(|run| (run, Part::Sizes))) {
            rows.take(|| row::measure(&contenders, run, part, plan.rounds))?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        plan.fits(row.cells.iter().map(|cell| &cell.samples_ns))
    }

    fn document(record: &Record<Plan, Row>) -> Document {
        table::document(record)
    }

    fn bars(record: &Record<Plan, Row>) -> Vec<String> {
        judge::bars(record)
    }
}
