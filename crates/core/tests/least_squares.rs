//! The contract of least squares over the plain backend.

use std::cell::Cell;

use leastwise_core::{Error, LeastSquares, LstsqOptions, Mat, Method, Result, Solution};
use leastwise_plain::Plain;

use super::watched::{
    Watched, assert_all_close, assert_close, assert_message, assert_wrong, rows, times,
    transposed_product,
};

/// σ₁/σ₂ is about 2.
fn tall() -> Mat<f64> {
    rows(&[[1.0, 2.0], [3.0, -1.0], [2.0, 6.0], [0.0, 1.0]])
}

/// B = A·X + R with AᵀR = 0, then X, and the norms of the columns of R.
fn sides() -> (Mat<f64>, Mat<f64>, [f64; 2]) {
    let x = rows(&[[1.0, 0.5], [-1.0, 2.0]]);
    // Aᵀr = 0: r₁ + 3r₂ + 2r₃ = 0 and 2r₁ − r₂ + 6r₃ + r₄ = 0.
    let r = rows(&[[1.0, 2.0], [1.0, 0.0], [-2.0, -1.0], [11.0, 2.0]]);
    let entry = |i: usize, j: usize| {
        let product: f64 = (0..2).map(|k| tall()[(i, k)] * x[(k, j)]).sum();
        product + r[(i, j)]
    };
    let b = Mat::from_fn(4, 2, entry);
    (b, x, [127f64.sqrt(), 3.0])
}

fn solve(backend: &Watched, a: &Mat<f64>, b: &Mat<f64>, method: Method) -> Result<Solution<f64>> {
    backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(method))
}

fn solve_overwriting(
    backend: &Watched,
    a: &Mat<f64>,
    b: &Mat<f64>,
    method: Method,
) -> Result<Solution<f64>> {
    let (mut a, mut b) = (a.clone(), b.clone());
    backend.lstsq_overwriting(&mut a, &mut b, &LstsqOptions::new(method))
}

#[test]
fn a_tall_problem_has_its_known_solution_and_residual_in_every_way() {
    let (b, x, norms) = sides();
    let blocks = Watched {
        rows_per_block: Some(16),
        ..Watched::default()
    };
    for backend in [Watched::default(), blocks] {
        for method in Method::ALL {
            let of_copy = solve(&backend, &tall(), &b, method).unwrap();
            let in_place = solve_overwriting(&backend, &tall(), &b, method).unwrap();
            assert_eq!(of_copy, in_place);
            assert_close(&of_copy.x, &x, 10.0);
            assert_eq!((of_copy.rank, of_copy.method), (2, method));
            match &of_copy.residual_norms {
                Some(found) => assert_all_close(found, &norms, 15.0),
                None => assert_eq!(method, Method::Cholesky),
            }
            assert_eq!(of_copy.singular_values.is_some(), method == Method::Svd);
            // For 2ᵖ·A and 2^q·B the answer is 2^(q−p)·X bit for bit.
            for (p, q) in [(-500, 400), (300, 300), (450, -450), (0, -900)] {
                let scaled = solve(&backend, &times(&tall(), p), &times(&b, q), method).unwrap();
                assert_eq!(scaled.x, times(&of_copy.x, q - p));
                let all_times = |values: &Option<Vec<f64>>, power: i32| {
                    let values = values.as_ref()?.iter();
                    Some(values.map(|x| x * 2f64.powi(power)).collect::<Vec<_>>())
                };
                assert_eq!(scaled.residual_norms, all_times(&of_copy.residual_norms, q));
                assert_eq!(
                    scaled.singular_values,
                    all_times(&of_copy.singular_values, p)
                );
            }
        }
    }
}

#[test]
fn each_column_of_b_has_a_scale_of_its_own() {
    let (b, _, _) = sides();
    let of_b = [-800, 700];
    let scaled = Mat::from_fn(4, 2, |i, j| b[(i, j)] * 2f64.powi(of_b[j]));
    for rows_per_block in [None, Some(16)] {
        let backend = Watched {
            rows_per_block,
            ..Watched::default()
        };
        let alone = solve(&backend, &tall(), &b, Method::Qr).unwrap();
        let found = solve(&backend, &tall(), &scaled, Method::Qr).unwrap();
        for (j, &power) in of_b.iter().enumerate() {
            let factor = 2f64.powi(power);
            let expected = alone.x.col(j).iter().map(|x| x * factor);
            assert_eq!(found.x.col(j), expected.collect::<Vec<_>>());
            let norms = |solution: &Solution<f64>| solution.residual_norms.as_ref().unwrap()[j];
            assert_eq!(norms(&found), norms(&alone) * factor);
        }
    }
}

