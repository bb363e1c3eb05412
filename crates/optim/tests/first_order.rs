//! Laws of gradient descent and Adam, and of their driver.

use std::ops::ControlFlow;

use leastwise_core::{Error, Result, Scalar};
use leastwise_optim::{
    Adam, Budget, GradientDescent, History, Objective, Quantity, Record, Termination, minimize,
};

/// f(x) = Σ λᵢ·xᵢ².
struct Quadratic<T>(Vec<T>);

impl<T: Scalar> Objective<T> for Quadratic<T> {
    fn dimension(&self) -> usize {
        self.0.len()
    }

    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T> {
        let two = T::of(2.0);
        for ((g, &xi), &lambda) in gradient.iter_mut().zip(x).zip(&self.0) {
            *g = two * (lambda * xi);
        }
        Ok(x.iter().zip(&self.0).map(|(&xi, &l)| l * xi * xi).sum())
    }
}

/// f(x) = gᵀx, whose gradient is g everywhere.
struct Linear(Vec<f64>);

impl Objective<f64> for Linear {
    fn dimension(&self) -> usize {
        self.0.len()
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        gradient.copy_from_slice(&self.0);
        Ok(x.iter().zip(&self.0).map(|(xi, gi)| xi * gi).sum())
    }
}

/// A problem that does not write the last entry of its gradient.
struct Forgetful;

impl Objective<f64> for Forgetful {
    fn dimension(&self) -> usize {
        2
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        gradient[0] = 2.0 * x[0];
        Ok(x[0] * x[0])
    }
}

/// Each step contracts each coordinate by 1 − 2·α·λ.
///
/// One computed step is x·(1 − c) + e with c = 2αλ and |e| ≤ 3u·c·|x| + u·|x|·|1 − c|. The first term is
/// three roundings in α·g, where the factor 2 is exact. The second is the subtraction. So, to first order, k
/// steps have a relative error of at most k·u·(1 + 3c/|1 − c|) against (1 − c)ᵏ·x₀. The reference has 2
/// roundings in c, which move (1 − c)ᵏ by 2k·u·c/|1 − c|, and k + 1 in the power.
fn contracts<T: Scalar>(step: f64, lambdas: &[f64], steps: usize) {
    let lambdas: Vec<T> = lambdas.iter().map(|&l| T::of(l)).collect();
    let start: Vec<T> = (1..=lambdas.len()).map(|i| T::of(i as f64 / 3.0)).collect();
    let mut optimizer = GradientDescent::new(T::of(step)).unwrap();
    let problem = Quadratic(lambdas.clone());
    let budget = Budget::steps(steps);
    let report = minimize(&mut optimizer, &problem, &start, &budget, &mut []).unwrap();
    assert_eq!(report.steps, steps);
    assert_eq!(report.counts.gradients, steps + 1);
    for ((&x, &x0), &lambda) in report.parameters.iter().zip(&start).zip(&lambdas) {
        let c = 2.0 * T::of(step).as_f64() * lambda.as_f64();
        let k = steps as f64;
        let expected = (1.0 - c).powi(i32::try_from(steps).unwrap()) * x0.as_f64();
        let relative = (2.0 * k + 1.0 + 5.0 * k * c / (1.0 - c).abs()) * T::UNIT_ROUNDOFF.as_f64();
        let error = (x.as_f64() - expected).abs();
        // The first-order bound, with room for the second order.
        let bound = 1.01 * relative * expected.abs();
        assert!(error <= bound, "λ = {lambda}: {error:e} > {bound:e}");
    }
}

#[test]
fn gradient_descent_contracts_a_quadratic_by_one_minus_two_step_lambda() {
    contracts::<f64>(0.1, &[0.01, 1.0, 3.0, 7.0, 9.9], 50);
    contracts::<f32>(0.1, &[0.01, 1.0, 3.0, 7.0, 9.9], 20);
}

#[test]
fn gradient_descent_is_exact_where_arithmetic_is() {
    let mut optimizer = GradientDescent::new(0.25).unwrap();
    let mut history = History::new();
    let budget = Budget::steps(3);
    let problem = Quadratic(vec![1.0, 2.0]);
    let report = minimize(
        &mut optimizer,
        &problem,
        &[8.0, 5.0],
        &budget,
        &mut [&mut history],
    );
    assert_eq!(report.unwrap().parameters, [1.0, 0.0]);
    assert_eq!(history.losses(), [114.0, 16.0, 4.0, 1.0]);
    assert_eq!(history.gradient_norms()[1..], [8.0, 4.0, 2.0]);
    assert!(history.seconds().is_sorted());
}

