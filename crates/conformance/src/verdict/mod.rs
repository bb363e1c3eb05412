//! Decides whether the answer of a method to a least-squares problem is right.
//!
//! The suite and `cargo xtask compare` use the same rules, so the published accuracy is the tested
//! accuracy.

mod truth;

use leastwise_core::{Mat, Method, norm};

use crate::bracket::Bracket;
use crate::least_squares::Quality;
use crate::wide::{Widen, nan_max, subnormal};

pub use truth::{Figures, Truth};

/// A singular value must be kept or dropped only if it differs from rcond by more than this factor.
/// Backends decide the rank by computed singular values, pivots or estimates, and each of these is
/// only right within a factor.
const DECISIVE: f64 = 8.0;

/// An answer to a least-squares problem, and the figures that the backend reported with it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a, T> {
    /// X, n×k.
    pub x: &'a Mat<T>,
    /// The rank that was found, if it was reported.
    pub rank: Option<usize>,
    /// ‖A·x − b‖₂ for each right-hand side, if it was reported.
    pub residual_norms: Option<&'a [T]>,
    /// σ₁ ≥ σ₂ ≥ …, if they were reported.
    pub singular_values: Option<&'a [T]>,
}

/// One figure or condition, and its fault if it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The name of the figure, such as `backward error`.
    pub metric: &'static str,
    /// The value and the limit; `None` if the check passes or is open.
    pub fault: Option<String>,
    /// The reason why the bounds of a figure do not decide; `None` if they do.
    pub open: Option<String>,
}

impl Check {
    /// Compares a figure with its bound. NaN is a fault.
    #[must_use]
    pub fn at_most(metric: &'static str, figure: f64, bound: f64) -> Self {
        Self::between(metric, Bracket::exact(figure), Bracket::exact(bound))
    }

    /// Compares a figure with its limit, where both have bounds. NaN is a fault.
    #[must_use]
    pub fn between(metric: &'static str, figure: Bracket, limit: Bracket) -> Self {
        let mut check = Self::holds(metric, figure.low <= limit.high, || {
            format!("{:.3e}, more than {:.3e}", figure.value, limit.value)
        });
        if check.fault.is_none() && !(figure.high <= limit.low) {
            check.open = Some(format!(
                "between {:.3e} and {:.3e}, the limit {:.3e}",
                figure.low, figure.high, limit.value
            ));
        }
        check
    }

    /// Checks a condition. The detail is only computed if the condition does not hold.
    #[must_use]
    pub fn holds(metric: &'static str, condition: bool, detail: impl FnOnce() -> String) -> Self {
        Self {
            metric,
            fault: (!condition).then(detail),
            open: None,
        }
    }

    /// The same check, if it only matters in case another figure that is open turns out one way.
    fn only_if(mut self, open: bool) -> Self {
        if open && let Some(fault) = self.fault.take() {
            self.open = Some(fault);
        }
        self
    }
}

/// The checks of an answer, and its figures if it has the right shape and rank.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
    /// `None` if the shape or the rank is wrong.
    pub quality: Option<Quality>,
    /// Whether every dropped singular value is explained by rounding. Only then does the backward
    /// error describe the method.
    pub nothing_dropped: bool,
}

impl Verdict {
    /// The first fault, in the form `metric: value and limit`.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.checks.iter().find_map(|check| {
            let fault = check.fault.as_ref()?;
            Some(format!("{}: {fault}", check.metric))
        })
    }

    /// The first check that is open. `None` if there is a fault, because a fault decides.
    #[must_use]
    pub fn open(&self) -> Option<String> {
        if self.fault().is_some() {
            return None;
        }
        self.checks.iter().find_map(|check| {
            let open = check.open.as_ref()?;
            Some(format!("{}: {open}", check.metric))
        })
    }
}