/// The minimum-norm solution of a matrix of rank 1, of a wide one, and of zero.
#[test]
fn a_deficient_matrix_has_its_minimum_norm_solution_or_is_refused() {
    let ones = Mat::from_fn(3, 2, |_, _| 1.0);
    let b = rows(&[[1.0], [2.0], [6.0]]);
    let wide = rows(&[[1.0, 2.0, 2.0]]);
    for method in Method::ALL {
        let backend = Watched::default();
        let found = solve(&backend, &ones, &b, method);
        let wide = solve(&backend, &wide, &rows(&[[18.0]]), method).unwrap();
        assert_close(&wide.x, &rows(&[[2.0], [4.0], [4.0]]), 6.0);
        assert_eq!(wide.rank, 1);
        if method.handles_rank_deficiency() {
            let found = found.unwrap();
            assert_close(&found.x, &rows(&[[1.5], [1.5]]), 3.0);
            assert_eq!(found.rank, 1);
            // (1 − 3, 2 − 3, 6 − 3)
            assert_all_close(&found.residual_norms.unwrap(), &[14f64.sqrt()], 7.0);
        } else {
            assert!(
                matches!(found, Err(Error::RankDeficient { .. })),
                "{found:?}"
            );
        }
    }
}

#[test]
fn a_zero_matrix_has_the_solution_zero_and_no_library_sees_it() {
    let b = rows(&[[3.0, 0.0], [4.0, 0.0], [0.0, 0.0]]);
    for rows_per_block in [None, Some(16)] {
        let backend = Watched {
            rows_per_block,
            ..Watched::default()
        };
        for n in [2, 3, 5] {
            let zero = Mat::zeros(3, n);
            for (method, values) in [
                (Method::Svd, Some(vec![0.0; n.min(3)])),
                (Method::CompleteOrthogonal, None),
            ] {
                for scale in [0, 900] {
                    let b = times(&b, scale);
                    let found = solve(&backend, &zero, &b, method).unwrap();
                    assert_eq!(found.x, Mat::zeros(n, 2));
                    assert_eq!((found.rank, found.method), (0, method));
                    let norms = vec![5.0 * 2f64.powi(scale), 0.0];
                    assert_eq!(found.residual_norms, Some(norms));
                    assert_eq!(found.singular_values, values);
                    assert_eq!(solve_overwriting(&backend, &zero, &b, method), Ok(found));
                }
            }
            for method in [Method::Qr, Method::Cholesky] {
                let Err(Error::RankDeficient {
                    operation,
                    method: refuses,
                    reciprocal_condition,
                    threshold,
                }) = solve(&backend, &zero, &b, method)
                else {
                    panic!("a zero matrix has full rank")
                };
                assert_eq!((operation, refuses), ("lstsq", method));
                let expected = n.max(3) as f64 * f64::EPSILON;
                assert_eq!((reciprocal_condition, threshold), (0.0, expected));
            }
        }
        assert_eq!(backend.calls(), 0);
    }
}

/// The threshold is max(m, n)·ε unless it is given. 0 means the least that quotients allow.
#[test]
fn singular_values_at_the_threshold_count_as_zero() {
    let diagonal = |m: usize, least: f64| {
        Mat::from_fn(m, 2, |i, j| match (i, j) {
            (0, 0) => 1.0,
            (1, 1) => least,
            _ => 0.0,
        })
    };
    let rank = |m: usize, least: f64, rcond: Option<f64>, rows_per_block: Option<usize>| {
        let backend = Watched {
            rows_per_block,
            ..Watched::default()
        };
        let (a, b) = (diagonal(m, least), Mat::from_fn(m, 1, |_, _| 1.0));
        let options = LstsqOptions {
            method: Method::Svd,
            rcond,
        };
        backend
            .lstsq(a.as_ref(), b.as_ref(), &options)
            .unwrap()
            .rank
    };
    for (m, blocks) in [(2, None), (5, None), (20, Some(16))] {
        let default = m as f64 * f64::EPSILON;
        assert_eq!(rank(m, 1.01 * default, None, blocks), 2, "{m}");
        assert_eq!(rank(m, 0.99 * default, None, blocks), 1, "{m}");
        assert_eq!(rank(m, 0.26, Some(0.25), blocks), 2, "{m}");
        assert_eq!(rank(m, 0.25, Some(0.25), blocks), 1, "{m}");
        assert_eq!(rank(m, 1e-250, Some(0.0), blocks), 2, "{m}");
        let least = f64::MIN_POSITIVE / f64::EPSILON;
        assert_eq!(rank(m, 2.0 * least, Some(0.0), blocks), 2, "{m}");
        assert_eq!(rank(m, 0.5 * least, Some(0.0), blocks), 1, "{m}");
    }
    // A wide matrix counts by its columns.
    let default = 5.0 * f64::EPSILON;
    for (least, expected) in [(1.01 * default, 2), (0.99 * default, 1)] {
        let a = diagonal(5, least).transposed();
        let found = solve(&Watched::default(), &a, &rows(&[[1.0], [1.0]]), Method::Svd);
        assert_eq!(found.unwrap().rank, expected);
    }
}

