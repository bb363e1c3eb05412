//! `scaling`: the time of a Levenberg-Marquardt step against the width of a square net and the number
//! of samples, for each method that computes the step.

mod contender;
mod exponent;
mod limits;
mod matrix_free;
mod measure;
mod numpy;
mod picture;
mod plan;
mod record;
mod run;
mod size;
mod table;
mod work;

use leastwise_harness::capacity;
use leastwise_report::Document;

use crate::study::{Crew, Desk, Rows, Study, Timed};
use plan::Plan;
use record::{Agreement, Record, Row};
use size::Sweep;

pub(crate) use plan::Scaling;

impl Study for Scaling {
    const NAME: &'static str = "scaling";
    const MISSED: &'static str = "these steps are wrong and were not timed";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        let plan = self.checked()?;
        for (sweep, flag) in [(Sweep::Width, "--widths"), (Sweep::Samples, "--samples")] {
            // The largest size needs the most memory.
            if let Some(&at) = plan.sizes(sweep).last() {
                let what = format!("the data and the contenders of {flag} {at}");
                capacity::check_memory(&what, work::bytes(sweep, at, &plan))?;
            }
        }
        Ok(plan)
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let mut crew = Crew::<Self>::new(plan);
        let sizes = plan.rows();
        let weight = |&(sweep, at): &(Sweep, usize)| work::weight(sweep, at, plan);
        rows.expect(sizes.iter().map(weight).sum());
        for (place, size) in sizes.iter().enumerate() {
            rows.take_weighing(weight(size), || {
                measure::row(&mut crew, plan.depth, place, *size)
            })?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        plan.sizes(row.sweep).contains(&row.at) && row.is_whole()
    }

    fn document(record: &Record) -> Document {
        table::document(record)
    }

    fn bars(record: &Record) -> Vec<String> {
        let wrong = |row: &Row, fault: &Agreement| {
            let (who, difference) = (&fault.who, fault.difference);
            format!(
                "{who} at {} {}: the nearest step of another method differs by {difference:.1e} of the length",
                row.sweep.name(),
                row.at
            )
        };
        let rows = record.rows.iter();
        rows.flat_map(|row| row.faults().map(move |fault| wrong(row, fault)))
            .collect()
    }
}

/// Each backend has a process. The next process has the peer, and the last one numpy, if there is an interpreter.
impl Timed for Scaling {
    fn processes(plan: &Plan) -> usize {
        plan.backends.len() + 1 + plan.numpy.iter().len()
    }

    fn work(plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
        work::work(plan, process, desk)
    }
}
