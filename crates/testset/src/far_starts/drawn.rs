//! Draws data and starting points.

use leastwise_core::{MatMut, Result, Scalar, check};
use leastwise_optim::LeastSquaresProblem;

use super::curve::{Curve, MOST_PARAMETERS};
use crate::number::Number;
use crate::{GenericResidual, digits, residual, standard_normal};

const POINTS: usize = 40;
const SPACING: f64 = 0.1;
const NOISE: f64 = 0.01;

/// The digits of a minimum that its users compute in f64.
const MOST_DIGITS: f64 = 10.0;

/// A least-squares problem with rᵢ(p) = y(tᵢ; p) − yᵢ for 40 observations at tᵢ = 0, 0.1, …, 3.9. The data
/// are the values at [`Curve::truth`] with normal noise of standard deviation 0.01.
///
/// Neither residual nor Jacobian allocates. They refuse slices and matrices of a wrong size with
/// [`Error::Shape`](leastwise_core::Error::Shape), and write NaN or ∞ where the curve overflows.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::far_starts::{Curve, CurveFit};
///
/// let fit = CurveFit::draw(Curve::Rational, 0);
/// let mut r = [0.0; 40];
/// fit.residual(Curve::Rational.truth(), &mut r)?;
/// assert!(r.iter().all(|ri: &f64| ri.abs() < 0.05));
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CurveFit {
    curve: Curve,
    y: Vec<f64>,
}

impl CurveFit {
    /// The noise is that of [`standard_normal`] with `seed`, stream 1.
    #[must_use]
    pub fn draw(curve: Curve, seed: u64) -> Self {
        let noise = standard_normal::<f64>(POINTS, 1, seed, 1);
        let mut derivatives = [0.0; MOST_PARAMETERS];
        let y = (0..POINTS).map(|i| {
            let exact = curve.evaluate(curve.truth(), time(i), &mut derivatives);
            exact + NOISE * noise[(i, 0)]
        });
        Self {
            y: y.collect(),
            curve,
        }
    }

    /// The curve that is fitted.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The correct digits of the worst parameter, minⱼ −log₁₀(|pⱼ − p̂ⱼ|/|p̂ⱼ|), where p̂ is the minimiser.
    /// The result is from 0 to 10, and 0 if p contains NaN. Exchanged decays, and a negative width of the
    /// Gaussian, are the same curve.
    ///
    /// ```
    /// use leastwise_testset::far_starts::{Curve, CurveFit};
    /// let fit = CurveFit::draw(Curve::TwoDecays, 0);
    /// let minimum = [2.0, 0.5, 1.0, 3.0];
    /// assert_eq!(fit.correct_digits(&[1.0, 3.0, 2.0, 0.5], &minimum)?, 10.0);
    /// # Ok::<(), leastwise_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) if `p` or `minimum` does not have n entries.
    pub fn correct_digits(&self, p: &[f64], minimum: &[f64]) -> Result<f64> {
        let n = self.curve.truth().len();
        check::entries(self.curve.name(), "p", n, p.len())?;
        check::entries(self.curve.name(), "minimum", n, minimum.len())?;
        let [p, minimum] = [p, minimum].map(|p| self.curve.unique(p));
        Ok(digits::of_worst(&p, &minimum, MOST_DIGITS))
    }
}

fn time(i: usize) -> f64 {
    SPACING * i as f64
}

impl GenericResidual for CurveFit {
    fn residuals(&self) -> usize {
        POINTS
    }

    fn parameters(&self) -> usize {
        self.curve.truth().len()
    }

    fn evaluate<N: Number>(&self, p: &[N], r: &mut [N]) {
        let mut derivatives = [N::zero(); MOST_PARAMETERS];
        for (i, (ri, &yi)) in r.iter_mut().zip(&self.y).enumerate() {
            *ri = self.curve.evaluate(p, N::of(time(i)), &mut derivatives) - N::of(yi);
        }
    }

    fn magnitudes(&self) -> Vec<f64> {
        self.y.iter().map(|y| y.abs()).collect()
    }
}

impl<T: Scalar> LeastSquaresProblem<T> for CurveFit {
    fn residuals(&self) -> usize {
        POINTS
    }

    fn parameters(&self) -> usize {
        self.curve.truth().len()
    }

    fn residual(&self, p: &[T], r: &mut [T]) -> Result<()> {
        residual::checked(self.curve.name(), self, p, r)
    }

    fn jacobian(&self, p: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let (m, n) = residual::checked_sizes(self.curve.name(), self, p, &j)?;
        let mut derivatives = [T::zero(); MOST_PARAMETERS];
        for i in 0..m {
            self.curve.evaluate(p, T::of(time(i)), &mut derivatives);
            for (col, &derivative) in derivatives[..n].iter().enumerate() {
                j[(i, col)] = derivative;
            }
        }
        Ok(())
    }
}

/// A fit and its starting point.
///
/// Each parameter of the start is that of [`Curve::truth`] times 10^z, where z is standard normal. So factors
/// of 10 are usual, factors of 100 occur, and all signs are right. z is [`standard_normal`] with the seed,
/// stream 2.
///
/// The data contain noise, so the minimum is near the truth, but not at it. A run from the truth leads to the
/// minimum. If other runs are judged by it, check that none of them ends at a lower loss.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
/// use leastwise_optim::{Budget, LevenbergMarquardt, minimize};
/// use leastwise_testset::far_starts::{Curve, FarStart};
///
/// let FarStart { fit, start } = FarStart::draw(Curve::Decay, 3);
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
/// let budget = Budget::steps(1000);
/// let minimum = minimize(&mut lm, &fit, Curve::Decay.truth(), &budget, &mut [])?;
/// let found = minimize(&mut lm, &fit, &start, &budget, &mut [])?;
/// assert!(FarStart::is_minimum(found.loss, minimum.loss));
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FarStart {
    /// The problem.
    pub fit: CurveFit,
    /// The starting point, n parameters.
    pub start: Vec<f64>,
}

impl FarStart {
    /// Draws the fit and its start from `seed`.
    #[must_use]
    pub fn draw(curve: Curve, seed: u64) -> Self {
        let truth = curve.truth();
        let z = standard_normal::<f64>(truth.len(), 1, seed, 2);
        let off = truth.iter().zip(z.data());
        Self {
            fit: CurveFit::draw(curve, seed),
            start: off.map(|(p, z)| p * 10f64.powf(*z)).collect(),
        }
    }

    /// Whether `loss` = ‖r‖² equals the loss `least` of the minimum to a relative error of 1e-6. So a run
    /// that ends early counts: its distance from the minimum is within √(1e-6·(m − n)) standard errors, less
    /// than a hundredth of one.
    #[must_use]
    pub fn is_minimum(loss: f64, least: f64) -> bool {
        loss <= least * (1.0 + 1e-6)
    }
}
