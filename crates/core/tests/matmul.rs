//! The matrix product: its shapes, and what needs no library.

use leastwise_core::{Engine, Mat, MatMul, Method};

use super::watched::{Watched, assert_message, rows};

#[test]
fn a_product_is_that_of_the_definition() {
    let backend = Watched::default();
    let (a, b) = (
        rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        rows(&[[1.0, 0.0], [2.0, 1.0], [0.0, -1.0]]),
    );
    let mut c = rows(&[[10.0, 20.0], [30.0, 40.0]]);
    let product = backend.matmul(2.0, a.as_ref(), b.as_ref(), 0.5, c.as_mut());
    assert_eq!(product, Ok(()));
    assert_eq!(c, rows(&[[15.0, 8.0], [43.0, 18.0]]));
    assert_eq!(backend.products.get(), 1);
}

#[test]
fn shapes_that_do_not_match_are_refused() {
    let backend = Watched::default();
    let multiply = |(m, k): (usize, usize), (l, n): (usize, usize), (p, q): (usize, usize)| {
        let (a, b, mut c) = (Mat::zeros(m, k), Mat::zeros(l, n), Mat::zeros(p, q));
        backend.matmul(1.0, a.as_ref(), b.as_ref(), 0.0, c.as_mut())
    };
    assert_message(
        multiply((2, 3), (2, 4), (2, 4)),
        "matmul: b must be 3x4 for a 2x3 and b 2x4, but it is 2x4",
    );
    for found in [(3, 4), (2, 3), (4, 2)] {
        let (p, q) = found;
        let refusal = format!("matmul: c must be 2x4 for a 2x3 and b 3x4, but it is {p}x{q}");
        assert_message(multiply((2, 3), (3, 4), found), &refusal);
    }
    assert_eq!(backend.products.get(), 0);
}

#[test]
fn without_entries_or_terms_no_library_is_called() {
    let backend = Watched::default();
    for (m, n) in [(0, 2), (2, 0), (0, 0)] {
        let (a, b, mut c) = (Mat::zeros(m, 3), Mat::zeros(3, n), Mat::zeros(m, n));
        let product = backend.matmul(1.0, a.as_ref(), b.as_ref(), 0.0, c.as_mut());
        assert_eq!(product, Ok(()));
    }
    let (a, b) = (Mat::zeros(1, 0), Mat::zeros(0, 2));
    for (beta, before, after) in [(2.0, 3.0, 6.0), (1.0, 3.0, 3.0), (0.0, f64::NAN, 0.0)] {
        let mut c = rows(&[[before, before]]);
        let product = backend.matmul(1.0, a.as_ref(), b.as_ref(), beta, c.as_mut());
        assert_eq!(product, Ok(()));
        assert_eq!(c, rows(&[[after, after]]));
    }
    assert_eq!(backend.products.get(), 0);
}

#[test]
fn a_backend_has_the_methods_that_it_lists() {
    let mut info = Watched::default().info();
    assert!(Method::ALL.into_iter().all(|method| info.has(method)));
    info.methods = &[(Method::Qr, "by hand")];
    assert!(info.has(Method::Qr) && !info.has(Method::Svd));
    let minimum_norm = Method::ALL.map(Method::handles_rank_deficiency);
    assert_eq!(minimum_norm, [true, true, false, false]);
    assert_eq!(
        format!("{:>5}|{:<4}|", Method::Svd, Method::Qr),
        "  svd|qr  |"
    );
}
