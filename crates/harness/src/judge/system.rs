//! A least-squares system and its reference solution: a certificate, or extended precision where the
//! certificate does not decide.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use leastwise_conformance::verdict::{self, Answer, Truth, Verdict};
use leastwise_conformance::{Certificate, LeastSquaresTruth, Widen};
use leastwise_core::norm::euclidean;
use leastwise_core::{Factorizations, Mat, Method};
use leastwise_format::human_time;

use super::judging::{Judge, finite, no_matrix};
use crate::error::{Error, bad_input};
use crate::model::{Outcome, Status};
use crate::progress;
use crate::record::CellRecord;

/// min ‖A·X − B‖_F, as it is judged.
pub(super) struct System<T: Widen> {
    a: Mat<T>,
    b: Mat<T>,
    budget: Duration,
    certificate: Option<Certificate<T>>,
    /// The solution in extended precision, computed when it is first needed, or why there is none.
    long_way: OnceLock<Result<LeastSquaresTruth<T>, String>>,
}

impl<T: Widen> System<T> {
    /// Computes the certificate, and the solution in extended precision if the certificate leaves the rank
    /// open.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) if σ₁ is beyond the range of T. Also if neither the
    /// certificate nor extended precision decides the rank within the budget.
    pub(super) fn new(name: &str, a: Mat<T>, b: Mat<T>, budget: Duration) -> Result<Self, Error> {
        // Their answers are verified, and nothing is timed meanwhile.
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let backends = leastwise_backends::all::<f64>(processors);
        let sources: Vec<&dyn Factorizations<f64>> =
            backends.iter().map(|source| &**source as _).collect();
        let system = Self {
            certificate: Certificate::new(a.as_ref(), b.as_ref(), &sources),
            a,
            b,
            budget,
            long_way: OnceLock::new(),
        };
        let edge = match &system.certificate {
            Some(certificate) => verdict::rank_is_open(certificate),
            None => true,
        };
        if edge && let Err(reason) = system.long_way() {
            let what = "its rank cannot be decided: a singular value is within rounding errors of the limit";
            return Err(bad_input(format!("{name}: {what}; {reason}")));
        }
        let largest = system.truth().singular_values()[0].value;
        if largest > T::max_value().as_f64() {
            let entries =
                (0..system.a.cols()).flat_map(|j| (0..system.a.rows()).map(move |i| (i, j)));
            let size = |&(i, j): &(usize, usize)| system.a[(i, j)].as_f64().abs();
            let place = entries.max_by(|x, y| size(x).total_cmp(&size(y)));
            let (i, j) = place.unwrap_or_default();
            return Err(bad_input(format!(
                "{name}: the largest singular value of A overflows {}, because entries are as large as {:e} (row {}, \
                 column {}); are these missing values?",
                T::NAME,
                system.a[(i, j)].as_f64(),
                i + 1,
                j + 1
            )));
        }
        Ok(system)
    }

    /// Whether methods that refuse rank-deficient systems have to solve this one.
    pub(super) fn has_full_rank(&self) -> bool {
        self.may_refuse(Method::Qr) == Ok(false)
    }

    /// The most accurate reference solution that is known already.
    fn truth(&self) -> &dyn Truth<T> {
        match (self.long_way.get(), &self.certificate) {
            (Some(Ok(truth)), _) => truth,
            (_, Some(certificate)) => certificate,
            // `new` returns a value only if one of the two exists.
            (_, None) => unreachable!("neither a certificate nor a truth"),
        }
    }

    fn long_way(&self) -> Result<&LeastSquaresTruth<T>, String> {
        let solved = self.long_way.get_or_init(|| {
            let (a, b) = (self.a.as_ref(), self.b.as_ref());
            let estimate = LeastSquaresTruth::<T>::estimate(a.rows(), a.cols());
            let seconds = |time: Duration| human_time(time.as_secs_f64() * 1e9);
            if estimate > self.budget {
                return Err(format!(
                    "to decide it in extended precision takes about {}, more than --budget {}",
                    seconds(estimate),
                    self.budget.as_secs()
                ));
            }
            let bar = progress::bar();
            bar.set_message("extended precision");
            let start = Instant::now();
            let smaller = a.rows().min(a.cols());
            let truth = LeastSquaresTruth::unless_stopped(a, b, smaller, &mut |share| {
                progress::set(&bar, share);
                start.elapsed() < self.budget
            });
            bar.finish_and_clear();
            truth.ok_or_else(|| {
                let spent = self.budget.as_secs();
                format!("extended precision did not decide it within --budget {spent}")
            })
        });
        solved.as_ref().map_err(Clone::clone)
    }

    fn may_refuse(&self, method: Method) -> Result<bool, String> {
        if let Some(known) = verdict::may_refuse(method, self.truth()) {
            return Ok(known);
        }
        let exact = verdict::may_refuse(method, self.long_way()?);
        exact.ok_or_else(|| "the rank is not decided".to_owned())
    }

