//! Factorisations.

use leastwise_core::{Error, Mat, Result};

use crate::ENGINE;

use super::{
    Routines, accepted, converged, dimensions, int, leading, poisoned, require, with_work_space,
    written,
};

/// The rows and columns of a square A, also in LAPACK's integer type.
fn order<T>(operation: &'static str, a: &Mat<T>) -> Result<(usize, i32)> {
    let size = a.cols();
    require(operation, "a", a.rows() == size, "as many rows as columns")?;
    Ok((size, int(operation, "a", size)?))
}

/// A = Q·R, packed into A; returns the factors of the reflectors.
pub(crate) fn geqrf<T: Routines>(a: &mut Mat<T>) -> Result<Vec<T>> {
    let (m, n) = dimensions("qr", "a", a)?;
    let mut tau = poisoned(a.rows().min(a.cols()));
    with_work_space("qr", |work, length, info| {
        // SAFETY: A is m×n without padding, `tau` has min(m, n) entries and `work` has `length`,
        // which the routine checks, or is the one entry that a query (−1) writes.
        unsafe { T::GEQRF(m, n, a.data_mut(), leading(m), &mut tau, work, length, info) };
    })?;
    written("qr", "tau", &tau)?;
    Ok(tau)
}

/// A·P = Q·R, packed into A; returns P, counted from 0, and the factors of the reflectors.
pub(crate) fn geqp3<T: Routines>(a: &mut Mat<T>) -> Result<(Vec<usize>, Vec<T>)> {
    const OPERATION: &str = "pivoted_qr";
    let (m, n) = dimensions(OPERATION, "a", a)?;
    let mut tau = poisoned(a.rows().min(a.cols()));
    // Zero lets a column move.
    let mut pivots = vec![0; a.cols()];
    with_work_space(OPERATION, |work, length, info| {
        // SAFETY: A is m×n without padding, `pivots` has n entries, `tau` has min(m, n) and `work`
        // has `length`, which the routine checks, or is the one entry that a query (−1) writes.
        unsafe {
            T::GEQP3(
                m,
                n,
                a.data_mut(),
                leading(m),
                &mut pivots,
                &mut tau,
                work,
                length,
                info,
            );
        };
    })?;
    written(OPERATION, "tau", &tau)?;
    let wrong = || Error::WrongResult {
        operation: OPERATION,
        backend: ENGINE,
        detail: format!("the pivots are no permutation of 1 to {n}"),
    };
    let mut seen = vec![false; a.cols()];
    let mut permutation = Vec::with_capacity(pivots.len());
    for pivot in pivots {
        let index = usize::try_from(pivot - 1).map_err(|_| wrong())?;
        if std::mem::replace(seen.get_mut(index).ok_or_else(wrong)?, true) {
            return Err(wrong());
        }
        permutation.push(index);
    }
    Ok((permutation, tau))
}

/// C ← Q·C or, if `transposed`, Qᵀ·C, for the square Q that is packed in `packed` and `tau`.
pub(crate) fn ormqr<T: Routines>(
    packed: &Mat<T>,
    tau: &[T],
    transposed: bool,
    c: &mut Mat<T>,
) -> Result<()> {
    let fit = c.rows() == packed.rows() && tau.len() == packed.rows().min(packed.cols());
    require("qr", "c", fit, "the rows of q")?;
    let (m, n) = dimensions("qr", "b", c)?;
    let k = int("qr", "a", tau.len())?;
    let operation = if transposed { b'T' } else { b'N' };
    with_work_space("qr", |work, length, info| {
        // SAFETY: C is m×n without padding, `packed` has the same m rows and at least k columns,
        // `tau` has k ≤ m entries, as checked above, and `work` has `length`, which the routine
        // checks, or is the one entry that a query (−1) writes.
        unsafe {
            T::ORMQR(
                b'L',
                operation,
                m,
                n,
                k,
                packed.data(),
                leading(m),
                tau,
                c.data_mut(),
                leading(m),
                work,
                length,
                info,
            );
        };
    })?;
    Ok(())
}

