//! The trust region within bounds.

use std::cell::Cell;

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Error, Mat, MatMut, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{
    DenseQr, Limits, StepSolver, TrustRegion, TrustRegionStepSolver,
};
use leastwise_optim::{
    Bounded, Bounds, Budget, ClosureResidual, Counts, LeastSquaresProblem, LevenbergMarquardt,
    Report, Termination, minimize,
};
use proptest::prelude::*;

const INFINITY: f64 = f64::INFINITY;

fn solve<P: LeastSquaresProblem<f64>>(
    problem: &P,
    start: &[f64],
    bounds: Option<Bounds<f64>>,
) -> leastwise_core::Result<Report<f64>> {
    let backend = Faer::default();
    let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
    let budget = Budget::steps(500);
    match bounds {
        Some(bounds) => {
            let problem = Bounded::new(problem, bounds)?;
            minimize(&mut lm, &problem, start, &budget, &mut [])
        }
        None => minimize(&mut lm, problem, start, &budget, &mut []),
    }
}

/// r = (10·(x₂ − x₁²), 1 − x₁). It asserts that it is never evaluated outside `bounds`.
fn guarded_rosenbrock(bounds: &Bounds<f64>) -> impl LeastSquaresProblem<f64> + use<> {
    let inside = bounds.clone();
    let also_inside = bounds.clone();
    ClosureResidual::new(2, 2, move |x: &[f64], r: &mut [f64]| {
        assert!(inside.contains(x), "{x:?}");
        (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
    })
    .unwrap()
    .with_jacobian(move |x: &[f64], mut j: MatMut<'_, f64>| {
        assert!(also_inside.contains(x), "{x:?}");
        (j[(0, 0)], j[(0, 1)]) = (-20.0 * x[0], 10.0);
        (j[(1, 0)], j[(1, 1)]) = (-1.0, 0.0);
    })
}

/// For x₁ ≤ b < 1, the minimum is at (b, b²). The bound is met exactly, and x₂ solves 10·(x₂ − b²) = 0.
#[test]
fn a_bound_in_the_valley_is_where_the_minimum_is() {
    for b in [0.5, -0.25, 0.999] {
        let bounds = Bounds::none(2).with(0, -INFINITY, b).unwrap();
        let problem = guarded_rosenbrock(&bounds);
        for start in [[-1.2, 1.0], [-30.0, -7.0], [b, 1e3]] {
            let report = solve(&problem, &start, Some(bounds.clone())).unwrap();
            assert!(report.termination.is_success(), "{report:?}");
            assert_eq!(report.parameters[0], b);
            // A relative decrease of ε^1.5 is a distance of ε^0.75 in standard errors of ‖r‖/‖J·e₂‖.
            let distance = (report.parameters[1] - b * b).abs();
            let allowed = 0.1 * (1.0 - b) * f64::EPSILON.powf(0.75);
            assert!(distance <= allowed + f64::EPSILON, "{report:?}");
        }
    }
}

/// For x₂ ≥ 1 and x₁ ≤ ½ there are two minima. One is the corner (½, 1). The other has x₂ = 1, and x₁ is the
/// smaller root of 200x² + 200x + 1, where the slope 400·x·(x² − 1) + 2·(x − 1) of the loss is zero.
#[test]
fn both_minima_at_the_edge_are_found_from_their_sides() {
    let bounds = Bounds::new(&[-INFINITY, 1.0], &[0.5, INFINITY]).unwrap();
    let problem = guarded_rosenbrock(&bounds);
    let right = solve(&problem, &[0.4, 3.0], Some(bounds.clone())).unwrap();
    assert_eq!(right.parameters, [0.5, 1.0]);
    assert!(right.termination.is_success());
    let left = solve(&problem, &[-1.2, 3.0], Some(bounds)).unwrap();
    assert!(left.termination.is_success());
    assert_eq!(left.parameters[1], 1.0);
    let root = -(200.0 + 39_200f64.sqrt()) / 400.0;
    // As above, with ‖r‖/‖J·e₁‖ ≤ 0.1.
    let distance = (left.parameters[0] - root).abs();
    assert!(
        distance <= 0.1 * f64::EPSILON.powf(0.75) + 1e-15,
        "{distance:e}"
    );
}

