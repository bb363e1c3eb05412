//! Finite differences of some rows of a residual.
//!
//! The steps have to suit all rows. They are chosen on pilot rows, as for a whole problem of those rows.

use std::cell::RefCell;

use leastwise_core::{Error, MatMut, Result, Scalar};

use super::ResidualFunction;
use super::difference::Difference;
use super::differences::{OPERATION, three_points};
use super::finite_differences::FiniteDifferences;
use super::reaction::CLEAR;
use crate::{Bounds, Pilot, RowFunction, RowProblem, Rows, Steps, check};

/// The problem of the pilot rows.
struct OfPilot<'a, T> {
    function: &'a dyn RowFunction<T>,
    parameters: usize,
    pilot: Pilot<'a>,
    /// An error that [`data_sizes`](ResidualFunction::data_sizes) cannot return.
    failed: RefCell<Option<Error>>,
}

impl<T: Scalar> ResidualFunction<T> for OfPilot<'_, T> {
    fn residuals(&self) -> usize {
        self.pilot.count()
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn data_sizes(&self, sizes: &mut [T]) -> bool {
        match self.pilot.data_sizes(self.function, sizes) {
            Ok(are_known) => are_known,
            Err(error) => {
                self.failed.replace(Some(error));
                false
            }
        }
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        if let Some(error) = &*self.failed.borrow() {
            return Err(error.clone());
        }
        self.pilot.residual(self.function, x, r)
    }
}

impl<T: Scalar, P: ResidualFunction<T>> FiniteDifferences<T, P> {
    fn function_by_rows(&self) -> Result<&dyn RowFunction<T>> {
        self.function().by_rows().ok_or_else(|| {
            let detail = "must evaluate rows on their own".to_owned();
            check::invalid(OPERATION, "function", detail)
        })
    }
}

impl<T: Scalar, P: ResidualFunction<T>> RowFunction<T> for FiniteDifferences<T, P> {
    fn residual_rows(&self, x: &[T], rows: Rows<'_>, r: &mut [T]) -> Result<()> {
        self.function_by_rows()?.residual_rows(x, rows, r)
    }

    fn data_sizes_of_rows(&self, rows: Rows<'_>, sizes: &mut [T]) -> bool {
        let function = self.function().by_rows();
        function.is_some_and(|function| function.data_sizes_of_rows(rows, sizes))
    }

    fn is_streamed(&self) -> bool {
        let function = self.function().by_rows();
        function.is_some_and(RowFunction::is_streamed)
    }
}

impl<T: Scalar, P: ResidualFunction<T>> RowProblem<T> for FiniteDifferences<T, P> {
    fn steps(
        &self,
        x: &[T],
        bounds: Option<&Bounds<T>>,
        is_draft: bool,
        pilot: Pilot<'_>,
    ) -> Result<Steps<T>> {
        let of_pilot = OfPilot {
            function: self.function_by_rows()?,
            parameters: self.function().parameters(),
            pilot,
            failed: RefCell::default(),
        };
        let bounds = bounds.or(self.function().bounds());
        self.differences().steps_of(&of_pilot, x, bounds, is_draft)
    }

    fn jacobian_rows(
        &self,
        x: &[T],
        steps: &Steps<T>,
        rows: Rows<'_>,
        r: &[T],
        j: MatMut<'_, T>,
    ) -> Result<()> {
        let function = self.function_by_rows()?;
        rows_of_jacobian(function, x, (steps, self.differences().noise), rows, r, j)
    }
}

fn rows_of_jacobian<T: Scalar>(
    function: &dyn RowFunction<T>,
    x: &[T],
    (steps, noise): (&Steps<T>, T),
    rows: Rows<'_>,
    r: &[T],
    mut j: MatMut<'_, T>,
) -> Result<()> {
    check::entries(OPERATION, "steps", x.len(), steps.differences.len())?;
    check::size(OPERATION, "j", (r.len(), x.len()), &j)?;
    let mut point = x.to_vec();
    let mut other = vec![T::zero(); r.len()];
    for (col, &difference) in steps.differences.iter().enumerate() {
        let xj = x[col];
        let Some(column) = j.try_col_mut(col) else {
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "j",
                detail: "must have contiguous columns".to_owned(),
            });
        };
        let mut evaluate_at = |moved: T, r: &mut [T]| {
            point[col] = moved;
            let outcome = function.residual_rows(&point, rows, r);
            point[col] = xj;
            outcome
        };
        match difference {
            Difference::Zero => column.fill(T::zero()),
            Difference::OneSided(h) => {
                evaluate_at(xj + h, column)?;
                for (entry, &base) in column.iter_mut().zip(r) {
                    *entry = (*entry - base) / h;
                }
            }
            Difference::Unseen(h) => {
                evaluate_at(xj + h, column)?;
                if !function.data_sizes_of_rows(rows, &mut other) {
                    other.fill(T::zero());
                }
                let clear = T::of(CLEAR) * noise;
                for ((entry, &base), &size) in column.iter_mut().zip(r).zip(&other) {
                    let change = *entry - base;
                    let is_noise = change.abs() <= clear * (base.abs() + size);
                    *entry = if is_noise { T::zero() } else { change / h };
                }
            }
            Difference::Central(h) => {
                evaluate_at(xj + h, column)?;
                other.fill(T::nan());
                evaluate_at(xj - h, &mut other)?;
                let width = (xj + h) - (xj - h);
                for (entry, &below) in column.iter_mut().zip(&other) {
                    *entry = (*entry - below) / width;
                }
            }
            Difference::ThreePoints(h) => {
                evaluate_at(xj + h, column)?;
                other.fill(T::nan());
                evaluate_at(xj + (h + h), &mut other)?;
                for ((entry, &base), &far) in column.iter_mut().zip(r).zip(&other) {
                    *entry = three_points(base, *entry, far, h);
                }
            }
        }
    }
    Ok(())
}
