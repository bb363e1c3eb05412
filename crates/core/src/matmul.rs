//! The matrix product.

use crate::{Engine, Error, MatMut, MatRef, Result, Scalar};

/// C ← α·A·B + β·C, with A m×k, B k×n and C m×n.
///
/// **β = 0 never reads C**, so C may hold anything, NaN included. Padding between columns is never
/// written. Any dimension may be zero; for k = 0 the product is zero and C ← β·C.
///
/// A NaN or ∞ in an argument is not refused. It propagates by the rules of IEEE 754. The product of
/// finite matrices can overflow, so a check of the input would not guarantee a finite output. The
/// check would also cost 15 % of a 32×32 product, and optimisers need NaN and ∞ to detect
/// divergence.
pub trait MatMul<T: Scalar>: Engine {
    /// Computes C ← α·A·B + β·C.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not match, and the errors of [`MatMul::matmul_impl`].
    fn matmul(
        &self,
        alpha: T,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        beta: T,
        mut c: MatMut<'_, T>,
    ) -> Result<()> {
        check_shapes(a, b, &c)?;
        if c.rows() == 0 || c.cols() == 0 {
            return Ok(());
        }
        if a.cols() == 0 {
            if beta == T::zero() {
                c.fill(T::zero());
            } else {
                c.for_each(|entry| *entry *= beta);
            }
            return Ok(());
        }
        self.matmul_impl(alpha, a, b, beta, c)
    }

    /// Does the work of [`MatMul::matmul`]. The shapes match, and no dimension is zero.
    ///
    /// # Errors
    /// What the library reports.
    fn matmul_impl(
        &self,
        alpha: T,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        beta: T,
        c: MatMut<'_, T>,
    ) -> Result<()>;
}

fn check_shapes<T>(a: MatRef<'_, T>, b: MatRef<'_, T>, c: &MatMut<'_, T>) -> Result<()> {
    let mismatch = |argument, needed: (usize, usize), found: (usize, usize)| Error::Shape {
        operation: "matmul",
        argument,
        detail: format!(
            "must be {}x{} for a {}x{} and b {}x{}, but it is {}x{}",
            needed.0,
            needed.1,
            a.rows(),
            a.cols(),
            b.rows(),
            b.cols(),
            found.0,
            found.1
        ),
    };
    if b.rows() != a.cols() {
        return Err(mismatch("b", (a.cols(), b.cols()), (b.rows(), b.cols())));
    }
    if (c.rows(), c.cols()) != (a.rows(), b.cols()) {
        return Err(mismatch("c", (a.rows(), b.cols()), (c.rows(), c.cols())));
    }
    Ok(())
}
