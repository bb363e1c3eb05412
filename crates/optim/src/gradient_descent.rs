//! Gradient descent.

use leastwise_core::{Result, Scalar};

use crate::{Counts, Evaluation, Objective, Optimizer, Progress, check};

/// Gradient descent with a fixed step size: x ← x − α·∇f(x).
///
/// On f(x) = λ·x² each step multiplies x by 1 − 2·α·λ, so it diverges for α > 1/λ.
///
/// ```
/// use leastwise_optim::GradientDescent;
/// let error = GradientDescent::new(-1e-3).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "GradientDescent: step must be positive and finite, but it is -0.001"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientDescent<T> {
    step: T,
    gradient: Vec<T>,
}

impl<T: Scalar> GradientDescent<T> {
    /// The optimiser with the step size α.
    ///
    /// # Errors
    /// [`InvalidArgument`](leastwise_core::Error::InvalidArgument) unless `step` is positive and
    /// finite.
    pub fn new(step: T) -> Result<Self> {
        Ok(Self {
            step: check::positive("GradientDescent", "step", step)?,
            gradient: Vec::new(),
        })
    }
}

impl<T: Scalar, P: Objective<T> + ?Sized> Optimizer<T, P> for GradientDescent<T> {
    fn dimension(&self, problem: &P) -> usize {
        problem.dimension()
    }

    fn init(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        self.gradient.resize(x.len(), T::zero());
        Evaluation::at(problem, x, &mut self.gradient, counts)
    }

    fn step(&mut self, problem: &P, x: &mut [T], counts: &mut Counts) -> Result<Progress<T>> {
        for (xi, &gi) in x.iter_mut().zip(&self.gradient) {
            *xi -= self.step * gi;
        }
        Ok(Evaluation::at(problem, x, &mut self.gradient, counts)?.into())
    }
}
