//! A separable model, and its data.

use std::fmt;

use leastwise_core::{Error, Result, Scalar};

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
    nonlinear: usize,
    linear: usize,
    basis: F,
    x: &'a [X],
    y: &'a [T],
    sigmas: Option<&'a [T]>,
}

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
            nonlinear,
            linear,
            basis,
            x,
            y,
            sigmas: None,
        })
    }

    /// Sets the standard deviations of y, σ = `sigmas`: one for each x, which all sets of data share, or one for each y.
    /// [`Sigma`](crate::Sigma) says whether they are known exactly or up to a common factor.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one per x or one per y, and [`Error::InvalidArgument`] unless all are positive
    /// and finite.
    pub fn with_sigmas(self, sigmas: &'a [T]) -> Result<Self> {
        if sigmas.len() != self.x.len() && sigmas.len() != self.y.len() {
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "sigmas",
                detail: format!(
                    "must have {} or {} entries, but it has {}",
                    self.x.len(),
                    self.y.len(),
                    sigmas.len()
                ),
            });
        }
        check::all_positive(OPERATION, "sigmas", sigmas)?;
        Ok(Self {
            sigmas: Some(sigmas),
            ..self
        })
    }
}

impl<T: Scalar, X, F> Separable<'_, T, X, F> {
    /// q.
    pub(super) fn nonlinear(&self) -> usize {
        self.nonlinear
    }

    /// p.
    pub(super) fn linear(&self) -> usize {
        self.linear
    }

    /// m.
    pub(super) fn rows(&self) -> usize {
        self.x.len()
    }

    /// s.
    pub(super) fn sets(&self) -> usize {
        self.y.len() / self.x.len()
    }

    pub(super) fn x(&self) -> &[X] {
        self.x
    }

    pub(super) fn basis(&self) -> &F {
        &self.basis
    }

    /// The numbers of sets of data that share a matrix of functions, in units of their sigmas. All of them do unless they
    /// have different sigmas.
    pub(super) fn sets_per_block(&self) -> usize {
        match self.sigmas {
            Some(sigmas) if sigmas.len() > self.x.len() => 1,
            _ => self.sets(),
        }
    }

    /// The standard deviations of a block, if there are any.
    pub(super) fn sigmas_of_block(&self, block: usize) -> Option<&[T]> {
        let m = self.rows();
        self.sigmas
            .map(|sigmas| &sigmas[block * m % sigmas.len()..][..m])
    }

    /// y in units of its standard deviations.
    pub(super) fn weighted_data(&self) -> Vec<T> {
        let mut data = self.y.to_vec();
        if let Some(sigmas) = self.sigmas {
            for set in data.chunks_exact_mut(sigmas.len()) {
                for (y, &sigma) in set.iter_mut().zip(sigmas) {
                    *y /= sigma;
                }
            }
        }
        data
    }
}

impl<T, X, F> fmt::Debug for Separable<'_, T, X, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(OPERATION)
            .field("nonlinear", &self.nonlinear)
            .field("linear", &self.linear)
            .field("rows", &self.x.len())
            .field("data", &self.y.len())
            .field("has_sigmas", &self.sigmas.is_some())
            .finish_non_exhaustive()
    }
}
