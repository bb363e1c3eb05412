//! The traps of leastwise-conformance, and the conversions of faer's matrices.

use leastwise_conformance::suite;
use leastwise_core::{MatMut, MatRef};
use leastwise_faer::{from_faer, to_faer, to_faer_mut};

leastwise_conformance::traps!(leastwise_faer::Faer::default());

#[test]
fn the_suite() {
    let backend = leastwise_faer::Faer::default();
    let report = suite::run::<f64>(&backend, &[]).and(suite::run::<f32>(&backend, &[]));
    report.assert_passed(6252);
}

#[test]
fn the_version_is_the_one_that_is_built() {
    leastwise_conformance::assert_versions(&leastwise_faer::Faer::default(), &["faer"]);
}

#[test]
fn views_share_memory_and_keep_values() {
    // Tall, wide and square: faer 0.24.4 swaps the strides of mutable row-major views.
    for (rows, cols) in [(5, 3), (3, 5), (4, 4), (1, 4), (4, 1)] {
        for (row_stride, col_stride) in [(1, rows), (1, rows + 2), (cols, 1), (cols + 2, 1)] {
            let mut data: Vec<f64> = (0..60).map(f64::from).collect();
            let ours = MatRef::with_strides(&data, rows, cols, row_stride, col_stride).unwrap();
            let theirs = to_faer(ours);
            assert_eq!(theirs.as_ptr(), data.as_ptr());
            assert_eq!(from_faer(theirs), ours.to_mat());
            let address = data.as_ptr();
            let ours = MatMut::with_strides(&mut data, rows, cols, row_stride, col_stride).unwrap();
            let mut theirs = to_faer_mut(ours);
            assert_eq!(theirs.as_ptr(), address);
            theirs[(rows - 1, cols - 1)] = -1.0;
            assert_eq!(
                data[(rows - 1) * row_stride + (cols - 1) * col_stride],
                -1.0
            );
        }
    }
}
