//! The overhead of a call through the traits, compared with a direct call of the library on the same data.
//!
//! `direct` is the control of [`leastwise_backends::controls`], which calls only the library. `trait` is the
//! call that users make. For QR, `adapter` is the same work through the adapter, without the checks of the
//! contract (shapes, finiteness, condition).

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use leastwise_backends::AdapterScalar;
use leastwise_backends::controls::{Control, ProductControl};
use leastwise_benches::{MEASUREMENT, Problem, WARM_UP};
use leastwise_core::factor::{Triangle, Triangularized};
use leastwise_core::{Backend, Error, LstsqOptions, Mat, MatRef, Method};
use leastwise_faer::to_faer;
use leastwise_nalgebra::to_nalgebra;
use leastwise_ndarray::to_ndarray;

const SIZES: [(usize, usize); 3] = [(10_000, 96), (32, 32), (4, 4)];
/// More samples than elsewhere, because the differences are a few percent.
const SAMPLES: usize = 60;

fn backend_of(name: &str) -> Box<dyn Backend<f64>> {
    leastwise_backends::find(name, 1).expect("a control has the name of a backend")
}

/// AᵀA of the tall matrix and A·A of the square ones, into an existing C.
fn product(criterion: &mut Criterion) {
    for (m, n) in SIZES {
        let a = Problem::<f64>::new(m, n).a;
        let mut c = Mat::zeros(n, n);
        for ProductControl { backend, multiply } in f64::products_by_hand() {
            let backend = backend_of(backend);
            let engine = backend.info().engine;
            let group = format!("adapter_cost/matmul/{engine}/{m}x{n}");
            let mut group = criterion.benchmark_group(group);
            let left = || {
                let a = black_box(a.as_ref());
                if m == n { a } else { a.transpose() }
            };
            group.bench_function(BenchmarkId::from_parameter("direct"), |bencher| {
                bencher.iter(|| multiply(left(), black_box(a.as_ref()), c.as_mut()));
            });
            group.bench_function(BenchmarkId::from_parameter("trait"), |bencher| {
                let right = || black_box(a.as_ref());
                bencher.iter(|| backend.matmul(1.0, left(), right(), 0.0, c.as_mut()));
            });
        }
    }
}

/// Times the same solve by a direct call and through the trait, after checking that the answers agree.
fn least_squares(criterion: &mut Criterion) {
    for (m, n) in SIZES {
        let problem = Problem::<f64>::new(m, n);
        let Problem { a, b, .. } = &problem;
        for control in f64::least_squares_by_hand() {
            let Control { solve, method, .. } = control;
            let backend = &*backend_of(control.backend);
            let engine = backend.info().engine;
            agree(&control, backend, &problem);
            let group = format!("adapter_cost/{method}/{engine}/{m}x{n}");
            let mut group = criterion.benchmark_group(group);
            group.bench_function(BenchmarkId::from_parameter("direct"), |bencher| {
                bencher.iter(|| solve(black_box(a), black_box(b)));
            });
            if method == Method::Qr {
                group.bench_function(BenchmarkId::from_parameter("adapter"), |bencher| {
                    bencher.iter(|| unchecked_qr(backend, black_box(a), black_box(b)));
                });
            }
            let options = LstsqOptions::new(method);
            group.bench_function(BenchmarkId::from_parameter("trait"), |bencher| {
                bencher
                    .iter(|| backend.lstsq(black_box(a.as_ref()), black_box(b.as_ref()), &options));
            });
        }
    }
}

/// # Panics
/// If the answer through the trait is wrong, or the answer of the control differs from it.
fn agree(control: &Control<f64>, backend: &dyn Backend<f64>, problem: &Problem<f64>) {
    let options = LstsqOptions::new(control.method);
    problem
        .verify(backend, &options)
        .expect("a well-conditioned problem");
    let Problem { a, b, .. } = problem;
    let expected = backend.lstsq(a.as_ref(), b.as_ref(), &options);
    let expected = expected.expect("verified above").x;
    let found = (control.solve)(a, b).expect("a well-conditioned problem");
    let (found, expected) = (found[(0, 0)], expected[(0, 0)]);
    assert!(
        (found - expected).abs() <= 1e-10 * expected.abs(),
        "{found} by the direct call, {expected} through the trait"
    );
}

fn unchecked_qr(backend: &dyn Backend<f64>, a: &Mat<f64>, b: &Mat<f64>) -> Result<Mat<f64>, Error> {
    let Triangularized { r, mut c, .. } = backend.triangularize_impl(a.clone(), b.clone())?;
    backend.solve_triangular_impl(r.as_ref(), Triangle::Upper, c.as_mut())?;
    Ok(c)
}

/// A view of a slice in the library's own type.
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

criterion_group! {
    name = benches;
    config = settings();
    targets = product, least_squares, view
}
criterion_main!(benches);
