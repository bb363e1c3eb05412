//! NIST's data sets by the trust region with its defaults, on every backend, from both of NIST's
//! starts and from starts that are wrong by a factor of 100.

use leastwise_backends::all;
use leastwise_core::Backend;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{Budget, LevenbergMarquardt, Report, minimize};
use leastwise_testset::GradientTest;
use leastwise_testset::nist::{DataSet, data_sets};

const EVALUATIONS: usize = 2000;

fn solve(backend: &dyn Backend<f64>, set: &DataSet, start: &[f64]) -> Report<f64> {
    let control = TrustRegion::new().with_max_evaluations(EVALUATIONS);
    let mut lm = LevenbergMarquardt::new(control.unwrap(), DenseQr::new(backend));
    minimize(&mut lm, set, start, &Budget::steps(EVALUATIONS), &mut []).unwrap()
}

/// The certified parameters, multiplied or divided by 100: all together, and each alone. Signs
/// stay.
fn far_starts(set: &DataSet) -> Vec<(String, Vec<f64>)> {
    let certified = set.certified.parameters;
    let mut starts = Vec::new();
    for factor in [100.0, 0.01] {
        let all = certified.iter().map(|b| factor * b).collect();
        starts.push((format!("{}, all x{factor}", set.name), all));
        for j in 0..certified.len() {
            let mut start = certified.to_vec();
            start[j] *= factor;
            starts.push((format!("{}, b{} x{factor}", set.name, j + 1), start));
        }
    }
    starts
}

/// 10 digits of the certified 11, or as many as rounding allows.
fn asked(set: &DataSet) -> f64 {
    set.attainable_digits().unwrap().min(10.0)
}

#[test]
fn conditioning_leaves_9_digits() {
    for set in data_sets() {
        assert!(asked(set) >= 9.0, "{}: {}", set.name, asked(set));
    }
}

#[test]
fn both_starts_lead_to_the_certified_minimum() {
    for backend in all::<f64>(1) {
        for set in data_sets() {
            for start in set.starts {
                let report = solve(&*backend, set, start);
                let digits = set.correct_digits(&report.parameters).unwrap();
                let place = format!("{} from {start:?}, {}", set.name, backend.info().name);
                assert!(report.termination.is_success(), "{place}: {report:?}");
                assert!(digits >= asked(set), "{place}: {digits} {report:?}");
            }
        }
    }
}

#[test]
fn no_success_is_claimed_where_the_gradient_test_fails() {
    for backend in all::<f64>(1) {
        let mut solved = 0;
        for set in data_sets() {
            for (place, start) in far_starts(set) {
                let report = solve(&*backend, set, &start);
                solved += usize::from(set.is_minimum(report.loss).unwrap());
                if !report.termination.is_success() {
                    continue;
                }
                let test = GradientTest::at(set, &report.parameters).unwrap();
                let name = backend.info().name;
                assert!(test.passes(), "{place}, {name}: {test:?} {report:?}");
            }
        }
        // Of 294; the others end at other minima, on plateaus or where the model overflows.
        assert!(solved >= 190, "{}: {solved}", backend.info().name);
    }
}
