//! ndarray's product, and linfa-linalg's factorisations on ndarray 0.16.

use leastwise_core::{Mat, MatMut, MatRef};
use leastwise_ndarray::{to_ndarray, to_ndarray_mut};
use linfa_linalg::cholesky::SolveCInplace;
use linfa_linalg::qr::{LeastSquaresQrInto, QRInto};
use linfa_linalg::svd::SVDInto;
use ndarray_016::{Array2, ArrayView2, Axis, ShapeBuilder};

use super::shared::{cutoff, refuse_wide};
use crate::scalar::Libraries;

/// # Panics
/// Never: ndarray takes every view that Leastwise makes.
pub(super) fn product<T: Libraries>(a: MatRef<'_, T>, b: MatRef<'_, T>, c: MatMut<'_, T>) {
    let [a, b] = [a, b].map(|view| to_ndarray(view).expect("a valid view"));
    let mut c = to_ndarray_mut(c).expect("a valid view");
    ndarray::linalg::general_mat_mul(T::of(1.0), &a, &b, T::of(0.0), &mut c);
}

pub(super) fn qr<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let x = owned(a)?.least_squares_into(owned(b)?);
    copied(&x.map_err(|error| error.to_string())?)
}

pub(super) fn svd<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let (r, c) = if a.rows() == a.cols() {
        (owned(a)?, owned(b)?)
    } else {
        triangularized(a, b)?
    };
    let svd = r.svd_into(true, true).map_err(|error| error.to_string())?;
    let (Some(u), s, Some(vt)) = svd else {
        return Err("no singular vectors".to_owned());
    };
    // linfa-linalg does not sort them.
    let larger = |x, y| if y > x { y } else { x };
    let zero_to = cutoff(a, s.iter().copied().fold(T::of(0.0), larger));
    let mut w = u.t().dot(&c);
    for (mut row, &si) in w.rows_mut().into_iter().zip(&s) {
        let kept = si > zero_to;
        row.mapv_inplace(|wi| if kept { wi / si } else { T::of(0.0) });
    }
    copied(&vt.t().dot(&w))
}

pub(super) fn cholesky<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let (a, b) = (view(a)?, view(b)?);
    let mut gram = a.t().dot(&a);
    let x = gram.solvec_into(a.t().dot(&b));
    copied(&x.map_err(|error| error.to_string())?)
}

/// R and Qᵀ·B out of [R Qᵀ·B; 0 S], the triangular factor of [A B], because linfa-linalg keeps its
/// product with reflectors private.
fn triangularized<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<(Array2<T>, Array2<T>), String> {
    let (m, n, k) = (a.rows(), a.cols(), b.cols());
    // The factorisation needs as many rows as columns.
    let mut both = Array2::zeros((m.max(n + k), n + k).f());
    let (top, _) = both.view_mut().split_at(Axis(0), m);
    let (mut left, mut right) = top.split_at(Axis(1), n);
    left.assign(&view(a)?);
    right.assign(&view(b)?);
    let r = both.qr_into().map_err(|error| error.to_string())?.into_r();
    let (top, _) = r.view().split_at(Axis(0), n);
    let (left, right) = top.split_at(Axis(1), n);
    Ok((left.to_owned(), right.to_owned()))
}

fn view<T: Libraries>(a: &Mat<T>) -> Result<ArrayView2<'_, T>, String> {
    let shape = (a.rows(), a.cols()).f();
    ArrayView2::from_shape(shape, a.data()).map_err(|error| error.to_string())
}

fn owned<T: Libraries>(a: &Mat<T>) -> Result<Array2<T>, String> {
    let shape = (a.rows(), a.cols()).f();
    Array2::from_shape_vec(shape, a.data().to_vec()).map_err(|error| error.to_string())
}

fn copied<T: Libraries>(x: &Array2<T>) -> Result<Mat<T>, String> {
    let (rows, cols) = x.dim();
    // Column after column, whatever the layout of x; a single column is copied as it lies.
    let data = x.t().iter().copied().collect();
    Mat::from_col_major(data, rows, cols).map_err(|error| error.to_string())
}