#[test]
fn bounds_that_are_not_met_change_no_step() {
    let wide = Bounds::new(&[-1e6, -1e6], &[1e6, INFINITY]).unwrap();
    let problem = guarded_rosenbrock(&wide);
    let free = solve(&problem, &[-1.2, 1.0], None).unwrap();
    let bounded = solve(&problem, &[-1.2, 1.0], Some(wide)).unwrap();
    assert_eq!(free.parameters, bounded.parameters);
    assert_eq!(free.counts, bounded.counts);
}

#[test]
fn a_start_outside_is_refused_before_anything_is_evaluated() {
    let calls = Cell::new(0);
    let problem = ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| {
        calls.set(calls.get() + 1);
        r[0] = x[0];
    })
    .unwrap()
    .with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| j[(0, 0)] = 1.0);
    let bounds = Bounds::new(&[1.0], &[2.0]).unwrap();
    let error = solve(&problem, &[2.5], Some(bounds)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "TrustRegion: start must be within the bounds, but entry 0 is 2.5, and its bounds are 1 and 2"
    );
    assert_eq!(calls.get(), 0);
    let bounds = Bounds::new(&[1.0; 2], &[2.0; 2]).unwrap();
    assert!(matches!(
        solve(&problem, &[1.5], Some(bounds)),
        Err(Error::Shape { .. })
    ));
}

/// All parameters are at bounds that descent would cross.
#[test]
fn a_corner_that_is_the_minimum_is_left_alone() {
    let linear = ClosureResidual::new(2, 2, |x: &[f64], r: &mut [f64]| {
        (r[0], r[1]) = (x[0] + 1.0, x[1] - 9.0);
    })
    .unwrap()
    .with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| {
        (j[(0, 0)], j[(0, 1)], j[(1, 0)], j[(1, 1)]) = (1.0, 0.0, 0.0, 1.0);
    });
    let bounds = Bounds::new(&[0.0, 0.0], &[1.0, 1.0]).unwrap();
    let report = solve(&linear, &[0.0, 1.0], Some(bounds)).unwrap();
    assert_eq!(report.parameters, [0.0, 1.0]);
    assert_eq!(report.termination, Termination::GradientConverged);
    assert_eq!((report.counts.residuals, report.steps), (1, 1));
}

/// The residual A·x − b.
struct Linear {
    a: Mat<f64>,
    b: Vec<f64>,
}

