//! min ‖A·x − b‖ by every own call of every library. Answers are not checked here. `cargo xtask compare --contenders`
//! checks them before it takes times.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use leastwise_core::Mat;
use leastwise_harness::library::{Answer, Library};
use leastwise_harness::peers;
use leastwise_testset::standard_normal;

/// A small square, a square and a tall system. Calls that compute a whole U take seconds at more rows.
const SHAPES: [(usize, usize); 3] = [(8, 8), (60, 60), (200, 60)];
/// The slowest call takes some seconds for the largest shape.
const LONGEST: Duration = Duration::from_millis(200);

fn least_squares(criterion: &mut Criterion) {
    let libraries: Vec<Library> = peers::libraries()
        .into_iter()
        .chain(leastwise_contenders::all())
        .collect();
    for (m, n) in SHAPES {
        let mut group = criterion.benchmark_group(format!("lstsq/{m}x{n}"));
        let a: Mat<f64> = standard_normal(m, n, 0, 1);
        let b: Mat<f64> = standard_normal(m, 1, 0, 2);
        for library in &libraries {
            for call in &library.double {
                let start = std::time::Instant::now();
                let is_offered = matches!((call.solve)(&a, &b), Answer::X(_));
                if !is_offered || start.elapsed() > LONGEST {
                    continue;
                }
                let id = BenchmarkId::new(library.library, call.name);
                group.bench_function(id, |bencher| {
                    bencher.iter(|| black_box((call.solve)(&a, &b)))
                });
            }
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = least_squares
}
criterion_main!(benches);
