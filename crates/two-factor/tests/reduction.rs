//! Laws of data reduction, on every backend. The data are integers times powers of two, so the values
//! computed from them for comparison are exact. Values from the reduced data are computed in f64.

use std::cell::Cell;

use leastwise_backends::AdapterScalar;
use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::norm::dot;
use leastwise_core::{Backend, Eigen, Engine, EngineInfo, Error, Factorizations, Mat, MatMul};
use leastwise_core::{MatMut, MatRef, Result, Scalar, Svd};
use leastwise_faer::Faer;
use leastwise_two_factor::{Reduced, Reduction, reduce, reduce_batches};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const U: f64 = f64::UNIT_ROUNDOFF;

/// X and Y, with one sample per column.
#[derive(Clone, Debug)]
struct Data<T> {
    x: Mat<T>,
    y: Mat<T>,
}

/// Integers from −8 to 8, from a hash of the position and the seed (splitmix64).
fn integers(rows: usize, cols: usize, seed: u64) -> Mat<f64> {
    let mut state = seed;
    Mat::from_fn(rows, cols, |_, _| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % 17) as f64 - 8.0
    })
}

fn product(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    let entry = |i, j| (0..a.cols()).map(|l| a[(i, l)] * b[(l, j)]).sum();
    Mat::from_fn(a.rows(), b.cols(), entry)
}

fn rounded<T: Scalar>(a: &Mat<f64>) -> Mat<T> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)]))
}

fn widened<T: Scalar>(a: &Mat<T>) -> Mat<f64> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)].as_f64())
}

/// The samples `start .. start + count`.
fn batch<T: Scalar>(data: &Data<T>, start: usize, count: usize) -> (Mat<T>, Mat<T>) {
    let (x, y) = (data.x.columns(start, count), data.y.columns(start, count));
    (x.to_mat(), y.to_mat())
}

/// η₁ of a block, 30·√(bn)·u as everywhere in this workspace. 30 is LAPACK's threshold for errors of the
/// order of √(bn)·u (M. Connolly, N. Higham, *Probabilistic rounding error analysis of Householder QR
/// factorization*, SIAM J. Matrix Anal. Appl. 44 (2023)).
fn eta<T: Scalar>(inputs: usize) -> f64 {
    let block = (4 * inputs).max(256);
    30.0 * ((block * inputs) as f64).sqrt() * T::UNIT_ROUNDOFF.as_f64()
}

/// The largest number of factorisations that reduce `samples`, including the last one.
fn factorisations(inputs: usize, samples: usize) -> usize {
    samples / ((4 * inputs).max(256) - inputs) + 1
}

