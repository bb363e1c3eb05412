//! Where the entries of a strided matrix stand in memory.

use crate::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_stride: usize,
    pub(crate) col_stride: usize,
}

impl Layout {
    pub(crate) fn of_columns(rows: usize, cols: usize) -> Layout {
        Layout {
            rows,
            cols,
            row_stride: 1,
            col_stride: rows,
        }
    }

    // Views are made for every product of small matrices: what is refused is out of the way.
    #[inline]
    pub(crate) fn checked(view: &'static str, len: usize, layout: Layout) -> Result<Layout> {
        let needed = layout.last_offset();
        if layout.spans_one_way() && needed.is_some_and(|needed| needed <= len) {
            return Ok(layout);
        }
        Err(layout.refusal(view, len, needed))
    }

    /// Whether entries are adjacent in one direction and do not overlap in the other.
    #[inline]
    pub(crate) fn spans_one_way(&self) -> bool {
        let by_columns = self.row_stride == 1 && (self.cols <= 1 || self.col_stride >= self.rows);
        let by_rows = self.col_stride == 1 && (self.rows <= 1 || self.row_stride >= self.cols);
        by_columns || by_rows
    }

    #[cold]
    pub(crate) fn refusal(&self, view: &'static str, len: usize, needed: Option<usize>) -> Error {
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
    pub(crate) fn last_offset(&self) -> Option<usize> {
        if self.rows == 0 || self.cols == 0 {
            return Some(0);
        }
        let down = (self.rows - 1).checked_mul(self.row_stride)?;
        let across = (self.cols - 1).checked_mul(self.col_stride)?;
        down.checked_add(across)?.checked_add(1)
    }

    // A Jacobian is written entry by entry, and a call costs more than the entry.
    #[inline]
    pub(crate) fn offset(&self, (i, j): (usize, usize)) -> usize {
        assert!(
            i < self.rows && j < self.cols,
            "entry ({i}, {j}) is outside a {}x{} matrix",
            self.rows,
            self.cols
        );
        i * self.row_stride + j * self.col_stride
    }

    #[inline]
    pub(crate) fn transposed(self) -> Layout {
        Layout {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    #[inline]
    pub(crate) fn columns_are_contiguous(&self) -> bool {
        self.row_stride == 1 || self.rows <= 1
    }

    #[inline]
    pub(crate) fn column_range(&self, j: usize) -> Option<std::ops::Range<usize>> {
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
