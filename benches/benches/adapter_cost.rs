//! What a call through the traits costs over calling the library itself on the same data.
//!
//! The control of a least-squares solve does the same job by hand: it copies A and b, because the
//! library overwrites them, factorises, applies Qᵀ and solves with R, or with the SVD of R.
//! `adapter` is the same work through the adapter, without the checks of the contract (shapes,
//! finiteness, condition); `trait` is the call that users make, with them. faer's control is its own
//! QR driver, which skips columns that the adapter's recursion does not.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use faer::Par;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as faer_apply_scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as faer_apply,
};
use faer::linalg::qr::no_pivoting::factor as faer_qr;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::prelude::{Reborrow, ReborrowMut};
use leastwise_benches::{MEASUREMENT, Problem, WARM_UP};
use leastwise_core::factor::{Triangle, Triangularized};
use leastwise_core::{Backend, Error, LstsqOptions, Mat, MatMut, MatRef, Method};
use leastwise_faer::{Faer, to_faer, to_faer_mut};
use leastwise_nalgebra::{Nalgebra, to_nalgebra, to_nalgebra_mut};
use leastwise_ndarray::{Ndarray, to_ndarray, to_ndarray_mut};
use linfa_linalg::qr::{LeastSquaresQrInto, QRInto};
use linfa_linalg::svd::SVDInto;
use nalgebra::DMatrix;
use ndarray_016::{Array2, Axis, ShapeBuilder};

const SIZES: [(usize, usize); 2] = [(10_000, 96), (32, 32)];
/// More than elsewhere: the question is one of a few percent.
const SAMPLES: usize = 60;

/// A backend, and the same work by its library alone.
struct Pair {
    backend: Box<dyn Backend<f64>>,
    /// C ← A·B
    product: fn(MatRef<'_, f64>, MatRef<'_, f64>, MatMut<'_, f64>),
    /// An entry of x of min ‖A·x − b‖ by QR.
    qr: Solve,
    /// The same by SVD, of R where A is tall.
    svd: Solve,
}

type Solve = fn(&Mat<f64>, &Mat<f64>) -> f64;

fn pairs() -> [Pair; 3] {
    [
        Pair {
            backend: Box::new(Faer::default()),
            product: |a, b, c| {
                let (c, replace) = (to_faer_mut(c), faer::Accum::Replace);
                faer::linalg::matmul::matmul(c, replace, to_faer(a), to_faer(b), 1.0, Par::Seq);
            },
            qr: qr_by_faer,
            svd: svd_by_faer,
        },
        Pair {
            backend: Box::new(Nalgebra),
            product: |a, b, c| to_nalgebra_mut(c).gemm(1.0, &to_nalgebra(a), &to_nalgebra(b), 0.0),
            qr: qr_by_nalgebra,
            svd: svd_by_nalgebra,
        },
        Pair {
            backend: Box::new(Ndarray),
            product: |a, b, c| {
                let [a, b] = [a, b].map(|view| to_ndarray(view).expect("a valid view"));
                let mut c = to_ndarray_mut(c).expect("a valid view");
                ndarray::linalg::general_mat_mul(1.0, &a, &b, 0.0, &mut c);
            },
            qr: qr_by_linfa,
            svd: svd_by_linfa,
        },
    ]
}

/// Leaves R above the reflectors in `a`, and Qᵀ·b in `b`.
fn triangularize_by_faer(a: &mut Mat<f64>, b: &mut Mat<f64>) {
    let (m, n) = (a.rows(), a.cols());
    let block = faer_qr::recommended_block_size::<f64>(m, n);
    let mut t = faer::Mat::zeros(block, n);
    let scratch = faer_qr::qr_in_place_scratch::<f64>(m, n, block, Par::Seq, Default::default())
        .or(faer_apply_scratch::<f64>(m, block, 1));
    let mut buffer = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut buffer);
    let mut a = to_faer_mut(a.as_mut());
    let parameters = Default::default();
    faer_qr::qr_in_place(a.rb_mut(), t.as_mut(), Par::Seq, stack, parameters);
    let b = to_faer_mut(b.as_mut());
    faer_apply(a.rb(), t.as_ref(), faer::Conj::No, b, Par::Seq, stack);
}

