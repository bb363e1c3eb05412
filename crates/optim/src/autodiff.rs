//! Jacobians by dual numbers.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign};

use echidna::DualVec;
use leastwise_core::{MatMut, Result, Scalar};

use crate::forward::forward;
use crate::scratch::Scratch;
use crate::{LeastSquaresProblem, check};

/// The numbers with which a residual computes: T itself, or dual numbers over it.
///
/// All functions of [`num_traits::Float`] are available: arithmetic, comparison, roots, powers, exponentials,
/// logarithms, trigonometric and hyperbolic functions with their inverses, `abs`, `min` and `max`. A constant
/// of type T may be the right operand: `x * 2.0`. [`Number::constant`] makes a constant, and `fold(D::zero(),
/// …)` a sum.
///
/// Comparisons use only the value. So the branch that was taken is differentiated. At the kink of `abs(x)`
/// the derivative is 0. A one-sided derivative that is infinite, such as that of √x at 0, is infinite.
/// Special functions such as erf are missing. Write them in terms of the functions above, or use
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

/// A residual r: ℝⁿ → ℝᵐ that is written once for every kind of number, so that [`AutoDiff`] can compute its
/// Jacobian.
///
/// The loss is ‖r(x)‖² plus a constant. Outside its domain, a residual writes NaN or ∞.
pub trait DifferentiableResidual<T: Scalar = f64> {
    /// The number of residuals, m.
    fn residuals(&self) -> usize;

    /// The number of parameters, n.
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
    /// The errors of a backend.
    fn residual<D: Number<T>>(&self, x: &[D], r: &mut [D]) -> Result<()>;
}

/// The number of directions of one pass. With f64, the derivatives of a number fill one cache line.
const WIDE: usize = 8;
/// The number of directions of the last pass, if no more remain.
const NARROW: usize = 4;

/// A [`LeastSquaresProblem`] that computes its Jacobian by automatic differentiation in forward mode.
///
/// The residual is computed with plain numbers, and the Jacobian with dual numbers a + Σ bₖεₖ, where εₖεₗ =
/// 0. Every operation on them also computes the derivatives with respect to up to eight parameters. There is
/// no step size and no truncation error. An entry is the result of the chain rule in the arithmetic of T, so
/// its only errors are roundings. If an intermediate value overflows, its derivatives overflow too.
///
/// A Jacobian costs ⌈n/8⌉ passes. The last pass has four directions if no more remain. A pass evaluates each
/// function, such as an exponential, once. For each direction, it does up to three more additions and
/// multiplications per operation. Eight directions take two to four vector registers; with more, the operands
/// would not stay in registers. A Jacobian that is written by hand can share common terms of its columns, and
/// may be several times faster. After the first Jacobian, nothing is allocated.
///
/// The dual numbers are those of the crate `echidna`. A residual depends only on [`num_traits::Float`], not
/// on that crate.
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
    /// Wraps `function`, which then has a Jacobian.
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
    /// Writes the columns of J from `first` on: LANES of them, or as many as remain.
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
        // An entry that is not written must be detected.
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
