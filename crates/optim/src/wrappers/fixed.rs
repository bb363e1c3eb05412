//! Parameters that are held.

use leastwise_core::{Mat, MatMut, Result, Scalar};

use super::zip_column;
use crate::scratch::Scratch;
use crate::{Bounds, LeastSquaresProblem, ResidualFunction, check};

/// A problem of which some parameters are held at given values: of n parameters with k fixed, n − k
/// are free, in their order.
///
/// [`free_start`](Self::free_start) takes the free ones out of a vector of all n, and
/// [`expand`](Self::expand) puts a solution back. It is a [`LeastSquaresProblem`] if P is, with the
/// columns of the free parameters, and a [`ResidualFunction`] if P is, so that
/// `FiniteDifferences::central(FixedParameters::of_function(…)?)` takes no differences by the fixed ones. The
/// Jacobian of all n is kept as work space; calls do not allocate once they have been made.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
/// use leastwise_optim::{Budget, FiniteDifferences, FixedParameters, LevenbergMarquardt, ClosureResidual, minimize};
///
/// # fn main() -> Result<()> {
/// // y = a·exp(b·t) + c through two points, with c = 1 known.
/// let curve = ClosureResidual::new(2, 3, |x: &[f64], r: &mut [f64]| {
///     r[0] = x[0] + x[2] - 3.0;
///     r[1] = x[0] * x[1].exp() + x[2] - 5.0;
/// })?;
/// let curve = FixedParameters::of_function(curve, &[(2, 1.0)])?;
/// let start = curve.free_start(&[1.0, 0.0, 0.0])?;
/// let problem = FiniteDifferences::central(curve);
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
/// let report = minimize(&mut lm, &problem, &start, &Budget::steps(50), &mut [])?;
/// let all = problem.function().expand(&report.parameters)?;
/// assert_eq!(all.len(), 3);
/// assert!((all[0] - 2.0).abs() < 1e-12 && (all[1] - 2f64.ln()).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FixedParameters<T: Scalar, P> {
    problem: P,
    /// The fixed values; the free entries are 0.
    values: Vec<T>,
    free: Vec<usize>,
    work: Scratch<Work<T>>,
}

#[derive(Default)]
struct Work<T> {
    x: Vec<T>,
    jacobian: Mat<T>,
}

const OPERATION: &str = "FixedParameters";

impl<T: Scalar, P> FixedParameters<T, P> {
    /// `problem` with parameter i held at v for each (i, v), indices from 0. To hold some at a
    /// start, pass `(i, start[i])`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if an index is not below
    /// n or occurs twice, if a value is not finite, or if no parameter is left.
    pub fn new(problem: P, fixed: &[(usize, T)]) -> Result<Self>
    where
        P: LeastSquaresProblem<T>,
    {
        let parameters = problem.parameters();
        Self::of(problem, parameters, fixed)
    }

    /// As [`new`](Self::new), for a residual without a Jacobian.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_function(function: P, fixed: &[(usize, T)]) -> Result<Self>
    where
        P: ResidualFunction<T>,
    {
        let parameters = function.parameters();
        Self::of(function, parameters, fixed)
    }

    fn of(problem: P, parameters: usize, fixed: &[(usize, T)]) -> Result<Self> {
        let invalid = |detail| Err(check::invalid(OPERATION, "fixed", detail));
        let mut values = vec![T::zero(); parameters];
        let mut is_free = vec![true; parameters];
        for &(index, value) in fixed {
            if index >= parameters {
                return invalid(format!(
                    "must have indices below {parameters}, but one is {index}"
                ));
            }
            if !is_free[index] {
                return invalid(format!(
                    "must have each index once, but {index} is there twice"
                ));
            }
            if !value.is_finite() {
                return invalid(format!(
                    "must have finite values, but that of parameter {index} is {value}"
                ));
            }
            (values[index], is_free[index]) = (value, false);
        }
        let free: Vec<usize> = (0..parameters).filter(|&index| is_free[index]).collect();
        if free.is_empty() {
            return invalid(format!(
                "must leave a parameter, but it has all {parameters}"
            ));
        }
        Ok(Self {
            problem,
            values,
            free,
            work: Scratch::default(),
        })
    }

    /// The problem of all n parameters.
    #[must_use]
    pub fn problem(&self) -> &P {
        &self.problem
    }

