//! Tall problems in blocks of rows, on every backend.
//!
//! `LEASTWISE_ROWS=10000000 cargo test --release -p leastwise-backends --test all blocks::` solves
//! problems of ten million rows.

use leastwise_backends::AdapterScalar;
use leastwise_core::blocks::{Reducer, Triangle};
use leastwise_core::factor::Triangularized;
use leastwise_core::norm::{euclidean, max_abs_finite};
use leastwise_core::{
    Backend, Error, LstsqOptions, Mat, MatRef, Method, Result, Scalar, Solution, blocks,
};
use leastwise_plain::Plain;

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

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).expect("it is below a usize")
    }

    /// From −1 to 1.
    fn entry(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 2f64.powi(52) - 1.0
    }

    fn matrix<T: Scalar>(&mut self, rows: usize, cols: usize) -> Mat<T> {
        Mat::from_fn(rows, cols, |_, _| T::of(self.entry()))
    }
}

/// xᵀy in about twice the precision of f64 (T. Ogita, S. Rump, S. Oishi, *Accurate sum and dot
/// product*, SIAM J. Sci. Comput. 26 (2005)).
fn dot<T: Scalar>(x: &[T], y: &[T]) -> f64 {
    let (mut sum, mut lost) = (0.0f64, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x.as_f64(), y.as_f64());
        let product = x * y;
        let next = sum + product;
        let back = next - sum;
        lost += x.mul_add(y, -product) + ((sum - (next - back)) + (product - back));
        sum = next;
    }
    sum + lost
}

/// 30·√n·u, the limit of METHODOLOGY.md for a backward error.
fn limit<T: Scalar>(n: usize) -> f64 {
    30.0 * (n as f64).sqrt() * T::UNIT_ROUNDOFF.as_f64()
}

fn norm_of<T: Scalar>(a: &Mat<T>) -> f64 {
    (0..a.cols())
        .map(|j| dot(a.col(j), a.col(j)))
        .sum::<f64>()
        .sqrt()
}

/// ‖UᵀV − XᵀY‖_F.
fn gram_difference<T: Scalar>(u: &Mat<T>, v: &Mat<T>, x: &Mat<T>, y: &Mat<T>) -> f64 {
    let mut squares = 0.0f64;
    for i in 0..u.cols() {
        for j in 0..v.cols() {
            squares += (dot(u.col(i), v.col(j)) - dot(x.col(i), y.col(j))).powi(2);
        }
    }
    squares.sqrt()
}

/// A matrix of any rank, whose rows may have any size, whose columns may repeat or be zero, and whose
/// first or last rows may be zero.
fn draw_matrix<T: Scalar>(draw: &mut Draw, m: usize, n: usize) -> Mat<T> {
    let mut a = draw.matrix::<T>(m, n);
    for _ in 0..draw.below(3) {
        let (from, to) = (draw.below(n), draw.below(n));
        let source = match draw.below(2) {
            0 => a.col(from).to_vec(),
            _ => vec![T::zero(); m],
        };
        a.col_mut(to).copy_from_slice(&source);
    }
    // Up to 2⁶⁰ in either direction over the rows.
    let exponent = 120.0 * draw.entry() / m as f64;
    let rows = draw.below(3);
    let (zeros, at_end) = (draw.below(m), draw.below(2) == 0);
    for j in 0..n {
        for (i, x) in a.col_mut(j).iter_mut().enumerate() {
            let is_zero = if at_end { i >= zeros } else { i < zeros };
            *x *= T::of(match rows {
                0 => 1.0,
                1 => ((exponent * i as f64).round() / 2.0).exp2(),
                _ => f64::from(!is_zero),
            });
        }
    }
    a
}

/// Blocks of 16 rows, so that a few hundred rows have several segments.
fn triangle<T: AdapterScalar>(
    backend: &dyn Backend<T>,
    a: &Mat<T>,
    b: &Mat<T>,
) -> Result<Triangularized<T>> {
    blocks::triangularize(backend, a.as_ref(), b.as_ref(), 16)
}

