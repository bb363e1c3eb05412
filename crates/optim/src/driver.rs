//! The loop that every optimiser shares.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use leastwise_core::{Error, MatRef, Result, Scalar, norm};

use crate::check::invalid;
use crate::{Counts, Objective, Observer, Quantity, Record, Report, Termination, power};

/// The limits of a run.
///
/// ```
/// use leastwise_optim::Budget;
/// let budget = Budget::<f64>::steps(200).with_target_loss(1e-20);
/// assert_eq!(budget.max_steps, 200);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget<T> {
    /// The largest number of steps. With 0, only the start is evaluated.
    pub max_steps: usize,
    /// The run ends once loss ≤ `target_loss`.
    pub target_loss: Option<T>,
}

impl<T: Scalar> Budget<T> {
    /// At most `max_steps` steps, and no target.
    #[must_use]
    pub fn steps(max_steps: usize) -> Self {
        Self {
            max_steps,
            target_loss: None,
        }
    }

    /// Also ends the run once loss ≤ `target_loss`.
    #[must_use]
    pub fn with_target_loss(self, target_loss: T) -> Self {
        Self {
            target_loss: Some(target_loss),
            ..self
        }
    }
}

/// The loss and the gradient norm at the current parameters, in units of 4^[`exponent`](Self::exponent). The
/// unit is needed because a square may leave the range of `T` although its root does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation<T> {
    /// The loss.
    pub loss: T,
    /// ‖∇loss‖₂.
    pub gradient_norm: T,
    /// The exponent e. It is 0 unless the optimiser has scaled residuals by 2^−e.
    pub exponent: i32,
}

impl<T: Scalar> Evaluation<T> {
    /// A loss and a norm in units of 1.
    #[must_use]
    pub fn new(loss: T, gradient_norm: T) -> Self {
        Self {
            loss,
            gradient_norm,
            exponent: 0,
        }
    }

    /// Evaluates `problem` at `x`. `gradient` is NaN where `problem` does not write.
    ///
    /// # Errors
    /// The errors of `problem`.
    pub fn at<P: Objective<T> + ?Sized>(
        problem: &P,
        x: &[T],
        gradient: &mut [T],
        counts: &mut Counts,
    ) -> Result<Self> {
        gradient.fill(T::nan());
        counts.gradients += 1;
        let loss = problem.value_and_gradient(x, gradient)?;
        Ok(Self::new(loss, norm::euclidean(gradient)))
    }

    /// The loss and the norm in units of 1. Beyond the range of `T`, they are 0 or ∞.
    fn in_units(self) -> (T, T) {
        let power = 2 * self.exponent;
        (
            power::times(self.loss, power),
            power::times(self.gradient_norm, power),
        )
    }
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<T> {
    /// The loss and gradient norm at the parameters after the step. An optimiser that could not move returns
    /// those before the step.
    pub evaluation: Evaluation<T>,
    /// The reason why the optimiser ends the run, if it does.
    pub stop: Option<Termination>,
}

impl<T> From<Evaluation<T>> for Progress<T> {
    fn from(evaluation: Evaluation<T>) -> Self {
        Self {
            evaluation,
            stop: None,
        }
    }
}

/// A rule that moves the parameters of problems of type `P`.
///
/// An optimiser implements [`Optimizer::init`] and [`Optimizer::step`]. [`minimize`] provides the loop, the
/// budget, the observers, and the check that values are finite. The optimiser keeps its work space between
/// steps, and `init` resets it. So one optimiser can run any number of times.
pub trait Optimizer<T: Scalar, P: ?Sized> {
    /// The number of parameters of `problem`.
    fn dimension(&self, problem: &P) -> usize;

