//! The triangle of some rows over a block of further rows.

use crate::{Mat, MatMut, Scalar, norm};

/// Bytes of the widest vectors, and of a line of the cache.
const LINE: usize = 64;

/// Entries of a line of the smallest scalar type.
const ALIGNMENT: usize = LINE / size_of::<f32>();

/// \[R C\] over a block of rows of \[A B\]: (n + rows)×(n + k), column after column.
///
/// The block part of each column begins at a line of the cache, and its rows are a multiple of 16, so
/// that vectors of every width fit. The distance between columns is not a power of two, so that
/// columns do not compete for the same place in the cache.
#[derive(Debug)]
pub struct Stack<T> {
    data: Vec<T>,
    /// Where the first column begins.
    start: usize,
    stride: usize,
    n: usize,
    k: usize,
    rows: usize,
    /// For each column of B, the norm of the part outside the range of A.
    pub outside: Vec<T>,
}

/// The columns of a copy begin at lines of the cache as well.
impl<T: Scalar> Clone for Stack<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::new(self.n, self.k, self.rows);
        let len = self.stride * (self.n + self.k);
        copy.columns_mut()
            .0
            .copy_from_slice(&self.data[self.start..][..len]);
        copy.outside.clone_from(&self.outside);
        copy
    }
}

impl<T: Scalar> Stack<T> {
    /// Zeros, for blocks of at least `rows` rows.
    #[must_use]
    pub fn new(n: usize, k: usize, rows: usize) -> Self {
        let mut stack = Self {
            data: Vec::new(),
            start: 0,
            stride: 0,
            n,
            k,
            rows,
            outside: vec![T::zero(); k],
        };
        stack.clear(rows);
        stack
    }

    /// Zeros with another number of rows, in the same storage if it is large enough.
    pub fn clear(&mut self, rows: usize) {
        self.rows = rows.next_multiple_of(ALIGNMENT);
        // One line more than a multiple of two lines is not a power of two.
        self.stride = (self.n + self.rows).next_multiple_of(2 * ALIGNMENT) + ALIGNMENT;
        let len = 2 * ALIGNMENT + self.stride * (self.n + self.k);
        self.data.clear();
        self.data.resize(len, T::zero());
        let aligned = self.data.as_ptr().align_offset(LINE);
        // `align_offset` may fail. Then the columns are not aligned, which only costs time.
        let aligned = if aligned < ALIGNMENT { aligned } else { 0 };
        self.start = aligned + self.n.next_multiple_of(ALIGNMENT) - self.n;
    }

    /// The number of columns of A.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// The number of columns of B.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// The number of rows of the block.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns from `start` on, in chunks of this length: the column, then padding.
    pub fn columns_mut(&mut self) -> (&mut [T], usize) {
        let len = self.stride * (self.n + self.k);
        (&mut self.data[self.start..][..len], self.stride)
    }

    /// Column j: the rows of the triangle, and those of the block.
    ///
    /// # Panics
    /// If there is no column j.
    #[must_use]
    pub fn column(&self, j: usize) -> (&[T], &[T]) {
        let column = &self.data[self.start + j * self.stride..][..self.n + self.rows];
        column.split_at(self.n)
    }

    /// Column j for writing.
    ///
    /// # Panics
    /// If there is no column j.
    pub fn column_mut(&mut self, j: usize) -> (&mut [T], &mut [T]) {
        let column = &mut self.data[self.start + j * self.stride..][..self.n + self.rows];
        column.split_at_mut(self.n)
    }

    /// The stack as a matrix.
    ///
    /// # Errors
    /// The errors of the view, none of which occurs here.
    pub fn as_mut(&mut self) -> crate::Result<MatMut<'_, T>> {
        let (rows, cols, stride) = (self.n + self.rows, self.n + self.k, self.stride);
        MatMut::from_col_major_with_stride(self.columns_mut().0, rows, cols, stride)
    }

    /// Computes [`Stack::outside`] from the rows below C.
    pub fn measure_outside(&mut self) {
        for j in 0..self.k {
            self.outside[j] = norm::euclidean(self.column(self.n + j).1);
        }
    }

    /// Writes zeros below the diagonal of R.
    pub fn clear_below_diagonal(&mut self) {
        for j in 0..self.n {
            self.column_mut(j).0[j + 1..].fill(T::zero());
        }
    }

    /// The columns of A, and those of B.
    pub(crate) fn copies(&self) -> (Mat<T>, Mat<T>) {
        let copy = |from: usize, cols: usize| {
            let mut data = Vec::with_capacity((self.n + self.rows) * cols);
            for j in from..from + cols {
                let (above, below) = self.column(j);
                data.extend_from_slice(above);
                data.extend_from_slice(below);
            }
            Mat::of_columns(data, self.n + self.rows, cols)
        };
        (copy(0, self.n), copy(self.n, self.k))
    }

    /// Writes the triangle.
    pub(crate) fn set(&mut self, r: &Mat<T>, c: &Mat<T>, outside: &[T]) {
        for j in 0..self.n {
            self.column_mut(j).0.copy_from_slice(r.col(j));
        }
        for j in 0..self.k {
            self.column_mut(self.n + j).0.copy_from_slice(c.col(j));
        }
        self.outside.copy_from_slice(outside);
    }

    /// Copies of R and C.
    pub(crate) fn triangle(&self) -> (Mat<T>, Mat<T>) {
        let copy = |from: usize, cols: usize| {
            let columns = (from..from + cols).flat_map(|j| self.column(j).0.iter().copied());
            Mat::of_columns(columns.collect(), self.n, cols)
        };
        (copy(0, self.n), copy(self.n, self.k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_begins_at_a_line_and_columns_do_not_overlap() {
        for n in 1..40 {
            let mut stack = Stack::<f32>::new(n, 1, 17);
            for j in 0..=n {
                let (above, below) = stack.column(j);
                assert_eq!((above.len(), below.len()), (n, 32), "{n}");
                assert_eq!(below.as_ptr().align_offset(LINE), 0, "{n}, column {j}");
                let value = j as f32 + 1.0;
                assert!(above.iter().chain(below).all(|&x| x == 0.0));
                let (above, below) = stack.column_mut(j);
                above.fill(value);
                below.fill(-value);
            }
            let mut copy = stack.clone();
            assert_eq!(copy.column(0).1.as_ptr().align_offset(LINE), 0, "{n}");
            let view = copy.as_mut().unwrap();
            for j in 0..=n {
                for i in 0..n + 32 {
                    let sign = if i < n { 1.0 } else { -1.0 };
                    assert_eq!(view[(i, j)], sign * (j as f32 + 1.0));
                }
            }
        }
    }
}
