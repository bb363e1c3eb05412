//! Families of matrices.

use leastwise_core::norm::combine;
use leastwise_core::{Mat, Scalar};

use leastwise_random::{normal, orthonormal, stream};

/// The first stream of the matrices. Lower streams belong to the published experiment.
const FIRST_STREAM: u64 = 1 << 32;

/// Independent standard normal entries. They are drawn in f64 and rounded to T, column by column, from stream
/// `number` of `seed`. This is the well-conditioned matrix of any shape, with κ₂ near (√m + √n)/(√m − √n).
///
/// Source: A. Edelman, *Eigenvalues and condition numbers of random matrices*, SIAM J. Matrix Anal.
/// Appl. 9 (1988).
///
/// ```
/// let a = leastwise_testset::standard_normal::<f64>(100, 3, 0, 0);
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

/// U·diag(s)·Vᵀ from stream `number` of `seed`. U and V have orthonormal columns with Haar's distribution.
///
/// # Panics
/// If `s` has more entries than the smaller dimension.
///
/// ```
/// let a = leastwise_testset::with_singular_values(5, 3, &[2.0, 1.0, 0.5], 0, 0);
/// assert!((a.frobenius_norm() - 5.25f64.sqrt()).abs() < 1e-14);
/// ```
#[must_use]
pub fn with_singular_values(
    rows: usize,
    cols: usize,
    s: &[f64],
    seed: u64,
    number: u32,
) -> Mat<f64> {
    assert!(
        s.len() <= rows.min(cols),
        "{} singular values for {rows}x{cols}",
        s.len()
    );
    let mut rng = stream(seed, FIRST_STREAM + u64::from(number));
    let u = orthonormal(&mut rng, rows, s.len());
    let v = orthonormal(&mut rng, cols, s.len());
    let mut a = Mat::zeros(rows, cols);
    for j in 0..cols {
        let terms = s.iter().enumerate();
        combine(
            a.col_mut(j),
            terms.map(|(l, &sl)| (sl * v[(j, l)], u.col(l))),
        );
    }
    a
}
