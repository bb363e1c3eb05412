//! The contract of factorisations over the plain backend: shapes, scales, and results that are not finite.

use leastwise_core::factor::Triangularized;
use leastwise_core::{Error, Factorizations, Mat, Result, Stack, Svd, Workspace};
use leastwise_plain::Plain;

use super::watched::{
    Watched, assert_all_close, assert_close, assert_message, assert_wrong, composed, rows, times,
    transposed_product,
};

/// ‖A‖_F is √55.
fn tall() -> Mat<f64> {
    rows(&[[1.0, 2.0], [3.0, -1.0], [2.0, 6.0]])
}

fn identity(n: usize) -> Mat<f64> {
    Mat::identity(n)
}

/// A with column j multiplied by 2^powers[j].
fn columns_times(a: &Mat<f64>, powers: &[i32]) -> Mat<f64> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] * 2f64.powi(powers[j]))
}

/// The upper triangle of the first rows.
fn upper(a: &Mat<f64>) -> Mat<f64> {
    let n = a.cols();
    Mat::from_fn(n, n, |i, j| if i <= j { a[(i, j)] } else { 0.0 })
}

#[track_caller]
fn orthonormal(q: &Mat<f64>) {
    assert_close(&transposed_product(q, q), &identity(q.cols()), 1.0);
}

/// The refusals of matrices without rows or columns, and of wide ones where they are refused.
#[test]
fn shapes_are_refused_with_their_numbers() {
    let plain = Watched::default();
    let empty = "must have at least one row and one column, but it is";
    let tall_needed = "must have at least as many rows as columns, but it is 2x3";
    let wide = Mat::<f64>::zeros(2, 3);
    assert_message(plain.qr(wide.as_ref()), &format!("qr: a {tall_needed}"));
    assert_message(
        plain.triangularize(wide.as_ref(), identity(2).as_ref()),
        &format!("triangularize: a {tall_needed}"),
    );
    for (m, n) in [(0, 0), (3, 0)] {
        let a = Mat::zeros(m, n);
        assert_message(plain.qr(a.as_ref()), &format!("qr: a {empty} {m}x{n}"));
        assert_message(plain.svd(a.as_ref()), &format!("svd: a {empty} {m}x{n}"));
        assert_message(
            plain.triangularize(a.as_ref(), Mat::zeros(m, 1).as_ref()),
            &format!("triangularize: a {empty} {m}x{n}"),
        );
    }
    assert_message(
        plain.svd(Mat::zeros(0, 3).as_ref()),
        &format!("svd: a {empty} 0x3"),
    );
    assert_message(
        plain.triangularize(tall().as_ref(), Mat::zeros(3, 0).as_ref()),
        &format!("triangularize: b {empty} 3x0"),
    );
    assert_message(
        plain.triangularize(tall().as_ref(), Mat::zeros(2, 1).as_ref()),
        "triangularize: b must have 3 rows, as a has, but it is 2x1",
    );
    let not_square = "must have as many rows as columns, but it is 3x2";
    let empty_square = format!("{empty} 0x0");
    for (a, detail) in [(tall(), not_square), (Mat::zeros(0, 0), &empty_square[..])] {
        let eigen = plain.symmetric_eigen(a.as_ref());
        assert_message(eigen, &format!("symmetric_eigen: a {detail}"));
        assert_message(plain.cholesky(a.as_ref()), &format!("cholesky: a {detail}"));
    }
    let needed = "must have at least one column and as many rows as columns, but it is";
    for (m, n) in [(2, 3), (3, 0), (0, 0)] {
        let (mut svd, mut work) = (Svd::default(), Workspace::default());
        let mut a = Mat::zeros(m, n);
        let refusal = |operation: &str| format!("{operation}: a {needed} {m}x{n}");
        assert_message(
            plain.r_overwriting(&mut a, &mut work),
            &refusal("r_overwriting"),
        );
        assert_message(
            plain.leading_r_of_normalized(&mut a, 1, &mut work),
            &refusal("leading_r_of_normalized"),
        );
        assert_message(
            plain.svd_overwriting(&mut a, &mut svd, &mut work),
            &refusal("svd_overwriting"),
        );
        assert_message(
            plain.right_svd_overwriting(&mut a, &mut svd, &mut work),
            &refusal("right_svd_overwriting"),
        );
    }
    for n in [0, 3] {
        let outcome = plain.leading_r_of_normalized(&mut tall(), n, &mut Workspace::default());
        assert_message(
            outcome,
            "leading_r_of_normalized: a must have at least as many columns as there are in R, which has at least one, \
             but it is 3x2",
        );
    }
    assert_eq!(plain.calls(), 0);
}

