//! `minpack`: runs the 53 tests of MINPACK's driver by the trust region on every backend, and by peers.

mod judge;
mod row;
mod table;

use leastwise_core::Result;
use leastwise_report::Document;

use crate::contender::{Contender, Outcome, Tolerances};
use crate::study::{Record, Rows, Study};
use crate::suite::{self, Cell, Plan, RoundsArgs, Suite};
use row::{Part, Row, Run};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Minpack {
    #[command(flatten)]
    rounds: RoundsArgs,
}

impl Study for Minpack {
    const NAME: &'static str = "minpack";
    const MISSED: &'static str = "the trust region is worse than MINPACK";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        suite::plan::<Self>(&self.rounds)
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        suite::measure::<Self>(plan, rows)
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

impl Suite for Minpack {
    type Run = Run;
    type Answer = (Outcome, bool);

    fn contenders() -> Vec<Contender> {
        Contender::all()
    }

    fn runs() -> Result<Vec<Run>> {
        row::all()
    }

    fn outcome(contender: &Contender, (run, part): &Run) -> Result<Outcome> {
        let tolerances = match part {
            Part::Suite(tolerances) => *tolerances,
            Part::Sizes => Tolerances::Default,
        };
        let start = run.start();
        // The limit of MINPACK's driver.
        let evaluations = 100 * (start.len() + 1);
        contender.run(&*run.problem, &start, tolerances, evaluations)
    }

    fn answer((run, _): &Run, outcome: Outcome) -> Result<(Outcome, bool)> {
        let is_solved = run.is_solved(outcome.loss)?;
        Ok((outcome, is_solved))
    }

    fn row((run, part): &Run, answers: Vec<((Outcome, bool), Vec<f64>)>) -> Result<Row> {
        let cell = |((outcome, is_solved), samples_ns)| Cell {
            outcome,
            is_solved,
            samples_ns,
        };
        Ok(Row {
            part: *part,
            label: run.to_string(),
            missed_by_minpack: run.missed_by_minpack,
            cells: answers.into_iter().map(cell).collect(),
        })
    }
}