#[test]
fn requests_are_refused_with_their_numbers() {
    let backend = Watched::default();
    let shapes = [
        (
            (0, 2),
            (0, 1),
            "a must have at least one row and one column, but it is 0x2",
        ),
        (
            (2, 0),
            (2, 1),
            "a must have at least one row and one column, but it is 2x0",
        ),
        (
            (3, 2),
            (2, 1),
            "b must have 3 rows for a 3x2, but it is 2x1",
        ),
        (
            (3, 2),
            (4, 1),
            "b must have 3 rows for a 3x2, but it is 4x1",
        ),
        (
            (3, 2),
            (3, 0),
            "b must have at least one column, but it is 3x0",
        ),
    ];
    for ((m, n), (p, q), detail) in shapes {
        let (a, b) = (Mat::zeros(m, n), Mat::zeros(p, q));
        let refusal = format!("lstsq: {detail}");
        assert_message(solve(&backend, &a, &b, Method::Svd), &refusal);
        assert_message(solve_overwriting(&backend, &a, &b, Method::Svd), &refusal);
        let options = LstsqOptions::new(Method::Svd);
        let damped = backend.lstsq_damped(a.as_ref(), &vec![1.0; n], b.as_ref(), &options);
        assert_message(damped, &refusal);
    }
    let (a, b) = (tall(), sides().0);
    for (rcond, is_valid) in [
        (0.0, true),
        (1.0 - f64::EPSILON, true),
        (1.0, false),
        (-1e-300, false),
        (f64::NAN, false),
    ] {
        let options = LstsqOptions {
            method: Method::Svd,
            rcond: Some(rcond),
        };
        let outcome = backend.lstsq(a.as_ref(), b.as_ref(), &options);
        assert_eq!(outcome.is_ok(), is_valid, "{rcond}");
        if !is_valid {
            let refusal =
                format!("lstsq: rcond must be at least 0 and less than 1, but it is {rcond}");
            assert_message(outcome, &refusal);
        }
    }
    for (argument, row) in [("a", 1), ("b", 2)] {
        let (mut a, mut b) = (tall(), sides().0);
        if argument == "a" {
            a[(row, 1)] = f64::NAN;
        } else {
            b[(row, 1)] = f64::INFINITY;
        }
        for rows_per_block in [None, Some(16)] {
            let backend = Watched {
                rows_per_block,
                ..Watched::default()
            };
            for outcome in [
                solve(&backend, &a, &b, Method::Qr),
                solve_overwriting(&backend, &a, &b, Method::Qr),
            ] {
                let Err(Error::NonFinite {
                    operation,
                    argument: found,
                    row: at,
                    col,
                    ..
                }) = outcome
                else {
                    panic!("{outcome:?}")
                };
                assert_eq!((operation, found, at, col), ("lstsq", argument, row, 1));
            }
            assert_eq!(backend.calls(), 0);
        }
    }
}

/// Blocks of rows are for methods that begin with a QR factorisation of a tall matrix.
#[test]
fn blocks_are_for_tall_matrices_and_their_methods() {
    for (m, n, asked) in [
        (4, 2, [1, 1, 1, 0]),
        (2, 2, [0, 0, 1, 0]),
        (2, 4, [0, 0, 0, 0]),
    ] {
        for (method, expected) in Method::ALL.into_iter().zip(asked) {
            let backend = Watched::default();
            let a = Mat::from_fn(m, n, |i, j| if i == j { 2.0 } else { 1.0 });
            solve(&backend, &a, &Mat::from_fn(m, 1, |_, _| 1.0), method).unwrap();
            assert_eq!(
                backend.block_questions.get(),
                expected,
                "{m}x{n} by {method}"
            );
        }
    }
    // The same answer, from two blocks of 16 rows and from all rows.
    let a = Mat::from_fn(40, 2, |i, j| ((i * 7 + j * 5) % 11) as f64 - 3.0);
    let b = Mat::from_fn(40, 1, |i, _| (i % 5) as f64);
    let blocks = Watched {
        rows_per_block: Some(16),
        ..Watched::default()
    };
    for method in Method::ALL {
        let whole = solve(&Watched::default(), &a, &b, method).unwrap();
        let found = solve(&blocks, &a, &b, method).unwrap();
        assert_close(&found.x, &whole.x, 10.0);
        assert_eq!(found.rank, 2);
    }
}