    /// Judges by the certificate, and in extended precision if the certificate does not decide.
    fn verdict(&self, method: Method, answer: &Answer<'_, T>) -> Verdict {
        let verdict = verdict::judge(method, self.truth(), answer);
        match self.long_way_if(verdict.open().is_some()) {
            Some(truth) => verdict::judge(method, truth, answer),
            None => verdict,
        }
    }

    fn long_way_if(&self, needed: bool) -> Option<&LeastSquaresTruth<T>> {
        if needed { self.long_way().ok() } else { None }
    }

    /// A refusal is right only if the method cannot solve the problem.
    fn judge_refusal(
        &self,
        method: Method,
        reason: &str,
        outcome: &Outcome,
        cell: &mut CellRecord,
    ) {
        match self.may_refuse(method) {
            Ok(true) => (cell.status, cell.reason) = (Status::Refused, Some(reason.to_owned())),
            Ok(false) if cell.control && matches!(outcome, Outcome::Failed(_)) => {
                no_matrix(outcome, cell);
            }
            Ok(false) => cell.reject(format!(
                "refuses although the system can be solved: {reason}"
            )),
            Err(open) => cell.reject(format!(
                "refuses, and whether it may is not decided: {open}"
            )),
        }
    }

    /// The numerical rank.
    fn rank(&self) -> usize {
        match (self.long_way.get(), &self.certificate) {
            (Some(Ok(truth)), _) => truth.with_numerical_rank().rank(),
            (_, Some(certificate)) => certificate.numerical_rank(),
            (_, None) => 0,
        }
    }

    fn condition(&self, rank: usize) -> f64 {
        match (self.long_way.get(), &self.certificate) {
            (Some(Ok(truth)), _) => truth.with_rank(rank).condition(),
            (_, Some(certificate)) => certificate.condition(rank),
            (_, None) => f64::NAN,
        }
    }
}

impl<T: Widen> Judge for System<T> {
    fn judge(&self, method: Option<Method>, outcome: &Outcome, cell: &mut CellRecord) {
        let true_rank = self.rank();
        cell.true_rank = Some(true_rank);
        cell.condition = finite(self.condition(true_rank));
        let Some(method) = method else {
            return cell.reject("no method");
        };
        match outcome {
            Outcome::Matrix {
                rows,
                cols,
                entries,
                rank,
                residual_norms,
                singular_values,
                factorizations,
            } => {
                let narrow = |x: &Vec<f64>| x.iter().map(|&xi| T::of(xi)).collect::<Vec<T>>();
                let Ok(x) = Mat::from_col_major(narrow(entries), *rows, *cols) else {
                    return cell.reject(format!("x has {} entries", entries.len()));
                };
                let norms = residual_norms.as_ref().map(narrow);
                let values = singular_values.as_ref().map(narrow);
                let answer = Answer {
                    x: &x,
                    rank: *rank,
                    residual_norms: norms.as_deref(),
                    singular_values: values.as_deref(),
                };
                let verdict = self.verdict(method, &answer);
                cell.rank = *rank;
                cell.factorizations = *factorizations;
                if let Some(quality) = &verdict.quality {
                    cell.backward_error_u = finite(quality.backward_error_u);
                    cell.forward_error = finite(quality.forward_error);
                    cell.residual = finite(quality.residual_norm);
                    let null_space = true_rank < x.rows();
                    cell.min_norm_excess = finite(quality.min_norm_excess).filter(|_| null_space);
                }
                if let Some(fault) = verdict.fault() {
                    cell.reject(fault);
                } else if let Some(open) = verdict.open() {
                    let reason = self.long_way().err().unwrap_or_default();
                    cell.reject(format!("cannot be judged: {open}; {reason}"));
                }
            }
            // A direct call of a library can refuse only by failing.
            Outcome::Refused(reason) | Outcome::Failed(reason)
                if cell.control || matches!(outcome, Outcome::Refused(_)) =>
            {
                self.judge_refusal(method, reason, outcome, cell);
            }
            other => no_matrix(other, cell),
        }
    }

    fn solution_norms(&self, rank: usize) -> Option<Vec<f64>> {
        let norms = match (self.long_way.get(), &self.certificate) {
            (Some(Ok(truth)), _) => {
                let solution = truth.with_rank(rank).solution();
                let norm = |j| {
                    let entries: Vec<f64> =
                        solution.col(j).iter().map(|x: &T| x.as_f64()).collect();
                    euclidean(&entries)
                };
                (0..solution.cols()).map(norm).collect()
            }
            (_, Some(certificate)) => certificate.solution_norms(rank),
            (_, None) => return None,
        };
        let or_one = |norm: f64| if norm > 0.0 { norm } else { 1.0 };
        let known = norms.iter().all(|norm| !norm.is_nan());
        known.then(|| norms.into_iter().map(or_one).collect())
    }
}
