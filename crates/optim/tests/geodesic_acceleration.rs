//! The second-order correction of steps.

use leastwise_core::norm::euclidean;
use leastwise_core::{MatMut, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{
    DenseQr, StepSolver, TrustRegion, TrustRegionStepSolver,
};
use leastwise_optim::{
    Bounded, Bounds, Budget, Counts, LeastSquaresProblem, LevenbergMarquardt, Report, minimize,
};

/// r = (x₁² + 3x₂, x₁·x₂ − 1, x₂² + x₁). Its second derivative along δ is (2δ₁², 2δ₁δ₂, 2δ₂²) everywhere.
struct Quadratic;

impl LeastSquaresProblem<f64> for Quadratic {
    fn residuals(&self) -> usize {
        3
    }
    fn parameters(&self) -> usize {
        2
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        r[0] = x[0] * x[0] + 3.0 * x[1];
        r[1] = x[0] * x[1] - 1.0;
        r[2] = x[1] * x[1] + x[0];
        Ok(())
    }
    fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        (j[(0, 0)], j[(0, 1)]) = (2.0 * x[0], 3.0);
        (j[(1, 0)], j[(1, 1)]) = (x[1], x[0]);
        (j[(2, 0)], j[(2, 1)]) = (1.0, 2.0 * x[1]);
        Ok(())
    }
}

/// (JᵀJ + λD²)·a = −Jᵀr″, by Cramer's rule. The difference in place of r″ is exact except for its rounding, a
/// few u·|r|/h² with h = 0.1.
#[test]
fn the_correction_solves_its_normal_equations_damped_and_undamped() {
    let backend = Faer::default();
    let mut solver = DenseQr::new(&backend);
    let mut counts = Counts::default();
    let (x, scaling) = ([1.5, -2.0], [3.0, 0.5]);
    for radius in [1e3, 0.3] {
        solver.init(&Quadratic).unwrap();
        solver.linearize(&Quadratic, &x, &mut counts).unwrap();
        let j = solver.jacobian().clone();
        solver
            .factorize(&Quadratic, &scaling, None, &mut counts)
            .unwrap();
        let (mut delta, mut a) = ([0.0; 2], [0.0; 2]);
        let step = TrustRegionStepSolver::<f64, Quadratic>::bounded_direction(
            &mut solver,
            radius,
            0.0,
            None,
            &mut delta,
        )
        .unwrap();
        assert_eq!(step.lambda > 0.0, radius < 1.0);
        let before = counts.residuals;
        solver
            .geodesic_correction(&Quadratic, &x, &delta, &mut a, &mut counts)
            .unwrap();
        assert_eq!(counts.residuals, before + 1);
        let second = [
            2.0 * delta[0] * delta[0],
            2.0 * delta[0] * delta[1],
            2.0 * delta[1] * delta[1],
        ];
        let product = |p: usize, q: usize| -> f64 { (0..3).map(|i| j[(i, p)] * j[(i, q)]).sum() };
        let damping = |p: usize| step.lambda * scaling[p] * scaling[p];
        let (m00, m01, m11) = (
            product(0, 0) + damping(0),
            product(0, 1),
            product(1, 1) + damping(1),
        );
        let rhs = |p: usize| -> f64 { -(0..3).map(|i| j[(i, p)] * second[i]).sum::<f64>() };
        let determinant = m00 * m11 - m01 * m01;
        let expected = [
            (rhs(0) * m11 - rhs(1) * m01) / determinant,
            (rhs(1) * m00 - rhs(0) * m01) / determinant,
        ];
        let difference = euclidean(&[a[0] - expected[0], a[1] - expected[1]]);
        let mut r = [0.0; 3];
        Quadratic.residual(&x, &mut r).unwrap();
        // ‖(JᵀJ + λD²)⁻¹Jᵀ‖ ≤ 1/σ_min, bounded by trace and determinant of JᵀJ.
        let trace = product(0, 0) + product(1, 1);
        let sigma = ((product(0, 0) * product(1, 1) - product(0, 1).powi(2)) / trace).sqrt();
        let rounding = 20.0 * f64::UNIT_ROUNDOFF * euclidean(&r) / (0.1 * 0.1);
        let bound = rounding / sigma + 1e-12 * euclidean(&expected);
        assert!(difference <= bound, "{difference:e} > {bound:e}");
    }
}

/// Rosenbrock's valley x₂ = x₁².
struct Rosenbrock;

impl LeastSquaresProblem<f64> for Rosenbrock {
    fn residuals(&self) -> usize {
        2
    }
    fn parameters(&self) -> usize {
        2
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        (r[0], r[1]) = (1e3 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
        Ok(())
    }
    fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        (j[(0, 0)], j[(0, 1)]) = (-2e3 * x[0], 1e3);
        (j[(1, 0)], j[(1, 1)]) = (-1.0, 0.0);
        Ok(())
    }
}

fn run(control: TrustRegion<f64>) -> Report<f64> {
    let backend = Faer::default();
    let mut lm = LevenbergMarquardt::new(control, DenseQr::new(&backend));
    let start = [-1.2, 1.0];
    minimize(&mut lm, &Rosenbrock, &start, &Budget::steps(1000), &mut []).unwrap()
}

#[test]
fn a_curved_valley_takes_fewer_jacobians_and_bounds_are_kept() {
    let plain = run(TrustRegion::new());
    let accelerated = || TrustRegion::new().with_geodesic_acceleration(0.75).unwrap();
    let report = run(accelerated());
    assert!(plain.termination.is_success() && report.termination.is_success());
    assert!(
        report.counts.jacobians < plain.counts.jacobians,
        "{} {}",
        report.counts.jacobians,
        plain.counts.jacobians
    );
    let bounds = Bounds::none(2).with(0, -2.0, 0.5).unwrap();
    let bounded = Bounded::new(&Rosenbrock, bounds).unwrap();
    let backend = Faer::default();
    let mut lm = LevenbergMarquardt::new(accelerated(), DenseQr::new(&backend));
    let budget = Budget::steps(1000);
    let report = minimize(&mut lm, &bounded, &[-1.2, 1.0], &budget, &mut []).unwrap();
    assert_eq!(report.parameters[0], 0.5);
    for ratio in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = TrustRegion::new().with_geodesic_acceleration(ratio);
        assert!(refused.is_err(), "{ratio}");
    }
}
