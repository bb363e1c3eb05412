//! Profile-likelihood intervals.

use std::fmt;

use leastwise_core::Scalar;

/// A point of a profile: the other parameters minimise the loss while this one is held.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct ProfilePoint<T> {
    /// The value θ of the parameter.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub value: T,
    /// τ(θ) = sign(θ − θ̂)·((S̃(θ) − S(θ̂))/s²)^½. For a linear model, it is (θ − θ̂)/standard error.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub tau: T,
    /// All parameters at the minimum.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    pub parameters: Vec<T>,
}

/// The profile of one parameter, and its profile-likelihood interval: all θ with |τ(θ)| ≤ q.
///
/// q is the quantile of [`Fitted::confidence_intervals`](crate::Fitted::confidence_intervals). For a linear model, both
/// intervals are equal. For others, the profile follows the curvature of the model, so its interval need not be symmetric.
/// It does not depend on how the model is parametrised.
///
/// Source: D. M. Bates, D. G. Watts, *Nonlinear Regression Analysis and Its Applications* (1988), section 6.1.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Profile<T> {
    /// The name of the parameter.
    pub name: String,
    /// The estimate θ̂.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub estimate: T,
    /// The lower end, or None if the interval is open: all θ down to the lower bound, or to the last point, fit the data.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::option"))]
    pub lower: Option<T>,
    /// The upper end, or None if the interval is open.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::option"))]
    pub upper: Option<T>,
    /// The interval θ̂ ± q·standard error.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::pair"))]
    pub linear: (T, T),
    /// The computed points, by value. The estimate is one of them.
    pub points: Vec<ProfilePoint<T>>,
}

impl<T: Scalar> Profile<T> {
    /// Whether an end is open, or differs from that of [`linear`](Self::linear) by more than a tenth of its distance
    /// from the estimate. Then ± standard error misleads.
    #[must_use]
    pub fn differs(&self) -> bool {
        let far = |end: Option<T>, linear: T| {
            let reach = (linear - self.estimate).abs();
            end.is_none_or(|end| (end - linear).abs() > T::of(0.1) * reach)
        };
        far(self.lower, self.linear.0) || far(self.upper, self.linear.1)
    }
}

impl<T: Scalar> fmt::Display for Profile<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (self.lower, self.upper) {
            (Some(low), Some(high)) => write!(f, "{name}: from {low:.6e} to {high:.6e}")?,
            (Some(low), None) => write!(f, "{name}: {low:.6e} or more, with no upper end")?,
            (None, Some(high)) => write!(f, "{name}: {high:.6e} or less, with no lower end")?,
            (None, None) => write!(f, "{name}: the data give it no limit")?,
        }
        if self.differs() {
            let (low, high) = self.linear;
            write!(
                f,
                "; the interval by its standard error, {low:.6e} to {high:.6e}, misleads"
            )?;
        }
        Ok(())
    }
}
