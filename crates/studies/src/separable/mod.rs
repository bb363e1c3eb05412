//! `separable`: sums of exponentials by variable projection, from many starts, beside the crate `varpro`.

mod contender;
mod data;
mod record;
mod table;

use leastwise_report::Document;

use crate::study::number::Number;
use crate::study::{Crew, Desk, Rows, Study, Timed, turns};
use crate::suite::{are_times, check_count};
use contender::{Contender, End};
use data::Problem;
use record::{Plan, Record, Row, Score};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Separable {
    /// Number of starts for each problem
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    starts: u64,
    /// Number of times that each run is timed; the contenders take turns
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    rounds: u64,
}

impl Study for Separable {
    const NAME: &'static str = "separable";
    const MISSED: &'static str = "fewer runs end at the minimum than those of varpro";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        Ok(Plan {
            contenders: Contender::all(),
            problems: Problem::all(),
            starts: check_count("--starts", self.starts)?,
            rounds: check_count("--rounds", self.rounds)?,
        })
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let mut crew = Crew::<Self>::new(plan);
        rows.expect(plan.problems.len() as f64);
        for (place, &problem) in plan.problems.iter().enumerate() {
            rows.take(|| measure(plan, &mut crew, place, problem))?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        let count = plan.contenders.len();
        plan.problems.contains(&row.problem)
            && row.scores.len() == count
            && are_times(&row.samples_ns, count, plan.rounds)
    }

    fn document(record: &Record) -> Document {
        table::document(record)
    }

    fn bars(record: &Record) -> Vec<String> {
        let contenders = &record.header.plan.contenders;
        let mut missed = Vec::new();
        for row in &record.rows {
            let all = || contenders.iter().zip(&row.scores);
            let theirs = all().filter(|(contender, _)| contender.is_peer());
            let theirs = theirs.map(|(_, score)| score.solved).max().unwrap_or(0);
            for (contender, score) in all().filter(|(contender, _)| !contender.is_peer()) {
                if score.solved < theirs {
                    missed.push(format!(
                        "{}, {}: {} instead of {theirs}",
                        contender.name(),
                        row.problem.name(),
                        score.solved
                    ));
                }
            }
        }
        missed
    }
}

/// Each contender has a process.
impl Timed for Separable {
    fn processes(plan: &Plan) -> usize {
        plan.contenders.len()
    }

    fn work(plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
        let contender = &plan.contenders[process];
        while let Some(row) = desk.row()? {
            let data = plan.problems[row].data();
            let starts = plan.problems[row].starts(plan.starts);
            let run = |start: &[f64]| contender.run(&data, start);
            let ends = starts.iter().map(|start| Ok(run(start)?.1));
            let ends: Vec<End> = ends.collect::<anyhow::Result<_>>()?;
            desk.serve(&ends, |start| Ok(run(&starts[start])?.0 * 1e9))?;
        }
        Ok(())
    }
}

/// The runs of a problem, and their times. Contenders take turns at every start.
fn measure(
    plan: &Plan,
    crew: &mut Crew<'_, Separable>,
    place: usize,
    problem: Problem,
) -> anyhow::Result<Row> {
    let ends = crew.begin::<Vec<End>>(place)?;
    let count = ends.len();
    let starts = ends.first().map_or(0, Vec::len);
    let mut samples_ns = vec![vec![0.0; usize::try_from(plan.rounds)?]; count];
    for start in 0..starts {
        for (turn, process) in turns(count, plan.rounds).enumerate() {
            samples_ns[process][turn / count] += crew.sample(process, start)?;
        }
    }
    let losses = ends.iter().flatten().map(|end| end.loss.0);
    let best = losses.fold(f64::INFINITY, f64::min);
    Ok(Row {
        problem,
        best: Number(best),
        scores: ends.iter().map(|ends| Score::of(ends, best)).collect(),
        samples_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contender_solves_each_problem_from_the_truth() {
        for problem in Problem::all() {
            let data = problem.data();
            let losses = Contender::all().into_iter().map(|contender| {
                let (seconds, end) = contender.run(&data, problem.lifetimes()).unwrap();
                assert!(seconds > 0.0 && end.is_success, "{}", contender.name());
                end.loss.0
            });
            let losses: Vec<f64> = losses.collect();
            assert!(
                losses
                    .iter()
                    .all(|loss| (loss / losses[0] - 1.0).abs() < 1e-6),
                "{}: {losses:?}",
                problem.name()
            );
        }
    }
}
