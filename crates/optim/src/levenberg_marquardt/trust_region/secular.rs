//! The damping for which a step has the largest allowed length.

use leastwise_core::Scalar;

/// y(λ), the minimiser of ‖R·y + c‖² + λ·‖y‖², as a function of λ > 0.
pub(super) trait DampedModel<T> {
    /// Sets λ, and returns ‖y(λ)‖.
    fn solve(&mut self, lambda: T) -> T;

    /// d‖y‖/dλ, which is negative, at the λ of the last solve.
    fn slope(&mut self) -> T;
}

/// The known facts about ‖y(λ)‖ before the search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Undamped<T> {
    /// ‖y(0)‖. If R is rank-deficient, it is that of the solution of minimum norm.
    pub(super) norm: T,
    /// d‖y‖/dλ at 0. `None` if R is rank-deficient, because y(λ) then does not tend to that y(0).
    pub(super) slope: Option<T>,
    /// ‖Rᵀ·c‖.
    pub(super) gradient: T,
}

/// The tolerance of ‖y‖ relative to the radius, Moré's σ.
pub(super) const TOLERANCE: f64 = 0.1;

/// Moré needs two iterations on average, and MINPACK's limit is ten.
const ITERATIONS: usize = 10;

/// Finds λ with ‖y(λ)‖ within 10 % of `radius`, starting from the guess `lambda`. ‖y(0)‖ must exceed the
/// radius. The model keeps this λ.
///
/// The method is Newton's iteration on 1/Δ − 1/‖y(λ)‖, which is nearly linear, safeguarded by bounds.
///
/// Source: J. J. Moré, *The Levenberg-Marquardt algorithm: implementation and theory*, in Numerical
/// Analysis, Lecture Notes in Mathematics 630 (1978), algorithm (5.5).
pub(super) fn search<T: Scalar>(
    model: &mut impl DampedModel<T>,
    undamped: Undamped<T>,
    radius: T,
    lambda: T,
) -> T {
    let tolerance = T::of(TOLERANCE) * radius;
    let mut lower = undamped
        .slope
        .map_or(T::zero(), |slope| (radius - undamped.norm) / slope);
    if !lower.is_finite() {
        lower = T::zero();
    }
    let mut upper = undamped.gradient / radius;
    if !(upper > T::zero() && upper.is_finite()) {
        upper = T::max_value();
    }
    let mut lambda = lambda.max(lower).min(upper);
    if lambda == T::zero() {
        lambda = (undamped.gradient / undamped.norm).min(upper);
    }
    for iteration in 1.. {
        if !(lambda > T::zero()) {
            lambda = (T::of(1e-3) * upper).max(T::min_positive_value());
        }
        let norm = model.solve(lambda);
        let excess = norm - radius;
        if excess.abs() <= tolerance || iteration == ITERATIONS {
            break;
        }
        let newton = -(norm / radius) * (excess / model.slope());
        if excess < T::zero() {
            upper = upper.min(lambda);
            // The bounds differ only by rounding.
            if lower == upper {
                break;
            }
        } else {
            lower = lower.max(lambda);
        }
        let next = lambda + newton;
        lambda = if next > lower && next < upper {
            next
        } else {
            (T::of(1e-3) * upper).max((lower * upper).sqrt())
        };
    }
    lambda
}