/// ‖M·X − Y‖²_F.
fn squares(m: &Mat<f64>, x: &Mat<f64>, y: &Mat<f64>) -> f64 {
    let images = product(m, x);
    let pairs = images.data().iter().zip(y.data());
    pairs.map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Checks the laws of `reduced` after `passes` factorisations.
fn check<T: Scalar>(data: &Data<T>, reduced: &Reduced<T>, passes: usize) -> Result<(), String> {
    let (n, m, s) = (data.x.rows(), data.y.rows(), data.x.cols());
    let kept = n.min(s);
    let shapes = [&reduced.x, &reduced.y].map(|part| (part.rows(), part.cols()));
    if shapes != [(n, kept), (m, kept)] || reduced.samples != s as u64 {
        return Err(format!("{shapes:?} for {} samples", reduced.samples));
    }
    let eta = passes as f64 * eta::<T>(n);
    let u = T::UNIT_ROUNDOFF.as_f64();
    let full = Data {
        x: widened(&data.x),
        y: widened(&data.y),
    };
    let few = Data {
        x: widened(&reduced.x),
        y: widened(&reduced.y),
    };
    let c = reduced.constant_norm.as_f64().powi(2);
    // √c is the norm of m·passes numbers in f64. Its relative error is at most 2U for each pass and each
    // number, and u for the rounding to T.
    let c_error = 2.0 * ((m + 2 * passes + 2) as f64 * U + u) * c;

    // Here c is the square of the constant norm. XcXcᵀ = XXᵀ, YcXcᵀ = YXᵀ and ‖Yc‖² + c = ‖Y‖² hold for X +
    // ΔX and Y + ΔY with ‖ΔX‖ ≤ η·‖X‖ and ‖ΔY‖ ≤ η·‖Y‖.
    let rows = |data: &Data<f64>| (data.x.transposed(), data.y.transposed());
    let ((x, y), (xc, yc)) = (rows(&full), rows(&few));
    let rounding = 2.0 * (kept + 1) as f64 * U;
    let relative = (2.0 + eta) * eta + rounding * (1.0 + eta) * (1.0 + eta);
    let (x_norm, y_norm) = (full.x.frobenius_norm(), full.y.frobenius_norm());
    let close = |name: &str, size: f64, [a, b]: [&[f64]; 2], [ac, bc]: [&[f64]; 2]| {
        let error = (dot(a, b) - dot(ac, bc)).abs();
        let bound = relative * x_norm * size;
        if error <= bound {
            return Ok(());
        }
        Err(format!("{name}: {error:e} > {bound:e}"))
    };
    for i in 0..n {
        for j in 0..n {
            let few = [xc.col(i), xc.col(j)];
            close("XXᵀ", x_norm, [x.col(i), x.col(j)], few)?;
        }
        for j in 0..m {
            let few = [xc.col(i), yc.col(j)];
            close("YXᵀ", y_norm, [x.col(i), y.col(j)], few)?;
        }
    }
    let size = dot(y.data(), y.data());
    let error = (size - dot(yc.data(), yc.data()) - c).abs();
    let bound = (relative + 2.0 * (m * kept) as f64 * U) * size + c_error;
    if !(error <= bound) {
        return Err(format!("‖Y‖²: {error:e} > {bound:e}"));
    }

    // |‖M·X − Y‖ − √(‖M·Xc − Yc‖² + c)| ≤ η·(‖M‖·‖X‖ + ‖Y‖), plus roundings: n + 1 operations for a residual,
    // m·q for the sum of the squares, and those of c.
    for seed in 0..3 {
        let model = integers(m, n, seed);
        let norms = model.frobenius_norm() * x_norm + y_norm;
        let (loss, same) = (
            squares(&model, &full.x, &full.y),
            squares(&model, &few.x, &few.y) + c,
        );
        let error = (loss.sqrt() - same.sqrt()).abs();
        let terms = (n + m * (kept + passes) + 4) as f64;
        let bound = (eta + terms * U + u) * norms;
        if !(error <= bound) {
            return Err(format!("loss {seed}: {error:e} > {bound:e}"));
        }
    }
    Ok(())
}

/// Sizes from fewer samples than inputs to several blocks, and the rank of X.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    n: usize,
    m: usize,
    s: usize,
    rank: usize,
    seed: u64,
}

impl Sizes {
    fn data<T: Scalar>(self) -> Data<T> {
        let Self {
            n,
            m,
            s,
            rank,
            seed,
        } = self;
        let x = if rank < n {
            // The first row is zero. If there are enough rows, the second one is repeated.
            let mut mix = integers(n, rank, seed);
            (0..rank).for_each(|j| mix[(0, j)] = 0.0);
            product(&mix, &integers(rank, s, seed ^ 1))
        } else {
            integers(n, s, seed)
        };
        let noise = integers(m, s, seed ^ 2);
        let image = product(&integers(m, n, seed ^ 3), &x);
        let y = Mat::from_fn(m, s, |i, j| image[(i, j)] + noise[(i, j)]);
        Data {
            x: rounded(&x),
            y: rounded(&y),
        }
    }
}

fn sizes() -> impl Strategy<Value = Sizes> {
    let samples = |n: usize| prop_oneof![1..=n, Just(n), n..3 * n + 2, 200usize..800];
    (1usize..7, 1usize..5)
        .prop_flat_map(move |(n, m)| (Just(n), Just(m), samples(n), 0..=n, any::<u64>()))
        .prop_map(|(n, m, s, rank, seed)| Sizes {
            n,
            m,
            s,
            rank,
            seed,
        })
}