#[test]
fn entries_that_are_not_finite_are_refused_before_a_library_sees_them() {
    let plain = Watched::default();
    let square = rows(&[[2.0, f64::NAN], [1.0, f64::INFINITY]]);
    let place = |outcome: Result<()>| match outcome {
        Err(Error::NonFinite {
            argument, row, col, ..
        }) => (argument, row, col),
        other => panic!("{other:?}"),
    };
    let at = square.as_ref();
    let sound = identity(2);
    assert_eq!(place(plain.qr(at).map(drop)), ("a", 0, 1));
    assert_eq!(place(plain.svd(at).map(drop)), ("a", 0, 1));
    // The first in column-major order of the matrix that was passed, and not of its transpose.
    let wide = rows(&[[1.0, 2.0, f64::NAN], [1.0, f64::INFINITY, 3.0]]);
    assert_eq!(place(plain.svd(wide.as_ref()).map(drop)), ("a", 1, 1));
    let split = plain.triangularize(at, sound.as_ref());
    assert_eq!(place(split.map(drop)), ("a", 0, 1));
    let split = plain.triangularize(sound.as_ref(), at);
    assert_eq!(place(split.map(drop)), ("b", 0, 1));
    // The upper triangle is not read.
    assert_eq!(place(plain.symmetric_eigen(at).map(drop)), ("a", 1, 1));
    assert_eq!(place(plain.cholesky(at).map(drop)), ("a", 1, 1));
    let (mut svd, mut work) = (Svd::default(), Workspace::default());
    let outcome = plain.r_overwriting(&mut square.clone(), &mut work);
    assert_eq!(place(outcome), ("a", 0, 1));
    let outcome = plain.svd_overwriting(&mut square.clone(), &mut svd, &mut work);
    assert_eq!(place(outcome), ("a", 0, 1));
    let outcome = plain.right_svd_overwriting(&mut square.clone(), &mut svd, &mut work);
    assert_eq!(place(outcome), ("a", 0, 1));
    assert_eq!(plain.calls(), 0);
    let factors = plain.qr(sound.as_ref()).unwrap();
    assert_eq!(place(factors.mul_q(square).map(drop)), ("y", 0, 1));
}

#[test]
fn qr_has_an_orthonormal_q_and_a_triangle_at_every_scale_of_the_columns() {
    let plain = Plain;
    for a in [
        tall(),
        rows(&[[3.0, 1.0], [4.0, 2.0]]),
        rows(&[[0.0], [-5.0]]),
    ] {
        let n = a.cols();
        let factors = plain.qr(a.as_ref()).unwrap();
        let r = factors.r();
        assert_eq!(r, upper(&r));
        let q = factors.mul_q(identity(n)).unwrap();
        orthonormal(&q);
        assert_close(
            &composed(&q, &vec![1.0; n], &r.transposed()),
            &a,
            55f64.sqrt(),
        );
        let powers: Vec<i32> = [900, -900].into_iter().take(n).collect();
        let scaled = plain.qr(columns_times(&a, &powers).as_ref()).unwrap();
        assert_eq!(scaled.r(), columns_times(&r, &powers));
        assert_eq!(scaled.mul_q(identity(n)).unwrap(), q);
        let y = columns_times(&identity(n), &powers);
        assert_eq!(scaled.mul_q(y).unwrap(), columns_times(&q, &powers));
    }
    let factors = plain.qr(tall().as_ref()).unwrap();
    assert_message(
        factors.mul_q(identity(3)),
        "mul_q: y must have 2 rows, as r has, but it is 3x3",
    );
}

