//! Whether what a method made of a least-squares problem is right.
//!
//! The suite and `cargo xtask compare` decide by the same rules, so that the accuracy which is
//! published is the accuracy which is tested.

use leastwise_core::{Mat, Method, norm};

use crate::least_squares::{LeastSquaresTruth, Quality};
use crate::wide::{Widen, largest_difference, subnormal};

/// How far from rcond a singular value has to be for its being dropped or kept to be asked for: the
/// rank is decided by computed singular values, pivots or estimates, each right within a factor.
const DECISIVE: f64 = 8.0;

/// An answer to a least-squares problem, with what was reported beside it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a, T> {
    /// X, n×k.
    pub x: &'a Mat<T>,
    /// The rank that was found, if that was said.
    pub rank: Option<usize>,
    /// ‖A·x − b‖₂ for each right-hand side, if it was said.
    pub residual_norms: Option<&'a [T]>,
    /// σ₁ ≥ σ₂ ≥ …, if they were said.
    pub singular_values: Option<&'a [T]>,
}

/// One figure or condition, and what is wrong with it if anything is.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was looked at, such as `backward error`.
    pub metric: &'static str,
    /// What was found and what is allowed; `None` if it is right.
    pub fault: Option<String>,
}

impl Check {
    /// A figure against its bound; NaN is a fault.
    #[must_use]
    pub fn at_most(metric: &'static str, figure: f64, bound: f64) -> Self {
        let fault = !(figure <= bound);
        let detail = fault.then(|| format!("{figure:.3e}, more than {bound:.3e}"));
        Self {
            metric,
            fault: detail,
        }
    }

    /// A condition; the detail is asked for only if it does not hold.
    #[must_use]
    pub fn holds(metric: &'static str, condition: bool, detail: impl FnOnce() -> String) -> Self {
        Self {
            metric,
            fault: (!condition).then(detail),
        }
    }
}

/// The checks of an answer, and its figures if it has the right shape and rank.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
    /// `None` if the shape or the rank is wrong.
    pub quality: Option<Quality>,
    /// Whether no singular value had to be dropped that rounding does not explain: only then does
    /// the backward error speak of the method alone.
    pub nothing_dropped: bool,
}

impl Verdict {
    /// The first fault, as `metric: what was found and what is allowed`.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.checks.iter().find_map(|check| {
            let fault = check.fault.as_ref()?;
            Some(format!("{}: {fault}", check.metric))
        })
    }
}

/// Whether a method that cannot solve rank-deficient problems may refuse this one, whose truth has
/// all singular values.
#[must_use]
pub fn may_refuse<T: Widen>(method: Method, truth: &LeastSquaresTruth<T>) -> bool {
    !method.handles_rank_deficiency() && !RankRange::of(method, truth).must_accept
}

/// Judges an answer against the truth, which knows all singular values of A whatever its rank.
///
/// | check | limit |
/// |---|---|
/// | rank | singular values more than 8 times above max(m, n)·ε·σ₁ count, those as far below do not |
/// | backward error | [`LeastSquaresTruth::stable_backward_error`], plus what was dropped; none for the normal equations |
/// | forward error | [`Quality::forward_over_bound`] of 1, κ times that for the normal equations |
/// | null part | 2·η·κ, by which a backward error η turns the null space |
/// | reported residual and singular values | within η of the true ones |
#[must_use]
pub fn judge<T: Widen>(
    method: Method,
    truth: &LeastSquaresTruth<T>,
    answer: &Answer<'_, T>,
) -> Verdict {
    let range = RankRange::of(method, truth);
    // A call that does not say its rank gets the one that it should have found.
    let rank = answer.rank.unwrap_or(range.most);
    let (shape, right) = ((answer.x.rows(), answer.x.cols()), truth.solution_shape());
    let checks = vec![
        Check::holds("rank", range.contains(rank), || {
            if range.least > range.most {
                return format!("{rank}, where the method must refuse");
            }
            format!("{rank}, not {} to {}", range.least, range.most)
        }),
        Check::holds("shape", shape == right, || {
            format!("{}x{}, not {}x{}", shape.0, shape.1, right.0, right.1)
        }),
    ];
    let mut verdict = Verdict {
        checks,
        quality: None,
        nothing_dropped: false,
    };
    if verdict.fault().is_none() {
        let truth = truth.with_rank(rank);
        judge_figures(method, &truth, range.threshold, answer, &mut verdict);
    }
    verdict
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
    fn of<T: Widen>(method: Method, truth: &LeastSquaresTruth<T>) -> Self {
        let s = truth.singular_values();
        let rcond = truth.larger_dimension() as f64 * T::EPSILON.as_f64();
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

fn judge_figures<T: Widen>(
    method: Method,
    truth: &LeastSquaresTruth<T>,
    threshold: f64,
    answer: &Answer<'_, T>,
    verdict: &mut Verdict,
) {
    let quality = truth.judge(answer.x);
    let checks = &mut verdict.checks;
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
        let limit = truth.stable_backward_error() + dropped / unit;
        let figure = quality.backward_error_u;
        checks.push(Check::at_most("backward error", figure, limit));
    }
    // The normal equations have κ² where a stable method has κ (Higham, *Accuracy and Stability of
    // Numerical Algorithms*, 2nd ed., §20.4).
    let kappa = truth.condition();
    let allowance = (eta + dropped) / eta * if stable { 1.0 } else { kappa };
    // First-order bounds say nothing once the perturbation reaches σᵣ.
    if eta * allowance * kappa < 0.1 {
        let figure = quality.forward_over_bound;
        checks.push(Check::at_most("forward error", figure, allowance));
        let limit = 2.0 * eta * allowance * kappa;
        checks.push(Check::at_most("null part", quality.min_norm_excess, limit));
    }
    if let Some(norms) = answer.residual_norms {
        let columns = answer.x.cols();
        let complete = norms.len() == columns;
        checks.push(Check::holds("reported residuals", complete, || {
            format!("{} of them, not {columns}", norms.len())
        }));
        // NaN stays, unlike through `hypot` beside an infinity.
        let reported: Vec<f64> = norms.iter().map(|r| r.as_f64()).collect();
        let reported = norm::euclidean(&reported);
        let limit = (eta + dropped) * truth.residual_scale();
        // ‖A·x − b‖ as it falls out misses only what the backward error moves.
        let error = (reported - quality.residual_norm).abs();
        let limit = limit + 2.0 * subnormal::<T>() * (columns as f64).sqrt();
        checks.push(Check::at_most("reported residual", error, limit));
    }
    if let Some(found) = answer.singular_values {
        let exact = truth.singular_values();
        let worst = largest_difference(found, &exact);
        let limit = eta * exact[0] + 2.0 * subnormal::<T>();
        checks.push(Check::at_most("singular values", worst, limit));
    }
    verdict.quality = Some(quality);
    verdict.nothing_dropped = dropped == 0.0;
}
