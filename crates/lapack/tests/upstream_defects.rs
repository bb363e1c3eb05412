//! The smallest example that shows why this adapter does not call gelsy.
//!
//! A test passes as long as the defect exists. If a test fails, a release has fixed the defect.
//! Then the adapter can call the driver, and the entry in the README can be removed.

use leastwise_conformance::{LeastSquaresTruth, STABLE_BACKWARD_ERROR};
use leastwise_core::{Mat, Scalar};
use leastwise_lapack::drivers;

/// Expected a backward error of a few u. The matrix has full rank 20 with respect to ε, and gelsy
/// drops a block that is far larger than ε.
#[test]
fn gelsy_drops_what_is_not_negligible_of_kahans_matrix() {
    const N: usize = 20;
    let (c, s) = (0.6, 0.8);
    let a = Mat::from_fn(N, N, |i, j| {
        let row = f64::powf(s, i as f64);
        f32::of(match i.cmp(&j) {
            std::cmp::Ordering::Equal => row,
            std::cmp::Ordering::Less => -c * row,
            std::cmp::Ordering::Greater => 0.0,
        })
    });
    let b = Mat::from_fn(N, 1, |i, _| f32::of((i as f64).cos()));
    let rcond = N as f32 * f32::EPSILON;
    let (x, rank) = drivers::gelsy(a.clone(), &b, rcond).unwrap();
    let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), N);
    let error = truth.judge(&x).backward_error_u;
    assert!(
        error > 30.0 * STABLE_BACKWARD_ERROR,
        "mended: rank {rank}, backward error {error} u"
    );
}
