//! The judge of fits confirms known minima. It refuses other points, for the right reason.

use leastwise_conformance::{Claim, Judge, Judgement};
use leastwise_core::norm::euclidean;
use leastwise_testset::curves::{CurveThroughPoints, Model};
use leastwise_testset::far_starts::{Curve, CurveFit};
use leastwise_testset::more_garbow_hillstrom::{BrownAlmostLinear, MinimumKind, minpack_runs};
use leastwise_testset::nist::data_sets;
use leastwise_testset::{WideResidual, standard_normal};

fn judge(residual: &dyn WideResidual, p: &[f64]) -> Judgement {
    Judge::new(residual).judge(p)
}

/// The polished point, rounded, is a minimum. Points that differ from it by 0.1 % and 1 % are not.
fn confirm(residual: &dyn WideResidual, minimum: &[f64], place: &str) {
    let at = judge(residual, minimum);
    assert!(at.is_minimum(), "{place}: {at:?}");
    // An allowance for early ends, and none of what matters.
    assert!(at.loss - at.polished_loss <= at.allowance, "{place}");
    for (j, factor) in (0..minimum.len()).flat_map(|j| [(j, 1.01), (j, 0.9)]) {
        let mut moved = minimum.to_vec();
        moved[j] *= factor;
        let found = judge(residual, &moved);
        let differs = found.loss > at.loss + found.allowance;
        assert!(!(differs && found.is_minimum()), "{place}, p{j}: {found:?}");
        assert!(
            differs || minimum[j] == 0.0 || found.is_minimum(),
            "{place}, p{j}: {found:?}"
        );
    }
}

#[test]
fn certified_minima_of_nist_are_minima_and_starts_are_none() {
    for set in data_sets() {
        for start in set.starts {
            let from_start = judge(set, start);
            assert!(!from_start.is_minimum(), "{}: {from_start:?}", set.name);
        }
        let polished = judge(set, set.certified.parameters);
        let certified = set.certified.residual_sum_of_squares;
        // 11 digits are certified, and y in f64 is off by u·|y|.
        let error = (polished.polished_loss / certified - 1.0).abs();
        let size = euclidean(&set.magnitudes()) / certified.sqrt();
        assert!(
            error <= 1e-10 + 2.0 * f64::EPSILON * size,
            "{}: {error:e}",
            set.name
        );
        let digits = set.correct_digits(&polished.polished).unwrap();
        let attainable = set.attainable_digits().unwrap();
        // Half a unit of the eleventh digit is up to 5·10⁻¹¹.
        let rounded = -5e-11f64.log10();
        assert!(
            digits >= attainable.min(rounded),
            "{}: {digits} of {attainable}",
            set.name
        );
        confirm(set, &polished.polished, set.name);
    }
}