fn for_all<T: AdapterScalar>(
    law: impl Fn(&dyn Backend<T>) -> Result<(), String>,
) -> Result<(), TestCaseError> {
    for backend in leastwise_backends::all::<T>(1) {
        law(&*backend).map_err(|reason| {
            TestCaseError::fail(format!("{}/{}: {reason}", backend.info().engine, T::NAME))
        })?;
    }
    Ok(())
}

fn whole<T: AdapterScalar>(sizes: Sizes) -> Result<(), TestCaseError> {
    let data = sizes.data::<T>();
    for_all(|backend| {
        let reduced = reduce(backend, data.x.as_ref(), data.y.as_ref());
        let reduced = reduced.map_err(|error| error.to_string())?;
        check(&data, &reduced, factorisations(sizes.n, sizes.s))
    })
}

/// Parts of consecutive batches, each cut at random. Then random pairs of parts are merged.
fn in_parts<T: AdapterScalar>(sizes: Sizes, cuts: &[usize]) -> Result<(), TestCaseError> {
    let Sizes { n, m, s, .. } = sizes;
    let data = sizes.data::<T>();
    for_all(|backend| {
        let text = |error: Error| error.to_string();
        let mut cuts = cuts.iter().copied().cycle();
        let mut cut = |below: usize| cuts.next().unwrap_or_default() % below;
        let (mut parts, mut passes, mut start) = (Vec::new(), 0, 0);
        while start < s {
            let mut reduction = Reduction::new(backend, n, m).map_err(text)?;
            let mut pushed = 0;
            for index in 0..=cut(4) {
                // A part has at least one sample, but a batch may be empty.
                let least = usize::from(index == 0);
                let count = least + cut(s - start + 1 - least);
                let (x, y) = batch(&data, start, count);
                reduction.push(x.as_ref(), y.as_ref()).map_err(text)?;
                start += count;
                pushed += count;
            }
            parts.push(reduction.finish().map_err(text)?);
            passes += factorisations(n, pushed);
        }
        while parts.len() > 1 {
            let first = parts.swap_remove(cut(parts.len()));
            let second = parts.swap_remove(cut(parts.len()));
            let mut reduction = Reduction::new(backend, n, m).map_err(text)?;
            reduction.merge(&first).map_err(text)?;
            reduction.merge(&second).map_err(text)?;
            parts.push(reduction.finish().map_err(text)?);
            passes += factorisations(n, 2 * n);
        }
        check(&data, &parts[0], passes)
    })
}

proptest! {
    #[test]
    fn every_model_has_the_same_loss(sizes in sizes()) {
        whole::<f64>(sizes)?;
        whole::<f32>(sizes)?;
    }

    #[test]
    fn batches_and_parts_in_any_grouping_give_the_same_loss(
        sizes in sizes(), cuts in prop::collection::vec(any::<usize>(), 1..20),
    ) {
        in_parts::<f64>(sizes, &cuts)?;
        in_parts::<f32>(sizes, &cuts)?;
    }

    /// For Y = A·X, the loss of A is zero. So the constant norm is at most √(‖A·Xc − Yc‖² + c) ≤ η·(‖A‖·‖X‖ +
    /// ‖Y‖).
    #[test]
    fn what_a_model_explains_leaves_nothing(sizes in sizes()) {
        let Sizes { n, m, s, seed, .. } = sizes;
        let x = sizes.data::<f64>().x;
        let model = integers(m, n, seed ^ 3);
        let y = product(&model, &x);
        let passes = factorisations(n, s);
        let norms = model.frobenius_norm() * x.frobenius_norm() + y.frobenius_norm();
        // The last factor covers the rounding of the constant norm itself.
        let bound = passes as f64 * eta::<f64>(n) * norms * (1.0 + f64::EPSILON * (m + passes + 2) as f64);
        for_all::<f64>(|backend| {
            let reduced = reduce(backend, x.as_ref(), y.as_ref()).map_err(|error| error.to_string())?;
            let left = reduced.constant_norm;
            if left <= bound { Ok(()) } else { Err(format!("{left:e} > {bound:e}")) }
        })?;
    }
}

