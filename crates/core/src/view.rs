//! Neutral strided matrix views, so that one piece of memory feeds every library without a copy.
//!
//! Entry (i, j) is `data[i·row_stride + j·col_stride]`. One of the strides is 1, and the other
//! spans a whole column or row, so entries never overlap. That covers column-major storage with
//! padding between columns (LAPACK's leading dimension), row-major storage, and the transposes of
//! both; every library of this workspace can view it from safe code.

use std::ops::{Index, IndexMut};

use crate::{Error, Mat, Result, Scalar};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl Layout {
    fn of_columns(rows: usize, cols: usize) -> Layout {
        Layout {
            rows,
            cols,
            row_stride: 1,
            col_stride: rows,
        }
    }

    // Views are made for every product of small matrices: what is refused is out of the way.
    #[inline]
    fn checked(view: &'static str, len: usize, layout: Layout) -> Result<Layout> {
        let needed = layout.last_offset();
        if layout.spans_one_way() && needed.is_some_and(|needed| needed <= len) {
            return Ok(layout);
        }
        Err(layout.refusal(view, len, needed))
    }

    /// Whether entries are adjacent in one direction and do not overlap in the other.
    #[inline]
    fn spans_one_way(&self) -> bool {
        let by_columns = self.row_stride == 1 && (self.cols <= 1 || self.col_stride >= self.rows);
        let by_rows = self.col_stride == 1 && (self.rows <= 1 || self.row_stride >= self.cols);
        by_columns || by_rows
    }

    #[cold]
    fn refusal(&self, view: &'static str, len: usize, needed: Option<usize>) -> Error {
        let Layout {
            rows,
            cols,
            row_stride,
            col_stride,
        } = *self;
        let (argument, detail) = if !self.spans_one_way() {
            let detail = format!(
                "must be 1 in one direction and span the matrix in the other, but they are \
                 ({row_stride}, {col_stride}) for {rows}x{cols}"
            );
            ("strides", detail)
        } else if let Some(needed) = needed {
            let detail = format!(
                "must have at least {needed} elements for {rows}x{cols} with strides \
                 ({row_stride}, {col_stride}), but it has {len}"
            );
            ("data", detail)
        } else {
            let detail = format!("overflow the address space for {rows}x{cols}");
            ("strides", detail)
        };
        Error::Shape {
            operation: view,
            argument,
            detail,
        }
    }

    /// One more than the largest offset of an entry, or `None` on overflow.
    #[inline]
    fn last_offset(&self) -> Option<usize> {
        if self.rows == 0 || self.cols == 0 {
            return Some(0);
        }
        let down = (self.rows - 1).checked_mul(self.row_stride)?;
        let across = (self.cols - 1).checked_mul(self.col_stride)?;
        down.checked_add(across)?.checked_add(1)
    }

    // A Jacobian is written entry by entry, and a call costs more than the entry.
    #[inline]
    fn offset(&self, (i, j): (usize, usize)) -> usize {
        assert!(
            i < self.rows && j < self.cols,
            "entry ({i}, {j}) is outside a {}x{} matrix",
            self.rows,
            self.cols
        );
        i * self.row_stride + j * self.col_stride
    }

    #[inline]
    fn transposed(self) -> Layout {
        Layout {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    #[inline]
    fn columns_are_contiguous(&self) -> bool {
        self.row_stride == 1 || self.rows <= 1
    }

    #[inline]
    fn column_range(&self, j: usize) -> Option<std::ops::Range<usize>> {
        if j >= self.cols || !self.columns_are_contiguous() {
            return None;
        }
        // A column without rows has no address, and `data` may be shorter than its offset.
        let start = if self.rows == 0 {
            0
        } else {
            j * self.col_stride
        };
        Some(start..start + self.rows)
    }
}

macro_rules! shared_accessors {
    () => {
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
    };
}

impl<T> Clone for MatRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for MatRef<'_, T> {}

impl<'a, T> MatRef<'a, T> {
    shared_accessors!();

    /// Views `data` as rows × cols with the given strides, of which one must be 1.
    ///
    /// # Errors
    /// [`Error::Shape`] if neither stride is 1, if entries would overlap, or if `data` is too
    /// short.
    pub fn with_strides(
        data: &'a [T],
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
        Ok(Self {
            data,
            layout: Layout::checked("MatRef", data.len(), layout)?,
        })
    }

    /// Views `data` as rows × cols, column after column without padding.
    ///
    /// # Errors
    /// [`Error::Shape`] if `data` is too short.
    pub fn from_col_major(data: &'a [T], rows: usize, cols: usize) -> Result<Self> {
        Self::with_strides(data, rows, cols, 1, rows)
    }

    /// Views `data` as rows × cols, column after column, `col_stride` ≥ rows apart.
    ///
    /// # Errors
    /// [`Error::Shape`] if columns would overlap or `data` is too short.
    pub fn from_col_major_with_stride(
        data: &'a [T],
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
    pub fn from_row_major(data: &'a [T], rows: usize, cols: usize) -> Result<Self> {
        Self::with_strides(data, rows, cols, cols, 1)
    }

    /// Views `data`, which has exactly rows · cols entries, column after column. A [`Mat`]
    /// guarantees this, so it is not checked again.
    pub(crate) fn of_columns(data: &'a [T], rows: usize, cols: usize) -> Self {
        debug_assert_eq!(data.len(), rows * cols);
        let layout = Layout::of_columns(rows, cols);
        Self { data, layout }
    }

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

    /// The transpose: the same memory, read the other way.
    #[must_use]
    pub fn transpose(self) -> Self {
        Self {
            data: self.data,
            layout: self.layout.transposed(),
        }
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
    shared_accessors!();

    /// Views `data` as rows × cols with the given strides, of which one must be 1.
    ///
    /// # Errors
    /// [`Error::Shape`] if neither stride is 1, if entries would overlap, or if `data` is too
    /// short.
    pub fn with_strides(
        data: &'a mut [T],
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
        let layout = Layout::checked("MatMut", data.len(), layout)?;
        Ok(Self { data, layout })
    }

    /// Views `data` as rows × cols, column after column without padding.
    ///
    /// # Errors
    /// [`Error::Shape`] if `data` is too short.
    pub fn from_col_major(data: &'a mut [T], rows: usize, cols: usize) -> Result<Self> {
        Self::with_strides(data, rows, cols, 1, rows)
    }

    /// Views `data` as rows × cols, column after column, `col_stride` ≥ rows apart.
    ///
    /// # Errors
    /// [`Error::Shape`] if columns would overlap or `data` is too short.
    pub fn from_col_major_with_stride(
        data: &'a mut [T],
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
    pub fn from_row_major(data: &'a mut [T], rows: usize, cols: usize) -> Result<Self> {
        Self::with_strides(data, rows, cols, cols, 1)
    }

    /// Views `data`, of exactly rows · cols entries, column after column.
    pub(crate) fn of_columns(data: &'a mut [T], rows: usize, cols: usize) -> Self {
        debug_assert_eq!(data.len(), rows * cols);
        let layout = Layout::of_columns(rows, cols);
        Self { data, layout }
    }

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

    /// The transpose: the same memory, written the other way.
    #[must_use]
    pub fn transpose(self) -> Self {
        Self {
            data: self.data,
            layout: self.layout.transposed(),
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

    fn copy_from_checked(&mut self, source: MatRef<'_, T>) {
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
