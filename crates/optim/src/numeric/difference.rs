//! The difference that approximates a column of J.

use leastwise_core::Scalar;

/// How a column of J is computed. The steps are such that x + h is exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Difference<T> {
    /// (r(x + h) − r(x))/h, with h of either sign.
    OneSided(T),
    /// (r(x + h) − r(x − h))/2h.
    Central(T),
    /// From r at x, x + h and x + 2h, with h of either sign.
    ThreePoints(T),
    /// As `OneSided`, for a parameter without an effect on the pilot rows. Changes that may be noise count as zero.
    Unseen(T),
    /// Zero.
    Zero,
}

impl<T: Scalar> Difference<T> {
    pub(crate) fn evaluations(self) -> usize {
        match self {
            Self::OneSided(_) | Self::Unseen(_) => 1,
            Self::Central(_) | Self::ThreePoints(_) => 2,
            Self::Zero => 0,
        }
    }

    /// The difference to try next, where a residual is not finite.
    pub(crate) fn other_side(self) -> Option<Self> {
        match self {
            Self::Central(h) => Some(Self::ThreePoints(h)),
            Self::ThreePoints(h) if h > T::zero() => Some(Self::ThreePoints(-h)),
            Self::OneSided(h) if h > T::zero() => Some(Self::OneSided(-h)),
            Self::Unseen(h) if h > T::zero() => Some(Self::Unseen(-h)),
            _ => None,
        }
    }

    /// The evaluated point that is farthest from x on its side.
    pub(crate) fn farthest(self, x: T) -> T {
        match self {
            Self::OneSided(h) | Self::Unseen(h) | Self::Central(h) => x + h,
            Self::ThreePoints(h) => x + (h + h),
            Self::Zero => x,
        }
    }
}
