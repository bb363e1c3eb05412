//! An owned column-major matrix.

use std::ops::{Index, IndexMut};

use crate::{Error, MatMut, MatRef, Result, Scalar};

/// A rows × cols matrix that owns its entries, column after column without padding.
///
/// Its storage is a `Vec`. A library that needs to own its matrix can take the `Vec` and return it
/// without a copy.
///
/// ```
/// use leastwise_core::Mat;
/// let hilbert = Mat::from_fn(2, 2, |i, j| 1.0 / (i + j + 1) as f64);
/// assert_eq!(hilbert.data(), &[1.0, 0.5, 0.5, 1.0 / 3.0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mat<T> {
    data: Vec<T>,
    rows: usize,
    cols: usize,
}

impl<T> Mat<T> {
    /// Takes over `data` as rows × cols, column after column.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `data` has exactly rows · cols elements.
    pub fn from_col_major(data: Vec<T>, rows: usize, cols: usize) -> Result<Self> {
        if rows.checked_mul(cols) == Some(data.len()) {
            return Ok(Self { data, rows, cols });
        }
        Err(Error::Shape {
            operation: "Mat",
            argument: "data",
            detail: format!(
                "must have {rows}·{cols} elements, but it has {}",
                data.len()
            ),
        })
    }

    /// The same for data whose length is known to be right.
    pub(crate) fn of_columns(data: Vec<T>, rows: usize, cols: usize) -> Self {
        debug_assert_eq!(data.len(), rows * cols);
        Self { data, rows, cols }
    }

    /// The matrix whose entry (i, j) is `f(i, j)`.
    pub fn from_fn(rows: usize, cols: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for j in 0..cols {
            data.extend((0..rows).map(|i| f(i, j)));
        }
        Self { data, rows, cols }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The entries in column-major order.
    #[must_use]
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The entries in column-major order, for writing.
    #[must_use]
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The storage, for a library that needs to own it.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }

    /// Column j.
    ///
    /// # Panics
    /// If there is no such column, as indexing a slice does.
    #[must_use]
    pub fn col(&self, j: usize) -> &[T] {
        assert!(
            j < self.cols,
            "column {j} is outside a matrix of {} columns",
            self.cols
        );
        &self.data[j * self.rows..(j + 1) * self.rows]
    }

    /// Column j, for writing.
    ///
    /// # Panics
    /// If there is no such column, as indexing a slice does.
    #[must_use]
    pub fn col_mut(&mut self, j: usize) -> &mut [T] {
        assert!(
            j < self.cols,
            "column {j} is outside a matrix of {} columns",
            self.cols
        );
        &mut self.data[j * self.rows..(j + 1) * self.rows]
    }

    /// A view of the whole matrix.
    #[must_use]
    pub fn as_ref(&self) -> MatRef<'_, T> {
        self.columns(0, self.cols)
    }

    /// A view of the columns `start .. start + count`.
    ///
    /// # Panics
    /// If there are fewer columns, as slicing a slice does.
    #[must_use]
    pub fn columns(&self, start: usize, count: usize) -> MatRef<'_, T> {
        let data = &self.data[start * self.rows..(start + count) * self.rows];
        MatRef::of_columns(data, self.rows, count)
    }

    /// A mutable view of the whole matrix.
    #[must_use]
    pub fn as_mut(&mut self) -> MatMut<'_, T> {
        MatMut::of_columns(&mut self.data, self.rows, self.cols)
    }
}

impl<T: Scalar> Mat<T> {
    /// The rows × cols matrix of zeros.
    #[must_use]
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self {
            data: vec![T::zero(); rows * cols],
            rows,
            cols,
        }
    }

    /// The n × n identity.
    #[must_use]
    pub fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { T::one() } else { T::zero() })
    }

    /// A copy of the first `rows` rows.
    ///
    /// # Panics
    /// If there are fewer rows.
    #[must_use]
    pub fn top_rows(&self, rows: usize) -> Self {
        let mut data = Vec::with_capacity(rows * self.cols);
        for j in 0..self.cols {
            data.extend_from_slice(&self.col(j)[..rows]);
        }
        Self {
            data,
            rows,
            cols: self.cols,
        }
    }

    /// A copy of the transpose.
    #[must_use]
    pub fn transposed(&self) -> Self {
        self.as_ref().transpose().to_mat()
    }

    /// Gives the matrix a new shape. Its entries are then unspecified. The storage is kept if it is
    /// large enough.
    pub fn reshape_for_overwrite(&mut self, rows: usize, cols: usize) {
        let count = rows * cols;
        if self.data.capacity() < count {
            self.data = Vec::with_capacity(count);
        }
        self.data.resize(count, T::zero());
        (self.rows, self.cols) = (rows, cols);
    }

    /// The Frobenius norm, (Σ aᵢⱼ²)^½, without overflow and underflow of squares.
    #[must_use]
    pub fn frobenius_norm(&self) -> T {
        crate::norm::euclidean(&self.data)
    }
}

impl<T: Scalar> MatRef<'_, T> {
    /// A column-major copy without padding.
    #[must_use]
    pub fn to_mat(&self) -> Mat<T> {
        let (rows, cols) = (self.rows(), self.cols());
        if self.columns_are_contiguous() {
            let mut data = Vec::with_capacity(rows * cols);
            self.pieces()
                .for_each(|piece| data.extend_from_slice(piece));
            return Mat::of_columns(data, rows, cols);
        }
        let mut copy = Mat::zeros(rows, cols);
        copy.as_mut().copy_from_checked(*self);
        copy
    }
}

impl<T> Index<(usize, usize)> for Mat<T> {
    type Output = T;

    /// The entry (i, j).
    ///
    /// # Panics
    /// Outside the matrix, as indexing a slice does.
    fn index(&self, (i, j): (usize, usize)) -> &T {
        &self.col(j)[i]
    }
}

impl<T> IndexMut<(usize, usize)> for Mat<T> {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
        &mut self.col_mut(j)[i]
    }
}
