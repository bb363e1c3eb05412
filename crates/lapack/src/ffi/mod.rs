//! Safe functions for the routines of BLAS and LAPACK. This is the only module with `unsafe` code.
//!
//! A routine receives dimensions and leading dimensions but no lengths, and trusts them. Here, all
//! dimensions come from the views and matrices of leastwise-core, whose constructors check the
//! length of the memory. Work space has at least the size that the LAPACK documentation requires.
//!
//! Source: E. Anderson et al., *LAPACK Users' Guide*, 3rd ed. (1999), and the headers of the
//! routines in LAPACK 3.9.

#![allow(unsafe_code)]

mod drivers;
mod factor;
mod products;
mod routines;

pub(crate) use drivers::{gels, gelsd, gelsy};
pub(crate) use factor::{geqp3, geqrf, gesdd, gesvj, ormqr, potrf, syevd};
pub(crate) use products::{gemm, syrk, trsm};
pub(crate) use routines::Routines;

use std::ffi::{CStr, c_char, c_int};
use std::sync::{Mutex, OnceLock, PoisonError};

use leastwise_core::{Error, Mat, Result, Scalar};

use crate::ENGINE;

unsafe extern "C" {
    fn openblas_set_num_threads(threads: c_int);
    fn openblas_get_num_threads() -> c_int;
    fn openblas_get_config() -> *const c_char;
}

/// OpenBLAS has one number of threads for the process and does not protect it by a lock.
static THREADS: Mutex<()> = Mutex::new(());

/// Allows OpenBLAS `threads` threads, in the whole process.
pub(crate) fn set_threads(threads: usize) {
    let threads = c_int::try_from(threads.max(1)).unwrap_or(c_int::MAX);
    let _guard = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: it reads an integer.
    let current = unsafe { openblas_get_num_threads() };
    // The number is only written if it changes. A program that uses one number therefore never
    // writes it while another thread computes.
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

/// The version of the library that was loaded. It can differ from the version that was linked.
pub(crate) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        // SAFETY: it returns a static buffer, which it writes; `get_or_init` lets one thread in.
        let config = unsafe { openblas_get_config() };
        if config.is_null() {
            return "unknown".to_owned();
        }
        // SAFETY: the buffer is not null, ends with a zero, and nothing else writes it.
        let config = unsafe { CStr::from_ptr(config) }.to_string_lossy();
        // "OpenBLAS 0.3.21 DYNAMIC_ARCH …"
        let number = config
            .split(' ')
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        number.unwrap_or("unknown").to_owned()
    })
}

/// A dimension in LAPACK's integer type.
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

/// Refuses arguments with which a routine would read or write out of bounds. Shapes are checked
/// before an adapter is called, but the functions of the adapter are public. Memory safety must not
/// depend on a convention.
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

/// Queries the size of the work space of `routine`, then calls `routine` with it. Returns `info`,
/// which is positive if the routine failed.
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

/// Outputs are filled with NaN before a call, so an entry that the routine does not write is
/// detected here.
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

/// The rows and columns of A in LAPACK's integer type.
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

/// A leading dimension, which must not be zero.
fn leading(rows: i32) -> i32 {
    rows.max(1)
}
