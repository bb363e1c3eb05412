//! The predictions of the linear model at a point.

use leastwise_core::Scalar;

/// The cosine below which rounding can be the cause.
pub(super) fn least_cosine<T: Scalar>() -> T {
    T::of(10.0) * T::EPSILON
}

/// The predictions of the linear model at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook<T> {
    /// ‖D·δ‖ of the undamped step.
    pub(super) newton_norm: T,
    /// ‖D·x‖
    pub(super) x_norm: T,
    /// The largest cosine of the parameters that may move.
    pub(super) cosine: T,
    /// The relative decrease of the loss that the undamped step predicts.
    pub(super) promised: T,
    /// The relative decrease that rounding can explain.
    pub(super) resolution: T,
    /// A relative decrease that the errors of J may predict.
    pub(super) unknown: T,
    /// Whether the errors of J along the undamped step are as large as r. Never true for exact derivatives.
    pub(super) is_beyond_j: bool,
    /// Whether the undamped step is negligible compared with x.
    pub(super) is_short: bool,
}

impl<T: Scalar> Outlook<T> {
    /// Whether the predicted decrease is too small to show in the loss.
    pub(super) fn is_unseen(&self) -> bool {
        self.promised <= self.resolution
    }
}
