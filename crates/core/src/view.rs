//! Neutral strided matrix views, so that one piece of memory feeds every library without a copy.
//!
//! Entry (i, j) is `data[i·row_stride + j·col_stride]`. One of the strides is 1, and the other
//! spans a whole column or row, so entries never overlap. That covers column-major storage with
//! padding between columns (LAPACK's leading dimension), row-major storage, and the transposes of
//! both; every library of this workspace can view it from safe code.

use std::ops::{Index, IndexMut};

use crate::layout::Layout;
use crate::{Error, Result, Scalar};

/// A read-only matrix view.
///
/// ```
/// use leastwise_core::MatRef;
/// // [1 3 5]
/// // [2 4 6]
/// let a = MatRef::from_col_major(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3)?;
/// assert_eq!(a[(0, 2)], 5.0);
/// assert_eq!(a.transpose()[(2, 0)], 5.0);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Debug)]
pub struct MatRef<'a, T> {
    data: &'a [T],
    layout: Layout,
}

/// A mutable matrix view.
///
/// ```
/// use leastwise_core::MatMut;
/// let mut data = [0.0; 6];
/// let mut c = MatMut::from_col_major_with_stride(&mut data, 2, 2, 3)?; // one row of padding
/// c[(1, 1)] = 7.0;
/// assert_eq!(data, [0.0, 0.0, 0.0, 0.0, 7.0, 0.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Debug)]
pub struct MatMut<'a, T> {
    data: &'a mut [T],
    layout: Layout,
}

/// What both views have.
macro_rules! shared_methods {
    ($view:literal, $slice:ty) => {
        /// Number of rows.
        #[must_use]
        pub fn rows(&self) -> usize {
            self.layout.rows
        }

        /// Number of columns.
        #[must_use]
        pub fn cols(&self) -> usize {
            self.layout.cols
        }

        /// Distance in `data` from an entry to the one below it.
        #[must_use]
        pub fn row_stride(&self) -> usize {
            self.layout.row_stride
        }

        /// Distance in `data` from an entry to the one right of it.
        #[must_use]
        pub fn col_stride(&self) -> usize {
            self.layout.col_stride
        }

        /// Whether each column is one contiguous piece of memory.
        #[must_use]
        pub fn columns_are_contiguous(&self) -> bool {
            self.layout.columns_are_contiguous()
        }

        /// Views `data` as rows × cols with the given strides, of which one must be 1.
        ///
        /// # Errors
        /// [`Error::Shape`] if neither stride is 1, if entries would overlap, or if `data` is too
        /// short.
        pub fn with_strides(
            data: $slice,
            rows: usize,
            cols: usize,
            row_stride: usize,
            col_stride: usize,
        ) -> Result<Self> {
            let layout = Layout {
                rows,
                cols,
                row_stride,
                col_stride,
            };
            let layout = Layout::checked($view, data.len(), layout)?;
            Ok(Self { data, layout })
        }

        /// Views `data` as rows × cols, column after column without padding.
        ///
        /// # Errors
        /// [`Error::Shape`] if `data` is too short.
        pub fn from_col_major(data: $slice, rows: usize, cols: usize) -> Result<Self> {
            Self::with_strides(data, rows, cols, 1, rows)
        }

        /// Views `data` as rows × cols, column after column, `col_stride` ≥ rows apart.
        ///
        /// # Errors
        /// [`Error::Shape`] if columns would overlap or `data` is too short.
        pub fn from_col_major_with_stride(
            data: $slice,
            rows: usize,
            cols: usize,
            col_stride: usize,
        ) -> Result<Self> {
            Self::with_strides(data, rows, cols, 1, col_stride)
        }

        /// Views `data` as rows × cols, row after row without padding.
        ///
        /// # Errors
        /// [`Error::Shape`] if `data` is too short.
        pub fn from_row_major(data: $slice, rows: usize, cols: usize) -> Result<Self> {
            Self::with_strides(data, rows, cols, cols, 1)
        }

        /// Views `data`, which has exactly rows · cols entries, column after column. A `Mat`
        /// guarantees this, so it is not checked again.
        pub(crate) fn of_columns(data: $slice, rows: usize, cols: usize) -> Self {
            debug_assert_eq!(data.len(), rows * cols);
            let layout = Layout::of_columns(rows, cols);
            Self { data, layout }
        }

        /// The transpose: the same memory, the other way round.
        #[must_use]
        pub fn transpose(self) -> Self {
            Self {
                data: self.data,
                layout: self.layout.transposed(),
            }
        }
    };
}

