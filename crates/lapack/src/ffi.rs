//! The routines of BLAS and LAPACK behind safe functions: the one module with `unsafe`.
//!
//! A routine gets no lengths, only dimensions and leading dimensions, and believes them. Here they
//! all come from the views and matrices of leastwise-core, whose constructors check that the memory
//! is there, and work space is allocated by the formulas of the LAPACK documentation or larger.
//!
//! Source: E. Anderson et al., *LAPACK Users' Guide*, 3rd ed. (1999), and the headers of the
//! routines in LAPACK 3.9.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::sync::{Mutex, OnceLock, PoisonError};

use leastwise_core::{Error, Mat, MatMut, MatRef, Result, Scalar};

use crate::ENGINE;

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
}

unsafe extern "C" {
    fn openblas_set_num_threads(threads: c_int);
    fn openblas_get_num_threads() -> c_int;
    fn openblas_get_config() -> *const c_char;
}

/// OpenBLAS keeps one number of threads for the process and does not guard it.
static THREADS: Mutex<()> = Mutex::new(());

/// Allows OpenBLAS `threads` threads, in the whole process.
pub(crate) fn set_threads(threads: usize) {
    let threads = c_int::try_from(threads.max(1)).unwrap_or(c_int::MAX);
    let _guard = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: it reads an integer.
    let current = unsafe { openblas_get_num_threads() };
    // Only a change is written, so that a program that keeps to one number never writes while
    // another thread computes.
    if current != threads {
        // SAFETY: any number is allowed, OpenBLAS clamps it; the guard keeps other writers out.
        unsafe { openblas_set_num_threads(threads) };
    }
}

/// The number of threads that OpenBLAS may use.
pub(crate) fn threads() -> usize {
    // SAFETY: it reads an integer.
    let threads = unsafe { openblas_get_num_threads() };
    usize::try_from(threads).unwrap_or(1)
}

/// The version of the library that was loaded, which need not be the one that was linked.
pub(crate) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        // SAFETY: it returns a static buffer, which it writes; `get_or_init` lets one thread in.
        let config = unsafe { openblas_get_config() };
        if config.is_null() {
            return "unknown".to_owned();
        }
        // SAFETY: the buffer is not null, ends with a zero and is written by nobody else.
        let config = unsafe { CStr::from_ptr(config) }.to_string_lossy();
        // "OpenBLAS 0.3.21 DYNAMIC_ARCH …"
        let number = config
            .split(' ')
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        number.unwrap_or("unknown").to_owned()
    })
}

/// A dimension as LAPACK counts.
fn int(operation: &'static str, argument: &'static str, size: usize) -> Result<i32> {
    i32::try_from(size).map_err(|_| Error::Shape {
        operation,
        argument,
        detail: format!(
            "must have dimensions and strides of at most {} for LAPACK, but one is {size}",
            i32::MAX
        ),
    })
}

/// Refuses what would make a routine reach beyond its arguments. Shapes are checked before an adapter
/// is called, but its functions are public, and memory safety must not rest on a convention.
fn require(
    operation: &'static str,
    argument: &'static str,
    holds: bool,
    needed: &str,
) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Error::Shape {
        operation,
        argument,
        detail: format!("must have {needed}"),
    })
}

/// A matrix as BLAS takes it: the columns of the view, or those of its transpose.
struct Stored {
    transposed: bool,
    leading_dimension: i32,
}

impl Stored {
    fn new(
        operation: &'static str,
        argument: &'static str,
        (rows, cols): (usize, usize),
        (row_stride, col_stride): (usize, usize),
    ) -> Result<Self> {
        let transposed = row_stride != 1 && rows > 1;
        let (rows, cols, stride) = if transposed {
            (cols, rows, row_stride)
        } else {
            (rows, cols, col_stride)
        };
        // The stride of a single column is not used, and may be anything.
        let leading_dimension = if cols > 1 { stride } else { rows };
        Ok(Self {
            transposed,
            leading_dimension: int(operation, argument, leading_dimension.max(1))?,
        })
    }

    fn of<T: Scalar>(
        operation: &'static str,
        name: &'static str,
        a: MatRef<'_, T>,
    ) -> Result<Self> {
        let strides = (a.row_stride(), a.col_stride());
        Self::new(operation, name, (a.rows(), a.cols()), strides)
    }

