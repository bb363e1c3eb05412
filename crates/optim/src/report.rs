//! What a run returns.

use std::fmt;
use std::time::Duration;

/// The result of a run, whatever stopped it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report<T> {
    /// The last parameters. After [`Termination::NonFinite`] they are those at which the quantity
    /// was not finite.
    pub parameters: Vec<T>,
    /// The loss at `parameters`. Of residuals beyond about the root of the range of `T` the square is ∞ or 0:
    /// [`root_of_loss`](Self::root_of_loss) is not.
    pub loss: T,
    /// √loss: ‖r‖ of a least-squares problem without a constant. NaN where the loss is negative.
    pub root_of_loss: T,
    /// ‖∇loss‖₂ at `parameters`.
    pub gradient_norm: T,
    /// The number of steps, counting one that failed.
    pub steps: usize,
    /// How often the problem was evaluated and a linear subproblem solved.
    pub counts: Counts,
    /// Wall time spent in the optimiser and the problem, without the observers.
    pub elapsed: Duration,
    /// What stopped the run.
    pub termination: Termination,
}

/// How often a run called what costs time, the evaluation at the start included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Termination {
    /// The largest number of steps was taken.
    StepBudget,
    /// The loss is at or below [`Budget::target_loss`](crate::Budget::target_loss).
    TargetReached,
    /// A quantity was NaN or infinite: the run has diverged or left the domain of the problem, or
    /// the problem left an entry of a residual, gradient or Jacobian unwritten.
    NonFinite {
        /// The first such quantity, in the order of [`Quantity`].
        quantity: Quantity,
    },
    /// An observer asked for it.
    Observer,
    /// No step that changes the parameters reduces the loss: the usual end at the rounding floor,
    /// and no proof of a minimum.
    Stalled,
    /// The linear model promises no decrease of the loss that matters.
    LossConverged,
    /// The undamped step is negligible against the parameters.
    StepConverged,
    /// The residual is orthogonal to every column of the Jacobian, or zero.
    GradientConverged,
    /// The largest number of residual evaluations was made.
    EvaluationBudget,
    /// A parameter, or a combination of some, has no effect here that could be seen, but it has elsewhere: the gradient
    /// vanishes as at a minimum.
    Plateau,
}

impl Termination {
    /// Whether a test for a minimum, or the target, was met. What a budget, an observer or a lack of
    /// progress ends may be far from any minimum.
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

    /// Whether the run ended on a quantity that was not finite.
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

/// A quantity that must be finite for a run to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Quantity {
    /// The step itself: the exact solution of the linear subproblem exceeds the scalar type.
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
