//! The routines for f32 and for f64.

use leastwise_core::Scalar;

type Gemm<T> = unsafe fn(u8, u8, i32, i32, i32, T, &[T], i32, &[T], i32, T, &mut [T], i32);
type Syrk<T> = unsafe fn(u8, u8, i32, i32, T, &[T], i32, T, &mut [T], i32);
type Trsm<T> = unsafe fn(u8, u8, u8, u8, i32, i32, T, &[T], i32, &mut [T], i32);
type Geqrf<T> = unsafe fn(i32, i32, &mut [T], i32, &mut [T], &mut [T], i32, &mut i32);
type Geqp3<T> = unsafe fn(i32, i32, &mut [T], i32, &mut [i32], &mut [T], &mut [T], i32, &mut i32);
#[rustfmt::skip]
type Ormqr<T> =
    unsafe fn(u8, u8, i32, i32, i32, &[T], i32, &[T], &mut [T], i32, &mut [T], i32, &mut i32);
#[rustfmt::skip]
type Gesdd<T> = unsafe fn(
    u8, i32, i32, &mut [T], i32, &mut [T], &mut [T], i32, &mut [T], i32, &mut [T], i32, &mut [i32],
    &mut i32,
);
#[rustfmt::skip]
type Syevd<T> =
    unsafe fn(u8, u8, i32, &mut [T], i32, &mut [T], &mut [T], i32, &mut [i32], i32, &mut i32);
type Potrf<T> = unsafe fn(u8, i32, &mut [T], i32, &mut i32);
#[rustfmt::skip]
type Gesvj<T> = unsafe fn(
    u8, u8, u8, i32, i32, &mut [T], i32, &mut [T], &[i32], &mut [T], i32, &mut [T], i32, &mut i32,
);
#[rustfmt::skip]
type Gels<T> = unsafe fn(u8, i32, i32, i32, &mut [T], i32, &mut [T], i32, &mut [T], i32, &mut i32);
#[rustfmt::skip]
type Gelsy<T> = unsafe fn(
    i32, i32, i32, &mut [T], i32, &mut [T], i32, &mut [i32], T, &mut i32, &mut [T], i32, &mut i32,
);
#[rustfmt::skip]
type Gelsd<T> = unsafe fn(
    i32, i32, i32, &mut [T], i32, &mut [T], i32, &mut [T], T, &mut i32, &mut [T], i32, &mut [i32],
    &mut i32,
);

/// The routines for one scalar type.
pub trait Routines: Scalar {
    const GEMM: Gemm<Self>;
    const SYRK: Syrk<Self>;
    const TRSM: Trsm<Self>;
    const GEQRF: Geqrf<Self>;
    const GEQP3: Geqp3<Self>;
    const ORMQR: Ormqr<Self>;
    const GESDD: Gesdd<Self>;
    const GESVJ: Gesvj<Self>;
    const SYEVD: Syevd<Self>;
    const POTRF: Potrf<Self>;
    const GELS: Gels<Self>;
    const GELSY: Gelsy<Self>;
    const GELSD: Gelsd<Self>;
}

impl Routines for f32 {
    const GEMM: Gemm<f32> = blas::sgemm;
    const SYRK: Syrk<f32> = blas::ssyrk;
    const TRSM: Trsm<f32> = blas::strsm;
    const GEQRF: Geqrf<f32> = lapack::sgeqrf;
    const GEQP3: Geqp3<f32> = lapack::sgeqp3;
    const ORMQR: Ormqr<f32> = lapack::sormqr;
    const GESDD: Gesdd<f32> = lapack::sgesdd;
    const GESVJ: Gesvj<f32> = lapack::sgesvj;
    const SYEVD: Syevd<f32> = lapack::ssyevd;
    const POTRF: Potrf<f32> = lapack::spotrf;
    const GELS: Gels<f32> = lapack::sgels;
    const GELSY: Gelsy<f32> = lapack::sgelsy;
    const GELSD: Gelsd<f32> = lapack::sgelsd;
}

impl Routines for f64 {
    const GEMM: Gemm<f64> = blas::dgemm;
    const SYRK: Syrk<f64> = blas::dsyrk;
    const TRSM: Trsm<f64> = blas::dtrsm;
    const GEQRF: Geqrf<f64> = lapack::dgeqrf;
    const GEQP3: Geqp3<f64> = lapack::dgeqp3;
    const ORMQR: Ormqr<f64> = lapack::dormqr;
    const GESDD: Gesdd<f64> = lapack::dgesdd;
    const GESVJ: Gesvj<f64> = lapack::dgesvj;
    const SYEVD: Syevd<f64> = lapack::dsyevd;
    const POTRF: Potrf<f64> = lapack::dpotrf;
    const GELS: Gels<f64> = dgels;
    const GELSY: Gelsy<f64> = lapack::dgelsy;
    const GELSD: Gelsd<f64> = lapack::dgelsd;
}

/// `lapack::dgels` takes the length of its first argument, which Fortran hides, as an additional
/// argument.
#[allow(clippy::too_many_arguments)]
unsafe fn dgels(
    transposed: u8,
    m: i32,
    n: i32,
    k: i32,
    a: &mut [f64],
    lda: i32,
    b: &mut [f64],
    ldb: i32,
    work: &mut [f64],
    length: i32,
    info: &mut i32,
) {
    // SAFETY: the caller's; `transposed` is one character.
    unsafe { lapack::dgels(transposed, m, n, k, a, lda, b, ldb, work, length, info, 1) };
}
