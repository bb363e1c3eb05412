//! Nielsen's rule, on models whose gain is known.

use leastwise_core::{Error, Result};
use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, DampedStepSolver, StepSolver};
use leastwise_optim::{
    Budget, Counts, Evaluation, LevenbergMarquardt, Quantity, Termination, minimize,
};

/// r(x) = slope·x on ℝ, as a solver without a library. It records what is tried.
struct Line {
    slope: f64,
    /// Added to the loss at a trial point.
    distortion: fn(f64) -> f64,
    overflows: bool,
    /// A factor on the gradient.
    gradient_factor: f64,
    x: f64,
    gradient: [f64; 1],
    lambdas: Vec<f64>,
}

impl Line {
    fn new(slope: f64) -> Self {
        Self {
            slope,
            distortion: |loss| loss,
            overflows: false,
            gradient_factor: 1.0,
            x: 0.0,
            gradient: [0.0],
            lambdas: Vec::new(),
        }
    }
}

impl StepSolver<f64, ()> for Line {
    fn dimension(&self, (): &()) -> usize {
        1
    }

    fn init(&mut self, (): &()) -> Result<()> {
        Ok(())
    }

    fn linearize(&mut self, (): &(), x: &[f64], _: &mut Counts) -> Result<Evaluation<f64>> {
        self.x = x[0];
        self.gradient = [self.gradient_factor * 2.0 * self.slope * self.slope * self.x];
        let loss = (self.slope * self.x).powi(2);
        Ok(Evaluation::new(loss, self.gradient[0].abs()))
    }

    fn direction(&mut self, (): &(), delta: &mut [f64], _: &mut Counts) -> Result<()> {
        delta[0] = -self.x;
        Ok(())
    }
}

impl DampedStepSolver<f64, ()> for Line {
    fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    fn curvature(&mut self, (): &()) -> Result<f64> {
        Ok(self.slope * self.slope)
    }

    fn damped_direction(
        &mut self,
        (): &(),
        lambda: f64,
        delta: &mut [f64],
        counts: &mut Counts,
    ) -> Result<()> {
        counts.solves += 1;
        self.lambdas.push(lambda);
        let square = self.slope * self.slope;
        delta[0] = -square * self.x / (square + lambda);
        if self.overflows {
            return Err(Error::Overflow {
                operation: "line",
                result: "the step".to_owned(),
                scalar: "f64",
            });
        }
        Ok(())
    }

    fn loss(&mut self, (): &(), x: &[f64], _: &mut Counts) -> Result<f64> {
        Ok((self.distortion)((self.slope * x[0]).powi(2)))
    }
}

fn run(line: Line, steps: usize) -> (Vec<f64>, leastwise_optim::Report<f64>) {
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), line);
    let report = minimize(&mut lm, &(), &[1.0], &Budget::steps(steps), &mut []).unwrap();
    (lm.solver().lambdas.clone(), report)
}

#[test]
fn a_model_that_is_right_gains_one_and_cuts_mu_to_a_third() {
    let (lambdas, report) = run(Line::new(2.0), 2);
    assert_eq!(report.termination, Termination::StepBudget);
    assert_eq!(lambdas[0], 1e-3 * 4.0);
    // A step with λ multiplies x by λ/(4 + λ), and the loss by the square of it.
    let loss = (lambdas[0] / (4.0 + lambdas[0])).powi(2);
    let expected = lambdas[0] * loss / 3.0;
    assert!(
        (lambdas[1] - expected).abs() <= 1e-12 * expected,
        "{lambdas:?}"
    );
}

#[test]
fn what_does_not_decrease_the_loss_is_tried_with_two_then_eight_times_the_damping() {
    let line = Line {
        distortion: |_| 1e3,
        ..Line::new(2.0)
    };
    let (lambdas, report) = run(line, 5);
    assert_eq!(report.termination, Termination::Stalled);
    assert_eq!((report.steps, report.parameters[0]), (1, 1.0));
    let ratios: Vec<f64> = lambdas.windows(2).map(|pair| pair[1] / pair[0]).collect();
    for (ratio, expected) in ratios.iter().zip([2.0, 4.0, 8.0, 16.0]) {
        assert!((ratio - expected).abs() <= 1e-12 * expected, "{ratios:?}");
    }
}

#[test]
fn a_loss_that_is_not_a_number_is_refused() {
    let line = Line {
        distortion: |_| f64::NAN,
        ..Line::new(2.0)
    };
    assert_eq!(run(line, 5).1.termination, Termination::Stalled);
}

/// The quotient of an increase and a predicted increase would look like a gain.
#[test]
fn a_model_that_promises_an_increase_is_refused() {
    let line = Line {
        gradient_factor: -1.0,
        distortion: |_| 1e3,
        ..Line::new(2.0)
    };
    let (_, report) = run(line, 5);
    assert_eq!(report.termination, Termination::Stalled);
    assert_eq!((report.steps, report.parameters[0]), (1, 1.0));
}

#[test]
fn a_direction_that_overflows_at_every_damping_ends_the_run() {
    let line = Line {
        overflows: true,
        ..Line::new(2.0)
    };
    let (lambdas, report) = run(line, 5);
    let quantity = Quantity::Direction;
    assert_eq!(report.termination, Termination::NonFinite { quantity });
    assert_eq!(lambdas.last(), Some(&f64::MAX));
}

#[test]
fn a_start_of_zero_loss_is_a_minimum_and_one_of_zero_gradient_is_done() {
    let (lambdas, report) = run(Line::new(0.0), 5);
    assert_eq!(report.termination, Termination::GradientConverged);
    assert!(lambdas.is_empty());

    let saddle = Line {
        gradient_factor: 0.0,
        ..Line::new(2.0)
    };
    let (lambdas, report) = run(saddle, 5);
    assert_eq!(report.termination, Termination::Stalled);
    assert!(lambdas.is_empty());
}
