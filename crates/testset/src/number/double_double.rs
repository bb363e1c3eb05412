//! Numbers with twice the digits of f64.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

use qd::Quad;

use super::Number;

/// An unevaluated sum of two f64. The second is at most half a unit in the last place of the first. So it has
/// about 31 digits, in the range of f64.
///
/// Arithmetic is that of `qd`, with a relative error below 2⁻¹⁰². For the operators `+` and `-`, this error
/// is relative to the operands, not to the result. Functions have a relative error below 10⁻²⁹, with two
/// exceptions: for eˣ it is |x| times that, and near sin x = 0 and cos x = 0 the bound is absolute.
///
/// ∞ is the result of overflow, and 0 is exact, so 0·∞ is 0. Then the derivative of 1/(1 + eˣ) is 0 where eˣ
/// overflows, like its limit.
///
/// Source of the functions: argument reduction and Taylor's series, and Newton's method from the value in f64
/// for the inverse functions, as in Y. Hida, X. S. Li, D. H. Bailey, *Algorithms for quad-double precision
/// floating point arithmetic*, 15th IEEE Symposium on Computer Arithmetic (2001), 155–162.
///
/// ```
/// use leastwise_testset::number::{DoubleDouble, Number};
/// let third = DoubleDouble::of(1.0) / DoubleDouble::of(3.0);
/// assert_eq!((third.high(), third.low()), (1.0 / 3.0, 1.850371707708594e-17));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct DoubleDouble(Quad);

const LN_2: DoubleDouble = DoubleDouble(Quad::LN_2);
const HALF_PI: DoubleDouble =
    DoubleDouble(Quad(std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17));

/// 1/k
const INVERSES: [DoubleDouble; 30] = {
    let mut inverses = [DoubleDouble(Quad::ONE); 30];
    let mut k = 2;
    while k < inverses.len() {
        inverses[k] = DoubleDouble(Quad::from_f64(k as f64).const_recip());
        k += 1;
    }
    inverses
};

impl DoubleDouble {
    /// The nearest f64.
    #[must_use]
    #[inline]
    pub fn high(self) -> f64 {
        self.0.0
    }

    /// The second term of the sum.
    #[must_use]
    #[inline]
    pub fn low(self) -> f64 {
        self.0.1
    }

    /// a + b, which is exact if the sum is finite.
    #[must_use]
    #[inline]
    pub fn from_sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let added = sum - a;
        Self(Quad(sum, (a - (sum - added)) + (b - added)))
    }

    /// |x|
    #[must_use]
    pub fn abs(self) -> Self {
        if self.high() < 0.0 { -self } else { self }
    }

    /// Whether the number is neither NaN nor ∞.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.high().is_finite() && self.low().is_finite()
    }

    /// x·2ᵏ for −2000 < k < 2000
    fn scaled(self, k: i32) -> Self {
        // In two steps, because 2ᵏ itself may overflow or underflow.
        let halves = [k / 2, k - k / 2].map(|k| 2f64.powi(k));
        let times = |x: f64| x * halves[0] * halves[1];
        Self(Quad(times(self.high()), times(self.low())))
    }

    /// eʳ − 1 = r·(1 + r/2·(1 + r/3·(…))) for |r| ≤ ½. It is computed from that of r/64 by e²ʰ − 1 = (eʰ −
    /// 1)·(2 + (eʰ − 1)).
    fn small_exp_m1(self) -> Self {
        const DOUBLINGS: i32 = 6;
        // (½/64)¹³/13! < 2⁻¹²⁰
        const TERMS: usize = 13;
        let r = self.scaled(-DOUBLINGS);
        let series = |sum, k: usize| Self::one() + r * INVERSES[k] * sum;
        let mut value = r * (2..=TERMS).rev().fold(Self::one(), series);
        for _ in 0..DOUBLINGS {
            value = value * (Self::of(2.0) + value);
        }
        value
    }

    /// sin r and cos r for |r| ≤ π/4.
    fn small_sin_cos(self) -> (Self, Self) {
        // (π/4)²⁸/28! < 2⁻¹⁰⁷
        const TERMS: usize = 14;
        let square = self * self;
        // 1 − r²/((o + 1)(o + 2))·(1 − r²/((o + 3)(o + 4))·(…)), which is cos r for o = 0 and sin r/r for o =
        // 1.
        let series = |offset: usize| {
            (1..=TERMS).rev().fold(Self::one(), |sum, k| {
                let last = 2 * k + offset;
                Self::one() - square * INVERSES[last] * INVERSES[last - 1] * sum
            })
        };
        (self * series(1), series(0))
    }

    /// The result, or the ∞ or NaN of f64. The second term would otherwise be NaN.
    fn finite_or(high: f64, result: impl FnOnce() -> Quad) -> Self {
        if high.is_finite() {
            Self(result())
        } else {
            Self::of(high)
        }
    }
}

