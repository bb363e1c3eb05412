//! Jacobians by dual numbers.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign};

use echidna::DualVec;
use leastwise_core::{MatMut, Result, Scalar};

use crate::forward::forward;
use crate::scratch::Scratch;
use crate::{LeastSquaresProblem, check};

/// What a residual computes with: T itself, or dual numbers over it.
///
/// Everything of [`num_traits::Float`] is there, that is arithmetic, comparison, roots, powers,
/// exponentials, logarithms, trigonometric and hyperbolic functions with their inverses, `abs`,
/// `min` and `max`, and arithmetic with constants of type T on the right: `x * 2.0`. [`Number::constant`] makes a constant, and
/// `fold(D::zero(), …)` a sum. Comparisons
/// see the value alone, so that a branch is differentiated as it was taken; at the kink of
/// `abs(x)` the derivative is 0, and one-sided derivatives that are infinite, as that of √x at 0,
/// are infinite. Special functions such as erf are missing: write them in these terms, or take
/// [`FiniteDifferences`](crate::FiniteDifferences).
pub trait Number<T>:
    num_traits::Float
    + num_traits::FloatConst
    + Add<T, Output = Self>
    + Sub<T, Output = Self>
    + Mul<T, Output = Self>
    + Div<T, Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// The constant `value`, whose derivatives are 0.
    fn constant(value: T) -> Self;
}

macro_rules! numbers {
    ($scalar:ty) => {
        impl Number<$scalar> for $scalar {
            fn constant(value: $scalar) -> Self {
                value
            }
        }

        impl<const LANES: usize> Number<$scalar> for DualVec<$scalar, LANES> {
            fn constant(value: $scalar) -> Self {
                Self::constant(value)
            }
        }
    };
}

numbers!(f32);
numbers!(f64);

/// A residual r: ℝⁿ → ℝᵐ that is written once for numbers of any kind, so that [`AutoDiff`] has its
/// Jacobian.
///
/// The loss is ‖r(x)‖² plus a constant. Outside its domain a residual writes NaN or ∞.
pub trait DifferentiableResidual<T: Scalar = f64> {
    /// m, the number of residuals.
    fn residuals(&self) -> usize;

    /// n, the number of parameters.
    fn parameters(&self) -> usize;

    /// As [`LeastSquaresProblem::constant_norm`].
    fn constant_norm(&self) -> T {
        T::zero()
    }

    /// As [`LeastSquaresProblem::is_observation`].
    fn is_observation(&self, row: usize) -> bool {
        let _ = row;
        true
    }

    /// Writes r(x) to all m entries of `r`.
    ///
    /// # Errors
    /// What a backend reports.
    fn residual<D: Number<T>>(&self, x: &[D], r: &mut [D]) -> Result<()>;
}

/// The directions of one pass: with f64 the derivatives of a number fill one cache line.
const WIDE: usize = 8;
/// Those of the last pass, if no more are left.
const NARROW: usize = 4;

/// A [`LeastSquaresProblem`] whose Jacobian is taken by automatic differentiation in forward mode.
///
/// The residual is computed in plain numbers, and the Jacobian with dual numbers a + Σ bₖεₖ,
/// εₖεₗ = 0, whose every operation carries along the derivatives by up to eight parameters. There is
/// no step and no truncation: an entry is what the chain rule gives in the arithmetic of T, wrong by
/// roundings alone. Where an intermediate value overflows, so do its derivatives.
///
/// A Jacobian costs ⌈n/8⌉ passes, the last with four directions if no more are left. A pass takes
/// each function value, such as an exponential, once, and does up to three more additions and
/// multiplications an operation for each of its directions. Eight of them are two to four vector
/// registers; with more, an operation would not keep its operands in registers. A Jacobian that is
/// written by hand can share what its columns have in common and may be several times faster. Nothing
/// is allocated once a Jacobian has been taken.
///
/// The dual numbers are those of the crate `echidna`. A residual is bound to
/// [`num_traits::Float`] and not to them.
///
/// Reference: A. Griewank, A. Walther, *Evaluating derivatives*, second edition, SIAM (2008),
/// chapter 3; J. Revels, M. Lubin, T. Papamarkou, *Forward-mode automatic differentiation in
/// Julia*, arXiv:1607.07892 (2016), for passes of several directions.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
/// use leastwise_optim::{AutoDiff, Budget, DifferentiableResidual, LevenbergMarquardt, Number};
/// use leastwise_optim::minimize;
///
/// /// y = a·exp(b·t) through points (t, y).
/// struct Growth([(f64, f64); 3]);
///
/// impl DifferentiableResidual for Growth {
///     fn residuals(&self) -> usize {
///         self.0.len()
///     }
///     fn parameters(&self) -> usize {
///         2
///     }
///     fn residual<D: Number<f64>>(&self, x: &[D], r: &mut [D]) -> Result<()> {
///         for (ri, &(t, y)) in r.iter_mut().zip(&self.0) {
///             *ri = x[0] * (x[1] * t).exp() - y;
///         }
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let problem = AutoDiff::new(Growth([(0.0, 3.0), (1.0, 6.0), (2.0, 12.0)]));
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
/// let report = minimize(&mut lm, &problem, &[1.0, 0.0], &Budget::steps(50), &mut [])?;
/// assert!((report.parameters[1] - 2f64.ln()).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AutoDiff<T: echidna::Float, P> {
    function: P,
    wide: Scratch<Pass<T, WIDE>>,
    narrow: Scratch<Pass<T, NARROW>>,
}