impl<T> Clone for MatRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for MatRef<'_, T> {}

impl<'a, T> MatRef<'a, T> {
    shared_methods!("MatRef", &'a [T]);

    /// Views `data` as one column.
    #[must_use]
    pub fn from_column(data: &'a [T]) -> Self {
        let rows = data.len();
        Self {
            data,
            layout: Layout::of_columns(rows, 1),
        }
    }

    /// The memory behind the view, padding included.
    #[must_use]
    pub fn data(&self) -> &'a [T] {
        self.data
    }

    /// Column j as a slice, or `None` if there is none or its entries are not adjacent.
    #[must_use]
    pub fn try_col(&self, j: usize) -> Option<&'a [T]> {
        self.layout.column_range(j).map(|range| &self.data[range])
    }

    /// The entries in column-major order, in as few slices as possible. The columns are contiguous.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &'a [T]> + Clone + use<'a, T> {
        debug_assert!(self.columns_are_contiguous());
        let (rows, cols, stride) = (self.rows(), self.cols(), self.col_stride());
        let (count, len) = match rows * cols {
            0 => (0, 0),
            entries if stride == rows => (1, entries),
            _ => (cols, rows),
        };
        let data = self.data;
        (0..count).map(move |j| &data[j * stride..][..len])
    }

    /// The entry (i, j), or `None` outside the matrix.
    #[must_use]
    pub fn get(&self, i: usize, j: usize) -> Option<&'a T> {
        (i < self.rows() && j < self.cols()).then(|| &self.data[self.layout.offset((i, j))])
    }
}

impl<T: Scalar> MatRef<'_, T> {
    /// The entries in column-major order.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        (0..self.cols()).flat_map(move |j| (0..self.rows()).map(move |i| self[(i, j)]))
    }
}

impl<T> Index<(usize, usize)> for MatRef<'_, T> {
    type Output = T;

    /// The entry (i, j).
    ///
    /// # Panics
    /// Outside the matrix, as indexing a slice does; [`MatRef::get`] does not.
    fn index(&self, index: (usize, usize)) -> &T {
        &self.data[self.layout.offset(index)]
    }
}

impl<'a, T> MatMut<'a, T> {
    shared_methods!("MatMut", &'a mut [T]);

    /// The memory behind the view, padding included.
    #[must_use]
    pub fn into_data(self) -> &'a mut [T] {
        self.data
    }

    /// The same matrix, read-only.
    #[must_use]
    pub fn as_ref(&self) -> MatRef<'_, T> {
        MatRef {
            data: self.data,
            layout: self.layout,
        }
    }

    /// The same matrix with a shorter lifetime, so that a view can be passed on and used again.
    #[must_use]
    pub fn reborrow(&mut self) -> MatMut<'_, T> {
        MatMut {
            data: self.data,
            layout: self.layout,
        }
    }

    /// Column j as a slice, or `None` if there is none or its entries are not adjacent.
    pub fn try_col_mut(&mut self, j: usize) -> Option<&mut [T]> {
        self.layout
            .column_range(j)
            .map(|range| &mut self.data[range])
    }
}

