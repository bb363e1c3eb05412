//! Common curves through points that the user gives.

use leastwise_core::{Error, MatMut, Result, Scalar, check};
use leastwise_optim::LeastSquaresProblem;

use crate::number::{Dual, Number};
use crate::{GenericResidual, residual};

/// f(x; p), written once for every kind of number.
///
/// ```
/// use leastwise_testset::curves::Model;
/// assert_eq!(Model::Line.value(&[1.0, 2.0], 3.0), 7.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// p₁ + p₂·x
    Line,
    /// p₁·exp(−p₂·x) + p₃
    Decay,
    /// p₁ + p₂·2^(−x/p₃)
    HalfLife,
    /// p₁·exp(−p₂·x) + p₃·exp(−p₄·x)
    TwoDecays,
    /// p₁·cos(p₂·x)
    Cosine,
    /// p₁·exp(−((x − p₂)/p₃)²) + p₄
    PeakWithOffset,
    /// p₁/(1 + exp(−p₂·(x − p₃)))
    Logistic,
    /// (p₁ + p₂·x)/(1 + p₃·x + p₄·x²)
    Rational,
}

impl Model {
    /// All models.
    pub const ALL: [Self; 8] = [
        Self::Line,
        Self::Decay,
        Self::HalfLife,
        Self::TwoDecays,
        Self::Cosine,
        Self::PeakWithOffset,
        Self::Logistic,
        Self::Rational,
    ];

    /// The number of parameters, n.
    #[must_use]
    pub fn parameters(self) -> usize {
        match self {
            Self::Line | Self::Cosine => 2,
            Self::Decay | Self::HalfLife | Self::Logistic => 3,
            Self::TwoDecays | Self::PeakWithOffset | Self::Rational => 4,
        }
    }

    /// f(x; p)
    ///
    /// # Panics
    /// If `p` has fewer than n entries.
    pub fn value<N: Number>(self, p: &[N], x: f64) -> N {
        let one = N::one();
        let x = N::of(x);
        let decay = |height: N, rate: N| height * (-rate * x).exp();
        match self {
            Self::Line => p[0] + p[1] * x,
            Self::Decay => decay(p[0], p[1]) + p[2],
            Self::HalfLife => p[0] + p[1] * (N::of(-std::f64::consts::LN_2) * x / p[2]).exp(),
            Self::TwoDecays => decay(p[0], p[1]) + decay(p[2], p[3]),
            Self::Cosine => p[0] * (p[1] * x).cos(),
            Self::PeakWithOffset => {
                let z = (x - p[1]) / p[2];
                p[0] * (-z * z).exp() + p[3]
            }
            Self::Logistic => p[0] / (one + (-p[1] * (x - p[2])).exp()),
            Self::Rational => (p[0] + p[1] * x) / (one + x * (p[2] + x * p[3])),
        }
    }
}

/// A least-squares problem with rᵢ(p) = f(xᵢ; p) − yᵢ. Its Jacobian is exact, by dual numbers.
///
/// ```
/// use leastwise_core::Mat;
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::curves::{CurveThroughPoints, Model};
///
/// let fit = CurveThroughPoints::new(Model::Line, vec![0.0, 1.0, 3.0], vec![1.0, 3.0, 6.0])?;
/// let mut r = [0.0; 3];
/// fit.residual(&[1.0, 2.0], &mut r)?;
/// assert_eq!(r, [0.0, 0.0, 1.0]);
/// let mut j = Mat::zeros(3, 2);
/// fit.jacobian(&[1.0, 2.0], j.as_mut())?;
/// assert_eq!(j.col(1), [0.0, 1.0, 3.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CurveThroughPoints {
    model: Model,
    x: Vec<f64>,
    y: Vec<f64>,
}

const OPERATION: &str = "CurveThroughPoints";

impl CurveThroughPoints {
    /// The fit of `model` to the points (xᵢ, yᵢ).
    ///
    /// # Errors
    /// [`Error::Shape`] unless `x` and `y` have the same number of entries.
    pub fn new(model: Model, x: Vec<f64>, y: Vec<f64>) -> Result<Self, Error> {
        check::entries(OPERATION, "y", x.len(), y.len())?;
        Ok(Self { model, x, y })
    }

    /// The curve that is fitted.
    #[must_use]
    pub fn model(&self) -> Model {
        self.model
    }
}

impl GenericResidual for CurveThroughPoints {
    fn residuals(&self) -> usize {
        self.y.len()
    }

    fn parameters(&self) -> usize {
        self.model.parameters()
    }

    fn evaluate<N: Number>(&self, p: &[N], r: &mut [N]) {
        for (ri, (&x, &y)) in r.iter_mut().zip(self.x.iter().zip(&self.y)) {
            *ri = self.model.value(p, x) - N::of(y);
        }
    }

    fn magnitudes(&self) -> Vec<f64> {
        self.y.iter().map(|y| y.abs()).collect()
    }
}

impl<T: Scalar> LeastSquaresProblem<T> for CurveThroughPoints {
    fn residuals(&self) -> usize {
        self.y.len()
    }

    fn parameters(&self) -> usize {
        self.model.parameters()
    }

    fn residual(&self, p: &[T], r: &mut [T]) -> Result<()> {
        residual::checked(OPERATION, self, p, r)
    }

    fn jacobian(&self, p: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let (_, n) = residual::checked_sizes(OPERATION, self, p, &j)?;
        let mut p: Vec<_> = p.iter().map(|&pk| Dual::constant(pk)).collect();
        for col in 0..n {
            p[col].slope = T::one();
            for (row, &x) in self.x.iter().enumerate() {
                j[(row, col)] = self.model.value(&p, x).slope;
            }
            p[col].slope = T::zero();
        }
        Ok(())
    }
}