/// Whether a method that cannot solve rank-deficient problems may refuse this one; `None` if the bounds of the
/// singular values do not decide.
#[must_use]
pub fn may_refuse<T: Widen>(method: Method, truth: &dyn Truth<T>) -> Option<bool> {
    if method.handles_rank_deficiency() {
        return Some(false);
    }
    let range = RankRange::of(method, truth);
    if range.least.low == range.full {
        Some(false)
    } else {
        (range.least.high < range.full).then_some(true)
    }
}

/// Whether a singular value is so near a limit of the rank that its own error leaves the rank of
/// some method open.
#[must_use]
pub fn rank_is_open<T: Widen>(truth: &dyn Truth<T>) -> bool {
    Method::ALL.into_iter().any(|method| {
        let RankRange { least, most, .. } = RankRange::of(method, truth);
        least.low != least.high || most.low != most.high
    })
}

/// Judges an answer by a reference solution, which has all singular values of A for every rank.
///
/// | check | limit |
/// |---|---|
/// | rank | singular values more than 8 times above max(m, n)·ε·σ₁ count, those as far below do not |
/// | backward error | [`Truth::stable_backward_error`], plus what was dropped; none for the normal equations |
/// | forward error | [`Quality::forward_over_bound`] of 1, κ times that for the normal equations |
/// | null part | 2·η·κ, by which a backward error η turns the null space |
/// | reported residual and singular values | within η of the true ones |
///
/// A check is open if its limit lies between the bounds of its figure. A reference with closer
/// bounds must then judge.
#[must_use]
pub fn judge<T: Widen>(method: Method, truth: &dyn Truth<T>, answer: &Answer<'_, T>) -> Verdict {
    let range = RankRange::of(method, truth);
    // If a call does not report its rank, the right rank is assumed.
    let rank = answer.rank.unwrap_or(range.rank);
    let (shape, right) = ((answer.x.rows(), answer.x.cols()), truth.solution_shape());
    let checks = vec![
        range.check(rank),
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
        judge_figures(method, truth, rank, range.threshold, answer, &mut verdict);
    }
    verdict
}

/// How many singular values are above a limit.
#[derive(Clone, Copy)]
struct Count {
    /// The number that is certain.
    low: usize,
    /// The largest possible number.
    high: usize,
}

/// The ranks that may be found.
struct RankRange {
    least: Count,
    most: Count,
    /// min(m, n)
    full: usize,
    /// The rank by the best estimates, for a call that does not report its own.
    rank: usize,
    handles_rank_deficiency: bool,
    /// The threshold below which singular values count as zero, relative to σ₁.
    threshold: f64,
}

impl RankRange {
    fn of<T: Widen>(method: Method, truth: &dyn Truth<T>) -> Self {
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
        let above = |limit: f64| Count {
            low: s.iter().filter(|si| si.low > limit * s[0].high).count(),
            high: s.iter().filter(|si| si.high > limit * s[0].low).count(),
        };
        let most = threshold / factor;
        let estimated = s.iter().filter(|si| si.value > most * s[0].value);
        let handles_rank_deficiency = method.handles_rank_deficiency();
        Self {
            least: above(threshold * factor),
            most: above(most),
            full: s.len(),
            rank: if handles_rank_deficiency {
                estimated.count()
            } else {
                s.len()
            },
            handles_rank_deficiency,
            threshold,
        }
    }

    fn check(&self, rank: usize) -> Check {
        // A method that cannot handle lower rank returns an answer of full rank or none.
        let least = if self.handles_rank_deficiency {
            self.least
        } else {
            Count {
                low: self.full,
                high: self.full,
            }
        };
        let possible = (least.low..=self.most.high).contains(&rank);
        let mut check = Check::holds("rank", possible, || {
            if least.low > self.most.high {
                return format!("{rank}, where the method must refuse");
            }
            format!("{rank}, not {} to {}", least.high, self.most.low)
        });
        if possible && !(least.high..=self.most.low).contains(&rank) {
            check.open = Some(format!(
                "{rank}, where a singular value is as near the limit as its own error"
            ));
        }
        check
    }
}

