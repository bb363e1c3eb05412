//! faer's kernels, on one thread.
//!
//! QR is faer's own driver, which skips columns that the adapter's recursion does not.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::householder::{
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as apply_scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as apply_transpose,
};
use faer::linalg::matmul::matmul;
use faer::linalg::qr::no_pivoting::factor as driver;
use faer::linalg::svd::{ComputeSvdVectors, svd as decompose, svd_scratch};
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, Conj, Par};
use leastwise_core::{Mat, MatMut, MatRef};
use leastwise_faer::{to_faer, to_faer_mut};

use super::shared::{cutoff, refuse_wide};
use crate::scalar::Libraries;

pub(super) fn product<T: Libraries>(a: MatRef<'_, T>, b: MatRef<'_, T>, c: MatMut<'_, T>) {
    let (a, b, c) = (to_faer(a), to_faer(b), to_faer_mut(c));
    matmul(c, Accum::Replace, a, b, T::of(1.0), Par::Seq);
}

pub(super) fn qr<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let (mut a, mut b) = (a.clone(), b.clone());
    let n = a.cols();
    triangularize(&mut a, &mut b);
    let r = to_faer(a.as_ref()).get(..n, ..);
    let x = to_faer_mut(b.as_mut()).get_mut(..n, ..);
    solve_upper_triangular_in_place(r, x, Par::Seq);
    Ok(b.top_rows(n))
}

pub(super) fn svd<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    if a.rows() == a.cols() {
        return svd_of_square(a, to_faer(a.as_ref()), to_faer(b.as_ref()));
    }
    let (mut packed, mut c) = (a.clone(), b.clone());
    triangularize(&mut packed, &mut c);
    let n = a.cols();
    let mut r = faer::Mat::zeros(n, n);
    r.copy_from_triangular_upper(to_faer(packed.as_ref()).get(..n, ..));
    svd_of_square(a, r.as_ref(), to_faer(c.as_ref()).get(..n, ..))
}

/// min ‖R·X − C‖ for the R of `a`.
fn svd_of_square<T: Libraries>(
    a: &Mat<T>,
    r: faer::MatRef<'_, T>,
    c: faer::MatRef<'_, T>,
) -> Result<Mat<T>, String> {
    let (n, k) = (r.ncols(), c.ncols());
    let (mut u, mut v) = (faer::Mat::zeros(n, n), faer::Mat::zeros(n, n));
    let mut s = vec![T::of(0.0); n];
    let thin = ComputeSvdVectors::Thin;
    let scratch = svd_scratch::<T>(n, n, thin, thin, Par::Seq, Default::default());
    decompose(
        r,
        DiagMut::from_slice_mut(&mut s),
        Some(u.as_mut()),
        Some(v.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|error| format!("{error:?}"))?;
    let (one, mut w) = (T::of(1.0), faer::Mat::zeros(n, k));
    matmul(w.as_mut(), Accum::Replace, u.transpose(), c, one, Par::Seq);
    let zero_from = cutoff(a, s[0]);
    for j in 0..k {
        for (i, &si) in s.iter().enumerate() {
            w[(i, j)] = if si > zero_from {
                w[(i, j)] / si
            } else {
                T::of(0.0)
            };
        }
    }
    let mut x = Mat::zeros(n, k);
    let target = to_faer_mut(x.as_mut());
    matmul(
        target,
        Accum::Replace,
        v.as_ref(),
        w.as_ref(),
        one,
        Par::Seq,
    );
    Ok(x)
}

pub(super) fn cholesky<T: Libraries>(a: &Mat<T>, b: &Mat<T>) -> Result<Mat<T>, String> {
    refuse_wide(a)?;
    let (n, k) = (a.cols(), b.cols());
    let (a, b) = (to_faer(a.as_ref()), to_faer(b.as_ref()));
    let (one, mut gram) = (T::of(1.0), faer::Mat::zeros(n, n));
    matmul(
        gram.as_mut(),
        Accum::Replace,
        a.transpose(),
        a,
        one,
        Par::Seq,
    );
    let scratch = llt::factor::cholesky_in_place_scratch::<T>(n, Par::Seq, Default::default());
    let mut buffer = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut buffer);
    let (regularization, parameters) = (Default::default(), Default::default());
    llt::factor::cholesky_in_place(gram.as_mut(), regularization, Par::Seq, stack, parameters)
        .map_err(|error| format!("{error:?}"))?;
    let mut x = Mat::zeros(n, k);
    let mut target = to_faer_mut(x.as_mut());
    matmul(
        target.rb_mut(),
        Accum::Replace,
        a.transpose(),
        b,
        one,
        Par::Seq,
    );
    llt::solve::solve_in_place(gram.as_ref(), target, Par::Seq, stack);
    Ok(x)
}

/// Leaves R above the reflectors in `a`, and Qᵀ·B in `b`.
fn triangularize<T: Libraries>(a: &mut Mat<T>, b: &mut Mat<T>) {
    let (m, n) = (a.rows(), a.cols());
    let block = driver::recommended_block_size::<T>(m, n);
    let mut t = faer::Mat::zeros(block, n);
    let scratch = driver::qr_in_place_scratch::<T>(m, n, block, Par::Seq, Default::default())
        .or(apply_scratch::<T>(m, block, b.cols()));
    let mut buffer = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut buffer);
    let mut a = to_faer_mut(a.as_mut());
    let parameters = Default::default();
    driver::qr_in_place(a.rb_mut(), t.as_mut(), Par::Seq, stack, parameters);
    let b = to_faer_mut(b.as_mut());
    apply_transpose(a.rb(), t.as_ref(), Conj::No, b, Par::Seq, stack);
}
