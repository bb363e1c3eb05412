//! Laws of least squares, on every backend and method, over random shapes, ranks and scalings.

use std::sync::LazyLock;

use leastwise_conformance::{LeastSquaresTruth, STABLE_BACKWARD_ERROR};
use leastwise_core::{Backend, Error, LstsqOptions, Mat, Method, Solution};
use proptest::prelude::*;

static BACKENDS: LazyLock<Vec<Box<dyn Backend<f64>>>> =
    LazyLock::new(|| leastwise_backends::all::<f64>(1));

/// A = L·R with small integers, so that products are exact and the rank is well-defined, and B.
#[derive(Clone, Debug)]
struct Problem {
    a: Mat<f64>,
    b: Mat<f64>,
}

fn integers(rows: usize, cols: usize) -> impl Strategy<Value = Mat<f64>> {
    let entries = prop::collection::vec((-4i8..=4).prop_map(f64::from), rows * cols);
    entries.prop_map(move |data| Mat::from_col_major(data, rows, cols).expect("as many entries"))
}

fn problem() -> impl Strategy<Value = Problem> {
    (1usize..14, 1usize..14, 1usize..14, 1usize..4).prop_flat_map(|(m, n, rank, k)| {
        let rank = rank.min(m).min(n);
        (integers(m, rank), integers(rank, n), integers(m, k)).prop_map(move |(l, r, b)| {
            let product = |i, j| (0..rank).map(|p| l[(i, p)] * r[(p, j)]).sum();
            let a = Mat::from_fn(m, n, product);
            Problem { a, b }
        })
    })
}

fn solve(
    backend: &dyn Backend<f64>,
    a: &Mat<f64>,
    b: &Mat<f64>,
    method: Method,
) -> Result<Solution<f64>, Error> {
    backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(method))
}

/// Runs `law` for every backend and each of its methods.
fn for_all(
    mut law: impl FnMut(&dyn Backend<f64>, Method) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    for backend in BACKENDS.iter() {
        for &(method, _) in backend.info().methods {
            law(&**backend, method).map_err(|error| match error {
                TestCaseError::Fail(reason) => {
                    let engine = backend.info().engine;
                    TestCaseError::fail(format!("{engine}/{method}: {reason}"))
                }
                rejected @ TestCaseError::Reject(_) => rejected,
            })?;
        }
    }
    Ok(())
}

/// σᵢ counts from here on: matrices of integers below 5 and of order below 14 that are singular up
/// to rounding are singular.
const RANK_GAP: f64 = 1e-12;

proptest! {
    #[test]
    fn the_answer_is_the_minimum_norm_solution_or_a_refusal(Problem { a, b } in problem()) {
        let smaller = a.rows().min(a.cols());
        let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), smaller);
        let s = truth.singular_values();
        let rank = s.iter().filter(|&&si| si > RANK_GAP * s[0]).count();
        let truth = truth.with_rank(rank);
        for_all(|backend, method| {
            let found = match solve(backend, &a, &b, method) {
                Ok(found) => found,
                Err(Error::RankDeficient { .. }) => {
                    let may_refuse = !method.handles_rank_deficiency()
                        && (rank < smaller || truth.condition() > 1e6);
                    prop_assert!(may_refuse, "refuses rank {rank} of {smaller}");
                    return Ok(());
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            prop_assert_eq!(found.rank, rank);
            let quality = truth.judge(&found.x);
            // The normal equations have κ² where a stable method has κ.
            let stable = method != Method::Cholesky;
            let allowance = if stable { 1.0 } else { truth.condition() };
            prop_assert!(!stable || quality.backward_error_u <= STABLE_BACKWARD_ERROR, "{:?}", quality);
            prop_assert!(quality.forward_over_bound <= allowance, "{:?}", quality);
            let turned = 2.0 * truth.stable_perturbation() * truth.condition() * allowance;
            prop_assert!(quality.min_norm_excess <= turned, "{:?}", quality);
            Ok(())
        })?;
    }

    #[test]
    fn powers_of_two_scale_the_answer_exactly(
        Problem { a, b } in problem(), p in -100i32..100, q in -100i32..100,
    ) {
        let times = |a: &Mat<f64>, exponent: i32| {
            Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] * 2f64.powi(exponent))
        };
        for_all(|backend, method| {
            let plain = solve(backend, &a, &b, method);
            let scaled = solve(backend, &times(&a, p), &times(&b, q), method);
            match (plain, scaled) {
                (Ok(plain), Ok(scaled)) => {
                    prop_assert_eq!(plain.rank, scaled.rank);
                    prop_assert_eq!(times(&plain.x, q - p), scaled.x);
                }
                (plain, scaled) => prop_assert_eq!(plain.is_ok(), scaled.is_ok()),
            }
            Ok(())
        })?;
    }

    #[test]
    fn right_hand_sides_do_not_mix(Problem { a, b } in problem()) {
        let smaller = a.rows().min(a.cols());
        let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), smaller);
        let s = truth.singular_values();
        let rank = s.iter().filter(|&&si| si > RANK_GAP * s[0]).count();
        for_all(|backend, method| {
            let Ok(together) = solve(backend, &a, &b, method) else {
                return Ok(());
            };
            for j in 0..b.cols() {
                let column = Mat::from_fn(b.rows(), 1, |i, _| b[(i, j)]);
                let truth = LeastSquaresTruth::new(a.as_ref(), column.as_ref(), rank);
                let alone = solve(backend, &a, &column, method);
                let alone = alone.map_err(|error| TestCaseError::fail(error.to_string()))?;
                let slice = Mat::from_fn(a.cols(), 1, |i, _| together.x[(i, j)]);
                let allowance = if method == Method::Cholesky { truth.condition() } else { 1.0 };
                for x in [&alone.x, &slice] {
                    let over = truth.judge(x).forward_over_bound;
                    prop_assert!(over <= allowance, "column {j}: {over:e} times the bound");
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn rows_of_zeros_change_nothing_and_columns_of_zeros_get_zeros(Problem { a, b } in problem()) {
        let pad = |a: &Mat<f64>, rows: usize, cols: usize| {
            Mat::from_fn(a.rows() + rows, a.cols() + cols, |i, j| {
                if i < a.rows() && j < a.cols() { a[(i, j)] } else { 0.0 }
            })
        };
        let (wider, taller_b) = (pad(&a, 2, 1), pad(&b, 2, 0));
        for_all(|backend, method| {
            if !method.handles_rank_deficiency() {
                return Ok(());
            }
            let fail = |error: Error| TestCaseError::fail(error.to_string());
            let plain = solve(backend, &a, &b, method).map_err(fail)?;
            let padded = solve(backend, &wider, &taller_b, method).map_err(fail)?;
            prop_assert_eq!(plain.rank, padded.rank);
            let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), plain.rank);
            let top = Mat::from_fn(a.cols(), b.cols(), |i, j| padded.x[(i, j)]);
            let over = truth.judge(&top).forward_over_bound;
            prop_assert!(over <= 1.0, "{over:e} times the bound");
            let size = plain.x.frobenius_norm().max(f64::MIN_POSITIVE);
            let limit = 2.0 * truth.stable_perturbation() * truth.condition() * size;
            for j in 0..b.cols() {
                let extra = padded.x[(a.cols(), j)].abs();
                prop_assert!(extra <= limit, "{extra:e} for a column of zeros");
            }
            Ok(())
        })?;
    }
}
