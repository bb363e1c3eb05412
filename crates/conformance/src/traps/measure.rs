//! Errors, measured by plain loops in f64.

use std::fmt::Display;

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Eigen, Mat, MatRef, Scalar, Svd};

use super::bounds::stable;
use crate::jacobi::TallSvd;

/// Fails, for a NaN too, unless `error` ≤ `bound`.
pub(crate) fn assert_within(case: impl Display, error: f64, bound: f64) {
    assert!(
        error <= bound,
        "{case}: the error is {error:.3e}, more than {bound:.3e}"
    );
}

/// A copy in f64, which is exact.
pub(crate) fn in_f64<T: Scalar>(a: MatRef<'_, T>) -> Mat<f64> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)].as_f64())
}

/// A·B.
pub(crate) fn product(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    let mut c = Mat::zeros(a.rows(), b.cols());
    for j in 0..b.cols() {
        for (k, &bkj) in b.col(j).iter().enumerate() {
            for (cij, &aik) in c.col_mut(j).iter_mut().zip(a.col(k)) {
                *cij += aik * bkj;
            }
        }
    }
    c
}

/// Aᵀ·B.
pub(crate) fn inner_products(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(a.cols(), b.cols(), |i, j| dot(a.col(i), b.col(j)))
}

/// ‖A − B‖_F; infinite if the shapes differ.
pub(crate) fn distance(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    if (a.rows(), a.cols()) != (b.rows(), b.cols()) {
        return f64::INFINITY;
    }
    vector_distance(a.data(), b.data())
}

/// ‖x − y‖₂; infinite if the lengths differ.
pub(crate) fn vector_distance(x: &[f64], y: &[f64]) -> f64 {
    if x.len() != y.len() {
        return f64::INFINITY;
    }
    let difference: Vec<f64> = x.iter().zip(y).map(|(xi, yi)| xi - yi).collect();
    euclidean(&difference)
}

/// ‖QᵀQ − I‖_F.
pub(crate) fn orthogonality_defect(q: &Mat<f64>) -> f64 {
    distance(&inner_products(q, q), &Mat::identity(q.cols()))
}

/// Q has orthonormal columns: a product of reflectors and rotations differs from an orthogonal
/// matrix by η‖Q‖_F = η√n (Higham, §19.3), and QᵀQ from I by twice that to first order.
pub(crate) fn assert_orthonormal<T: Scalar>(case: impl Display, q: &Mat<f64>) {
    let bound = 2.0 * stable::<T>(q.rows(), q.cols()) * (q.cols() as f64).sqrt();
    assert_within(
        format_args!("{case}: orthogonality"),
        orthogonality_defect(q),
        bound,
    );
}

/// A·diag(d).
pub(crate) fn scaled_columns(a: &Mat<f64>, d: &[f64]) -> Mat<f64> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] * d[j])
}

/// The values in f64.
pub(crate) fn values<T: Scalar>(x: &[T]) -> Vec<f64> {
    x.iter().map(|xi| xi.as_f64()).collect()
}

/// U and V have orthonormal columns, s is in order and not negative, and U·diag(s)·Vᵀ = A + ΔA with
/// ‖ΔA‖_F ≤ η·‖A‖_F. By Weyl's inequality the singular values are right to η·‖A‖_F then.
pub(crate) fn assert_svd<T: Scalar>(case: impl Display, a: &Mat<f64>, svd: &Svd<T>) {
    let (m, n) = (a.rows(), a.cols());
    let count = m.min(n);
    let shapes = [&svd.u, &svd.v].map(|q| (q.rows(), q.cols()));
    assert_eq!(shapes, [(m, count), (n, count)], "{case}");
    let s = values(&svd.s);
    assert_eq!(s.len(), count, "{case}");
    let ordered = s.windows(2).all(|pair| pair[0] >= pair[1]);
    assert!(ordered && s[count - 1] >= 0.0, "{case}: {s:?}");
    let (u, v) = (in_f64(svd.u.as_ref()), in_f64(svd.v.as_ref()));
    assert_orthonormal::<T>(format_args!("{case}: u"), &u);
    assert_orthonormal::<T>(format_args!("{case}: v"), &v);
    assert_product::<T>(format_args!("{case}: u·diag(s)·vᵀ − a"), (&u, &s, &v), a);
}

/// V is orthogonal, w is in order, and V·diag(w)·Vᵀ = A + ΔA with ‖ΔA‖_F ≤ η·‖A‖_F.
pub(crate) fn assert_eigen<T: Scalar>(case: impl Display, a: &Mat<f64>, eigen: &Eigen<T>) {
    let n = a.cols();
    let w = values(&eigen.values);
    let v = in_f64(eigen.vectors.as_ref());
    assert_eq!((w.len(), v.rows(), v.cols()), (n, n, n), "{case}");
    let ordered = w.windows(2).all(|pair| pair[0] <= pair[1]);
    assert!(ordered, "{case}: {w:?}");
    assert_orthonormal::<T>(format_args!("{case}: v"), &v);
    assert_product::<T>(format_args!("{case}: v·diag(w)·vᵀ − a"), (&v, &w, &v), a);
}

/// U·diag(s)·Vᵀ = A + ΔA with ‖ΔA‖_F ≤ η·‖A‖_F.
fn assert_product<T: Scalar>(
    case: impl Display,
    (u, s, v): (&Mat<f64>, &[f64], &Mat<f64>),
    a: &Mat<f64>,
) {
    let error = distance(&product(&scaled_columns(u, s), &v.transposed()), a);
    let bound = stable::<T>(a.rows(), a.cols()) * a.frobenius_norm();
    assert_within(case, error, bound);
}

/// The singular values of A, m ≥ n, in descending order.
pub(crate) fn singular_values(a: &Mat<f64>) -> Vec<f64> {
    let columns = (0..a.cols()).map(|j| a.col(j).to_vec()).collect();
    TallSvd::new(columns).singular_values
}