/// RᵀR = AᵀA, RᵀC = AᵀB, and the squares of the parts of B outside the range of A are those of the rest.
#[test]
fn a_triangle_of_a_and_b_has_their_products() {
    let plain = Watched::default();
    let (a, b) = (tall(), rows(&[[1.0, 0.0], [4.0, -2.0], [2.0, 7.0]]));
    let Triangularized {
        r,
        c,
        residual_norms,
        ..
    } = plain.triangularize(a.as_ref(), b.as_ref()).unwrap();
    assert_eq!(r, upper(&r));
    assert_close(
        &transposed_product(&r, &r),
        &transposed_product(&a, &a),
        55.0,
    );
    assert_close(
        &transposed_product(&r, &c),
        &transposed_product(&a, &b),
        60.0,
    );
    for j in 0..2 {
        let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let all = square(c.col(j)) + residual_norms[j].powi(2);
        assert_all_close(&[all], &[square(b.col(j))], 53.0);
        assert!(residual_norms[j] > 0.05, "{residual_norms:?}");
    }
    let (of_a, of_b) = ([-700, 800], [600, -650]);
    let scaled = plain
        .triangularize(
            columns_times(&a, &of_a).as_ref(),
            columns_times(&b, &of_b).as_ref(),
        )
        .unwrap();
    assert_eq!(scaled.r, columns_times(&r, &of_a));
    assert_eq!(scaled.c, columns_times(&c, &of_b));
    let norms = Mat::from_fn(1, 2, |_, j| residual_norms[j]);
    assert_eq!(scaled.residual_norms, columns_times(&norms, &of_b).data());
    assert_eq!(plain.calls(), 2);
    // Square, and with zeros in one column only.
    let a = rows(&[[0.0, 3.0], [0.0, 4.0]]);
    let split = plain
        .triangularize(a.as_ref(), identity(2).as_ref())
        .unwrap();
    assert_all_close(&[split.r[(0, 1)].hypot(split.r[(1, 1)])], &[5.0], 5.0);
    assert_eq!(split.residual_norms, [0.0, 0.0]);
    assert_eq!(plain.calls(), 3);
}

#[test]
fn a_zero_matrix_has_a_zero_triangle_and_no_library_sees_it() {
    let plain = Watched::default();
    let b = rows(&[[1.0, 5.0], [2.0, 0.0], [3.0, 3.0], [4.0, 4.0]]);
    let split = plain
        .triangularize(Mat::zeros(4, 2).as_ref(), b.as_ref())
        .unwrap();
    assert_eq!(split.r, Mat::zeros(2, 2));
    assert_eq!(split.c, rows(&[[1.0, 5.0], [2.0, 0.0]]));
    assert_eq!(split.residual_norms, [5.0, 5.0]);
    let mut a = Mat::zeros(3, 2);
    assert_eq!(
        plain.r_overwriting(&mut a, &mut Workspace::default()),
        Ok(())
    );
    assert_eq!(a, Mat::zeros(3, 2));
    assert_eq!(plain.calls(), 0);
}

#[test]
fn the_triangle_in_the_storage_of_a_is_that_of_qr() {
    let plain = Watched::default();
    let mut work = Workspace::default();
    let triangle = plain.qr(tall().as_ref()).unwrap().r();
    for powers in [[0, 0], [900, 1], [-900, 900]] {
        let mut a = columns_times(&tall(), &powers);
        assert_eq!(plain.r_overwriting(&mut a, &mut work), Ok(()));
        assert_eq!(upper(&a), columns_times(&triangle, &powers));
    }
    // Columns of length 1, of which the first needs a triangle: [R Q₁ᵀC].
    let normalized = rows(&[[0.6, 0.0], [0.8, 0.6], [0.0, 0.8]]);
    let expected = plain.qr(normalized.as_ref()).unwrap().r();
    for n in [1, 2] {
        let mut a = normalized.clone();
        assert_eq!(plain.leading_r_of_normalized(&mut a, n, &mut work), Ok(()));
        assert_eq!(a[(0, 0)], expected[(0, 0)]);
        assert_eq!(a[(0, 1)], expected[(0, 1)]);
        assert_all_close(&[a[(0, 0)].abs(), a[(0, 0)] * a[(0, 1)]], &[1.0, 0.48], 1.0);
    }
}

