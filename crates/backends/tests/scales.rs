//! Scaling by a power of two changes no bit of any answer, and ordinary systems are solved at every
//! scale.
//!
//! The systems are small matrices of integers of every shape and rank, with equal rows, equal columns
//! and columns of zeros, whose right-hand sides are consistent or not. `LEASTWISE_SYSTEMS=1000000
//! cargo test --release -p leastwise-backends --test all scales::` tries a million for each backend.

use std::fmt::Debug;

use leastwise_backends::AdapterScalar;
use leastwise_core::{
    Backend, Error, LstsqOptions, Mat, Method, Result, Scalar, Solution, Svd, Workspace,
};
use leastwise_plain::Plain;

/// Systems for each backend and scalar type.
fn systems() -> u64 {
    const DEFAULT: u64 = 15_000;
    let chosen = std::env::var("LEASTWISE_SYSTEMS");
    chosen.map_or(DEFAULT, |count| count.parse().expect("a number of systems"))
}

fn backends<T: AdapterScalar>() -> Vec<Box<dyn Backend<T>>> {
    let mut backends = leastwise_backends::all::<T>(1);
    backends.push(Box::new(Plain));
    backends
}

/// SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, *Fast splittable pseudorandom number generators*,
/// OOPSLA 2014).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    /// From −`largest` to `largest`.
    fn integer(&mut self, largest: u32) -> i32 {
        let shifted = u32::try_from(self.below(2 * u64::from(largest) + 1)).expect("it is small");
        shifted.cast_signed() - largest.cast_signed()
    }

    fn matrix(&mut self, rows: usize, cols: usize) -> Vec<Vec<i32>> {
        let mut column = || (0..rows).map(|_| self.integer(2)).collect();
        (0..cols).map(|_| column()).collect()
    }
}

/// A and B by columns, and the powers of two that they are scaled by.
#[derive(Debug)]
struct System {
    a: Vec<Vec<i32>>,
    b: Vec<Vec<i32>>,
    p: i32,
    q: i32,
}

impl System {
    fn draw(seed: u64, largest_power: u32) -> Self {
        Self::draw_sized(&mut Draw(seed), 7, largest_power)
    }

    /// Every singular value two to seven times: copies of a block of up to 4×4, whose rows and columns are interleaved or not.
    fn draw_repeated(seed: u64, largest_power: u32) -> Self {
        let mut draw = Draw(seed);
        let block = Self::draw_sized(&mut draw, 4, largest_power);
        let mut index = |count: u64| usize::try_from(draw.below(count)).expect("it is small");
        let (copies, interleaved) = (2 + index(6), [index(2) == 0, index(2) == 0]);
        let repeated = |columns: &[Vec<i32>], each: fn(usize, usize) -> bool| {
            let (m, n) = (columns[0].len(), columns.len());
            // The copy that row or column k belongs to, and its place there.
            let place = |k: usize, size: usize, interleaved: bool| {
                if interleaved {
                    (k % copies, k / copies)
                } else {
                    (k / size, k % size)
                }
            };
            let entry = |i: usize, j: usize| {
                let ((copy, i), (other, j)) =
                    (place(i, m, interleaved[0]), place(j, n, interleaved[1]));
                if each(copy, other) { columns[j][i] } else { 0 }
            };
            let column = |j: usize| (0..m * copies).map(|i| entry(i, j)).collect();
            (0..n * copies).map(column).collect::<Vec<Vec<i32>>>()
        };
        let mut b = repeated(&block.b, |_, _| true);
        b.truncate(block.b.len());
        Self {
            a: repeated(&block.a, |copy, other| copy == other),
            b,
            ..block
        }
    }

