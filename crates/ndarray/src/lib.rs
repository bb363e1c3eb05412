#![doc = include_str!("../README.md")]

mod engine;

use leastwise_core::{Error, MatMut, MatRef, Result, Scalar};
use ndarray::{ArrayBase, ArrayView2, ArrayViewMut2, Data, DataMut, Ix2, ShapeBuilder};

/// The scalar types that Leastwise, both versions of ndarray and linfa-linalg support.
pub trait AdapterScalar: Scalar + ndarray::NdFloat + ndarray_016::NdFloat {}
impl<T: Scalar + ndarray::NdFloat + ndarray_016::NdFloat> AdapterScalar for T {}

/// The backend that uses ndarray's matrix product and linfa-linalg's factorisations. Both are
/// single-threaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ndarray;

/// Views the same memory as an array of ndarray.
///
/// # Errors
/// None for a valid view; ndarray's own checks are passed on as [`Error::Shape`].
pub fn to_ndarray<T>(a: MatRef<'_, T>) -> Result<ArrayView2<'_, T>> {
    let strides = (a.row_stride(), a.col_stride());
    ArrayView2::from_shape((a.rows(), a.cols()).strides(strides), a.data())
        .map_err(|error| view_error("to_ndarray", &error))
}

/// Views the same memory as a mutable array of ndarray.
///
/// # Errors
/// None for a valid view; ndarray's own checks are passed on as [`Error::Shape`].
pub fn to_ndarray_mut<T>(a: MatMut<'_, T>) -> Result<ArrayViewMut2<'_, T>> {
    let shape = (a.rows(), a.cols()).strides((a.row_stride(), a.col_stride()));
    ArrayViewMut2::from_shape(shape, a.into_data())
        .map_err(|error| view_error("to_ndarray_mut", &error))
}

/// Views an array of ndarray that is contiguous in memory, in row-major or column-major order.
///
/// # Errors
/// [`Error::Shape`] for an array with gaps or negative strides. `as_standard_layout()` makes it
/// contiguous.
pub fn from_ndarray<T>(a: &ArrayBase<impl Data<Elem = T>, Ix2>) -> Result<MatRef<'_, T>> {
    let (rows, cols) = a.dim();
    let (row_stride, col_stride) = strides(a)?;
    let data = a
        .as_slice_memory_order()
        .ok_or_else(|| not_contiguous(a.dim(), a.strides()))?;
    MatRef::with_strides(data, rows, cols, row_stride, col_stride)
}

/// Views an array of ndarray for writing. It accepts the same arrays as [`from_ndarray`].
///
/// # Errors
/// As [`from_ndarray`].
pub fn from_ndarray_mut<T>(
    a: &mut ArrayBase<impl DataMut<Elem = T>, Ix2>,
) -> Result<MatMut<'_, T>> {
    let (rows, cols) = a.dim();
    let (row_stride, col_stride) = strides(a)?;
    let shape = (a.dim(), [a.strides()[0], a.strides()[1]]);
    let refusal = || not_contiguous(shape.0, &shape.1);
    let data = a.as_slice_memory_order_mut().ok_or_else(refusal)?;
    MatMut::with_strides(data, rows, cols, row_stride, col_stride)
}

fn strides<T>(a: &ArrayBase<impl Data<Elem = T>, Ix2>) -> Result<(usize, usize)> {
    // A dimension of length 1 may have any stride, because the stride is not used.
    let stride = |axis: usize, len: usize| match (len, usize::try_from(a.strides()[axis])) {
        (0 | 1, _) => Ok(None),
        (_, Ok(stride)) => Ok(Some(stride)),
        (_, Err(_)) => Err(not_contiguous(a.dim(), a.strides())),
    };
    let (rows, cols) = a.dim();
    Ok(match (stride(0, rows)?, stride(1, cols)?) {
        (Some(row_stride), Some(col_stride)) => (row_stride, col_stride),
        (Some(row_stride), None) => (row_stride, if row_stride == 1 { rows } else { 1 }),
        (None, col_stride) => (1, col_stride.unwrap_or(rows)),
    })
}

fn not_contiguous((rows, cols): (usize, usize), strides: &[isize]) -> Error {
    Error::Shape {
        operation: "from_ndarray",
        argument: "a",
        detail: format!(
            "must be contiguous in memory, but it is {rows}x{cols} with strides {strides:?}; \
             as_standard_layout() makes a contiguous copy"
        ),
    }
}

fn view_error(operation: &'static str, error: &ndarray::ShapeError) -> Error {
    Error::Shape {
        operation,
        argument: "a",
        detail: format!("is no view of ndarray: {error}"),
    }
}