fn qr_by_faer(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let (mut a, mut b) = (a.clone(), b.clone());
    triangularize_by_faer(&mut a, &mut b);
    let r = to_faer(a.as_ref()).get(..a.cols(), ..);
    let x = to_faer_mut(b.as_mut()).get_mut(..a.cols(), ..);
    solve_upper_triangular_in_place(r, x, Par::Seq);
    b.data()[0]
}

fn svd_by_faer(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let (mut a, mut b) = (a.clone(), b.clone());
    let (m, n) = (a.rows(), a.cols());
    let mut r = faer::Mat::zeros(n, n);
    if m == n {
        r.copy_from(to_faer(a.as_ref()));
    } else {
        triangularize_by_faer(&mut a, &mut b);
        r.copy_from_triangular_upper(to_faer(a.as_ref()).get(..n, ..));
    }
    let svd = r.thin_svd().expect("it converges");
    let mut w = svd.U().transpose() * to_faer(b.as_ref()).get(..n, ..);
    for (i, s) in svd.S().column_vector().iter().enumerate() {
        w[(i, 0)] /= s;
    }
    (svd.V() * w)[(0, 0)]
}

fn nalgebra_copies(a: &Mat<f64>, b: &Mat<f64>) -> [DMatrix<f64>; 2] {
    [a, b].map(|a| DMatrix::from_column_slice(a.rows(), a.cols(), a.data()))
}

fn qr_by_nalgebra(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let [a, mut b] = nalgebra_copies(a, b);
    let n = a.ncols();
    let qr = a.qr();
    qr.q_tr_mul(&mut b);
    let mut x = b.rows_mut(0, n);
    let solved = qr.unpack_r().solve_upper_triangular_mut(&mut x);
    assert!(solved, "full rank");
    b[0]
}

fn svd_by_nalgebra(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let [mut a, mut b] = nalgebra_copies(a, b);
    let (m, n) = a.shape();
    if m > n {
        let qr = a.qr();
        qr.q_tr_mul(&mut b);
        a = qr.unpack_r();
    }
    let x = a.svd(true, true).solve(&b.rows(0, n), 0.0);
    x.expect("U and V are there")[0]
}

/// A copy that belongs to ndarray 0.16, column after column.
fn linfa_copy(data: Vec<f64>, rows: usize, cols: usize) -> Array2<f64> {
    Array2::from_shape_vec((rows, cols).f(), data).expect("rows · cols entries")
}

fn qr_by_linfa(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let [a, b] = [a, b].map(|a| linfa_copy(a.data().to_vec(), a.rows(), a.cols()));
    let x = a.least_squares_into(b).expect("full rank");
    x[(0, 0)]
}

fn svd_by_linfa(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let (m, n) = (a.rows(), a.cols());
    let (r, c) = if m == n {
        let square = linfa_copy(a.data().to_vec(), n, n);
        (square, linfa_copy(b.data().to_vec(), n, 1))
    } else {
        // [R Qᵀb; 0 ρ], because linfa-linalg keeps its product with reflectors private.
        let both = linfa_copy([a.data(), b.data()].concat(), m, n + 1);
        let r = both.qr_into().expect("rows ≥ columns").into_r();
        let (top, _) = r.view().split_at(Axis(0), n);
        let (left, right) = top.split_at(Axis(1), n);
        (left.to_owned(), right.to_owned())
    };
    let (u, s, vt) = r.svd_into(true, true).expect("it converges");
    let (u, vt) = (u.expect("asked for"), vt.expect("asked for"));
    let w = u.t().dot(&c.column(0)) / s;
    vt.t().dot(&w)[0]
}

