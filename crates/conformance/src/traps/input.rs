//! Bad input must return an error. It must not reach the library, which could panic, loop or return
//! a wrong result.

use leastwise_core::{Backend, Error, LstsqOptions, Mat, Method, Result, Scalar, Solution};

use super::methods;

fn ones<T: Scalar>(rows: usize, cols: usize) -> Mat<T> {
    Mat::from_fn(rows, cols, |_, _| T::one())
}

/// Upper triangular and well-conditioned.
fn regular<T: Scalar>(rows: usize, cols: usize) -> Mat<T> {
    Mat::from_fn(rows, cols, |i, j| {
        T::of(if i == j {
            4.0
        } else {
            f64::from(u8::from(i < j))
        })
    })
}

#[track_caller]
fn assert_shape<R>(case: &str, result: Result<R>) {
    match result {
        Err(Error::Shape { .. }) => {}
        Err(other) => panic!("{case}: {other}"),
        Ok(_) => panic!("{case}: was accepted"),
    }
}

#[track_caller]
fn assert_not_finite<R>(case: &str, result: Result<R>, argument: &str, place: (usize, usize)) {
    match result {
        Err(Error::NonFinite {
            argument: named,
            row,
            col,
            ..
        }) => assert_eq!((named, (row, col)), (argument, place), "{case}"),
        Err(other) => panic!("{case}: {other}"),
        Ok(_) => panic!("{case}: was accepted"),
    }
}

/// Operands that do not fit.
pub fn products_refuse_bad_shapes<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (a, b, c) in [
        ((2, 3), (2, 4), (2, 4)),
        ((2, 3), (3, 4), (4, 2)),
        ((2, 3), (3, 4), (2, 3)),
        ((2, 3), (3, 4), (3, 4)),
        ((2, 0), (1, 4), (2, 4)),
        ((0, 3), (3, 4), (1, 4)),
    ] {
        let mut target = ones::<T>(c.0, c.1);
        let (left, right) = (ones(a.0, a.1), ones(b.0, b.1));
        let (one, zero) = (T::one(), T::zero());
        let result = backend.matmul(one, left.as_ref(), right.as_ref(), zero, target.as_mut());
        assert_shape(&format!("{a:?} by {b:?} into {c:?}"), result);
        assert_eq!(target, ones(c.0, c.1), "a refused product wrote into c");
    }
}

/// Empty dimensions, and b or d of another length.
pub fn least_squares_refuses_bad_shapes<T: Scalar>(backend: &'static dyn Backend<T>) {
    for method in methods(backend) {
        let options = LstsqOptions::new(method);
        for (a, b) in [
            ((0, 3), (0, 1)),
            ((3, 0), (3, 1)),
            ((0, 0), (0, 0)),
            ((4, 3), (3, 1)),
            ((3, 4), (4, 2)),
            ((3, 3), (3, 0)),
        ] {
            let case = format!("{method}, a {a:?}, b {b:?}");
            let (a, b) = (regular::<T>(a.0, a.1), ones::<T>(b.0, b.1));
            for result in every_call(backend, &a, &b, &options) {
                assert_shape(&case, result);
            }
        }
        let (a, b) = (regular::<T>(4, 3), ones::<T>(4, 1));
        for len in [0, 2, 4] {
            let d = vec![T::one(); len];
            let result = backend.lstsq_damped(a.as_ref(), &d, b.as_ref(), &options);
            assert_shape(&format!("{method}, {len} entries of d"), result);
        }
    }
}

/// NaN and ∞ in the first, a middle and the last entry of each argument.
pub fn least_squares_refuses_what_is_not_finite<T: Scalar>(backend: &'static dyn Backend<T>) {
    let spoil = |a: &Mat<T>, place, bad| {
        let mut spoilt = a.clone();
        spoilt[place] = bad;
        spoilt
    };
    for method in methods(backend) {
        let options = LstsqOptions::new(method);
        for bad in [T::nan(), T::infinity(), T::neg_infinity()] {
            for (m, n) in [(9, 4), (4, 4), (4, 9)] {
                let (a, b, d) = (regular::<T>(m, n), ones::<T>(m, 2), vec![T::one(); n]);
                let solve_all = |a: &Mat<T>, b: &Mat<T>, name: &str, place| {
                    let case = format!("{method}, {m}x{n}, {bad} in {name}");
                    for result in every_call(backend, a, b, &options) {
                        assert_not_finite(&case, result, name, place);
                    }
                };
                for place in [(0, 0), (m / 2, n / 2), (m - 1, n - 1)] {
                    solve_all(&spoil(&a, place, bad), &b, "a", place);
                }
                for place in [(0, 0), (m / 2, 1), (m - 1, 1)] {
                    solve_all(&a, &spoil(&b, place, bad), "b", place);
                }
                for i in [0, n - 1] {
                    let mut d = d.clone();
                    d[i] = bad;
                    let case = format!("{method}, {m}x{n}, {bad} in d");
                    let result = backend.lstsq_damped(a.as_ref(), &d, b.as_ref(), &options);
                    assert_not_finite(&case, result, "d", (i, 0));
                }
            }
        }
    }
}