/// The blocks of rows of a backend without a kernel of its own.
#[test]
fn a_stack_is_reduced_by_the_factorisation_of_its_rows() {
    let plain = Plain;
    assert_eq!(
        Factorizations::<f64>::rows_per_block(&plain, 1_000_000, 2),
        None
    );
    let mut stack = Stack::<f64>::new(2, 1, 3);
    let entries = rows(&[[1.0, 2.0, 1.0], [3.0, -1.0, 4.0], [2.0, 6.0, 2.0]]);
    for j in 0..3 {
        stack.column_mut(j).1[..3].copy_from_slice(entries.col(j));
    }
    let reduced = plain.reduce_stack_impl(&mut stack, &mut Workspace::default());
    assert_eq!(reduced, Ok(()));
    let b = Mat::from_fn(3, 1, |i, _| entries[(i, 2)]);
    let split = plain.triangularize(tall().as_ref(), b.as_ref()).unwrap();
    // Zeros in other rows change the order of sums only.
    let column = |j: usize| Mat::from_fn(2, 1, |i, _| stack.column(j).0[i].abs());
    for j in 0..2 {
        let expected = Mat::from_fn(2, 1, |i, _| split.r[(i, j)].abs());
        assert_close(&column(j), &expected, 55f64.sqrt());
    }
    let expected = Mat::from_fn(2, 1, |i, _| split.c[(i, 0)].abs());
    assert_close(&column(2), &expected, 21f64.sqrt());
    assert_all_close(&stack.outside, &split.residual_norms, 21f64.sqrt());
}

#[test]
fn the_svd_of_any_shape_has_its_factors_at_every_scale() {
    let plain = Plain;
    let square = rows(&[[3.0, 0.0], [4.0, 5.0]]);
    for a in [tall(), tall().transposed(), square] {
        let smaller = a.rows().min(a.cols());
        let svd = plain.svd(a.as_ref()).unwrap();
        assert_eq!((svd.u.rows(), svd.u.cols()), (a.rows(), smaller));
        assert_eq!((svd.v.rows(), svd.v.cols()), (a.cols(), smaller));
        assert!(svd.s.is_sorted_by(|x, y| x >= y));
        orthonormal(&svd.u);
        orthonormal(&svd.v);
        assert_close(&composed(&svd.u, &svd.s, &svd.v), &a, 55f64.sqrt());
        for power in [-900, 900] {
            let scaled = plain.svd(times(&a, power).as_ref()).unwrap();
            assert_eq!((&scaled.u, &scaled.v), (&svd.u, &svd.v));
            let s = Mat::from_col_major(svd.s.clone(), smaller, 1).unwrap();
            assert_eq!(scaled.s, times(&s, power).data());
        }
    }
    let known = plain.svd(rows(&[[3.0, 0.0], [4.0, 5.0]]).as_ref()).unwrap();
    assert_all_close(&known.s, &[45f64.sqrt(), 5f64.sqrt()], 7.0);
}

#[test]
fn the_svd_in_other_storage_is_the_same() {
    let plain = Watched::default();
    let (mut svd, mut work) = (Svd::default(), Workspace::default());
    for a in [tall(), rows(&[[3.0, 0.0], [4.0, 5.0]])] {
        let expected = plain.svd(a.as_ref()).unwrap();
        for power in [0, -900, 900] {
            let scaled = plain.svd(times(&a, power).as_ref()).unwrap();
            let whole = plain.svd_overwriting(&mut times(&a, power), &mut svd, &mut work);
            assert_eq!(whole, Ok(()));
            assert_eq!(svd, scaled);
            svd = Svd::default();
            let calls = plain.calls();
            let right = plain.right_svd_overwriting(&mut times(&a, power), &mut svd, &mut work);
            assert_eq!(right, Ok(()));
            assert_eq!((&svd.s, &svd.v), (&scaled.s, &expected.v));
            // A square matrix needs no QR factorisation.
            assert_eq!(plain.calls() - calls, 1 + usize::from(a.rows() > a.cols()));
        }
    }
}

/// [2 1; 1 2] has the eigenvalues 1 and 3. NaN above the diagonal is not read.
#[test]
fn eigenvalues_ascend_and_only_the_lower_triangle_is_read() {
    let plain = Watched::default();
    let lower = rows(&[[2.0, f64::NAN], [1.0, 2.0]]);
    let whole = rows(&[[2.0, 1.0], [1.0, 2.0]]);
    let eigen = plain.symmetric_eigen(lower.as_ref()).unwrap();
    assert_all_close(&eigen.values, &[1.0, 3.0], 3.0);
    orthonormal(&eigen.vectors);
    let product = composed(&eigen.vectors, &eigen.values, &eigen.vectors);
    assert_close(&product, &whole, 3.0);
    // The library sees both triangles.
    let seen = plain.seen.borrow()[0].clone();
    assert_eq!(seen, seen.transposed());
    for power in [-900, 900] {
        let scaled = plain
            .symmetric_eigen(times(&whole, power).as_ref())
            .unwrap();
        assert_eq!(scaled.vectors, eigen.vectors);
        let values = eigen.values.iter().map(|w| w * 2f64.powi(power));
        assert_eq!(scaled.values, values.collect::<Vec<_>>());
    }
    let indefinite = rows(&[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [4.0, 0.0, 0.0]]);
    let eigen = plain.symmetric_eigen(indefinite.as_ref()).unwrap();
    assert_all_close(&eigen.values, &[-4.0, 0.0, 4.0], 4.0);
}

