//! What a call through the traits costs over calling the library itself on the same data.
//!
//! The control of a least-squares solve does the same job by hand: it copies A and b, because the
//! library overwrites them, factorises, applies Qᵀ and solves with R. `adapter` is the same work
//! through the adapter, without the checks of the contract (shapes, finiteness, condition); `trait`
//! is the call that users make, with them.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use faer::Par;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as faer_apply_scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as faer_apply,
};
use faer::linalg::qr::no_pivoting::factor as faer_qr;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use leastwise_benches::{MEASUREMENT, Problem, WARM_UP};
use leastwise_core::factor::{Triangle, Triangularized};
use leastwise_core::{Backend, Error, LstsqOptions, Mat, MatMut, MatRef, Method};
use leastwise_faer::{Faer, to_faer, to_faer_mut};
use leastwise_nalgebra::{Nalgebra, to_nalgebra, to_nalgebra_mut};
use leastwise_ndarray::{Ndarray, to_ndarray, to_ndarray_mut};
use linfa_linalg::qr::LeastSquaresQrInto;
use nalgebra::DMatrix;
use ndarray_016::{Array2, ShapeBuilder};

const SIZES: [(usize, usize); 2] = [(10_000, 96), (32, 32)];
/// More than elsewhere: the question is one of a few percent.
const SAMPLES: usize = 60;

/// A backend, and the same work by its library alone.
struct Pair {
    backend: Box<dyn Backend<f64>>,
    /// C ← A·B
    product: fn(MatRef<'_, f64>, MatRef<'_, f64>, MatMut<'_, f64>),
    /// x of min ‖A·x − b‖ by QR.
    solve: fn(&Mat<f64>, &Mat<f64>) -> f64,
}

fn pairs() -> [Pair; 3] {
    [
        Pair {
            backend: Box::new(Faer::default()),
            product: |a, b, c| {
                let (c, replace) = (to_faer_mut(c), faer::Accum::Replace);
                faer::linalg::matmul::matmul(c, replace, to_faer(a), to_faer(b), 1.0, Par::Seq);
            },
            solve: solve_by_faer,
        },
        Pair {
            backend: Box::new(Nalgebra),
            product: |a, b, c| to_nalgebra_mut(c).gemm(1.0, &to_nalgebra(a), &to_nalgebra(b), 0.0),
            solve: solve_by_nalgebra,
        },
        Pair {
            backend: Box::new(Ndarray),
            product: |a, b, c| {
                let [a, b] = [a, b].map(|view| to_ndarray(view).expect("a valid view"));
                let mut c = to_ndarray_mut(c).expect("a valid view");
                ndarray::linalg::general_mat_mul(1.0, &a, &b, 0.0, &mut c);
            },
            solve: solve_by_linfa,
        },
    ]
}

/// faer's own driver, which skips columns and so does less than the adapter's recursion.
fn solve_by_faer(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let (mut a, mut b) = (a.clone(), b.clone());
    let (m, n) = (a.rows(), a.cols());
    let block = faer_qr::recommended_block_size::<f64>(m, n);
    let mut t = faer::Mat::zeros(block, n);
    let scratch = faer_qr::qr_in_place_scratch::<f64>(m, n, block, Par::Seq, Default::default())
        .or(faer_apply_scratch::<f64>(m, block, 1));
    let mut buffer = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut buffer);
    let parameters = Default::default();
    faer_qr::qr_in_place(
        to_faer_mut(a.as_mut()),
        t.as_mut(),
        Par::Seq,
        stack,
        parameters,
    );
    let packed = to_faer(a.as_ref());
    let mut x = to_faer_mut(b.as_mut());
    faer_apply(
        packed,
        t.as_ref(),
        faer::Conj::No,
        x.as_mut(),
        Par::Seq,
        stack,
    );
    solve_upper_triangular_in_place(packed.get(..n, ..), x.get_mut(..n, ..), Par::Seq);
    b.data()[0]
}

fn solve_by_nalgebra(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let [a, mut b] = [a, b].map(|a| DMatrix::from_column_slice(a.rows(), a.cols(), a.data()));
    let n = a.ncols();
    let qr = a.qr();
    qr.q_tr_mul(&mut b);
    let mut x = b.rows_mut(0, n);
    let solved = qr.unpack_r().solve_upper_triangular_mut(&mut x);
    assert!(solved, "full rank");
    b[0]
}

fn solve_by_linfa(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let [a, b] = [a, b].map(|a| {
        let shape = (a.rows(), a.cols()).f();
        Array2::from_shape_vec(shape, a.data().to_vec()).expect("m·n entries")
    });
    let x = a.least_squares_into(b).expect("full rank");
    x[(0, 0)]
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

fn solve(criterion: &mut Criterion) {
    for (m, n) in SIZES {
        let Problem { a, b } = Problem::<f64>::new(m, n);
        let options = LstsqOptions::new(Method::Qr);
        for Pair { backend, solve, .. } in pairs() {
            let engine = backend.info().engine;
            let mut group = criterion.benchmark_group(format!("adapter_cost/qr/{engine}/{m}x{n}"));
            group.bench_function(BenchmarkId::from_parameter("direct"), |bencher| {
                bencher.iter(|| solve(black_box(&a), black_box(&b)));
            });
            group.bench_function(BenchmarkId::from_parameter("adapter"), |bencher| {
                bencher.iter(|| {
                    let (a, b) = (black_box(&a).clone(), black_box(&b).clone());
                    let Triangularized { r, mut c, .. } = backend.triangularize_impl(a, b)?;
                    backend.solve_triangular_impl(r.as_ref(), Triangle::Upper, c.as_mut())?;
                    Ok::<_, Error>(c)
                });
            });
            group.bench_function(BenchmarkId::from_parameter("trait"), |bencher| {
                bencher.iter(|| {
                    let (a, b) = (black_box(a.as_ref()), black_box(b.as_ref()));
                    backend.lstsq(a, b, &options)
                });
            });
        }
    }
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
    Criterion::default()
        .sample_size(SAMPLES)
        .measurement_time(MEASUREMENT)
        .warm_up_time(WARM_UP)
}

criterion_group! { name = benches; config = settings(); targets = product, solve, view }
criterion_main!(benches);
