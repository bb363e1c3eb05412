//! The least-squares drivers.

use leastwise_core::{Mat, Result};

use super::{
    Routines, converged, dimensions, int, leading, poisoned, require, with_work_space, written,
};

/// The answer of a driver.
pub(crate) struct Solved<T> {
    /// X, n×k.
    pub(crate) x: Mat<T>,
    /// The rank that it found.
    pub(crate) rank: usize,
}

/// m, n and k, and the right-hand sides with space for X, which has as many rows as A has columns.
fn with_room_for_x<T: Routines>(
    operation: &'static str,
    a: &Mat<T>,
    b: &Mat<T>,
) -> Result<((i32, i32, i32), Mat<T>)> {
    require(operation, "b", b.rows() == a.rows(), "as many rows as a")?;
    let mut longer = Mat::zeros(a.rows().max(a.cols()), b.cols());
    for j in 0..b.cols() {
        longer.col_mut(j)[..b.rows()].copy_from_slice(b.col(j));
    }
    let (m, n) = dimensions(operation, "a", a)?;
    let (_, k) = dimensions(operation, "b", &longer)?;
    Ok(((m, n, k), longer))
}

/// min ‖A·X − B‖_F by QR, or by LQ where A is wide; A has to have full rank. A is overwritten.
pub(crate) fn gels<T: Routines>(a: &mut Mat<T>, b: &Mat<T>) -> Result<Solved<T>> {
    const OPERATION: &str = "gels";
    let ((m, n, k), mut x) = with_room_for_x(OPERATION, a, b)?;
    let info = with_work_space(OPERATION, |work, length, info| {
        // SAFETY: A is m×n and X max(m, n)×k without padding, and `work` has `length`, which the
        // routine checks, or is the one entry that a query (−1) writes.
        unsafe {
            T::GELS(
                b'N',
                m,
                n,
                k,
                a.data_mut(),
                leading(m),
                x.data_mut(),
                leading(m.max(n)),
                work,
                length,
                info,
            );
        };
    })?;
    converged(OPERATION, info)?;
    Ok(Solved {
        x: x.top_rows(a.cols()),
        rank: a.rows().min(a.cols()),
    })
}

/// The minimum-norm X by a complete orthogonal decomposition; what is below `rcond` counts as zero.
/// A is overwritten.
pub(crate) fn gelsy<T: Routines>(a: &mut Mat<T>, b: &Mat<T>, rcond: T) -> Result<Solved<T>> {
    const OPERATION: &str = "gelsy";
    let ((m, n, k), mut x) = with_room_for_x(OPERATION, a, b)?;
    // Zero lets a column move.
    let mut pivots = vec![0; a.cols()];
    let mut rank = 0;
    let info = with_work_space(OPERATION, |work, length, info| {
        // SAFETY: A is m×n and X max(m, n)×k without padding, `pivots` has n entries and `work` has
        // `length`, which the routine checks, or is the one entry that a query (−1) writes.
        unsafe {
            T::GELSY(
                m,
                n,
                k,
                a.data_mut(),
                leading(m),
                x.data_mut(),
                leading(m.max(n)),
                &mut pivots,
                rcond,
                &mut rank,
                work,
                length,
                info,
            );
        };
    })?;
    converged(OPERATION, info)?;
    Ok(Solved {
        x: x.top_rows(a.cols()),
        rank: usize::try_from(rank).unwrap_or(0),
    })
}

/// The minimum-norm X by an SVD; singular values below `rcond` times the largest count as zero. A is
/// overwritten.
pub(crate) fn gelsd<T: Routines>(a: &mut Mat<T>, b: &Mat<T>, rcond: T) -> Result<Solved<T>> {
    const OPERATION: &str = "gelsd";
    let ((m, n, k), mut x) = with_room_for_x(OPERATION, a, b)?;
    let smaller = a.rows().min(a.cols());
    let mut s = poisoned(smaller);
    // LIWORK ≥ 3·p·levels + 11·p for p = min(m, n), levels = log₂(p/26) + 1 at most log₂ p + 1.
    let levels = (usize::BITS - smaller.leading_zeros()) as usize + 1;
    let mut indices = vec![0; (3 * levels + 11) * smaller.max(1)];
    int(OPERATION, "a", indices.len())?;
    let mut rank = 0;
    let info = with_work_space(OPERATION, |work, length, info| {
        // SAFETY: A is m×n and X max(m, n)×k without padding, s has min(m, n) entries, `indices` at
        // least what the documentation asks for, and `work` has `length`, which the routine checks;
        // a query (−1) only writes the first entries of both.
        unsafe {
            T::GELSD(
                m,
                n,
                k,
                a.data_mut(),
                leading(m),
                x.data_mut(),
                leading(m.max(n)),
                &mut s,
                rcond,
                &mut rank,
                work,
                length,
                &mut indices,
                info,
            );
        };
    })?;
    converged(OPERATION, info)?;
    written(OPERATION, "s", &s)?;
    Ok(Solved {
        x: x.top_rows(a.cols()),
        rank: usize::try_from(rank).unwrap_or(0),
    })
}
