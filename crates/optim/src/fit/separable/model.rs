//! A separable model, and its data.

use std::fmt;

use leastwise_core::{Error, MatMut, Result, Scalar};

use super::design::Design;
use crate::check;

/// Data and a model that is a sum of functions with unknown coefficients: y ≈ Σₖ cₖ·φₖ(x; α).
///
/// The model is linear in the p coefficients c, and nonlinear in the q parameters α: decays with lifetimes α and
/// amplitudes c, or peaks with positions and widths α and heights c.
/// [`Fit::run_separable`](crate::Fit::run_separable) searches for α only, because linear least squares give the best c
/// for every α. So it needs a start of α, but none of c, and fewer steps than a fit of all parameters.
///
/// **Many right-hand sides.** If y has s·m entries for m values of x, there are s sets of data that share α, each with
/// coefficients of its own: a global fit. The functions φₖ are evaluated and factorised once for all sets, unless the
/// sets have different sigmas.
///
/// ```
/// use leastwise_faer::Faer;
/// use leastwise_optim::{Fit, Separable};
///
/// # fn main() -> leastwise_core::Result<()> {
/// // Two decays with the same lifetime, on different backgrounds.
/// let t: Vec<f64> = (0..20).map(|i| 0.25 * f64::from(i)).collect();
/// let first = t.iter().map(|t| 5.0 * (-t / 1.5).exp() + 1.0);
/// let second = t.iter().map(|t| 3.0 * (-t / 1.5).exp() + 2.0);
/// let y: Vec<f64> = first.chain(second).collect();
///
/// // One parameter α, two functions: exp(−t/α) and 1.
/// let decay = |t: f64, alpha: &[f64], phi: &mut [f64]| {
///     phi[0] = (-t / alpha[0]).exp();
///     phi[1] = 1.0;
/// };
/// let model = Separable::new(1, 2, decay, &t, &y)?;
///
/// let backend = Faer::default();
/// let fitted = Fit::new(&backend).run_separable(&model, &[0.3])?;
/// // α, then the coefficients of the first data, then those of the second.
/// for (found, truth) in fitted.parameters.iter().zip([1.5, 5.0, 1.0, 3.0, 2.0]) {
///     assert!((found - truth).abs() < 1e-9);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Sources: G. H. Golub, V. Pereyra, *The differentiation of pseudo-inverses and nonlinear least squares problems whose
/// variables separate*, SIAM Journal on Numerical Analysis 10 (1973), and *Separable nonlinear least squares: the
/// variable projection method and its applications*, Inverse Problems 19 (2003).
pub struct Separable<'a, T, X, F> {
    design: Design<'a, T>,
    x: &'a [X],
    basis: F,
    derivatives: Option<Derivatives<'a, T, X>>,
}

/// Writes ∂φₖ(x; α)/∂αⱼ to entry (k, j).
pub(super) type Derivatives<'a, T, X> = Box<dyn Fn(X, &[T], MatMut<'_, T>) + Send + Sync + 'a>;

const OPERATION: &str = "Separable";

impl<'a, T, X, F> Separable<'a, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T], &mut [T]),
{
    /// A model with q = `nonlinear` parameters α and p = `linear` functions. `basis(x, α, φ)` writes φₖ(x; α) to all p
    /// entries of `φ`, which are NaN before. y has an entry for each x, or a multiple of that: one set of data after
    /// the other.
    ///
    /// Outside its domain, a function writes NaN or ∞. The values of x are not checked.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are no data, or if the number of entries of y is not a multiple of that of x.
    /// [`Error::NonFinite`] for a y that is NaN or infinite. [`Error::InvalidArgument`] if there are no parameters or no
    /// functions.
    pub fn new(nonlinear: usize, linear: usize, basis: F, x: &'a [X], y: &'a [T]) -> Result<Self> {
        let nonlinear = check::at_least_one(OPERATION, "nonlinear", nonlinear)?;
        let linear = check::at_least_one(OPERATION, "linear", linear)?;
        let shape = |argument, detail| {
            Err(Error::Shape {
                operation: OPERATION,
                argument,
                detail,
            })
        };
        if x.is_empty() {
            return shape("x", "must have at least one entry, but it has 0".to_owned());
        }
        if y.is_empty() || !y.len().is_multiple_of(x.len()) {
            let detail = format!(
                "must have {} entries for each set of data, but it has {}",
                x.len(),
                y.len()
            );
            return shape("y", detail);
        }
        check::finite(OPERATION, "y", y)?;
        Ok(Self {
            design: Design {
                nonlinear,
                linear,
                rows: x.len(),
                y,
                sigmas: None,
            },
            x,
            basis,
            derivatives: None,
        })
    }

