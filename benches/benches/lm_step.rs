//! One Levenberg-Marquardt step of the published experiment, with the whole Jacobian and without it.

use criterion::{Bencher, BenchmarkId, Criterion, criterion_group, criterion_main};
use leastwise_backends::AdapterScalar;
use leastwise_benches::{MEASUREMENT, SAMPLES, WARM_UP, contenders};
use leastwise_optim::levenberg_marquardt::{Control, Dense, FixedStep, StepSolver};
use leastwise_optim::{Counts, LevenbergMarquardt, Optimizer};
use leastwise_two_factor::{Kronecker, TwoLayerNet, TwoLayerNetInstance, TwoLayerNetSpec};

fn dense<T: AdapterScalar>(criterion: &mut Criterion) {
    for nsamples in [100, 1000] {
        let spec = TwoLayerNetSpec {
            nsamples,
            ..TwoLayerNetSpec::default()
        };
        let drawn = spec.draw::<T>().expect("the published sizes are valid");
        let mut group = criterion.benchmark_group(format!("lm_step/dense/{}/{nsamples}", T::NAME));
        let able = contenders::<T>()
            .into_iter()
            .filter(|(_, method)| method.handles_rank_deficiency());
        for (backend, method) in able {
            let name = format!("{}/{method}", backend.info().engine);
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                time_steps(bencher, Dense::new(&*backend, method), &drawn);
            });
        }
    }
}

/// The data are reduced before the first step, which is not timed.
fn kronecker<T: AdapterScalar>(criterion: &mut Criterion) {
    let spec = TwoLayerNetSpec::default();
    let drawn = spec.draw::<T>().expect("the published sizes are valid");
    let name = format!("lm_step/kronecker/{}/{}", T::NAME, spec.nsamples);
    let mut group = criterion.benchmark_group(name);
    for backend in leastwise_backends::all::<T>(1) {
        let name = backend.info().engine;
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            time_steps(bencher, Kronecker::new(&*backend), &drawn);
        });
    }
}

/// The solver handles rank deficiency, and the data are finite.
fn time_steps<T: AdapterScalar, S: StepSolver<T, TwoLayerNet<T>>>(
    bencher: &mut Bencher<'_>,
    solver: S,
    drawn: &TwoLayerNetInstance<T>,
) where
    FixedStep<T>: Control<T, TwoLayerNet<T>, S>,
{
    let control = FixedStep::new(T::of(0.2)).expect("a positive step size");
    let mut lm = LevenbergMarquardt::new(control, solver);
    let (mut counts, mut x) = (Counts::default(), drawn.start.clone());
    lm.init(&drawn.net, &x, &mut counts)
        .expect("the first evaluation");
    bencher.iter(|| {
        lm.step(&drawn.net, &mut x, &mut counts)
            .expect("the step of a finite point")
    });
}

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(SAMPLES)
        .measurement_time(MEASUREMENT)
        .warm_up_time(WARM_UP)
}

criterion_group! { name = benches; config = settings(); targets = dense::<f64>, dense::<f32>, kronecker::<f64>, kronecker::<f32> }
criterion_main!(benches);