/// Row `row` of the Hadamard matrix of Walsh functions. The rows are orthogonal, with entries ±1.
fn walsh(row: usize, sample: usize) -> f64 {
    if (row & sample).count_ones().is_multiple_of(2) {
        1.0
    } else {
        -1.0
    }
}

/// X = diag(1, 2, 4)·O·H₁ with O/3 orthogonal, and Y = A·X + K·H₂. The rows of H₁ and H₂ are different Walsh
/// functions. So the best M is A, and its loss is exactly s·‖K‖²_F.
///
/// c, the square of the constant norm, is the smallest loss of the reduced data. Inserting each minimiser
/// into the other problem gives |√c − √(s·‖K‖²)| ≤ η·(‖M‖·‖X‖ + ‖Y‖) for an M of norm ‖A‖ or ‖M'‖. For η·κ(X)
/// < ½, ‖M'‖ ≤ 2‖Y‖/σ_min(X) = 2‖Y‖/(3√s).
#[test]
fn noise_is_kept_to_its_last_digits() {
    let s = 1024;
    let scales = [1.0, 2.0, 4.0];
    let o = [[1.0, 2.0, 2.0], [2.0, 1.0, -2.0], [2.0, -2.0, 1.0]];
    let x = Mat::from_fn(3, s, |i, j| {
        let sum: f64 = (0..3).map(|l| o[i][l] * walsh(l + 1, j)).sum();
        scales[i] * sum
    });
    let (a, k) = (integers(2, 3, 1), integers(2, 2, 2));
    let mut y = product(&a, &x);
    for j in 0..s {
        for i in 0..2 {
            y[(i, j)] += k[(i, 0)] * walsh(100, j) + k[(i, 1)] * walsh(200, j);
        }
    }
    let exact = (s as f64).sqrt() * k.frobenius_norm();
    assert!(exact > 0.0);
    let eta = factorisations(3, s) as f64 * eta::<f64>(3);
    assert!(eta * 4.0 < 0.5);
    let model = a
        .frobenius_norm()
        .max(2.0 * y.frobenius_norm() / (3.0 * (s as f64).sqrt()));
    let bound = eta * (model * x.frobenius_norm() + y.frobenius_norm());
    for backend in leastwise_backends::all::<f64>(1) {
        let reduced = reduce(&*backend, x.as_ref(), y.as_ref()).unwrap();
        let error = (reduced.constant_norm - exact).abs();
        assert!(error <= bound, "{error:e} > {bound:e}");
    }
    assert!(
        bound < 1e-8 * exact,
        "{bound:e} is too wide to test anything"
    );
}

#[test]
fn powers_of_two_scale_the_result_exactly() {
    let Data { x, y } = Sizes {
        n: 3,
        m: 2,
        s: 600,
        rank: 3,
        seed: 5,
    }
    .data::<f64>();
    let times =
        |a: &Mat<f64>, p: i32| Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] * 2f64.powi(p));
    for backend in leastwise_backends::all::<f64>(1) {
        let plain = reduce(&*backend, x.as_ref(), y.as_ref()).unwrap();
        for (p, q) in [(-900, -900), (900, 900), (-900, 480)] {
            let (x, y) = (times(&x, p), times(&y, q));
            let scaled = reduce(&*backend, x.as_ref(), y.as_ref()).unwrap();
            assert_eq!(scaled.x, times(&plain.x, p));
            assert_eq!(scaled.y, times(&plain.y, q));
            assert_eq!(scaled.constant_norm, plain.constant_norm * 2f64.powi(q));
        }
    }
}

/// faer, with a count of its factorisations and an error at one of them.
struct Spy {
    calls: Cell<usize>,
    fails_at: usize,
}

impl Spy {
    fn new(fails_at: usize) -> Self {
        let calls = Cell::new(0);
        Self { calls, fails_at }
    }
}

impl Engine for Spy {
    fn info(&self) -> EngineInfo {
        Faer::default().info()
    }
}

