//! A problem made of data and a model.

use std::fmt;

use leastwise_core::{Error, MatMut, Result, Scalar};

use crate::scratch::Scratch;
use crate::{LeastSquaresProblem, ResidualFunction, RowFunction, RowProblem, Rows, Steps, check};

/// Data (xᵢ, yᵢ) and a model: rᵢ(p) = (model(xᵢ, p) − yᵢ)/σᵢ for n parameters p.
///
/// σᵢ is the standard deviation of yᵢ. It is 1 without [`with_sigmas`](Self::with_sigmas). x may have any
/// type that is `Copy`: a number, `[f64; 2]`, or a reference to a struct. No evaluation allocates.
///
/// With [`with_gradient`](Self::with_gradient), it is a [`LeastSquaresProblem`]. Without it, use it in
/// [`FiniteDifferences`](crate::FiniteDifferences).
///
/// ```
/// use leastwise_faer::Faer;
/// use leastwise_optim::{Curve, Fit, Parameters, Sigma};
///
/// # fn main() -> leastwise_core::Result<()> {
/// // z = p₀ + p₁·u + p₂·v at five points of a plane, with known errors.
/// let points = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]];
/// let z = [1.0, 3.1, 0.4, 2.6, 4.5];
/// let plane = Curve::new(3, |[u, v]: [f64; 2], p: &[f64]| p[0] + p[1] * u + p[2] * v, &points, &z)?
///     .with_sigmas(&[0.1, 0.1, 0.1, 0.1, 0.2])?
///     .with_gradient(|[u, v], _, gradient| gradient.copy_from_slice(&[1.0, u, v]));
///
/// let backend = Faer::default();
/// let fit = Fit::new(&backend).with_sigma_scale(Sigma::Absolute);
/// let start = Parameters::from(&[0.0; 3]).with_names(&["offset", "u", "v"]);
/// println!("{}", fit.run(&plane, start)?);
/// # Ok(())
/// # }
/// ```
pub struct Curve<'a, T, X, F, G = ()> {
    parameters: usize,
    model: F,
    x: &'a [X],
    y: &'a [T],
    sigmas: Option<&'a [T]>,
    gradient: G,
    /// A row of the Jacobian, kept between evaluations.
    row: Scratch<Vec<T>>,
}

const OPERATION: &str = "Curve";

impl<'a, T, X, F> Curve<'a, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    /// A curve y ≈ `model(x, p)` with n = `parameters`.
    ///
    /// The model returns NaN or ∞ outside its domain. The values of x are not checked. A NaN in them causes a
    /// residual that is not finite.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are no data, or if x and y have different lengths. [`Error::NonFinite`] for
    /// a y that is NaN or infinite. [`Error::InvalidArgument`] if there are no parameters.
    pub fn new(parameters: usize, model: F, x: &'a [X], y: &'a [T]) -> Result<Self> {
        if x.is_empty() {
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "x",
                detail: "must have at least one entry, but it has 0".to_owned(),
            });
        }
        Self::of_part(parameters, model, x, y)
    }

    /// As [`new`](Self::new), for the data of one rank of a parallel program, which may have none. Use it in a fit
    /// [across ranks](crate::Fit::across).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_part(parameters: usize, model: F, x: &'a [X], y: &'a [T]) -> Result<Self> {
        let parameters = check::at_least_one(OPERATION, "parameters", parameters)?;
        check::entries(OPERATION, "y", x.len(), y.len())?;
        check::finite(OPERATION, "y", y)?;
        Ok(Self {
            parameters,
            model,
            x,
            y,
            sigmas: None,
            gradient: (),
            row: Scratch::default(),
        })
    }

    /// Adds derivatives: `gradient(x, p, g)` writes ∂model/∂pⱼ to all n entries of `g`, which are NaN before.
    ///
    /// [`check_jacobian`](crate::check_jacobian) finds common mistakes.
    #[must_use]
    pub fn with_gradient<G>(self, gradient: G) -> Curve<'a, T, X, F, G>
    where
        G: Fn(X, &[T], &mut [T]),
    {
        Curve {
            parameters: self.parameters,
            model: self.model,
            x: self.x,
            y: self.y,
            sigmas: self.sigmas,
            gradient,
            row: self.row,
        }
    }
}

impl<'a, T: Scalar, X, F, G> Curve<'a, T, X, F, G> {
    /// Sets the standard deviations of y, σ = `sigmas`. For [`Sigma::Relative`](crate::Sigma::Relative), they
    /// are known up to a common factor. For [`Sigma::Absolute`](crate::Sigma::Absolute), they are known
    /// exactly.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one per datum, and [`Error::InvalidArgument`] unless all are positive
    /// and finite.
    pub fn with_sigmas(self, sigmas: &'a [T]) -> Result<Self> {
        check::entries(OPERATION, "sigmas", self.y.len(), sigmas.len())?;
        check::all_positive(OPERATION, "sigmas", sigmas)?;
        Ok(Self {
            sigmas: Some(sigmas),
            ..self
        })
    }

    pub(super) fn parameter_count(&self) -> usize {
        self.parameters
    }

    pub(super) fn model(&self) -> &F {
        &self.model
    }

    pub(super) fn gradient(&self) -> &G {
        &self.gradient
    }

    /// The model at `x`.
    pub(super) fn values(&self, p: &[T], x: &[X]) -> Vec<T>
    where
        X: Copy,
        F: Fn(X, &[T]) -> T,
    {
        x.iter().map(|&x| (self.model)(x, p)).collect()
    }

