//! Runs one case. Every contender computes once and is judged, and then those that are right take turns on
//! the clock.

use leastwise_core::norm::euclidean;

use crate::judge::Known;
use crate::model::{Case, Contender, Outcome, ScalarType, Status};
use crate::plan::Plan;
use crate::record::{CellRecord, EngineRecord, Kind, SCHEMA};
use crate::turns::Turns;
use crate::workers::{Crew, Reply, Request, Team, unexpected};

/// A case in one scalar type, with its contenders.
pub(crate) struct Group<'a> {
    pub(crate) case: &'a Case,
    pub(crate) scalar: ScalarType,
    pub(crate) known: &'a Known,
    pub(crate) contenders: Vec<Contender>,
}

impl Group<'_> {
    /// Verifies every contender. If the plan has rounds, it then measures those that are right. `tick` is
    /// called with the share of the group that was done since the last call.
    pub(crate) fn run(
        &self,
        crew: &Crew,
        plan: &Plan,
        engines: &[EngineRecord],
        mut tick: impl FnMut(f64),
    ) -> Vec<CellRecord> {
        let (mut cells, _) = self.verify(&mut self.team(crew, plan), engines);
        if plan.is_timed() {
            let mut turns = Turns::new(plan);
            for _ in 0..plan.processes {
                turns.take(&mut self.team(crew, plan), &mut cells, &mut tick);
            }
            for cell in &mut cells {
                cell.summarize(plan.processes);
            }
        }
        cells
    }

    /// The entries of X from the only contender, verified now.
    ///
    /// # Errors
    /// The reason why the answer is not right.
    pub(crate) fn answer(
        &self,
        crew: &Crew,
        plan: &Plan,
        engines: &[EngineRecord],
    ) -> Result<Vec<f64>, String> {
        let (mut cells, mut answers) = self.verify(&mut self.team(crew, plan), engines);
        match (cells.pop(), answers.pop()) {
            (Some(cell), Some((_, entries))) if cell.status == Status::Ok => Ok(entries),
            (Some(cell), _) => Err(cell.reason.unwrap_or_else(|| cell.status.name().to_owned())),
            (None, _) => Err("no contender ran".to_owned()),
        }
    }

    fn team<'c>(&self, crew: &'c Crew, plan: &Plan) -> Team<'c> {
        let load = Request::Load {
            case: self.case.clone(),
            scalar: self.scalar,
            seed: plan.seed,
        };
        crew.on(load, self.known.fingerprint)
    }

    /// The cells, and the entries of each answer that is a matrix, with the index of its cell.
    fn verify(
        &self,
        team: &mut Team<'_>,
        engines: &[EngineRecord],
    ) -> (Vec<CellRecord>, Vec<(usize, Vec<f64>)>) {
        let mut cells = Vec::new();
        let mut answers = Vec::new();
        for contender in &self.contenders {
            let mut cell = self.new_cell(contender, engines);
            match team.ask(&contender.backend, &Request::Solve(contender.clone())) {
                Ok(Reply::Solved(outcome)) => {
                    self.known.judge(&outcome, &mut cell);
                    if self.case.is_own() && cell.status == Status::Ok {
                        cell.x_head = x_head(&outcome);
                    }
                    if let Outcome::Matrix { entries, .. } = outcome {
                        answers.push((cells.len(), entries));
                    }
                }
                Ok(other) => cell.fail(&unexpected(&other)),
                Err(lost) => cell.fail(&lost),
            }
            cells.push(cell);
        }
        compare_answers(self.known, &answers, &mut cells);
        (cells, answers)
    }

    fn new_cell(&self, contender: &Contender, engines: &[EngineRecord]) -> CellRecord {
        let engine = engines.iter().find(|e| e.backend == contender.backend);
        let (rows, cols, rhs) = self.known.shape;
        CellRecord {
            schema: SCHEMA,
            kind: Kind::Accuracy,
            op: self.case.operation(),
            case: self.case.name.clone(),
            backend: contender.backend.clone(),
            engine: engine.map_or_else(|| contender.backend.clone(), |e| e.engine.clone()),
            method: contender.method.clone(),
            scalar: self.scalar.name().to_owned(),
            rows,
            cols,
            rhs,
            size: self.case.size,
            threads: engine.map_or(0, |engine| engine.threads),
            process_threads: None,
            control: contender.control,
            status: Status::Ok,
            reason: None,
            rank: None,
            true_rank: None,
            condition: None,
            backward_error_u: None,
            forward_error: None,
            min_norm_excess: None,
            disagreement: None,
            residual: None,
            x_head: None,
            flops: self.known.flops,
            allocations: None,
            allocated_bytes: None,
            factorizations: None,
            solves: None,
            evaluations: None,
            subnormals: self.known.subnormals,
            median_ns: None,
            ci95_ns: None,
            processes: 0,
            samples_ns: Vec::new(),
        }
    }
}

/// The rows and columns of X that a report shows.
const X_HEAD: (usize, usize) = (5, 3);

