//! Blocks give what the whole gives, and threads change no bit, over random shapes.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Error, Mat, Result, Scalar};
use leastwise_faer::Faer;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::passes::Reduction;
use super::{Evaluated, Layers, Sample, Tall, Team, Walk};
use crate::{Curve, FiniteDifferences, LeastSquaresProblem, Robust, RobustLoss};

/// Σ pⱼ·cos(j·x), and its derivatives.
fn series(x: f64, p: &[f64]) -> f64 {
    (0..p.len()).map(|j| p[j] * (j as f64 * x).cos()).sum()
}

fn series_gradient(x: f64, _: &[f64], g: &mut [f64]) {
    for (j, g) in g.iter_mut().enumerate() {
        *g = (j as f64 * x).cos();
    }
}

/// What a case is made of.
struct Case {
    x: Vec<f64>,
    y: Vec<f64>,
    at: Vec<f64>,
    free: Vec<usize>,
    sample: Option<Vec<usize>>,
    loss: Option<RobustLoss<f64>>,
}

impl Case {
    fn draw(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let n = random.random_range(1..8);
        let m = n + random.random_range(0..if seed.is_multiple_of(4) { 5000 } else { 400 });
        let unit = 10f64.powi(random.random_range(-40..40));
        let mut draw = |count: usize, size: f64| -> Vec<f64> {
            (0..count)
                .map(|_| size * random.random_range(-1.0..1.0))
                .collect()
        };
        let (x, y, at) = (draw(m, 3.0), draw(m, unit), draw(n, unit));
        let mut free: Vec<usize> = (0..n).filter(|_| random.random_range(0..4) > 0).collect();
        if free.is_empty() {
            free.push(n - 1);
        }
        let is_sampled = random.random_range(0..3) == 0;
        let sample = is_sampled.then(|| (0..m).filter(|_| random.random_range(0..3) > 0).collect());
        let sample = sample.filter(|rows: &Vec<usize>| !rows.is_empty());
        let is_robust = random.random_range(0..3) == 0;
        let loss = is_robust.then(|| RobustLoss::cauchy(0.3 * unit).unwrap());
        Self {
            x,
            y,
            at,
            free,
            sample,
            loss,
        }
    }

    fn layers<'a>(&'a self, pilot: &'a Sample, error: f64) -> Layers<'a, f64> {
        Layers {
            sample: self.sample.as_deref(),
            m: self.sample.as_ref().map_or(self.x.len(), Vec::len),
            total: self.sample.as_ref().map_or(self.x.len(), Vec::len),
            is_streamed: false,
            pilot,
            values: &self.at,
            free: &self.free,
            bounds: None,
            free_bounds: None,
            loss: self.loss,
            constant_norm: 0.0,
            jacobian_error: error,
            draft_error: None,
            // Some hundreds of rows have several segments.
            rows_per_block: 16,
        }
    }

    fn free_values(&self) -> Vec<f64> {
        self.free.iter().map(|&j| self.at[j]).collect()
    }
}

/// r and what remains of J, by `walk`.
fn evaluate(case: &Case, walk: Walk<'_, f64>) -> Result<(Vec<f64>, f64, Reduction<f64>)> {
    let own: Vec<usize> = (0..case.x.len()).step_by(3).collect();
    let count = own.len();
    let pilot = Sample { own, count };
    let layers = case.layers(&pilot, walk.problem().jacobian_error());
    let tall = Tall::new(walk, Team::ALONE, layers);
    let (mut at, mut other) = (Evaluated::default(), Evaluated::default());
    tall.allocate([&mut at, &mut other])?;
    tall.residual(&case.free_values(), 0, &mut at)?;
    let squares = at.size.squares;
    let reduction = tall.reduction(&Faer::default(), false, (&mut at, 0))?;
    Ok((at.r, squares, reduction))
}

fn threads(count: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(count).build().unwrap()
}