impl<T: Scalar> MatMut<'_, T> {
    /// Sets every entry to `value`. Padding stays unchanged.
    pub fn fill(&mut self, value: T) {
        self.for_each(|entry| *entry = value);
    }

    /// Replaces every entry by `f` of it. Padding stays unchanged.
    pub fn for_each(&mut self, mut f: impl FnMut(&mut T)) {
        if !self.columns_are_contiguous() {
            return self.reborrow().transpose().for_each(f);
        }
        for j in 0..self.cols() {
            if let Some(column) = self.try_col_mut(j) {
                column.iter_mut().for_each(&mut f);
            }
        }
    }

    /// Copies the entries of `source` into this matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ.
    pub fn copy_from(&mut self, source: MatRef<'_, T>) -> Result<()> {
        if (self.rows(), self.cols()) != (source.rows(), source.cols()) {
            return Err(Error::Shape {
                operation: "copy_from",
                argument: "source",
                detail: format!(
                    "must be {}x{}, but it is {}x{}",
                    self.rows(),
                    self.cols(),
                    source.rows(),
                    source.cols()
                ),
            });
        }
        self.copy_from_checked(source);
        Ok(())
    }

    pub(crate) fn copy_from_checked(&mut self, source: MatRef<'_, T>) {
        for j in 0..self.cols() {
            match (self.layout.column_range(j), source.try_col(j)) {
                (Some(range), Some(column)) => self.data[range].copy_from_slice(column),
                (Some(range), None) => {
                    // Rows are contiguous, since columns are not.
                    let column = source.data[j..].iter().step_by(source.row_stride());
                    let target = self.data[range].iter_mut();
                    target
                        .zip(column)
                        .for_each(|(target, &entry)| *target = entry);
                }
                _ => (0..self.rows()).for_each(|i| self[(i, j)] = source[(i, j)]),
            }
        }
    }
}

impl<T> Index<(usize, usize)> for MatMut<'_, T> {
    type Output = T;

    /// The entry (i, j).
    ///
    /// # Panics
    /// Outside the matrix, as indexing a slice does.
    fn index(&self, index: (usize, usize)) -> &T {
        &self.data[self.layout.offset(index)]
    }
}

impl<T> IndexMut<(usize, usize)> for MatMut<'_, T> {
    fn index_mut(&mut self, index: (usize, usize)) -> &mut T {
        &mut self.data[self.layout.offset(index)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_refuses_short_data_overlap_and_double_strides() {
        let data = [0.0; 12];
        assert!(MatRef::from_col_major(&data, 4, 3).is_ok());
        assert!(MatRef::from_col_major(&data, 13, 1).is_err());
        assert!(MatRef::from_col_major_with_stride(&data, 4, 3, 3).is_err());
        assert!(MatRef::with_strides(&data, 2, 2, 2, 3).is_err());
        assert!(MatRef::with_strides(&data, usize::MAX, 2, 1, usize::MAX).is_err());
        // The last column needs no padding behind it.
        assert!(MatRef::from_col_major_with_stride(&data, 2, 3, 5).is_ok());
    }

    #[test]
    fn row_major_and_transposed_views_read_the_same_entries() {
        let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let by_rows = MatRef::from_row_major(&data, 2, 3).unwrap();
        assert_eq!(by_rows[(0, 2)], 3.0);
        assert_eq!(by_rows.to_mat().data(), &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(by_rows.transpose().to_mat().data(), &data);
        assert!(by_rows.try_col(0).is_none());
        assert_eq!(by_rows.transpose().try_col(1), Some(&data[3..6]));
    }

    #[test]
    fn filling_leaves_padding_alone() {
        for transposed in [false, true] {
            let mut data = [9.0; 8];
            let view = MatMut::from_col_major_with_stride(&mut data, 2, 2, 5).unwrap();
            let mut view = if transposed { view.transpose() } else { view };
            view.fill(0.0);
            assert_eq!(data, [0.0, 0.0, 9.0, 9.0, 9.0, 0.0, 0.0, 9.0]);
        }
    }

    #[test]
    fn an_empty_view_has_columns_of_no_rows() {
        let view = MatRef::<f64>::from_col_major(&[], 0, 3).unwrap();
        assert_eq!(view.try_col(2), Some(&[][..]));
        assert_eq!(view.to_mat().cols(), 3);
    }
}
