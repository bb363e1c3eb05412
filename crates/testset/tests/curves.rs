//! Curves through points: values by hand, Jacobians, and refusals.

use leastwise_core::{Error, Mat};
use leastwise_optim::{LeastSquaresProblem, check_jacobian};
use leastwise_testset::curves::{CurveThroughPoints, Model};
use leastwise_testset::standard_normal;

#[test]
fn curves_are_those_of_their_formulas() {
    let e = std::f64::consts::E;
    for (model, p, x, y) in [
        (Model::Line, &[1.0, -2.0][..], 3.0, -5.0),
        (Model::Decay, &[2.0, 0.5, 3.0], 2.0, 2.0 / e + 3.0),
        (Model::HalfLife, &[90.0, 96.0, 3.0], 9.0, 102.0),
        (
            Model::TwoDecays,
            &[2.0, 0.5, 3.0, 1.0],
            2.0,
            2.0 / e + 3.0 / (e * e),
        ),
        (Model::Cosine, &[2.0, std::f64::consts::PI], 3.0, -2.0),
        (
            Model::PeakWithOffset,
            &[3.0, 2.0, 0.5, 1.0],
            2.5,
            3.0 / e + 1.0,
        ),
        (Model::Logistic, &[6.0, 0.5, 4.0], 4.0, 3.0),
        (Model::Rational, &[1.0, 2.0, 0.5, 0.25], 2.0, 5.0 / 3.0),
    ] {
        assert_eq!(model.parameters(), p.len());
        let found = model.value(p, x);
        // A few roundings, in terms of up to ten times the value.
        assert!(
            (found - y).abs() <= 1e2 * f64::EPSILON * y.abs(),
            "{model:?}: {found}"
        );
    }
}

#[test]
fn jacobians_are_consistent() {
    let x: Vec<f64> = (0..12).map(|i| 0.3 * f64::from(i)).collect();
    for model in Model::ALL {
        let fit = CurveThroughPoints::new(model, x.clone(), vec![0.5; 12]).unwrap();
        assert_eq!(fit.model(), model);
        for seed in 0..10 {
            let z = standard_normal::<f64>(model.parameters(), 1, seed, 1);
            // Positive parameters, so that no pole and no overflow is near.
            let p: Vec<f64> = z.data().iter().map(|z| 0.5 + z.abs()).collect();
            let check = check_jacobian(&fit, &p).unwrap();
            assert!(
                check.is_consistent(),
                "{model:?} at {p:?}, seed {seed}: {check}"
            );
        }
    }
}

#[test]
fn slices_and_matrices_of_other_sizes_are_refused() {
    let refused = |result: leastwise_core::Result<()>, argument: &str| {
        let error = result.unwrap_err();
        let is_that = matches!(&error, Error::Shape { argument: found, .. } if *found == argument);
        assert!(is_that, "{argument}: {error}");
    };
    let unequal = CurveThroughPoints::new(Model::Line, vec![0.0; 3], vec![0.0; 2]);
    refused(unequal.map(drop), "y");
    let fit = CurveThroughPoints::new(Model::Line, vec![0.0; 3], vec![0.0; 3]).unwrap();
    refused(fit.residual(&[0.0; 3], &mut [0.0; 3]), "x");
    refused(fit.residual(&[0.0; 2], &mut [0.0; 2]), "r");
    refused(fit.jacobian(&[0.0; 1], Mat::zeros(3, 2).as_mut()), "x");
    refused(fit.jacobian(&[0.0; 2], Mat::zeros(2, 2).as_mut()), "j");
}
