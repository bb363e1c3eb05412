//! Least squares of any small problem: an answer that the judge accepts, or an error that is true.
//!
//! [`check`] is also a fuzz target. `LEASTWISE_PROBLEMS=100000 cargo test --release -p leastwise-backends --test all
//! any_lstsq::` checks as many.

use leastwise_backends::AdapterScalar;
use leastwise_conformance::verdict::{self, Answer};
use leastwise_conformance::{LeastSquaresTruth, Widen};
use leastwise_core::{Backend, Error, LstsqOptions, Mat, MatRef, Method, Result, Solution};

use super::any_bytes::Choices;

/// A problem in the scalar type of the test, and the powers of two by which it is scaled in addition.
struct Problem<T> {
    a: Mat<T>,
    b: Mat<T>,
    of_a: i32,
    of_b: i32,
}

/// The range of exponents of a scalar type.
pub(crate) trait Range: AdapterScalar + Widen {
    /// The largest e so that small integers times 2^±e are normal numbers.
    const POWER: i32;
    /// Numbers at the ends of the range.
    const SPECIAL: [f64; 8];
}

impl Range for f64 {
    const POWER: i32 = 900;
    const SPECIAL: [f64; 8] = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -3e-310,
        -0.0,
    ];
}

impl Range for f32 {
    const POWER: i32 = 100;
    const SPECIAL: [f64; 8] = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f32::MAX as f64,
        f32::MIN_POSITIVE as f64,
        1.5e-45,
        -3e-42,
        -0.0,
    ];
}

/// Solves the problem that the bytes describe with every backend and every method.
///
/// # Panics
/// If an answer is wrong, or an error is not true.
pub(crate) fn check(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    if choices.below(4) == 0 {
        check_scalar::<f32>(&mut choices);
    } else {
        check_scalar::<f64>(&mut choices);
    }
}

fn check_scalar<T: Range>(choices: &mut Choices<'_>) {
    let problem = draw::<T>(choices);
    let layout = choices.below(4);
    let scaled_a = times(&problem.a, problem.of_a);
    let scaled_b = times(&problem.b, problem.of_b);
    let finite = [&scaled_a, &scaled_b]
        .iter()
        .all(|m| m.data().iter().all(|x| x.as_f64().is_finite()));
    let truth = finite.then(|| {
        let smaller = scaled_a.rows().min(scaled_a.cols());
        LeastSquaresTruth::new(scaled_a.as_ref(), scaled_b.as_ref(), smaller)
    });
    for backend in leastwise_backends::all::<T>(1) {
        for method in Method::ALL {
            let name = || {
                format!(
                    "{}/{method}, {}: a {scaled_a:?}, b {scaled_b:?}",
                    backend.info().name,
                    T::NAME
                )
            };
            let outcome = solve(&*backend, method, &scaled_a, &scaled_b, layout);
            let system = truth.as_ref().map(|truth| (truth, &scaled_a, &scaled_b));
            if let Err(fault) = judged(&*backend, method, system, &outcome) {
                panic!("{}: {fault}, {outcome:?}", name());
            }
            let unscaled = solve(&*backend, method, &problem.a, &problem.b, layout);
            if let Err(fault) = same_bits(&problem, &unscaled, &outcome) {
                panic!("{}: {fault}, {outcome:?} is not {unscaled:?}", name());
            }
        }
    }
}

