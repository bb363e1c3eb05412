//! Matrices for which iterations do not end, or end in a wrong answer.
//!
//! A backend may return the right answer, [`Error::NoConvergence`] or [`Error::WrongResult`]. It
//! must not return a wrong answer as success, and it must not loop without end.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use leastwise_core::{Backend, Error, Mat, Method, Result, Scalar};

use super::draw::{generator, normal};
use super::measure::{assert_eigen, assert_svd, in_f64};
use super::solve;

/// This limit is not a measurement. An iteration with a limit ends far earlier.
const LIMIT: Duration = Duration::from_mins(1);

/// Returns the result of `work`. Panics if `work` does not end.
fn ending<R: Send + 'static>(case: &str, work: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = channel();
    let worker = thread::spawn(move || sender.send(work()));
    match receiver.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("{case}: still iterating after {LIMIT:?}"),
        Err(RecvTimeoutError::Disconnected) => match worker.join() {
            Err(panic) => resume_unwind(panic),
            Ok(_) => unreachable!("the worker sends before it ends"),
        },
    }
}

fn is_a_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::NoConvergence { .. } | Error::WrongResult { .. }
    )
}

fn named<T: Scalar>(name: &str, n: usize, f: impl Fn(usize, usize) -> f64) -> (String, Mat<T>) {
    (
        format!("{name} {n}x{n}"),
        Mat::from_fn(n, n, |i, j| T::of(f(i, j))),
    )
}

/// Square matrices: zeros on the diagonal of the bidiagonal, equal singular values, entries of very
/// different size.
fn hard<T: Scalar>() -> Vec<(String, Mat<T>)> {
    let when = |yes: bool| f64::from(u8::from(yes));
    let mut matrices = vec![
        named("[1 1; 0 1e-6]", 2, |i, j| [[1.0, 1.0], [0.0, 1e-6]][i][j]),
        named("[1 1; 0 1e-30]", 2, |i, j| [[1.0, 1.0], [0.0, 1e-30]][i][j]),
        named("[0 1; 0 0]", 2, |i, j| when(i == 0 && j == 1)),
    ];
    for n in [1, 2, 3, 4, 5, 6, 8, 21, 32] {
        let power = |i: usize, step: f64| (-(i as f64) * step / n as f64).exp2();
        matrices.extend([
            named("ones", n, |_, _| 1.0),
            named("identity", n, |i, j| when(i == j)),
            named("nilpotent", n, |i, j| when(i + 1 == j)),
            named("cyclic shift", n, |i, j| when((i + 1) % n == j)),
            named("two equal blocks", n, |i, j| when(i % 2 == j % 2)),
            named("graded downwards", n, |i, j| {
                power(i + j, 50.0) * (1.0 + when(i == j))
            }),
            named("graded upwards", n, |i, j| {
                power(2 * n - i - j, 50.0) * (1.0 + when(i == j))
            }),
            named("graded bidiagonal", n, |i, j| {
                power(i, 100.0) * when(i == j || i + 1 == j)
            }),
            named("bidiagonal with zeros", n, |i, j| {
                when(i + 1 == j || i == j && i % 3 != 1)
            }),
            named("triangular ones", n, |i, j| when(i <= j)),
            named("one column", n, |i, j| when(j == 0) * (1 + i) as f64),
            named("one row", n, |i, j| when(i == 0) * (1 + j) as f64),
        ]);
        let noise = normal::<T>(&mut generator(n as u64), n, n);
        matrices.push(named("ones and noise, seeded by the size,", n, |i, j| {
            1.0 + 1e-9 * noise[(i, j)].as_f64()
        }));
    }
    matrices
}

/// Symmetric matrices with clustered, equal, graded and zero eigenvalues.
fn hard_symmetric<T: Scalar>() -> Vec<(String, Mat<T>)> {
    let when = |yes: bool| f64::from(u8::from(yes));
    let mut matrices = vec![
        named("[1 1e-7; 1e-7 2]", 2, |i, j| {
            [[1.0, 1e-7], [1e-7, 2.0]][i][j]
        }),
        named("[1 1e-30; 1e-30 1]", 2, |i, j| {
            [[1.0, 1e-30], [1e-30, 1.0]][i][j]
        }),
        named("[0 1; 1 0]", 2, |i, j| when(i != j)),
    ];
    for n in [1, 2, 3, 5, 8, 21, 32] {
        let power = |i: usize, step: f64| (-(i as f64) * step / n as f64).exp2();
        let middle = (n - 1) as f64 / 2.0;
        matrices.extend([
            named("ones", n, |_, _| 1.0),
            named("identity", n, |i, j| when(i == j)),
            named("exchange", n, |i, j| when(i + j + 1 == n)),
            named("graded", n, |i, j| {
                power(i + j, 50.0) * (1.0 + when(i == j))
            }),
            // Pairs of eigenvalues that agree to many digits.
            named("Wilkinson's", n, |i, j| {
                when(i == j) * (i as f64 - middle).abs() + when(i.abs_diff(j) == 1)
            }),
            named("second difference", n, |i, j| {
                2.0 * when(i == j) - when(i.abs_diff(j) == 1)
            }),
            named("two equal blocks", n, |i, j| when(i % 2 == j % 2)),
            named("nearly diagonal", n, |i, j| {
                if i == j { (1 + i) as f64 } else { 1e-12 }
            }),
        ]);
    }
    matrices
}

/// Calls `call` with each matrix. It ends with a refusal, or with an answer that `check` accepts.
fn each_ends<T: Scalar, R: Send + 'static>(
    matrices: Vec<(String, Mat<T>)>,
    call: impl Fn(&Mat<T>) -> Result<R> + Copy + Send + 'static,
    check: impl Fn(&str, &Mat<T>, &R),
) {
    for (case, a) in matrices {
        let copy = a.clone();
        match ending(&case, move || call(&copy)) {
            Ok(found) => check(&case, &a, &found),
            Err(error) => assert!(is_a_refusal(&error), "{case}: {error}"),
        }
    }
}

/// Thin SVD, each checked by its definition.
pub fn svd_ends<T: Scalar>(backend: &'static dyn Backend<T>) {
    let call = move |a: &Mat<T>| backend.svd(a.as_ref());
    each_ends(hard::<T>(), call, |case, a, svd| {
        assert_svd(case, &in_f64(a.as_ref()), svd);
    });
}

/// Eigendecomposition, each checked by its definition.
pub fn symmetric_eigen_ends<T: Scalar>(backend: &'static dyn Backend<T>) {
    let call = move |a: &Mat<T>| backend.symmetric_eigen(a.as_ref());
    each_ends(hard_symmetric::<T>(), call, |case, a, eigen| {
        assert_eigen(case, &in_f64(a.as_ref()), eigen);
    });
}

/// Least squares by SVD on the same matrices. This trap only tests that the call ends; other traps
/// test the rank.
pub fn least_squares_by_svd_ends<T: Scalar>(backend: &'static dyn Backend<T>) {
    if !backend.info().has(Method::Svd) {
        return;
    }
    let call = move |a: &Mat<T>| {
        let b = Mat::from_fn(a.rows(), 1, |i, _| T::of((1 + i) as f64));
        solve(backend, a, &b, Method::Svd)
    };
    each_ends(hard::<T>(), call, |case, _, solution| {
        let finite = solution.x.data().iter().all(|x| x.is_finite());
        assert!(finite, "{case}");
    });
}