#[test]
fn minima_of_more_garbow_and_hillstrom_are_minima() {
    for run in minpack_runs::<f64>().iter().filter(|run| run.factor == 1.0) {
        let (wide, place) = (run.problem.wide(), run.to_string());
        for known in run.problem.minima() {
            for x in known.minimisers {
                let found = judge(wide, &x);
                match known.kind {
                    MinimumKind::Global | MinimumKind::Local => {
                        assert!(found.is_minimum(), "{place} {x:?}: {found:?}");
                    }
                    // For n > 3 the decrease at Brown's is of higher order.
                    MinimumKind::Stationary if run.problem.number() == 35 => {
                        assert_eq!(found.claim, Claim::Saddle, "{place} {x:?}: {found:?}");
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_descent_from_standard_starts_finds_the_printed_minima() {
    for run in minpack_runs::<f64>().iter().filter(|run| run.factor == 1.0) {
        // From there MINPACK ends at another stationary point.
        if run.missed_by_minpack {
            continue;
        }
        let (wide, place) = (run.problem.wide(), run.to_string());
        let mut end = judge(wide, &run.start());
        assert_eq!(end.claim, Claim::Slope, "{place}");
        // Meyer, and Brown and Dennis take more than 200 steps.
        for _ in 0..5 {
            end = judge(wide, &end.polished);
        }
        assert!(
            run.is_solved(end.polished_loss).unwrap(),
            "{place}: {end:?}"
        );
        assert!(end.is_minimum(), "{place}: {end:?}");
    }
}

#[test]
fn minima_of_curves_are_minima() {
    for curve in Curve::ALL {
        for seed in 0..3 {
            let fit = CurveFit::draw(curve, seed);
            let polished = judge(&fit, curve.truth());
            assert_eq!(polished.claim, Claim::Slope, "the truth is not the minimum");
            confirm(&fit, &polished.polished, &format!("{curve:?}, seed {seed}"));
        }
    }
}

/// y = f(x; truth) + noise at 0, h, 2h, …
fn drawn(
    model: Model,
    truth: &[f64],
    (points, h): (usize, f64),
    noise: f64,
    seed: u64,
) -> CurveThroughPoints {
    let z = standard_normal::<f64>(points, 1, seed, 1);
    let x: Vec<f64> = (0..points).map(|i| h * i as f64).collect();
    let y = x
        .iter()
        .zip(z.data())
        .map(|(&x, z)| model.value(truth, x) + noise * z);
    let y = y.collect();
    CurveThroughPoints::new(model, x, y).unwrap()
}

#[test]
fn every_model_has_its_minimum_near_the_truth() {
    for (model, truth) in [
        (Model::Line, &[1.0, 2.0][..]),
        (Model::Decay, &[5.0, 1.5, 1.0]),
        (Model::HalfLife, &[90.0, 95.0, 3.0]),
        (Model::TwoDecays, &[3.0, 0.4, 6.0, 2.5]),
        (Model::Cosine, &[2.0, 0.6]),
        (Model::PeakWithOffset, &[3.0, 2.0, 0.7, 1.0]),
        (Model::Logistic, &[10.0, 1.2, 3.0]),
        (Model::Rational, &[1.0, 2.0, 0.5, 0.1]),
    ] {
        let fit = drawn(model, truth, (40, 0.2), 0.01, 7);
        let polished = judge(&fit, truth);
        assert_eq!(polished.claim, Claim::Slope);
        // ‖r‖²/σ² is χ² with 40 − n degrees of freedom: below 90 but for one draw in 10⁵.
        assert!(polished.polished_loss <= 90.0 * 1e-4, "{model:?}");
        confirm(&fit, &polished.polished, &format!("{model:?}"));
    }
}

#[test]
fn saddles_are_refused_by_their_curvature() {
    // The best constant is stationary: cos(p₂·x) is even in p₂.
    let cosine = drawn(Model::Cosine, &[2.0, 0.6], (41, 0.25), 0.0, 0);
    let constant = (0..41)
        .map(|i| 2.0 * (0.15 * f64::from(i)).cos())
        .sum::<f64>()
        / 41.0;
    // Equal exponentials keep equal columns for ever, where the best single decay is.
    let decays = drawn(Model::TwoDecays, &[3.0, 0.4, 6.0, 2.5], (40, 0.1), 0.01, 3);
    let unbounded = f64::INFINITY;
    let (lower, upper) = (
        [-unbounded, -unbounded, 0.0, 0.0],
        [unbounded, unbounded, 0.0, 0.0],
    );
    let best = Judge::new(&decays)
        .within(&lower, &upper)
        .judge(&[9.0, 1.0, 0.0, 0.0]);
    let (height, rate) = (best.polished[0], best.polished[1]);
    let equal = [height / 2.0, rate, height / 2.0, rate];
    let brown = BrownAlmostLinear::new(3).unwrap();
    let cases: [(&str, &dyn WideResidual, &[f64]); 3] = [
        ("cosine", &cosine, &[constant, 0.0]),
        ("equal decays", &decays, &equal),
        ("Brown almost-linear", &brown, &[0.0, 0.0, 4.0]),
    ];
    for (name, residual, p) in cases {
        let found = judge(residual, p);
        assert_eq!(found.claim, Claim::Saddle, "{name}: {found:?}");
        assert!(found.least_eigenvalue < -1e-6, "{name}: {found:?}");
    }
}

#[test]
fn plateaus_are_refused_and_redundant_parameters_are_not() {
    // On x ≥ 36 exp(−x) is rounding, and the loss elsewhere is a fraction.
    let x: Vec<f64> = (36..=72).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|x| 2.0 * (0.1 * x).exp() - 70.0).collect();
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let growth = CurveThroughPoints::new(Model::Decay, x, y).unwrap();
    for rate in [1.0, 1e3, 1e5] {
        let found = judge(&growth, &[1.0, rate, mean]);
        assert!(!found.is_minimum(), "{found:?}");
        assert!(found.polished_loss < 0.9 * found.loss, "{found:?}");
    }
    let underflown = judge(&growth, &[1.0, 1e3, mean]);
    assert_eq!(underflown.claim, Claim::Plateau);
    // Bounds do not hide it, but for a rate that may not change.
    let unbounded = f64::INFINITY;
    let upper = [unbounded, 1e3, unbounded];
    for (least_rate, claim) in [(-1.0, Claim::Plateau), (1e3, Claim::Minimum)] {
        let lower = [-unbounded, least_rate, -unbounded];
        let bounded = Judge::new(&growth).within(&lower, &upper);
        assert_eq!(bounded.judge(&[1.0, 1e3, mean]).claim, claim);
    }
    // A constant: the rate has no effect anywhere.
    let x: Vec<f64> = (0..10).map(f64::from).collect();
    let y = x
        .iter()
        .map(|x| if *x > 4.0 { 1.25 } else { 0.75 })
        .collect();
    let flat = CurveThroughPoints::new(Model::Cosine, x.clone(), vec![0.0; 10]).unwrap();
    assert!(judge(&flat, &[0.0, 0.3]).is_minimum());
    // A step: the line is no minimum at the mean, but for a slope that is held.
    let line = CurveThroughPoints::new(Model::Line, x, y).unwrap();
    assert_eq!(judge(&line, &[1.0, 0.0]).claim, Claim::Slope);
    let held = Judge::new(&line).within(&[-9.0, 0.0], &[9.0, 0.0]);
    assert!(held.judge(&[1.0, 0.0]).is_minimum());
    let below = Judge::new(&line).within(&[f64::NEG_INFINITY, -1.0], &[f64::INFINITY, 0.0]);
    assert!(below.judge(&[1.0, 0.0]).is_minimum());
    let above = Judge::new(&line).within(&[f64::NEG_INFINITY, 0.0], &[f64::INFINITY, 1.0]);
    assert_eq!(above.judge(&[1.0, 0.0]).claim, Claim::Slope);
}

#[test]
fn what_is_not_finite_is_undefined() {
    let fit = drawn(Model::Rational, &[1.0, 2.0, 0.5, 0.1], (40, 0.2), 0.01, 7);
    // A pole at x = 2.
    let found = judge(&fit, &[1.0, 2.0, -0.5, 0.0]);
    assert_eq!(found.claim, Claim::Undefined, "{found:?}");
    assert_eq!(judge(&fit, &[f64::NAN; 4]).claim, Claim::Undefined);
}
