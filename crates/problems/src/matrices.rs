//! Families of matrices.

use leastwise_core::{Mat, Scalar};

use crate::random::{normal, stream};

/// The streams from here on are the matrices', those below the published experiment's.
const FIRST_STREAM: u64 = 1 << 32;

/// Independent standard normal entries, drawn in f64 and rounded to T, column after column from
/// stream `number` of `seed`: the well-conditioned matrix of any shape, with κ₂ near
/// (√m + √n)/(√m − √n).
///
/// Source: A. Edelman, *Eigenvalues and condition numbers of random matrices*, SIAM J. Matrix Anal.
/// Appl. 9 (1988).
///
/// ```
/// let a = leastwise_problems::standard_normal::<f64>(100, 3, 0, 0);
/// assert!((a.frobenius_norm() / 300f64.sqrt() - 1.0).abs() < 0.2);
/// ```
#[must_use]
pub fn standard_normal<T: Scalar>(rows: usize, cols: usize, seed: u64, number: u32) -> Mat<T> {
    let drawn = normal(
        &mut stream(seed, FIRST_STREAM + u64::from(number)),
        rows,
        cols,
    );
    Mat::from_fn(rows, cols, |i, j| T::of(drawn[(i, j)]))
}