/// RᵀR = AᵀA, Rᵀc = Aᵀb and ‖c‖² + ρ² = ‖b‖².
fn the_triangle_is_that_of_the_whole<T: AdapterScalar>() {
    for seed in 0..60 {
        let mut draw = Draw(seed);
        let n = 1 + draw.below(9);
        let k = draw.below(3);
        let m = n + draw.below(if seed % 4 == 0 { 3000 } else { 300 });
        let (a, b) = (
            draw_matrix::<T>(&mut draw, m, n),
            draw_matrix::<T>(&mut draw, m, k.max(1)),
        );
        let (size_a, size_b) = (norm_of(&a), norm_of(&b));
        for backend in backends::<T>() {
            let case = format!(
                "{}, {}, seed {seed}: {m}x{n}",
                backend.info().engine,
                T::NAME
            );
            let Triangularized {
                r,
                c,
                residual_norms,
                ..
            } = triangle(&*backend, &a, &b).unwrap_or_else(|error| panic!("{case}: {error}"));
            for j in 0..n {
                assert!(r.col(j)[j + 1..].iter().all(|&x| x == T::zero()), "{case}");
            }
            // (R + ΔR)ᵀ(R + ΔR) differs by 2·‖ΔR‖·‖R‖.
            let error = gram_difference(&r, &r, &a, &a);
            let bound = 2.0 * limit::<T>(n) * size_a * size_a;
            assert!(error <= bound, "{case}: RᵀR by {error:e} > {bound:e}");
            let error = gram_difference(&r, &c, &a, &b);
            let bound = 2.0 * limit::<T>(n) * size_a * size_b;
            assert!(error <= bound, "{case}: Rᵀc by {error:e} > {bound:e}");
            for (j, &rho) in residual_norms.iter().enumerate() {
                let length = dot(b.col(j), b.col(j)).sqrt();
                let found = dot(c.col(j), c.col(j)).sqrt().hypot(rho.as_f64());
                let error = (found - length).abs();
                let bound = limit::<T>(n) * length;
                assert!(error <= bound, "{case}: ‖b‖ by {error:e} > {bound:e}");
            }
        }
    }
}

#[test]
fn the_triangle_of_blocks_is_that_of_the_whole() {
    the_triangle_is_that_of_the_whole::<f64>();
    the_triangle_is_that_of_the_whole::<f32>();
}

/// One reducer for all rows gives the bits of a reducer for each segment and a tree, as threads compute
/// them. So does a copy of the reducer, which was made in between.
#[test]
fn segments_and_their_tree_are_those_of_threads() {
    fn tree(backend: &dyn Backend<f64>, of: &[Triangle<f64>]) -> Triangle<f64> {
        if let [triangle] = of {
            return triangle.clone();
        }
        let (first, second) = of.split_at(blocks::left_branch(of.len()));
        blocks::merge(backend, &tree(backend, first), &tree(backend, second)).unwrap()
    }
    const ROWS: usize = 16;
    for segments in 1..10 {
        let mut draw = Draw(segments as u64);
        let m = (segments - 1) * ROWS * blocks::SEGMENT + 1 + draw.below(ROWS * blocks::SEGMENT);
        let a = draw_matrix::<f64>(&mut draw, m, 3).transposed();
        let b = draw_matrix::<f64>(&mut draw, m, 2).transposed();
        let copied = draw.below(m.div_ceil(ROWS));
        for backend in backends::<f64>() {
            let push = |reducer: &mut Reducer<'_, f64, dyn Backend<f64>>, block: usize| {
                let (start, count) = (block * ROWS, ROWS.min(m - block * ROWS));
                let rows = |of: &Mat<f64>| of.columns(start, count).to_mat();
                let (a, b) = (rows(&a), rows(&b));
                reducer
                    .push(a.as_ref().transpose(), b.as_ref().transpose())
                    .unwrap();
            };
            let new = || Reducer::new(&*backend, (3, 2), ROWS);
            let (mut whole, mut copy) = (new(), new());
            let (mut of_segment, mut triangles) = (new(), Vec::new());
            for block in 0..m.div_ceil(ROWS) {
                push(&mut whole, block);
                if block <= copied {
                    copy = whole.clone();
                } else {
                    push(&mut copy, block);
                }
                push(&mut of_segment, block);
                if (block + 1) % blocks::SEGMENT == 0 || (block + 1) * ROWS >= m {
                    triangles.push(of_segment.take().unwrap());
                }
            }
            let place = format!("{}, {segments} segments", backend.info().engine);
            let expected = format!("{:?}", tree(&*backend, &triangles));
            assert_eq!(triangles.len(), segments, "{place}");
            // Numbers print with all digits.
            assert!(
                format!("{:?}", whole.take().unwrap()) == expected,
                "{place}"
            );
            assert!(format!("{:?}", copy.take().unwrap()) == expected, "{place}");
        }
    }
}