    /// The indices of the free parameters among all n.
    #[must_use]
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// The free ones of all n parameters. Entries of fixed ones are not looked at.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless `x` has n entries.
    pub fn free_start(&self, x: &[T]) -> Result<Vec<T>> {
        check::entries(OPERATION, "x", self.values.len(), x.len())?;
        Ok(self.free.iter().map(|&index| x[index]).collect())
    }

    /// All n parameters, from the free ones.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless `free` has n − k entries.
    pub fn expand(&self, free: &[T]) -> Result<Vec<T>> {
        check::entries(OPERATION, "free", self.free.len(), free.len())?;
        let mut x = Vec::new();
        self.expand_into(free, &mut x);
        Ok(x)
    }

    fn expand_into(&self, free: &[T], x: &mut Vec<T>) {
        x.clear();
        x.extend_from_slice(&self.values);
        for (&index, &value) in self.free.iter().zip(free) {
            x[index] = value;
        }
    }

    /// `evaluate(work)`, where `work.x` has all parameters.
    fn at(&self, x: &[T], evaluate: impl FnOnce(&mut Work<T>) -> Result<()>) -> Result<()> {
        check::entries(OPERATION, "x", self.free.len(), x.len())?;
        let mut work = self.work.take();
        self.expand_into(x, &mut work.x);
        let result = evaluate(&mut work);
        self.work.put_back(work);
        result
    }
}

impl<T: Scalar, P: ResidualFunction<T>> ResidualFunction<T> for FixedParameters<T, P> {
    fn residuals(&self) -> usize {
        self.problem.residuals()
    }

    fn parameters(&self) -> usize {
        self.free.len()
    }

    fn constant_norm(&self) -> T {
        self.problem.constant_norm()
    }

    fn data_sizes(&self, sizes: &mut [T]) -> bool {
        self.problem.data_sizes(sizes)
    }

    fn is_observation(&self, row: usize) -> bool {
        self.problem.is_observation(row)
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.at(x, |work| self.problem.residual(&work.x, r))
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> LeastSquaresProblem<T> for FixedParameters<T, P> {
    fn residuals(&self) -> usize {
        self.problem.residuals()
    }

    fn parameters(&self) -> usize {
        self.free.len()
    }

    fn constant_norm(&self) -> T {
        self.problem.constant_norm()
    }

    fn is_observation(&self, row: usize) -> bool {
        self.problem.is_observation(row)
    }

    fn jacobian_error(&self) -> T {
        self.problem.jacobian_error()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.at(x, |work| self.problem.residual(&work.x, r))
    }

    fn jacobian_evaluations(&self) -> usize {
        self.problem.jacobian_evaluations()
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.free_columns(x, j, |x, all| self.problem.jacobian(x, all))
    }

    fn jacobian_within(&self, x: &[T], bounds: &Bounds<T>, j: MatMut<'_, T>) -> Result<()> {
        let all = bounds.among(&self.free, self.values.len());
        self.free_columns(x, j, |x, j| self.problem.jacobian_within(x, &all, j))
    }

    fn draft_error(&self) -> Option<T> {
        self.problem.draft_error()
    }

    fn draft_jacobian(&self, x: &[T], bounds: Option<&Bounds<T>>, j: MatMut<'_, T>) -> Result<()> {
        let all = bounds.map(|bounds| bounds.among(&self.free, self.values.len()));
        let evaluate = |x: &[T], j: MatMut<'_, T>| self.problem.draft_jacobian(x, all.as_ref(), j);
        self.free_columns(x, j, evaluate)
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> FixedParameters<T, P> {
    /// Of the Jacobian by all parameters, which `evaluate(x, j)` writes.
    fn free_columns(
        &self,
        x: &[T],
        mut j: MatMut<'_, T>,
        evaluate: impl FnOnce(&[T], MatMut<'_, T>) -> Result<()>,
    ) -> Result<()> {
        let (m, n) = (self.problem.residuals(), self.values.len());
        check::size(OPERATION, "j", (m, self.free.len()), &j)?;
        self.at(x, |work| {
            work.jacobian.reshape_for_overwrite(m, n);
            work.jacobian.data_mut().fill(T::nan());
            evaluate(&work.x, work.jacobian.as_mut())?;
            for (col, &index) in self.free.iter().enumerate() {
                let source = work.jacobian.col(index);
                zip_column(&mut j, col, source, |entry, value| *entry = value);
            }
            Ok(())
        })
    }
}