    fn of_mut<T: Scalar>(
        operation: &'static str,
        name: &'static str,
        a: &MatMut<'_, T>,
    ) -> Result<Self> {
        let strides = (a.row_stride(), a.col_stride());
        Self::new(operation, name, (a.rows(), a.cols()), strides)
    }

    fn operation(&self) -> u8 {
        if self.transposed { b'T' } else { b'N' }
    }
}

/// C ← α·A·B + β·C for shapes that fit together.
pub(crate) fn gemm<T: Routines>(
    alpha: T,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    beta: T,
    c: MatMut<'_, T>,
) -> Result<()> {
    let stored_c = Stored::of_mut("matmul", "c", &c)?;
    if stored_c.transposed {
        // Cᵀ = Bᵀ·Aᵀ has contiguous columns.
        return gemm(alpha, b.transpose(), a.transpose(), beta, c.transpose());
    }
    let fit = b.rows() == a.cols() && (c.rows(), c.cols()) == (a.rows(), b.cols());
    require("matmul", "c", fit, "the shape of a·b")?;
    let (stored_a, stored_b) = (Stored::of("matmul", "a", a)?, Stored::of("matmul", "b", b)?);
    let m = int("matmul", "a", a.rows())?;
    let k = int("matmul", "a", a.cols())?;
    let n = int("matmul", "b", b.cols())?;
    // SAFETY: the shapes m×k, k×n and m×n are checked above, views hold every entry at the strides
    // that they state, and of C, which is borrowed mutably, the entries alone are written.
    unsafe {
        T::GEMM(
            stored_a.operation(),
            stored_b.operation(),
            m,
            n,
            k,
            alpha,
            a.data(),
            stored_a.leading_dimension,
            b.data(),
            stored_b.leading_dimension,
            beta,
            c.into_data(),
            stored_c.leading_dimension,
        );
    }
    Ok(())
}

/// C ← α·A·Aᵀ at half the cost of a general product; C is not read.
pub(crate) fn syrk<T: Routines>(alpha: T, a: MatRef<'_, T>, c: MatMut<'_, T>) -> Result<()> {
    let fit = (c.rows(), c.cols()) == (a.rows(), a.rows());
    require("matmul", "c", fit, "the shape of a·aᵀ")?;
    // C is symmetric, so that it may be written as its transpose.
    let c = if Stored::of_mut("matmul", "c", &c)?.transposed {
        c.transpose()
    } else {
        c
    };
    let (stored_a, stored_c) = (
        Stored::of("matmul", "a", a)?,
        Stored::of_mut("matmul", "c", &c)?,
    );
    let n = int("matmul", "a", a.rows())?;
    let k = int("matmul", "a", a.cols())?;
    let (order, column) = (a.rows(), c.col_stride());
    let entries = c.into_data();
    // SAFETY: A is n×k and C n×n as checked above, views hold every entry at the strides that they
    // state, and of C, which is borrowed mutably, the lower triangle alone is written.
    unsafe {
        T::SYRK(
            b'L',
            stored_a.operation(),
            n,
            k,
            alpha,
            a.data(),
            stored_a.leading_dimension,
            T::zero(),
            entries,
            stored_c.leading_dimension,
        );
    }
    for j in 0..order {
        for i in j + 1..order {
            entries[j + i * column] = entries[i + j * column];
        }
    }
    Ok(())
}

/// X ← T⁻¹·X, reading the upper or else the lower triangle of T.
pub(crate) fn trsm<T: Routines>(t: MatRef<'_, T>, upper: bool, x: MatMut<'_, T>) -> Result<()> {
    const OPERATION: &str = "solve_triangular";
    let fit = t.rows() == t.cols() && x.rows() == t.rows();
    require(OPERATION, "x", fit, "the rows of a square t")?;
    let (stored_t, stored_x) = (
        Stored::of(OPERATION, "t", t)?,
        Stored::of_mut(OPERATION, "x", &x)?,
    );
    // Where the rows of X are contiguous, its transpose is solved for: Xᵀ ← Xᵀ·T⁻ᵀ.
    let (side, m, n) = if stored_x.transposed {
        (b'R', x.cols(), x.rows())
    } else {
        (b'L', x.rows(), x.cols())
    };
    let triangle = if upper == stored_t.transposed {
        b'L'
    } else {
        b'U'
    };
    let operation = if stored_t.transposed == stored_x.transposed {
        b'N'
    } else {
        b'T'
    };
    let (m, n) = (int(OPERATION, "x", m)?, int(OPERATION, "x", n)?);
    // SAFETY: T is square and as large as the side of X that it is applied to, as checked above;
    // views hold every entry at the strides that they state, and of X, which is borrowed mutably,
    // the entries alone are written.
    unsafe {
        T::TRSM(
            side,
            triangle,
            operation,
            b'N',
            m,
            n,
            T::one(),
            t.data(),
            stored_t.leading_dimension,
            x.into_data(),
            stored_x.leading_dimension,
        );
    }
    Ok(())
}

