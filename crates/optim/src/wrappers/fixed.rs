//! Parameters that are held at a value.

use leastwise_core::{Mat, MatMut, Result, Scalar};

use super::zip_column;
use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::scratch::Scratch;
use crate::{Bounds, LeastSquaresProblem, ResidualFunction, check};

/// A problem in which some parameters are held at given values. If k of n parameters are fixed, n − k are
/// free, in their original order.
///
/// [`free_start`](Self::free_start) takes the free parameters out of a vector of all n, and
/// [`expand`](Self::expand) inserts a solution again. If P is a [`LeastSquaresProblem`], this is one too,
/// with the columns of the free parameters. If P is a [`ResidualFunction`], this is one too, so
/// `FiniteDifferences::central(FixedParameters::of_function(…)?)` computes no differences for the fixed
/// parameters. The Jacobian with respect to all n parameters is kept as work space. After the first call,
/// nothing is allocated.
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
    /// The fixed values. The entries of free parameters are 0.
    values: Vec<T>,
    free: Vec<usize>,
    /// The bounds of the free parameters.
    bounds: Option<Bounds<T>>,
    work: Scratch<Work<T>>,
}

#[derive(Default)]
struct Work<T> {
    x: Vec<T>,
    jacobian: Mat<T>,
}

const OPERATION: &str = "FixedParameters";

impl<T: Scalar, P> FixedParameters<T, P> {
    /// `problem` with parameter i held at v for each (i, v), with indices counted from 0. To hold parameters
    /// at a start, pass `(i, start[i])`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if an index is not below n or
    /// occurs twice, if a value is not finite or outside its bounds, or if no parameter is free.
    /// [`Error::Shape`](leastwise_core::Error::Shape) if the bounds of `problem` are not for n parameters.
    pub fn new(problem: P, fixed: &[(usize, T)]) -> Result<Self>
    where
        P: LeastSquaresProblem<T>,
    {
        let (parameters, bounds) = (problem.parameters(), problem.bounds().cloned());
        Self::of(problem, parameters, bounds.as_ref(), fixed)
    }

    /// Like [`new`](Self::new), for a residual without a Jacobian.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_function(function: P, fixed: &[(usize, T)]) -> Result<Self>
    where
        P: ResidualFunction<T>,
    {
        let (parameters, bounds) = (function.parameters(), function.bounds().cloned());
        Self::of(function, parameters, bounds.as_ref(), fixed)
    }

    fn of(
        problem: P,
        parameters: usize,
        bounds: Option<&Bounds<T>>,
        fixed: &[(usize, T)],
    ) -> Result<Self> {
        if let Some(bounds) = bounds {
            bounds.check_count(OPERATION, parameters)?;
        }
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
                    "must have each index once, but {index} occurs twice"
                ));
            }
            if !value.is_finite() {
                return invalid(format!(
                    "must have finite values, but that of parameter {index} is {value}"
                ));
            }
            if let Some(bounds) = bounds {
                let (l, u) = (bounds.lower()[index], bounds.upper()[index]);
                if !(l <= value && value <= u) {
                    return invalid(format!(
                        "must be within the bounds, but that of parameter {index} is {value}, and its bounds are {l} and {u}"
                    ));
                }
            }
            (values[index], is_free[index]) = (value, false);
        }
        let free: Vec<usize> = (0..parameters).filter(|&index| is_free[index]).collect();
        if free.is_empty() {
            return invalid(format!(
                "must leave at least one parameter free, but it holds all {parameters}"
            ));
        }
        Ok(Self {
            problem,
            values,
            bounds: bounds.map(|bounds| bounds.of(&free)),
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

    /// The free ones of all n parameters. Entries of fixed parameters are not used.
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

    /// Calls `evaluate(work)`, where `work.x` has all parameters.
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
    forward! { self => self.problem; residuals, constant_norm, data_sizes, is_observation }

    fn parameters(&self) -> usize {
        self.free.len()
    }

    fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.at(x, |work| self.problem.residual(&work.x, r))
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> FixedParameters<T, P> {
    /// The bounds of all parameters, with these of the free ones.
    fn bounds_of_all(&self, free: Option<&Bounds<T>>) -> Result<Option<Bounds<T>>> {
        let Some(free) = free else { return Ok(None) };
        free.check_count(OPERATION, self.free.len())?;
        let all = self.problem.bounds().cloned();
        let all = all.unwrap_or_else(|| Bounds::none(self.values.len()));
        Ok(Some(all.replaced(&self.free, free)))
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> LeastSquaresProblem<T> for FixedParameters<T, P> {
    forward! { self => self.problem; residuals, constant_norm, term_norm, is_observation, jacobian_error, jacobian_evaluations, draft_error }

    fn parameters(&self) -> usize {
        self.free.len()
    }

    fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.at(x, |work| self.problem.residual(&work.x, r))
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.jacobian_with(x, Quality::Full, None, j)
    }

    fn evaluate_ahead(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        col: usize,
    ) -> Result<()> {
        let Some(&col) = self.free.get(col) else {
            return Ok(());
        };
        let all = self.bounds_of_all(bounds)?;
        self.at(x, |work| {
            self.problem
                .evaluate_ahead(&work.x, quality, all.as_ref(), col)
        })
    }

    /// Copies the columns of the free parameters from the Jacobian with respect to all parameters.
    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let (m, n) = (self.problem.residuals(), self.values.len());
        check::size(OPERATION, "j", (m, self.free.len()), &j)?;
        let all = self.bounds_of_all(bounds)?;
        self.at(x, |work| {
            work.jacobian.reshape_for_overwrite(m, n);
            work.jacobian.data_mut().fill(T::nan());
            self.problem
                .jacobian_with(&work.x, quality, all.as_ref(), work.jacobian.as_mut())?;
            for (col, &index) in self.free.iter().enumerate() {
                let source = work.jacobian.col(index);
                zip_column(&mut j, col, source, |entry, value| *entry = value);
            }
            Ok(())
        })
    }
}
