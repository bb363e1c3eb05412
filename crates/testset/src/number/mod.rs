//! The kinds of number with which a formula computes: f32, f64, double-double, and dual numbers over any of
//! them.

mod double_double;
mod dual;

pub use double_double::DoubleDouble;
pub use dual::Dual;

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

use leastwise_core::Scalar;
use num_traits::Float;

/// A real number, with the functions that the models of this crate need.
///
/// A formula is written once over this trait. It then gives its value in the arithmetic of an optimiser
/// (`f64`), the same value with twice the digits ([`DoubleDouble`]), and its exact derivatives ([`Dual`]). In
/// f32 and f64, every function is that of the standard library, bit for bit.
///
/// Comparisons use only the value, not its derivatives.
///
/// ```
/// use leastwise_testset::number::{DoubleDouble, Dual, Number};
///
/// fn decay<N: Number>(rate: N, t: f64) -> N {
///     (-rate * N::of(t)).exp()
/// }
/// let value = decay(DoubleDouble::of(1.0), 1.0);
/// assert_eq!(value.high(), (-1f64).exp());
/// // d/dp exp(−p·t) = −t·exp(−p·t)
/// let slope = decay(Dual::variable(0.0), 3.0).slope;
/// assert_eq!(slope, -3.0);
/// ```
pub trait Number:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + MulAssign
    + Sum
{
    /// The constant `value`.
    fn of(value: f64) -> Self;

    /// 0
    #[must_use]
    fn zero() -> Self {
        Self::of(0.0)
    }

    /// 1
    #[must_use]
    fn one() -> Self {
        Self::of(1.0)
    }

    /// NaN
    #[must_use]
    fn nan() -> Self {
        Self::of(f64::NAN)
    }

    /// 1/x
    #[must_use]
    fn recip(self) -> Self {
        Self::one() / self
    }

    /// √x
    #[must_use]
    fn sqrt(self) -> Self;

    /// eˣ
    #[must_use]
    fn exp(self) -> Self;

    /// eˣ − 1, accurate for small x.
    #[must_use]
    fn exp_m1(self) -> Self;

    /// log x
    #[must_use]
    fn ln(self) -> Self;

    /// log(1 + x), accurate for small x.
    #[must_use]
    fn ln_1p(self) -> Self;

    /// sin x and cos x
    #[must_use]
    fn sin_cos(self) -> (Self, Self);

    /// sin x
    #[must_use]
    fn sin(self) -> Self {
        self.sin_cos().0
    }

    /// cos x
    #[must_use]
    fn cos(self) -> Self {
        self.sin_cos().1
    }

    /// arctan x
    #[must_use]
    fn atan(self) -> Self;

    /// √(x² + y²)
    #[must_use]
    fn hypot(self, other: Self) -> Self {
        (self * self + other * other).sqrt()
    }

    /// xⁿ
    #[must_use]
    fn powi(self, n: i32) -> Self {
        let (mut power, mut square, mut left) = (Self::one(), self, n.unsigned_abs());
        while left > 0 {
            if left % 2 == 1 {
                power *= square;
            }
            square *= square;
            left /= 2;
        }
        if n < 0 { power.recip() } else { power }
    }

    /// xʸ for x > 0.
    #[must_use]
    fn powf(self, y: Self) -> Self {
        (y * self.ln()).exp()
    }
}

macro_rules! functions_of_float {
    ($($function:ident),+) => {
        $(fn $function(self) -> Self {
            Float::$function(self)
        })+
    };
}

impl<T: Scalar> Number for T {
    fn of(value: f64) -> Self {
        <T as Scalar>::of(value)
    }

    functions_of_float! { recip, sqrt, exp, exp_m1, ln, ln_1p, sin, cos, atan }

    fn sin_cos(self) -> (Self, Self) {
        Float::sin_cos(self)
    }

    fn hypot(self, other: Self) -> Self {
        Float::hypot(self, other)
    }

    fn powi(self, n: i32) -> Self {
        Float::powi(self, n)
    }

    fn powf(self, y: Self) -> Self {
        Float::powf(self, y)
    }
}