fn judge_figures<T: Widen>(
    method: Method,
    truth: &dyn Truth<T>,
    rank: usize,
    threshold: f64,
    answer: &Answer<'_, T>,
    verdict: &mut Verdict,
) {
    let figures = truth.figures(rank, answer.x);
    let checks = &mut verdict.checks;
    let eta = truth.stable_perturbation(rank);
    // The part that was dropped, relative to ‖A‖₂. It is at most the threshold, and zero if nothing
    // was dropped.
    let dropped = figures.relative_gap.map(|rest| {
        if rest > 1e-3 * eta {
            threshold.max(rest)
        } else {
            0.0
        }
    });
    let stable = method != Method::Cholesky;
    if stable {
        let unit = T::UNIT_ROUNDOFF.as_f64();
        let limit = dropped.map(|dropped| truth.stable_backward_error() + dropped / unit);
        checks.push(Check::between(
            "backward error",
            figures.backward_error_u,
            limit,
        ));
    }
    // The normal equations have κ² where a stable method has κ (Higham, *Accuracy and Stability of
    // Numerical Algorithms*, 2nd ed., §20.4).
    let kappa = figures.condition;
    let mut allowance = dropped.map(|dropped| (eta + dropped) / eta);
    if !stable {
        allowance = allowance.times(kappa);
    }
    // First-order bounds do not hold once the perturbation reaches σᵣ.
    let perturbation = allowance.times(kappa).map(|allowed| eta * allowed);
    if perturbation.low < 0.1 {
        let open = !(perturbation.high < 0.1);
        let check = Check::between("forward error", figures.forward_over_bound, allowance);
        checks.push(check.only_if(open));
        let limit = perturbation.map(|perturbation| 2.0 * perturbation);
        let check = Check::between("null part", figures.min_norm_excess, limit);
        checks.push(check.only_if(open));
    }
    if let Some(norms) = answer.residual_norms {
        let limit = dropped
            .map(|dropped| eta + dropped)
            .times(figures.residual_scale);
        let exact = figures.quality.residual_norm;
        checks.extend(reported_residuals(norms, answer.x.cols(), exact, limit));
    }
    if let Some(found) = answer.singular_values {
        let exact = truth.singular_values();
        let limit = exact[0].map(|largest| eta * largest + 2.0 * subnormal::<T>());
        checks.push(Check::between(
            "singular values",
            largest_difference(found, &exact),
            limit,
        ));
    }
    verdict.quality = Some(figures.quality);
    verdict.nothing_dropped = dropped.high == 0.0;
}

/// The reported ‖A·x − b‖ are a by-product. They differ from the true ones only by the effect of the
/// backward error, which is within `limit`.
fn reported_residuals<T: Widen>(
    norms: &[T],
    columns: usize,
    exact: f64,
    limit: Bracket,
) -> [Check; 2] {
    let complete = Check::holds("reported residuals", norms.len() == columns, || {
        format!("{} of them, not {columns}", norms.len())
    });
    // NaN stays, unlike through `hypot` beside an infinity.
    let reported: Vec<f64> = norms.iter().map(|r| r.as_f64()).collect();
    let error = Bracket::exact((norm::euclidean(&reported) - exact).abs());
    let rounding = 2.0 * subnormal::<T>() * (columns as f64).sqrt();
    let limit = limit.map(|limit| limit + rounding);
    [complete, Check::between("reported residual", error, limit)]
}

/// max |xᵢ − σᵢ|; NaN if any is, and infinite if the lengths differ.
fn largest_difference<T: Widen>(x: &[T], exact: &[Bracket]) -> Bracket {
    if x.len() != exact.len() {
        return Bracket::exact(f64::INFINITY);
    }
    let differences = x.iter().zip(exact).map(|(x, sigma)| {
        let x = x.as_f64();
        let (below, above) = (sigma.low - x, x - sigma.high);
        Bracket {
            low: nan_max(0.0, nan_max(below, above)),
            value: (x - sigma.value).abs(),
            high: nan_max((x - sigma.low).abs(), (x - sigma.high).abs()),
        }
    });
    differences.fold(Bracket::exact(0.0), Bracket::max)
}
