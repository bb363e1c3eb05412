//! Values that a search of the start tries.

/// `count` values from `low` to `high`, with a constant quotient.
pub(crate) fn geometric(low: f64, high: f64, count: usize) -> Vec<f64> {
    let (low, high) = (low.ln(), high.ln());
    linear(low, high, count).into_iter().map(f64::exp).collect()
}

/// `count` values from `low` to `high`, with a constant difference.
pub(crate) fn linear(low: f64, high: f64, count: usize) -> Vec<f64> {
    let share = |k: usize| k as f64 / (count.max(2) - 1) as f64;
    (0..count).map(|k| low + share(k) * (high - low)).collect()
}

/// Positive values from `low` to `high`, at least `per_decade` in each factor of ten, and at most 200.
pub(crate) fn decades(low: f64, high: f64, per_decade: f64) -> Vec<f64> {
    let wanted = per_decade * (high / low).log10();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number from 2 to 200"
    )]
    let count = wanted.clamp(2.0, 200.0).ceil() as usize;
    geometric(low, high, count)
}
