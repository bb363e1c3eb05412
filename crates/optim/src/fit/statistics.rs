//! Statistics that compare fits, and the part of each observation in a fit.

use leastwise_core::{Result, Scalar};
use statrs::function::gamma::gamma_ur;

use super::{Fitted, Sigma, fisher};
use crate::check;

/// The F test of two nested fits: whether the larger model is better than by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FTest {
    /// F = ((S₁ − S₂)/(ν₁ − ν₂))/(S₂/ν₂), where S₁ ≥ S₂ are the losses and ν₁ > ν₂ the degrees of freedom.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub f: f64,
    /// ν₁ − ν₂ and ν₂.
    pub degrees_of_freedom: (usize, usize),
    /// The probability of an F at least as large if the smaller model is right.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub probability: f64,
}

/// Compares the fit of a model with that of a model which contains it. Both are fits to the same data, with the same
/// sigmas.
///
/// ```
/// use leastwise_faer::Faer;
/// use leastwise_optim::{f_test, fit};
///
/// # fn main() -> leastwise_core::Result<()> {
/// let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
/// let y = [1.1, 2.9, 5.2, 6.8, 9.1, 11.0];
/// let backend = Faer::default();
/// let line = fit(&backend, |x, p| p[0] + p[1] * x, &x, &y, &[0.0, 0.0])?;
/// let curve = fit(&backend, |x, p| p[0] + p[1] * x + p[2] * x * x, &x, &y, &[0.0, 0.0, 0.0])?;
/// // The square is not needed.
/// assert!(f_test(&line, &curve)?.probability > 0.5);
/// # Ok(())
/// # }
/// ```
///
/// Source: G. A. F. Seber, C. J. Wild, *Nonlinear Regression* (1989), section 5.3.
///
/// # Errors
/// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless the fits have the same number of
/// observations, `larger` has fewer degrees of freedom, but at least one, and no larger loss, and neither has a robust
/// loss.
pub fn f_test<T: Scalar>(smaller: &Fitted<T>, larger: &Fitted<T>) -> Result<FTest> {
    const OPERATION: &str = "f_test";
    let invalid = |detail: String| Err(check::invalid(OPERATION, "larger", detail));
    if smaller.observations != larger.observations {
        return invalid(format!(
            "must be a fit to the same data, but the fits have {} and {} observations",
            smaller.observations, larger.observations
        ));
    }
    let (first, second) = (smaller.degrees_of_freedom, larger.degrees_of_freedom);
    if second == 0 || second >= first {
        return invalid(format!(
            "must have from 1 to {} degrees of freedom, but it has {second}",
            first.saturating_sub(1)
        ));
    }
    if smaller.robust_loss.is_some() || larger.robust_loss.is_some() {
        return invalid("must have no robust loss, but one of the fits has".to_owned());
    }
    let (s1, s2) = (smaller.root_of_loss.as_f64(), larger.root_of_loss.as_f64());
    if s2 > s1 {
        return invalid(format!(
            "must have a loss of at most that of the smaller model, {:e}, but it has {:e}",
            s1 * s1,
            s2 * s2
        ));
    }
    let between = first - second;
    // The losses may leave the range of `f64`, although their ratio does not.
    let f = (s1 - s2) / s2 * ((s1 + s2) / s2) * (second as f64 / between as f64);
    Ok(FTest {
        f,
        degrees_of_freedom: (between, second),
        probability: if f.is_nan() {
            f
        } else {
            fisher::tail(f, between, second)
        },
    })
}

impl<T: Scalar> Fitted<T> {
    /// Akaike's information criterion, without a constant that is equal for all fits to the same data.
    ///
    /// It is m·ln(S/m) + 2·k for [`Sigma::Relative`], where S is the loss and k is the number of determined parameters
    /// plus 1, for the variance. It is S + 2·(k − 1) for [`Sigma::Absolute`]. R's `AIC` adds m·(1 + ln 2π), and −Σ ln wᵢ
    /// for weights. None with a robust loss.
    #[must_use]
    pub fn aic(&self) -> Option<f64> {
        self.deviance().map(|s| s + 2.0 * self.estimated())
    }