/// A = U·diag(s)·Vᵀ for a square A, which is overwritten; returns U, s and Vᵀ.
pub(crate) fn gesdd<T: Routines>(a: &mut Mat<T>) -> Result<(Mat<T>, Vec<T>, Mat<T>)> {
    let (size, n) = order("svd", a)?;
    let mut u = Mat::from_col_major(poisoned(size * size), size, size)?;
    let mut v_transposed = u.clone();
    let mut s = poisoned(size);
    let mut indices = vec![0; 8 * size.max(1)];
    let info = with_work_space("svd", |work, length, info| {
        // SAFETY: A, U and Vᵀ are n×n without padding, s has n entries, `indices` 8·n, and `work`
        // has `length`, which the routine checks, or is the one entry that a query (−1) writes.
        unsafe {
            T::GESDD(
                b'A',
                n,
                n,
                a.data_mut(),
                leading(n),
                &mut s,
                u.data_mut(),
                leading(n),
                v_transposed.data_mut(),
                leading(n),
                work,
                length,
                &mut indices,
                info,
            );
        };
    })?;
    converged("svd", info)?;
    written("svd", "s", &s)?;
    written("svd", "u", u.data())?;
    written("svd", "v", v_transposed.data())?;
    Ok((u, s, v_transposed))
}

/// A = U·diag(s)·Vᵀ for a square A by one-sided Jacobi; returns s and V. U overwrites A, except for
/// the columns of zero singular values.
pub(crate) fn gesvj<T: Routines>(a: &mut Mat<T>) -> Result<(Vec<T>, Mat<T>)> {
    let (size, n) = order("svd", a)?;
    let mut v = Mat::from_col_major(poisoned(size * size), size, size)?;
    let mut s = poisoned(size);
    let mut work = vec![T::zero(); (2 * size).max(6)];
    let length = int("svd", "a", work.len())?;
    let mut info = 0;
    // SAFETY: A and V are n×n without padding, s has n entries, and `work` has `length`, which the
    // routine checks.
    unsafe {
        T::GESVJ(
            b'G',
            b'U',
            b'V',
            n,
            n,
            a.data_mut(),
            leading(n),
            &mut s,
            &[0],
            v.data_mut(),
            leading(n),
            &mut work,
            length,
            &mut info,
        );
    }
    converged("svd", accepted("svd", info)?)?;
    // What is returned is scaled where the singular values would leave the range.
    let scale = work[0];
    for si in &mut s {
        *si *= scale;
    }
    written("svd", "s", &s)?;
    written("svd", "v", v.data())?;
    Ok((s, v))
}

/// The eigenvalues of a symmetric A, ascending, of which the lower triangle is read; its
/// eigenvectors overwrite A.
pub(crate) fn syevd<T: Routines>(a: &mut Mat<T>) -> Result<Vec<T>> {
    const OPERATION: &str = "symmetric_eigen";
    let (size, n) = order(OPERATION, a)?;
    let mut values = poisoned(size);
    let mut indices = vec![0; 3 + 5 * size];
    let index_length = int(OPERATION, "a", indices.len())?;
    let info = with_work_space(OPERATION, |work, length, info| {
        // SAFETY: A is n×n without padding, `values` has n entries, `indices` has `index_length`
        // and `work` has `length`, both of which the routine checks; a query (−1) only writes their
        // first entries.
        unsafe {
            T::SYEVD(
                b'V',
                b'L',
                n,
                a.data_mut(),
                leading(n),
                &mut values,
                work,
                length,
                &mut indices,
                index_length,
                info,
            );
        };
    })?;
    converged(OPERATION, info)?;
    written(OPERATION, "w", &values)?;
    written(OPERATION, "v", a.data())?;
    Ok(values)
}

/// The lower triangle of A becomes L with A = L·Lᵀ.
pub(crate) fn potrf<T: Routines>(a: &mut Mat<T>) -> Result<()> {
    let (_, n) = order("cholesky", a)?;
    let mut info = 0;
    // SAFETY: A is n×n without padding.
    unsafe { T::POTRF(b'L', n, a.data_mut(), leading(n), &mut info) };
    if accepted("cholesky", info)? == 0 {
        return Ok(());
    }
    Err(Error::NotPositiveDefinite {
        operation: "cholesky",
        argument: "a",
    })
}