    fn draw_sized(draw: &mut Draw, largest: u64, largest_power: u32) -> Self {
        let size = |draw: &mut Draw| 1 + usize::try_from(draw.below(largest)).expect("it is small");
        let (m, n) = (size(draw), size(draw));
        let mut a = draw.matrix(m, n);
        for _ in 0..draw.below(3) {
            let [i, k] = [size(draw) % m, size(draw) % m];
            let [j, l] = [size(draw) % n, size(draw) % n];
            match draw.below(3) {
                0 => a.iter_mut().for_each(|column| column[i] = column[k]),
                1 => {
                    let source = a[l].clone();
                    a[j] = source;
                }
                _ => a[j].fill(0),
            }
        }
        let count = 1 + usize::try_from(draw.below(3)).expect("it is small");
        let b = if draw.below(2) == 0 {
            draw.matrix(m, count)
        } else {
            let x = draw.matrix(n, count);
            let entry = |i: usize, x: &[i32]| (0..n).map(|j| a[j][i] * x[j]).sum();
            let product = |x: &Vec<i32>| (0..m).map(|i| entry(i, x)).collect();
            x.iter().map(product).collect()
        };
        let [p, q] = [draw.integer(largest_power), draw.integer(largest_power)];
        Self { a, b, p, q }
    }

    /// The rank of A, by elimination without fractions (E. Bareiss, Math. Comp. 22 (1968)): every
    /// number on the way is a minor of A, at most (2·√7)⁷, or (2·√4)²⁸ of repeated blocks.
    fn rank(&self) -> usize {
        let mut a: Vec<Vec<i128>> = Vec::new();
        for column in &self.a {
            a.push(column.iter().map(|&x| i128::from(x)).collect());
        }
        let rows = a[0].len();
        let (mut rank, mut last) = (0, 1);
        for row in 0..rows {
            let Some(pivot) = (rank..a.len()).find(|&j| a[j][row] != 0) else {
                continue;
            };
            a.swap(rank, pivot);
            let (done, rest) = a.split_at_mut(rank + 1);
            let leading = &done[rank];
            for column in rest {
                let factor = column[row];
                for (x, &y) in column.iter_mut().zip(leading) {
                    *x = (*x * leading[row] - factor * y) / last;
                }
            }
            last = leading[row];
            rank += 1;
        }
        rank
    }
}

fn matrix<T: Scalar>(columns: &[Vec<i32>], power: i32) -> Mat<T> {
    let entry = |i: usize, j: usize| times(T::of(f64::from(columns[j][i])), power);
    Mat::from_fn(columns[0].len(), columns.len(), entry)
}

/// 2ᵖ·x, rounded once.
fn times<T: Scalar>(x: T, mut power: i32) -> T {
    let two = T::of(2.0);
    let (step, far) = if T::NAME == "f32" {
        (60, 126)
    } else {
        (500, 1022)
    };
    let mut x = x;
    while power > step {
        x *= two.powi(step);
        power -= step;
    }
    // A number that stays normal is not rounded.
    while power < -step && x.abs() >= two.powi(-step / 2) {
        x *= two.powi(-step);
        power += step;
    }
    if power < -far {
        // Far below half of the smallest number.
        return T::zero() * x;
    }
    x * two.powi(power)
}

fn all_times<T: Scalar>(x: &[T], power: i32) -> Vec<T> {
    x.iter().map(|&xi| times(xi, power)).collect()
}

/// The answer to the scaled problem must be the scaled answer.
fn same<T: Debug + PartialEq>(part: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{part}: {found:?}, not {expected:?}"))
}

/// ‖x‖₂ in f64.
fn norm<T: Scalar>(x: &[T]) -> f64 {
    x.iter().map(|xi| xi.as_f64().powi(2)).sum::<f64>().sqrt()
}

fn product<T: Scalar>(a: &Mat<T>, b: &Mat<T>) -> Mat<f64> {
    Mat::from_fn(a.rows(), b.cols(), |i, j| {
        let terms = (0..a.cols()).map(|k| a[(i, k)].as_f64() * b[(k, j)].as_f64());
        terms.sum()
    })
}

