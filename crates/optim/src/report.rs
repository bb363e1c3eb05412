//! The result of a run.

use std::fmt;
use std::time::Duration;

#[cfg(feature = "serde")]
use leastwise_core::Scalar;

/// The result of a run, for any termination.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Report<T> {
    /// The last parameters. After [`Termination::NonFinite`], they are those at which the quantity was not
    /// finite.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    pub parameters: Vec<T>,
    /// The loss at `parameters`. If the square of the residuals leaves the range of `T`, it is ∞ or 0.
    /// [`root_of_loss`](Self::root_of_loss) is accurate even then.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub loss: T,
    /// √loss, which is ‖r‖ for a least-squares problem without a constant. It is NaN if the loss is negative.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub root_of_loss: T,
    /// ‖∇loss‖₂ at `parameters`.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub gradient_norm: T,
    /// The number of steps, including a step that failed.
    pub steps: usize,
    /// The numbers of evaluations and of linear solves.
    pub counts: Counts,
    /// The wall time spent in the optimiser and the problem, without the observers.
    pub elapsed: Duration,
    /// The reason why the run ended.
    pub termination: Termination,
}

/// The numbers of expensive calls of a run, including the evaluation at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counts {
    /// Evaluations of a residual.
    pub residuals: usize,
    /// Evaluations of an objective's value and gradient.
    pub gradients: usize,
    /// Evaluations of a Jacobian.
    pub jacobians: usize,
    /// Linear least-squares problems solved.
    pub solves: usize,
    /// Products of a Jacobian that is not formed, or its transpose, with a vector.
    pub products: usize,
}

/// The reason why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Termination {
    /// The largest number of steps was taken.
    StepBudget,
    /// The loss is at or below [`Budget::target_loss`](crate::Budget::target_loss).
    TargetReached,
    /// A quantity was NaN or infinite. The run has diverged or left the domain of the problem, or the problem
    /// did not write an entry of a residual, gradient or Jacobian.
    NonFinite {
        /// The first such quantity, in the order of [`Quantity`].
        quantity: Quantity,
    },
    /// An observer stopped the run.
    Observer,
    /// No step that changes the parameters reduces the loss. This is usual at the level of rounding, but the
    /// point need not be a minimum.
    Stalled,
    /// The linear model predicts no significant decrease of the loss.
    LossConverged,
    /// The undamped step is negligible compared with the parameters.
    StepConverged,
    /// The residual is orthogonal to every column of the Jacobian, or zero.
    GradientConverged,
    /// The largest number of residual evaluations was reached.
    EvaluationBudget,
    /// A parameter, or a combination of parameters, has no visible effect here, but has one elsewhere. The
    /// gradient vanishes as at a minimum.
    Plateau,
}

impl Termination {
    /// Whether a test for a minimum, or the target, was met. A run that ends by a budget, an observer or a
    /// lack of progress may be far from any minimum.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(
            self,
            Self::TargetReached
                | Self::LossConverged
                | Self::StepConverged
                | Self::GradientConverged
        )
    }

    /// Whether the run ended because a quantity was not finite.
    #[must_use]
    pub fn is_divergence(self) -> bool {
        matches!(self, Self::NonFinite { .. })
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StepBudget => f.pad("step budget"),
            Self::TargetReached => f.pad("target reached"),
            Self::NonFinite { quantity } => f.pad(&format!("{quantity} not finite")),
            Self::Observer => f.pad("stopped by an observer"),
            Self::Stalled => f.pad("stalled"),
            Self::LossConverged => f.pad("loss converged"),
            Self::StepConverged => f.pad("step converged"),
            Self::GradientConverged => f.pad("gradient converged"),
            Self::EvaluationBudget => f.pad("evaluation budget"),
            Self::Plateau => f.pad("plateau"),
        }
    }
}

/// A quantity that must be finite for a run to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Quantity {
    /// The step itself: the exact solution of the linear subproblem exceeds the range of the scalar type.
    Direction,
    /// The parameters.
    Parameters,
    /// The loss.
    Loss,
    /// The norm of the gradient, to which every entry of a Jacobian contributes.
    Gradient,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Direction => "direction",
            Self::Parameters => "parameters",
            Self::Loss => "loss",
            Self::Gradient => "gradient",
        })
    }
}