impl MatMul<f64> for Spy {
    fn matmul_impl(
        &self,
        alpha: f64,
        a: MatRef<'_, f64>,
        b: MatRef<'_, f64>,
        beta: f64,
        c: MatMut<'_, f64>,
    ) -> Result<()> {
        Faer::default().matmul_impl(alpha, a, b, beta, c)
    }
}

impl Factorizations<f64> for Spy {
    fn triangularize_impl(&self, a: Mat<f64>, b: Mat<f64>) -> Result<Triangularized<f64>> {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() == self.fails_at {
            return Err(failure());
        }
        Faer::default().triangularize_impl(a, b)
    }

    fn qr_impl(&self, a: Mat<f64>) -> Result<Box<dyn QrFactors<f64>>> {
        Faer::default().qr_impl(a)
    }

    fn pivoted_qr_impl(&self, a: Mat<f64>, c: Mat<f64>) -> Result<PivotedQr<f64>> {
        Faer::default().pivoted_qr_impl(a, c)
    }

    fn svd_impl(&self, a: Mat<f64>) -> Result<Svd<f64>> {
        Faer::default().svd_impl(a)
    }

    fn symmetric_eigen_impl(&self, a: Mat<f64>) -> Result<Eigen<f64>> {
        Faer::default().symmetric_eigen_impl(a)
    }

    fn cholesky_impl(&self, a: Mat<f64>) -> Result<Mat<f64>> {
        Faer::default().cholesky_impl(a)
    }

    fn solve_triangular_impl(
        &self,
        t: MatRef<'_, f64>,
        triangle: Triangle,
        x: MatMut<'_, f64>,
    ) -> Result<()> {
        Faer::default().solve_triangular_impl(t, triangle, x)
    }
}

fn failure() -> Error {
    Error::NoConvergence {
        operation: "triangularize",
        backend: "spy",
    }
}

const THOUSAND: Sizes = Sizes {
    n: 3,
    m: 2,
    s: 1000,
    rank: 3,
    seed: 9,
};

#[test]
fn samples_one_at_a_time_cost_as_many_factorisations_as_all_at_once() {
    let data = THOUSAND.data::<f64>();
    let (one, all) = (Spy::new(usize::MAX), Spy::new(usize::MAX));
    let mut reduction = Reduction::new(&one, 3, 2).unwrap();
    for sample in 0..1000 {
        let (x, y) = batch(&data, sample, 1);
        reduction.push(x.as_ref(), y.as_ref()).unwrap();
    }
    let single = reduction.finish().unwrap();
    assert_eq!(
        single,
        reduce(&all, data.x.as_ref(), data.y.as_ref()).unwrap()
    );
    // 256 samples, then three times 253 per block, and the other 238 at the end.
    assert_eq!((one.calls.get(), all.calls.get()), (4, 4));
}

#[test]
fn nothing_is_made_of_a_part_of_the_samples() {
    let data = THOUSAND.data::<f64>();
    let spy = Spy::new(2);
    let mut reduction = Reduction::new(&spy, 3, 2).unwrap();
    let (x, y) = (data.x.as_ref(), data.y.as_ref());
    assert_eq!(reduction.push(x, y), Err(failure()));
    let (x, y) = batch(&data, 0, 1);
    assert_eq!(reduction.push(x.as_ref(), y.as_ref()), Err(failure()));
    assert_eq!(reduction.snapshot(), Err(failure()));
    assert_eq!(reduction.finish(), Err(failure()));
}

#[test]
fn fewer_samples_than_inputs_stay_as_they_are() {
    let data = Sizes {
        n: 6,
        s: 4,
        rank: 6,
        ..THOUSAND
    }
    .data::<f64>();
    let spy = Spy::new(1);
    let reduced = reduce(&spy, data.x.as_ref(), data.y.as_ref()).unwrap();
    let expected = Reduced {
        x: data.x,
        y: data.y,
        constant_norm: 0.0,
        samples: 4,
    };
    assert_eq!(reduced, expected);
}

