//! `nist`: the nonlinear regressions of NIST's Statistical Reference Datasets by the trust region on every
//! backend, and by peers.

mod judge;
mod row;
mod table;

use leastwise_report::Document;
use leastwise_testset::nist::data_sets;

use crate::minpack::contender::Contender;
use crate::study::{Record, Rows, Study};
use crate::suite::{Plan, RoundsArgs};
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
        let contenders = Contender::selected();
        let sets = data_sets();
        rows.expect(2 * sets.len());
        for set in sets {
            for start in [1, 2] {
                rows.take(|| row::measure(&contenders, set, start, plan.rounds))?;
            }
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