fn x_head(outcome: &Outcome) -> Option<Vec<Vec<f64>>> {
    let Outcome::Matrix { rows, entries, .. } = outcome else {
        return None;
    };
    let columns = entries.chunks((*rows).max(1)).take(X_HEAD.1);
    let heads = columns.map(|column| column[..column.len().min(X_HEAD.0)].to_vec());
    Some(heads.collect())
}

/// The relative error of a norm in the scalar type, and of the figures computed from it.
const ROUNDING: f64 = 1e-5;

/// The largest disagreement of each answer with a right answer of another library or method that found the
/// same rank.
///
/// By the triangle inequality, two answers with the forward errors e and f disagree by at most e + f. If two
/// right answers disagree by more, both are rejected, because their figures are not those of their entries.
fn compare_answers(known: &Known, answers: &[(usize, Vec<f64>)], cells: &mut [CellRecord]) {
    let mut faults = Vec::new();
    for (i, x) in answers {
        let cell = &cells[*i];
        let Some(rank) = cell.rank.or(cell.true_rank) else {
            continue;
        };
        let Some(norms) = known.solution_norms(rank) else {
            continue;
        };
        let mut worst: Option<f64> = None;
        for (j, y) in answers {
            let other = &cells[*j];
            let is_other = j != i && other.status == Status::Ok && !other.control;
            if !is_other || other.rank.or(other.true_rank) != Some(rank) || y.len() != x.len() {
                continue;
            }
            let disagreement = disagreement(&norms, x, y);
            let errors = cell.forward_error.zip(other.forward_error);
            // The errors are unknown if the solution itself is not certain.
            if let Some((e, f)) = errors
                && cell.status == Status::Ok
                && !(disagreement <= (e + f) * (1.0 + ROUNDING))
            {
                let label = other.label();
                let allowed = e + f;
                let fault = format!(
                    "differs from {label} by {disagreement:.3e}, more than the sum of their errors, {allowed:.3e}"
                );
                faults.push((*i, fault));
            }
            worst = worst
                .into_iter()
                .chain([disagreement])
                .max_by(f64::total_cmp);
        }
        cells[*i].disagreement = worst.filter(|worst| worst.is_finite());
    }
    for (i, fault) in faults {
        cells[i].reject(fault);
    }
}

/// ‖x − y‖/‖x_true‖ of the worst column. The norm is that of the forward errors of x and y.
fn disagreement(norms: &[f64], x: &[f64], y: &[f64]) -> f64 {
    let rows = (x.len() / norms.len()).max(1);
    let columns = x.chunks(rows).zip(y.chunks(rows)).zip(norms);
    let distances = columns.map(|((x, y), norm)| {
        let difference: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
        euclidean(&difference) / norm
    });
    // f64::max would ignore a NaN.
    distances.fold(
        0.0,
        |worst, d| if d > worst || d.is_nan() { d } else { worst },
    )
}

#[cfg(test)]
mod tests {
    use leastwise_core::{LstsqOptions, Method};

    use super::*;
    use crate::cases::Input;
    use crate::model::Problem;
    use crate::samples;

    /// Two answers with errors of 1e-9 of the solution in opposite directions, and others.
    #[test]
    fn answers_disagree_by_no_more_than_their_errors() {
        let case = Case {
            name: "system".to_owned(),
            problem: Problem::Normal { rows: 6, cols: 2 },
            size: None,
        };
        let budget = std::time::Duration::from_mins(1);
        let known = Known::new::<f64>(&case, 0, budget).unwrap();
        let Input::System { a, b } = case.draw::<f64>(0).unwrap() else {
            panic!("not a system")
        };
        let options = LstsqOptions::new(Method::Svd);
        let backends = leastwise_backends::all::<f64>(1);
        let solved = backends[0].lstsq(a.as_ref(), b.as_ref(), &options);
        let solution = solved.unwrap().x.data().to_vec();
        let answer = |factor: f64| solution.iter().map(|x| x * factor).collect::<Vec<_>>();
        let disagreeing = |second: f64, claimed: f64, ranks: [usize; 2]| {
            let mut cells = ["faer", "nalgebra"].map(|name| samples::cell("system", name, "svd"));
            for (cell, rank) in cells.iter_mut().zip(ranks) {
                (cell.rank, cell.forward_error) = (Some(rank), Some(claimed));
            }
            let answers = [(0, answer(1.0 + 1e-9)), (1, answer(second))];
            compare_answers(&known, &answers, &mut cells);
            cells.map(|cell| (cell.status, cell.disagreement.is_some()))
        };
        let right = [(Status::Ok, true); 2];
        assert_eq!(disagreeing(1.0 - 1e-9, 1.001e-9, [2, 2]), right);
        let wrong = [(Status::Rejected, true); 2];
        assert_eq!(disagreeing(1.0 - 1e-8, 1.001e-9, [2, 2]), wrong);
        assert_eq!(
            disagreeing(f64::NAN, 1.001e-9, [2, 2]).map(|d| d.0),
            [Status::Rejected; 2]
        );
        // Answers of different ranks solve different problems.
        let apart = [(Status::Ok, false); 2];
        assert_eq!(disagreeing(7.0, 1.001e-9, [2, 1]), apart);
    }
}
