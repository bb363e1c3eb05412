//! Problems with bounds: every wrapper keeps them, and what cannot keep them refuses them.

use leastwise_core::{Error, MatMut, Method, Result};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{
    AdaptiveDamping, Control, Dense, DenseQr, FixedStep, Quality, TrustRegion,
};
use leastwise_optim::{
    Bounded, Bounds, Budget, ClosureResidual, FiniteDifferences, Fit, FixedParameters,
    LeastSquaresProblem, LevenbergMarquardt, Parameters, ResidualFunction, Robust, RobustLoss,
    Weighted, WithoutJacobian, check_jacobian, minimize,
};
use proptest::prelude::*;

const INFINITY: f64 = f64::INFINITY;

/// rᵢ = Σⱼ exp(xⱼ·tᵢⱼ) − yᵢ for m residuals. It asserts that it is never evaluated outside `inside`.
fn growth(
    m: usize,
    inside: &Bounds<f64>,
) -> ClosureResidual<impl Fn(&[f64], &mut [f64]) + Clone + use<>> {
    let inside = inside.clone();
    let n = inside.lower().len();
    ClosureResidual::new(m, n, move |x: &[f64], r: &mut [f64]| {
        assert!(inside.contains(x), "{x:?} is outside of {inside:?}");
        for (i, ri) in r.iter_mut().enumerate() {
            let term = |j: usize| (x[j] * (((i + 1) * (j + 2)) as f64).sin()).exp();
            *ri = (0..n).map(term).sum::<f64>() - (i as f64 * 1.7).sin() * 3.0;
        }
    })
    .unwrap()
}

/// Where the bounds are added.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    InsideOfDifferences,
    OutsideOfDifferences,
    OutsideOfWrappers,
    InTheFit,
}

fn boxed<'a, P: LeastSquaresProblem<f64> + 'a>(
    problem: P,
) -> Box<dyn LeastSquaresProblem<f64> + 'a> {
    Box::new(problem)
}

/// Differences of `growth`, in the wrappers that `weighted`, `robust` and `held` select.
fn wrapped(
    m: usize,
    bounds: &Bounds<f64>,
    (is_central, place): (bool, Place),
    (weighted, robust): (bool, bool),
    held: Option<(usize, f64)>,
) -> Box<dyn LeastSquaresProblem<f64>> {
    fn differences<P: ResidualFunction<f64>>(is_central: bool, r: P) -> FiniteDifferences<f64, P> {
        if is_central {
            FiniteDifferences::central(r)
        } else {
            FiniteDifferences::forward(r)
        }
    }
    let r = growth(m, bounds);
    let mut problem: Box<dyn LeastSquaresProblem<f64>> = match place {
        Place::InsideOfDifferences => boxed(differences(
            is_central,
            Bounded::of_function(r, bounds.clone()).unwrap(),
        )),
        Place::OutsideOfDifferences => {
            boxed(Bounded::new(differences(is_central, r), bounds.clone()).unwrap())
        }
        _ => boxed(differences(is_central, r)),
    };
    if weighted {
        let weights: Vec<f64> = (0..m).map(|i| 1.0 + i as f64).collect();
        problem = boxed(Weighted::new(Owned(problem), &weights).unwrap());
    }
    if place == Place::OutsideOfWrappers {
        problem = boxed(Bounded::new(Owned(problem), bounds.clone()).unwrap());
    }
    if let Some(held) = held {
        problem = boxed(FixedParameters::new(Owned(problem), &[held]).unwrap());
    }
    if robust {
        problem = boxed(Robust::new(
            RobustLoss::soft_l1(1.0).unwrap(),
            Owned(problem),
        ));
    }
    problem
}

/// A problem in a box, as the wrappers take it.
struct Owned(Box<dyn LeastSquaresProblem<f64>>);