fn check<P: LeastSquaresProblem<f64> + Sync>(case: &Case, problem: &P, place: &str) {
    let (r, squares, reduction) = evaluate(case, Walk::Alone(problem)).unwrap();
    for count in [1, 2, 3, 8] {
        let (r2, squares2, reduction2) =
            evaluate(case, Walk::Threads(problem, &threads(count))).unwrap();
        assert!(
            r == r2 && squares.to_bits() == squares2.to_bits(),
            "{place}"
        );
        assert_eq!(reduction.r, reduction2.r, "{place}, {count} threads");
        assert_eq!(reduction.c, reduction2.c, "{place}, {count} threads");
    }
    // The whole, by the public wrappers.
    let (m, n) = (case.x.len(), case.at.len());
    let (mut whole_r, mut whole_j) = (vec![0.0; m], Mat::zeros(m, n));
    problem.residual(&case.at, &mut whole_r).unwrap();
    let all: Vec<usize> = (0..m).collect();
    let rows = case.sample.as_ref().unwrap_or(&all);
    let plain: Vec<f64> = rows.iter().map(|&i| whole_r[i]).collect();
    assert_eq!(r, plain, "{place}");
    if let Some(loss) = case.loss {
        let robust = Robust::new(loss, problem);
        robust.residual(&case.at, &mut whole_r).unwrap();
        robust.jacobian(&case.at, whole_j.as_mut()).unwrap();
    } else {
        problem.jacobian(&case.at, whole_j.as_mut()).unwrap();
    }
    let of_rows = |column: &[f64]| -> Vec<f64> { rows.iter().map(|&i| column[i]).collect() };
    let b = of_rows(&whole_r);
    let columns: Vec<Vec<f64>> = case.free.iter().map(|&j| of_rows(whole_j.col(j))).collect();
    // Backward errors of 30·√n·u, sums of m products, and differences with other steps.
    let unit = (30.0 * (n as f64).sqrt() + m as f64) * f64::UNIT_ROUNDOFF;
    let error = 2.0
        * (unit
            + 2.0
                * problem.jacobian_error()
                * f64::from(u8::from(problem.jacobian_error() > f64::EPSILON)));
    let size_b = euclidean(&b);
    assert!((squares.sqrt() - size_b).abs() <= unit * size_b, "{place}");
    assert!(
        (euclidean(&reduction.c) - size_b).abs() <= unit * size_b,
        "{place}"
    );
    let sizes: Vec<f64> = columns.iter().map(|a| euclidean(a)).collect();
    // Noise of differences is relative to the terms of r.
    let largest = sizes
        .iter()
        .fold(size_b, |a, &b| a.max(b * euclidean(&case.at)));
    let noise = |j: usize| error * sizes[j].max(largest / case.at[case.free[j]].abs());
    for i in 0..columns.len() {
        for j in 0..columns.len() {
            let found = dot(reduction.r.col(i), reduction.r.col(j));
            let bound = noise(i) * sizes[j] + sizes[i] * noise(j) + noise(i) * noise(j);
            let off = (found - dot(&columns[i], &columns[j])).abs();
            assert!(off <= bound, "{place}, {i}, {j}: {off:e} > {bound:e}");
        }
        let found = dot(reduction.r.col(i), &reduction.c);
        let bound = noise(i) * size_b + error * sizes[i] * size_b;
        let off = (found - dot(&columns[i], &b)).abs();
        assert!(off <= bound, "{place}, {i}: {off:e} > {bound:e}");
    }
}

#[test]
fn the_triangle_is_that_of_the_whole_on_any_number_of_threads() {
    for seed in 0..80 {
        let case = Case::draw(seed);
        let curve = || Curve::new(case.at.len(), series, &case.x, &case.y).unwrap();
        check(
            &case,
            &curve().with_gradient(series_gradient),
            &format!("seed {seed}, exact"),
        );
        let differences = FiniteDifferences::central(curve());
        check(&case, &differences, &format!("seed {seed}, differences"));
    }
}

/// Of the first row in the order of rows, whoever comes to another one before.
#[test]
fn the_first_fault_is_told_on_any_number_of_threads() {
    for seed in 0..40 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut case = Case::draw(4 * seed);
        case.sample = None;
        let m = case.x.len();
        let faults: Vec<usize> = (0..3).map(|_| random.random_range(0..m)).collect();
        let first = *faults.iter().min().unwrap();
        let faults: Vec<f64> = faults.into_iter().map(|row| row as f64).collect();
        case.x = (0..m).map(|i| i as f64).collect();
        let model = |x: f64, p: &[f64]| {
            assert!(!faults.contains(&x), "row {x}");
            series(x, p)
        };
        let curve = Curve::new(case.at.len(), model, &case.x, &case.y).unwrap();
        let problem = curve.with_gradient(series_gradient);
        let expected = format!("row {first}");
        let told = |outcome: Result<_>| matches!(outcome, Err(Error::Panic { detail, .. }) if detail == expected);
        assert!(told(evaluate(&case, Walk::Alone(&problem))), "seed {seed}");
        for count in [2, 3] {
            assert!(
                told(evaluate(&case, Walk::Threads(&problem, &threads(count)))),
                "seed {seed}"
            );
        }
        // An entry of J that is not finite.
        let gradient = |x: f64, p: &[f64], g: &mut [f64]| {
            series_gradient(x, p, g);
            if faults.contains(&x) {
                g.fill(f64::NAN);
            }
        };
        let curve = Curve::new(case.at.len(), series, &case.x, &case.y).unwrap();
        let problem = curve.with_gradient(gradient);
        for count in [1, 2, 3] {
            let (.., reduction) =
                evaluate(&case, Walk::Threads(&problem, &threads(count))).unwrap();
            let bad = reduction.bad.unwrap();
            assert_eq!((bad.row, bad.col), (first, case.free[0]), "seed {seed}");
        }
    }
}
