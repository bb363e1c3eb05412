//! A control solves the problem that its adapter solves.

use leastwise_backends::controls::Control;
use leastwise_backends::{AdapterScalar, find};
use leastwise_core::{Backend, LstsqOptions, Mat, MatRef, Method};
use leastwise_testset::{standard_normal, with_singular_values};

/// κ₂ of every problem, with ‖A‖₂ = 1.
const CONDITION: f64 = 10.0;

/// min ‖A·X − B‖_F with two right-hand sides and singular values from 1 to 1/κ, the last of which
/// are zero if `rank` is less than n.
fn problem<T: AdapterScalar>((m, n): (usize, usize), rank: usize) -> [Mat<T>; 2] {
    let exponent = |i: usize| -(i as f64) / (rank - 1) as f64;
    let s: Vec<f64> = (0..rank).map(|i| CONDITION.powf(exponent(i))).collect();
    let a = with_singular_values(m, n, &s, 0, 0);
    let a = Mat::from_fn(m, n, |i, j| T::of(a[(i, j)]));
    [a, standard_normal(m, 2, 0, 1)]
}

fn norm<T: AdapterScalar>(x: &Mat<T>) -> f64 {
    x.frobenius_norm().as_f64()
}

/// How far two backward stable solutions can be apart to first order: ‖δX‖_F ≤ 2η·(κ·(‖A‖_F·‖X‖_F +
/// ‖B‖_F) + κ²·‖A‖_F·‖R‖_F) with ‖A‖₂ = 1, ‖ΔA‖_F ≤ η·‖A‖_F and ‖ΔB‖_F ≤ η·‖B‖_F (Björck,
/// *Numerical Methods for Least Squares Problems*, 2nd ed., §2.2.2). ‖R‖_F ≤ ‖B‖_F, and η = 30 u is
/// what METHODOLOGY.md allows.
///
/// The normal equations work on κ² throughout: δX = (AᵀA)⁻¹·(E·X + F) with ‖E‖_F ≤ η·‖A‖²_F and
/// ‖F‖_F ≤ η·‖A‖_F·‖B‖_F.
fn bound<T: AdapterScalar>(method: Method, a: &Mat<T>, x: &Mat<T>, b: &Mat<T>) -> f64 {
    let (a, x, b) = (norm(a), norm(x), norm(b));
    let amplified = match method {
        Method::Cholesky => CONDITION.powi(2) * (a * a * x + a * b),
        _ => CONDITION * (a * x + b) + CONDITION.powi(2) * a * b,
    };
    2.0 * 30.0 * T::UNIT_ROUNDOFF.as_f64() * amplified
}

fn backend_of<T: AdapterScalar>(name: &str) -> Box<dyn Backend<T>> {
    find(name, 1).expect("a control bears the name of a backend")
}

fn compare<T: AdapterScalar>(control: &Control<T>, [a, b]: &[Mat<T>; 2], rank: usize) {
    let method = control.method;
    let options = LstsqOptions::new(method);
    let through = backend_of::<T>(control.backend).lstsq(a.as_ref(), b.as_ref(), &options);
    let expected = through.expect("a well-conditioned problem");
    assert_eq!(expected.rank, rank);
    let found = (control.solve)(a, b).expect("a well-conditioned problem");
    let difference = Mat::from_fn(a.cols(), b.cols(), |i, j| {
        found[(i, j)] - expected.x[(i, j)]
    });
    let (difference, bound) = (norm(&difference), bound(method, a, &expected.x, b));
    let (engine, size) = (control.backend, (a.rows(), a.cols()));
    assert!(
        difference <= bound,
        "{engine}/{method} {} of {size:?}: {difference:e} apart, {bound:e} allowed",
        T::NAME
    );
}

fn full_rank<T: AdapterScalar>() {
    // One row more than columns is fewer than linfa-linalg's QR of [A B] needs.
    for shape in [(40, 7), (33, 32), (32, 32), (4, 4)] {
        for control in T::least_squares_by_hand() {
            compare(&control, &problem(shape, shape.1), shape.1);
        }
    }
}

#[test]
fn a_control_agrees_with_its_adapter() {
    full_rank::<f64>();
    full_rank::<f32>();
}

fn minimum_norm<T: AdapterScalar>() {
    for (shape, rank) in [((40, 7), 5), ((32, 32), 20), ((4, 4), 3)] {
        let svds = T::least_squares_by_hand().into_iter();
        for control in svds.filter(|control| control.method == Method::Svd) {
            compare(&control, &problem(shape, rank), rank);
        }
    }
}

#[test]
fn an_svd_without_full_rank_gives_the_minimum_norm() {
    minimum_norm::<f64>();
    minimum_norm::<f32>();
}

#[test]
fn a_wide_problem_is_not_offered() {
    let [a, b] = [
        standard_normal::<f64>(3, 5, 0, 0),
        standard_normal(3, 1, 0, 1),
    ];
    for control in f64::least_squares_by_hand() {
        assert_eq!((control.solve)(&a, &b), Err("not offered".to_owned()));
    }
}

/// |C − fl(C)| ≤ k·u·|A|·|B| for each of the two, in any order of summation and to first order.
fn product<T: AdapterScalar>(a: MatRef<'_, T>, b: MatRef<'_, T>) {
    for control in T::products_by_hand() {
        let (mut found, mut expected) = (
            Mat::zeros(a.rows(), b.cols()),
            Mat::zeros(a.rows(), b.cols()),
        );
        (control.multiply)(a, b, found.as_mut());
        backend_of::<T>(control.backend)
            .matmul(T::of(1.0), a, b, T::of(0.0), expected.as_mut())
            .expect("shapes fit");
        for i in 0..a.rows() {
            for j in 0..b.cols() {
                let terms = (0..a.cols()).map(|l| (a[(i, l)] * b[(l, j)]).as_f64().abs());
                let bound = 2.0 * a.cols() as f64 * T::UNIT_ROUNDOFF.as_f64() * terms.sum::<f64>();
                let difference = (found[(i, j)] - expected[(i, j)]).as_f64().abs();
                assert!(difference <= bound, "{} ({i}, {j})", control.backend);
            }
        }
    }
}

#[test]
fn a_product_agrees_with_its_adapter() {
    for (m, n) in [(40, 7), (32, 32), (7, 4)] {
        let a = standard_normal::<f64>(m, n, 0, 0);
        product(a.as_ref().transpose(), a.as_ref());
        product(a.as_ref(), a.as_ref().transpose());
        let a = standard_normal::<f32>(m, n, 0, 0);
        product(a.as_ref().transpose(), a.as_ref());
    }
}
