//! The check of a Jacobian: the mistakes that it finds, and that it raises no false alarm.

use std::cell::Cell;

use leastwise_core::{Mat, MatMut, Result, Scalar};
use leastwise_optim::{ClosureResidual, LeastSquaresProblem, Suspicion, check_jacobian};

fn message<T>(result: Result<T>) -> String {
    result.err().expect("must be refused").to_string()
}

const TIMES: [f64; 5] = [0.25, 0.75, 1.0, 1.75, 3.0];

/// r = x₁·exp(x₂·t) + x₃ − level, with a Jacobian that `spoil` makes wrong.
fn decay<T: Scalar>(level: T, spoil: impl Fn(&mut Mat<T>)) -> impl LeastSquaresProblem<T> {
    let times = TIMES.map(T::of);
    let residual = move |x: &[T], r: &mut [T]| {
        for (ri, t) in r.iter_mut().zip(times) {
            *ri = x[0] * (x[1] * t).exp() + x[2] - level;
        }
    };
    let jacobian = move |x: &[T], mut j: MatMut<'_, T>| {
        let mut right = Mat::from_fn(5, 3, |i, col| {
            let exp = (x[1] * times[i]).exp();
            [exp, x[0] * times[i] * exp, T::one()][col]
        });
        spoil(&mut right);
        j.copy_from(right.as_ref()).unwrap();
    };
    ClosureResidual::new(5, 3, residual)
        .unwrap()
        .with_jacobian(jacobian)
}

const DECAY: [f64; 3] = [2.0, -0.7, 0.3];

#[test]
fn right_jacobians_raise_no_alarm() {
    let check = check_jacobian(&decay(0.0, |_| ()), &DECAY).unwrap();
    assert!(
        check.is_consistent() && check.suspicion().is_none(),
        "{check}"
    );
    assert_eq!((check.wrong(), check.unchecked()), (0, 0));
    let single = DECAY.map(<f32 as Scalar>::of);
    let check = check_jacobian(&decay::<f32>(0.0, |_| ()), &single).unwrap();
    assert!(check.is_consistent(), "{check}");
    // Residuals near zero that are differences of large numbers, as at a good fit.
    let mut far = DECAY;
    far[2] = 1e9;
    let check = check_jacobian(&decay(1e9, |_| ()), &far).unwrap();
    assert!(check.is_consistent(), "{check}");
    let check = check_jacobian(&decay(1e9 + 0.3, |_| ()), &[1e9, -1e-9, 0.3]).unwrap();
    assert!(check.is_consistent(), "{check}");
}

/// exp(20x) at 1 and its argument have errors of (2 + 20)·u·f. So the extrapolation has an error of
/// 3·22·u·f/h, a tenth of the truncation error of D(h/2), h²·20³·f/24. The truncation error of the
/// extrapolation, h⁴·20⁵·f/480, is below u.
#[test]
fn expected_entries_are_extrapolated() {
    let exp =
        ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = (20.0 * x[0]).exp()).unwrap();
    let exp = exp.with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        j[(0, 0)] = 20.0 * (20.0 * x[0]).exp();
    });
    let entry = check_jacobian(&exp, &[1.0]).unwrap().entry(0, 0);
    let bound = 1.01 * 66.0 * f64::UNIT_ROUNDOFF * 20f64.exp() / f64::EPSILON.cbrt();
    assert!(entry.error() <= bound, "{:e} > {bound:e}", entry.error());
}

/// One entry is wrong, and only that entry is reported.
fn assert_finds(at: (usize, usize), change: fn(f64) -> f64, expected: Suspicion<f64>) {
    let spoiled = decay(0.0, move |j| j[at] = change(j[at]));
    let check = check_jacobian(&spoiled, &DECAY).unwrap();
    let worst = check.worst();
    assert_eq!(((worst.row, worst.col), check.wrong()), (at, 1), "{check}");
    assert!(!check.is_consistent());
    assert_eq!(check.suspicion(), Some(expected), "{check}");
}

#[test]
fn planted_mistakes_are_found_and_named() {
    assert_finds((2, 1), |entry| -entry, Suspicion::Sign);
    assert_finds((0, 2), |_| 0.0, Suspicion::Missing);
    let forgotten = |j: &mut Mat<f64>| (j[(4, 2)], j[(1, 2)]) = (f64::NAN, f64::NAN);
    let check = check_jacobian(&decay(0.0, forgotten), &DECAY).unwrap();
    assert_eq!(check.unwritten(), [(1, 2), (4, 2)]);
    assert_eq!(check.suspicion(), Some(Suspicion::Unwritten));
    assert!(
        check
            .to_string()
            .contains("\nNaN or not written: 2, first (1, 2)"),
        "{check}"
    );

    let infinite = decay(0.0, |j| j[(3, 0)] = f64::INFINITY);
    let check = check_jacobian(&infinite, &DECAY).unwrap();
    assert_eq!(
        (check.worst().row, check.worst().col, check.wrong()),
        (3, 0, 1)
    );
    assert!(check.unwritten().is_empty() && check.suspicion().is_none());
}

/// Compared with 1e-4, the error of the expected entry limits the digits of the factor.
#[test]
fn a_factor_of_one_and_1e_4_is_found() {
    let spoiled = decay(0.0, |j| j[(3, 1)] *= 1.0 + 1e-4);
    let check = check_jacobian(&spoiled, &DECAY).unwrap();
    let worst = check.worst();
    assert_eq!((worst.row, worst.col, check.wrong()), (3, 1, 1), "{check}");
    let Some(Suspicion::Factor(factor)) = check.suspicion() else {
        panic!("{check}");
    };
    let doubt = 2.0 * worst.tolerance / worst.expected.abs();
    assert!((factor - (1.0 + 1e-4)).abs() <= doubt, "{factor}");
    assert!(check.to_string().contains("1.000100 times"), "{check}");
}

