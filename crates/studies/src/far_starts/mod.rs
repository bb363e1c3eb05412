//! `far-starts`: fits curves from distant starts by the trust region with several initial radii, and by peers.

mod judge;
mod plan;
mod row;
mod table;

use leastwise_report::Document;
use leastwise_testset::far_starts::Curve;

use crate::contender::Contender;
use crate::study::{Rows, Study};
use crate::suite::check_count;
use plan::{Plan, Record};
use row::{FIRST_SEED, MINPACKS_RADIUS, RADII, Row};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FarStarts {
    /// Number of draws of data and start for each curve
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    draws: u64,
    /// Number of starts of the contenders that choose the best one; 0 leaves them out
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    starts: usize,
}

fn contenders(starts: usize) -> Vec<Contender> {
    let mut contenders = Contender::by_radius(&RADII);
    if starts > 0 {
        contenders.extend(Contender::by_starts(starts));
    }
    contenders
}

impl Study for FarStarts {
    const NAME: &'static str = "far-starts";
    const MISSED: &'static str = "the trust region fails its requirements";
    const IS_TIMED: bool = false;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        let contenders = contenders(self.starts);
        let has_minpacks = |contender: &Contender| matches!(contender, Contender::WithRadius(_, radius) if *radius == MINPACKS_RADIUS);
        Ok(Plan {
            contestants: Contender::contestants(&contenders),
            with_minpacks_radius: contenders.iter().position(has_minpacks),
            draws: check_count("--draws", self.draws)?,
            starts: self.starts,
        })
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let contenders = contenders(plan.starts);
        let seeds = || (0..plan.draws).map(|draw| FIRST_SEED + draw);
        rows.expect((Curve::ALL.len() * seeds().count()) as f64);
        for curve in Curve::ALL {
            for seed in seeds() {
                rows.take(|| row::measure(&contenders, curve, seed))?;
            }
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        let other = plan.with_minpacks_radius.unwrap_or(0);
        plan.contestants.fit(&row.cells) && other < row.cells.len()
    }

    fn document(record: &Record) -> Document {
        table::document(record)
    }

    fn bars(record: &Record) -> Vec<String> {
        judge::bars(record)
    }
}