/// AᵀA of the tall matrix and A·A of the square one, into a C that exists.
fn product(criterion: &mut Criterion) {
    for (m, n) in SIZES {
        let a = Problem::<f64>::new(m, n).a;
        let mut c = Mat::zeros(n, n);
        for Pair {
            backend, product, ..
        } in pairs()
        {
            let engine = backend.info().engine;
            let group = format!("adapter_cost/matmul/{engine}/{m}x{n}");
            let mut group = criterion.benchmark_group(group);
            let left = || {
                let a = black_box(a.as_ref());
                if m == n { a } else { a.transpose() }
            };
            group.bench_function(BenchmarkId::from_parameter("direct"), |bencher| {
                bencher.iter(|| product(left(), black_box(a.as_ref()), c.as_mut()));
            });
            group.bench_function(BenchmarkId::from_parameter("trait"), |bencher| {
                let right = || black_box(a.as_ref());
                bencher.iter(|| backend.matmul(1.0, left(), right(), 0.0, c.as_mut()));
            });
        }
    }
}

fn qr(criterion: &mut Criterion) {
    for (m, n) in SIZES {
        let problem = Problem::<f64>::new(m, n);
        for Pair { backend, qr, .. } in pairs() {
            let group = format!("adapter_cost/qr/{}/{m}x{n}", backend.info().engine);
            let mut group = criterion.benchmark_group(group);
            compare(&mut group, &*backend, Method::Qr, qr, &problem);
            let Problem { a, b, .. } = &problem;
            group.bench_function(BenchmarkId::from_parameter("adapter"), |bencher| {
                bencher.iter(|| {
                    let (a, b) = (black_box(a).clone(), black_box(b).clone());
                    let Triangularized { r, mut c, .. } = backend.triangularize_impl(a, b)?;
                    backend.solve_triangular_impl(r.as_ref(), Triangle::Upper, c.as_mut())?;
                    Ok::<_, Error>(c)
                });
            });
        }
    }
}

fn svd(criterion: &mut Criterion) {
    for (m, n) in SIZES {
        let problem = Problem::<f64>::new(m, n);
        for Pair { backend, svd, .. } in pairs() {
            let group = format!("adapter_cost/svd/{}/{m}x{n}", backend.info().engine);
            let mut group = criterion.benchmark_group(group);
            compare(&mut group, &*backend, Method::Svd, svd, &problem);
        }
    }
}

/// Times the same solve by hand and through the trait, once both are seen to agree.
fn compare(
    group: &mut BenchmarkGroup<'_, WallTime>,
    backend: &dyn Backend<f64>,
    method: Method,
    by_hand: Solve,
    problem: &Problem<f64>,
) {
    let options = LstsqOptions::new(method);
    let Problem { a, b, .. } = problem;
    let through_trait = || backend.lstsq(black_box(a.as_ref()), black_box(b.as_ref()), &options);
    problem
        .verify(backend, &options)
        .expect("a well-conditioned problem");
    let [found, expected] = [through_trait().map(|x| x.x[(0, 0)]), Ok(by_hand(a, b))];
    let [found, expected] = [found, expected].map(|x| x.expect("verified above"));
    assert!(
        (found - expected).abs() <= 1e-10 * expected.abs(),
        "{found} through the trait, {expected} by hand"
    );
    group.bench_function(BenchmarkId::from_parameter("direct"), |bencher| {
        bencher.iter(|| by_hand(black_box(a), black_box(b)));
    });
    group.bench_function(BenchmarkId::from_parameter("trait"), |bencher| {
        bencher.iter(through_trait);
    });
}

/// A view of a slice as the library sees it.
fn view(criterion: &mut Criterion) {
    let a = Problem::<f64>::new(32, 32).a;
    let mut group = criterion.benchmark_group("adapter_cost/view");
    let mut bench = |name: &str, convert: &dyn Fn(MatRef<'_, f64>)| {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| convert(black_box(a.as_ref())));
        });
    };
    bench("faer", &|a| {
        let _ = black_box(to_faer(a));
    });
    bench("nalgebra", &|a| {
        let _ = black_box(to_nalgebra(a));
    });
    bench("ndarray", &|a| {
        let _ = black_box(to_ndarray(a));
    });
}

fn settings() -> Criterion {
    // The parts of faer that take no parallelism as an argument use all threads otherwise.
    faer::set_global_parallelism(Par::Seq);
    Criterion::default()
        .sample_size(SAMPLES)
        .measurement_time(MEASUREMENT)
        .warm_up_time(WARM_UP)
}

criterion_group! { name = benches; config = settings(); targets = product, qr, svd, view }
criterion_main!(benches);
