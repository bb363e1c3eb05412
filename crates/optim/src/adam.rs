//! Adam.

use leastwise_core::{Result, Scalar};

use crate::{Counts, Evaluation, Objective, Optimizer, Progress, check};

/// Adam with its bias correction folded into the step size:
///
/// m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g²,
/// x ← x − α·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε), entry by entry, with g = ∇f(x) and t = 1, 2, ….
///
/// ε is added to the uncorrected √v. So the first step is α·g/(|g| + ε/√(1 − β₂)). Its size is α unless the
/// gradient is tiny.
///
/// Source: D. P. Kingma, J. Ba, *Adam: A Method for Stochastic Optimization* (2015), the reordered form at
/// the end of section 2.
///
/// ```
/// use leastwise_optim::Adam;
/// let adam = Adam::new(1e-3)?.with_betas(0.9, 0.99)?.with_epsilon(1e-10)?;
/// assert!(adam.with_betas(0.9, 1.0).is_err());
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adam<T> {
    step: T,
    beta1: T,
    beta2: T,
    epsilon: T,
    /// β₁ᵗ and β₂ᵗ.
    powers: (T, T),
    gradient: Vec<T>,
    first_moment: Vec<T>,
    second_moment: Vec<T>,
}

impl<T: Scalar> Adam<T> {
    /// The optimiser with the step size α, and with β₁ = 0.9, β₂ = 0.999 and ε = 1e-8.
    ///
    /// # Errors
    /// [`InvalidArgument`](leastwise_core::Error::InvalidArgument) unless `step` is positive and
    /// finite.
    pub fn new(step: T) -> Result<Self> {
        Ok(Self {
            step: check::positive("Adam", "step", step)?,
            beta1: T::of(0.9),
            beta2: T::of(0.999),
            epsilon: T::of(1e-8),
            powers: (T::one(), T::one()),
            gradient: Vec::new(),
            first_moment: Vec::new(),
            second_moment: Vec::new(),
        })
    }

    /// Sets the decay rates β₁ of the first and β₂ of the second moment.
    ///
    /// # Errors
    /// [`InvalidArgument`](leastwise_core::Error::InvalidArgument) unless both are in [0, 1).
    pub fn with_betas(self, beta1: T, beta2: T) -> Result<Self> {
        Ok(Self {
            beta1: check::fraction("Adam", "beta1", beta1)?,
            beta2: check::fraction("Adam", "beta2", beta2)?,
            ..self
        })
    }

    /// Sets ε, which bounds the step where gradients vanish.
    ///
    /// # Errors
    /// [`InvalidArgument`](leastwise_core::Error::InvalidArgument) unless `epsilon` is positive and
    /// finite.
    pub fn with_epsilon(self, epsilon: T) -> Result<Self> {
        Ok(Self {
            epsilon: check::positive("Adam", "epsilon", epsilon)?,
            ..self
        })
    }
}

impl<T: Scalar, P: Objective<T> + ?Sized> Optimizer<T, P> for Adam<T> {
    fn dimension(&self, problem: &P) -> usize {
        problem.dimension()
    }

    fn init(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        self.powers = (T::one(), T::one());
        self.gradient.resize(x.len(), T::zero());
        for moment in [&mut self.first_moment, &mut self.second_moment] {
            moment.clear();
            moment.resize(x.len(), T::zero());
        }
        Evaluation::at(problem, x, &mut self.gradient, counts)
    }

    fn step(&mut self, problem: &P, x: &mut [T], counts: &mut Counts) -> Result<Progress<T>> {
        let one = T::one();
        let (beta1, beta2) = (self.beta1, self.beta2);
        self.powers.0 *= beta1;
        self.powers.1 *= beta2;
        let step = self.step * (one - self.powers.1).sqrt() / (one - self.powers.0);
        let moments = self.first_moment.iter_mut().zip(&mut self.second_moment);
        for ((xi, &g), (m, v)) in x.iter_mut().zip(&self.gradient).zip(moments) {
            *m = beta1 * *m + (one - beta1) * g;
            *v = beta2 * *v + (one - beta2) * (g * g);
            *xi -= step * *m / (v.sqrt() + self.epsilon);
        }
        Ok(Evaluation::at(problem, x, &mut self.gradient, counts)?.into())
    }
}