/// Rows that are contiguous give the same bits as columns that are, and so do padded columns.
#[test]
fn the_layout_changes_no_bit() {
    let (m, n) = (2100, 5);
    let mut draw = Draw(5);
    let (a, b) = (draw.matrix::<f64>(m, n), draw.matrix::<f64>(m, 2));
    let (a_rows, b_rows) = (a.transposed(), b.transposed());
    let padded = Mat::from_fn(m + 3, n, |i, j| if i < m { a[(i, j)] } else { f64::NAN });
    let padded = MatRef::from_col_major_with_stride(padded.data(), m, n, m + 3).unwrap();
    for backend in backends::<f64>() {
        let engine = backend.info().engine;
        let options = LstsqOptions::new(Method::Qr);
        let solve = |a, b| backend.lstsq(a, b, &options).unwrap();
        let plain = solve(a.as_ref(), b.as_ref());
        let by_rows = solve(a_rows.as_ref().transpose(), b_rows.as_ref().transpose());
        assert_eq!(plain, by_rows, "{engine}");
        assert_eq!(plain, solve(padded, b.as_ref()), "{engine}");
    }
}

fn power_of_two<T: Scalar>(power: i32) -> T {
    T::of(2f64.powi(power))
}

fn times<T: Scalar>(a: &Mat<T>, power: i32) -> Mat<T> {
    let factor = power_of_two::<T>(power);
    Mat::from_fn(a.rows(), a.cols(), |i, j| factor * a[(i, j)])
}

/// 2ᵖ·A and 2^q·B have 2^(q−p)·X bit for bit, also if blocks grow on the way.
fn powers_change_no_bit<T: AdapterScalar>(largest: i32) {
    for seed in 0..12 {
        let mut draw = Draw(1000 + seed);
        let n = 1 + draw.below(8);
        let m = 1024 + draw.below(2000);
        let mut a = draw.matrix::<T>(m, n);
        let mut b = draw.matrix::<T>(m, 2);
        // Four times as large from block to block of 512 rows, in A or in a column of B.
        for (j, step) in [(0, seed % 2), (1, seed % 3)] {
            let grow = |i: usize| power_of_two::<T>(i32::try_from(i / 512 * 2).expect("small"));
            if step == 0 {
                (0..m).for_each(|i| b[(i, j)] *= grow(i));
            }
            if step == 1 && j == 0 {
                (0..m).for_each(|i| (0..n).for_each(|l| a[(i, l)] *= grow(i)));
            }
        }
        if seed % 3 == 0 && n > 1 {
            let first = a.col(0).to_vec();
            a.col_mut(n - 1).copy_from_slice(&first);
        }
        let range = usize::try_from(2 * largest).expect("it is positive");
        let mut power = || i32::try_from(draw.below(range)).expect("small") - largest;
        let (p, q) = (power(), power());
        let (scaled_a, scaled_b) = (times(&a, p), times(&b, q));
        for backend in backends::<T>() {
            for &(method, _) in backend.info().methods {
                let case = format!(
                    "{}, {method}, {} seed {seed}",
                    backend.info().engine,
                    T::NAME
                );
                let options = LstsqOptions::new(method);
                let plain = backend.lstsq(a.as_ref(), b.as_ref(), &options);
                let found = backend.lstsq(scaled_a.as_ref(), scaled_b.as_ref(), &options);
                let plain = match plain {
                    Ok(plain) => plain,
                    Err(error) => {
                        let refused = matches!(error, Error::RankDeficient { .. });
                        assert!(refused && found == Err(error), "{case}: {found:?}");
                        continue;
                    }
                };
                let scaled = |x: Vec<T>, power: i32| -> Vec<T> {
                    let factor = power_of_two::<T>(power);
                    x.into_iter().map(|xi| factor * xi).collect()
                };
                let x = scaled(plain.x.data().to_vec(), q - p);
                let expected = Solution {
                    x: Mat::from_col_major(x, n, 2).unwrap(),
                    residual_norms: plain.residual_norms.map(|norms| scaled(norms, q)),
                    singular_values: plain.singular_values.map(|s| scaled(s, p)),
                    ..plain
                };
                assert_eq!(found, Ok(expected), "{case}");
            }
        }
    }
}

