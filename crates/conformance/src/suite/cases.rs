//! The least-squares problems. Entries are computed in f64 and rounded to T. The reference solution
//! is that of the rounded problem.

use leastwise_core::{Mat, Scalar};
use leastwise_testset::{standard_normal, with_singular_values};
use leastwise_two_factor::TwoLayerNetSpec;

/// min ‖A·X − B‖_F.
pub struct Case<T> {
    /// The family and the details of the problem, including the seed.
    pub name: String,
    /// A, m×n.
    pub a: Mat<T>,
    /// B, m×k.
    pub b: Mat<T>,
}

/// A tall, a square and two wide shapes, and a long one.
const SHAPES: [(usize, usize); 5] = [(12, 8), (8, 8), (8, 12), (60, 5), (3, 20)];

pub(super) fn all<T: Scalar>() -> Vec<Case<T>> {
    let mut cases = Vec::new();
    prescribed_conditions(&mut cases);
    classics(&mut cases);
    graded(&mut cases);
    rank_deficient(&mut cases);
    every_rank(&mut cases);
    long_columns(&mut cases);
    experiment(&mut cases);
    right_hand_sides(&mut cases);
    scaled(&mut cases);
    degenerate(&mut cases);
    cases
}

fn rounded<T: Scalar>(a: &Mat<f64>) -> Mat<T> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)]))
}

/// A right-hand side with a part outside the range of A, if possible.
fn random_b<T: Scalar>(a: Mat<T>, name: String, seed: u64) -> Case<T> {
    let b = standard_normal(a.rows(), 1, seed, 9);
    Case { name, a, b }
}

/// b = A·e, rounded.
fn consistent_b<T: Scalar>(a: Mat<T>, name: String) -> Case<T> {
    let b = Mat::from_fn(a.rows(), 1, |i, _| {
        T::of((0..a.cols()).map(|j| a[(i, j)].as_f64()).sum())
    });
    Case { name, a, b }
}

fn decades<T: Scalar>() -> i32 {
    if T::NAME == "f32" { 6 } else { 14 }
}

fn prescribed_conditions<T: Scalar>(cases: &mut Vec<Case<T>>) {
    for (seed, (m, n)) in (0..).zip(SHAPES) {
        for decade in 0..=decades::<T>() {
            let count = m.min(n);
            let exponent = |i: usize| -f64::from(decade) * i as f64 / (count - 1) as f64;
            let s: Vec<f64> = (0..count).map(|i| 10f64.powf(exponent(i))).collect();
            let a = rounded(&with_singular_values(m, n, &s, seed, 0));
            let name = format!("condition-1e{decade}-{m}x{n}");
            cases.push(consistent_b(a.clone(), format!("{name}-consistent")));
            cases.push(random_b(a, format!("{name}-seed-{seed}"), seed));
        }
    }
}

/// Test matrices of the literature (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd
/// ed., chapter 28; P. Läuchli, Numer. Math. 3 (1961)).
fn classics<T: Scalar>(cases: &mut Vec<Case<T>>) {
    for n in 2..=12 {
        let hilbert = Mat::from_fn(n, n, |i, j| 1.0 / (i + j + 1) as f64);
        cases.push(random_b(
            rounded(&hilbert),
            format!("hilbert-{n}"),
            n as u64,
        ));
    }
    for (m, n) in [(15, 5), (20, 10), (6, 6)] {
        let point = |i: usize| i as f64 / (m - 1) as f64;
        let vandermonde = Mat::from_fn(m, n, |i, j| point(i).powi(i32::try_from(j).unwrap_or(0)));
        let name = format!("vandermonde-{m}x{n}");
        cases.push(consistent_b(
            rounded(&vandermonde),
            format!("{name}-consistent"),
        ));
        cases.push(random_b(rounded(&vandermonde), name, 1));
    }
    for exponent in [1, 2, 4, 6, 8, 10] {
        let small = 10f64.powi(-exponent);
        let lauchli = Mat::from_fn(6, 5, |i, j| match i {
            0 => 1.0,
            _ if i == j + 1 => small,
            _ => 0.0,
        });
        cases.push(random_b(
            rounded(&lauchli),
            format!("lauchli-1e-{exponent}"),
            2,
        ));
    }
    for n in [5, 10, 20, 40] {
        let (c, s) = (0.6f64, 0.8f64);
        let kahan = Mat::from_fn(n, n, |i, j| {
            let row = s.powi(i32::try_from(i).unwrap_or(0));
            match i.cmp(&j) {
                std::cmp::Ordering::Equal => row,
                std::cmp::Ordering::Less => -c * row,
                std::cmp::Ordering::Greater => 0.0,
            }
        });
        cases.push(random_b(rounded(&kahan), format!("kahan-{n}"), 3));
    }
}

