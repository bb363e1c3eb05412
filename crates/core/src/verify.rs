//! For adapters whose library can return a wrong decomposition as success: check it at a cost that
//! is small next to the decomposition, and mend it with the library's own routines.
//!
//! The checks multiply by one vector p instead of forming products of matrices, so they cost
//! O(n²). A matrix E of rounding errors has ‖E·p‖ ≤ ‖E‖₂·‖p‖, so a stable decomposition passes;
//! a wrong one fails unless p is in the null space of its error, which the aperiodic entries of p
//! rule out for errors that have a structure. Σsᵢ² = ‖A‖²_F is checked too.

use crate::factor::axpy;
use crate::norm::{dot, euclidean};
use crate::{Eigen, Engine, Error, Factorizations, Mat, Result, Scalar, Svd};

/// How many differently rotated copies of the matrix are tried before a refusal.
const ATTEMPTS: usize = 8;

/// The relative error that is taken for rounding: 64·n·u. A stable algorithm stays below a modest
/// multiple of n·u (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §19.3);
/// the wrong results that are known exceed it by many orders of magnitude.
fn tolerance<T: Scalar>(n: usize) -> T {
    T::of(64.0 * n as f64) * T::UNIT_ROUNDOFF
}

/// The library's SVD of a square A, if it is right, or else one that is mended.
///
/// Implicit-shift QR as in nalgebra and linfa-linalg can go wrong in U and in the singular values,
/// while the computed V is right. Then A·V has orthogonal columns, and its QR factorisation by the
/// same library gives U and, on the diagonal of R, the singular values. Where V is wrong as well,
/// the same is tried on H₁·A·H₂ with Householder reflectors H₁ and H₂, whose SVD has the same
/// singular values and V = H₂·V'.
///
/// # Errors
/// [`Error::WrongResult`] if no attempt passes the checks, [`Error::NoConvergence`] if the library
/// gave none to check, and what the library's QR reports.
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
        let mended = svd_from_right_vectors(backend, a, &found.v)?;
        match check_svd(engine, a, &mended) {
            Ok(()) => return Ok(mended),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// The library's eigendecomposition of a symmetric A, if it is right, or else that of H·A·H with a
/// Householder reflector H, rotated back.
///
/// # Errors
/// [`Error::WrongResult`] if no attempt passes the checks, [`Error::NoConvergence`] if the library
/// gave none to check.
pub fn symmetric_eigen<T: Scalar>(
    engine: &(impl Engine + ?Sized),
    a: &Mat<T>,
    library: impl Fn(Mat<T>) -> Option<Eigen<T>>,
) -> Result<Eigen<T>> {
    let backend = engine.info().engine;
    let mut refusal = Error::NoConvergence {
        operation: "symmetric_eigen",
        backend,
    };
    for attempt in 0..ATTEMPTS {
        let rotation = Rotation::new(a.cols(), attempt);
        let Some(mut found) = library(rotation.both_sides(a)) else {
            continue;
        };
        rotation.apply_left(&mut found.vectors);
        sort_ascending(&mut found);
        match check_eigen(backend, a, &found) {
            Ok(()) => return Ok(found),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// What `factorize` makes of A if it is right, or else of A + ΔA with ‖ΔA‖_F ≤ u·max|aᵢⱼ|.
///
/// For libraries whose reflectors lose their orthogonality where the squares of what is left of a
/// column underflow: the perturbation, no larger than a rounding error of A, lifts it out of there.
///
/// # Errors
/// What `factorize` reports for the perturbed matrix.
pub fn or_perturbed<T: Scalar, F>(
    a: &Mat<T>,
    factorize: impl Fn(Mat<T>) -> Result<F>,
) -> Result<F> {
    factorize(a.clone()).or_else(|_| {
        let largest = a
            .data()
            .iter()
            .fold(T::zero(), |largest, x| largest.max(x.abs()));
        let entries = a.data().len();
        // The entries of a probe are at most 3/2.
        let size = largest * T::UNIT_ROUNDOFF / T::of(1.5 * (entries as f64).sqrt());
        let mut perturbed = a.clone();
        axpy(size, &probe(entries, 2), perturbed.data_mut());
        factorize(perturbed)
    })
}

/// Refuses a Q whose columns are not orthonormal.
///
/// # Errors
/// [`Error::WrongResult`] with the figures.
pub fn check_orthonormal<T: Scalar>(engine: &'static str, q: &Mat<T>) -> Result<()> {
    let check = Check {
        operation: "qr",
        engine,
        n: q.rows(),
    };
    check.orthogonality("qᵀq differs from the identity", q)
}

/// Refuses the triangular factor of A (entries below the diagonal are not read) whose columns have
/// not the norms of those of A, as they must for an orthogonal Q.
///
/// # Errors
/// [`Error::WrongResult`] with the figures.
pub fn check_column_norms<T: Scalar>(engine: &'static str, a: &Mat<T>, r: &Mat<T>) -> Result<()> {
    let check = Check {
        operation: "qr",
        engine,
        n: a.rows(),
    };
    (0..a.cols()).try_for_each(|j| {
        let (before, after) = (euclidean(a.col(j)), euclidean(&r.col(j)[..=j]));
        check.relative(
            "the norm of a column of r differs",
            (after - before).abs(),
            before,
        )
    })
}

/// Refuses an SVD of a square A that does not satisfy its definition.
///
/// # Errors
/// [`Error::WrongResult`] with the invariant and the figures.
pub fn check_svd<T: Scalar>(engine: &'static str, a: &Mat<T>, svd: &Svd<T>) -> Result<()> {
    let check = Check {
        operation: "svd",
        engine,
        n: a.cols(),
    };
    let norm_of_a = a.frobenius_norm();
    let difference = (euclidean(&svd.s) - norm_of_a).abs();
    check.relative("‖s‖ differs from ‖a‖", difference, norm_of_a)?;
    check.orthogonality("uᵀu differs from the identity", &svd.u)?;
    check.orthogonality("vᵀv differs from the identity", &svd.v)?;
    let p = probe(a.cols(), 0);
    let mut image = product(a, &p);
    for (k, &sk) in svd.s.iter().enumerate() {
        axpy(-sk * dot(svd.v.col(k), &p), svd.u.col(k), &mut image);
    }
    check.relative(
        "u·diag(s)·vᵀ differs from a",
        euclidean(&image),
        norm_of_a * euclidean(&p),
    )
}

fn check_eigen<T: Scalar>(engine: &'static str, a: &Mat<T>, eigen: &Eigen<T>) -> Result<()> {
    let check = Check {
        operation: "symmetric_eigen",
        engine,
        n: a.cols(),
    };
    check.orthogonality("vᵀv differs from the identity", &eigen.vectors)?;
    let p = probe(a.cols(), 0);
    let mut image = product(a, &p);
    for (k, &value) in eigen.values.iter().enumerate() {
        let vector = eigen.vectors.col(k);
        axpy(-value * dot(vector, &p), vector, &mut image);
    }
    let scale = a.frobenius_norm() * euclidean(&p);
    check.relative("v·diag(w)·vᵀ differs from a", euclidean(&image), scale)
}

struct Check {
    operation: &'static str,
    engine: &'static str,
    n: usize,
}

impl Check {
    fn relative<T: Scalar>(&self, invariant: &str, error: T, scale: T) -> Result<()> {
        let bound = tolerance::<T>(self.n);
        // Written so that NaN fails.
        if error <= bound * scale {
            return Ok(());
        }
        let (n, relative) = (self.n, error / scale);
        Err(Error::WrongResult {
            operation: self.operation,
            backend: self.engine,
            detail: format!("{invariant} by {relative:.1e} for {n}x{n}, more than {bound:.1e}"),
        })
    }

    /// Qᵀ·(Q·p) = p.
    fn orthogonality<T: Scalar>(&self, invariant: &str, q: &Mat<T>) -> Result<()> {
        let p = probe(q.cols(), 1);
        let image = product(q, &p);
        let squared: T = p
            .iter()
            .enumerate()
            .map(|(j, &pj)| (dot(q.col(j), &image) - pj).powi(2))
            .sum();
        self.relative(invariant, squared.sqrt(), euclidean(&p))
    }
}

fn product<T: Scalar>(a: &Mat<T>, x: &[T]) -> Vec<T> {
    let mut image = vec![T::zero(); a.rows()];
    for (j, &xj) in x.iter().enumerate() {
        axpy(xj, a.col(j), &mut image);
    }
    image
}

/// Entries between ½ and 3/2 in magnitude whose signs and sizes follow no period: multiples of the
/// golden ratio modulo 1, a low-discrepancy sequence. Each `seed` starts it elsewhere.
fn probe<T: Scalar>(n: usize, seed: usize) -> Vec<T> {
    (0..n)
        .map(|j| {
            let fraction = ((1 + j + 1009 * seed) as f64 * 0.618_033_988_749_894_9).fract();
            let sign = if fraction < 0.5 { 1.0 } else { -1.0 };
            T::of(sign * (0.5 + 2.0 * (fraction % 0.5)))
        })
        .collect()
}

/// A·V = U·diag(s): QR of A·V with the columns sorted by norm.
fn svd_from_right_vectors<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &Mat<T>,
    v: &Mat<T>,
) -> Result<Svd<T>> {
    let n = a.cols();
    let mut av = Mat::zeros(n, n);
    backend.matmul(T::one(), a.as_ref(), v.as_ref(), T::zero(), av.as_mut())?;
    let norms: Vec<T> = (0..n).map(|j| euclidean(av.col(j))).collect();
    let order = descending(&norms);
    let v = permuted(v, &order);
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
    let order = descending(&svd.s);
    if order.iter().enumerate().all(|(i, &j)| i == j) {
        return;
    }
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
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, order[j])])
}

/// The Householder reflector I − 2·v·vᵀ/(vᵀv) of an aperiodic v; the identity on attempt 0.
struct Rotation<T> {
    v: Option<Vec<T>>,
}

impl<T: Scalar> Rotation<T> {
    fn new(n: usize, attempt: usize) -> Self {
        Self {
            v: (attempt > 0).then(|| probe(n, attempt + 1)),
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
