//! The test that a reported success has to pass.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Result};
use leastwise_optim::LeastSquaresProblem;

/// The distance of x from a stationary point of ‖r(x)‖², in numbers without units.
///
/// The gradient vanishes where r is orthogonal to every column of J. Let c be the largest cosine between r
/// and a column. Then the model predicts that a step along that column reduces the loss by the fraction c².
/// Because r is a difference of rounded terms, rounding hides a decrease of 10·ε·(1 + ‖(‖J·eⱼ‖·xⱼ)ⱼ‖/‖r‖).
/// The bound of c is the root of that.
///
/// ```
/// use leastwise_testset::GradientTest;
/// use leastwise_testset::nist::DataSet;
/// let misra = DataSet::find("Misra1a").unwrap();
/// // A plateau: b₂ has no effect there.
/// let plateau = GradientTest::at(misra, &[43.0, 1e5])?;
/// assert!(plateau.least_effect == 0.0);
/// assert!(!GradientTest::at(misra, misra.starts[1])?.passes());
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientTest {
    /// maxⱼ |rᵀ·J·eⱼ|/(‖r‖·‖J·eⱼ‖). A column of zeros counts as orthogonal, and NaN as ∞.
    pub largest_cosine: f64,
    /// The largest cosine that rounding can explain.
    pub bound: f64,
    /// minⱼ ‖J·eⱼ‖·|xⱼ|/‖r‖, the effect of a change of a parameter by its own size, to first order. Below ε,
    /// the point is on a plateau: the parameter has no effect there.
    pub least_effect: f64,
}

impl GradientTest {
    /// Evaluates the test at x, with one residual and one Jacobian.
    ///
    /// # Errors
    /// The errors of the problem.
    pub fn at<P: LeastSquaresProblem<f64> + ?Sized>(problem: &P, x: &[f64]) -> Result<Self> {
        let (m, n) = (problem.residuals(), problem.parameters());
        let (mut r, mut j) = (vec![0.0; m], Mat::zeros(m, n));
        problem.residual(x, &mut r)?;
        problem.jacobian(x, j.as_mut())?;
        let norm = euclidean(&r);
        let lengths: Vec<f64> = (0..n).map(|col| euclidean(j.col(col))).collect();
        let columns = lengths.iter().enumerate();
        let cosines = columns.map(|(col, &length)| {
            if length == 0.0 || norm == 0.0 {
                return 0.0;
            }
            let cosine = (dot(j.col(col), &r) / length / norm).abs();
            // f64::max would ignore a NaN.
            if cosine.is_nan() {
                f64::INFINITY
            } else {
                cosine
            }
        });
        let terms = lengths.iter().zip(x).map(|(length, xj)| length * xj.abs());
        let terms: Vec<f64> = terms.collect();
        let cancelled = 1.0 + euclidean(&terms) / norm;
        Ok(Self {
            largest_cosine: cosines.fold(0.0, f64::max),
            bound: (10.0 * f64::EPSILON * cancelled).sqrt(),
            least_effect: terms.iter().fold(f64::INFINITY, |least, t| t.min(least)) / norm,
        })
    }

    /// Whether the cosine is within the bound. It is false if r or J contains NaN.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.largest_cosine <= self.bound
    }
}
