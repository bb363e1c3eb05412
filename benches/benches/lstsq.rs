//! min ‖A·x − b‖ of full rank by every backend and method, tall, square and wide.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use leastwise_backends::AdapterScalar;
use leastwise_benches::{MEASUREMENT, Problem, SAMPLES, WARM_UP, contenders};
use leastwise_core::LstsqOptions;

fn lstsq<T: AdapterScalar>(criterion: &mut Criterion) {
    for (m, n) in [(10_000, 96), (200, 50), (32, 32), (8, 4), (50, 200)] {
        let Problem { a, b } = Problem::<T>::new(m, n);
        let mut group = criterion.benchmark_group(format!("lstsq/{}/{m}x{n}", T::NAME));
        for (backend, method) in contenders::<T>() {
            let options = LstsqOptions::new(method);
            let name = format!("{}/{method}", backend.info().engine);
            // A square normal matrix can be too ill-conditioned for the normal equations in f32.
            if let Err(refusal) = backend.lstsq(a.as_ref(), b.as_ref(), &options) {
                println!("{name} {m}x{n} {}: not timed, {refusal}", T::NAME);
                continue;
            }
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| {
                    let (a, b) = (black_box(a.as_ref()), black_box(b.as_ref()));
                    backend.lstsq(a, b, &options)
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

criterion_group! { name = benches; config = settings(); targets = lstsq::<f64>, lstsq::<f32> }
criterion_main!(benches);
