//! Products and triangular solves: BLAS.

use leastwise_core::{MatMut, MatRef, Result, Scalar};

use super::{Routines, int, require};

/// A matrix as BLAS takes it: the columns of the view, or those of its transpose.
struct Stored {
    transposed: bool,
    leading_dimension: i32,
}

impl Stored {
    fn new(
        operation: &'static str,
        argument: &'static str,
        (rows, cols): (usize, usize),
        (row_stride, col_stride): (usize, usize),
    ) -> Result<Self> {
        let transposed = row_stride != 1 && rows > 1;
        let (rows, cols, stride) = if transposed {
            (cols, rows, row_stride)
        } else {
            (rows, cols, col_stride)
        };
        // The stride of a single column is not used, and may be anything.
        let leading_dimension = if cols > 1 { stride } else { rows };
        Ok(Self {
            transposed,
            leading_dimension: int(operation, argument, leading_dimension.max(1))?,
        })
    }

    fn of<T: Scalar>(
        operation: &'static str,
        name: &'static str,
        a: MatRef<'_, T>,
    ) -> Result<Self> {
        let strides = (a.row_stride(), a.col_stride());
        Self::new(operation, name, (a.rows(), a.cols()), strides)
    }

    fn of_mut<T: Scalar>(
        operation: &'static str,
        name: &'static str,
        a: &MatMut<'_, T>,
    ) -> Result<Self> {
        let strides = (a.row_stride(), a.col_stride());
        Self::new(operation, name, (a.rows(), a.cols()), strides)
    }

    fn operation(&self) -> u8 {
        if self.transposed { b'T' } else { b'N' }
    }
}

/// C ← α·A·B + β·C for shapes that fit together.
pub(crate) fn gemm<T: Routines>(
    alpha: T,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    beta: T,
    c: MatMut<'_, T>,
) -> Result<()> {
    let stored_c = Stored::of_mut("matmul", "c", &c)?;
    if stored_c.transposed {
        // Cᵀ = Bᵀ·Aᵀ has contiguous columns.
        return gemm(alpha, b.transpose(), a.transpose(), beta, c.transpose());
    }
    let fit = b.rows() == a.cols() && (c.rows(), c.cols()) == (a.rows(), b.cols());
    require("matmul", "c", fit, "the shape of a·b")?;
    let (stored_a, stored_b) = (Stored::of("matmul", "a", a)?, Stored::of("matmul", "b", b)?);
    let m = int("matmul", "a", a.rows())?;
    let k = int("matmul", "a", a.cols())?;
    let n = int("matmul", "b", b.cols())?;
    // SAFETY: the shapes m×k, k×n and m×n are checked above, views hold every entry at the strides
    // that they state, and only the entries of C, which is borrowed mutably, are written.
    unsafe {
        T::GEMM(
            stored_a.operation(),
            stored_b.operation(),
            m,
            n,
            k,
            alpha,
            a.data(),
            stored_a.leading_dimension,
            b.data(),
            stored_b.leading_dimension,
            beta,
            c.into_data(),
            stored_c.leading_dimension,
        );
    }
    Ok(())
}

/// C ← α·A·Aᵀ at half the cost of a general product; C is not read.
pub(crate) fn syrk<T: Routines>(alpha: T, a: MatRef<'_, T>, c: MatMut<'_, T>) -> Result<()> {
    let fit = (c.rows(), c.cols()) == (a.rows(), a.rows());
    require("matmul", "c", fit, "the shape of a·aᵀ")?;
    // C is symmetric, so that it may be written as its transpose.
    let c = if Stored::of_mut("matmul", "c", &c)?.transposed {
        c.transpose()
    } else {
        c
    };
    let (stored_a, stored_c) = (
        Stored::of("matmul", "a", a)?,
        Stored::of_mut("matmul", "c", &c)?,
    );
    let n = int("matmul", "a", a.rows())?;
    let k = int("matmul", "a", a.cols())?;
    let (order, column) = (a.rows(), c.col_stride());
    let entries = c.into_data();
    // SAFETY: A is n×k and C n×n as checked above, views hold every entry at the strides that they
    // state, and only the lower triangle of C, which is borrowed mutably, is written.
    unsafe {
        T::SYRK(
            b'L',
            stored_a.operation(),
            n,
            k,
            alpha,
            a.data(),
            stored_a.leading_dimension,
            T::zero(),
            entries,
            stored_c.leading_dimension,
        );
    }
    for j in 0..order {
        for i in j + 1..order {
            entries[j + i * column] = entries[i + j * column];
        }
    }
    Ok(())
}

/// X ← T⁻¹·X, reading the upper or else the lower triangle of T.
pub(crate) fn trsm<T: Routines>(t: MatRef<'_, T>, upper: bool, x: MatMut<'_, T>) -> Result<()> {
    const OPERATION: &str = "solve_triangular";
    let fit = t.rows() == t.cols() && x.rows() == t.rows();
    require(OPERATION, "x", fit, "the rows of a square t")?;
    let (stored_t, stored_x) = (
        Stored::of(OPERATION, "t", t)?,
        Stored::of_mut(OPERATION, "x", &x)?,
    );
    // Where the rows of X are contiguous, its transpose is solved for: Xᵀ ← Xᵀ·T⁻ᵀ.
    let (side, m, n) = if stored_x.transposed {
        (b'R', x.cols(), x.rows())
    } else {
        (b'L', x.rows(), x.cols())
    };
    let triangle = if upper == stored_t.transposed {
        b'L'
    } else {
        b'U'
    };
    let operation = if stored_t.transposed == stored_x.transposed {
        b'N'
    } else {
        b'T'
    };
    let (m, n) = (int(OPERATION, "x", m)?, int(OPERATION, "x", n)?);
    // SAFETY: T is square and as large as the side of X that it is applied to, as checked above;
    // views hold every entry at the strides that they state, and only the entries of X, which is
    // borrowed mutably, are written.
    unsafe {
        T::TRSM(
            side,
            triangle,
            operation,
            b'N',
            m,
            n,
            T::one(),
            t.data(),
            stored_t.leading_dimension,
            x.into_data(),
            stored_x.leading_dimension,
        );
    }
    Ok(())
}
