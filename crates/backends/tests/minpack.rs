//! The 53 runs of MINPACK's driver by the trust region, on every backend.

use leastwise_backends::all;
use leastwise_core::Backend;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{Budget, LevenbergMarquardt, Report, minimize};
use leastwise_testset::GradientTest;
use leastwise_testset::more_garbow_hillstrom::{MinpackRun, minpack_runs};

/// The runs that MINPACK's `lmder1` solves with tolerances of √ε, and their evaluations, from its
/// printed output.
const MINPACK_SOLVES: usize = 48;
const MINPACK_RESIDUALS: usize = 2978;
const MINPACK_JACOBIANS: usize = 2581;

fn solve(
    control: TrustRegion<f64>,
    backend: &dyn Backend<f64>,
    run: &MinpackRun<f64>,
) -> Report<f64> {
    // That of MINPACK's driver.
    let evaluations = 100 * (run.problem.parameters() + 1);
    let control = control.with_max_evaluations(evaluations).unwrap();
    let mut lm = LevenbergMarquardt::new(control, DenseQr::new(backend));
    let budget = Budget::steps(evaluations);
    minimize(&mut lm, &*run.problem, &run.start(), &budget, &mut []).unwrap()
}

/// ftol = xtol = √ε and gtol = 0.
fn tolerances_of_minpack() -> TrustRegion<f64> {
    let tolerance = f64::EPSILON.sqrt();
    let control = TrustRegion::new().with_ftol(tolerance).unwrap();
    control
        .with_xtol(tolerance)
        .unwrap()
        .with_gtol(0.0)
        .unwrap()
}

#[test]
fn more_is_solved_with_fewer_evaluations_than_minpack_takes() {
    for backend in all::<f64>(1) {
        let (mut solved, mut residuals, mut jacobians) = (0, 0, 0);
        for run in minpack_runs::<f64>() {
            let report = solve(tolerances_of_minpack(), &*backend, &run);
            residuals += report.counts.residuals;
            jacobians += report.counts.jacobians;
            let is_solved = run.is_solved(report.loss).unwrap();
            solved += usize::from(is_solved);
            // Every run that MINPACK solves is solved.
            assert!(is_solved || run.missed_by_minpack, "{run}: {report:?}");
        }
        let name = backend.info().name;
        assert!(solved >= MINPACK_SOLVES, "{name}: {solved}");
        assert!(residuals <= MINPACK_RESIDUALS, "{name}: {residuals}");
        assert!(jacobians <= MINPACK_JACOBIANS, "{name}: {jacobians}");
    }
}

/// A first step of 100 times the start, as MINPACK allows, lands on plateaus.
#[test]
fn long_first_steps_solve_less_with_more_evaluations() {
    let total = |radius: f64| {
        let runs = minpack_runs::<f64>();
        let backend = &all::<f64>(1)[0];
        let reports = runs.iter().map(|run| {
            let control = tolerances_of_minpack().with_initial_radius(radius).unwrap();
            let report = solve(control, &**backend, run);
            (
                usize::from(run.is_solved(report.loss).unwrap()),
                report.counts.residuals,
            )
        });
        reports.fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1))
    };
    let (short, long) = (total(1.0), total(100.0));
    assert!(short.0 > long.0 && short.1 < long.1, "{short:?} {long:?}");
}

#[test]
fn success_is_a_statement_about_the_gradient() {
    for backend in all::<f64>(1) {
        for run in minpack_runs::<f64>() {
            let report = solve(TrustRegion::new(), &*backend, &run);
            if !report.termination.is_success() {
                continue;
            }
            let test = GradientTest::at(&*run.problem, &report.parameters).unwrap();
            // If the residual vanishes, its direction is only rounding.
            let vanishes = report.loss <= 1e-20 * run.start_loss().unwrap();
            assert!(vanishes || test.passes(), "{run}: {test:?} {report:?}");
        }
    }
}

/// Bard's function from far starts. A run gives up, without success, if its steps lower the loss by
/// less than ftol. With a smaller ftol it goes on.
#[test]
fn a_plateau_at_infinity_is_no_success_and_is_left() {
    for backend in all::<f64>(1) {
        for run in minpack_runs::<f64>() {
            if run.problem.name() != "Bard" || run.factor == 1.0 {
                continue;
            }
            let controls = [tolerances_of_minpack(), TrustRegion::new()];
            let [loose, tight] = controls.map(|control| {
                let report = solve(control, &*backend, &run);
                let is_solved = run.is_solved(report.loss).unwrap();
                assert_eq!(report.termination.is_success(), is_solved, "{run}");
                (is_solved, report.counts.residuals)
            });
            assert!(!loose.0 && tight.0, "{run}: {loose:?} {tight:?}");
            assert!(loose.1 < tight.1, "{run}: {loose:?} {tight:?}");
        }
    }
}

/// Brown's almost linear function vanishes at (α, …, α, α^(1−n)) for two or three α. From far away rounding
/// decides between them.
fn has_many_solutions(run: &MinpackRun<f64>) -> bool {
    run.problem.name() == "Brown almost-linear" && run.factor == 100.0
}

#[test]
fn backends_agree_in_six_digits() {
    let backends = all::<f64>(1);
    for run in minpack_runs::<f64>() {
        let mut reports = backends
            .iter()
            .map(|backend| solve(TrustRegion::new(), &**backend, &run));
        let first = reports.next().unwrap();
        for other in reports {
            let vanishes = first.loss.max(other.loss) <= 1e-20 * run.start_loss().unwrap();
            let difference = (first.loss - other.loss).abs();
            assert!(vanishes || difference <= 1e-6 * first.loss, "{run}");
            if run.is_solved(first.loss).unwrap() && !has_many_solutions(&run) {
                let x = first.parameters.iter().zip(&other.parameters);
                let largest = first
                    .parameters
                    .iter()
                    .fold(1.0, |l: f64, x| l.max(x.abs()));
                for (a, b) in x {
                    assert!((a - b).abs() <= 1e-6 * largest, "{run}: {a} {b}");
                }
            }
        }
    }
}

/// Kowalik and Osborne's function tends to ‖r‖ = 0.0321 where parameters go to infinity: no minimum is there.
#[test]
fn no_valley_to_infinity_is_a_success_with_any_kind_of_step() {
    for backend in all::<f64>(1) {
        for run in minpack_runs::<f64>() {
            for ratio in [0.1, 0.3, 0.75, 1.5] {
                for control in [tolerances_of_minpack(), TrustRegion::new()] {
                    let control = control.with_geodesic_acceleration(ratio).unwrap();
                    let report = solve(control, &*backend, &run);
                    let is_solved = run.is_solved(report.loss).unwrap();
                    assert!(
                        is_solved || !report.termination.is_success(),
                        "{run}: {report:?}"
                    );
                }
            }
        }
    }
}
