//! The two scalar types that every backend has: `f32` and `f64`.

use std::fmt::{Debug, Display, LowerExp};
use std::iter::Sum;
use std::ops::{AddAssign, DivAssign, MulAssign, SubAssign};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A real floating-point number of IEEE 754: `f32` or `f64`.
///
/// The trait is sealed. Bounds in units of [`Scalar::UNIT_ROUNDOFF`] therefore hold for every type
/// that implements it.
///
/// ```
/// use leastwise_core::Scalar;
/// assert_eq!(<f64 as Scalar>::UNIT_ROUNDOFF, 2f64.powi(-53));
/// assert_eq!(<f32 as Scalar>::NAME, "f32");
/// ```
pub trait Scalar:
    num_traits::Float
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
    + Default
    + Debug
    + Display
    + LowerExp
    + Send
    + Sync
    + sealed::Sealed
    + 'static
{
    /// The name of the type, as in Rust and in the tables of `compare`.
    const NAME: &'static str;
    /// ε, the distance from 1 to the next larger number: 2⁻²³ or 2⁻⁵².
    const EPSILON: Self;
    /// u = ε/2, the largest relative error of one rounded operation.
    const UNIT_ROUNDOFF: Self;

    /// The number of this type nearest to `value`.
    fn of(value: f64) -> Self;

    /// This number as `f64`, which is exact for both types.
    fn as_f64(self) -> f64;
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";
    const EPSILON: Self = f32::EPSILON;
    const UNIT_ROUNDOFF: Self = f32::EPSILON / 2.0;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to nearest is the purpose"
    )]
    fn of(value: f64) -> Self {
        value as f32
    }

    fn as_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";
    const EPSILON: Self = f64::EPSILON;
    const UNIT_ROUNDOFF: Self = f64::EPSILON / 2.0;

    fn of(value: f64) -> Self {
        value
    }

    fn as_f64(self) -> f64 {
        self
    }
}