#[test]
fn a_power_of_two_changes_no_bit_of_a_tall_problem() {
    powers_change_no_bit::<f64>(400);
    powers_change_no_bit::<f32>(40);
}

/// The first entry that is not finite is named, of A before B, as without blocks.
#[test]
fn an_entry_that_is_not_finite_is_refused_wherever_it_is() {
    let (m, n) = (2500, 3);
    let mut draw = Draw(7);
    let a = draw.matrix::<f64>(m, n);
    let b = draw.matrix::<f64>(m, 2);
    for backend in backends::<f64>() {
        for &(method, _) in backend.info().methods {
            let options = LstsqOptions::new(method);
            for (row, bad) in [
                (0, f64::NAN),
                (1700, f64::INFINITY),
                (m - 1, f64::NEG_INFINITY),
            ] {
                let (mut bad_a, mut bad_b) = (a.clone(), b.clone());
                bad_a[(row, 1)] = bad;
                bad_b[(row, 1)] = bad;
                for (a, b) in [(&bad_a, &b), (&a, &bad_b), (&bad_a, &bad_b)] {
                    let expected = max_abs_finite("lstsq", "a", a.as_ref())
                        .and_then(|_| max_abs_finite("lstsq", "b", b.as_ref()));
                    let found = backend.lstsq(a.as_ref(), b.as_ref(), &options);
                    let (found, expected) = (found.unwrap_err(), expected.unwrap_err());
                    assert_eq!(
                        found.to_string(),
                        expected.to_string(),
                        "{}, {method}",
                        backend.info().engine
                    );
                }
            }
        }
    }
}

/// Rows of every size: those that are smaller by the range count as zero, and entries whose squares
/// leave the range are no other than the rest.
#[test]
fn rows_of_every_size() {
    let (m, n) = (2600, 2);
    let mut draw = Draw(11);
    let x = [3.0, -2.0];
    let consistent = |a: &Mat<f64>| Mat::from_fn(m, 1, |i, _| a[(i, 0)] * x[0] + a[(i, 1)] * x[1]);
    for (first, last) in [
        (1e-200, 1e200),
        (1e200, 1e-200),
        (1e-300, 1e-300),
        (1e300, 1e300),
        (0.0, 1e150),
        (1e-320, 1.0),
    ] {
        let mut a = draw.matrix::<f64>(m, n);
        for j in 0..n {
            // Two rows of a size decide x.
            (0..2).for_each(|i| a[(i, j)] *= first);
            (m - 2..m).for_each(|i| a[(i, j)] *= last);
        }
        let b = consistent(&a);
        for backend in backends::<f64>() {
            for method in [Method::Qr, Method::Svd] {
                let found = backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(method));
                let found = found.unwrap_or_else(|error| {
                    panic!(
                        "{}, {method}, {first:e}, {last:e}: {error}",
                        backend.info().engine
                    )
                });
                for (found, x) in found.x.data().iter().zip(x) {
                    // The condition of two rows is at most 100 here.
                    let error = (found - x).abs() / x.abs();
                    assert!(
                        error <= 1000.0 * limit::<f64>(n),
                        "{}, {method}, {first:e}, {last:e}: {error:e}",
                        backend.info().engine
                    );
                }
            }
        }
    }
}