#[test]
fn the_cholesky_factor_is_exact_for_any_sizes_of_the_diagonal() {
    let plain = Watched::default();
    let a = rows(&[
        [4.0, f64::NAN, f64::NAN],
        [2.0, 5.0, f64::NAN],
        [6.0, 1.0, 14.0],
    ]);
    let l = rows(&[[2.0, 0.0, 0.0], [1.0, 2.0, 0.0], [3.0, -1.0, 2.0]]);
    assert_eq!(plain.cholesky(a.as_ref()), Ok(l.clone()));
    // D·A·D with the factor D·L.
    for powers in [[400, 0, -400], [-1, 1, 2], [-450, 300, 450]] {
        let scaled = Mat::from_fn(3, 3, |i, j| {
            a[(i, j)] * 2f64.powi(powers[i]) * 2f64.powi(powers[j])
        });
        let expected = columns_times(&l.transposed(), &powers).transposed();
        assert_eq!(plain.cholesky(scaled.as_ref()), Ok(expected));
    }
    for seen in plain.seen.borrow().iter() {
        for j in 0..3 {
            assert!((0.25..1.0).contains(&seen[(j, j)]), "{seen:?}");
        }
    }
    let refusal = "cholesky: a is not positive definite to working precision";
    let calls = plain.calls();
    // In the scale of the library 4 and 2 are 1 and ½, and |a₂₁| < √(a₁₁·a₂₂) needs less than 1.
    for a in [[[1.0, 0.0], [4.0, 1.0]], [[1.0, 0.0], [-8.0, 1.0]]] {
        assert_message(plain.cholesky(rows(&a).as_ref()), refusal);
    }
    assert_eq!(plain.calls(), calls, "the library is not needed");
    for a in [
        [[1.0, 0.0], [1.0, 1.0]],
        [[-1.0, 0.0], [0.0, 1.0]],
        [[0.0, 0.0], [0.0, 1.0]],
    ] {
        assert_message(plain.cholesky(rows(&a).as_ref()), refusal);
    }
}

#[test]
fn a_result_that_is_not_finite_is_never_a_success() {
    let (mut svd, mut work) = (Svd::default(), Workspace::default());
    let square = rows(&[[4.0, 1.0], [1.0, 3.0]]);
    let tall = tall();
    for power in [0, 50] {
        let (tall, square) = (times(&tall, power), times(&square, power));
        let r = Watched::spoiling("r");
        assert_wrong(r.qr(tall.as_ref()), "qr", "r");
        let outcome = r.triangularize(tall.as_ref(), identity(3).as_ref());
        assert_wrong(outcome, "triangularize", "r");
        let outcome = r.r_overwriting(&mut tall.clone(), &mut work);
        assert_wrong(outcome, "r_overwriting", "r");
        let q = Watched::spoiling("q").qr(tall.as_ref()).unwrap();
        assert_wrong(q.mul_q(identity(2)), "mul_q", "q·y");
        for part in ["c", "residual_norms"] {
            let backend = Watched::spoiling(part);
            let outcome = backend.triangularize(tall.as_ref(), identity(3).as_ref());
            assert_wrong(outcome, "triangularize", part);
        }
        for part in ["u", "s", "v"] {
            let backend = Watched::spoiling(part);
            assert_wrong(backend.svd(square.as_ref()), "svd", part);
            let outcome = backend.svd_overwriting(&mut square.clone(), &mut svd, &mut work);
            assert_wrong(outcome, "svd_overwriting", part);
            let outcome = backend.right_svd_overwriting(&mut square.clone(), &mut svd, &mut work);
            if part == "u" {
                assert_eq!(outcome, Ok(()));
            } else {
                assert_wrong(outcome, "right_svd_overwriting", part);
            }
        }
        for part in ["v", "w"] {
            let outcome = Watched::spoiling(part).symmetric_eigen(square.as_ref());
            assert_wrong(outcome, "symmetric_eigen", part);
        }
        let outcome = Watched::spoiling("l").cholesky(square.as_ref());
        assert_wrong(outcome, "cholesky", "l");
    }
    // The last entry of R is not in its first row.
    let mut a = rows(&[[0.6, 0.0], [0.8, 0.6], [0.0, 0.8]]);
    let backend = Watched::spoiling("r");
    assert_eq!(
        backend.leading_r_of_normalized(&mut a.clone(), 1, &mut work),
        Ok(())
    );
    let outcome = backend.leading_r_of_normalized(&mut a, 2, &mut work);
    assert_wrong(outcome, "leading_r_of_normalized", "r");
}