/// ‖B − A‖_F ≤ 1000·u·‖A‖_F.
fn reproduces<T: Scalar>(what: &str, a: &Mat<T>, b: &Mat<f64>) -> Result<(), String> {
    let pairs = a.data().iter().zip(b.data());
    let difference: Vec<f64> = pairs.map(|(x, y)| x.as_f64() - y).collect();
    let (error, size) = (norm(&difference), norm(a.data()));
    let shapes = (a.rows(), a.cols()) == (b.rows(), b.cols());
    if shapes && error <= 1000.0 * T::UNIT_ROUNDOFF.as_f64() * size {
        return Ok(());
    }
    Err(format!(
        "{what} differs from a by {error:e}, ‖a‖ = {size:e}"
    ))
}

fn least_squares<T: Scalar>(
    backend: &dyn Backend<T>,
    method: Method,
    system: &System,
    rank: usize,
) -> Result<(), String> {
    let &System { ref a, ref b, p, q } = system;
    let options = LstsqOptions::new(method);
    let solve = |p, q| {
        let (a, b) = (matrix::<T>(a, p), matrix::<T>(b, q));
        backend.lstsq(a.as_ref(), b.as_ref(), &options)
    };
    let full = rank == a.len().min(a[0].len());
    let may_refuse = !method.handles_rank_deficiency() && (!full || T::NAME == "f32");
    let Some(plain) = scales(solve(0, 0), solve(p, q), (p, q), may_refuse)? else {
        return Ok(());
    };
    if T::NAME == "f64" {
        same("rank", &plain.rank, &rank)?;
    }
    gradient_vanishes(&matrix(a, 0), &matrix(b, 0), &plain.x)?;

    // A column that is not damped may be zero.
    let damping = |p| -> Vec<T> {
        let d = (0..a.len()).map(|j| T::of((j % 3) as f64));
        d.map(|dj| times(dj, p)).collect()
    };
    let solve = |p, q| {
        let (a, b) = (matrix::<T>(a, p), matrix::<T>(b, q));
        backend.lstsq_damped(a.as_ref(), &damping(p), b.as_ref(), &options)
    };
    let may_refuse = !method.handles_rank_deficiency();
    let damped = scales(solve(0, 0), solve(p, q), (p, q), may_refuse);
    damped.map(drop).map_err(|fault| format!("damped: {fault}"))
}

/// Compares the answers to a problem and to the one with A times 2ᵖ and B times 2^q; gives back the first,
/// if it is one.
fn scales<T: Scalar>(
    plain: Result<Solution<T>>,
    scaled: Result<Solution<T>>,
    (p, q): (i32, i32),
    may_refuse: bool,
) -> Result<Option<Solution<T>>, String> {
    let plain = match plain {
        Ok(plain) => plain,
        Err(Error::Unsupported { .. }) => return Ok(None),
        Err(Error::RankDeficient { .. }) if may_refuse => {
            return match scaled {
                Err(Error::RankDeficient { .. }) => Ok(None),
                other => Err(format!("refused at scale 1, but scaled {other:?}")),
            };
        }
        Err(error) => return Err(error.to_string()),
    };
    let x = all_times(plain.x.data(), q - p);
    let all_finite = x.iter().all(|x| x.is_finite());
    let mut expected = Solution {
        x: Mat::from_col_major(x, plain.x.rows(), plain.x.cols()).expect("the same shape"),
        residual_norms: plain
            .residual_norms
            .as_ref()
            .map(|norms| all_times(norms, q)),
        singular_values: plain.singular_values.as_ref().map(|s| all_times(s, p)),
        ..plain
    };
    if let Ok(found) = &scaled {
        let (x, found) = (expected.x.data_mut(), found.x.data());
        forgive_lost_bits(x, found, plain.x.data(), q - p);
    }
    if all_finite {
        same("solution", &scaled, &Ok(expected))?;
    } else if !matches!(scaled, Err(Error::Overflow { .. })) {
        return Err(format!("{scaled:?}, not an overflow"));
    }
    Ok(Some(plain))
}

