//! `nist`: the nonlinear regressions of NIST's Statistical Reference Datasets by the trust region on every
//! backend, and by peers.

mod judge;
mod row;
mod table;

use leastwise_report::Document;

use crate::contender::Contender;
use crate::study::number::Number;
use crate::study::{Crew, Desk, Record, Rows, Study, Timed};
use crate::suite::{self, Cell, Plan, RoundsArgs};
use row::Row;

/// Fit the 27 nonlinear regressions of NIST from both starts, and count correct digits
///
/// Every contender runs with its own defaults. Exit code 1 if the trust region reaches fewer digits than
/// 10 or what rounding leaves, or calls another point success.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Nist {
    #[command(flatten)]
    rounds: RoundsArgs,
}

impl Study for Nist {
    const NAME: &'static str = "nist";
    const MISSED: &'static str = "digits are missing";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        self.rounds
            .plan(Contender::contestants(&Contender::selected()))
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let mut crew = Crew::<Self>::new(plan);
        let runs = row::all();
        rows.expect(runs.len() as f64);
        for (place, run) in runs.iter().enumerate() {
            rows.take(|| {
                let answers: Vec<(Number, Cell)> = crew.begin(place)?;
                let (digits, mut cells): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
                suite::time(&mut crew, &mut cells, plan.rounds)?;
                Ok(row::row(run, &digits, cells)?)
            })?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        plan.fits(&row.cells) && row.digits.len() == row.cells.len()
    }

    fn document(record: &Record<Plan, Row>) -> Document {
        table::document(record)
    }

    fn bars(record: &Record<Plan, Row>) -> Vec<String> {
        judge::bars(record)
    }
}

/// A contender in each process.
impl Timed for Nist {
    fn processes(plan: &Plan) -> usize {
        plan.contestants.names.len()
    }

    fn work(_plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
        let (contenders, runs) = (Contender::selected(), row::all());
        while let Some(row) = desk.row()? {
            row::serve(desk, &contenders[process], &runs[row])?;
        }
        Ok(())
    }
}
