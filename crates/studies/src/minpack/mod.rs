//! `minpack`: the 53 runs of MINPACK's test driver by the trust region on every backend, and by peers.

mod judge;
mod row;
mod table;

use leastwise_report::Document;

use crate::contender::Contender;
use crate::study::{Crew, Desk, Record, Rows, Study, Timed};
use crate::suite::{self, Plan, RoundsArgs};
use row::Row;

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
        let mut crew = Crew::<Self>::new(plan);
        let runs = row::all()?;
        rows.expect(runs.len() as f64);
        for (place, run) in runs.iter().enumerate() {
            rows.take(|| {
                let mut cells = crew.begin(place)?;
                suite::time(&mut crew, &mut cells, plan.rounds)?;
                Ok(row::row(run, cells))
            })?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        plan.fits(&row.cells)
    }

    fn document(record: &Record<Plan, Row>) -> Document {
        table::document(record)
    }

    fn bars(record: &Record<Plan, Row>) -> Vec<String> {
        judge::bars(record)
    }
}

/// A contender in each process.
impl Timed for Minpack {
    fn processes(plan: &Plan) -> usize {
        plan.contestants.names.len()
    }

    fn work(_plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
        let (contenders, runs) = (Contender::all(), row::all()?);
        while let Some(row) = desk.row()? {
            row::serve(desk, &contenders[process], &runs[row])?;
        }
        Ok(())
    }
}
