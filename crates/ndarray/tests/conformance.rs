//! The traps of leastwise-conformance, and the conversions of ndarray's arrays.

use leastwise_conformance::suite;
use leastwise_core::{MatMut, MatRef};
use leastwise_ndarray::{from_ndarray, from_ndarray_mut, to_ndarray, to_ndarray_mut};
use ndarray::{Array2, Axis, ShapeBuilder, Slice};

leastwise_conformance::traps!(leastwise_ndarray::Ndarray);

#[test]
fn the_suite() {
    let backend = leastwise_ndarray::Ndarray;
    let report = suite::run::<f64>(&backend, &[]).and(suite::run::<f32>(&backend, &[]));
    report.assert_passed(6252);
}

#[test]
fn the_version_is_the_one_that_is_built() {
    let packages = ["ndarray", "linfa-linalg"];
    leastwise_conformance::assert_versions(&leastwise_ndarray::Ndarray, &packages);
}

#[test]
fn views_share_memory_and_keep_values() {
    let mut data: Vec<f64> = (0..40).map(f64::from).collect();
    for (row_stride, col_stride) in [(1, 7), (7, 1), (1, 5), (5, 1)] {
        let ours = MatRef::with_strides(&data, 5, 5, row_stride, col_stride).unwrap();
        let theirs = to_ndarray(ours).unwrap();
        assert_eq!(theirs.as_ptr(), data.as_ptr());
        assert!(theirs.indexed_iter().all(|(place, &x)| x == ours[place]));
        let place = 3 * row_stride + 2 * col_stride;
        let ours = MatMut::with_strides(&mut data, 5, 5, row_stride, col_stride).unwrap();
        to_ndarray_mut(ours).unwrap()[(3, 2)] = -1.0;
        assert_eq!(data[place], -1.0);
    }
}

#[test]
fn arrays_of_ndarray_are_viewed_in_place_if_contiguous() {
    let value = |(i, j): (usize, usize)| (10 * i + j) as f64;
    let by_rows = Array2::from_shape_fn((4, 3), value);
    let by_columns = Array2::from_shape_fn((4, 3).f(), value);
    for mut theirs in [by_rows, by_columns] {
        let ours = from_ndarray(&theirs).unwrap();
        assert_eq!(ours.data().as_ptr(), theirs.as_ptr());
        assert!(theirs.indexed_iter().all(|(place, &x)| x == ours[place]));
        from_ndarray_mut(&mut theirs).unwrap()[(2, 2)] = -1.0;
        assert_eq!(theirs[(2, 2)], -1.0);
        // Every other row; backwards.
        for step in [2, -1] {
            let gaps = theirs.slice_axis(Axis(0), Slice::new(0, None, step));
            assert!(from_ndarray(&gaps).is_err());
        }
    }
}