/// A library that is wrong in blocks is asked again with the whole matrix, and then twice with another one.
#[test]
fn a_wrong_result_is_tried_again() {
    let (b, x, _) = sides();
    for (rows_per_block, attempts) in [(None, 3), (Some(16), 4)] {
        for wrong in 0..=attempts {
            let backend = Watched {
                rows_per_block,
                wrong: Cell::new(wrong),
                ..Watched::default()
            };
            let outcome = solve(&backend, &tall(), &b, Method::Qr);
            if wrong == attempts {
                assert!(
                    matches!(outcome, Err(Error::WrongResult { .. })),
                    "{outcome:?}"
                );
            } else {
                assert_close(&outcome.unwrap().x, &x, 20.0);
            }
            assert_eq!(backend.calls(), attempts.min(wrong + 1));
        }
        // In place, only blocks leave A as it was.
        let attempts = attempts - 2;
        for wrong in 0..=attempts {
            let backend = Watched {
                rows_per_block,
                wrong: Cell::new(wrong),
                ..Watched::default()
            };
            let outcome = solve_overwriting(&backend, &tall(), &b, Method::Qr);
            assert_eq!(outcome.is_ok(), wrong < attempts);
        }
    }
    // No other error is tried again.
    let backend = Watched::default();
    let ones = Mat::from_fn(4, 2, |_, _| 1.0);
    assert!(solve(&backend, &ones, &b, Method::Qr).is_err());
    assert_eq!(backend.calls(), 1);
}

#[test]
fn storage_and_shapes_are_kept_for_the_next_problem() {
    let (b, _, _) = sides();
    for rows_per_block in [None, Some(16)] {
        let backend = Watched {
            rows_per_block,
            ..Watched::default()
        };
        for method in Method::ALL {
            let (mut a, mut b) = (tall(), b.clone());
            let addresses = (a.data().as_ptr(), b.data().as_ptr());
            let options = LstsqOptions::new(method);
            backend.lstsq_overwriting(&mut a, &mut b, &options).unwrap();
            assert_eq!((a.rows(), a.cols(), b.rows(), b.cols()), (4, 2, 4, 2));
            assert_eq!(
                (a.data().as_ptr(), b.data().as_ptr()),
                addresses,
                "{method}"
            );
        }
    }
}

#[test]
fn a_result_that_is_not_finite_is_never_a_success() {
    let (b, _, _) = sides();
    // The last entry of a part of the library, and the part of the answer that it ends in.
    for (spoiled, named) in [("x", "x"), ("residual_norms", "residual_norms")] {
        let backend = Watched::spoiling(spoiled);
        assert_wrong(solve(&backend, &tall(), &b, Method::Qr), "lstsq", named);
    }
    let square = rows(&[[2.0, 1.0], [1.0, 3.0]]);
    let outcome = solve(&Watched::spoiling("s"), &square, &square, Method::Svd);
    assert!(
        matches!(outcome, Err(Error::WrongResult { .. })),
        "{outcome:?}"
    );
    for part in ["r", "c"] {
        let backend = Watched {
            rows_per_block: Some(16),
            ..Watched::spoiling(part)
        };
        let outcome = solve_overwriting(&backend, &tall(), &b, Method::Svd);
        assert!(outcome.is_err(), "{part}: {outcome:?}");
    }
}

