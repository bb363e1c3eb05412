//! C = A·B by every backend: square products, and the Gram product at the size of the published Jacobian.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use leastwise_backends::AdapterScalar;
use leastwise_benches::{MEASUREMENT, SAMPLES, WARM_UP};
use leastwise_core::Mat;
use leastwise_testset::standard_normal;

fn matmul<T: AdapterScalar>(criterion: &mut Criterion) {
    let squares = [4, 8, 32, 128, 512].map(|n| (n, n, n));
    for (m, k, n) in squares.into_iter().chain([(96, 10_000, 96)]) {
        let (a, b) = (
            standard_normal::<T>(m, k, 0, 0),
            standard_normal(k, n, 0, 1),
        );
        let mut c = Mat::zeros(m, n);
        let mut group = criterion.benchmark_group(format!("matmul/{}/{m}x{k}x{n}", T::NAME));
        group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
        for backend in leastwise_backends::all::<T>(1) {
            let id = BenchmarkId::from_parameter(backend.info().engine);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    let (a, b) = (black_box(a.as_ref()), black_box(b.as_ref()));
                    backend.matmul(T::one(), a, b, T::zero(), c.as_mut())
                });
            });
        }
    }
}

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(SAMPLES)
        .measurement_time(MEASUREMENT)
        .warm_up_time(WARM_UP)
}

criterion_group! { name = benches; config = settings(); targets = matmul::<f64>, matmul::<f32> }
criterion_main!(benches);