#[test]
fn divergence_is_data_and_stops_the_run_at_the_first_loss_that_is_not_finite() {
    // Each step multiplies x by 2α − 1 = 1e100: the losses are 1, 1e200, ∞.
    let mut optimizer = GradientDescent::new(0.5e100).unwrap();
    let mut history = History::<f64>::new();
    let budget = Budget::steps(1000);
    let problem = Quadratic(vec![1.0]);
    let report = minimize(
        &mut optimizer,
        &problem,
        &[1.0],
        &budget,
        &mut [&mut history],
    )
    .unwrap();
    let quantity = Quantity::Loss;
    assert_eq!(report.termination, Termination::NonFinite { quantity });
    assert!(report.termination.is_divergence());
    assert_eq!(report.termination.to_string(), "loss not finite");
    assert_eq!(report.steps, 2);
    assert_eq!(history.losses().len(), 3);
    assert!(history.losses()[1].is_finite() && history.losses()[2].is_infinite());
}

#[test]
fn an_unwritten_gradient_entry_does_not_go_unnoticed() {
    let mut optimizer = GradientDescent::new(0.1).unwrap();
    let budget = Budget::steps(5);
    let report = minimize(&mut optimizer, &Forgetful, &[1.0, 1.0], &budget, &mut []).unwrap();
    let quantity = Quantity::Gradient;
    assert_eq!(report.termination, Termination::NonFinite { quantity });
    assert_eq!(report.steps, 0);
}

#[test]
fn adam_follows_a_sequence_computed_by_hand() {
    // f = x², x₀ = 2, α = 1, β₁ = 1/2, β₂ = 3/4, ε = 2.
    // t = 1: g = 4, m = 2, v = 4, step √¼/½ = 1, x = 2 − 2/(2 + 2) = 3/2.
    // t = 2: g = 3, m = 5/2, v = 21/4, step √(7/16)/(3/4).
    let mut adam = Adam::new(1.0)
        .and_then(|adam| adam.with_betas(0.5, 0.75))
        .and_then(|adam| adam.with_epsilon(2.0))
        .unwrap();
    let problem = Quadratic(vec![1.0]);
    // The second run shows that `init` resets the moments of the first run.
    for _ in 0..2 {
        let report = minimize(&mut adam, &problem, &[2.0], &Budget::steps(1), &mut []).unwrap();
        assert_eq!(report.parameters, [1.5]);
        let report = minimize(&mut adam, &problem, &[2.0], &Budget::steps(2), &mut []).unwrap();
        let expected = 1.5 - (7f64.sqrt() / 3.0) * 2.5 / (21f64.sqrt() / 2.0 + 2.0);
        // A dozen roundings of quantities of at most 3/2 on either side.
        let error = (report.parameters[0] - expected).abs();
        assert!(error <= 24.0 * 1.5 * f64::UNIT_ROUNDOFF, "{error:e}");
    }
}

/// For a constant gradient, the moments are m = (1 − β₁ᵗ)·g and v = (1 − β₂ᵗ)·g². So step t is α·g/(|g| +
/// ε/√(1 − β₂ᵗ)), and the first step is α·g/(|g| + ε/√(1 − β₂)).
///
/// Rounding: β₂ᵗ has a relative error of at most t·u. So 1 − β₂ᵗ ≥ t·(1 − β₂)·β₂ᵗ has one of u/((1 −
/// β₂)·β₂ᵗ), which the root halves. β₁ has the same without the root. The moments are sums of t positive
/// terms, with errors of 3t·u each. The remaining operations have fewer than 10·u. The reference doubles the
/// bound.
#[test]
fn adam_moves_by_its_step_size_whatever_the_gradient() {
    let (step, epsilon, beta1, beta2) = (1e-3, 1e-8, 0.9f64, 0.999f64);
    let problem = Linear(vec![1e-9, -2e-5, 3.0, -4e6]);
    let mut adam = Adam::new(step).unwrap();
    for t in 1..=10 {
        let budget = Budget::steps(t);
        let x = minimize(&mut adam, &problem, &[0.0; 4], &budget, &mut []).unwrap();
        let (mut expected, mut bound) = ([0.0; 4], 0.0);
        for i in 1..=i32::try_from(t).unwrap() {
            let root = (1.0 - beta2.powi(i)).sqrt();
            for (e, g) in expected.iter_mut().zip(&problem.0) {
                *e -= step * g / (g.abs() + epsilon / root);
            }
            let second = 0.5 / ((1.0 - beta2) * beta2.powi(i));
            let first = 1.0 / ((1.0 - beta1) * beta1.powi(i));
            bound += 2.0 * (second + first + 6.0 * f64::from(i) + 10.0) * step;
        }
        for (xi, e) in x.parameters.iter().zip(expected) {
            let error = (xi - e).abs();
            assert!(error <= bound * f64::UNIT_ROUNDOFF, "t = {t}: {error:e}");
        }
    }
}