impl LeastSquaresProblem<f64> for Owned {
    fn residuals(&self) -> usize {
        self.0.residuals()
    }
    fn parameters(&self) -> usize {
        self.0.parameters()
    }
    fn bounds(&self) -> Option<&Bounds<f64>> {
        self.0.bounds()
    }
    fn draft_error(&self) -> Option<f64> {
        self.0.draft_error()
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.0.residual(x, r)
    }
    fn jacobian(&self, x: &[f64], j: MatMut<'_, f64>) -> Result<()> {
        self.0.jacobian(x, j)
    }
    fn jacobian_with(
        &self,
        x: &[f64],
        quality: Quality,
        bounds: Option<&Bounds<f64>>,
        j: MatMut<'_, f64>,
    ) -> Result<()> {
        self.0.jacobian_with(x, quality, bounds, j)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Neither steps, nor challenges, nor differences leave the bounds, wherever these are added. The start may be at
    /// a bound, and the bounds may be as narrow as a few units of rounding.
    #[test]
    fn nothing_is_evaluated_outside_wherever_the_bounds_are_added(
        n in 2usize..5,
        more in 0usize..4,
        corner in prop::collection::vec(-1.0f64..1.0, 5),
        digits in prop::collection::vec(0i32..15, 5),
        open in prop::collection::vec(0u8..4, 5),
        at in prop::collection::vec(0u8..3, 5),
        place in 0usize..4,
        (is_central, weighted, robust, is_held) in any::<(bool, bool, bool, bool)>(),
    ) {
        use Place::*;
        let place = [InsideOfDifferences, OutsideOfDifferences, OutsideOfWrappers, InTheFit][place];
        let width = |j: usize| 10f64.powi(-digits[j]);
        let (lower, upper): (Vec<f64>, Vec<f64>) = (0..n).map(|j| {
            let (l, u) = (corner[j], corner[j] + width(j));
            (if open[j] & 1 == 1 { -INFINITY } else { l }, if open[j] & 2 == 2 { INFINITY } else { u })
        }).unzip();
        let bounds = Bounds::new(&lower, &upper).unwrap();
        let start: Vec<f64> = (0..n).map(|j| match at[j] {
            0 => corner[j],
            1 => corner[j] + width(j),
            _ => corner[j] + 0.5 * width(j),
        }).collect();
        let (m, backend) = (n + more, Faer::default());
        let held = is_held.then_some((1, start[1]));
        let kinds = (is_central, place);
        if place == InTheFit {
            let problem = wrapped(m, &bounds, kinds, (weighted, false), None);
            let mut fit = Fit::new(&backend);
            let mut start = Parameters::from(&start).with_bounds(bounds.clone());
            if robust {
                fit = fit.with_loss(RobustLoss::soft_l1(1.0).unwrap());
            }
            if is_held {
                start = start.with_held(&[1]);
            }
            let fitted = fit.run(&*problem, start).unwrap();
            prop_assert!(bounds.contains(&fitted.parameters));
        } else {
            let problem = wrapped(m, &bounds, kinds, (weighted, robust), held);
            let free = |all: &[f64]| -> Vec<f64> {
                (0..n).filter(|&j| !(is_held && j == 1)).map(|j| all[j]).collect()
            };
            let expected = Bounds::new(&free(&lower), &free(&upper)).unwrap();
            prop_assert_eq!(problem.bounds(), Some(&expected));
            let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
            let budget = Budget::steps(100);
            let report = minimize(&mut lm, &*problem, &free(&start), &budget, &mut []).unwrap();
            prop_assert!(expected.contains(&report.parameters));
        }
    }
}

#[test]
fn controls_that_cannot_keep_bounds_refuse_them_before_anything_is_evaluated() {
    fn message<C>(control: C) -> String
    where
        C: for<'b> Control<f64, dyn LeastSquaresProblem<f64>, Dense<'b, f64, Faer>>,
    {
        let backend = Faer::default();
        let never = ClosureResidual::new(1, 1, |_: &[f64], _: &mut [f64]| panic!("evaluated"));
        let never = FiniteDifferences::forward(never.unwrap());
        let bounds = Bounds::new(&[0.0], &[1.0]).unwrap();
        let problem = Bounded::new(never, bounds).unwrap();
        let problem: &dyn LeastSquaresProblem<f64> = &problem;
        let mut lm = LevenbergMarquardt::new(control, Dense::new(&backend, Method::Qr));
        minimize(&mut lm, problem, &[0.5], &Budget::steps(5), &mut [])
            .unwrap_err()
            .to_string()
    }
    let text = "LevenbergMarquardt: problem must have no bounds with this control; TrustRegion keeps bounds";
    assert_eq!(message(AdaptiveDamping::new()), text);
    assert_eq!(message(FixedStep::new(1.0).unwrap()), text);
}

#[test]
fn bounds_within_bounds_hold_both() {
    let outer = Bounds::new(&[-INFINITY, 0.5], &[2.0, 0.75]).unwrap();
    let inner = Bounds::new(&[1.0, 0.0], &[INFINITY, 1.0]).unwrap();
    let both = Bounds::new(&[1.0, 0.5], &[2.0, 0.75]).unwrap();
    let r = Bounded::of_function(growth(3, &inner), inner).unwrap();
    let problem = Bounded::new(FiniteDifferences::central(&r), outer.clone()).unwrap();
    assert_eq!(problem.bounds(), Some(&both));
    let narrow = Bounded::of_function(&r, outer).unwrap();
    assert_eq!(ResidualFunction::bounds(&narrow), Some(&both));
    let backend = Faer::default();
    let start =
        Parameters::from(&[1.0, 0.5]).with_bounds(Bounds::new(&[0.0; 2], &[1.0; 2]).unwrap());
    let refused = Fit::new(&backend).run(&FiniteDifferences::central(&r), start);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "Bounds: lower must be less than the upper bound, but for parameter 0 they are 1 and 1"
    );
}

