//! Checks for adapters whose library can return a wrong decomposition as success. A check costs
//! little compared with the decomposition. A wrong decomposition is corrected with the library's
//! own routines.

mod checks;

use crate::jacobi::orthogonalize;
use crate::norm::{axpy, dot, euclidean};
use crate::perturb::probe;
use crate::{Eigen, Error, Factorizations, Mat, Result, Scalar, Svd};
use checks::check_eigen;

pub use crate::perturb::{or_perturbed, perturb};
pub use checks::{check_column_norms, check_orthonormal, check_svd};

/// How many differently rotated copies of the matrix are tried before a refusal.
const ATTEMPTS: u64 = 8;

/// Returns the library's SVD of a square A if it is right, and otherwise a corrected SVD.
///
/// Implicit-shift QR as in nalgebra and linfa-linalg can go wrong in U and in the singular values,
/// while the computed V is right. Then A·V has orthogonal columns, and its QR factorisation by the
/// same library gives U and, on the diagonal of R, the singular values. If V is wrong too, the same
/// is tried on H₁·A·H₂ with Householder reflectors H₁ and H₂. Its SVD has the same singular values
/// and V = H₂·V'.
///
/// # Errors
/// [`Error::WrongResult`] if no attempt passes the checks, [`Error::NoConvergence`] if the library
/// returned no SVD, and the errors of the library's QR at the last attempt.
pub fn svd<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &Mat<T>,
    library: impl Fn(Mat<T>) -> Option<Svd<T>>,
) -> Result<Svd<T>> {
    let engine = backend.info().engine;
    let mut refusal = Error::NoConvergence {
        operation: "svd",
        backend: engine,
    };
    for attempt in 0..ATTEMPTS {
        let rotation = Rotation::new(a.cols(), attempt);
        let Some(mut found) = library(rotation.both_sides(a)) else {
            continue;
        };
        if attempt == 0 && check_svd(engine, a, &found).is_ok() {
            return Ok(found);
        }
        if found.v.data().iter().any(|x| !x.is_finite()) {
            continue;
        }
        rotation.apply_left(&mut found.v);
        let mended = svd_from_right_vectors(backend, a, &found.v)
            .and_then(|mended| check_svd(engine, a, &mended).map(|()| mended));
        match mended {
            Ok(mended) => return Ok(mended),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Returns the library's eigendecomposition of a symmetric A if it is right, and otherwise one that
/// is computed from its SVD.
///
/// With c ≥ ‖A‖₂, A + c·I and c·I − A are positive semidefinite, so that their right singular vectors
/// are eigenvectors of A; the eigenvalues are their Rayleigh quotients. The shift adds errors of only
/// a few u·c.
///
/// # Errors
/// [`Error::WrongResult`] if none passes the checks, and what the library's SVD reports.
pub fn symmetric_eigen<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &Mat<T>,
    library: impl Fn(Mat<T>) -> Option<Eigen<T>>,
) -> Result<Eigen<T>> {
    let engine = backend.info().engine;
    if let Some(mut found) = library(a.clone()) {
        sort_ascending(&mut found);
        if check_eigen(engine, a, &found).is_ok() {
            return Ok(found);
        }
    }
    let column_sums = (0..a.cols()).map(|j| a.col(j).iter().map(|x| x.abs()).sum());
    // ‖A‖₂ ≤ ‖A‖₁ for a symmetric A.
    let c = column_sums.fold(T::zero(), T::max).min(a.frobenius_norm());
    let mended = |shift: T| {
        let mut mended = eigen_from_shifted_svd(backend, a, shift)?;
        sort_ascending(&mut mended);
        check_eigen(engine, a, &mended)?;
        Ok(mended)
    };
    mended(c).or_else(|_| mended(-c))
}

fn eigen_from_shifted_svd<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &Mat<T>,
    shift: T,
) -> Result<Eigen<T>> {
    let n = a.cols();
    let mut shifted = a.clone();
    for j in 0..n {
        shifted[(j, j)] += shift;
    }
    let vectors = backend.svd_impl(shifted)?.v;
    let mut images = Mat::zeros(n, n);
    backend.matmul(
        T::one(),
        a.as_ref(),
        vectors.as_ref(),
        T::zero(),
        images.as_mut(),
    )?;
    let values = (0..n).map(|j| dot(vectors.col(j), images.col(j))).collect();
    Ok(Eigen { values, vectors })
}

/// A·V = U·diag(s): QR of A·V with the columns orthogonalised and sorted by norm.
fn svd_from_right_vectors<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &Mat<T>,
    v: &Mat<T>,
) -> Result<Svd<T>> {
    let n = a.cols();
    let mut av = Mat::zeros(n, n);
    backend.matmul(T::one(), a.as_ref(), v.as_ref(), T::zero(), av.as_mut())?;
    let mut v = v.clone();
    // If singular values are close, implicit-shift QR can end with a V that is orthonormal but wrong
    // by 1e-13, for every rotation of A. Convergence is quadratic, so one sweep is enough.
    orthogonalize(&mut av, &mut v, T::UNIT_ROUNDOFF);
    let norms: Vec<T> = (0..n).map(|j| euclidean(av.col(j))).collect();
    let order = descending(&norms);
    let v = permuted(&v, &order);
    let q = backend.qr_impl(permuted(&av, &order))?;
    let r = q.r();
    let mut u = q.mul_q(Mat::identity(n))?;
    for j in 0..n {
        if r[(j, j)] < T::zero() {
            for x in u.col_mut(j) {
                *x = -*x;
            }
        }
    }
    // The diagonal can leave the order of the norms by rounding errors.
    let s: Vec<T> = (0..n).map(|j| r[(j, j)].abs()).collect();
    let order = descending(&s);
    let (u, v) = (permuted(&u, &order), permuted(&v, &order));
    Ok(Svd {
        u,
        s: order.iter().map(|&j| s[j]).collect(),
        v,
    })
}

