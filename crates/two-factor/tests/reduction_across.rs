//! The reduction of samples that are spread over ranks: the loss of all samples, and the same bits on all ranks.

use leastwise_core::norm::euclidean;
use leastwise_core::{Mat, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::ranks::on_threads;
use leastwise_optim::{Fit, LeastSquaresProblem};
use leastwise_two_factor::{Reduced, TwoLayerNet, TwoLayerNetSpec, reduce, reduce_across};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The samples `range` of a matrix with one sample per column.
fn part(all: &Mat<f64>, range: &std::ops::Range<usize>) -> Mat<f64> {
    all.columns(range.start, range.len()).to_mat()
}

/// ‖M·X − Y‖.
fn loss(m: &Mat<f64>, x: &Mat<f64>, y: &Mat<f64>) -> f64 {
    let entry = |i: usize, s: usize| -> f64 {
        let product: f64 = (0..x.rows()).map(|k| m[(i, k)] * x[(k, s)]).sum();
        product - y[(i, s)]
    };
    let entries: Vec<f64> = (0..x.cols())
        .flat_map(|s| (0..y.rows()).map(move |i| (i, s)))
        .map(|(i, s)| entry(i, s))
        .collect();
    euclidean(&entries)
}

#[test]
fn ranks_give_the_loss_of_all_samples() {
    let backend = Faer::default();
    for seed in 0..60 {
        let mut random = StdRng::seed_from_u64(seed);
        let (n, m) = (random.random_range(1..6), random.random_range(1..4));
        let samples = random.random_range(1..if seed % 5 == 0 { 3000 } else { 40 });
        let mut draw =
            |rows, cols| Mat::from_fn(rows, cols, |_, _| f64::from(random.random_range(-8..=8)));
        let (x, y) = (draw(n, samples), draw(m, samples));
        let model = draw(m, n);
        let count = random.random_range(1..6);
        let mut cuts: Vec<usize> = (1..count)
            .map(|_| random.random_range(0..=samples))
            .collect();
        cuts.extend([0, samples]);
        cuts.sort_unstable();
        let reductions = on_threads(count, |ranks| {
            let own = cuts[ranks.rank()]..cuts[ranks.rank() + 1];
            let outcome = if own.is_empty() {
                Ok(None)
            } else {
                let (x, y) = (part(&x, &own), part(&y, &own));
                reduce(&backend, x.as_ref(), y.as_ref()).map(Some)
            };
            reduce_across(ranks, &backend, outcome)
        });
        let reductions: Vec<Reduced<f64>> = reductions.into_iter().map(Result::unwrap).collect();
        let first = &reductions[0];
        assert!(reductions.iter().all(|other| other == first), "seed {seed}");
        assert_eq!(first.samples, samples as u64);
        assert!(
            first.x.cols() <= n.max(1) * count.next_power_of_two(),
            "seed {seed}"
        );
        // A sample passes through at most 32 blocks and as many merges as there are levels of two trees, each with an error
        // of η₁ = 30·√(bn)·u for blocks of b = max(4n, 256) samples. The integers and their losses are exact.
        let passes = 32.0 + 8.0;
        let eta = 30.0 * (256.0 * n as f64).sqrt() * f64::UNIT_ROUNDOFF;
        let size = euclidean(model.data()) * euclidean(x.data()) + euclidean(y.data());
        let exact = loss(&model, &x, &y);
        let found = loss(&model, &first.x, &first.y).hypot(first.constant_norm);
        let off = (found - exact).abs();
        assert!(
            off <= passes * eta * size,
            "seed {seed}: {found} is not {exact}"
        );
    }
}

/// The experiment, whose samples are spread over ranks of which one has none, is fitted as by one process. The weights are not
/// unique, but W₁·W₂ = A is.
#[test]
fn the_experiment_has_the_fit_of_one_process() {
    let backend = Faer::default();
    let drawn = TwoLayerNetSpec::default().draw::<f64>().unwrap();
    let (x, y) = (drawn.net.x().to_mat(), drawn.net.y().to_mat());
    let samples = x.cols();
    let fit = |data: &Reduced<f64>| {
        let net = TwoLayerNet::from_reduced(data, drawn.net.hidden()).unwrap();
        let fitted = Fit::new(&backend).run(&net, &drawn.start[..]).unwrap();
        assert!(fitted.is_success());
        // A change of the basis between the layers changes nothing.
        assert!(fitted.standard_errors().iter().all(|e| e.is_infinite()));
        // The losses of all samples, at the start and at the end, with rounding errors as in the test above.
        for (parameters, end) in [(&drawn.start, false), (&fitted.parameters, true)] {
            let (first, second) = net.weights(parameters).unwrap();
            let entry = |i: usize, j: usize| {
                let products = (0..second.rows()).map(|k| first[(i, k)] * second[(k, j)]);
                products.sum()
            };
            let product = Mat::from_fn(first.rows(), second.cols(), entry);
            let mut r = vec![f64::NAN; net.residuals()];
            net.residual(parameters, &mut r).unwrap();
            let found = euclidean(&r).hypot(data.constant_norm);
            let eta = 40.0 * 30.0 * (256.0 * x.rows() as f64).sqrt() * f64::UNIT_ROUNDOFF;
            let bound =
                eta * (euclidean(product.data()) * euclidean(x.data()) + euclidean(y.data()));
            let exact = loss(&product, &x, &y);
            assert!((found - exact).abs() <= bound, "{found:e} is not {exact:e}");
            assert!(!end || exact <= bound, "{exact:e}");
        }
        fitted.steps
    };
    let mut steps = vec![fit(&reduce(&backend, x.as_ref(), y.as_ref()).unwrap())];
    for count in 1..=4 {
        let reductions = on_threads(count, |ranks| {
            let with_samples = count - usize::from(count > 2);
            let place = |k: usize| samples * k / with_samples;
            let own = match (count, ranks.rank()) {
                (3.., 1) => place(1)..place(1),
                (3.., rank @ 2..) => place(rank - 1)..place(rank),
                (_, rank) => place(rank)..place(rank + 1),
            };
            let own = (!own.is_empty()).then(|| {
                let (x, y) = (part(&x, &own), part(&y, &own));
                reduce(&backend, x.as_ref(), y.as_ref())
            });
            reduce_across(ranks, &backend, own.transpose())
        });
        steps.push(fit(reductions[0].as_ref().unwrap()));
    }
    let apart = steps.iter().max().unwrap() - steps.iter().min().unwrap();
    assert!(apart <= 2, "{steps:?}");
}

#[test]
fn a_fault_or_no_samples_end_all_ranks() {
    let backend = Faer::default();
    let outcomes = on_threads(3, |ranks| {
        reduce_across::<f64, _>(ranks, &backend, Ok(None))
    });
    for outcome in outcomes {
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "rank 0: Reduction: x must have at least one sample on one of the ranks, but there was none"
        );
    }
    let outcomes = on_threads(3, |ranks| {
        let x = Mat::from_fn(1, 2, |_, s| match (ranks.rank(), s) {
            (2, 1) => f64::NAN,
            _ => 1.0,
        });
        let own = reduce(&backend, x.as_ref(), x.as_ref()).map(Some);
        reduce_across(ranks, &backend, own)
    });
    for outcome in outcomes {
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "rank 2: Reduction: x must be finite, but entry (0, 1) is NaN"
        );
    }
}
