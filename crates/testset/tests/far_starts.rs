//! Far starts: Jacobians, the draws, and how final points are judged.

use allocation_counter::measure;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Error, Mat, Scalar};
use leastwise_optim::{LeastSquaresProblem, check_jacobian};
use leastwise_testset::GradientTest;
use leastwise_testset::far_starts::{Curve, CurveFit, FarStart};

const SEEDS: u64 = 200;
const POINTS: usize = 40;

fn loss(fit: &CurveFit, p: &[f64]) -> f64 {
    let mut r = [f64::NAN; POINTS];
    fit.residual(p, &mut r).unwrap();
    dot(&r, &r)
}

#[test]
fn jacobians_are_consistent_at_the_truth_and_at_starts() {
    for curve in Curve::ALL {
        for seed in 0..20 {
            let FarStart { fit, start } = FarStart::draw(curve, seed);
            for p in [curve.truth(), &start] {
                let check = check_jacobian(&fit, p).unwrap();
                assert!(check.is_consistent(), "{curve:?} at {p:?}: {check}");
            }
            let truth: Vec<f32> = curve.truth().iter().map(|p| f32::of(*p)).collect();
            let check = check_jacobian(&fit, &truth).unwrap();
            assert!(check.is_consistent(), "{curve:?} in f32: {check}");
        }
    }
}

/// The check above is sharp. The expected values are by hand where the curves are simple.
#[test]
fn curves_are_those_of_their_formulas() {
    let e = std::f64::consts::E;
    for (curve, p, t, y) in [
        (Curve::Decay, &[2.0, 0.5, 3.0][..], 2.0, 2.0 / e + 3.0),
        (
            Curve::TwoDecays,
            &[2.0, 0.5, 3.0, 1.0],
            2.0,
            2.0 / e + 3.0 / (e * e),
        ),
        (Curve::Gaussian, &[3.0, 2.0, 0.5], 2.5, 3.0 / e),
        (Curve::Rational, &[1.0, 2.0, 0.5], 2.0, 2.5),
        (Curve::Logistic, &[6.0, 0.5, 2.0 * e], 2.0, 2.0),
    ] {
        let found = curve.evaluate(p, t, &mut [0.0; 4]);
        assert!(
            (found - y).abs() <= 8.0 * f64::EPSILON * y,
            "{curve:?}: {found}"
        );
    }
}

/// At the truth, r is the noise. So ‖r‖²/σ² has the mean 40 and, over 200 draws, the standard error
/// √(80/200).
#[test]
fn the_residual_at_the_truth_is_noise_of_a_hundredth() {
    for curve in Curve::ALL {
        let losses = (0..SEEDS).map(|seed| loss(&CurveFit::draw(curve, seed), curve.truth()));
        let mean = losses.sum::<f64>() / SEEDS as f64 / 1e-4;
        let error = 4.0 * (2.0 * POINTS as f64 / SEEDS as f64).sqrt();
        assert!((mean - POINTS as f64).abs() <= error, "{curve:?}: {mean}");
    }
}

/// log₁₀ of the factors is standard normal: mean 0 and mean square 1, within four standard errors.
#[test]
fn starts_are_off_by_factors_of_ten() {
    for curve in Curve::ALL {
        let mut logs = Vec::new();
        for seed in 0..SEEDS {
            let start = FarStart::draw(curve, seed).start;
            let pairs = start.iter().zip(curve.truth());
            logs.extend(pairs.map(|(p, truth)| (p / truth).log10()));
        }
        let count = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / count;
        let square = dot(&logs, &logs) / count;
        assert!(mean.abs() <= 4.0 / count.sqrt(), "{curve:?}: {mean}");
        let error = 4.0 * (2.0 / count).sqrt();
        assert!((square - 1.0).abs() <= error, "{curve:?}: {square}");
    }
}

#[test]
fn a_draw_is_its_seed() {
    let draw = |seed| FarStart::draw(Curve::Logistic, seed);
    assert_eq!(draw(3), draw(3));
    assert_ne!(draw(3), draw(4));
    assert_eq!(draw(3).fit, CurveFit::draw(Curve::Logistic, 3));
    assert_eq!(draw(3).fit.curve(), Curve::Logistic);
}