    /// Prepares for a run, and evaluates the start `x`, which has [`dimension`](Optimizer::dimension) finite
    /// entries.
    ///
    /// # Errors
    /// If the optimiser does not accept the sizes of `problem`, or if a backend fails.
    fn init(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>>;

    /// Moves `x`. All values of the previous call are finite.
    ///
    /// # Errors
    /// If a backend fails. Divergence is not an error.
    fn step(&mut self, problem: &P, x: &mut [T], counts: &mut Counts) -> Result<Progress<T>>;

    /// The radius of the trust region before the next step, for [`Record::radius`]. None without one.
    fn radius(&self) -> Option<T> {
        None
    }
}

/// Minimises `problem` from `start` with `optimizer`.
///
/// Every observer sees a [`Record`] after the start and after each step. The run ends at the first of these
/// conditions: the parameters, the loss or the gradient norm are not finite; the target loss is reached; the
/// optimiser ends the run; an observer stops it; the step budget is used up. The [`Report`] states which one.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_optim::{Budget, GradientDescent, History, Objective, Termination, minimize};
///
/// struct Parabola;
/// impl Objective<f64> for Parabola {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
///         gradient[0] = 2.0 * x[0];
///         Ok(x[0] * x[0])
///     }
/// }
///
/// let mut history = History::new();
/// let mut optimizer = GradientDescent::new(0.25)?;
/// let budget = Budget::steps(2);
/// let report = minimize(&mut optimizer, &Parabola, &[1.0], &budget, &mut [&mut history])?;
/// assert_eq!(report.parameters, [0.25]);
/// assert_eq!(report.termination, Termination::StepBudget);
/// assert_eq!(history.losses(), [1.0, 0.25, 0.0625]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] if `start` is empty or the target loss is NaN. [`Error::Shape`] if `start` does
/// not have one entry per parameter. [`Error::NonFinite`] if it contains NaN or an infinity. Also the errors
/// of the optimiser, the problem and its backend.
pub fn minimize<T, P, O>(
    optimizer: &mut O,
    problem: &P,
    start: &[T],
    budget: &Budget<T>,
    observers: &mut [&mut dyn Observer<T>],
) -> Result<Report<T>>
where
    T: Scalar,
    P: ?Sized,
    O: Optimizer<T, P> + ?Sized,
{
    check_request(optimizer.dimension(problem), start, budget)?;
    let mut x = start.to_vec();
    let mut counts = Counts::default();
    let mut steps = 0;
    let clock = Instant::now();
    let mut observing = Duration::ZERO;
    let mut progress = optimizer.init(problem, &x, &mut counts)?.into();
    loop {
        let Progress { evaluation, stop } = progress;
        let (loss, gradient_norm) = evaluation.in_units();
        // Reading the clock takes up to a tenth of the time of a small step.
        let mut observed = ControlFlow::Continue(());
        if !observers.is_empty() {
            let before = clock.elapsed();
            let record = Record {
                step: steps,
                loss,
                gradient_norm,
                elapsed: before.saturating_sub(observing),
                parameters: &x,
                radius: optimizer.radius().unwrap_or_else(T::nan),
            };
            observed = notify(observers, &record);
            observing += clock.elapsed().saturating_sub(before);
        }
        let reason = non_finite(&x, &evaluation)
            .or_else(|| {
                let reached = budget.target_loss.is_some_and(|target| loss <= target);
                reached.then_some(Termination::TargetReached)
            })
            .or(stop)
            .or_else(|| observed.is_break().then_some(Termination::Observer))
            .or_else(|| (steps >= budget.max_steps).then_some(Termination::StepBudget));
        if let Some(termination) = reason {
            return Ok(Report {
                parameters: x,
                loss,
                root_of_loss: power::times(evaluation.loss.sqrt(), evaluation.exponent),
                gradient_norm,
                steps,
                counts,
                elapsed: clock.elapsed().saturating_sub(observing),
                termination,
            });
        }
        progress = optimizer.step(problem, &mut x, &mut counts)?;
        steps += 1;
    }
}

fn check_request<T: Scalar>(dimension: usize, start: &[T], budget: &Budget<T>) -> Result<()> {
    const OPERATION: &str = "minimize";
    if start.is_empty() {
        let detail = format!("must have {dimension} entries and at least one, but it has 0");
        return Err(invalid(OPERATION, "start", detail));
    }
    if start.len() != dimension {
        return Err(Error::Shape {
            operation: OPERATION,
            argument: "start",
            detail: format!(
                "must have {dimension} entries for a problem of {dimension} parameters, but it \
                 has {}",
                start.len()
            ),
        });
    }
    norm::max_abs_finite(OPERATION, "start", MatRef::from_column(start))?;
    if let Some(target) = budget.target_loss
        && target.is_nan()
    {
        let detail = "must be a number, but it is NaN".to_owned();
        return Err(invalid(OPERATION, "target_loss", detail));
    }
    Ok(())
}

/// Every observer sees every record, even after another observer has stopped the run.
fn notify<T>(observers: &mut [&mut dyn Observer<T>], record: &Record<'_, T>) -> ControlFlow<()> {
    let mut flow = ControlFlow::Continue(());
    for observer in observers {
        if observer.observe(record).is_break() {
            flow = ControlFlow::Break(());
        }
    }
    flow
}

fn non_finite<T: Scalar>(x: &[T], evaluation: &Evaluation<T>) -> Option<Termination> {
    let quantity = if x.iter().any(|xi| !xi.is_finite()) {
        Quantity::Parameters
    } else if !evaluation.loss.is_finite() {
        Quantity::Loss
    } else if !evaluation.gradient_norm.is_finite() {
        Quantity::Gradient
    } else {
        return None;
    };
    Some(Termination::NonFinite { quantity })
}