/// Zeros in A, in B or in both, in some blocks or everywhere.
#[test]
fn zeros_in_whole_blocks() {
    let (m, n) = (3000, 3);
    let mut draw = Draw(13);
    let (a, b) = (draw.matrix::<f64>(m, n), draw.matrix::<f64>(m, 1));
    let rows_from = |a: &Mat<f64>, from: usize, to: usize| {
        Mat::from_fn(m, a.cols(), |i, j| {
            if (from..to).contains(&i) {
                a[(i, j)]
            } else {
                0.0
            }
        })
    };
    for backend in backends::<f64>() {
        let engine = backend.info().engine;
        let svd = LstsqOptions::new(Method::Svd);
        let zero = rows_from(&a, 0, 0);
        let solution = backend.lstsq(zero.as_ref(), b.as_ref(), &svd).unwrap();
        assert_eq!(
            (solution.rank, solution.x.data()),
            (0, &[0.0; 3][..]),
            "{engine}"
        );
        let length = euclidean(b.col(0));
        let rho = solution.residual_norms.unwrap()[0];
        assert!(
            (rho - length).abs() <= limit::<f64>(n) * length,
            "{engine}: {rho}"
        );
        assert_eq!(solution.singular_values, Some(vec![0.0; 3]), "{engine}");
        let qr = backend.lstsq(zero.as_ref(), b.as_ref(), &LstsqOptions::new(Method::Qr));
        assert!(matches!(qr, Err(Error::RankDeficient { .. })), "{engine}");
        for (from, to) in [(2000, 3000), (0, 700), (1024, 1500)] {
            let some = rows_from(&a, from, to);
            let solution = backend.lstsq(some.as_ref(), b.as_ref(), &svd).unwrap();
            // Only the rows that are not zero decide x.
            let part = |a: &Mat<f64>| Mat::from_fn(to - from, a.cols(), |i, j| a[(from + i, j)]);
            let (a, b) = (part(&a), part(&b));
            let alone = backend.lstsq(a.as_ref(), b.as_ref(), &svd).unwrap();
            for (x, y) in solution.x.data().iter().zip(alone.x.data()) {
                assert!((x - y).abs() <= 10.0 * limit::<f64>(n), "{engine}: {x} {y}");
            }
            let zero = Mat::zeros(m, 1);
            let solution = backend.lstsq(some.as_ref(), zero.as_ref(), &svd).unwrap();
            assert_eq!(solution.x.data(), &[0.0; 3], "{engine}");
            assert_eq!(solution.residual_norms, Some(vec![0.0]), "{engine}");
        }
    }
}

/// Rows of the largest problem.
fn largest() -> usize {
    const DEFAULT: usize = 1_000_000;
    let chosen = std::env::var("LEASTWISE_ROWS");
    chosen.map_or(DEFAULT, |rows| rows.parse().expect("a number of rows"))
}