#[test]
fn digits_are_those_of_the_worst_parameter_of_the_same_curve() {
    for curve in Curve::ALL {
        let fit = CurveFit::draw(curve, 0);
        let minimum = curve.truth();
        assert_eq!(fit.correct_digits(minimum, minimum).unwrap(), 10.0);
        let mut off = minimum.to_vec();
        off[1] *= 1.001;
        let digits = fit.correct_digits(&off, minimum).unwrap();
        assert!((digits - 3.0).abs() < 1e-6, "{curve:?}: {digits}");
        off[1] = f64::NAN;
        assert_eq!(fit.correct_digits(&off, minimum).unwrap(), 0.0);
    }
    let gaussian = CurveFit::draw(Curve::Gaussian, 0);
    let [height, place, width] = *Curve::Gaussian.truth() else {
        unreachable!()
    };
    let mirrored = [height, place, -width];
    assert_eq!(
        loss(&gaussian, &mirrored),
        loss(&gaussian, Curve::Gaussian.truth())
    );
    let digits = gaussian.correct_digits(&mirrored, Curve::Gaussian.truth());
    assert_eq!(digits.unwrap(), 10.0);
}

/// For a small δ, the residual is J·δ. Its cosines are those of r with the columns, computed by hand.
#[test]
fn the_gradient_test_passes_where_the_gradient_vanishes_alone() {
    let fit = CurveFit::draw(Curve::Rational, 0);
    let at_truth = GradientTest::at(&fit, Curve::Rational.truth()).unwrap();
    // For 40 numbers of noise, the cosine with a column is near 1/√40, and the bound near 1e-6.
    assert!(
        !at_truth.passes() && at_truth.largest_cosine > 1e-3,
        "{at_truth:?}"
    );
    let (mut r, mut j) = ([0.0; POINTS], Mat::zeros(POINTS, 3));
    fit.residual(Curve::Rational.truth(), &mut r).unwrap();
    fit.jacobian(Curve::Rational.truth(), j.as_mut()).unwrap();
    let cosine = |col| (dot(j.col(col), &r) / euclidean(j.col(col)) / euclidean(&r)).abs();
    let largest = (0..3).map(cosine).fold(0.0, f64::max);
    assert!((at_truth.largest_cosine - largest).abs() <= 4.0 * f64::EPSILON);
    // At this rate, every exponential except that of t = 0 underflows, so the rate has no effect. NaN does
    // not pass.
    let fit = CurveFit::draw(Curve::Decay, 0);
    let flat = GradientTest::at(&fit, &[5.0, 1e5, 1.0]).unwrap();
    assert_eq!(flat.least_effect, 0.0);
    let overflown = GradientTest::at(&fit, &[5.0, -1e5, 1.0]).unwrap();
    assert!(!overflown.passes(), "{overflown:?}");
}

#[test]
fn slices_and_matrices_of_other_sizes_are_refused() {
    for curve in Curve::ALL {
        let FarStart { fit, start } = FarStart::draw(curve, 0);
        let n = start.len();
        let mut r = [0.0; POINTS];
        for (result, argument) in [
            (fit.residual(&start[1..], &mut r), "x"),
            (fit.residual(&start, &mut r[1..]), "r"),
            (
                fit.jacobian(&start[1..], Mat::zeros(POINTS, n).as_mut()),
                "x",
            ),
            (
                fit.jacobian(&start, Mat::zeros(POINTS, n + 1).as_mut()),
                "j",
            ),
            (fit.correct_digits(&start[1..], &start).map(drop), "p"),
            (fit.correct_digits(&start, &start[1..]).map(drop), "minimum"),
        ] {
            let error = result.unwrap_err();
            let is_that = matches!(error, Error::Shape { operation, argument: found, .. }
                if operation == curve.name() && found == argument);
            assert!(is_that, "{curve:?}: {error}");
        }
    }
}

#[test]
fn evaluations_do_not_allocate() {
    for curve in Curve::ALL {
        let FarStart { fit, start } = FarStart::draw(curve, 0);
        let (mut r, mut j) = ([0.0; POINTS], Mat::zeros(POINTS, start.len()));
        let counted = measure(|| {
            fit.residual(&start, &mut r).unwrap();
            fit.jacobian(&start, j.as_mut()).unwrap();
        });
        assert_eq!(counted.count_total, 0, "{curve:?}");
    }
}