    /// Sets the standard deviations of y, σ = `sigmas`: one for each x, which all sets of data share, or one for each y.
    /// [`Sigma`](crate::Sigma) says whether they are known exactly or up to a common factor.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one per x or one per y, and [`Error::InvalidArgument`] unless all are positive
    /// and finite.
    pub fn with_sigmas(mut self, sigmas: &'a [T]) -> Result<Self> {
        let (of_x, of_y) = (self.x.len(), self.design.y.len());
        if sigmas.len() != of_x && sigmas.len() != of_y {
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "sigmas",
                detail: format!(
                    "must have {of_x} or {of_y} entries, but it has {}",
                    sigmas.len()
                ),
            });
        }
        check::all_positive(OPERATION, "sigmas", sigmas)?;
        self.design.sigmas = Some(sigmas);
        Ok(self)
    }

    /// Adds derivatives: `derivatives(x, α, d)` writes ∂φₖ/∂αⱼ to entry (k, j) of `d`, which has p rows and q columns. Its
    /// entries are 0 before, because most functions depend on few parameters.
    ///
    /// Without it, [`Fit::run_separable`](crate::Fit::run_separable) takes differences, which cost most of the evaluations
    /// and a third of the digits.
    ///
    /// ```
    /// use leastwise_core::MatMut;
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::{Fit, Separable};
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// let t: Vec<f64> = (0..20).map(|i| 0.25 * f64::from(i)).collect();
    /// let y: Vec<f64> = t.iter().map(|t| 5.0 * (-t / 1.5).exp() + 1.0).collect();
    /// let decay = |t: f64, alpha: &[f64], phi: &mut [f64]| {
    ///     phi.copy_from_slice(&[(-t / alpha[0]).exp(), 1.0]);
    /// };
    /// let model = Separable::new(1, 2, decay, &t, &y)?.with_derivatives(
    ///     |t: f64, alpha: &[f64], mut d: MatMut<'_, f64>| {
    ///         d[(0, 0)] = (-t / alpha[0]).exp() * t / (alpha[0] * alpha[0]);
    ///     },
    /// );
    /// let fitted = Fit::new(&Faer::default()).run_separable(&model, &[0.3])?;
    /// assert!((fitted.parameters[0] - 1.5).abs() < 1e-14);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_derivatives<D>(mut self, derivatives: D) -> Self
    where
        D: Fn(X, &[T], MatMut<'_, T>) + Send + Sync + 'a,
    {
        self.derivatives = Some(Box::new(derivatives));
        self
    }
}

impl<'a, T, X, F> Separable<'a, T, X, F> {
    pub(super) fn design(&self) -> &Design<'a, T> {
        &self.design
    }

    pub(super) fn x(&self) -> &[X] {
        self.x
    }

    pub(super) fn basis(&self) -> &F {
        &self.basis
    }

    pub(super) fn derivatives(&self) -> Option<&Derivatives<'a, T, X>> {
        self.derivatives.as_ref()
    }
}

impl<T, X, F> fmt::Debug for Separable<'_, T, X, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(OPERATION)
            .field("nonlinear", &self.design.nonlinear)
            .field("linear", &self.design.linear)
            .field("rows", &self.design.rows)
            .field("data", &self.design.y.len())
            .field("has_sigmas", &self.design.sigmas.is_some())
            .field("has_derivatives", &self.derivatives.is_some())
            .finish_non_exhaustive()
    }
}
