//! The traps and the suite of leastwise-conformance, and the facts that this adapter reports about
//! its library.

use leastwise_conformance::suite;
use leastwise_core::{Engine, Error, Mat, MatMul, MatMut, MatRef};
use leastwise_lapack::{Lapack, drivers};

leastwise_conformance::traps!(leastwise_lapack::Lapack::default());

#[test]
fn the_suite() {
    let backend = Lapack::default();
    let report = suite::run::<f64>(&backend, &[]).and(suite::run::<f32>(&backend, &[]));
    report.assert_passed(6252);
}

#[test]
fn the_library_says_its_version_and_its_threads() {
    let info = Lapack::default().info();
    let parts: Vec<_> = info.version.split('.').map(str::parse::<u32>).collect();
    assert!(
        parts.len() >= 2 && parts[..2].iter().all(Result::is_ok),
        "{}",
        info.version
    );
    assert_eq!(info.threads, 1);
}

/// A stride beyond 32 bits is refused if it is used. An unused stride is ignored.
#[cfg(target_pointer_width = "64")]
#[test]
fn what_32_bit_integers_cannot_hold_is_refused() {
    let far = 1 << 40;
    let data = [2.0];
    let one = MatRef::with_strides(&data, 1, 1, 1, far).unwrap();
    let mut product = [0.0];
    let c = MatMut::from_col_major(&mut product, 1, 1).unwrap();
    Lapack::default().matmul(1.0, one, one, 0.0, c).unwrap();
    assert_eq!(product, [4.0]);

    let empty: [f64; 0] = [];
    let wide = MatRef::from_col_major(&empty, 0, far).unwrap();
    let mut nothing: [f64; 0] = [];
    let c = MatMut::from_col_major(&mut nothing, far, 0).unwrap();
    let refusal = Lapack::default().matmul_impl(
        1.0,
        wide.transpose(),
        MatRef::from_col_major(&empty, 0, 0).unwrap(),
        0.0,
        c,
    );
    assert!(matches!(refusal, Err(Error::Shape { .. })), "{refusal:?}");
}

/// The functions of an adapter are public, and LAPACK would read beyond the end.
#[test]
fn shapes_that_do_not_fit_are_refused_by_the_adapter_itself() {
    let data = [1.0; 6];
    let a = MatRef::from_col_major(&data, 2, 3).unwrap();
    let mut entries = [0.0; 4];
    let c = MatMut::from_col_major(&mut entries, 2, 2).unwrap();
    let refusal = Lapack::default().matmul_impl(1.0, a, a, 0.0, c);
    assert!(matches!(refusal, Err(Error::Shape { .. })), "{refusal:?}");
}

/// A·x = b for the 2×2 system 3x₀ + 2x₁ = 12, x₀ + 4x₁ = 14 and, for its first row alone, the shortest
/// solution 12·(3, 2)/13.
#[test]
fn the_drivers_of_lapack_solve_what_is_well_conditioned() {
    let rcond = 1e-12;
    let square = Mat::from_col_major(vec![3.0, 1.0, 2.0, 4.0], 2, 2).unwrap();
    let row = Mat::from_col_major(vec![3.0, 2.0], 1, 2).unwrap();
    for (a, b, expected) in [
        (square, vec![12.0, 14.0], [2.0f64, 3.0]),
        (row, vec![12.0], [36.0 / 13.0, 24.0 / 13.0]),
    ] {
        let b = Mat::from_col_major(b, a.rows(), 1).unwrap();
        let (by_svd, svd_rank) = drivers::gelsd(a.clone(), &b, rcond).unwrap();
        let (by_pivots, pivot_rank) = drivers::gelsy(a.clone(), &b, rcond).unwrap();
        assert_eq!((svd_rank, pivot_rank), (a.rows(), a.rows()));
        for x in [by_svd, by_pivots, drivers::gels(a.clone(), &b).unwrap()] {
            let error = (x[(0, 0)] - expected[0]).hypot(x[(1, 0)] - expected[1]);
            assert!(error < 1e-14, "{error}");
        }
        let longer = Mat::zeros(3, 1);
        let refusal = drivers::gels(a, &longer);
        assert!(matches!(refusal, Err(Error::Shape { .. })), "{refusal:?}");
    }
}
