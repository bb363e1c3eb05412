//! A model over the rows of a table.

use std::fmt;

use leastwise_core::{Error, MatMut, Result, Scalar};
use leastwise_optim::{
    LeastSquaresProblem, ResidualFunction, RowFunction, RowProblem, Rows, Steps,
};

use crate::Table;

/// Rows of a [`Table`] and a model: rᵢ(p) = (model(rowᵢ, p) − yᵢ)/σᵢ. yᵢ and σᵢ are entries of the row. σᵢ is 1 without
/// [`with_sigma`](Self::with_sigma).
///
/// Unless the entries are [in memory](crate::Resident), each evaluation reads a block of rows after the other, and a
/// [`Fit`](leastwise_optim::Fit) stores no residual. Then memory does not grow with the number of rows.
///
/// With [`with_gradient`](Self::with_gradient), it is a [`LeastSquaresProblem`]. Without it, use it in
/// [`FiniteDifferences`](leastwise_optim::FiniteDifferences).
///
/// ```
/// use leastwise_core::Error;
/// use leastwise_faer::Faer;
/// use leastwise_mpi::{Generated, Table, TableCurve, share};
/// use leastwise_optim::ranks::on_threads;
/// use leastwise_optim::{FiniteDifferences, Fit};
///
/// // 10,000 rows (x, y) with y = 2·exp(−x/2), of which each rank generates its own.
/// let fits = on_threads(2, |ranks| {
///     let own = share(10_000, ranks);
///     let table = Generated::new(own.len(), 2, |row, entries| {
///         let x = (own.start + row) as f64 * 1e-3;
///         entries.copy_from_slice(&[x, 2.0 * (-0.5 * x).exp()]);
///     });
///     let curve = TableCurve::new(&table, 1, 2, |row, p| p[0] * (-p[1] * row[0]).exp())?;
///     let backend = Faer::default();
///     Fit::new(&backend).across(ranks).run(&FiniteDifferences::central(curve), &[1.0, 1.0])
/// });
/// for fitted in fits {
///     assert!((fitted?.parameters[1] - 0.5).abs() < 1e-9);
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct TableCurve<'t, S: ?Sized, F, G = ()> {
    table: &'t S,
    y: usize,
    sigma: Option<usize>,
    parameters: usize,
    model: F,
    gradient: G,
}

const OPERATION: &str = "TableCurve";

impl<'t, S, F> TableCurve<'t, S, F>
where
    S: Table + ?Sized,
    F: Fn(&[f64], &[f64]) -> f64,
{
    /// A model of n = `parameters` parameters of the column `y`. `model(row, p)` gets all entries of a row.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] without parameters, or without a column `y`.
    pub fn new(table: &'t S, y: usize, parameters: usize, model: F) -> Result<Self> {
        if parameters == 0 {
            return Err(invalid(
                "parameters",
                "must be at least 1, but it is 0".to_owned(),
            ));
        }
        check_column("y", y, table.columns())?;
        Ok(Self {
            table,
            y,
            sigma: None,
            parameters,
            model,
            gradient: (),
        })
    }

    /// Adds derivatives: `gradient(row, p, g)` writes ∂model/∂pⱼ to all n entries of `g`, which are NaN before.
    #[must_use]
    pub fn with_gradient<G>(self, gradient: G) -> TableCurve<'t, S, F, G>
    where
        G: Fn(&[f64], &[f64], &mut [f64]),
    {
        TableCurve {
            table: self.table,
            y: self.y,
            sigma: self.sigma,
            parameters: self.parameters,
            model: self.model,
            gradient,
        }
    }
}

impl<S: Table + ?Sized, F, G> TableCurve<'_, S, F, G> {
    /// Takes the standard deviations of y from the column `sigma`. A row whose σ is not positive and finite has the residual
    /// NaN.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] without this column.
    pub fn with_sigma(self, sigma: usize) -> Result<Self> {
        check_column("sigma", sigma, self.table.columns())?;
        Ok(Self {
            sigma: Some(sigma),
            ..self
        })
    }

    fn sigma_of(&self, row: &[f64]) -> f64 {
        let sigma = self.sigma.map_or(1.0, |column| row[column]);
        if sigma > 0.0 && sigma.is_finite() {
            sigma
        } else {
            f64::NAN
        }
    }

    /// Calls `see` with the position and the entries of each of `count` rows.
    fn each(&self, rows: Rows<'_>, count: usize, mut see: impl FnMut(usize, &[f64])) -> Result<()> {
        let columns = self.table.columns();
        if let (Some(entries), Rows::From(first)) = (self.table.entries(), rows) {
            let own = entries.get(first * columns..(first + count) * columns);
            if let Some(own) = own {
                own.chunks_exact(columns)
                    .enumerate()
                    .for_each(|(k, row)| see(k, row));
                return Ok(());
            }
        }
        let mut entries = vec![f64::NAN; count * columns];
        self.table.read(rows, &mut entries)?;
        entries
            .chunks_exact(columns)
            .enumerate()
            .for_each(|(k, row)| see(k, row));
        Ok(())
    }
}

