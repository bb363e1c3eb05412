//! One step of gradient descent and of Adam on the two-layer linear net.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use leastwise_backends::AdapterScalar;
use leastwise_benches::{MEASUREMENT, SAMPLES, WARM_UP};
use leastwise_optim::{Adam, Counts, GradientDescent, Optimizer};
use leastwise_two_factor::{TwoLayerNet, TwoLayerNetSpec};

fn first_order<T: AdapterScalar>(criterion: &mut Criterion) {
    // So small that many iterations of a benchmark do not diverge.
    let step = T::of(1e-6);
    for nsamples in [100, 1000, 10_000] {
        let spec = TwoLayerNetSpec {
            nsamples,
            ..TwoLayerNetSpec::default()
        };
        let drawn = spec.draw::<T>().expect("the published sizes are valid");
        let mut group = criterion.benchmark_group(format!("first_order/{}/{nsamples}", T::NAME));
        let mut bench = |name: &str, optimizer: &mut dyn Optimizer<T, TwoLayerNet<T>>| {
            let mut counts = Counts::default();
            let mut x = drawn.start.clone();
            optimizer
                .init(&drawn.net, &x, &mut counts)
                .expect("the net takes its own start");
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| {
                    optimizer
                        .step(&drawn.net, &mut x, &mut counts)
                        .expect("neither needs a backend")
                });
            });
        };
        let mut descent = GradientDescent::new(step).expect("a positive step size");
        bench("gradient descent", &mut descent);
        bench("adam", &mut Adam::new(step).expect("a positive step size"));
    }
}

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(SAMPLES)
        .measurement_time(MEASUREMENT)
        .warm_up_time(WARM_UP)
}

criterion_group! { name = benches; config = settings(); targets = first_order::<f64>, first_order::<f32> }
criterion_main!(benches);
