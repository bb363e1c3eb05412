//! The data of a fit.

use crate::args::FitArgs;
use crate::columns::Columns;
use crate::error::{Error, Result, bad_input};

/// The columns of x, y and the standard deviations of y.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) sigmas: Option<Vec<f64>>,
}

impl Data {
    /// # Errors
    /// A column that does not exist or is constant, and a standard deviation that is not positive.
    pub(crate) fn new(args: &FitArgs, columns: &Columns, (x, y): (usize, usize)) -> Result<Self> {
        let data = Self {
            x: columns.column(x),
            y: columns.column(y),
            sigmas: match &args.sigma {
                Some(sigma) => Some(columns.column(columns.find("--sigma", sigma)?)),
                None => None,
            },
        };
        if data.y.len() > 1 {
            for (flag, column, values) in [("--x", x, &data.x), ("--y", y, &data.y)] {
                if values.iter().all(|value| *value == values[0]) {
                    return Err(constant(flag, &columns.name(column), values[0]));
                }
            }
        }
        if let (Some(sigmas), Some(name)) = (&data.sigmas, &args.sigma)
            && let Some(row) = sigmas.iter().position(|sigma| *sigma <= 0.0)
        {
            return Err(not_positive(name, sigmas[row], row));
        }
        Ok(data)
    }
}

pub(crate) fn constant(flag: &str, name: &str, value: f64) -> Error {
    bad_input(format!(
        "{flag}: the column {name} is constant: it is {value} in every row"
    ))
}

pub(crate) fn not_positive(name: &str, value: f64, row: usize) -> Error {
    bad_input(format!(
        "--sigma: the column {name} must be positive, but it is {value} in row {}",
        row + 1
    ))
}