fn check_column(argument: &'static str, column: usize, columns: usize) -> Result<()> {
    if column < columns {
        return Ok(());
    }
    let detail = format!("must be one of the {columns} columns, but it is {column}");
    Err(invalid(argument, detail))
}

fn invalid(argument: &'static str, detail: String) -> Error {
    Error::InvalidArgument {
        operation: OPERATION,
        argument,
        detail,
    }
}

impl<S: Table + ?Sized, F, G> fmt::Debug for TableCurve<'_, S, F, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(OPERATION)
            .field("parameters", &self.parameters)
            .field("rows", &self.table.rows())
            .finish_non_exhaustive()
    }
}

impl<S, F, G> RowFunction<f64> for TableCurve<'_, S, F, G>
where
    S: Table + ?Sized,
    F: Fn(&[f64], &[f64]) -> f64,
{
    fn residual_rows(&self, p: &[f64], rows: Rows<'_>, r: &mut [f64]) -> Result<()> {
        self.each(rows, r.len(), |k, row| {
            r[k] = ((self.model)(row, p) - row[self.y]) / self.sigma_of(row);
        })
    }

    fn data_sizes_of_rows(&self, rows: Rows<'_>, sizes: &mut [f64]) -> bool {
        let outcome = self.each(rows, sizes.len(), |k, row| {
            sizes[k] = (row[self.y] / self.sigma_of(row)).abs();
        });
        outcome.is_ok()
    }

    fn is_streamed(&self) -> bool {
        self.table.entries().is_none()
    }
}

impl<S, F, G> ResidualFunction<f64> for TableCurve<'_, S, F, G>
where
    S: Table + ?Sized,
    F: Fn(&[f64], &[f64]) -> f64,
{
    fn residuals(&self) -> usize {
        self.table.rows()
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn data_sizes(&self, sizes: &mut [f64]) -> bool {
        self.data_sizes_of_rows(Rows::From(0), sizes)
    }

    fn by_rows(&self) -> Option<&dyn RowFunction<f64>> {
        Some(self)
    }

    fn residual(&self, p: &[f64], r: &mut [f64]) -> Result<()> {
        self.residual_rows(p, Rows::From(0), r)
    }
}

impl<S, F, G> RowProblem<f64> for TableCurve<'_, S, F, G>
where
    S: Table + ?Sized,
    F: Fn(&[f64], &[f64]) -> f64,
    G: Fn(&[f64], &[f64], &mut [f64]),
{
    fn jacobian_rows(
        &self,
        p: &[f64],
        _: &Steps<f64>,
        rows: Rows<'_>,
        r: &[f64],
        mut j: MatMut<'_, f64>,
    ) -> Result<()> {
        let mut gradient = vec![f64::NAN; self.parameters];
        self.each(rows, r.len(), |k, row| {
            gradient.fill(f64::NAN);
            (self.gradient)(row, p, &mut gradient);
            let sigma = self.sigma_of(row);
            for (col, derivative) in gradient.iter().enumerate() {
                j[(k, col)] = derivative / sigma;
            }
        })
    }
}

impl<S, F, G> LeastSquaresProblem<f64> for TableCurve<'_, S, F, G>
where
    S: Table + ?Sized,
    F: Fn(&[f64], &[f64]) -> f64,
    G: Fn(&[f64], &[f64], &mut [f64]),
{
    fn residuals(&self) -> usize {
        self.table.rows()
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn jacobian_error(&self) -> f64 {
        <f64 as Scalar>::EPSILON
    }

    fn by_rows(&self) -> Option<&dyn RowProblem<f64>> {
        Some(self)
    }

    fn residual(&self, p: &[f64], r: &mut [f64]) -> Result<()> {
        self.residual_rows(p, Rows::From(0), r)
    }

    fn jacobian(&self, p: &[f64], j: MatMut<'_, f64>) -> Result<()> {
        let r = vec![0.0; self.table.rows()];
        self.jacobian_rows(p, &Steps::default(), Rows::From(0), &r, j)
    }
}
