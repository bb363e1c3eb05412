//! What is known about a case before any library runs.

use std::str::FromStr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use leastwise_conformance::{Widen, product_error};
use leastwise_core::norm::euclidean;
use leastwise_core::{Mat, Method};
use leastwise_optim::LeastSquaresProblem;
use leastwise_two_factor::TwoLayerNetInstance;

use super::judging::{Judge, finite, no_matrix};
use super::system::System;
use crate::cases::{FIT_LOSS, Input};
use crate::error::Result;
use crate::model::{Case, Outcome};
use crate::record::CellRecord;

/// What is known about a case before any library runs.
pub(crate) struct Known {
    /// Rows and columns of A, and columns of B.
    pub(crate) shape: (usize, usize, usize),
    pub(crate) flops: Option<f64>,
    pub(crate) fingerprint: u64,
    pub(crate) subnormals: usize,
    /// Whether methods that refuse rank-deficient systems can solve this one.
    pub(crate) full_rank: bool,
    /// Seconds that the reference solution and the verdicts took so far.
    seconds: Mutex<(f64, f64)>,
    judge: Box<dyn Judge>,
}

impl Known {
    /// Draws the case and computes its reference solution.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) for a system that cannot be judged, or that cannot be
    /// judged within the budget.
    pub(crate) fn new<T: Widen>(case: &Case, seed: u64, budget: Duration) -> Result<Self> {
        let start = Instant::now();
        let input = case.draw::<T>(seed)?;
        let (shape, flops) = (input.shape(), input.flops());
        let (fingerprint, subnormals) = (input.fingerprint(), input.subnormals());
        let mut full_rank = true;
        let judge: Box<dyn Judge> = match input {
            Input::System { a, b } => {
                let system = System::new(&case.name, a, b, budget)?;
                full_rank = system.has_full_rank();
                Box::new(system)
            }
            Input::Product { a, b } => Box::new(Product { a, b }),
            Input::Fit(drawn) => {
                full_rank = false;
                Box::new(Fit { drawn: *drawn })
            }
        };
        Ok(Self {
            shape,
            flops,
            fingerprint,
            subnormals,
            full_rank,
            seconds: Mutex::new((start.elapsed().as_secs_f64(), 0.0)),
            judge,
        })
    }

    /// Seconds that the reference solution took, and seconds that the verdicts took so far.
    pub(crate) fn seconds(&self) -> (f64, f64) {
        self.seconds.lock().map_or((0.0, 0.0), |seconds| *seconds)
    }

    /// Fills in the figures of the outcome, and whether it is right.
    pub(crate) fn judge(&self, outcome: &Outcome, cell: &mut CellRecord) {
        let method = cell.method.as_deref();
        let method = method.and_then(|method| Method::from_str(method).ok());
        let start = Instant::now();
        self.judge.judge(method, outcome, cell);
        if let Ok(mut seconds) = self.seconds.lock() {
            seconds.1 += start.elapsed().as_secs_f64();
        }
    }

    /// ‖x_true‖ of each column of the system's solution of that rank, or 1 for a column of zeros. `None` if
    /// the case is not a system.
    pub(crate) fn solution_norms(&self, rank: usize) -> Option<Vec<f64>> {
        self.judge.solution_norms(rank)
    }
}

struct Product<T> {
    a: Mat<T>,
    b: Mat<T>,
}

impl<T: Widen> Judge for Product<T> {
    fn judge(&self, _: Option<Method>, outcome: &Outcome, cell: &mut CellRecord) {
        let Outcome::Matrix {
            rows,
            cols,
            entries,
            ..
        } = outcome
        else {
            return no_matrix(outcome, cell);
        };
        let right = (self.a.rows(), self.b.cols());
        if (*rows, *cols) != right {
            return cell.reject(format!("C is {rows}x{cols}, not {}x{}", right.0, right.1));
        }
        let c = Mat::from_fn(*rows, *cols, |i, j| T::of(entries[i + j * rows]));
        let error = product_error(self.a.as_ref(), self.b.as_ref(), &c);
        cell.backward_error_u = finite(error);
        // Written so that a NaN fails.
        if !(error <= 1.0) {
            let bound = "k·u·|A||B|, the bound of any order of summation";
            cell.reject(format!("an entry is off by {error:.1e} times {bound}"));
        }
    }
}

struct Fit<T: Widen> {
    drawn: TwoLayerNetInstance<T>,
}

