//! Sums of products with twice the digits of f64, for the loops that take most of the time.
//!
//! An operation of [`DoubleDouble`] checks for infinities and returns a normal form. The functions
//! here do neither. Overflow gives NaN, and a sum gets its normal form only at its end. The error
//! of a sum of n products is below n·2⁻¹⁰²·Σ|x·y|, the same as with operations of [`DoubleDouble`].
//! Entries must be smaller than 2⁹⁹⁶.
//!
//! Source: T. Dekker, *A floating-point technique for extending the available precision*, Numer. Math. 18 (1971);
//! T. Ogita, S. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005).

use leastwise_testset::number::DoubleDouble;

/// 2²⁷ + 1: half of the digits of an f64 to each side.
const SPLITTER: f64 = 134_217_729.0;

/// A number whose first term is split into halves, which multiply without rounding.
#[derive(Clone, Copy)]
pub(crate) struct Factor {
    high: f64,
    low: f64,
    upper: f64,
    lower: f64,
}

impl Factor {
    #[inline]
    pub(crate) fn new(value: DoubleDouble) -> Self {
        Self::of_terms(value.high(), value.low())
    }

    #[inline]
    pub(crate) fn of_terms(high: f64, low: f64) -> Self {
        let scaled = SPLITTER * high;
        let upper = scaled - (scaled - high);
        Self {
            high,
            low,
            upper,
            lower: high - upper,
        }
    }
}

/// A sum in two terms, which overlap until the end.
#[derive(Clone, Copy)]
pub(crate) struct Accumulator {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

impl Accumulator {
    pub(crate) const ZERO: Self = Self {
        high: 0.0,
        low: 0.0,
    };

    #[inline]
    pub(crate) fn of(value: DoubleDouble) -> Self {
        Self {
            high: value.high(),
            low: value.low(),
        }
    }

    /// Adds x·y, less the product of the second terms.
    #[inline]
    pub(crate) fn add_product(&mut self, x: Factor, y: Factor) {
        let cross = x.high * y.low + x.low * y.high;
        self.add_exact_product(x, y, cross);
    }

    /// Adds x·y for an f64 y.
    #[inline]
    pub(crate) fn add_product_with_f64(&mut self, x: Factor, y: Factor) {
        self.add_exact_product(x, y, x.low * y.high);
    }

    /// The same with the error of the product from a fused multiply-add, for processors that have one.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for the instructions of the caller")]
    pub(crate) fn add_fused_product_with_f64(&mut self, x: (f64, f64), y: f64) {
        let product = x.0 * y;
        self.add_in_terms(product, x.0.mul_add(y, -product), x.1 * y);
    }

    #[inline]
    fn add_exact_product(&mut self, x: Factor, y: Factor, small: f64) {
        let product = x.high * y.high;
        let error = (((x.upper * y.upper - product) + x.upper * y.lower) + x.lower * y.upper)
            + x.lower * y.lower;
        self.add_in_terms(product, error, small);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for the instructions of the caller")]
    fn add_in_terms(&mut self, product: f64, error: f64, small: f64) {
        let sum = self.high + product;
        let added = sum - self.high;
        let lost = (self.high - (sum - added)) + (product - added);
        self.high = sum;
        self.low += lost + (error + small);
    }

    #[inline]
    pub(crate) fn sum(self) -> DoubleDouble {
        DoubleDouble::from_sum(self.high, self.low)
    }
}