impl Add for DoubleDouble {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::finite_or(self.high() + other.high(), || self.0.add_accurate(other.0))
    }
}

impl Sub for DoubleDouble {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::finite_or(self.high() - other.high(), || self.0.sub_accurate(other.0))
    }
}

impl Mul for DoubleDouble {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let high = self.high() * other.high();
        let is_nan = self.high().is_nan() || other.high().is_nan();
        if high.is_nan() && !is_nan {
            return Self::of(0.0);
        }
        Self::finite_or(high, || self.0 * other.0)
    }
}

impl Div for DoubleDouble {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let high = self.high() / other.high();
        if high == 0.0 {
            return Self::of(high);
        }
        Self::finite_or(high, || self.0 / other.0)
    }
}

impl Neg for DoubleDouble {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.neg())
    }
}

impl AddAssign for DoubleDouble {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl MulAssign for DoubleDouble {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl Sum for DoubleDouble {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::of(0.0), Add::add)
    }
}

impl Number for DoubleDouble {
    fn of(value: f64) -> Self {
        Self(Quad::from_f64(value))
    }

    fn sqrt(self) -> Self {
        Self::finite_or(self.high().sqrt(), || self.0.sqrt())
    }

    /// eˣ = 2ᵏ·eʳ, r = x − k·log 2
    fn exp(self) -> Self {
        let value = self.high().exp();
        if value == 0.0 || !value.is_finite() {
            return Self::of(value);
        }
        let k = (self.high() / LN_2.high()).round();
        let r = self - Self::of(k) * LN_2;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "|k| < 1100, as eˣ is in range"
        )]
        let k = k as i32;
        (Self::one() + r.small_exp_m1()).scaled(k)
    }

    fn exp_m1(self) -> Self {
        if self.high().abs() < 0.5 {
            self.small_exp_m1()
        } else {
            self.exp() - Self::one()
        }
    }

    /// y + δ − δ²/2, with y in f64 and δ = x·e⁻ʸ − 1.
    fn ln(self) -> Self {
        let less_one = self - Self::one();
        if less_one.high().abs() < 0.5 {
            return less_one.ln_1p();
        }
        let near = self.high().ln();
        Self::finite_or(near, || {
            let delta = self * Self::of(-near).exp() - Self::one();
            (Self::of(near) + delta - delta * delta * Self::of(0.5)).0
        })
    }

    /// y + δ − δ²/2, with y in f64 and 1 + δ = (1 + x)·e⁻ʸ.
    fn ln_1p(self) -> Self {
        let near = self.high().ln_1p();
        Self::finite_or(near, || {
            let reached = Self::of(near).exp_m1();
            let delta = (self - reached) / (Self::one() + reached);
            (Self::of(near) + delta - delta * delta * Self::of(0.5)).0
        })
    }

    /// Computed with x = k·π/2 + r. The result is NaN for |x| ≥ 10³⁰, where no digit of r is right.
    fn sin_cos(self) -> (Self, Self) {
        if !self.is_finite() || self.high().abs() >= 1e30 {
            return (Self::nan(), Self::nan());
        }
        let (mut r, mut quarter) = (self, 0.0);
        // A second reduction for a large k, which was rounded.
        while r.high().abs() > 0.8 {
            let k = (r.high() / HALF_PI.high()).round();
            r = r - Self::of(k) * HALF_PI;
            quarter = (quarter + k.rem_euclid(4.0)).rem_euclid(4.0);
        }
        let (sin, cos) = r.small_sin_cos();
        if quarter == 0.0 {
            (sin, cos)
        } else if quarter == 1.0 {
            (cos, -sin)
        } else if quarter == 2.0 {
            (-sin, -cos)
        } else {
            (-cos, sin)
        }
    }

    /// y + δ, with y in f64 and tan δ = (x·cos y − sin y)/(cos y + x·sin y). This tangent equals δ to three
    /// times the digits of δ.
    fn atan(self) -> Self {
        let near = self.high().atan();
        if self.high().is_infinite() {
            return HALF_PI * Self::of(self.high().signum());
        }
        let (sin, cos) = Self::of(near).sin_cos();
        Self::of(near) + (self * cos - sin) / (cos + self * sin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (x, first and second term of the value), from mpmath 1.3 with 60 digits.
    type Known = (f64, f64, f64);
    type Function = fn(DoubleDouble) -> DoubleDouble;

    #[expect(clippy::unreadable_literal, reason = "as mpmath prints them")]
    #[expect(clippy::approx_constant, reason = "arguments and values")]
    #[rustfmt::skip]
    const KNOWN: [(&str, Function, &[Known]); 8] = [
        ("exp", Number::exp, &[
            (-600.5, 1.6075467697937942e-261, 3.537726127764541e-279),
            (-40.25, 3.3086216207858244e-18, 1.3601916932590803e-34),
            (-1.0, 0.36787944117144233, -1.2428753672788363e-17),
            (-0.3, 0.7408182206817179, -1.805530505953e-18),
            (1e-10, 1.0000000001, -8.269037096265652e-18),
            (0.1, 1.1051709180756477, -8.149523913327619e-17),
            (0.34, 1.4049475905635938, 8.000517253714439e-17),
            (1.0, 2.718281828459045, 1.4456468917292502e-16),
            (10.7, 44355.85513029784, -2.182405200782424e-12),
            (300.3, 2.6220013776845454e+130, 2.2082732624864628e+114),
            (700.0, 1.0142320547350045e+304, 1.6666571920734673e+287),
        ]),
        ("exp_m1", Number::exp_m1, &[
            (-50.0, -1.0, 1.9287498479639178e-22),
            (-0.4, -0.32967995396436073, 1.382964510883754e-17),
            (-1e-12, -9.999999999995e-13, -2.421793993634571e-29),
            (1e-20, 1e-20, 5e-41),
            (0.2, 0.22140275816016985, -7.180691602815803e-18),
            (0.36, 0.43332941456034024, -3.8438437395745546e-18),
            (3.0, 19.085536923187668, -1.8275625525512858e-16),
        ]),
        ("ln", Number::ln, &[
            (1e-280, -644.7238260383328, 5.3633111285271455e-14),
            (0.001, -6.907755278982137, -2.1613487097372872e-16),
            (0.7, -0.35667494393873245, 4.82556379937662e-18),
            (0.9999999, -1.0000000494736474e-07, -5.529865283193222e-24),
            (1.0000001, 9.999999505838704e-08, 1.5249709528441489e-24),
            (1.7, 0.5306282510621704, -5.076541175216476e-18),
            (10.0, 2.302585092994046, -2.1707562233822494e-16),
            (1e+250, 575.6462732485114, 7.192532699347429e-16),
        ]),
        ("ln_1p", Number::ln_1p, &[
            (-0.99, -4.605170185988091, 4.341512446764495e-16),
            (-0.4, -0.5108256237659907, 1.5233815099851014e-18),
            (-1e-09, -1.0000000005000001e-09, 7.427230737157087e-26),
            (1e-18, 1e-18, -5.0000000000000005e-37),
            (0.3, 0.26236426446749106, -1.6067257209028454e-17),
            (2.0, 1.0986122886681098, -9.07129723500153e-17),
            (1000000000.0, 20.72326583794641, 6.276142870575942e-16),
        ]),
        ("sin", Number::sin, &[
            (-1000000.0, 0.34999350217129294, 1.5952848809323968e-17),
            (-3.0, -0.1411200080598672, -8.577269787017502e-18),
            (-0.5, -0.479425538604203, 5.103969860556013e-18),
            (1e-09, 1e-09, -1.6666666666666669e-28),
            (0.7853981633974483, 0.7071067811865475, 4.1036934489363755e-17),
            (1.6, 0.9995736030415051, 5.1870146867022216e-17),
            (7.0, 0.6569865987187891, 2.937261786543214e-17),
        ]),
        ("cos", Number::cos, &[
            (-1000000.0, 0.9367521275331447, 4.637088260214747e-17),
            (-3.0, -0.9899924966004454, -4.2060261566099734e-17),
            (-0.5, 0.8775825618903728, -4.2623149864279997e-17),
            (1e-09, 1.0, -5e-19),
            (0.7853981633974483, 0.7071067811865476, -2.6687565161377232e-17),
            (1.6, -0.029199522301288815, 4.155359463897964e-19),
            (3.141592653589793, -1.0, 7.498798913309288e-33),
            (7.0, 0.7539022543433046, 3.728245359710072e-17),
        ]),
        ("atan", Number::atan, &[
            (-1e+300, -1.5707963267948966, -6.123233995736766e-17),
            (-5.0, -1.373400766945016, 3.3077103557695165e-17),
            (-0.3, -0.2914567944778671, 1.6448555435075034e-17),
            (1e-15, 1e-15, -3.333333333333334e-46),
            (0.5, 0.4636476090008061, 2.2698777452961687e-17),
            (1.0, 0.7853981633974483, 3.061616997868383e-17),
            (2.5, 1.1902899496825317, 7.683333629842069e-17),
            (1e+17, 1.5707963267948966, 5.123233995736766e-17),
        ]),
        ("sqrt", Number::sqrt, &[
            (1e-200, 1e-100, -2.8941768603061505e-117),
            (0.3, 0.5477225575051661, 2.890126723719787e-17),
            (2.0, 1.4142135623730951, -9.667293313452913e-17),
            (1000000000.0, 31622.776601683792, 1.0692923657631596e-12),
        ]),
    ];

    #[test]
    fn functions_have_the_digits_of_mpmath() {
        for (name, function, known) in KNOWN {
            for &(x, high, low) in known {
                let exact = DoubleDouble(Quad(high, low));
                let found = function(DoubleDouble::of(x));
                let error = ((found - exact) / exact).abs().high();
                // The rounded argument of eˣ costs |x|·2⁻¹⁰⁶. A multiple of π/2 costs 2⁻¹⁰⁶ of itself.
                let bound = match name {
                    "exp" | "sin" | "cos" => 1e-30 * x.abs().max(10.0),
                    _ => 1e-29,
                };
                assert!(error <= bound, "{name}({x}): {error:e}, {found:?}");
            }
        }
    }

    #[test]
    fn functions_are_inverses_of_each_other_and_add_up() {
        let one = DoubleDouble::one();
        for i in -2000..2000 {
            let x = DoubleDouble::of(f64::from(i) * 0.013) / DoubleDouble::of(7.0);
            let small = |what: &str, error: DoubleDouble| {
                assert!(error.abs().high() <= 1e-29, "{what} of {x:?}: {error:?}");
            };
            small("log exp", x.exp().ln() - x);
            small("log(1 + (exp − 1))", x.exp_m1().ln_1p() - x);
            let (sin, cos) = x.sin_cos();
            small("sin² + cos²", sin * sin + cos * cos - one);
            if x.abs().high() < 1.57 {
                // An error of the tangent is 1 + tan² times that of the angle.
                small("arctan tan", (sin / cos).atan() - x);
            }
            small("x⁻³·x³", x.exp().powi(3) * x.exp().powi(-3) - one);
            small(
                "x^½/√x",
                x.exp().powf(DoubleDouble::of(0.5)) / x.exp().sqrt() - one,
            );
        }
    }

    #[test]
    fn overflow_is_infinite_and_zero_is_exact() {
        let dd = DoubleDouble::of;
        let infinite = dd(1000.0).exp();
        assert_eq!(infinite, dd(f64::INFINITY));
        assert_eq!(dd(-1000.0).exp(), dd(0.0));
        assert_eq!(infinite + dd(1.0), infinite);
        assert_eq!(infinite * dd(-2.0), dd(f64::NEG_INFINITY));
        assert_eq!(infinite * dd(0.0), dd(0.0));
        assert_eq!((dd(1.0) + infinite).recip(), dd(0.0));
        for nan in [
            infinite - infinite,
            dd(f64::NAN) * dd(0.0),
            dd(-1.0).ln(),
            dd(-1.0).sqrt(),
            infinite.sin(),
            dd(1e31).cos(),
        ] {
            assert!(nan.high().is_nan() && !nan.is_finite(), "{nan:?}");
        }
        assert_eq!(infinite.atan().low(), HALF_PI.low());
        assert_eq!(dd(0.0).ln(), dd(f64::NEG_INFINITY));
    }
}
