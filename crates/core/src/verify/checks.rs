//! Whether a decomposition satisfies its definition.
//!
//! The checks multiply by two vectors p instead of forming products of matrices, so they cost
//! O(n²). If the entries of p behave as independent numbers of mean zero, √n·‖E·p‖/‖p‖ equals the
//! norm ‖E‖_F of an error E in the mean square. The check uses the larger of the two values. It
//! also checks Σsᵢ² = ‖A‖²_F.

use crate::norm::euclidean;
use crate::perturb::probe;
use crate::products::{add_product, transposed_product};
use crate::{Eigen, Error, Mat, Result, Scalar, Svd};

/// The largest relative error in the Frobenius norm, in u, that counts as rounding in an SVD or a
/// QR factorisation: 5·√(n + 6). The errors of implicit-shift QR that were observed at n = 40 and
/// 96 are well below this.
///
/// The worst case of a stable algorithm grows with n, but rounding errors of mean zero grow with
/// its root (N. Higham, T. Mary, *A new approach to probabilistic rounding error analysis*, SIAM J.
/// Sci. Comput. 41 (2019)). A corrected result has errors of a few u.
fn units(n: usize) -> f64 {
    5.0 * (n as f64 + 6.0).sqrt()
}

/// The same for the Q of a QR factorisation: 10·√(n + 6).
///
/// Reflectors I − 2v·vᵀ with an explicit v, as in nalgebra and linfa-linalg, are orthogonal up to
/// 4·|‖v‖² − 1|, and the rounding errors of a v of two entries reach 24u. The error from a square
/// that underflows is larger by orders of magnitude, or harmless.
fn qr_units(n: usize) -> f64 {
    10.0 * (n as f64 + 6.0).sqrt()
}

/// The same for an eigendecomposition: 52·√n, because correcting it uses a shift.
fn eigen_units(n: usize) -> f64 {
    52.0 * (n as f64).sqrt()
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
        units: qr_units,
    };
    let mut work = Scratch::new(q.rows(), q.cols());
    check.orthogonality("qᵀq differs from the identity", q, &mut work)
}

/// Refuses a triangular factor unless its columns have the same norms as the columns of the matrix,
/// as an orthogonal Q requires. Entries below the diagonal are not read.
///
/// # Errors
/// [`Error::WrongResult`] with the figures.
pub fn check_column_norms<T: Scalar>(
    engine: &'static str,
    rows: usize,
    norms: &[T],
    r: &Mat<T>,
) -> Result<()> {
    let check = Check {
        operation: "qr",
        engine,
        n: rows,
        units: qr_units,
    };
    norms.iter().enumerate().try_for_each(|(j, &before)| {
        let difference = (euclidean(&r.col(j)[..=j]) - before).abs();
        check.relative("the norm of a column of r differs", difference, before)
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
        units,
    };
    let norm_of_a = a.frobenius_norm();
    let difference = (euclidean(&svd.s) - norm_of_a).abs();
    check.relative("‖s‖ differs from ‖a‖", difference, norm_of_a)?;
    let mut work = Scratch::new(a.rows(), a.cols());
    check.orthogonality("uᵀu differs from the identity", &svd.u, &mut work)?;
    check.orthogonality("vᵀv differs from the identity", &svd.v, &mut work)?;
    let (invariant, a) = ("u·diag(s)·vᵀ differs from a", (a, norm_of_a));
    check.decomposition(invariant, a, (&svd.u, &svd.s, &svd.v), &mut work)
}

pub(super) fn check_eigen<T: Scalar>(
    engine: &'static str,
    a: &Mat<T>,
    eigen: &Eigen<T>,
) -> Result<()> {
    let check = Check {
        operation: "symmetric_eigen",
        engine,
        n: a.cols(),
        units: eigen_units,
    };
    let (v, mut work) = (&eigen.vectors, Scratch::new(a.rows(), a.cols()));
    check.orthogonality("vᵀv differs from the identity", v, &mut work)?;
    let (invariant, a) = ("v·diag(w)·vᵀ differs from a", (a, a.frobenius_norm()));
    check.decomposition(invariant, a, (v, &eigen.values, v), &mut work)
}

struct Check {
    operation: &'static str,
    engine: &'static str,
    n: usize,
    /// The largest relative error that counts as rounding, in u.
    units: fn(usize) -> f64,
}

impl Check {
    fn relative<T: Scalar>(&self, invariant: &str, error: T, scale: T) -> Result<()> {
        let bound = T::of((self.units)(self.n)) * T::UNIT_ROUNDOFF;
        // With this comparison NaN fails.
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

    /// ‖E‖_F relative to `scale`. `apply` writes the product of E with its first argument to its
    /// second argument; the third argument is scratch space.
    fn operator<T: Scalar>(
        &self,
        invariant: &str,
        scale: T,
        work: &mut Scratch<T>,
        apply: impl Fn(&[T], &mut [T], &mut [T]),
    ) -> Result<()> {
        let (n, image, error) = (work.cols, &mut work.image, &mut work.error);
        work.probes.chunks_exact(n.max(1)).try_for_each(|p| {
            apply(p, error, image);
            let estimate = T::of(n as f64).sqrt() * euclidean(error) / euclidean(p);
            self.relative(invariant, estimate, scale)
        })
    }

    /// QᵀQ = I, whose Frobenius norm is √n.
    fn orthogonality<T: Scalar>(
        &self,
        invariant: &str,
        q: &Mat<T>,
        work: &mut Scratch<T>,
    ) -> Result<()> {
        let norm = T::of(q.cols() as f64).sqrt();
        self.operator(invariant, norm, work, |p, error, image| {
            image.fill(T::zero());
            add_product(q, p, image);
            transposed_product(q, image, error);
            error.iter_mut().zip(p).for_each(|(e, &pj)| *e -= pj);
        })
    }

    /// A = U·diag(s)·Vᵀ, all square.
    fn decomposition<T: Scalar>(
        &self,
        invariant: &str,
        (a, norm_of_a): (&Mat<T>, T),
        (u, s, v): (&Mat<T>, &[T], &Mat<T>),
        work: &mut Scratch<T>,
    ) -> Result<()> {
        self.operator(invariant, norm_of_a, work, |p, error, coefficients| {
            transposed_product(v, p, coefficients);
            let scaled = coefficients.iter_mut().zip(s);
            scaled.for_each(|(c, &sk)| *c *= -sk);
            error.fill(T::zero());
            add_product(a, p, error);
            add_product(u, coefficients, error);
        })
    }
}

/// The two vectors by which the errors of matrices of one size are multiplied, and the scratch
/// space of the products.
struct Scratch<T> {
    cols: usize,
    probes: Vec<T>,
    image: Vec<T>,
    error: Vec<T>,
}

impl<T: Scalar> Scratch<T> {
    fn new(rows: usize, cols: usize) -> Self {
        let mut probes = Vec::with_capacity(2 * cols);
        (0..2).for_each(|seed| probes.extend(probe::<T>(cols, seed)));
        Self {
            cols,
            probes,
            image: vec![T::zero(); rows],
            error: vec![T::zero(); cols],
        }
    }
}
