//! The traps of leastwise-conformance, and the conversions of nalgebra's matrices.

use leastwise_conformance::suite;
use leastwise_core::{MatMut, MatRef};
use leastwise_nalgebra::{from_nalgebra, from_nalgebra_mut, to_nalgebra, to_nalgebra_mut};

leastwise_conformance::traps!(leastwise_nalgebra::Nalgebra);

#[test]
fn the_suite() {
    let backend = leastwise_nalgebra::Nalgebra;
    let report = suite::run::<f64>(&backend, &[]).and(suite::run::<f32>(&backend, &[]));
    report.assert_passed(6252);
}

#[test]
fn the_version_is_the_one_that_is_built() {
    leastwise_conformance::assert_versions(&leastwise_nalgebra::Nalgebra, &["nalgebra"]);
}

#[test]
fn views_share_memory_and_keep_values() {
    let mut data: Vec<f64> = (0..40).map(f64::from).collect();
    for (row_stride, col_stride) in [(1, 7), (7, 1), (1, 5), (5, 1)] {
        let ours = MatRef::with_strides(&data, 5, 5, row_stride, col_stride).unwrap();
        let theirs = to_nalgebra(ours);
        assert_eq!(theirs.as_ptr(), data.as_ptr());
        for (i, j) in [(0, 0), (4, 0), (0, 4), (3, 2)] {
            assert_eq!(theirs[(i, j)], ours[(i, j)]);
        }
        let place = 3 * row_stride + 2 * col_stride;
        let ours = MatMut::with_strides(&mut data, 5, 5, row_stride, col_stride).unwrap();
        to_nalgebra_mut(ours)[(3, 2)] = -1.0;
        assert_eq!(data[place], -1.0);
    }
}

#[test]
fn matrices_of_nalgebra_are_viewed_in_place() {
    let mut theirs = nalgebra::DMatrix::from_fn(4, 3, |i, j| (10 * i + j) as f64);
    let ours = from_nalgebra(&theirs).unwrap();
    assert_eq!(ours.data().as_ptr(), theirs.as_ptr());
    assert_eq!((ours.rows(), ours.cols(), ours[(3, 1)]), (4, 3, 31.0));
    from_nalgebra_mut(&mut theirs).unwrap()[(2, 2)] = -1.0;
    assert_eq!(theirs[(2, 2)], -1.0);
}