#[test]
fn swapped_columns_are_named() {
    let swap = |j: &mut Mat<f64>| {
        *j = Mat::from_fn(5, 3, |i, col| j[(i, [1, 0, 2][col])]);
    };
    let check = check_jacobian(&decay(0.0, swap), &DECAY).unwrap();
    let other = [1, 0][check.worst().col];
    assert_eq!(check.suspicion(), Some(Suspicion::OtherColumn(other)));
    assert_eq!(check.wrong(), 10, "{check}");
}

/// Rosenbrock's residual with J = [−20·x₁ 10; −1 0] written by rows.
#[test]
fn a_transposed_matrix_and_a_spurious_entry_are_named() {
    let rosenbrock = || {
        let function = |x: &[f64], r: &mut [f64]| {
            (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
        };
        ClosureResidual::new(2, 2, function).unwrap()
    };
    let x = [-1.2, 1.5];
    let transposed = rosenbrock().with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        (j[(0, 0)], j[(1, 0)], j[(0, 1)], j[(1, 1)]) = (-20.0 * x[0], 10.0, -1.0, 0.0);
    });
    let check = check_jacobian(&transposed, &x).unwrap();
    assert_eq!(check.suspicion(), Some(Suspicion::Transposed), "{check}");
    assert_eq!(check.wrong(), 2, "{check}");
    let spurious = rosenbrock().with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        (j[(0, 0)], j[(0, 1)], j[(1, 0)], j[(1, 1)]) = (-20.0 * x[0], 10.0, -1.0, 0.25);
    });
    let check = check_jacobian(&spurious, &x).unwrap();
    assert_eq!(check.suspicion(), Some(Suspicion::Spurious), "{check}");
    assert_eq!((check.worst().row, check.worst().col), (1, 1));
}

/// A number in [-1, 1) from the bits of x, independent of its size, by the finaliser of SplitMix64.
fn hash(x: f64, seed: u64) -> f64 {
    let mut z = x.to_bits() ^ (seed << 56);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 11) as f64 / 2f64.powi(52) - 1.0
}

/// A model that is computed to 9 digits is not wrong, but one with an error of a tenth is. No fourth
/// difference exceeds 16 errors. So the tolerance is at most (12·16/√70 + 3)·1e-9/ε^⅓, below a hundredth of
/// the derivative. The error of the expected value is 3·1e-9/ε^⅓.
#[test]
fn noise_widens_the_tolerance() {
    const M: usize = 50;
    let rough = |factor: f64| {
        let function = |x: &[f64], r: &mut [f64]| {
            for (ri, seed) in r.iter_mut().zip(0..) {
                *ri = x[0].exp() * (1.0 + 1e-9 * hash(x[0], seed));
            }
        };
        let jacobian = move |x: &[f64], mut j: MatMut<'_, f64>| j.fill(factor * x[0].exp());
        ClosureResidual::new(M, 1, function)
            .unwrap()
            .with_jacobian(jacobian)
    };
    for i in 0..1000 {
        let x = [1.0 + f64::from(i) / 999.0];
        let check = check_jacobian(&rough(1.0), &x).unwrap();
        assert!(check.is_consistent(), "{x:?}: {check}");
        let check = check_jacobian(&rough(1.1), &x).unwrap();
        assert_eq!(check.wrong(), M, "{x:?}: {check}");
    }
}

#[test]
fn evaluations_are_as_many_as_documented() {
    let count = Cell::new(0);
    let squares = |x: &[f64], r: &mut [f64]| {
        count.set(count.get() + 1);
        r[0] = x.iter().map(|xj| xj * xj).sum();
    };
    let squares = ClosureResidual::new(1, 3, squares).unwrap();
    let squares = squares.with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        for col in 0..3 {
            j[(0, col)] = 2.0 * x[col];
        }
    });
    let check = check_jacobian(&squares, &[1.0, 2.0, 3.0]).unwrap();
    assert!(check.is_consistent(), "{check}");
    assert_eq!(count.get(), 4 * 3 + 18);
}

#[test]
fn what_lies_at_the_edge_is_said_not_to_be_checked() {
    let edge = ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = x[0].sqrt()).unwrap();
    let edge = edge.with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| j[(0, 0)] = 1.0);
    let check = check_jacobian(&edge, &[0.0]).unwrap();
    assert_eq!((check.unchecked(), check.is_consistent()), (1, true));
    assert!(check.to_string().contains("not checked: 1"), "{check}");
}

#[test]
fn a_point_that_cannot_be_checked_is_an_error() {
    assert_eq!(
        message(check_jacobian(&decay(0.0, |_| ()), &[1.0, 2.0])),
        "check_jacobian: x must have 3 entries, but it has 2"
    );
    assert_eq!(
        message(check_jacobian(&decay(0.0, |_| ()), &[1.0, f64::NAN, 2.0])),
        "check_jacobian: x must be finite, but entry (1, 0) is NaN"
    );
    assert_eq!(
        message(check_jacobian(&decay(0.0, |_| ()), &[1.0, 1e3, 2.0])),
        "check_jacobian: residual at x must be finite, but entry (1, 0) is inf"
    );
}