fn graded<T: Scalar>(cases: &mut Vec<Case<T>>) {
    for (seed, (m, n)) in (20..).zip(SHAPES) {
        for step in [0.5, 1.0, 2.0] {
            let base = standard_normal::<f64>(m, n, seed, 0);
            let grade = |k: usize| 10f64.powf(-step * k as f64);
            let rows = Mat::from_fn(m, n, |i, j| base[(i, j)] * grade(i % 10));
            let columns = Mat::from_fn(m, n, |i, j| base[(i, j)] * grade(j % 6));
            let name = format!("-1e-{step}-{m}x{n}-seed-{seed}");
            cases.push(random_b(rounded(&rows), format!("graded-rows{name}"), seed));
            cases.push(random_b(
                rounded(&columns),
                format!("graded-columns{name}"),
                seed,
            ));
        }
    }
}

/// A product of small integers, of rank at most `rank`. It is exact in both scalar types.
fn product_of_integers((m, n): (usize, usize), rank: usize, seed: u64) -> Mat<f64> {
    let integers = |rows, cols, stream| -> Mat<f64> {
        let drawn = standard_normal::<f64>(rows, cols, seed, stream);
        Mat::from_fn(rows, cols, |i, j| (2.0 * drawn[(i, j)]).round())
    };
    let (left, right) = (integers(m, rank, 0), integers(rank, n, 1));
    let entry = |i, j| (0..rank).map(|l| left[(i, l)] * right[(l, j)]).sum();
    Mat::from_fn(m, n, entry)
}

fn rank_deficient<T: Scalar>(cases: &mut Vec<Case<T>>) {
    let shapes = [
        (10, 6, 3),
        (6, 10, 3),
        (8, 8, 5),
        (30, 20, 1),
        (40, 12, 11),
        (7, 7, 6),
        (2, 2, 1),
        (5, 30, 4),
    ];
    for (seed, (m, n, r)) in (40..).zip(shapes) {
        let a: Mat<T> = rounded(&product_of_integers((m, n), r, seed));
        let name = format!("rank-at-most-{r}-{m}x{n}-seed-{seed}");
        cases.push(consistent_b(a.clone(), format!("{name}-consistent")));
        cases.push(random_b(a, name, seed));
    }
    for (m, n) in [(21, 6), (6, 21), (5, 5)] {
        let ones = Mat::from_fn(m, n, |_, _| T::one());
        cases.push(random_b(ones, format!("ones-{m}x{n}"), 5));
    }
}

/// Every shape and rank, with a right-hand side inside and outside the range of A, and with a zero
/// one.
///
/// Each rank has a product of small integers, which is exact in both scalar types. There are also
/// matrices of equal rows.
fn every_rank<T: Scalar>(cases: &mut Vec<Case<T>>) {
    let mut with_each_b = |a: &Mat<f64>, name: &str, seed: u64| {
        let (a, rows) = (rounded::<T>(a), a.rows());
        cases.push(consistent_b(a.clone(), format!("{name}-consistent")));
        cases.push(random_b(a.clone(), format!("{name}-inconsistent"), seed));
        let b = Mat::zeros(rows, 1);
        let name = format!("{name}-zero-b");
        cases.push(Case { name, a, b });
    };
    for (shape, (m, n)) in (1..).zip([(3, 5), (5, 3), (4, 4), (6, 21), (21, 6), (13, 13)]) {
        let seed = 100 * shape;
        let smaller = m.min(n);
        let mut ranks = vec![0, 1, 2, smaller / 2, smaller - 1, smaller];
        ranks.sort_unstable();
        ranks.dedup();
        for r in ranks {
            let a = product_of_integers((m, n), r, seed + r as u64);
            with_each_b(&a, &format!("every-rank-{r}-{m}x{n}"), seed);
        }
        let row = standard_normal::<f64>(1, n, seed, 2);
        let repeated = Mat::from_fn(m, n, |_, j| row[(0, j)]);
        with_each_b(&repeated, &format!("equal-rows-{m}x{n}"), seed);
        let ones = Mat::from_fn(m, n, |_, _| 1.0);
        with_each_b(&ones, &format!("all-ones-{m}x{n}"), seed);
    }
}

/// Sums of thousands of terms, equal ones among them: an intercept, a trend, groups of zeros and ones.
fn long_columns<T: Scalar>(cases: &mut Vec<Case<T>>) {
    for (m, n) in [(20_000, 2), (4000, 12)] {
        let drawn = standard_normal::<f64>(m, n, 95, 0);
        let trend = Mat::from_fn(m, n, |i, j| match j {
            0 => 1.0,
            1 => i as f64 / m as f64,
            _ => drawn[(i, j)].abs(),
        });
        let groups = Mat::from_fn(m, n, |i, j| f64::from(u8::from(j == 0 || i % n == j)));
        for (name, a) in [("trend", trend), ("groups", groups)] {
            for (shape, a) in [("", a.clone()), ("transposed-", a.transposed())] {
                let name = format!("long-columns-{name}-{shape}{m}x{n}");
                cases.push(consistent_b(rounded(&a), format!("{name}-consistent")));
                cases.push(random_b(rounded(&a), name, 96));
            }
        }
    }
}

