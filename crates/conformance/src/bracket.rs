//! A figure that is known to lie between two bounds.

use crate::wide::nan_max;

/// A figure of at least zero with its bounds: low ≤ figure ≤ high. All are NaN if the figure is not
/// a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bracket {
    /// The lower bound.
    pub low: f64,
    /// The best estimate, or NaN if there is none.
    pub value: f64,
    /// The upper bound.
    pub high: f64,
}

impl Bracket {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        low: 0.0,
        value: f64::NAN,
        high: f64::INFINITY,
    };

    /// A figure without error.
    #[must_use]
    pub fn exact(value: f64) -> Self {
        Self {
            low: value,
            value,
            high: value,
        }
    }

    /// A figure with an absolute error of at most `radius`.
    #[must_use]
    pub fn around(value: f64, radius: f64) -> Self {
        Self {
            // f64::max would turn a NaN into a number.
            low: if value < radius { 0.0 } else { value - radius },
            value,
            high: value + radius,
        }
    }

    pub(crate) fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            low: f(self.low),
            value: f(self.value),
            high: f(self.high),
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            low: self.low + other.low,
            value: self.value + other.value,
            high: self.high + other.high,
        }
    }

    pub(crate) fn times(self, other: Self) -> Self {
        Self {
            low: self.low * other.low,
            value: self.value * other.value,
            // 0·∞ is 0 for a figure that is zero.
            high: if self.high == 0.0 || other.high == 0.0 {
                0.0
            } else {
                self.high * other.high
            },
        }
    }

    /// 0/0 is 0: a perfect answer.
    pub(crate) fn over(self, other: Self) -> Self {
        let ratio = |a: f64, b: f64| if a == 0.0 { 0.0 } else { a / b };
        Self {
            low: ratio(self.low, other.high),
            value: ratio(self.value, other.value),
            high: ratio(self.high, other.low),
        }
    }

    /// The larger of the two, where NaN is the largest of all.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            low: nan_max(self.low, other.low),
            value: nan_max(self.value, other.value),
            high: nan_max(self.high, other.high),
        }
    }
}
