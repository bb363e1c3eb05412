//! The log relative error.

/// minⱼ −log₁₀(|bⱼ − cⱼ|/|cⱼ|), from 0 to `most`. It is 0 if b contains NaN.
pub(crate) fn of_worst(b: &[f64], c: &[f64], most: f64) -> f64 {
    let pairs = b.iter().zip(c);
    let digits = pairs.map(|(b, c)| -((b - c) / c).abs().log10());
    // f64::min would ignore a NaN.
    let counted = digits.map(|d| if d.is_nan() { 0.0 } else { d });
    counted.fold(most, f64::min).max(0.0)
}