/// Sorts a library's SVD by descending singular values.
pub fn sort_descending<T: Scalar>(svd: &mut Svd<T>) {
    if svd.s.is_sorted_by(|larger, smaller| larger >= smaller) {
        return;
    }
    let order = descending(&svd.s);
    svd.s = order.iter().map(|&j| svd.s[j]).collect();
    svd.u = permuted(&svd.u, &order);
    svd.v = permuted(&svd.v, &order);
}

fn sort_ascending<T: Scalar>(eigen: &mut Eigen<T>) {
    let mut order = descending(&eigen.values);
    order.reverse();
    eigen.values = order.iter().map(|&j| eigen.values[j]).collect();
    eigen.vectors = permuted(&eigen.vectors, &order);
}

fn descending<T: Scalar>(values: &[T]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[j].as_f64().total_cmp(&values[i].as_f64()));
    order
}

fn permuted<T: Scalar>(a: &Mat<T>, order: &[usize]) -> Mat<T> {
    let mut columns = Mat::zeros(a.rows(), a.cols());
    for (j, &source) in order.iter().enumerate() {
        columns.col_mut(j).copy_from_slice(a.col(source));
    }
    columns
}

/// The Householder reflector I − 2·v·vᵀ/(vᵀv) of a probe v; the identity on attempt 0.
struct Rotation<T> {
    v: Option<Vec<T>>,
}

impl<T: Scalar> Rotation<T> {
    fn new(n: usize, attempt: u64) -> Self {
        Self {
            v: (attempt > 0).then(|| probe(n, attempt + 1).collect()),
        }
    }

    fn both_sides(&self, a: &Mat<T>) -> Mat<T> {
        if self.v.is_none() {
            return a.clone();
        }
        let mut a = a.clone();
        self.apply_left(&mut a);
        let mut a = a.transposed();
        self.apply_left(&mut a);
        a.transposed()
    }

    fn apply_left(&self, a: &mut Mat<T>) {
        let Some(v) = &self.v else { return };
        let factor = T::of(2.0) / dot(v, v);
        for j in 0..a.cols() {
            let column = a.col_mut(j);
            axpy(-factor * dot(v, column), v, column);
        }
    }
}
