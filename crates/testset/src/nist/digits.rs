//! The number of correct digits of a minimum, and the number that can be attained.

use leastwise_core::norm::euclidean;
use leastwise_core::{Mat, Result, check};
use leastwise_optim::LeastSquaresProblem;

use super::DataSet;
use crate::digits;

/// The digits of the certified values.
const GIVEN: f64 = 11.0;

/// k·u for the k roundings of one residual: those of its model, of the constants in the model, and of the
/// data.
const UNIT: f64 = 8.0 * f64::EPSILON / 2.0;

impl DataSet {
    /// The correct digits of the worst parameter, minⱼ −log₁₀(|bⱼ − b̂ⱼ|/|b̂ⱼ|), where b̂ is the certified
    /// minimiser. This log relative error is from 0 to 11, the number of certified digits. It is 0 if b
    /// contains NaN.
    ///
    /// ```
    /// use leastwise_testset::nist::DataSet;
    /// let misra = DataSet::find("Misra1a").unwrap();
    /// let [b1, b2] = *misra.certified.parameters else { unreachable!() };
    /// assert_eq!(misra.correct_digits(&[b1, b2])?, 11.0);
    /// assert!((misra.correct_digits(&[b1 * 1.001, b2])? - 3.0).abs() < 1e-6);
    /// # Ok::<(), leastwise_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) if `b` does not have n entries.
    pub fn correct_digits(&self, b: &[f64]) -> Result<f64> {
        let certified = self.certified.parameters;
        check::entries(self.name, "b", certified.len(), b.len())?;
        Ok(digits::of_worst(b, certified, GIVEN))
    }

    /// The number of [correct digits](DataSet::correct_digits) that can be attained in double precision. It
    /// is below 11 if the parameters are nearly dependent.
    ///
    /// A computed residual has an error e with |eᵢ| ≤ k·u·(|yᵢ| + |rᵢ| + Σⱼ|Jᵢⱼ·bⱼ|) for k = 8 roundings. Its
    /// Jacobian has an error E with |Eᵢⱼ| ≤ k·u·‖J·eⱼ‖/√m. To first order, the minimiser moves by −J⁺·e −
    /// (JᵀJ)⁻¹·Eᵀ·r. With sⱼ = √((JᵀJ)⁻¹)ⱼⱼ, the standard error over σ,
    ///
    /// |(J⁺·e)ⱼ| ≤ sⱼ·‖e‖, |((JᵀJ)⁻¹·Eᵀ·r)ⱼ| ≤ sⱼ·k·u·‖r‖·Σₗ sₗ·‖J·eₗ‖.
    ///
    /// Twice the sum is allowed. This covers the rounding of the minimiser, and a run that stops where
    /// rounding hides further progress.
    ///
    /// Source: Å. Björck, *Numerical Methods for Least Squares Problems*, SIAM (1996), §1.4.2.
    ///
    /// # Errors
    /// None for the data sets of this crate.
    pub fn attainable_digits(&self) -> Result<f64> {
        let b = self.certified.parameters;
        let Minimum { r, j, rounding } = self.minimum()?;
        let sigma = self.certified.residual_standard_deviation;
        let spreads = self.certified.standard_errors.iter().map(|e| e / sigma);
        let columns = spreads.clone().enumerate();
        let inflation: f64 = columns.map(|(col, s)| s * euclidean(j.col(col))).sum();
        let error = 2.0 * (rounding + UNIT * euclidean(&r) * inflation);
        let digits = spreads.zip(b).map(|(s, b)| -(s * error / b.abs()).log10());
        Ok(digits.fold(GIVEN, f64::min))
    }

    /// Whether `loss` = ‖r‖² is the certified one, to a relative error of 1e-6 and to rounding. So a run that
    /// ends early counts, and so does a minimum with exchanged exponentials or signs.
    ///
    /// ```
    /// use leastwise_testset::nist::DataSet;
    /// let misra = DataSet::find("Misra1a").unwrap();
    /// assert!(misra.is_minimum(1.24551389e-1)? && !misra.is_minimum(1.25e-1)?);
    /// # Ok::<(), leastwise_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// None for the data sets of this crate.
    pub fn is_minimum(&self, loss: f64) -> Result<bool> {
        let certified = self.certified.residual_sum_of_squares.sqrt();
        Ok(loss.sqrt() <= certified * (1.0 + 5e-7) + self.minimum()?.rounding)
    }

    fn minimum(&self) -> Result<Minimum> {
        let b = self.certified.parameters;
        let (m, n) = (self.y.len(), b.len());
        let (mut r, mut j) = (vec![0.0; m], Mat::zeros(m, n));
        self.residual(b, &mut r)?;
        self.jacobian(b, j.as_mut())?;
        let errors = (0..m).map(|i| {
            let moved: f64 = (0..n).map(|col| (j[(i, col)] * b[col]).abs()).sum();
            UNIT * (self.y[i].abs() + r[i].abs() + moved)
        });
        let rounding = euclidean(&errors.collect::<Vec<_>>());
        Ok(Minimum { r, j, rounding })
    }
}

/// The certified minimum.
struct Minimum {
    r: Vec<f64>,
    j: Mat<f64>,
    /// ‖e‖
    rounding: f64,
}