#[test]
fn what_leaves_the_range_is_an_overflow() {
    let plain = Plain;
    let huge = rows(&[[f64::MAX, f64::MAX], [f64::MAX, -f64::MAX]]);
    let (mut svd, mut work) = (Svd::default(), Workspace::default());
    let part = |outcome: Result<()>| match outcome {
        Err(Error::Overflow {
            operation, result, ..
        }) => {
            let name = result.split(' ').next().unwrap_or_default();
            format!("{operation}: {name}")
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(part(plain.qr(huge.as_ref()).map(drop)), "qr: r");
    let factors = plain.qr(rows(&[[1.0, 1.0], [1.0, -1.0]]).as_ref()).unwrap();
    assert_eq!(part(factors.mul_q(huge.clone()).map(drop)), "mul_q: q·y");
    let sound = rows(&[[1.0, 1.0], [1.0, -1.0]]);
    let split = plain.triangularize(huge.as_ref(), sound.as_ref());
    assert_eq!(part(split.map(drop)), "triangularize: r");
    let split = plain.triangularize(sound.as_ref(), huge.as_ref());
    assert_eq!(part(split.map(drop)), "triangularize: c");
    let (a, b) = (
        rows(&[[1.0], [0.0], [0.0]]),
        rows(&[[0.0], [f64::MAX], [f64::MAX]]),
    );
    let split = plain.triangularize(a.as_ref(), b.as_ref());
    assert_eq!(part(split.map(drop)), "triangularize: residual_norms");
    let outcome = plain.r_overwriting(&mut huge.clone(), &mut work);
    assert_eq!(part(outcome), "r_overwriting: r");
    assert_eq!(part(plain.svd(huge.as_ref()).map(drop)), "svd: s");
    let outcome = plain.svd_overwriting(&mut huge.clone(), &mut svd, &mut work);
    assert_eq!(part(outcome), "svd_overwriting: s");
    let outcome = plain.right_svd_overwriting(&mut huge.clone(), &mut svd, &mut work);
    assert_eq!(part(outcome), "right_svd_overwriting: s");
    let symmetric = rows(&[[f64::MAX, f64::MAX], [f64::MAX, f64::MAX]]);
    let eigen = plain.symmetric_eigen(symmetric.as_ref());
    assert_eq!(part(eigen.map(drop)), "symmetric_eigen: w");
}

/// After a wrong result, the matrix is changed by at most 4u of its norm for each further attempt, of which there are two.
#[test]
fn a_wrong_result_is_tried_twice_more_with_another_matrix() {
    let (a, b) = (tall(), identity(3));
    for wrong in 0..4 {
        let backend = Watched::wrong(wrong);
        let split = backend.triangularize(a.as_ref(), b.as_ref());
        let is_refused = matches!(split, Err(Error::WrongResult { .. }));
        assert_eq!((split.is_ok(), is_refused), (wrong < 3, wrong == 3));
        let seen = backend.seen.borrow();
        assert_eq!(seen.len(), 1 + wrong.min(2));
        for (attempt, pair) in seen.windows(2).enumerate() {
            let changes = pair[0].data().iter().zip(pair[1].data());
            let change: f64 = changes.map(|(x, y)| (x - y).powi(2)).sum();
            let norm = pair[0].frobenius_norm();
            let bound = 4.0 * (f64::EPSILON / 2.0) * norm;
            assert!(change > 0.0 && change.sqrt() <= bound, "attempt {attempt}");
        }
    }
    for wrong in 0..4 {
        let backend = Watched::wrong(wrong);
        let svd = backend.svd(rows(&[[3.0, 0.0], [4.0, 5.0]]).as_ref());
        assert_eq!(svd.is_ok(), wrong < 3);
    }
    // No other error is tried again.
    let backend = Watched::default();
    assert!(backend.cholesky(rows(&[[-1.0]]).as_ref()).is_err());
    assert_eq!(backend.calls(), 1);
}
