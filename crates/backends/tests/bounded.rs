//! NIST's data sets with a bound between the start and the certified minimum, on every backend.

use leastwise_backends::all;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat};
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{
    Bounded, Bounds, Budget, LeastSquaresProblem, LevenbergMarquardt, Report, minimize,
};
use leastwise_testset::nist::{DataSet, data_sets};

const EVALUATIONS: usize = 2000;

/// Each parameter in turn has a bound that keeps it away from its certified value by a tenth, first
/// on one side and then on the other. The others are free.
fn bounds_of(set: &DataSet) -> Vec<Bounds<f64>> {
    let n = set.certified.parameters.len();
    let mut all = Vec::new();
    for (j, &b) in set.certified.parameters.iter().enumerate() {
        let (below, above) = (b - 0.1 * b.abs(), b + 0.1 * b.abs());
        let none = || Bounds::none(n);
        all.push(none().with(j, f64::NEG_INFINITY, below).unwrap());
        all.push(none().with(j, above, f64::INFINITY).unwrap());
    }
    all
}

fn clamped(start: &[f64], bounds: &Bounds<f64>) -> Vec<f64> {
    let limits = bounds.lower().iter().zip(bounds.upper());
    let inside = start.iter().zip(limits);
    inside.map(|(&x, (&l, &u))| x.clamp(l, u)).collect()
}

/// The first parameter at which the conditions of Karush, Kuhn and Tucker fail, and the cosine
/// there: free ones are orthogonal to r, those at a bound are pushed against it. As in
/// `gradient_test`, a cosine that rounding of the loss can hide counts as zero.
fn violation(set: &DataSet, x: &[f64], bounds: &Bounds<f64>) -> Option<(usize, f64)> {
    let problem: &dyn LeastSquaresProblem<f64> = set;
    let (m, n) = (problem.residuals(), problem.parameters());
    let (mut r, mut j) = (vec![0.0; m], Mat::zeros(m, n));
    set.residual(x, &mut r).unwrap();
    set.jacobian(x, j.as_mut()).unwrap();
    let terms = (0..n).map(|k| euclidean(j.col(k)) * x[k]);
    let cancelled = 1.0 + euclidean(&terms.collect::<Vec<_>>()) / euclidean(&r);
    let allowed = (10.0 * f64::EPSILON * cancelled).sqrt();
    (0..n).find_map(|k| {
        let cosine = dot(j.col(k), &r) / euclidean(j.col(k)) / euclidean(&r);
        let pushes_down = cosine > allowed && x[k] != bounds.lower()[k];
        let pushes_up = cosine < -allowed && x[k] != bounds.upper()[k];
        (pushes_down || pushes_up).then_some((k, cosine))
    })
}

fn solve(backend: &dyn Backend<f64>, set: &DataSet, bounds: &Bounds<f64>) -> Report<f64> {
    let control = TrustRegion::new()
        .with_max_evaluations(EVALUATIONS)
        .unwrap();
    let problem = Bounded::new(set, bounds.clone()).unwrap();
    let mut lm = LevenbergMarquardt::new(control, DenseQr::new(backend));
    let start = clamped(set.starts[1], bounds);
    let budget = Budget::steps(EVALUATIONS);
    minimize(&mut lm, &problem, &start, &budget, &mut []).unwrap()
}

#[test]
fn success_is_a_point_where_karush_kuhn_and_tucker_hold() {
    for backend in all::<f64>(1) {
        let name = backend.info().name;
        let (mut runs, mut successes, mut at_bound) = (0, 0, 0);
        for set in data_sets() {
            for bounds in bounds_of(set) {
                let report = solve(&*backend, set, &bounds);
                let x = &report.parameters;
                assert!(bounds.contains(x));
                runs += 1;
                if !report.termination.is_success() {
                    continue;
                }
                successes += 1;
                let failure = violation(set, x, &bounds);
                assert_eq!(
                    failure, None,
                    "{}, {name}, {bounds:?}: {report:?}",
                    set.name
                );
                let limits = bounds.lower().iter().chain(bounds.upper());
                at_bound += usize::from(limits.zip(x.iter().chain(x)).any(|(l, xj)| l == xj));
            }
        }
        // The others follow a valley for longer than the budget. Away from the bound there are minima with exchanged
        // terms or signs.
        assert!(successes >= 230, "{name}: {successes} of {runs}");
        assert!(at_bound >= 150, "{name}: {at_bound} of {runs}");
    }
}
