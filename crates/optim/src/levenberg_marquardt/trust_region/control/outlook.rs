//! What the linear model at a point promises.

use leastwise_core::Scalar;

/// A cosine that is smaller may be rounding alone.
pub(super) fn least_cosine<T: Scalar>() -> T {
    T::of(10.0) * T::EPSILON
}

/// The linear model at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook<T> {
    /// ‖D·δ‖ of the undamped step.
    pub(super) newton_norm: T,
    /// ‖D·x‖
    pub(super) x_norm: T,
    /// The largest of the parameters that may move.
    pub(super) cosine: T,
    /// The relative decrease of the loss by the undamped step.
    pub(super) promised: T,
    /// A relative decrease that may be rounding.
    pub(super) resolution: T,
    /// A relative decrease that the errors of J may predict.
    pub(super) unknown: T,
    /// Whether the errors of J along the undamped step are as large as r. Never true for exact derivatives.
    pub(super) is_beyond_j: bool,
    /// Whether the undamped step is negligible compared with x.
    pub(super) is_short: bool,
}

impl<T: Scalar> Outlook<T> {
    /// Whether the loss cannot show what is promised.
    pub(super) fn is_unseen(&self) -> bool {
        self.promised <= self.resolution
    }
}
