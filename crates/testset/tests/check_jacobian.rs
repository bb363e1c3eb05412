//! Checks a Jacobian on the problems of MINPACK's Levenberg-Marquardt driver.

use leastwise_core::{MatMut, Result};
use leastwise_optim::{LeastSquaresProblem, check_jacobian};
use leastwise_testset::more_garbow_hillstrom::{TestProblem, minpack_runs};

#[test]
fn the_jacobians_of_all_runs_are_consistent() {
    for run in minpack_runs::<f64>() {
        let check = check_jacobian(&*run.problem, &run.start()).unwrap();
        assert!(check.is_consistent(), "{run}: {check}");
        assert_eq!(check.unchecked(), 0, "{run}");
    }
    for run in minpack_runs::<f32>() {
        let check = check_jacobian(&*run.problem, &run.start()).unwrap();
        assert!(check.is_consistent(), "{run} in f32: {check}");
    }
}

/// A problem with an error of 2⁻¹⁰ in column `col` of its Jacobian.
struct Spoiled<'a> {
    problem: &'a dyn TestProblem<f64>,
    col: usize,
}

impl LeastSquaresProblem<f64> for Spoiled<'_> {
    fn residuals(&self) -> usize {
        self.problem.residuals()
    }

    fn parameters(&self) -> usize {
        self.problem.parameters()
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.problem.residual(x, r)
    }

    fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        self.problem.jacobian(x, j.reborrow())?;
        for i in 0..j.rows() {
            j[(i, self.col)] *= 1.0 + 2f64.powi(-10);
        }
        Ok(())
    }
}

#[test]
fn a_column_that_is_wrong_by_a_thousandth_is_found() {
    for run in minpack_runs::<f64>() {
        let (problem, start) = (&*run.problem, run.start());
        let right = check_jacobian(problem, &start).unwrap();
        for col in 0..start.len() {
            let column = |entry: &leastwise_optim::JacobianEntry<f64>| entry.col == col;
            if right
                .entries()
                .filter(column)
                .all(|entry| entry.given == 0.0)
            {
                continue;
            }
            let check = check_jacobian(&Spoiled { problem, col }, &start).unwrap();
            assert!(!check.is_consistent(), "{run}, column {col}: {check}");
            assert_eq!(check.worst().col, col, "{run}: {check}");
        }
    }
}