impl LeastSquaresProblem<f64> for Linear {
    fn residuals(&self) -> usize {
        self.a.rows()
    }
    fn parameters(&self) -> usize {
        self.a.cols()
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> leastwise_core::Result<()> {
        for (i, (ri, bi)) in r.iter_mut().zip(&self.b).enumerate() {
            *ri = (0..x.len()).map(|j| self.a[(i, j)] * x[j]).sum::<f64>() - bi;
        }
        Ok(())
    }
    fn jacobian(&self, _: &[f64], mut j: MatMut<'_, f64>) -> leastwise_core::Result<()> {
        for k in 0..self.a.cols() {
            for i in 0..self.a.rows() {
                j[(i, k)] = self.a[(i, k)];
            }
        }
        Ok(())
    }
}

/// One parameter and one residual: x ← u in one step, whatever the rounding of u − x.
#[test]
fn a_bound_is_landed_on_exactly_in_one_step() {
    for i in 1..500 {
        for sign in [1.0, -1.0] {
            // Within the first radius, which is |start|.
            let start = 0.1 * sign * f64::from(i);
            let bound = start + start / f64::from(i + 2);
            let a = Mat::from_fn(1, 1, |_, _| 3.0);
            let problem = Linear {
                a,
                b: vec![1e3 * sign],
            };
            let bounds = Bounds::new(&[bound.min(0.0)], &[bound.max(0.0)]).unwrap();
            let report = solve(&problem, &[start], Some(bounds)).unwrap();
            assert_eq!(report.parameters, [bound]);
            assert_eq!(report.counts.residuals, 2, "{start} {bound} {report:?}");
        }
    }
}

/// The start is so close to its bound that the loss cannot show the difference.
#[test]
fn a_bound_that_is_all_but_reached_is_reached() {
    let a = Mat::identity(2);
    let problem = Linear {
        a,
        b: vec![-1.0, 1.0],
    };
    let bounds = Bounds::none(2).with(0, 0.0, INFINITY).unwrap();
    let report = solve(&problem, &[1e-25, 1.0], Some(bounds)).unwrap();
    assert_eq!(report.parameters, [0.0, 1.0]);
    assert!(report.termination.is_success(), "{report:?}");
}

/// A linear problem that asserts that it is never evaluated outside its bounds.
struct Guarded<'a>(&'a Linear, &'a Bounds<f64>);

impl LeastSquaresProblem<f64> for Guarded<'_> {
    fn residuals(&self) -> usize {
        self.0.residuals()
    }
    fn parameters(&self) -> usize {
        self.0.parameters()
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> leastwise_core::Result<()> {
        assert!(self.1.contains(x), "{x:?} is outside of {:?}", self.1);
        self.0.residual(x, r)
    }
    fn jacobian(&self, x: &[f64], j: MatMut<'_, f64>) -> leastwise_core::Result<()> {
        assert!(self.1.contains(x), "{x:?} is outside of {:?}", self.1);
        self.0.jacobian(x, j)
    }
}

/// Two columns are equal. A challenge follows the second parameter along the valley to its bound, and the
/// first one far beyond. The rounding of the loss far away must not count as a decrease.
#[test]
fn a_valley_that_bounds_cut_off_is_a_minimum() {
    let column = [-0.986, -0.6, 0.1325, 0.3906, -0.0063];
    let a = Mat::from_fn(5, 2, |i, _| column[i]);
    let b = vec![-3.459, 3.645, -0.077, -0.272, -4.515];
    let problem = Linear { a, b };
    for width in [0.3, 1.9, 1e3, 1e9, INFINITY] {
        let bounds = Bounds::new(&[0.4024, -0.4 - width], &[INFINITY, 1.5]).unwrap();
        let report = solve(
            &Guarded(&problem, &bounds),
            &[0.4124, -0.4012],
            Some(bounds.clone()),
        );
        let report = report.unwrap();
        assert!(report.termination.is_success(), "{report:?}");
    }
}

/// The model at a step: ‖r‖² − ‖J·δ + r‖² and −rᵀJ·δ, and the bounds of their errors.
fn model(problem: &Linear, r: &[f64], delta: &[f64]) -> (f64, f64, f64) {
    let mut change = vec![0.0; r.len()];
    for (j, d) in delta.iter().enumerate() {
        for (c, a) in change.iter_mut().zip(problem.a.col(j)) {
            *c += a * d;
        }
    }
    let descent = -dot(&change, r);
    let terms = problem.a.frobenius_norm() * euclidean(delta);
    let (m, n) = (r.len() as f64, delta.len() as f64);
    let rounding = 20.0 * m * n * f64::UNIT_ROUNDOFF * (terms + euclidean(r)).powi(2);
    (2.0 * descent - dot(&change, &change), descent, rounding)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A bent step within limits is exactly at a limit, and it reports the true values of the model. It
    /// reduces the model at least as much as the path towards the free step does up to the first limit.
    #[test]
    fn bent_steps_land_on_limits_and_decrease_the_model_on_every_leg(
        n in 1usize..6,
        more in 0usize..4,
        entries in prop::collection::vec(-1.0f64..1.0, 60),
        lower in prop::collection::vec(-1.0f64..0.0, 6),
        upper in prop::collection::vec(0.0f64..1.0, 6),
        scaling in prop::collection::vec(0.1f64..10.0, 6),
        radius in 0.05f64..20.0,
    ) {
        let m = n + more;
        let a = Mat::from_fn(m, n, |i, j| entries[i + j * m]);
        let b: Vec<f64> = entries[60 - m..].iter().map(|e| 3.0 * e).collect();
        let problem = Linear { a, b };
        let backend = Faer::default();
        let mut solver = DenseQr::new(&backend);
        let mut counts = Counts::default();
        solver.init(&problem).unwrap();
        solver.linearize(&problem, &vec![0.0; n], &mut counts).unwrap();
        let r = solver.residual().to_vec();
        let limits = Limits { lower: &lower[..n], upper: &upper[..n] };
        let mut step = |limits: Option<Limits<'_, f64>>| {
            let mut delta = vec![f64::NAN; n];
            solver.factorize(&problem, &scaling[..n], limits, &mut counts).unwrap();
            let step = TrustRegionStepSolver::<f64, Linear>::bounded_direction(
                &mut solver, radius, 0.0, limits, &mut delta,
            ).unwrap();
            (step, delta)
        };
        let (_, free) = step(None);
        let (bent, delta) = step(Some(limits));
        let is_inside = |d: &[f64]| (0..n).all(|j| lower[j] <= d[j] && d[j] <= upper[j]);
        prop_assert!(is_inside(&delta), "{delta:?}");
        prop_assert_eq!(bent.is_bent, !is_inside(&free));
        if bent.is_bent {
            let lands = (0..n).any(|j| delta[j] == lower[j] || delta[j] == upper[j]);
            prop_assert!(lands, "{delta:?}");
        } else {
            prop_assert_eq!(&delta, &free);
        }
        let (reduction, descent, rounding) = model(&problem, &r, &delta);
        prop_assert!((bent.reduction - reduction).abs() <= rounding);
        prop_assert!((bent.descent - descent).abs() <= rounding);
        let fraction = (0..n).map(|j| {
            let limit = if free[j] < 0.0 { lower[j] } else { upper[j] };
            if free[j] == 0.0 { 1.0 } else { (limit / free[j]).min(1.0) }
        }).fold(1.0, f64::min);
        let leg: Vec<f64> = free.iter().map(|d| fraction * d).collect();
        let (first_leg, _, rounding) = model(&problem, &r, &leg);
        // The radius holds only to 10 %, which may cost a part of the decrease of a leg.
        prop_assert!(reduction >= 0.8 * first_leg - rounding, "{reduction:e} {first_leg:e}");
    }

