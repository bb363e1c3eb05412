//! `rivals`: compares Levenberg-Marquardt with methods that are tuned with the same effort.

mod contender;
mod figure;
mod plan;
mod problem;
mod question;
mod row;
mod run;
mod table;
mod tune;

use leastwise_report::Document;

use crate::study::{Rows, Study};
use plan::Plan;
use row::{Bench, Record, Row};

pub(crate) use plan::Rivals;

impl Study for Rivals {
    const NAME: &'static str = "rivals";
    const IS_TIMED: bool = false;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        self.check()?;
        Bench::new(self)?.plan()
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        Bench::new(&plan.flags)?.run_all(rows)
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        plan.flags.questions().contains(&row.question)
            && row
                .entries
                .iter()
                .all(|entry| entry.runs.len() as u64 == plan.flags.seeds())
    }

    fn parts(plan: &Plan) -> Vec<String> {
        let part = |question: &question::Question| format!("rivals-{}", question.name());
        plan.flags.questions().iter().map(part).collect()
    }

    fn document(record: &Record) -> Document {
        table::document(record)
    }
}