/// The Jacobian of the two-layer linear net, and the damped problem [J; √λ·D].
fn experiment<T: Scalar>(cases: &mut Vec<Case<T>>) {
    for nsamples in [10, 40, 1000] {
        let spec = TwoLayerNetSpec {
            nsamples,
            ..TwoLayerNetSpec::default()
        };
        let Ok(drawn) = spec.draw::<T>() else {
            continue;
        };
        let (a, b) = drawn
            .linearized()
            .expect("the published net at its own start");
        let (m, n) = (a.rows(), a.cols());
        if nsamples == 40 {
            for lambda in [1e-2, 1.0, 1e4] {
                let damping = T::of(f64::sqrt(lambda));
                let stacked = Mat::from_fn(m + n, n, |i, j| match i.checked_sub(m) {
                    None => a[(i, j)],
                    Some(k) if k == j => damping,
                    Some(_) => T::zero(),
                });
                let padded =
                    Mat::from_fn(m + n, 1, |i, _| if i < m { b[(i, 0)] } else { T::zero() });
                cases.push(Case {
                    name: format!("damped-experiment-{lambda}"),
                    a: stacked,
                    b: padded,
                });
            }
        }
        cases.push(Case {
            name: format!("experiment-{m}x{n}"),
            a,
            b,
        });
    }
}

fn right_hand_sides<T: Scalar>(cases: &mut Vec<Case<T>>) {
    for (seed, (m, n)) in (60..).zip(SHAPES) {
        for k in [2, 7, 25] {
            cases.push(Case {
                name: format!("{k}-right-hand-sides-{m}x{n}-seed-{seed}"),
                a: standard_normal(m, n, seed, 0),
                b: standard_normal(m, k, seed, 1),
            });
        }
    }
}

/// Powers of two over the whole range. Some are near its ends, and entries are subnormal at the
/// lower end. For others, squares, fourth powers and their reciprocals leave the range.
pub(super) fn exponents<T: Scalar>() -> [i32; 7] {
    if T::NAME == "f32" {
        [120, 60, 33, 15, -33, -60, -140]
    } else {
        [1016, 498, 301, 264, -301, -498, -1065]
    }
}

/// 2ᵖ·A, rounded once where it is subnormal.
pub(super) fn times_power_of_two<T: Scalar>(a: &Mat<T>, power: i32) -> Mat<T> {
    // An f32 times a power of two is exact in f64; an f64 of ordinary size is rounded only by the
    // last factor.
    let (first, last) = (power / 2, power - power / 2);
    let times = |x: T| T::of(x.as_f64() * 2f64.powi(first) * 2f64.powi(last));
    Mat::from_fn(a.rows(), a.cols(), |i, j| times(a[(i, j)]))
}

/// A and B with sizes for which X stays in range.
fn scaled<T: Scalar>(cases: &mut Vec<Case<T>>) {
    let range = if T::NAME == "f32" { 100 } else { 990 };
    for (seed, (m, n)) in (80..).zip(SHAPES) {
        let sizes = exponents::<T>().into_iter().flat_map(|p| {
            let far = if p.abs() > range {
                p - p.signum() * range
            } else {
                0
            };
            [(p, p), (p, far)]
        });
        for (a_exponent, b_exponent) in sizes {
            let a = times_power_of_two(&standard_normal(m, n, seed, 0), a_exponent);
            let b = times_power_of_two(&standard_normal(m, 1, seed, 1), b_exponent);
            let name = format!("scaled-2e{a_exponent}-2e{b_exponent}-{m}x{n}-seed-{seed}");
            cases.push(Case { name, a, b });
        }
    }
}

fn degenerate<T: Scalar>(cases: &mut Vec<Case<T>>) {
    for (m, n) in [(1, 1), (1, 7), (7, 1), (2, 1), (1, 2)] {
        let a = standard_normal(m, n, 90, 0);
        cases.push(random_b(a, format!("single-{m}x{n}"), 90));
    }
    for (m, n) in [(1, 1), (5, 3), (3, 5), (4, 4)] {
        cases.push(random_b(Mat::zeros(m, n), format!("zero-{m}x{n}"), 91));
        let a = standard_normal(m, n, 92, 0);
        let b = Mat::zeros(m, 1);
        let name = format!("zero-right-hand-side-{m}x{n}");
        cases.push(Case { name, a, b });
    }
}