/// Takes what was found for what is expected where the entry at scale 1 is subnormal or has become zero, as one that is
/// rounding errors of rounding errors is in f32, and the two differ by the bits that this one has lost: by the least
/// number at scale 1.
fn forgive_lost_bits<T: Scalar>(expected: &mut [T], found: &[T], plain: &[T], power: i32) {
    let least = times(T::min_positive_value() * T::EPSILON, power);
    for ((expected, &found), &plain) in expected.iter_mut().zip(found).zip(plain) {
        let has_lost_bits = plain.abs() < T::min_positive_value();
        if has_lost_bits && (found - *expected).abs() <= least {
            *expected = found;
        }
    }
}

/// ‖Aᵀ(A·X − B)‖_F ≤ 1000·u·‖A‖_F·(‖A‖_F·‖X‖_F + ‖B‖_F): X minimises for a nearby A and B.
fn gradient_vanishes<T: Scalar>(a: &Mat<T>, b: &Mat<T>, x: &Mat<T>) -> Result<(), String> {
    let mut residual = product(a, x);
    let entries = residual.data_mut().iter_mut().zip(b.data());
    entries.for_each(|(r, b)| *r -= b.as_f64());
    let transposed = Mat::from_fn(a.cols(), a.rows(), |i, j| a[(j, i)].as_f64());
    let gradient = norm(product(&transposed, &residual).data());
    let size = norm(a.data()) * (norm(a.data()) * norm(x.data()) + norm(b.data()));
    if gradient <= 1000.0 * T::UNIT_ROUNDOFF.as_f64() * size {
        return Ok(());
    }
    Err(format!(
        "the gradient is {gradient:e}, the terms are {size:e}"
    ))
}

fn transposed<T: Scalar>(a: &Mat<T>) -> Mat<T> {
    Mat::from_fn(a.cols(), a.rows(), |i, j| a[(j, i)])
}

fn svd<T: Scalar>(backend: &dyn Backend<T>, system: &System) -> Result<(), String> {
    let &System { ref a, p, .. } = system;
    let (a, scaled) = (matrix::<T>(a, 0), matrix::<T>(a, p));
    let tell = |error: Error| error.to_string();
    let plain = backend.svd(a.as_ref()).map_err(tell)?;
    let us = Mat::from_fn(plain.u.rows(), plain.u.cols(), |i, j| {
        plain.u[(i, j)] * plain.s[j]
    });
    reproduces("u·diag(s)·vᵀ", &a, &product(&us, &transposed(&plain.v)))?;
    let expected = Svd {
        s: all_times(&plain.s, p),
        ..plain
    };
    let found = backend.svd(scaled.as_ref());
    same("svd", &found, &Ok(expected))?;
    if a.rows() < a.cols() {
        return Ok(());
    }
    let (mut workspace, mut svd) = (Workspace::default(), Svd::default());
    let mut overwriting = |a: &Mat<T>| {
        let mut storage = a.clone();
        let done = backend.svd_overwriting(&mut storage, &mut svd, &mut workspace);
        done.map(|()| svd.clone())
    };
    let plain = overwriting(&a).map_err(tell)?;
    let expected = Svd {
        s: all_times(&plain.s, p),
        ..plain
    };
    same("svd_overwriting", &overwriting(&scaled), &Ok(expected))?;
    let mut right = |a: &Mat<T>| {
        let mut storage = a.clone();
        let done = backend.right_svd_overwriting(&mut storage, &mut svd, &mut workspace);
        done.map(|()| (svd.s.clone(), svd.v.clone()))
    };
    let (s, v) = right(&a).map_err(tell)?;
    let expected = (all_times(&s, p), v);
    same("right_svd_overwriting", &right(&scaled), &Ok(expected))
}

