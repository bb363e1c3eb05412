//! nalgebra's decompositions.

use leastwise_core::{Mat, MatMut, MatRef};
use leastwise_nalgebra::{to_nalgebra, to_nalgebra_mut};
use nalgebra::{Cholesky, DMatrix, SVD};

use super::shared::{cutoff, refuse_wide};
use crate::scalar::Libraries;

/// `gemm` goes column by column where a dimension is at most this large, and then writes out of
/// bounds for a transposed A (dimforge/nalgebra#1616); a careful user takes `gemm_tr` there.
const VECTOR_PATH: usize = 5;

pub(super) fn product<T: Libraries>(a: MatRef<'_, T>, b: MatRef<'_, T>, c: MatMut<'_, T>) {
    let smallest = a.rows().min(a.cols()).min(b.cols());
    let (mut c, one, zero) = (to_nalgebra_mut(c), T::of(1.0), T::of(0.0));
    if a.row_stride() == 1 || smallest > VECTOR_PATH {
        c.gemm(one, &to_nalgebra(a), &to_nalgebra(b), zero);
    } else {
        c.gemm_tr(one, &to_nalgebra(a.transpose()), &to_nalgebra(b), zero);
    }
}

pub(super) fn qr<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let [a, mut c] = [a, b].map(owned);
    let n = a.ncols();
    let qr = a.qr();
    qr.q_tr_mul(&mut c);
    let mut x = top_rows(c, n);
    if !qr.unpack_r().solve_upper_triangular_mut(&mut x) {
        return Err("a zero on the diagonal of r".to_owned());
    }
    Ok(taken_over(x))
}

pub(super) fn svd<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let [mut r, mut c] = [a, b].map(owned);
    let n = a.cols();
    if a.rows() > n {
        let qr = r.qr();
        qr.q_tr_mul(&mut c);
        r = qr.unpack_r();
        c = top_rows(c, n);
    }
    // Without a limit some matrices take for ever.
    let svd = SVD::try_new(r, true, true, T::of(5.0) * T::EPSILON, 200 + 50 * n);
    let svd = svd.ok_or("no convergence")?;
    let zero_to = cutoff(a, svd.singular_values[0]);
    Ok(taken_over(svd.solve(&c, zero_to)?))
}

pub(super) fn cholesky<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let (n, k) = (a.cols(), b.cols());
    let (mut gram, mut x) = (DMatrix::zeros(n, n), DMatrix::zeros(n, k));
    let (a, b) = (a.as_ref(), b.as_ref());
    for (right, target) in [(a, &mut gram), (b, &mut x)] {
        let target = MatMut::from_col_major(target.as_mut_slice(), n, right.cols());
        let target = target.map_err(|error| error.to_string())?;
        product(a.transpose(), right, target);
    }
    let cholesky = Cholesky::new(gram).ok_or("not positive definite")?;
    cholesky.solve_mut(&mut x);
    Ok(taken_over(x))
}

fn owned<T: Libraries>(a: &Mat<T>) -> DMatrix<T> {
    DMatrix::from_column_slice(a.rows(), a.cols(), a.data())
}

fn top_rows<T: Libraries>(c: DMatrix<T>, rows: usize) -> DMatrix<T> {
    if c.nrows() == rows {
        return c;
    }
    c.rows(0, rows).into_owned()
}

fn taken_over<T: Libraries>(x: DMatrix<T>) -> Mat<T> {
    let (rows, cols) = x.shape();
    Mat::from_col_major(x.data.into(), rows, cols)
        .unwrap_or_else(|_| unreachable!("a matrix has rows · cols entries"))
}