/// Asks `routine` for the size of its work space, and then calls it with that; returns its `info`,
/// which is positive if it failed.
fn with_work_space<T: Routines>(
    operation: &'static str,
    mut routine: impl FnMut(&mut [T], i32, &mut i32),
) -> Result<i32> {
    let (mut size, mut info) = ([T::zero()], 0);
    routine(&mut size, -1, &mut info);
    accepted(operation, info)?;
    // The size is rounded to f32 in the routines for f32, perhaps down.
    let size = (size[0] * (T::one() + T::EPSILON)).ceil();
    let mut work = vec![T::zero(); size.to_usize().unwrap_or(0).max(1)];
    let length = int(operation, "a", work.len())?;
    routine(&mut work, length, &mut info);
    accepted(operation, info)
}

fn accepted(operation: &'static str, info: i32) -> Result<i32> {
    if info >= 0 {
        return Ok(info);
    }
    Err(Error::InvalidArgument {
        operation,
        argument: "a",
        detail: format!(
            "was refused by LAPACK, whose argument {} it concerns",
            -info
        ),
    })
}

fn converged(operation: &'static str, info: i32) -> Result<()> {
    if info == 0 {
        return Ok(());
    }
    Err(Error::NoConvergence {
        operation,
        backend: ENGINE,
    })
}

/// Outputs are filled with NaN before a call: what a routine leaves unwritten shows here.
fn written<T: Scalar>(operation: &'static str, name: &str, output: &[T]) -> Result<()> {
    if output.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    Err(Error::WrongResult {
        operation,
        backend: ENGINE,
        detail: format!("{name} has an entry that is not finite"),
    })
}

fn poisoned<T: Scalar>(len: usize) -> Vec<T> {
    vec![T::nan(); len]
}

/// The rows and columns of A as LAPACK counts.
fn dimensions<T>(
    operation: &'static str,
    argument: &'static str,
    a: &Mat<T>,
) -> Result<(i32, i32)> {
    Ok((
        int(operation, argument, a.rows())?,
        int(operation, argument, a.cols())?,
    ))
}

/// A leading dimension, which may not be zero.
fn leading(rows: i32) -> i32 {
    rows.max(1)
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
    let size = a.cols();
    require("svd", "a", a.rows() == size, "as many rows as columns")?;
    let n = int("svd", "a", size)?;
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

/// A = U·diag(s)·Vᵀ for a square A by one-sided Jacobi; returns s and V. U overwrites A but for its
/// columns of zero singular values.
pub(crate) fn gesvj<T: Routines>(a: &mut Mat<T>) -> Result<(Vec<T>, Mat<T>)> {
    let size = a.cols();
    require("svd", "a", a.rows() == size, "as many rows as columns")?;
    let n = int("svd", "a", size)?;
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
    let size = a.cols();
    require(OPERATION, "a", a.rows() == size, "as many rows as columns")?;
    let n = int(OPERATION, "a", size)?;
    let mut values = poisoned(size);
    let mut indices = vec![0; 3 + 5 * size];
    let index_length = int(OPERATION, "a", indices.len())?;
    let info = with_work_space(OPERATION, |work, length, info| {
        // SAFETY: A is n×n without padding, `values` has n entries, `indices` has `index_length` and
        // `work` has `length`, both of which the routine checks; a query (−1) writes their first
        // entries alone.
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
    let fit = a.rows() == a.cols();
    require("cholesky", "a", fit, "as many rows as columns")?;
    let n = int("cholesky", "a", a.cols())?;
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
