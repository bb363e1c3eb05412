//! One case: every contender is asked once and judged, and those that are right take turns on the
//! clock.

use super::case::Case;
use super::contender::Contender;
use super::plan::Plan;
use super::record::{CellRecord, EngineRecord, Kind, SCHEMA, Status};
use super::statistics;
use super::turns::Turns;
use super::verify::Known;
use super::worker::{Crew, Lost, Outcome, Reply, Request, Team};
use crate::scalar_type::ScalarType;

/// A case in one scalar type, with those who take part.
pub(crate) struct Group<'a> {
    pub(crate) case: &'a Case,
    pub(crate) scalar: ScalarType,
    pub(crate) known: &'a Known,
    pub(crate) contenders: Vec<Contender>,
}

impl Group<'_> {
    /// Verifies every contender and, if the plan has rounds, measures those that are right.
    /// `tick` is called with the share of the group that is done since the last call.
    pub(crate) fn run(
        &self,
        crew: &Crew,
        plan: &Plan,
        engines: &[EngineRecord],
        mut tick: impl FnMut(f64),
    ) -> Vec<CellRecord> {
        let mut cells = self.verify(&mut self.team(crew, plan), engines);
        if plan.is_timed() {
            let mut turns = Turns::new(plan);
            for _ in 0..plan.processes {
                turns.take(&mut self.team(crew, plan), &mut cells, &mut tick);
            }
            for cell in &mut cells {
                summarize(cell, plan.processes);
            }
        }
        cells
    }

    fn team<'c>(&self, crew: &'c Crew, plan: &Plan) -> Team<'c> {
        let load = Request::Load {
            case: self.case.clone(),
            scalar: self.scalar,
            seed: plan.seed,
        };
        crew.on(load, self.known.fingerprint)
    }

    fn verify(&self, team: &mut Team<'_>, engines: &[EngineRecord]) -> Vec<CellRecord> {
        let mut cells = Vec::new();
        let mut answers = Vec::new();
        for contender in &self.contenders {
            let mut cell = self.new_cell(contender, engines);
            match team.ask(&contender.backend, &Request::Solve(contender.clone())) {
                Ok(Reply::Solved(outcome)) => {
                    self.known.judge(&outcome, &mut cell);
                    if let Outcome::Matrix { entries, .. } = outcome {
                        answers.push((cells.len(), entries));
                    }
                }
                Ok(other) => fail(&mut cell, &super::worker::unexpected(&other)),
                Err(lost) => fail(&mut cell, &lost),
            }
            cells.push(cell);
        }
        self.compare_answers(&answers, &mut cells);
        cells
    }

    /// The largest disagreement of each answer with a right one of another library or method.
    fn compare_answers(&self, answers: &[(usize, Vec<f64>)], cells: &mut [CellRecord]) {
        for (i, x) in answers {
            let others = answers.iter().filter(|(j, y)| {
                let other = &cells[*j];
                j != i && other.status == Status::Ok && !other.control && y.len() == x.len()
            });
            let worst = others
                .filter_map(|(_, y)| self.known.disagreement(x, y))
                .max_by(f64::total_cmp);
            cells[*i].disagreement = worst.filter(|worst| worst.is_finite());
        }
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

pub(super) fn fail(cell: &mut CellRecord, lost: &Lost) {
    cell.status = Status::Error;
    cell.reason = Some(lost.to_string());
    // What is left of a cell that was not measured to its end could not be compared.
    cell.samples_ns.clear();
}

/// The median of the samples and its interval.
pub(super) fn summarize(cell: &mut CellRecord, processes: usize) {
    if cell.samples_ns.is_empty() {
        return;
    }
    cell.processes = processes;
    let interval = statistics::median_interval(&cell.samples_ns, cell.processes);
    cell.kind = Kind::Speed;
    cell.median_ns = Some(interval.mid);
    cell.ci95_ns = Some([interval.low, interval.high]);
}
