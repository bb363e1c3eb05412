//! min ‖A·x − b‖ by every backend and method. The problems of full rank are tall, square and wide. The
//! rank-deficient one is the subproblem of the published experiment.
//!
//! An answer is verified before it is timed. A cell whose answer is refused or wrong is not timed.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use leastwise_backends::AdapterScalar;
use leastwise_benches::{MEASUREMENT, Problem, SAMPLES, WARM_UP, contenders};
use leastwise_core::LstsqOptions;

fn full_rank<T: AdapterScalar>(criterion: &mut Criterion) {
    for (m, n) in [(10_000, 96), (200, 50), (32, 32), (8, 4), (50, 200)] {
        bench(criterion, &format!("{m}x{n}"), &Problem::<T>::new(m, n));
    }
}

fn experiment<T: AdapterScalar>(criterion: &mut Criterion) {
    bench(criterion, "experiment", &Problem::<T>::experiment());
}

fn bench<T: AdapterScalar>(criterion: &mut Criterion, case: &str, problem: &Problem<T>) {
    let mut group = criterion.benchmark_group(format!("lstsq/{}/{case}", T::NAME));
    for (backend, method) in contenders::<T>() {
        let options = LstsqOptions::new(method);
        let name = format!("{}/{method}", backend.info().engine);
        if let Err(reason) = problem.verify(&*backend, &options) {
            println!("lstsq/{}/{case}/{name}: not timed, {reason}", T::NAME);
            continue;
        }
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                let (a, b) = (black_box(problem.a.as_ref()), black_box(problem.b.as_ref()));
                backend.lstsq(a, b, &options)
            });
        });
    }
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
    targets = full_rank::<f64>, full_rank::<f32>, experiment::<f64>, experiment::<f32>
}
criterion_main!(benches);