fn qr<T: Scalar>(backend: &dyn Backend<T>, system: &System) -> Result<(), String> {
    let &System { ref a, ref b, p, q } = system;
    let (m, n) = (a[0].len(), a.len());
    if m < n {
        return Ok(());
    }
    let tell = |error: Error| error.to_string();
    // Each column has its own power.
    let power = |j: usize| if j.is_multiple_of(2) { p } else { q };
    let column = |j: usize| matrix::<T>(&a[j..=j], power(j)).into_vec();
    let scaled = Mat::from_col_major((0..n).flat_map(column).collect(), m, n);
    let (a, scaled) = (matrix::<T>(a, 0), scaled.expect("m·n entries"));
    let by_columns = |r: &Mat<T>, rows: fn(usize) -> usize| -> Vec<T> {
        let columns = (0..n).flat_map(|j| all_times(&r.col(j)[..rows(j)], power(j)));
        columns.collect()
    };
    let upper = |r: &Mat<T>| -> Vec<T> {
        let columns = (0..n).flat_map(|j| r.col(j)[..=j].to_vec());
        columns.collect()
    };

    let factors = backend.qr(a.as_ref()).map_err(tell)?;
    let (r, thin) = (factors.r(), factors.mul_q(Mat::identity(n)).map_err(tell)?);
    reproduces("q·r", &a, &product(&thin, &r))?;
    let identity = Mat::<T>::identity(n);
    reproduces("qᵀq", &identity, &product(&transposed(&thin), &thin))?;
    let found = backend.qr(scaled.as_ref()).map_err(tell)?;
    same("r of qr", &upper(&found.r()), &by_columns(&r, |j| j + 1))?;
    same("q of qr", &found.mul_q(identity), &Ok(thin))?;

    let (b, scaled_b) = (matrix::<T>(b, 0), matrix::<T>(b, q));
    let split = backend
        .triangularize(a.as_ref(), b.as_ref())
        .map_err(tell)?;
    let found = backend
        .triangularize(scaled.as_ref(), scaled_b.as_ref())
        .map_err(tell)?;
    same("r", &upper(&found.r), &by_columns(&split.r, |j| j + 1))?;
    same("c", &found.c.into_vec(), &all_times(split.c.data(), q))?;
    let norms = all_times(&split.residual_norms, q);
    same("residual_norms", &found.residual_norms, &norms)?;

    let mut workspace = Workspace::default();
    let mut overwritten = |mut a: Mat<T>| {
        let done = backend.r_overwriting(&mut a, &mut workspace);
        done.map(|()| a).map_err(tell)
    };
    let r = overwritten(a)?;
    let found = overwritten(scaled)?;
    same("r_overwriting", &upper(&found), &by_columns(&r, |j| j + 1))
}

