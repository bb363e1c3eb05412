//! The outcome of one problem.

use leastwise_backends::AdapterScalar;
use leastwise_conformance::{STABLE_BACKWARD_ERROR, Widen};
use leastwise_core::{Mat, Method};
use serde::{Deserialize, Serialize};

use super::problems::Problem;
use crate::libraries::Solved;
use crate::study::number;

/// The outcomes, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// The library has no such call, or the shape has no such problem.
    NotOffered,
    /// A backward error of at most 30 u, and the minimum norm.
    Accurate,
    /// An error that reports that the method cannot solve this.
    Refused,
    /// A small backward error, but not the minimum norm.
    NotShortest,
    /// A backward error of more than 30 u, in units of u.
    Inaccurate(#[serde(with = "number")] f64),
    NotFinite,
    Panicked,
    /// The process took too long.
    TimedOut,
    /// The process ended.
    Died,
}

/// A singular value must be dropped or kept if it differs from rcond by at least this factor.
const DECISIVE: f64 = 8.0;

/// The outcome of a call by this method.
pub(super) fn of<T: AdapterScalar + Widen>(
    solved: &Solved,
    method: Method,
    problem: &Problem<T>,
) -> Outcome {
    match solved {
        Solved::Refused => Outcome::Refused,
        Solved::NotOffered => Outcome::NotOffered,
        Solved::Panicked => Outcome::Panicked,
        Solved::TimedOut => Outcome::TimedOut,
        Solved::Died => Outcome::Died,
        Solved::X(entries, rank) => {
            let narrow = entries.iter().map(|&x| T::of(x)).collect();
            let (rows, cols) = (problem.a.cols(), problem.b.cols());
            let Ok(x) = Mat::from_col_major(narrow, rows, cols) else {
                return Outcome::Inaccurate(f64::INFINITY);
            };
            let mut ranks = possible_ranks(method, problem);
            if let Some(rank) = rank {
                ranks.retain(|possible| possible == rank);
            }
            judge(&x, &ranks, problem)
        }
    }
}

/// The ranks that a library's own call may have used, because the call does not return its rank. These are all ranks
/// that the singular values leave open, and full rank if rounding A does not make it rank-deficient.
fn possible_ranks<T: Widen>(method: Method, problem: &Problem<T>) -> Vec<usize> {
    let Problem { a, truth, .. } = problem;
    let s = truth.singular_values();
    let rcond = a.rows().max(a.cols()) as f64 * T::EPSILON.as_f64();
    let above = |limit: f64| s.iter().filter(|&&si| si > limit * s[0]).count();
    // Pivots differ from singular values by factors of up to about √n.
    let factor = if method == Method::CompleteOrthogonal {
        DECISIVE * (s.len() as f64).sqrt()
    } else {
        DECISIVE
    };
    let mut ranks: Vec<usize> = (above(factor * rcond)..=above(rcond / factor)).collect();
    let full = above(T::UNIT_ROUNDOFF.as_f64());
    if full == s.len() && ranks.last() != Some(&full) {
        ranks.push(full);
    }
    ranks
}

/// The best outcome over `ranks`. If there are none, the rank itself is wrong.
fn judge<T: AdapterScalar + Widen>(x: &Mat<T>, ranks: &[usize], problem: &Problem<T>) -> Outcome {
    if x.data().iter().any(|&xi| !xi.as_f64().is_finite()) {
        return Outcome::NotFinite;
    }
    let of_rank = |&rank: &usize| judge_as(x, rank, problem);
    let outcomes = ranks.iter().map(of_rank);
    outcomes.fold(Outcome::Inaccurate(f64::INFINITY), |best, outcome| {
        if outcome < best { outcome } else { best }
    })
}

fn judge_as<T: AdapterScalar + Widen>(x: &Mat<T>, rank: usize, problem: &Problem<T>) -> Outcome {
    let truth = problem.truth.with_rank(rank);
    let quality = truth.judge(x);
    let unit = T::UNIT_ROUNDOFF.as_f64();
    let eta = truth.stable_perturbation();
    // The dropped singular values, relative to ‖A‖₂, are part of the backward error.
    let rest = truth.relative_gap();
    let rcond = x.rows().max(problem.a.rows()) as f64 * T::EPSILON.as_f64();
    let dropped = if rest > 1e-3 * eta {
        rcond.max(rest)
    } else {
        0.0
    };
    if !(quality.backward_error_u <= STABLE_BACKWARD_ERROR + dropped / unit) {
        return Outcome::Inaccurate(quality.backward_error_u);
    }
    // Householder QR of m rows turns the null space by rounding errors that grow with √m (Higham,
    // Mary, SIAM J. Sci. Comput. 41 (2019)), and first-order bounds are not valid near σᵣ.
    let sums = (problem.a.rows() as f64).sqrt() * unit;
    let turned = (eta + sums + dropped) * truth.condition();
    if turned < 0.1 && !(quality.min_norm_excess <= 2.0 * turned) {
        return if quality.backward_error_u <= STABLE_BACKWARD_ERROR {
            Outcome::NotShortest
        } else {
            Outcome::Inaccurate(quality.backward_error_u)
        };
    }
    Outcome::Accurate
}