    fn sigma(&self, i: usize) -> T {
        self.sigmas.map_or(T::one(), |sigmas| sigmas[i])
    }

    fn check_rows(&self, rows: Rows<'_>, count: usize) -> Result<()> {
        let end = match rows {
            Rows::From(first) => first.checked_add(count),
            Rows::Listed(rows) => {
                check::entries(OPERATION, "r", rows.len(), count)?;
                rows.iter()
                    .max()
                    .map_or(Some(0), |last| last.checked_add(1))
            }
        };
        if end.is_some_and(|end| end <= self.y.len()) {
            return Ok(());
        }
        let detail = format!("must be among the {} data, but they are not", self.y.len());
        Err(check::invalid(OPERATION, "rows", detail))
    }
}

impl<T, X, F, G> fmt::Debug for Curve<'_, T, X, F, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(OPERATION)
            .field("parameters", &self.parameters)
            .field("data", &self.y.len())
            .field("has_sigmas", &self.sigmas.is_some())
            .finish_non_exhaustive()
    }
}

impl<T, X, F, G> ResidualFunction<T> for Curve<'_, T, X, F, G>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    fn residuals(&self) -> usize {
        self.y.len()
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn data_sizes(&self, sizes: &mut [T]) -> bool {
        for (i, (size, &y)) in sizes.iter_mut().zip(self.y).enumerate() {
            *size = (y / self.sigma(i)).abs();
        }
        true
    }

    fn by_rows(&self) -> Option<&dyn RowFunction<T>> {
        Some(self)
    }

    fn residual(&self, p: &[T], r: &mut [T]) -> Result<()> {
        check::entries(OPERATION, "r", self.y.len(), r.len())?;
        self.residual_rows(p, Rows::From(0), r)
    }
}

impl<T, X, F, G> RowFunction<T> for Curve<'_, T, X, F, G>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    fn residual_rows(&self, p: &[T], rows: Rows<'_>, r: &mut [T]) -> Result<()> {
        check::entries(OPERATION, "p", self.parameters, p.len())?;
        self.check_rows(rows, r.len())?;
        match rows {
            Rows::From(first) => {
                let data = self.x[first..].iter().zip(&self.y[first..]);
                for (ri, (&x, &y)) in r.iter_mut().zip(data) {
                    *ri = (self.model)(x, p) - y;
                }
                if let Some(sigmas) = self.sigmas {
                    for (ri, &sigma) in r.iter_mut().zip(&sigmas[first..]) {
                        *ri /= sigma;
                    }
                }
            }
            Rows::Listed(rows) => {
                for (ri, &i) in r.iter_mut().zip(rows) {
                    *ri = ((self.model)(self.x[i], p) - self.y[i]) / self.sigma(i);
                }
            }
        }
        Ok(())
    }

    fn data_sizes_of_rows(&self, rows: Rows<'_>, sizes: &mut [T]) -> bool {
        let count = sizes.len();
        if self.check_rows(rows, count).is_err() {
            return false;
        }
        for (size, &y) in sizes.iter_mut().zip(rows.of(self.y, count)) {
            *size = y.abs();
        }
        if let Some(sigmas) = self.sigmas {
            for (size, &sigma) in sizes.iter_mut().zip(rows.of(sigmas, count)) {
                *size /= sigma;
            }
        }
        true
    }
}

impl<T, X, F, G> RowProblem<T> for Curve<'_, T, X, F, G>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
    G: Fn(X, &[T], &mut [T]),
{
    fn jacobian_rows(
        &self,
        p: &[T],
        _steps: &Steps<T>,
        rows: Rows<'_>,
        r: &[T],
        j: MatMut<'_, T>,
    ) -> Result<()> {
        let n = self.parameters;
        check::entries(OPERATION, "p", n, p.len())?;
        check::size(OPERATION, "j", (r.len(), n), &j)?;
        self.check_rows(rows, r.len())?;
        let mut row = self.row.take();
        row.resize(n, T::nan());
        let (down, across) = (j.row_stride(), j.col_stride());
        let entries = j.into_data();
        for k in 0..r.len() {
            let i = match rows {
                Rows::From(first) => first + k,
                Rows::Listed(rows) => rows[k],
            };
            row.fill(T::nan());
            (self.gradient)(self.x[i], p, &mut row);
            if let Some(sigmas) = self.sigmas {
                for derivative in &mut row {
                    *derivative /= sigmas[i];
                }
            }
            // Indexing the view by (k, j) would cost more than a simple model.
            let mut place = k * down;
            for &derivative in &row {
                entries[place] = derivative;
                place += across;
            }
        }
        self.row.put_back(row);
        Ok(())
    }
}

impl<T, X, F, G> LeastSquaresProblem<T> for Curve<'_, T, X, F, G>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
    G: Fn(X, &[T], &mut [T]),
{
    fn residuals(&self) -> usize {
        self.y.len()
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn residual(&self, p: &[T], r: &mut [T]) -> Result<()> {
        ResidualFunction::residual(self, p, r)
    }

    fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
        Some(self)
    }

    fn jacobian(&self, p: &[T], j: MatMut<'_, T>) -> Result<()> {
        check::size(OPERATION, "j", (self.y.len(), self.parameters), &j)?;
        // Only the number of residuals matters.
        self.jacobian_rows(p, &Steps::default(), Rows::From(0), self.y, j)
    }
}