    /// The conditions of Karush, Kuhn and Tucker are sufficient for a convex problem. After a success, the
    /// free parameters predict a decrease of at most ε^1.5 of the loss, which includes the square of each
    /// cosine. If the loss is only rounding, nothing is tested.
    #[test]
    fn linear_problems_end_where_karush_kuhn_and_tucker_say(
        n in 1usize..7,
        more in 0usize..5,
        entries in prop::collection::vec(-1.0f64..1.0, 100),
        centre in prop::collection::vec(-2.0f64..2.0, 7),
        widths in prop::collection::vec(0.01f64..2.0, 7),
        open in prop::collection::vec(any::<bool>(), 7),
        repeats in any::<bool>(),
    ) {
        let m = n + more;
        let mut a = Mat::from_fn(m, n, |i, j| entries[i + j * m]);
        if repeats && n > 1 {
            let first = a.col(0).to_vec();
            a.col_mut(n - 1).copy_from_slice(&first);
        }
        let b: Vec<f64> = entries[entries.len() - m..].iter().map(|e| 5.0 * e).collect();
        let lower: Vec<f64> = (0..n).map(|j| centre[j] - widths[j]).collect();
        let upper: Vec<f64> =
            (0..n).map(|j| if open[j] { INFINITY } else { centre[j] + widths[j] }).collect();
        let bounds = Bounds::new(&lower, &upper).unwrap();
        let problem = Linear { a, b };
        let guarded = Guarded(&problem, &bounds);
        let report = solve(&guarded, &centre[..n], Some(bounds.clone())).unwrap();
        prop_assert!(report.termination.is_success(), "{report:?}");
        let x = &report.parameters;
        prop_assert!(bounds.contains(x));
        let mut r = vec![0.0; m];
        problem.residual(x, &mut r).unwrap();
        let terms = (0..n).map(|j| euclidean(problem.a.col(j)) * x[j].abs()).sum::<f64>();
        let rounding = 8.0 * (m + n) as f64 * f64::UNIT_ROUNDOFF * (terms + euclidean(&problem.b));
        for j in 0..n {
            let slope = dot(problem.a.col(j), &r);
            let length = euclidean(problem.a.col(j));
            let allowed = length * (f64::EPSILON.powf(0.75) * euclidean(&r) + rounding);
            prop_assert!(slope <= allowed || x[j] == lower[j], "{j}: {slope:e} {report:?}");
            prop_assert!(slope >= -allowed || x[j] == upper[j], "{j}: {slope:e} {report:?}");
        }
    }
}
