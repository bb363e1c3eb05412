#![doc = include_str!("../README.md")]

mod contract;
#[cfg(feature = "mdarray")]
pub mod mdarray;

pub use contract::{Contract, Failure, Part, Parts};
pub use leastwise_core::Method;
use leastwise_core::{Mat, Scalar};
pub use leastwise_harness::library::{Answer, Call, Library, Solve, Wrapped, calls, rcond};

/// X = V·Σ⁺·Uᵀ·B from a thin or a full SVD, where `u` and `vt` return entries of U and Vᵀ. Singular values of at most
/// [`rcond`]·σ₁ count as zero.
pub fn by_svd<T: Scalar>(
    b: &Mat<T>,
    cols: usize,
    s: &[T],
    u: impl Fn(usize, usize) -> T,
    vt: impl Fn(usize, usize) -> T,
) -> Mat<T> {
    let largest = s
        .iter()
        .copied()
        .fold(T::zero(), |x, y| if y > x { y } else { x });
    let limit = T::of(b.rows().max(cols) as f64) * T::EPSILON * largest;
    let coefficient = |k: usize, j: usize| -> T {
        let projected: T = (0..b.rows()).map(|i| u(i, k) * b[(i, j)]).sum();
        // A NaN is neither kept nor dropped silently: it stays NaN.
        if s[k] <= limit {
            T::zero()
        } else {
            projected / s[k]
        }
    };
    let c = Mat::from_fn(s.len(), b.cols(), coefficient);
    Mat::from_fn(cols, b.cols(), |i, j| {
        (0..s.len()).map(|k| vt(k, i) * c[(k, j)]).sum()
    })
}

/// X = R⁻¹·Qᵀ·B for n columns, where `q` and `r` return entries of Q and R.
pub fn by_qr<T: Scalar>(
    b: &Mat<T>,
    cols: usize,
    q: impl Fn(usize, usize) -> T,
    r: impl Fn(usize, usize) -> T,
) -> Mat<T> {
    let project = |k: usize, j: usize| -> T { (0..b.rows()).map(|i| q(i, k) * b[(i, j)]).sum() };
    let mut x = Mat::from_fn(cols, b.cols(), project);
    for j in 0..b.cols() {
        for i in (0..cols).rev() {
            let known: T = (i + 1..cols).map(|k| r(i, k) * x[(k, j)]).sum();
            x[(i, j)] = (x[(i, j)] - known) / r(i, i);
        }
    }
    x
}

/// Solves column by column, for a library whose right-hand side is a vector.
pub fn by_columns<T: Scalar>(
    a: &Mat<T>,
    b: &Mat<T>,
    mut solve: impl FnMut(&[T]) -> Option<Vec<T>>,
) -> Answer<T> {
    let columns: Option<Vec<Vec<T>>> = (0..b.cols()).map(|j| solve(b.col(j))).collect();
    let x = columns.map(|columns| Mat::from_col_major(columns.concat(), a.cols(), b.cols()));
    x.and_then(Result::ok).into()
}

/// The entries, row after row.
pub fn row_major<T: Scalar>(a: &Mat<T>) -> Vec<T> {
    (0..a.rows())
        .flat_map(|i| (0..a.cols()).map(move |j| a[(i, j)]))
        .collect()
}