#[test]
fn a_snapshot_is_what_finishing_gives_and_more_may_follow() {
    let data = THOUSAND.data::<f64>();
    let backend = Faer::default();
    let mut reduction = Reduction::new(&backend, 3, 2).unwrap();
    let (x, y) = batch(&data, 0, 400);
    reduction.push(x.as_ref(), y.as_ref()).unwrap();
    let before = reduce(&backend, x.as_ref(), y.as_ref()).unwrap();
    assert_eq!(reduction.snapshot(), Ok(before));
    let (x, y) = batch(&data, 400, 600);
    reduction.push(x.as_ref(), y.as_ref()).unwrap();
    let all = reduce(&backend, data.x.as_ref(), data.y.as_ref()).unwrap();
    assert_eq!(reduction.finish(), Ok(all));
}

/// Streams of several segments: batches of random lengths give the bits of all samples at once, with
/// snapshots in between, and the loss is the same.
#[test]
fn a_long_stream_is_the_same_in_any_batches() {
    for seed in 0..4u64 {
        let sizes = Sizes {
            n: 3,
            m: 2,
            s: 20_000 + 9_000 * usize::try_from(seed).unwrap(),
            rank: 3,
            seed,
        };
        let data = sizes.data::<f64>();
        let mut random = StdRng::seed_from_u64(seed);
        for backend in leastwise_backends::all::<f64>(1) {
            let place = format!("{}, seed {seed}", backend.info().engine);
            let whole = reduce(&*backend, data.x.as_ref(), data.y.as_ref()).unwrap();
            let mut reduction = Reduction::new(&*backend, sizes.n, sizes.m).unwrap();
            let mut start = 0;
            while start < sizes.s {
                let count = random.random_range(0..=(sizes.s - start).min(3000));
                let (x, y) = batch(&data, start, count);
                reduction.push(x.as_ref(), y.as_ref()).unwrap();
                start += count;
                if start > 0 && random.random_range(0..4) == 0 {
                    let (x, y) = (data.x.columns(0, start), data.y.columns(0, start));
                    assert_eq!(reduction.snapshot(), reduce(&*backend, x, y), "{place}");
                }
            }
            let reduced = reduction.finish().unwrap();
            assert_eq!(reduced, whole, "{place}");
            // A sample passes through a segment, and at most three levels of the tree.
            check(&data, &reduced, 35).unwrap_or_else(|error| panic!("{place}: {error}"));
        }
    }
}

#[test]
fn rows_as_well_as_columns_may_be_contiguous() {
    let data = THOUSAND.data::<f64>();
    let (xt, yt) = (data.x.transposed(), data.y.transposed());
    let backend = Faer::default();
    let by_rows = reduce(&backend, xt.as_ref().transpose(), yt.as_ref().transpose());
    let by_columns = reduce(&backend, data.x.as_ref(), data.y.as_ref());
    assert_eq!(by_rows.unwrap(), by_columns.unwrap());
}

