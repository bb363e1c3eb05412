//! Is the answer right? Decided before anything is timed.

use leastwise_backends::AdapterScalar;
use leastwise_conformance::{
    LeastSquaresTruth, Quality, STABLE_BACKWARD_ERROR, Widen, product_error,
};
use leastwise_core::{Backend, Error, LstsqOptions, Mat, Method, Solution};

use super::cases::{LeastSquaresCase, ProductCase};

/// What became of a least-squares problem.
pub(super) enum Verdict<T> {
    Right(Solution<T>, Quality),
    /// The method cannot solve the problem and says so, as its contract asks.
    Refused(Error),
    Unsupported,
    Wrong {
        reason: String,
        answer: Option<(Solution<T>, Quality)>,
    },
}

pub(super) fn least_squares<T: AdapterScalar + Widen>(
    backend: &dyn Backend<T>,
    method: Method,
    case: &LeastSquaresCase<T>,
) -> Verdict<T> {
    let expected_refusal = !case.full_rank() && !method.handles_rank_deficiency();
    let options = LstsqOptions::new(method);
    let solution = match backend.lstsq(case.a.as_ref(), case.b.as_ref(), &options) {
        Ok(solution) => solution,
        Err(Error::Unsupported { .. }) if !backend.info().has(method) => {
            return Verdict::Unsupported;
        }
        Err(error @ Error::RankDeficient { .. }) if expected_refusal => {
            return Verdict::Refused(error);
        }
        Err(error) => {
            return Verdict::Wrong {
                reason: error.to_string(),
                answer: None,
            };
        }
    };
    let shape = (solution.x.rows(), solution.x.cols());
    if shape != (case.a.cols(), case.b.cols()) {
        return Verdict::Wrong {
            reason: format!("x is {}x{}", shape.0, shape.1),
            answer: None,
        };
    }
    let quality = case.truth.judge(&solution.x);
    match first_fault(&solution, &quality, method, case) {
        None => Verdict::Right(solution, quality),
        Some(reason) => Verdict::Wrong {
            reason,
            answer: Some((solution, quality)),
        },
    }
}

/// Every comparison is written so that NaN is a fault.
fn first_fault<T: AdapterScalar + Widen>(
    solution: &Solution<T>,
    quality: &Quality,
    method: Method,
    case: &LeastSquaresCase<T>,
) -> Option<String> {
    let truth = &case.truth;
    if !case.full_rank() && !method.handles_rank_deficiency() {
        let rank = case.rank;
        return Some(format!(
            "answers a problem of rank {rank} instead of refusing it"
        ));
    }
    if solution.rank != case.rank {
        return Some(format!(
            "finds rank {}, but it is {}",
            solution.rank, case.rank
        ));
    }
    // The error of the normal equations grows with κ² where the bound has κ (Higham, *Accuracy and
    // Stability of Numerical Algorithms*, 2nd ed., §20.4), and no backward error bounds it.
    let stable = method != Method::Cholesky;
    let allowance = if stable { 1.0 } else { truth.condition() };
    if stable && !(quality.backward_error_u <= STABLE_BACKWARD_ERROR) {
        return Some(format!(
            "backward error {:.1e} u, more than the {STABLE_BACKWARD_ERROR} of a stable method",
            quality.backward_error_u
        ));
    }
    let excess_limit = 2.0 * truth.stable_perturbation() * truth.condition() * allowance;
    if !(quality.min_norm_excess <= excess_limit) {
        return Some(format!(
            "not of minimum norm: {:.1e} of x is in the null space, more than {excess_limit:.1e}",
            quality.min_norm_excess
        ));
    }
    let forward_limit = quality.forward_error / quality.forward_over_bound * allowance;
    if !(quality.forward_over_bound <= allowance) {
        return Some(format!(
            "x is off by {:.1e}, more than the {forward_limit:.1e} that u, the dimensions and κ allow",
            quality.forward_error
        ));
    }
    reported_figures_fault(solution, quality, truth)
}

/// The residual norm and the singular values that come with the solution.
fn reported_figures_fault<T: AdapterScalar + Widen>(
    solution: &Solution<T>,
    quality: &Quality,
    truth: &LeastSquaresTruth<T>,
) -> Option<String> {
    let perturbation = truth.stable_perturbation();
    if let Some(norms) = &solution.residual_norms {
        let reported = norms.iter().fold(0f64, |sum, r| sum.hypot(r.as_f64()));
        // ‖(A + ΔA)·x − b‖ differs from ‖A·x − b‖ by at most ‖ΔA‖·‖x‖.
        let limit = perturbation * truth.residual_scale();
        if !((reported - quality.residual_norm).abs() <= limit) {
            return Some(format!(
                "reports a residual of {reported:.6e}, but it is {:.6e}",
                quality.residual_norm
            ));
        }
    }
    if let Some(found) = &solution.singular_values {
        let exact = truth.singular_values();
        let limit = perturbation * exact[0];
        let wrong = found
            .iter()
            .zip(&exact)
            .position(|(found, exact)| !((found.as_f64() - exact).abs() <= limit));
        if let Some(i) = wrong {
            return Some(format!(
                "singular value {} is {:.6e}, but it is {:.6e}",
                i + 1,
                found[i],
                exact[i]
            ));
        }
    }
    None
}

/// ‖x − y‖_F over ‖x_true‖_F.
pub(super) fn disagreement<T: Widen>(x: &Mat<T>, y: &Mat<T>, truth: &LeastSquaresTruth<T>) -> f64 {
    let square = |value: f64| value * value;
    let pairs = x.data().iter().zip(y.data());
    let difference: f64 = pairs.map(|(x, y)| square(x.as_f64() - y.as_f64())).sum();
    let size: f64 = truth
        .solution()
        .data()
        .iter()
        .map(|x| square(x.as_f64()))
        .sum();
    (difference / size).sqrt()
}

/// The product's error in units of k·u·|A||B|, or why there is none.
pub(super) fn product<T: AdapterScalar + Widen>(
    backend: &dyn Backend<T>,
    case: &ProductCase<T>,
) -> Result<f64, String> {
    let (a, b) = (case.a.as_ref(), case.b.as_ref());
    // β = 0 must not read what C holds.
    let mut c = Mat::from_fn(a.rows(), b.cols(), |_, _| T::nan());
    backend
        .matmul(T::one(), a, b, T::zero(), c.as_mut())
        .map_err(|error| error.to_string())?;
    let error = product_error(a, b, &c);
    if error <= 1.0 {
        return Ok(error);
    }
    Err(format!(
        "an entry is off by {error:.1e} times k·u·|A||B|, the bound of any order of summation"
    ))
}