impl<T: Widen> Judge for Fit<T> {
    /// The loss is computed again, because the loss that a run reports is not verified.
    fn judge(&self, _: Option<Method>, outcome: &Outcome, cell: &mut CellRecord) {
        let Outcome::Fit {
            parameters,
            termination,
            solves,
            evaluations,
        } = outcome
        else {
            return no_matrix(outcome, cell);
        };
        (cell.solves, cell.evaluations) = (Some(*solves), Some(*evaluations));
        let x: Vec<T> = parameters.iter().map(|&p| T::of(p)).collect();
        let mut residual = vec![T::zero(); self.drawn.net.residuals()];
        if let Err(error) = self.drawn.net.residual(&x, &mut residual) {
            return cell.reject(error.to_string());
        }
        let loss = euclidean(&residual).as_f64().powi(2);
        cell.residual = finite(loss);
        // At ‖r‖ = 1e-10, rounding moves the loss of the same parameters by 1e-4 of it.
        if !(loss <= 1.001 * FIT_LOSS) {
            cell.reject(format!("ends at a loss of {loss:.2e}: {termination}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use leastwise_core::{LstsqOptions, MatRef, Solution};

    use super::*;
    use crate::model::{Problem, Status};
    use crate::samples;

    fn deficient() -> Case {
        let (rows, cols, rank) = (20, 6, 4);
        Case {
            name: "deficient".to_owned(),
            problem: Problem::RankDeficient { rows, cols, rank },
            size: None,
        }
    }

    fn system(case: &Case) -> (Mat<f64>, Mat<f64>) {
        match case.draw::<f64>(0).unwrap() {
            Input::System { a, b } => (a, b),
            _ => panic!("not a system"),
        }
    }

    fn solve(case: &Case, method: Method) -> Solution<f64> {
        let (a, b) = system(case);
        let backends = leastwise_backends::all::<f64>(1);
        let options = LstsqOptions::new(method);
        backends[0].lstsq(a.as_ref(), b.as_ref(), &options).unwrap()
    }

    fn outcome(solution: &Solution<f64>) -> Outcome {
        Outcome::Matrix {
            rows: solution.x.rows(),
            cols: solution.x.cols(),
            entries: solution.x.data().to_vec(),
            rank: Some(solution.rank),
            residual_norms: solution.residual_norms.clone(),
            singular_values: solution.singular_values.clone(),
            factorizations: None,
        }
    }

    fn judged(case: &Case, method: Method, outcome: &Outcome) -> CellRecord {
        let known = Known::new::<f64>(case, 0, Duration::from_mins(1)).unwrap();
        let mut cell = samples::cell("deficient", "faer", method.name());
        (cell.true_rank, cell.condition) = (None, None);
        known.judge(outcome, &mut cell);
        cell
    }

    #[test]
    fn a_right_answer_is_right_and_has_its_figures() {
        let case = deficient();
        let cell = judged(&case, Method::Svd, &outcome(&solve(&case, Method::Svd)));
        assert_eq!((cell.status, cell.reason), (Status::Ok, None));
        assert_eq!((cell.rank, cell.true_rank), (Some(4), Some(4)));
        assert!(cell.backward_error_u.is_some_and(|error| error < 30.0));
        assert!(
            cell.condition
                .is_some_and(|condition| (condition - 1.0).abs() < 1e-12)
        );
    }

    fn scale(solution: &mut Solution<f64>, factor: f64) {
        for value in solution.singular_values.iter_mut().flatten() {
            *value *= factor;
        }
    }

    #[test]
    fn whatever_is_wrong_with_an_answer_rejects_it_with_its_reason() {
        type Spoil = fn(&mut Solution<f64>);
        let faults: [(Spoil, &str); 7] = [
            (|s| s.x[(3, 0)] *= 1.0 + 1e-6, "backward error"),
            (|s| s.x[(3, 0)] = f64::NAN, "backward error"),
            (|s| s.rank -= 1, "rank: 3, not 4 to 4"),
            (|s| s.x = Mat::zeros(2, 1), "shape: 2x1, not 6x1"),
            (|s| s.residual_norms = Some(vec![1.0]), "reported residual"),
            (|s| scale(s, 2.0), "singular values"),
            (|s| scale(s, f64::NAN), "singular values"),
        ];
        let case = deficient();
        for (spoil, reason) in faults {
            let mut solution = solve(&case, Method::Svd);
            spoil(&mut solution);
            let cell = judged(&case, Method::Svd, &outcome(&solution));
            assert_eq!(cell.status, Status::Rejected, "{reason}");
            let found = cell.reason.unwrap_or_default();
            assert!(found.starts_with(reason), "{found}, not {reason}");
        }
    }

    /// A vector of the null space changes neither the residual nor the backward error.
    #[test]
    fn a_solution_that_is_not_the_shortest_is_rejected() {
        let case = deficient();
        let mut solution = solve(&case, Method::Svd);
        let (a, _) = system(&case);
        // x − (A's projection of x) for any x, here by solving with the residual of e₁.
        let e = Mat::from_fn(6, 1, |i, _| if i == 0 { 1.0 } else { 0.0 });
        let backends = leastwise_backends::all::<f64>(1);
        let mut image = Mat::zeros(20, 1);
        backends[0]
            .matmul(1.0, a.as_ref(), e.as_ref(), 0.0, image.as_mut())
            .unwrap();
        let options = LstsqOptions::new(Method::Svd);
        let part = backends[0]
            .lstsq(a.as_ref(), image.as_ref(), &options)
            .unwrap()
            .x;
        for i in 0..6 {
            solution.x[(i, 0)] += e[(i, 0)] - part[(i, 0)];
        }
        let cell = judged(&case, Method::Svd, &outcome(&solution));
        assert!(
            cell.reason
                .is_some_and(|reason| reason.starts_with("forward error"))
        );
        assert!(cell.min_norm_excess.is_some_and(|excess| excess > 1e-3));
    }

    #[test]
    fn a_refusal_is_right_where_it_is_due_and_an_answer_there_is_wrong() {
        let case = deficient();
        let refusal = Outcome::Refused("too flat".to_owned());
        assert_eq!(judged(&case, Method::Qr, &refusal).status, Status::Refused);
        assert_eq!(
            judged(&case, Method::Svd, &refusal).status,
            Status::Rejected
        );
        let answer = outcome(&solve(&case, Method::Svd));
        let cell = judged(&case, Method::Qr, &answer);
        assert_eq!(
            cell.reason.as_deref(),
            Some("rank: 4, where the method must refuse")
        );
        let full = Case {
            problem: Problem::Normal { rows: 9, cols: 3 },
            ..deficient()
        };
        let cell = judged(&full, Method::Qr, &refusal);
        assert_eq!(
            cell.reason.as_deref(),
            Some("refuses although the system can be solved: too flat")
        );
    }

    #[test]
    fn a_product_off_by_one_millionth_is_rejected() {
        let case = Case {
            name: "product".to_owned(),
            problem: Problem::Product { m: 5, k: 30, n: 4 },
            size: None,
        };
        let Input::Product { a, b } = case.draw::<f64>(0).unwrap() else {
            panic!("not a product")
        };
        let view = |a: &Mat<f64>| a.data().to_vec();
        let mut c = Mat::zeros(5, 4);
        let (a, b): (MatRef<'_, f64>, MatRef<'_, f64>) = (a.as_ref(), b.as_ref());
        leastwise_backends::all::<f64>(1)[0]
            .matmul(1.0, a, b, 0.0, c.as_mut())
            .unwrap();
        for (factor, status) in [(1.0, Status::Ok), (1.0 + 1e-6, Status::Rejected)] {
            let mut entries = view(&c);
            entries[7] *= factor;
            let outcome = Outcome::Matrix {
                rows: 5,
                cols: 4,
                entries,
                rank: None,
                residual_norms: None,
                singular_values: None,
                factorizations: None,
            };
            assert_eq!(judged(&case, Method::Svd, &outcome).status, status);
        }
    }

    #[test]
    fn a_fit_is_judged_by_the_loss_of_its_parameters_and_not_by_what_it_says() {
        let cases = crate::cases::all(crate::cases::Depth::Default);
        let case = cases.iter().find(|case| case.name == "lm-fit").unwrap();
        let Input::Fit(drawn) = case.draw::<f64>(0).unwrap() else {
            panic!("not a fit")
        };
        let outcome = Outcome::Fit {
            parameters: drawn.start.clone(),
            termination: "target reached".to_owned(),
            solves: 1,
            evaluations: 1,
        };
        let cell = judged(case, Method::Svd, &outcome);
        assert!(
            cell.reason
                .is_some_and(|reason| reason.starts_with("ends at a loss of"))
        );
    }
}