fn symmetric<T: Scalar>(backend: &dyn Backend<T>, system: &System) -> Result<(), String> {
    let &System { ref a, p, .. } = system;
    let tell = |error: Error| error.to_string();
    let (m, n) = (a[0].len(), a.len());
    if m == n {
        let sum = |i: usize, j: usize| a[j][i] + a[i][j];
        let sums: Vec<Vec<i32>> = (0..n)
            .map(|j| (0..n).map(|i| sum(i, j)).collect())
            .collect();
        let (a, scaled) = (matrix::<T>(&sums, 0), matrix::<T>(&sums, p));
        let plain = backend.symmetric_eigen(a.as_ref()).map_err(tell)?;
        let v = &plain.vectors;
        let vw = Mat::from_fn(n, n, |i, j| v[(i, j)] * plain.values[j]);
        reproduces("v·diag(w)·vᵀ", &a, &product(&vw, &transposed(v)))?;
        let found = backend.symmetric_eigen(scaled.as_ref()).map_err(tell)?;
        same("w", &found.values, &all_times(&plain.values, p))?;
        same("v", &found.vectors, v)?;
    }
    let inner = |i: usize, j: usize| (0..m).map(|k| a[i][k] * a[j][k]).sum();
    let gram: Vec<Vec<i32>> = (0..n)
        .map(|j| (0..n).map(|i| inner(i, j)).collect())
        .collect();
    // L scales by the root.
    let power = p / 2 * 2;
    let (a, scaled) = (matrix::<T>(&gram, 0), matrix::<T>(&gram, power));
    let found = backend.cholesky(scaled.as_ref());
    match backend.cholesky(a.as_ref()) {
        Ok(l) => {
            reproduces("l·lᵀ", &a, &product(&l, &transposed(&l)))?;
            let expected = all_times(l.data(), power / 2);
            same("l", &found.map(Mat::into_vec), &Ok(expected))
        }
        Err(Error::NotPositiveDefinite { .. }) if system.rank() < n || T::NAME == "f32" => {
            let refused = matches!(found, Err(Error::NotPositiveDefinite { .. }));
            same("refusal", &refused, &true)
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Panics if a law does not hold.
fn assert_laws<T: Scalar>(backend: &dyn Backend<T>, case: impl Fn() -> String, system: &System) {
    let rank = system.rank();
    let engine = backend.info().engine;
    let check = |law: &str, outcome: Result<(), String>| {
        if let Err(fault) = outcome {
            let (scalar, case) = (T::NAME, case());
            panic!("{engine}, {law}, {scalar}, {case}, {system:?}: {fault}");
        }
    };
    for method in Method::ALL {
        let outcome = least_squares(backend, method, system, rank);
        check(method.name(), outcome);
    }
    check("svd", svd(backend, system));
    check("qr", qr(backend, system));
    check("symmetric", symmetric(backend, system));
}

fn every_law<T: AdapterScalar>(largest_power: u32) {
    for backend in backends::<T>() {
        for seed in 0..systems() {
            let system = System::draw(seed, largest_power);
            assert_laws(&*backend, || format!("seed {seed}"), &system);
        }
        for seed in 0..systems() / 20 {
            let system = System::draw_repeated(seed, largest_power);
            assert_laws(&*backend, || format!("repeated, seed {seed}"), &system);
        }
    }
}

#[test]
fn powers_of_two_change_no_bit_in_f64() {
    every_law::<f64>(900);
}

#[test]
fn powers_of_two_change_no_bit_in_f32() {
    every_law::<f32>(100);
}

fn by_rows<const N: usize>(rows: &[[i32; N]]) -> Vec<Vec<i32>> {
    let column = |j: usize| rows.iter().map(|row| row[j]).collect();
    (0..N).map(column).collect()
}

fn assert_laws_of_all<T: AdapterScalar>(a: &[Vec<i32>], p: i32, q: i32) {
    let system = System {
        a: a.to_vec(),
        b: vec![(1..).take(a[0].len()).collect()],
        p,
        q,
    };
    for backend in backends::<T>() {
        assert_laws(
            &*backend,
            || "a system that was refused".to_owned(),
            &system,
        );
    }
}

/// Systems with repeated singular values for which linfa-linalg's answer was wrong after one perturbation, too.
#[test]
fn repeated_blocks_that_were_refused() {
    for backend in backends::<f32>() {
        let system = System::draw_repeated(10_200, 100);
        assert_laws(&*backend, || "repeated, seed 10200".to_owned(), &system);
    }
    for backend in backends::<f64>() {
        let system = System::draw_repeated(7_550, 900);
        assert_laws(&*backend, || "repeated, seed 7550".to_owned(), &system);
    }
}

/// Systems that libraries refused or solved wrongly at these scales, and solve at scale 1.
#[test]
fn systems_that_failed_at_one_scale_only() {
    // faer's iteration does not converge for five copies of this block.
    let block = [[-6, -7, 3], [0, -2, 4]];
    let entry = |i: usize, j: usize| {
        if i % 5 == j / 3 {
            block[i / 5][j % 3]
        } else {
            0
        }
    };
    let repeated = (0..15).map(|j| (0..10).map(|i| entry(i, j)).collect());
    assert_laws_of_all::<f64>(&repeated.collect::<Vec<_>>(), 0, 0);
    let seven = [
        [-2, -1, 2],
        [-1, 1, 1],
        [-1, 1, 0],
        [1, 2, 0],
        [-1, 0, 0],
        [-1, 1, -2],
        [2, -1, 1],
    ];
    let six = [
        [-2, 0, 0],
        [-1, -2, -1],
        [-2, 2, -1],
        [-2, -1, 0],
        [0, -2, 1],
        [1, 0, -1],
    ];
    let three = [[1, 2], [3, 4], [5, 7]];
    for (a, p) in [
        (by_rows(&seven), 264),
        (by_rows(&six), 277),
        (by_rows(&three), -722),
        (by_rows(&three), 600),
    ] {
        assert_laws_of_all::<f64>(&a, p, 0);
        assert_laws_of_all::<f64>(&a, p, p);
    }
    for p in [15, -15, 60, -60, 100] {
        assert_laws_of_all::<f32>(&by_rows(&[[1, -2, 2]]), p, 3);
        assert_laws_of_all::<f32>(&by_rows(&three), p, 3);
    }
}

/// Within ten rounding errors.
fn is_close(found: f64, expected: f64) -> bool {
    (found / expected - 1.0).abs() <= 10.0 * f64::UNIT_ROUNDOFF
}

/// A result that is not finite is never a success, and a result in range is right.
#[test]
fn results_beyond_the_range_are_an_overflow() {
    for backend in backends::<f64>() {
        let engine = backend.info().engine;
        let overflows = |what: &str, error: Option<Error>| {
            let named =
                matches!(&error, Some(Error::Overflow { result, .. }) if result.starts_with(what));
            assert!(named, "{engine}, {what}: {error:?}");
        };
        let all = |rows, cols, value: f64| Mat::from_fn(rows, cols, |_, _| value);
        let (large, one) = (all(3, 2, f64::MAX), all(3, 1, 1.0));
        overflows("s", backend.svd(large.as_ref()).err());
        overflows("r", backend.qr(large.as_ref()).err());
        let square = all(2, 2, f64::MAX);
        overflows("w", backend.symmetric_eigen(square.as_ref()).err());
        let (mut svd, mut workspace) = (Svd::default(), Workspace::default());
        let done = backend.svd_overwriting(&mut large.clone(), &mut svd, &mut workspace);
        overflows("s", done.err());
        let done = backend.right_svd_overwriting(&mut large.clone(), &mut svd, &mut workspace);
        overflows("s", done.err());
        let solve = |a: &Mat<f64>, b: &Mat<f64>, method| {
            backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(method))
        };
        overflows("singular_values", solve(&large, &one, Method::Svd).err());
        // b is orthogonal to A, and ‖b‖ is √3 times what is largest.
        let a = Mat::from_fn(4, 1, |i, _| if i == 0 { 1.0 } else { 0.0 });
        let b = Mat::from_fn(4, 1, |i, _| if i == 0 { 0.0 } else { f64::MAX });
        for &(method, _) in backend.info().methods {
            match solve(&a, &b, method) {
                // The normal equations do not give the norm.
                Ok(found) if method == Method::Cholesky => assert_eq!(found.x[(0, 0)], 0.0),
                other => overflows("residual_norms", other.err()),
            }
            overflows(
                "x",
                solve(&all(1, 1, 1e-200), &all(1, 1, 1e200), method).err(),
            );
            // The columns of B do not share a scale, and this A is the largest that there is.
            let a = Mat::from_fn(2, 2, |i, j| if i == j { f64::MAX } else { 0.0 });
            let b = Mat::from_fn(2, 2, |i, j| match (i == j, j) {
                (true, 0) => f64::MAX,
                (true, _) => 1e-10,
                (false, _) => 0.0,
            });
            let x = solve(&a, &b, method).unwrap().x;
            assert!(is_close(x[(0, 0)], 1.0), "{engine}, {method}: {x:?}");
            // The right one has 51 bits fewer than others, because it is subnormal.
            let least = (x[(1, 1)] - 1e-10 / f64::MAX).abs();
            assert!(least <= f64::from_bits(1), "{engine}, {method}: {x:?}");
        }
        // Eigenvalues, and a factor, that are in range.
        let large = 0.75 * f64::MAX;
        let a = Mat::from_fn(2, 2, |i, j| if i == j { large } else { 0.0 });
        let eigen = backend.symmetric_eigen(a.as_ref()).unwrap();
        let all_close = eigen.values.iter().all(|&w| is_close(w, large));
        assert!(all_close, "{engine}: {eigen:?}");
        let l = backend.cholesky(a.as_ref()).unwrap();
        assert!(is_close(l[(1, 1)], large.sqrt()), "{engine}: {l:?}");
    }
}

/// A singular value that is smaller by the range counts as zero, whatever rcond: x would be infinite.
#[test]
fn nothing_is_divided_by_a_subnormal_singular_value() {
    let a = Mat::from_fn(2, 2, |i, j| if i == j { [1.0, 1e-310][i] } else { 0.0 });
    let b = Mat::from_fn(2, 1, |_, _| 1.0);
    for backend in backends::<f64>() {
        for &(method, _) in backend.info().methods {
            let rcond = Some(0.0);
            let found = backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions { method, rcond });
            let right = match &found {
                Ok(found) => found.x.data().iter().all(|x| x.is_finite()),
                Err(error) => matches!(error, Error::RankDeficient { .. }),
            };
            assert!(right, "{}, {method}: {found:?}", backend.info().engine);
        }
    }
}

/// Columns, and diagonal entries, that differ by more than the range of squares keep their digits where
/// the factorisation is backward stable for each of them.
#[test]
fn columns_of_every_size_side_by_side() {
    for backend in backends::<f64>() {
        let engine = backend.info().engine;
        let sizes = [1e-300, 1.0, 1e300];
        let root = leastwise_testset::standard_normal::<f64>(6, 3, 3, 0);
        let a = Mat::from_fn(6, 3, |i, j| root[(i, j)] * sizes[j]);
        let mut r = a.clone();
        backend
            .r_overwriting(&mut r, &mut Workspace::default())
            .unwrap();
        let split = backend.triangularize(a.as_ref(), a.as_ref()).unwrap();
        let found = backend.qr(a.as_ref()).unwrap().r();
        for j in 0..3 {
            let length = leastwise_core::norm::euclidean(a.col(j));
            for (name, column) in [
                ("r_overwriting", &r.col(j)[..=j]),
                ("qr", found.col(j)),
                ("triangularize", split.r.col(j)),
                ("c", split.c.col(j)),
            ] {
                let error = (leastwise_core::norm::euclidean(column) / length - 1.0).abs();
                assert!(
                    error <= 100.0 * f64::EPSILON,
                    "{engine}, {name}, {j}: {error:e}"
                );
            }
        }
        // D·G·D has the factor D·L.
        let gram = Mat::from_fn(3, 3, |i, j| {
            leastwise_core::norm::dot(root.col(i), root.col(j))
        });
        let halves = [2f64.powi(-500), 1.0, 2f64.powi(500)];
        let scaled = Mat::from_fn(3, 3, |i, j| halves[i] * (gram[(i, j)] * halves[j]));
        let l = backend.cholesky(gram.as_ref()).unwrap();
        let expected = Mat::from_fn(3, 3, |i, j| halves[i] * l[(i, j)]);
        assert_eq!(backend.cholesky(scaled.as_ref()), Ok(expected), "{engine}");
        let indefinite = Mat::from_fn(2, 2, |i, j| if i == j { 1e-300 } else { 1e300 });
        let refused = backend.cholesky(indefinite.as_ref());
        assert!(
            matches!(refused, Err(Error::NotPositiveDefinite { .. })),
            "{engine}"
        );
    }
}