/// Integers from −4 to 4, in products of lower rank, with rows and columns of other scales, and with numbers at the
/// ends of the range.
fn draw<T: Range>(choices: &mut Choices<'_>) -> Problem<T> {
    let (m, n) = (1 + choices.below(8), 1 + choices.below(8));
    let k = 1 + choices.below(3);
    let rank = 1 + choices.below(8);
    let mut integers =
        |rows, cols| Mat::from_fn(rows, cols, |_, _| f64::from(choices.between(-4, 4)));
    let mut a = if rank < m.min(n) {
        let (left, right) = (integers(m, rank), integers(rank, n));
        let entry = |i, j| (0..rank).map(|l| left[(i, l)] * right[(l, j)]).sum();
        Mat::from_fn(m, n, entry)
    } else {
        integers(m, n)
    };
    let b = integers(m, k);
    // A ninth of the integers is 0 anyway. Whole rows and columns of zeros, and those of other sizes, are frequent in data.
    for _ in 0..choices.below(3) {
        let power = 2f64.powi(choices.between(-60, 60));
        let (is_row, at) = (choices.below(2) == 0, choices.below(8));
        for i in 0..m {
            for j in 0..n {
                if if is_row { i == at } else { j == at } {
                    a[(i, j)] *= power;
                }
            }
        }
    }
    let range = T::POWER - 65;
    let (of_a, of_b) = (
        choices.between(-range, range),
        choices.between(-range, range),
    );
    let mut a = Mat::from_fn(m, n, |i, j| T::of(a[(i, j)]));
    let mut b = Mat::from_fn(m, k, |i, j| T::of(b[(i, j)]));
    if choices.below(4) != 0 {
        return Problem { a, b, of_a, of_b };
    }
    for _ in 0..=choices.below(3) {
        let special = T::of(T::SPECIAL[choices.below(8)]);
        let (i, j) = (choices.below(m), choices.below(n));
        if choices.below(3) == 0 {
            b[(i, j % k)] = special;
        } else {
            a[(i, j)] = special;
        }
    }
    // Another power of two would change the special numbers.
    Problem {
        a,
        b,
        of_a: 0,
        of_b: 0,
    }
}

fn times<T: Range>(a: &Mat<T>, power: i32) -> Mat<T> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| {
        a[(i, j)] * T::of(2f64.powi(power))
    })
}

/// Solves it from a view with columns or rows that are contiguous, and with padding of NaN that must not be read.
fn solve<T: Range>(
    backend: &dyn Backend<T>,
    method: Method,
    a: &Mat<T>,
    b: &Mat<T>,
    layout: usize,
) -> Result<Solution<T>> {
    let options = LstsqOptions::new(method);
    let padding = layout / 2;
    let by_rows = layout % 2 == 1;
    let (outer, inner) = if by_rows {
        (a.rows(), a.cols())
    } else {
        (a.cols(), a.rows())
    };
    let mut data = vec![T::nan(); outer * (inner + padding)];
    for o in 0..outer {
        for i in 0..inner {
            data[o * (inner + padding) + i] = if by_rows { a[(o, i)] } else { a[(i, o)] };
        }
    }
    let view = MatRef::from_col_major_with_stride(&data, inner, outer, inner + padding)?;
    let view = if by_rows { view.transpose() } else { view };
    backend.lstsq(view, b.as_ref(), &options)
}

/// # Errors
/// What is wrong with the outcome. There is no truth for entries that are not finite.
fn judged<T: Range>(
    backend: &dyn Backend<T>,
    method: Method,
    system: Option<(&LeastSquaresTruth<T>, &Mat<T>, &Mat<T>)>,
    outcome: &Result<Solution<T>>,
) -> std::result::Result<(), String> {
    let require =
        |is_true: bool, fault: &str| is_true.then_some(()).ok_or_else(|| fault.to_owned());
    if !backend.info().has(method) {
        return require(
            matches!(outcome, Err(Error::Unsupported { .. })),
            "unsupported",
        );
    }
    let Some((truth, a, b)) = system else {
        return require(
            matches!(outcome, Err(Error::NonFinite { .. })),
            "not finite",
        );
    };
    match outcome {
        Err(Error::RankDeficient { .. }) => {
            let may_refuse = verdict::may_refuse(method, truth) != Some(false);
            require(may_refuse, "refuses a matrix of full rank")
        }
        Err(Error::Overflow { .. }) => require(may_overflow(truth), "nothing overflows"),
        // The library returned a wrong result, and the adapter says so.
        Err(Error::WrongResult { .. } | Error::NoConvergence { .. }) => Ok(()),
        Err(_) => Err("an error of another kind".to_owned()),
        Ok(solution) => {
            let numbers = solution.x.data().iter();
            let norms = solution.residual_norms.iter().flatten();
            let values = solution.singular_values.iter().flatten();
            require(
                numbers
                    .chain(norms)
                    .chain(values)
                    .all(|x| x.as_f64().is_finite()),
                "not finite",
            )?;
            let answer = Answer {
                x: &solution.x,
                rank: Some(solution.rank),
                residual_norms: solution.residual_norms.as_deref(),
                singular_values: solution.singular_values.as_deref(),
            };
            // Where every entry is near the lower end of the range, it has lost digits to its rounding.
            if !is_normal(&truth.with_rank(solution.rank).solution(), a, b) {
                return Ok(());
            }
            match verdict::judge(method, truth, &answer).fault() {
                None => Ok(()),
                Some(fault) => Err(fault),
            }
        }
    }
}