#[test]
fn an_observer_stops_a_run_and_the_others_still_see_the_last_record() {
    let mut history = History::new();
    let mut stop_at_five = |record: &Record<'_, f64>| {
        assert_eq!(record.parameters.len(), 1);
        if record.step == 5 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let mut optimizer = GradientDescent::new(0.1).unwrap();
    let budget = Budget::steps(100);
    let observers: &mut [&mut dyn leastwise_optim::Observer<f64>] =
        &mut [&mut stop_at_five, &mut history];
    let problem = Quadratic(vec![1.0]);
    let report = minimize(&mut optimizer, &problem, &[1.0], &budget, observers).unwrap();
    assert_eq!(report.termination, Termination::Observer);
    assert_eq!(report.steps, 5);
    assert_eq!(history.losses().len(), 6);
    assert_eq!(history.losses().last(), Some(&report.loss));
}

#[test]
fn a_target_ends_the_run_at_the_first_loss_at_or_below_it() {
    let mut optimizer = GradientDescent::new(0.25).unwrap();
    let problem = Quadratic(vec![1.0]);
    for (target, steps) in [(1.0, 0), (0.25, 1), (0.2, 2)] {
        let budget = Budget::steps(9).with_target_loss(target);
        let report = minimize(&mut optimizer, &problem, &[1.0], &budget, &mut []).unwrap();
        assert_eq!(report.termination, Termination::TargetReached);
        assert_eq!(report.steps, steps);
    }
}

#[test]
fn a_budget_of_no_steps_evaluates_the_start() {
    let mut adam = Adam::new(0.25).unwrap();
    let budget = Budget::steps(0);
    let report = minimize(&mut adam, &Quadratic(vec![1.0]), &[3.0], &budget, &mut []).unwrap();
    assert_eq!(
        (report.loss, report.gradient_norm, report.steps),
        (9.0, 6.0, 0)
    );
    assert_eq!(report.termination, Termination::StepBudget);
}

#[test]
fn step_sizes_and_rates_outside_their_range_are_refused_with_the_number() {
    for step in [0.0, -1e-3, f64::NAN, f64::INFINITY] {
        for error in [
            GradientDescent::new(step).unwrap_err(),
            Adam::new(step).unwrap_err(),
            Adam::new(1.0).unwrap().with_epsilon(step).unwrap_err(),
        ] {
            assert!(matches!(error, Error::InvalidArgument { .. }));
            assert!(
                error.to_string().ends_with(&format!("it is {step}")),
                "{error}"
            );
        }
    }
    for beta in [1.0, -0.1, f64::NAN] {
        assert!(Adam::new(1.0).unwrap().with_betas(beta, 0.5).is_err());
        assert!(Adam::new(1.0).unwrap().with_betas(0.5, beta).is_err());
    }
    assert!(Adam::new(1.0).unwrap().with_betas(0.0, 0.0).is_ok());
}

#[test]
fn a_start_that_does_not_fit_is_refused() {
    let run = |start: &[f64], target| {
        let mut optimizer = GradientDescent::new(0.1).unwrap();
        let budget = Budget {
            max_steps: 1,
            target_loss: target,
        };
        minimize(
            &mut optimizer,
            &Quadratic(vec![1.0; 3]),
            start,
            &budget,
            &mut [],
        )
    };
    assert!(matches!(run(&[], None), Err(Error::InvalidArgument { .. })));
    let error = run(&[1.0; 2], None).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }));
    assert_eq!(
        error.to_string(),
        "minimize: start must have 3 entries for a problem of 3 parameters, but it has 2"
    );
    let error = run(&[1.0, f64::NAN, 1.0], None).unwrap_err();
    assert!(matches!(error, Error::NonFinite { row: 1, .. }));
    let error = run(&[1.0; 3], Some(f64::NAN)).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }));
}