#[test]
fn a_refused_batch_changes_nothing_and_is_named() {
    let data = THOUSAND.data::<f64>();
    let backend = Faer::default();
    let mut reduction = Reduction::new(&backend, 3, 2).unwrap();
    let (x, y) = (data.x.as_ref(), data.y.as_ref());
    reduction.push(x, y).unwrap();
    let mut bad = data.clone();
    bad.x[(2, 7)] = f64::NAN;
    let error = reduction.push(bad.x.as_ref(), y).unwrap_err();
    let expected = "Reduction: x must be finite, but entry (2, 7) is NaN";
    assert_eq!(error.to_string(), expected);
    bad.y[(1, 999)] = f64::INFINITY;
    let error = reduction.push(x, bad.y.as_ref()).unwrap_err();
    let expected = "Reduction: y must be finite, but entry (1, 999) is inf";
    assert_eq!(error.to_string(), expected);
    for (x, y) in [(y, y), (x, x), (x, data.y.columns(0, 5))] {
        let error = reduction.push(x, y).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
    let part = reduce(&backend, x, y).unwrap();
    for constant_norm in [-1.0, f64::NAN, f64::INFINITY] {
        let part = Reduced {
            constant_norm,
            ..part.clone()
        };
        let error = reduction.merge(&part).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
    for samples in [2, u64::MAX] {
        let part = Reduced {
            samples,
            ..part.clone()
        };
        let error = reduction.merge(&part).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
    reduction
        .push(data.x.columns(0, 0), data.y.columns(0, 0))
        .unwrap();
    assert_eq!(reduction.finish(), Ok(part));
}

#[test]
fn no_samples_no_inputs_and_no_outputs_are_refused() {
    let backend = Faer::default();
    for (inputs, outputs, argument) in [
        (0, 1, "inputs"),
        (1, 0, "outputs"),
        (usize::MAX / 8, 1, "inputs"),
        (1, usize::MAX / 8, "outputs"),
    ] {
        let error = Reduction::<f64, _>::new(&backend, inputs, outputs).unwrap_err();
        assert!(
            matches!(error, Error::InvalidArgument { argument: found, .. } if found == argument),
            "{error}"
        );
    }
    let empty = reduce_batches::<f64, _, Error>(&backend, 3, 2, []).unwrap_err();
    let expected = "Reduction: x must have at least one sample, but there was none";
    assert_eq!(empty.to_string(), expected);
}

#[test]
fn a_constant_beyond_the_range_is_an_overflow() {
    let backend = Faer::default();
    // The first sample explains the first output. Nothing explains the others.
    let x = Mat::from_fn(1, 3, |_, j| if j == 0 { 1.0 } else { 0.0 });
    let large = [0.0, 3e38, 3e38];
    let single = large.map(f32::of);
    let single = MatRef::from_col_major(&single, 1, 3).unwrap();
    let error = reduce(&backend, rounded::<f32>(&x).as_ref(), single).unwrap_err();
    assert!(
        matches!(error, Error::Overflow { scalar: "f32", .. }),
        "{error}"
    );
    let double = large.map(|yi| yi / 3e38 * 1.5e308);
    let double = MatRef::from_col_major(&double, 1, 3).unwrap();
    let error = reduce(&backend, x.as_ref(), double).unwrap_err();
    assert!(
        matches!(error, Error::Overflow { scalar: "f64", .. }),
        "{error}"
    );
}

/// The square of the constant overflows both types. For a residual near 1e-200, it underflows.
#[test]
fn a_constant_is_carried_as_a_norm() {
    let backend = Faer::default();
    let x = Mat::from_fn(1, 2, |_, j| 1.0 - j as f64);
    for size in [1e25, 1e-30] {
        let y = [0.0, f32::of(size)];
        let y = MatRef::from_col_major(&y, 1, 2).unwrap();
        let reduced = reduce(&backend, rounded::<f32>(&x).as_ref(), y).unwrap();
        assert_eq!(reduced.constant_norm, f32::of(size));
    }
    for size in [1e200, 1e-200] {
        let y = [0.0, size];
        let y = MatRef::from_col_major(&y, 1, 2).unwrap();
        let reduced = reduce(&backend, x.as_ref(), y).unwrap();
        assert_eq!(reduced.constant_norm, size);
    }
}

#[test]
fn the_first_error_of_the_batches_ends_the_reduction() {
    #[derive(Debug, PartialEq)]
    enum Failure {
        Source(u32),
        Core(Error),
    }
    impl From<Error> for Failure {
        fn from(error: Error) -> Self {
            Self::Core(error)
        }
    }
    let good = || Ok((Mat::<f64>::zeros(3, 2), Mat::zeros(2, 2)));
    let run = |batches: [Result<_, Failure>; 3]| {
        reduce_batches(&Faer::default(), 3, 2, batches).map(|reduced| reduced.samples)
    };
    assert_eq!(run([good(), good(), good()]), Ok(6));
    let source = [good(), Err(Failure::Source(7)), Err(Failure::Source(8))];
    assert_eq!(run(source), Err(Failure::Source(7)));
    let shape = [good(), Ok((Mat::zeros(2, 2), Mat::zeros(2, 2))), good()];
    assert!(matches!(
        run(shape),
        Err(Failure::Core(Error::Shape { .. }))
    ));
}