/// The results of every function that solves A·X ≈ B, damped by ones where it is damped.
fn every_call<T: Scalar>(
    backend: &dyn Backend<T>,
    a: &Mat<T>,
    b: &Mat<T>,
    options: &LstsqOptions<T>,
) -> [Result<Solution<T>>; 3] {
    let ones = vec![T::one(); a.cols()];
    [
        backend.lstsq(a.as_ref(), b.as_ref(), options),
        backend.lstsq_overwriting(&mut a.clone(), &mut b.clone(), options),
        backend.lstsq_damped(a.as_ref(), &ones, b.as_ref(), options),
    ]
}

/// An rcond outside [0, 1).
pub fn least_squares_refuses_a_bad_rcond<T: Scalar>(backend: &'static dyn Backend<T>) {
    let (a, b) = (regular::<T>(4, 3), ones::<T>(4, 1));
    for method in methods(backend) {
        for rcond in [-1e-9, 1.0, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let options = LstsqOptions {
                method,
                rcond: Some(T::of(rcond)),
            };
            for result in every_call(backend, &a, &b, &options) {
                let refused = matches!(
                    result,
                    Err(Error::InvalidArgument {
                        argument: "rcond",
                        ..
                    })
                );
                assert!(refused, "{method}, rcond {rcond}: {result:?}");
            }
        }
    }
}

/// A method that the backend does not list must be refused and not emulated.
pub fn missing_methods_are_unsupported<T: Scalar>(backend: &'static dyn Backend<T>) {
    let (a, b) = (regular::<T>(4, 3), ones::<T>(4, 1));
    for method in Method::ALL {
        let options = LstsqOptions::new(method);
        for result in every_call(backend, &a, &b, &options) {
            let unsupported = matches!(result, Err(Error::Unsupported { .. }));
            let known = backend.info().has(method);
            assert_eq!(unsupported, !known, "{method}: {result:?}");
        }
    }
}

/// Empty, or not square where a square is needed.
pub fn decompositions_refuse_bad_shapes<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (m, n) in [(0, 0), (0, 3), (3, 0)] {
        let a = Mat::<T>::zeros(m, n);
        let view = a.as_ref();
        let case = format!("{m}x{n}");
        assert_shape(&case, backend.qr(view));
        assert_shape(&case, backend.svd(view));
        assert_shape(&case, backend.symmetric_eigen(view));
        assert_shape(&case, backend.cholesky(view));
    }
    let wide = regular::<T>(2, 3);
    assert_shape("qr of 2x3", backend.qr(wide.as_ref()));
    for a in [wide.as_ref(), wide.as_ref().transpose()] {
        assert_shape("eigen", backend.symmetric_eigen(a));
        assert_shape("cholesky", backend.cholesky(a));
    }
}

/// NaN and ∞ anywhere in the lower triangle, which all of them read.
pub fn decompositions_refuse_what_is_not_finite<T: Scalar>(backend: &'static dyn Backend<T>) {
    for n in [1, 2, 9] {
        let regular = Mat::from_fn(n, n, |i, j| T::of(if i == j { 4.0 } else { 0.1 }));
        for bad in [T::nan(), T::infinity(), T::neg_infinity()] {
            for place in [(0, 0), (n - 1, 0), (n - 1, n - 1)] {
                let mut spoilt = regular.clone();
                spoilt[place] = bad;
                let a = spoilt.as_ref();
                let case = format!("{n}x{n}, {bad} at {place:?}");
                assert_not_finite(&case, backend.qr(a), "a", place);
                assert_not_finite(&case, backend.svd(a), "a", place);
                assert_not_finite(&case, backend.symmetric_eigen(a), "a", place);
                assert_not_finite(&case, backend.cholesky(a), "a", place);
            }
        }
    }
}

/// A negative or zero pivot, first, in the middle or last.
pub fn indefinite_matrices_are_no_cholesky_products<T: Scalar>(backend: &'static dyn Backend<T>) {
    for n in [1, 2, 9, 40] {
        for place in [0, n / 2, n - 1] {
            for pivot in [0.0, -1.0] {
                let a = Mat::from_fn(n, n, |i, j| {
                    T::of(match (i == j, i == place) {
                        (true, true) => pivot,
                        (true, false) => 2.0,
                        (false, _) => 0.0,
                    })
                });
                let case = format!("{n}x{n} with {pivot} at {place}");
                let refused = |error| matches!(error, Some(Error::NotPositiveDefinite { .. }));
                assert!(refused(backend.cholesky(a.as_ref()).err()), "{case}");
            }
        }
    }
}
