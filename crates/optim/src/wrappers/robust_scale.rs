//! The size of residuals that include outliers.

use leastwise_core::{Result, Scalar};

use crate::check;

/// 1.4826·median |rᵢ|. For Gaussian residuals of standard deviation σ around zero, it estimates σ. It is used
/// to choose the scale of a [`RobustLoss`](crate::RobustLoss).
///
/// It stays bounded whatever the values of fewer than half of the residuals are. If more than half of the
/// residuals are zero, it is zero, so omit residuals of weight 0.
///
/// ```
/// use leastwise_optim::robust_scale;
///
/// let residuals = [0.1f64, -0.2, 0.3, -0.1, 1e6];
/// assert!((robust_scale(&residuals)? - 1.4826 * 0.2).abs() < 1e-15);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: P. J. Huber, E. M. Ronchetti, *Robust statistics*, second edition, Wiley (2009), section 5.1.
///
/// # Errors
/// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) without residuals,
/// [`Error::NonFinite`](leastwise_core::Error::NonFinite) for one that is not finite.
pub fn robust_scale<T: Scalar>(residuals: &[T]) -> Result<T> {
    const OPERATION: &str = "robust_scale";
    check::at_least_one(OPERATION, "residuals", residuals.len())?;
    check::finite(OPERATION, "residuals", residuals)?;
    let mut sizes: Vec<f64> = residuals.iter().map(|r| r.abs().as_f64()).collect();
    sizes.sort_by(f64::total_cmp);
    let (low, high) = (sizes[(sizes.len() - 1) / 2], sizes[sizes.len() / 2]);
    // The sum of both could overflow.
    let median = low + 0.5 * (high - low);
    Ok(scale_of_median(median))
}

/// The scale of residuals with this median of |rᵢ|.
pub(crate) fn scale_of_median<T: Scalar>(median: f64) -> T {
    T::of(1.4826 * median)
}