const OPERATION: &str = "AutoDiff";

/// x and r of one pass.
struct Pass<T: echidna::Float, const LANES: usize> {
    x: Vec<DualVec<T, LANES>>,
    r: Vec<DualVec<T, LANES>>,
}

impl<T: echidna::Float, const LANES: usize> Default for Pass<T, LANES> {
    fn default() -> Self {
        Self {
            x: Vec::new(),
            r: Vec::new(),
        }
    }
}

impl<T: echidna::Float, P> AutoDiff<T, P> {
    /// `function` with its Jacobian.
    #[must_use]
    pub fn new(function: P) -> Self {
        Self {
            function,
            wide: Scratch::default(),
            narrow: Scratch::default(),
        }
    }

    /// The residual.
    #[must_use]
    pub fn function(&self) -> &P {
        &self.function
    }
}

impl<T: Scalar + echidna::Float, const LANES: usize> Pass<T, LANES>
where
    DualVec<T, LANES>: Number<T>,
{
    /// Writes the columns of J from `first` on, LANES of them or as many as there are.
    fn columns<P: DifferentiableResidual<T>>(
        &mut self,
        function: &P,
        x: &[T],
        first: usize,
        j: &mut MatMut<'_, T>,
    ) -> Result<()> {
        self.x.clear();
        self.x.extend(x.iter().map(|&xj| DualVec::constant(xj)));
        let cols = first..x.len().min(first + LANES);
        for (lane, col) in cols.clone().enumerate() {
            self.x[col].eps[lane] = T::one();
        }
        // An entry that is not written does not go unnoticed.
        self.r.clear();
        let unwritten = DualVec::new(T::nan(), [T::nan(); LANES]);
        self.r.resize(j.rows(), unwritten);
        function.residual(&self.x, &mut self.r)?;
        for (lane, col) in cols.enumerate() {
            for (row, ri) in self.r.iter().enumerate() {
                j[(row, col)] = ri.eps[lane];
            }
        }
        Ok(())
    }
}

impl<T, P> LeastSquaresProblem<T> for AutoDiff<T, P>
where
    T: Scalar + echidna::Float + Number<T>,
    DualVec<T, WIDE>: Number<T>,
    DualVec<T, NARROW>: Number<T>,
    P: DifferentiableResidual<T>,
{
    forward! { self => self.function; residuals, parameters, constant_norm, is_observation }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        check::entries(OPERATION, "x", self.parameters(), x.len())?;
        check::entries(OPERATION, "r", self.residuals(), r.len())?;
        self.function.residual(x, r)
    }

    fn jacobian(&self, x: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let (m, n) = (self.residuals(), self.parameters());
        check::entries(OPERATION, "x", n, x.len())?;
        check::size(OPERATION, "j", (m, n), &j)?;
        let (mut wide, mut narrow) = (self.wide.take(), self.narrow.take());
        let mut first = 0;
        while n - first > NARROW {
            wide.columns(&self.function, x, first, &mut j)?;
            first = n.min(first + WIDE);
        }
        if first < n {
            narrow.columns(&self.function, x, first, &mut j)?;
        }
        self.wide.put_back(wide);
        self.narrow.put_back(narrow);
        Ok(())
    }
}
