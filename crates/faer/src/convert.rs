//! The same matrices as types of faer.

use leastwise_core::{Mat, MatMut, MatRef, Scalar};

/// The scalar types that both Leastwise and faer support: f32 and f64.
pub trait AdapterScalar: Scalar + faer::traits::RealField {}
impl<T: Scalar + faer::traits::RealField> AdapterScalar for T {}

/// Views the same memory as a matrix of faer.
#[must_use]
pub fn to_faer<T>(a: MatRef<'_, T>) -> faer::MatRef<'_, T> {
    if !a.columns_are_contiguous() {
        return to_faer(a.transpose()).transpose();
    }
    let (rows, cols) = (a.rows(), a.cols());
    // A single column may have any stride. faer would refuse a stride that is smaller.
    let col_stride = a.col_stride().max(rows);
    faer::MatRef::from_column_major_slice_with_stride(a.data(), rows, cols, col_stride)
}

/// Views the same memory as a mutable matrix of faer.
///
/// Contiguous rows are viewed as the columns of the transpose, because
/// `MatMut::from_row_major_slice_with_stride_mut` of faer 0.24.4 swaps the strides. Its view of a
/// matrix with more columns than rows reaches beyond the slice.
#[must_use]
pub fn to_faer_mut<T>(a: MatMut<'_, T>) -> faer::MatMut<'_, T> {
    if !a.columns_are_contiguous() {
        return to_faer_mut(a.transpose()).transpose_mut();
    }
    let (rows, cols) = (a.rows(), a.cols());
    let col_stride = a.col_stride().max(rows);
    let data = a.into_data();
    faer::MatMut::from_column_major_slice_with_stride_mut(data, rows, cols, col_stride)
}

/// Copies a matrix of faer.
///
/// faer pads its columns and only provides slices of one column at a time, so safe code cannot view
/// a whole matrix of faer. This is the only conversion that copies. To avoid the copy, keep the
/// data in a [`Mat`] or a slice and view it with [`to_faer`].
#[must_use]
pub fn from_faer<T: Scalar>(a: faer::MatRef<'_, T>) -> Mat<T> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)])
}