/// The gradient vanishes as for a backward error of 30 units, the residual norm is right, and for a
/// rank-deficient A the solution is that of minimum norm.
fn a_tall_problem<T: AdapterScalar>(m: usize, n: usize, equal_columns: bool) {
    let mut draw = Draw(m as u64 + n as u64);
    let mut a = draw.matrix::<T>(m, n);
    if equal_columns {
        let first = a.col(0).to_vec();
        a.col_mut(n - 1).copy_from_slice(&first);
    }
    let noise = draw.matrix::<T>(m, 1);
    let b = Mat::from_fn(m, 1, |i, _| {
        T::of((0..n).map(|j| a[(i, j)].as_f64()).sum::<f64>()) + noise[(i, 0)]
    });
    let (size_a, size_b) = (norm_of(&a), norm_of(&b));
    for backend in leastwise_backends::all::<T>(1) {
        let info = backend.info();
        // The others are tested with fewer rows.
        if m > 100_000 && !matches!(info.name, "faer" | "blocks") {
            continue;
        }
        for &(method, _) in info.methods {
            let skipped = equal_columns && !method.handles_rank_deficiency();
            if skipped || method == Method::Cholesky {
                continue;
            }
            let case = format!("{}, {method}, {} {m}x{n}", info.engine, T::NAME);
            // By default it is m·ε, which is more than 1 in f32 from ten million rows on.
            let rcond = Some(T::of(limit::<T>(n)));
            let solution = backend
                .lstsq(a.as_ref(), b.as_ref(), &LstsqOptions { method, rcond })
                .unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(solution.rank, n - usize::from(equal_columns), "{case}");
            let x = solution.x.col(0);
            let residual = |i: usize| {
                let ax: f64 = (0..n).map(|j| a[(i, j)].as_f64() * x[j].as_f64()).sum();
                b[(i, 0)].as_f64() - ax
            };
            let residual: Vec<f64> = (0..m).map(residual).collect();
            let rho = euclidean(&residual);
            let size_x = euclidean(&x.iter().map(|x| x.as_f64()).collect::<Vec<_>>());
            let bound = 2.0 * limit::<T>(n) * size_a * (rho + size_a * size_x);
            for j in 0..n {
                let column: Vec<f64> = a.col(j).iter().map(|x| x.as_f64()).collect();
                let gradient = dot(&column, &residual).abs();
                assert!(gradient <= bound, "{case}: {gradient:e} > {bound:e}");
            }
            let found = solution.residual_norms.expect("QR has it")[0].as_f64();
            let bound = limit::<T>(n) * (size_a * size_x + size_b);
            assert!((found - rho).abs() <= bound, "{case}: {found} is not {rho}");
            if equal_columns {
                // The null direction is e₁ − eₙ.
                let difference = (x[0].as_f64() - x[n - 1].as_f64()).abs();
                assert!(difference <= 10.0 * limit::<T>(n) * size_x, "{case}: {x:?}");
            }
        }
    }
}

#[test]
fn from_a_thousand_rows_to_a_million() {
    for (m, n) in [(1100, 1), (2049, 7), (9000, 9), (20_000, 24), (70_000, 3)] {
        for equal_columns in [false, n > 1] {
            a_tall_problem::<f64>(m, n, equal_columns);
            a_tall_problem::<f32>(m, n, equal_columns);
        }
    }
    for equal_columns in [false, true] {
        a_tall_problem::<f64>(largest(), 3, equal_columns);
        a_tall_problem::<f32>(largest(), 3, equal_columns);
    }
}

/// At most 5 % of A or 2 MiB beyond A and b.
#[test]
fn there_is_no_copy_of_a() {
    let mut draw = Draw(17);
    for (m, n) in [(200_000, 5), (40_000, 20), (10_000, 96)] {
        let (a, b) = (draw.matrix::<f64>(m, n), draw.matrix::<f64>(m, 1));
        let allowed = (m * n * size_of::<f64>() / 20).max(2 << 20);
        for name in ["faer", "blocks"] {
            let backend = leastwise_backends::find::<f64>(name, 1).unwrap();
            for method in [Method::Qr, Method::CompleteOrthogonal] {
                let options = LstsqOptions::new(method);
                let solve = || drop(backend.lstsq(a.as_ref(), b.as_ref(), &options).unwrap());
                // The products of faer reserve 64 MiB of addresses on their first call, and keep them.
                solve();
                let memory = allocation_counter::measure(solve);
                let used = usize::try_from(memory.bytes_max).expect("it fits the memory");
                assert!(used <= allowed, "{name}, {method}, {m}x{n}: {used} bytes");
            }
        }
    }
}