/// Whether each column of X has an entry so large that those below the range do not matter.
fn is_normal<T: Range>(x: &Mat<T>, a: &Mat<T>, b: &Mat<T>) -> bool {
    let largest = |entries: &[T]| entries.iter().map(|x| x.as_f64().abs()).fold(0.0, f64::max);
    let least = T::SPECIAL[4] / T::EPSILON.as_f64();
    (0..x.cols()).all(|j| {
        let size = largest(x.col(j));
        // A column that is exactly zero has errors of the size of b/a.
        size >= least
            || size == 0.0 && largest(b.col(j)) / largest(a.data()) >= least / T::EPSILON.as_f64()
    })
}

/// Whether σ₁ or the solution for one of the ranks has an entry near the end of the range.
fn may_overflow<T: Range>(truth: &LeastSquaresTruth<T>) -> bool {
    let near = T::SPECIAL[3] / 4.0;
    let values = truth.singular_values();
    let largest = values.first().map_or(0.0, |&s| s);
    let full = values.len();
    !(largest < near)
        || (0..=full).any(|rank| {
            let truth = truth.with_rank(rank);
            let x = truth.solution();
            let is_near = |x: &T| !(x.as_f64().abs() < near);
            x.data().iter().any(is_near) || !(truth.residual_scale() < near)
        })
}

/// For 2ᵖ·A and 2^q·B, the answer is 2^(q−p)·X bit for bit.
fn same_bits<T: Range>(
    problem: &Problem<T>,
    unscaled: &Result<Solution<T>>,
    scaled: &Result<Solution<T>>,
) -> std::result::Result<(), String> {
    let (Ok(unscaled), Ok(scaled)) = (unscaled, scaled) else {
        let is_overflow = |outcome: &Result<_>| matches!(outcome, Err(Error::Overflow { .. }));
        let same =
            unscaled.is_ok() == scaled.is_ok() || is_overflow(scaled) || is_overflow(unscaled);
        return same
            .then_some(())
            .ok_or_else(|| "the scale decides".to_owned());
    };
    let power = problem.of_b - problem.of_a;
    let pairs = unscaled.x.data().iter().zip(scaled.x.data());
    for (x, y) in pairs {
        // Two exact factors, because one may be beyond the range.
        let expected = *x * T::of(2f64.powi(power / 2)) * T::of(2f64.powi(power - power / 2));
        // Below the normal range, digits are lost.
        let is_normal = ![*x, *y, expected].iter().any(|x| x.is_subnormal());
        if expected != *y && expected != T::zero() && is_normal {
            return Err("other bits".to_owned());
        }
    }
    (unscaled.rank == scaled.rank)
        .then_some(())
        .ok_or_else(|| "another rank".to_owned())
}

#[cfg(test)]
fn count() -> u64 {
    std::env::var("LEASTWISE_PROBLEMS").map_or(2000, |count| count.parse().unwrap())
}

#[test]
fn any_small_problem_is_solved_or_refused() {
    use rand::rngs::ChaCha12Rng;
    use rand::{RngExt, SeedableRng};

    let mut wrong = Vec::new();
    for seed in 0..count() {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let length = random.random_range(0..400);
        let bytes: Vec<u8> = (0..length).map(|_| random.random()).collect();
        if std::panic::catch_unwind(|| check(&bytes)).is_err() {
            wrong.push(seed);
        }
    }
    assert!(wrong.is_empty(), "seeds {wrong:?}");
}