#[test]
fn a_parameter_is_not_fixed_outside_its_bounds() {
    let bounds = Bounds::new(&[0.0, 1.0], &[1.0, 2.0]).unwrap();
    let r = Bounded::of_function(growth(3, &bounds), bounds).unwrap();
    let refused = FixedParameters::of_function(&r, &[(1, 0.5)]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "FixedParameters: fixed must be within the bounds, but that of parameter 1 is 0.5, and its bounds are 1 and 2"
    );
    assert!(FixedParameters::of_function(&r, &[(1, 2.0)]).is_ok());
}

/// The column of a fixed parameter is computed by differences too, and stays within its bounds.
#[test]
fn bounds_of_the_free_parameters_do_not_replace_those_of_fixed_ones() {
    let all = Bounds::new(&[0.0, 1.0], &[1.0, 2.0]).unwrap();
    let narrow = Bounds::new(&[0.25], &[0.5]).unwrap();
    let r = Bounded::of_function(growth(3, &all), all).unwrap();
    let held = FixedParameters::new(FiniteDifferences::central(r), &[(1, 1.0)]).unwrap();
    let problem = Bounded::new(held, narrow).unwrap();
    let mut j = leastwise_core::Mat::zeros(3, 1);
    problem.jacobian(&[0.25], j.as_mut()).unwrap();
    assert!(j.data().iter().all(|entry| entry.is_finite()));
}

/// Differences on a line through x reach 4h to both sides, so an x that is too near to a bound is refused.
#[test]
fn a_jacobian_is_checked_within_the_bounds() {
    let bounds = Bounds::new(&[0.5, 0.5], &[1.0, 1.0]).unwrap();
    let problem = FiniteDifferences::central(growth(3, &bounds));
    let problem = Bounded::new(problem, bounds).unwrap();
    assert!(check_jacobian(&problem, &[0.75, 0.75]).is_ok());
    for x in [[0.5, 0.75], [0.75, 1.0], [0.75, 1.0 - 1e-6]] {
        let refused = check_jacobian(&problem, &x).unwrap_err().to_string();
        assert!(
            refused.starts_with("check_jacobian: x ± 4h must be within the bounds"),
            "{refused}"
        );
    }
}

/// A problem of two parameters whose own bounds are for one.
struct Wrong(Bounds<f64>);

impl LeastSquaresProblem<f64> for Wrong {
    fn residuals(&self) -> usize {
        2
    }
    fn parameters(&self) -> usize {
        2
    }
    fn bounds(&self) -> Option<&Bounds<f64>> {
        Some(&self.0)
    }
    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        r.copy_from_slice(x);
        Ok(())
    }
    fn jacobian(&self, _: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        (j[(0, 0)], j[(0, 1)], j[(1, 0)], j[(1, 1)]) = (1.0, 0.0, 0.0, 1.0);
        Ok(())
    }
}

#[test]
fn bounds_for_another_number_of_parameters_are_an_error() {
    let wrong = Wrong(Bounds::new(&[0.0], &[1.0]).unwrap());
    let two = || Bounds::new(&[0.0; 2], &[1.0; 2]).unwrap();
    let backend = Faer::default();
    let is_shape = |error: Option<Error>| matches!(error, Some(Error::Shape { .. }));
    assert!(is_shape(Bounded::new(&wrong, two()).err()));
    assert!(is_shape(FixedParameters::new(&wrong, &[(0, 0.5)]).err()));
    assert!(is_shape(Fit::new(&backend).run(&wrong, &[0.5; 2]).err()));
    assert!(is_shape(check_jacobian(&wrong, &[0.5; 2]).err()));
    let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
    let run = minimize(&mut lm, &wrong, &[0.5; 2], &Budget::steps(5), &mut []);
    assert!(is_shape(run.err()));
    let mut j = leastwise_core::Mat::zeros(2, 2);
    let differences = FiniteDifferences::central(WithoutJacobian(&wrong));
    assert!(is_shape(differences.jacobian(&[0.5; 2], j.as_mut()).err()));
    let one = Bounds::new(&[0.0], &[1.0]).unwrap();
    let r = growth(2, &two());
    assert!(is_shape(Bounded::of_function(&r, one.clone()).err()));
    let differences = FiniteDifferences::central(&r);
    let passed = differences.jacobian_with(&[0.5; 2], Quality::Full, Some(&one), j.as_mut());
    assert!(is_shape(passed.err()));
}
