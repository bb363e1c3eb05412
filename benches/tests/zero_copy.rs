//! A view in a library's own type, and a library's view of a slice, do not allocate.

use std::hint::black_box;

use leastwise_core::{Mat, MatMut, MatRef};
use leastwise_faer::{to_faer, to_faer_mut};
use leastwise_nalgebra::{from_nalgebra, from_nalgebra_mut, to_nalgebra, to_nalgebra_mut};
use leastwise_ndarray::{from_ndarray, from_ndarray_mut, to_ndarray, to_ndarray_mut};

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(black_box(vec![1.0; 7]))), 1);
}

#[test]
fn views_for_the_libraries_allocate_nothing() {
    let mut data = vec![1.0; 40];
    let count = allocations(|| {
        let a = MatRef::from_col_major_with_stride(&data, 7, 4, 10).unwrap();
        for view in [a, a.transpose()] {
            black_box(to_faer(view));
            black_box(to_nalgebra(view));
            black_box(to_ndarray(view).unwrap());
        }
        let mut a = MatMut::from_col_major_with_stride(&mut data, 7, 4, 10).unwrap();
        black_box(to_faer_mut(a.reborrow()));
        black_box(to_nalgebra_mut(a.reborrow().transpose()));
        black_box(to_ndarray_mut(a).unwrap());
    });
    assert_eq!(count, 0);
}

#[test]
fn views_of_the_libraries_own_types_allocate_nothing_and_share_memory() {
    let mut n = nalgebra::DMatrix::from_fn(5, 3, |i, j| (i + 10 * j) as f64);
    let mut d = ndarray::Array2::from_shape_fn((5, 3), |(i, j)| (i + 10 * j) as f64);
    let pointers = (n.as_ptr(), d.as_ptr());
    let count = allocations(|| {
        let (from_n, from_d) = (from_nalgebra(&n).unwrap(), from_ndarray(&d).unwrap());
        assert_eq!((from_n.data().as_ptr(), from_d.data().as_ptr()), pointers);
        assert!((0..5).all(|i| (0..3).all(|j| from_n[(i, j)] == from_d[(i, j)])));
        from_nalgebra_mut(&mut n).unwrap()[(4, 2)] = -1.0;
        from_ndarray_mut(&mut d).unwrap()[(4, 2)] = -1.0;
    });
    assert_eq!(count, 0);
    assert_eq!((n[(4, 2)], d[(4, 2)]), (-1.0, -1.0));
}

#[test]
fn a_product_through_the_trait_allocates_no_more_than_the_library_does() {
    let a = Mat::from_fn(32, 32, |i, j| (i * j % 7) as f64);
    for backend in leastwise_backends::all::<f64>(1) {
        let mut c = Mat::zeros(32, 32);
        let mut product = || {
            let (a, c) = (a.as_ref(), c.as_mut());
            backend.matmul(1.0, a, a, 0.0, c).unwrap();
        };
        // The set-up of a library at its first call is not part of a product.
        product();
        let count = allocations(product);
        // The library allocates the packing buffers of a product: one or two. Some libraries keep them.
        assert!(count <= 2, "{}: {count}", backend.info().engine);
    }
}
