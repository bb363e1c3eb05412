//! Every method on every least-squares problem.

use leastwise_core::{Backend, Error, LstsqOptions, Method, Solution};

use super::Recorder;
use super::cases::{self, Case};
use crate::least_squares::{LeastSquaresTruth, STABLE_BACKWARD_ERROR};
use crate::wide::Widen;

/// How far from rcond a singular value has to be for its being dropped or kept to be asked for: the
/// rank is decided by computed singular values, pivots or estimates, each right within a factor.
const DECISIVE: f64 = 8.0;

pub(super) fn run<T: Widen>(backend: &dyn Backend<T>, recorder: &mut Recorder<'_>) {
    for case in cases::all::<T>() {
        let name = format!("{}/lstsq/{}", T::NAME, case.name);
        if recorder.leaves_out(&name) {
            continue;
        }
        let smaller = case.a.rows().min(case.a.cols());
        let truth = LeastSquaresTruth::new(case.a.as_ref(), case.b.as_ref(), smaller);
        for method in Method::ALL {
            recorder.case(format!("{name}/{method}"), |recorder| {
                judge(backend, method, &case, &truth, recorder);
            });
        }
    }
}

fn judge<T: Widen>(
    backend: &dyn Backend<T>,
    method: Method,
    case: &Case<T>,
    truth: &LeastSquaresTruth<T>,
    recorder: &mut Recorder<'_>,
) {
    let options = LstsqOptions::new(method);
    let outcome = backend.lstsq(case.a.as_ref(), case.b.as_ref(), &options);
    if !backend.info().has(method) {
        let refused = matches!(outcome, Err(Error::Unsupported { .. }));
        recorder.holds("unsupported", refused, || format!("gave {outcome:?}"));
        return;
    }
    let range = RankRange::of(method, truth, case.a.rows().max(case.a.cols()));
    match outcome {
        Err(Error::RankDeficient { .. }) if !method.handles_rank_deficiency() => {
            recorder.holds("refusal", !range.must_accept, || {
                format!("refuses a matrix with κ = {:.1e}", truth.condition())
            });
        }
        Err(error) => recorder.holds("answer", false, || error.to_string()),
        Ok(solution) => {
            recorder.holds("rank", range.contains(solution.rank), || {
                format!("{}, not {} to {}", solution.rank, range.least, range.most)
            });
            let shape = (solution.x.rows(), solution.x.cols());
            let right = (case.a.cols(), case.b.cols());
            recorder.holds("shape", shape == right, || format!("{shape:?}"));
            if range.contains(solution.rank) && shape == right {
                judge_answer(&solution, method, truth, range.threshold, recorder);
            }
        }
    }
}

/// The ranks that may be found.
struct RankRange {
    least: usize,
    most: usize,
    /// A method that refuses rank-deficient matrices must not refuse this one.
    must_accept: bool,
    /// What counts as zero, against σ₁.
    threshold: f64,
}

impl RankRange {
    fn of<T: Widen>(method: Method, truth: &LeastSquaresTruth<T>, larger: usize) -> Self {
        let s = truth.singular_values();
        let rcond = larger as f64 * T::EPSILON.as_f64();
        let threshold = if method == Method::Cholesky {
            rcond.sqrt()
        } else {
            rcond
        };
        // Pivots differ from singular values by factors of up to about √n.
        let factor = if method == Method::CompleteOrthogonal {
            DECISIVE * (s.len() as f64).sqrt()
        } else {
            DECISIVE
        };
        let above = |limit: f64| s.iter().filter(|&&si| si > limit * s[0]).count();
        let (least, most) = (above(threshold * factor), above(threshold / factor));
        if method.handles_rank_deficiency() {
            return Self {
                least,
                most,
                must_accept: true,
                threshold,
            };
        }
        // An answer has full rank or none is given.
        let full = s.len();
        Self {
            least: if most == full { full } else { full + 1 },
            most: full,
            must_accept: least == full,
            threshold,
        }
    }

    fn contains(&self, rank: usize) -> bool {
        (self.least..=self.most).contains(&rank)
    }
}

fn judge_answer<T: Widen>(
    solution: &Solution<T>,
    method: Method,
    truth: &LeastSquaresTruth<T>,
    threshold: f64,
    recorder: &mut Recorder<'_>,
) {
    let truth = truth.with_rank(solution.rank);
    let quality = truth.judge(&solution.x);
    let eta = truth.stable_perturbation();
    // What was dropped, against ‖A‖₂: at most the threshold, and nothing where nothing was.
    let rest = truth.relative_gap();
    let dropped = if rest > 1e-3 * eta {
        threshold.max(rest)
    } else {
        0.0
    };
    let stable = method != Method::Cholesky;
    if stable {
        let unit = T::UNIT_ROUNDOFF.as_f64();
        let limit = STABLE_BACKWARD_ERROR + dropped / unit;
        recorder.at_most("backward error", quality.backward_error_u, limit);
        if dropped == 0.0 {
            recorder.note_backward_error(method, T::NAME, quality.backward_error_u);
        }
    }
    // The normal equations have κ² where a stable method has κ.
    let kappa = truth.condition();
    let allowance = (eta + dropped) / eta * if stable { 1.0 } else { kappa };
    // First-order bounds say nothing once the perturbation reaches σᵣ.
    if eta * allowance * kappa < 0.1 {
        recorder.at_most("forward error", quality.forward_over_bound, allowance);
        let limit = 2.0 * eta * allowance * kappa;
        recorder.at_most("null part", quality.min_norm_excess, limit);
    }
    if let Some(norms) = &solution.residual_norms {
        let reported = norms.iter().fold(0f64, |sum, r| sum.hypot(r.as_f64()));
        let limit = (eta + dropped) * truth.residual_scale();
        // ‖A·x − b‖ as it falls out misses only what the backward error moves.
        let error = (reported - quality.residual_norm).abs();
        recorder.at_most("reported residual", error, limit.max(f64::MIN_POSITIVE));
    }
    if let Some(found) = &solution.singular_values {
        let exact = truth.singular_values();
        let pairs = found.iter().zip(&exact);
        let worst = pairs.fold(0.0, |worst: f64, (found, exact)| {
            worst.max((found.as_f64() - exact).abs())
        });
        recorder.at_most("singular values", worst, eta * exact[0]);
    }
}
