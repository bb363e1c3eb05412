//! A data set with its model, its starting points, and the certified facts about its minimum.

use leastwise_core::{MatMut, Result, Scalar};
use leastwise_optim::LeastSquaresProblem;

use super::model::{MOST_PARAMETERS, Model};
use crate::number::Number;
use crate::{GenericResidual, residual};

/// The difficulty according to NIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difficulty {
    /// 8 data sets.
    Lower,
    /// 11 data sets.
    Average,
    /// 8 data sets.
    Higher,
}

impl Difficulty {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Lower, Self::Average, Self::Higher]
            .into_iter()
            .find(|difficulty| format!("{difficulty:?}") == name)
    }
}

/// The certified values of NIST, to 11 digits. Two optimisers in 128-bit arithmetic agree in all of these
/// digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certified {
    /// The minimiser of ‖r‖².
    pub parameters: &'static [f64],
    /// σ·√((JᵀJ)⁻¹)ⱼⱼ at the minimiser, where σ is the residual standard deviation. NIST calls them standard
    /// deviations of the estimates.
    pub standard_errors: &'static [f64],
    /// ‖r‖² at the minimiser.
    pub residual_sum_of_squares: f64,
    /// σ = √(‖r‖²/(m − n)).
    pub residual_standard_deviation: f64,
}

/// One of the [`data_sets`](super::data_sets): a least-squares problem with
///
/// rᵢ(b) = f(b; xᵢ) − yᵢ,
///
/// where f is the model, and (xᵢ, yᵢ) are m observations. For Nelson, log yᵢ takes the place of yᵢ. Neither
/// residual nor Jacobian allocates. They refuse slices and matrices of a wrong size with
/// [`Error::Shape`](leastwise_core::Error::Shape). They write NaN or ∞ where the model overflows or is not
/// defined.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::nist::DataSet;
///
/// let misra = DataSet::find("Misra1a").unwrap();
/// let problem: &dyn LeastSquaresProblem<f64> = misra;
/// let mut r = [0.0; 14];
/// problem.residual(misra.certified.parameters, &mut r)?;
/// let loss: f64 = r.iter().map(|ri| ri * ri).sum();
/// assert!((loss - 1.2455138894e-1).abs() < 1e-11);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DataSet {
    /// The name, as NIST spells it.
    pub name: &'static str,
    /// The difficulty, as NIST grades it.
    pub difficulty: Difficulty,
    pub(super) model: Model,
    pub(super) y: &'static [f64],
    /// One slice per predictor.
    pub(super) x: &'static [&'static [f64]],
    /// Start 1, far from the minimum, and Start 2, close to it.
    pub starts: [&'static [f64]; 2],
    /// The known minimum.
    pub certified: Certified,
}

impl DataSet {
    /// The observations yᵢ, as in the data.
    #[must_use]
    pub fn observations(&self) -> &'static [f64] {
        self.y
    }

    /// The predictors, with m numbers each. Nelson has two, time and temperature; the others have one.
    #[must_use]
    pub fn predictors(&self) -> &'static [&'static [f64]] {
        self.x
    }

    /// Writes ∂f/∂b at observation `i` and returns f.
    fn model<N: Number>(&self, b: &[N], i: usize, derivatives: &mut [N]) -> N {
        let first = N::of(self.x[0][i]);
        let second = self.x.get(1).map_or(N::nan(), |x| N::of(x[i]));
        self.model.evaluate(b, [first, second], derivatives)
    }
}

impl GenericResidual for DataSet {
    fn residuals(&self) -> usize {
        self.y.len()
    }

    fn parameters(&self) -> usize {
        self.certified.parameters.len()
    }

    fn evaluate<N: Number>(&self, b: &[N], r: &mut [N]) {
        let mut derivatives = [N::zero(); MOST_PARAMETERS];
        for (i, (ri, &y)) in r.iter_mut().zip(self.y).enumerate() {
            *ri = self.model(b, i, &mut derivatives[..b.len()]) - self.model.response(N::of(y));
        }
    }

    fn magnitudes(&self) -> Vec<f64> {
        let responses = self.y.iter().map(|&y| self.model.response(y).abs());
        responses.collect()
    }
}

impl<T: Scalar> LeastSquaresProblem<T> for DataSet {
    fn residuals(&self) -> usize {
        GenericResidual::residuals(self)
    }

    fn parameters(&self) -> usize {
        GenericResidual::parameters(self)
    }

    fn residual(&self, b: &[T], r: &mut [T]) -> Result<()> {
        residual::checked(self.name, self, b, r)
    }

    fn jacobian(&self, b: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let (m, n) = residual::checked_sizes(self.name, self, b, &j)?;
        let mut derivatives = [T::zero(); MOST_PARAMETERS];
        for i in 0..m {
            self.model(b, i, &mut derivatives[..n]);
            for (col, &derivative) in derivatives[..n].iter().enumerate() {
                j[(i, col)] = derivative;
            }
        }
        Ok(())
    }
}
