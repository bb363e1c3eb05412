//! Verdicts on answers that are known to be right or wrong.

use leastwise_conformance::verdict::{self, Answer, Truth, Verdict};
use leastwise_conformance::{Certificate, LeastSquaresTruth};
use leastwise_core::{Mat, Method};
use leastwise_faer::Faer;

/// The verdict on an answer of rank 1 by either truth.
fn verdicts(a: &Mat<f64>, b: &Mat<f64>, x: &Mat<f64>) -> [Verdict; 2] {
    let exact = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 1);
    let certificate = Certificate::new(a.as_ref(), b.as_ref(), &[&Faer::default()]);
    let certificate = certificate.expect("faer decomposes it");
    let answer = Answer {
        x,
        rank: Some(1),
        residual_norms: None,
        singular_values: None,
    };
    let truths: [&dyn Truth<f64>; 2] = [&exact, &certificate];
    truths.map(|truth| verdict::judge(Method::Svd, truth, &answer))
}

/// A = [1 1; 0 0] and b = (δ, 1) have the solution x = δ/2·(1, 1), whose size is arbitrary. The matrix A + ΔA of rank 1 with
/// the rows (1, 1+2u) and u·(2, 2+4u) has the solution u·(1, 1+2u) up to O(u³). Its null space is turned by u, so its part of
/// the answer is about u², which may be more than ‖x‖.
#[test]
fn the_null_part_is_compared_with_the_answer_where_the_true_one_is_smaller() {
    let unit = f64::EPSILON / 2.0;
    let a = Mat::from_fn(2, 2, |i, _| if i == 0 { 1.0 } else { 0.0 });
    for power in [-60, -120, -1000] {
        let b = Mat::from_fn(2, 1, |i, _| if i == 0 { 2f64.powi(power) } else { 1.0 });
        let turned =
            |turn: f64| Mat::from_fn(2, 1, |j, _| if j == 0 { unit } else { unit * (1.0 + turn) });
        for verdict in verdicts(&a, &b, &turned(2.0 * unit)) {
            assert_eq!(verdict.fault(), None, "2^{power}");
        }
        // A null space that is turned by more than rounding errors is a fault.
        for verdict in verdicts(&a, &b, &turned(1e-8)) {
            let fault = verdict.fault().expect("a fault");
            assert!(fault.contains("null part"), "2^{power}: {fault}");
        }
    }
}