    /// The criterion of [`aic`](Self::aic) for few data: it adds 2·k·(k + 1)/(m − k − 1). None for m ≤ k + 1.
    ///
    /// Source: C. M. Hurvich, C.-L. Tsai, *Regression and time series model selection in small samples*, Biometrika 76
    /// (1989).
    #[must_use]
    pub fn aicc(&self) -> Option<f64> {
        let (m, k) = (self.observations as f64, self.estimated());
        let aic = self.aic()?;
        (m > k + 1.0).then(|| aic + 2.0 * k * (k + 1.0) / (m - k - 1.0))
    }

    /// The information criterion of Schwarz: as [`aic`](Self::aic), with k·ln m instead of 2·k.
    #[must_use]
    pub fn bic(&self) -> Option<f64> {
        let m = self.observations as f64;
        self.deviance().map(|s| s + m.ln() * self.estimated())
    }

    /// The probability of a χ² at least as large as the loss, if the model and the sigmas are right. None unless the
    /// sigmas are [absolute](Sigma::Absolute), there are degrees of freedom, and there is no robust loss.
    ///
    /// A value near 0 means that the model does not describe the data or that the sigmas are too small. A value near 1
    /// means that they are too large.
    #[must_use]
    pub fn chi_squared_probability(&self) -> Option<f64> {
        let freedom = self.degrees_of_freedom as f64;
        let is_chi_squared = self.sigma == Sigma::Absolute && self.robust_loss.is_none();
        let chi_squared = self.loss.as_f64();
        (is_chi_squared && freedom > 0.0).then(|| {
            if chi_squared <= 0.0 {
                1.0
            } else if chi_squared.is_infinite() {
                0.0
            } else {
                gamma_ur(0.5 * freedom, 0.5 * chi_squared)
            }
        })
    }

    /// The leverage hᵢ of each residual, the i-th diagonal entry of J·(JᵀJ)⁻¹·Jᵀ: from 0 to 1, with the rank as sum. An
    /// observation with a leverage near 1 alone determines some parameter. None unless the Jacobian was
    /// [kept](crate::Fit::with_jacobian).
    #[must_use]
    pub fn leverages(&self) -> Option<Vec<T>> {
        let jacobian = self.jacobian.as_ref()?;
        let mut row = vec![T::zero(); jacobian.cols()];
        let leverage = |i: usize| {
            for (j, entry) in row.iter_mut().enumerate() {
                *entry = jacobian[(i, j)];
            }
            let length = self.covariance.length(&row);
            (length * length).min(T::one())
        };
        Some((0..jacobian.rows()).map(leverage).collect())
    }

    /// The residuals divided by their standard deviations, rᵢ/(s·√(1 − hᵢ)), with the leverages hᵢ. s is 1 for
    /// [`Sigma::Absolute`]. It is NaN where the leverage is 1. None unless the Jacobian was
    /// [kept](crate::Fit::with_jacobian).
    ///
    /// R's `rstandard` gives the same for linear models.
    #[must_use]
    pub fn studentized_residuals(&self) -> Option<Vec<T>> {
        let leverages = self.leverages()?;
        let s = self.covariance.deviation();
        let pairs = self.residuals.iter().zip(leverages);
        Some(
            pairs
                .map(|(&r, h)| r / (s * (T::one() - h).sqrt()))
                .collect(),
        )
    }

    /// The number of estimated quantities: determined parameters, and the variance.
    fn estimated(&self) -> f64 {
        let variance = match self.sigma {
            Sigma::Relative => 1,
            Sigma::Absolute => 0,
        };
        (self.rank() + variance) as f64
    }

    /// −2·ln of the likelihood, without a constant.
    fn deviance(&self) -> Option<f64> {
        if self.robust_loss.is_some() {
            return None;
        }
        let m = self.observations as f64;
        Some(match self.sigma {
            Sigma::Relative => m * (2.0 * self.root_of_loss.as_f64().ln() - m.ln()),
            Sigma::Absolute => self.loss.as_f64(),
        })
    }
}
