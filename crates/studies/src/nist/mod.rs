//! `nist`: fits the nonlinear regressions of NIST's Statistical Reference Datasets by the trust region on every
//! backend, and by peers.

mod judge;
mod row;
mod table;

use leastwise_core::Result;
use leastwise_report::Document;

use crate::contender::{Contender, Outcome, Tolerances};
use crate::study::number::Number;
use crate::study::{Record, Rows, Study};
use crate::suite::{self, Cell, Plan, RoundsArgs, Suite};
use row::{Row, Run};

/// The limit of evaluations. The longest run to the minimum needs less than half of it.
const EVALUATIONS: usize = 2000;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Nist {
    #[command(flatten)]
    rounds: RoundsArgs,
}

impl Study for Nist {
    const NAME: &'static str = "nist";
    const MISSED: &'static str = "the trust region fails its requirements";
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
        plan.fits(&row.cells) && row.digits.len() == row.cells.len()
    }

    fn document(record: &Record<Plan, Row>) -> Document {
        table::document(record)
    }

    fn bars(record: &Record<Plan, Row>) -> Vec<String> {
        judge::bars(record)
    }
}

/// The outcome, whether it is at the certified minimum, and the digits.
type Answer = (Outcome, bool, Number);

impl Suite for Nist {
    type Run = Run;
    type Answer = Answer;

    fn contenders() -> Vec<Contender> {
        Contender::selected()
    }

    fn runs() -> Result<Vec<Run>> {
        Ok(row::all())
    }

    fn outcome(contender: &Contender, &(set, start): &Run) -> Result<Outcome> {
        let from = set.starts[start - 1];
        contender.run(set, from, Tolerances::Default, EVALUATIONS)
    }

    fn answer((set, _): &Run, outcome: Outcome) -> Result<Answer> {
        let is_solved = set.is_minimum(outcome.loss)?;
        let digits = set.correct_digits(&outcome.parameters)?;
        Ok((outcome, is_solved, Number(digits)))
    }

    fn row((set, start): &Run, answers: Vec<(Answer, Vec<f64>)>) -> Result<Row> {
        let digits = answers.iter().map(|((.., digits), _)| digits.0).collect();
        let cell = |((outcome, is_solved, _), samples_ns)| Cell {
            outcome,
            is_solved,
            samples_ns,
        };
        Ok(Row {
            label: format!("{}, {start}", set.name),
            attainable: set.attainable_digits()?.min(10.0),
            digits,
            cells: answers.into_iter().map(cell).collect(),
        })
    }
}
