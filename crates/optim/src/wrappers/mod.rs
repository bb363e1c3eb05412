//! Problems that modify another problem: its loss, its weights, or its parameters.

mod bounded;
mod correlated;
mod fixed;
mod reference;
mod robust;
mod robust_loss;
mod robust_scale;
mod tied;
mod weighted;

pub use bounded::Bounded;
pub use correlated::Correlated;
pub use fixed::FixedParameters;
pub use robust::Robust;
pub use robust_loss::RobustLoss;
pub use robust_scale::robust_scale;
pub(crate) use robust_scale::scale_of_median;
pub(crate) use tied::Tied;
pub use weighted::Weighted;

use leastwise_core::{MatMut, Scalar};

/// J ← diag(factors)·J.
pub(crate) fn scale_rows<T: Scalar>(j: &mut MatMut<'_, T>, factors: &[T]) {
    for col in 0..j.cols() {
        zip_column(j, col, factors, |entry, factor| *entry *= factor);
    }
}

/// Calls `change(entry, value)` for each entry of column `col`. It uses slices if the entries are adjacent.
fn zip_column<T: Scalar>(
    j: &mut MatMut<'_, T>,
    col: usize,
    values: &[T],
    change: impl Fn(&mut T, T),
) {
    if let Some(column) = j.try_col_mut(col) {
        for (entry, &value) in column.iter_mut().zip(values) {
            change(entry, value);
        }
    } else {
        for (row, &value) in values.iter().enumerate() {
            change(&mut j[(row, col)], value);
        }
    }
}