#[test]
fn an_answer_beyond_the_range_is_an_overflow() {
    let (a, b) = (times(&tall(), -600), times(&sides().0, 600));
    let message = |outcome: Result<Solution<f64>>| match outcome {
        Err(Error::Overflow { result, .. }) => result.split(' ').next().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(message(solve(&Watched::default(), &a, &b, Method::Qr)), "x");
    // The residual alone leaves the range.
    let a = rows(&[[1.0], [0.0], [0.0]]);
    let b = rows(&[[1.0], [f64::MAX], [f64::MAX]]);
    let outcome = solve(&Watched::default(), &a, &b, Method::Qr);
    assert_eq!(message(outcome), "residual_norms");
    let a = Mat::from_fn(3, 1, |_, _| f64::MAX);
    let outcome = solve(
        &Watched::default(),
        &a,
        &rows(&[[1.0], [1.0], [1.0]]),
        Method::Svd,
    );
    assert_eq!(message(outcome), "singular_values");
}

/// min ‖A·x − b‖² + ‖diag(d)·x‖² has (AᵀA + diag(d)²)·x = Aᵀb.
#[test]
fn damping_is_that_of_the_stacked_problem() {
    let (b, _, _) = sides();
    let d = [2.0, 3.0];
    let gram = transposed_product(&tall(), &tall());
    let side = transposed_product(&tall(), &b);
    for method in Method::ALL {
        let options = LstsqOptions::new(method);
        let damped =
            |backend: &Watched| backend.lstsq_damped(tall().as_ref(), &d, b.as_ref(), &options);
        let found = damped(&Watched::default()).unwrap();
        let left = Mat::from_fn(2, 2, |i, j| {
            gram[(i, j)] + if i == j { d[i] * d[i] } else { 0.0 }
        });
        let product = transposed_product(&left, &found.x);
        // κ is below 3, and ‖AᵀA + D²‖ below 55.
        assert_close(&product, &side, 55.0 * 55.0);
        // One more attempt after a wrong result, and those of `lstsq`.
        let again = damped(&Watched::wrong(1));
        assert!(again.is_ok(), "{again:?}");
    }
    // Without rows of full rank, damping decides: x = b/(1 + d²) for the first, and 0.
    let a = rows(&[[1.0, 0.0]]);
    let b = rows(&[[4.0]]);
    let options = LstsqOptions::new(Method::Qr);
    let found = Plain.lstsq_damped(a.as_ref(), &[1.0, 1.0], b.as_ref(), &options);
    let found = found.unwrap();
    assert_close(&found.x, &rows(&[[2.0], [0.0]]), 4.0);
    assert_all_close(&found.residual_norms.unwrap(), &[8f64.sqrt()], 4.0);
    // Each entry of d is for its own parameter.
    let a = rows(&[[1.0, 0.0, 2.0]]);
    let found = Plain.lstsq_damped(a.as_ref(), &[1.0, 3.0, 2.0], b.as_ref(), &options);
    // x = D⁻²·aᵀ·t, where (1 + a·D⁻²·aᵀ)·t = b.
    let t = 4.0 / 3.0;
    assert_close(&found.unwrap().x, &rows(&[[t], [0.0], [t / 2.0]]), 4.0);
}

#[test]
fn damping_refuses_its_arguments_by_name() {
    let backend = Watched::default();
    let options = LstsqOptions::new(Method::Qr);
    let (b, _, _) = sides();
    let damped = |a: &Mat<f64>, d: &[f64], b: &Mat<f64>| {
        backend.lstsq_damped(a.as_ref(), d, b.as_ref(), &options)
    };
    for d in [&[1.0][..], &[1.0, 1.0, 1.0]] {
        let refusal = format!(
            "lstsq_damped: d must have 2 entries for a 4x2, but it has {}",
            d.len()
        );
        assert_message(damped(&tall(), d, &b), &refusal);
    }
    let mut spoiled = tall();
    spoiled[(2, 1)] = f64::NAN;
    assert_message(
        damped(&spoiled, &[1.0, 1.0], &b),
        "lstsq_damped: a must be finite, but entry (2, 1) is NaN",
    );
    assert_message(
        damped(&tall(), &[1.0, f64::INFINITY], &b),
        "lstsq_damped: d must be finite, but entry (1, 0) is inf",
    );
    assert_message(
        damped(&tall(), &[1.0, 1.0], &Mat::from_fn(4, 1, |_, _| f64::NAN)),
        "lstsq_damped: b must be finite, but entry (0, 0) is NaN",
    );
    assert_eq!(backend.calls(), 0);
    // A wrong result is followed by the attempts of `lstsq`, and no other error is.
    for (wrong, is_ok, calls) in [(3, true, 4), (4, false, 4)] {
        let backend = Watched::wrong(wrong);
        let found = backend.lstsq_damped(tall().as_ref(), &[1.0, 1.0], b.as_ref(), &options);
        assert_eq!((found.is_ok(), backend.calls()), (is_ok, calls));
    }
    let backend = Watched::default();
    let ones = Mat::from_fn(4, 2, |_, _| 1.0);
    let found = backend.lstsq_damped(ones.as_ref(), &[0.0, 0.0], b.as_ref(), &options);
    assert!(
        matches!(found, Err(Error::RankDeficient { .. })),
        "{found:?}"
    );
    assert_eq!(backend.calls(), 1);
}
