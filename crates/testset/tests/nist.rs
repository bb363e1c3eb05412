//! NIST's data sets: Jacobians, and that the certified values belong to these models and data.
//!
//! The error of a computed residual is bounded to first order. Each of fewer than 64 roundings perturbs a
//! term by u of its size, and the terms sum to at most aᵢ = |yᵢ| + |rᵢ| + Σⱼ|Jᵢⱼ·bⱼ|. An exponential or an
//! angle amplifies a perturbation of its argument; the terms |Jᵢⱼ·bⱼ| cover this. ENSO's angle without a
//! parameter is below 88 and takes 3 of the roundings.
//!
//! A certified value of 11 digits has an error of up to ηⱼ, half a unit of the last digit. To first order,
//! the error of a function of the parameters is the sum over j of its change over ηⱼ.

use allocation_counter::measure;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Error, Factorizations, Mat, MatMut, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::{JacobianEntry, LeastSquaresProblem, check_jacobian};
use leastwise_testset::nist::{DataSet, Difficulty, data_sets};

const U: f64 = f64::UNIT_ROUNDOFF;
const ROUNDINGS: f64 = 64.0;

fn residual(set: &DataSet, b: &[f64]) -> Vec<f64> {
    let mut r = vec![f64::NAN; set.observations().len()];
    set.residual(b, &mut r).unwrap();
    r
}

fn jacobian(set: &DataSet, b: &[f64]) -> Mat<f64> {
    let mut j = Mat::from_fn(set.observations().len(), b.len(), |_, _| f64::NAN);
    set.jacobian(b, j.as_mut()).unwrap();
    j
}

fn error_bounds(set: &DataSet, b: &[f64]) -> Vec<f64> {
    let (r, j) = (residual(set, b), jacobian(set, b));
    let size = |i: usize| {
        let moved: f64 = (0..b.len()).map(|col| (j[(i, col)] * b[col]).abs()).sum();
        set.observations()[i].abs() + r[i].abs() + moved
    };
    (0..r.len()).map(|i| ROUNDINGS * U * size(i)).collect()
}

/// Half a unit of the 11th digit.
fn half_unit(value: f64) -> f64 {
    0.5 * 10f64.powf(value.abs().log10().floor() - 10.0)
}

/// A bound on the difference of each entry of `f` from its value at the unrounded certified parameters.
fn from_rounded_parameters(set: &DataSet, f: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let certified = set.certified.parameters;
    let here = f(certified);
    let mut off = vec![0.0; here.len()];
    for j in 0..certified.len() {
        let mut b = certified.to_vec();
        b[j] += half_unit(b[j]);
        let there = f(&b);
        for (off, (a, b)) in off.iter_mut().zip(here.iter().zip(&there)) {
            *off += (a - b).abs();
        }
    }
    off
}

/// Jᵀ·r.
fn half_gradient(set: &DataSet, b: &[f64]) -> Vec<f64> {
    let (r, j) = (residual(set, b), jacobian(set, b));
    (0..b.len()).map(|col| dot(j.col(col), &r)).collect()
}

/// √((JᵀJ)⁻¹)ⱼⱼ and the condition number of J with columns of length 1.
fn spreads(set: &DataSet, b: &[f64]) -> (Vec<f64>, f64) {
    let mut j = jacobian(set, b);
    let lengths: Vec<f64> = (0..b.len()).map(|col| euclidean(j.col(col))).collect();
    for (col, length) in lengths.iter().enumerate() {
        j.col_mut(col).iter_mut().for_each(|entry| *entry /= length);
    }
    let svd = Faer::default().svd(j.as_ref()).unwrap();
    let row = |col: usize| {
        let row = svd.s.iter().enumerate().map(|(k, s)| svd.v[(col, k)] / s);
        euclidean(&row.collect::<Vec<f64>>()) / lengths[col]
    };
    let spreads = (0..b.len()).map(row).collect();
    (spreads, svd.s[0] / svd.s[b.len() - 1])
}

#[test]
fn there_are_27_data_sets_of_the_sizes_in_nists_tables() {
    let sizes = [
        ("Misra1a", 14, 2),
        ("Chwirut2", 54, 3),
        ("Chwirut1", 214, 3),
        ("Lanczos3", 24, 6),
        ("Gauss1", 250, 8),
        ("Gauss2", 250, 8),
        ("DanWood", 6, 2),
        ("Misra1b", 14, 2),
        ("Kirby2", 151, 5),
        ("Hahn1", 236, 7),
        ("Nelson", 128, 3),
        ("MGH17", 33, 5),
        ("Lanczos1", 24, 6),
        ("Lanczos2", 24, 6),
        ("Gauss3", 250, 8),
        ("Misra1c", 14, 2),
        ("Misra1d", 14, 2),
        ("Roszman1", 25, 4),
        ("ENSO", 168, 9),
        ("MGH09", 11, 4),
        ("Thurber", 37, 7),
        ("BoxBOD", 6, 2),
        ("Rat42", 9, 3),
        ("MGH10", 16, 3),
        ("Eckerle4", 35, 3),
        ("Rat43", 15, 4),
        ("Bennett5", 154, 3),
    ];
    let levels = [
        (Difficulty::Lower, 8),
        (Difficulty::Average, 11),
        (Difficulty::Higher, 8),
    ];
    let mut levels = levels
        .iter()
        .flat_map(|&(level, sets)| std::iter::repeat_n(level, sets));
    assert_eq!(data_sets().len(), sizes.len());
    for (set, (name, m, n)) in data_sets().iter().zip(sizes) {
        let problem: &dyn LeastSquaresProblem<f64> = set;
        assert_eq!(set.name, name);
        assert_eq!(
            (problem.residuals(), problem.parameters()),
            (m, n),
            "{name}"
        );
        assert_eq!(Some(set.difficulty), levels.next(), "{name}");
        let predictors = if name == "Nelson" { 2 } else { 1 };
        assert_eq!(set.predictors().len(), predictors);
        assert!(set.predictors().iter().all(|x| x.len() == m), "{name}");
        assert!(set.starts.iter().all(|start| start.len() == n), "{name}");
        assert_eq!(set.certified.standard_errors.len(), n);
    }
}

#[test]
fn jacobians_are_consistent_at_the_starts_and_at_the_minimum() {
    for set in data_sets() {
        for b in [set.starts[0], set.starts[1], set.certified.parameters] {
            let check = check_jacobian(set, b).unwrap();
            assert!(check.is_consistent(), "{} at {b:?}: {check}", set.name);
            assert_eq!(check.unchecked(), 0, "{} at {b:?}", set.name);
        }
        let certified = set.certified.parameters.iter();
        let b: Vec<f32> = certified.map(|b| f32::of(*b)).collect();
        let check = check_jacobian(set, &b).unwrap();
        assert!(check.is_consistent(), "{} in f32: {check}", set.name);
    }
}

/// A problem with an error of 2⁻¹⁰ in column `col` of its Jacobian.
struct Spoiled<'a> {
    set: &'a DataSet,
    col: usize,
}

impl LeastSquaresProblem<f64> for Spoiled<'_> {
    fn residuals(&self) -> usize {
        self.set.observations().len()
    }

    fn parameters(&self) -> usize {
        self.set.certified.parameters.len()
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.set.residual(x, r)
    }

    fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        self.set.jacobian(x, j.reborrow())?;
        for i in 0..j.rows() {
            j[(i, self.col)] *= 1.0 + 2f64.powi(-10);
        }
        Ok(())
    }
}

/// The check above is sharp.
#[test]
fn a_column_that_is_wrong_by_a_thousandth_is_found() {
    for set in data_sets() {
        for col in 0..set.certified.parameters.len() {
            let check = check_jacobian(&Spoiled { set, col }, set.starts[1]).unwrap();
            let name = set.name;
            assert!(!check.is_consistent(), "{name}, column {col}: {check}");
            let is_there = |entry: JacobianEntry<f64>| entry.col == col;
            assert!(is_there(check.worst()), "{name}: {check}");
        }
    }
}

/// The losses agree to the given digits. ‖r‖² is smallest at the minimiser, so η adds ‖J·η‖² ≤
/// Σᵢ(Σⱼ|Jᵢⱼ|·ηⱼ)². The bound is twice that, because the curvature of r makes the loss up to twice as curved
/// as ‖J·δ + r‖².
#[test]
fn the_residual_sum_of_squares_is_the_certified_one() {
    for set in data_sets() {
        let certified = &set.certified;
        let b = certified.parameters;
        let (r, j) = (residual(set, b), jacobian(set, b));
        let mut bound = half_unit(certified.residual_sum_of_squares);
        for (i, e) in error_bounds(set, b).iter().enumerate() {
            let moved: f64 = (0..b.len())
                .map(|col| j[(i, col)].abs() * half_unit(b[col]))
                .sum();
            bound += (2.0 * r[i].abs() + e) * e + 2.0 * moved * moved;
        }
        let loss = dot(&r, &r);
        bound += r.len() as f64 * U * loss;
        let error = (loss - certified.residual_sum_of_squares).abs();
        assert!(error <= bound, "{}: {error:e} > {bound:e}", set.name);
    }
}

/// (m − n)·σ² = ‖r‖², where both sides have 11 digits.
#[test]
fn the_residual_standard_deviation_is_that_of_the_sum_of_squares() {
    for set in data_sets() {
        let certified = &set.certified;
        let degrees = (set.observations().len() - certified.parameters.len()) as f64;
        let sigma = (certified.residual_sum_of_squares / degrees).sqrt();
        let given = certified.residual_standard_deviation;
        let from_sum = half_unit(certified.residual_sum_of_squares) / (2.0 * degrees * sigma);
        let bound = half_unit(given) + from_sum + 8.0 * U * sigma;
        assert!((sigma - given).abs() <= bound, "{}: {sigma}", set.name);
    }
}

/// Rounding errors of r count twice, to cover those of J.
#[test]
fn the_gradient_vanishes_at_the_certified_parameters() {
    for set in data_sets() {
        let b = set.certified.parameters;
        let (j, errors) = (jacobian(set, b), error_bounds(set, b));
        let rounded = from_rounded_parameters(set, |b| half_gradient(set, b));
        for (col, slope) in half_gradient(set, b).iter().enumerate() {
            let terms = j.col(col).iter().zip(&errors);
            let bound = rounded[col] + 2.0 * terms.map(|(a, e)| a.abs() * e).sum::<f64>();
            let place = format!("{}, b{}", set.name, col + 1);
            assert!(slope.abs() <= bound, "{place}: {slope:e} > {bound:e}");
        }
    }
}

/// Let J have columns of length 1 and the condition number κ. To first order, a relative error e of J changes
/// √((JᵀJ)⁻¹)ⱼⱼ by κ·e of itself. e is that of the entries, ROUNDINGS·u, and that of the SVD, below m·n·u.
#[test]
fn the_standard_errors_are_the_certified_ones() {
    for set in data_sets() {
        let b = set.certified.parameters;
        let sigma = set.certified.residual_standard_deviation;
        let (spread, condition) = spreads(set, b);
        let rounded = from_rounded_parameters(set, |b| spreads(set, b).0);
        let size = (set.observations().len() * b.len()) as f64;
        for (col, &given) in set.certified.standard_errors.iter().enumerate() {
            let found = sigma * spread[col];
            let relative = condition * (ROUNDINGS + size) * U + half_unit(sigma) / sigma;
            let bound = half_unit(given) + sigma * rounded[col] + relative * given;
            // A bound that is too wide would not test anything.
            assert!(bound < 1e-3 * given, "{}: {bound:e}", set.name);
            let error = (found - given).abs();
            let place = format!("{}, b{}", set.name, col + 1);
            assert!(
                error <= bound,
                "{place}: {found:e}, off by {error:e} > {bound:e}"
            );
        }
    }
}

#[test]
fn what_overflows_or_is_undefined_is_data() {
    let norm = |name: &str, b: &[f64]| euclidean(&residual(DataSet::find(name).unwrap(), b));
    assert_eq!(norm("Misra1a", &[500.0, -10.0]), f64::INFINITY);
    // The logarithm of a negative number, and a power of one.
    assert!(norm("Bennett5", &[-2000.0, -50.0, 0.8]).is_nan());
    assert!(norm("Misra1c", &[500.0, -1.0]).is_nan());
    // Far out, sigmoid curves are flat, and their Jacobian is finite.
    for (name, b) in [
        ("Rat42", &[100.0, 1e4, 0.1][..]),
        ("Rat42", &[100.0, -1e4, 0.1]),
        ("Rat43", &[100.0, 1e4, 1.0, 1.0]),
        ("Rat43", &[100.0, -1e4, 1.0, 1.0]),
    ] {
        assert!(norm(name, b).is_finite(), "{name} {b:?}");
        let j = jacobian(DataSet::find(name).unwrap(), b);
        assert!(
            j.data().iter().all(|entry| entry.is_finite()),
            "{name} {b:?}"
        );
    }
}

#[test]
fn slices_and_matrices_of_other_sizes_are_refused() {
    for set in data_sets() {
        let start = set.starts[0];
        let (m, n) = (set.observations().len(), start.len());
        let longer = [start, &[0.0]].concat();
        for (result, argument) in [
            (set.residual(&start[1..], &mut vec![0.0; m]), "x"),
            (set.residual(&longer, &mut vec![0.0; m]), "x"),
            (set.residual(start, &mut vec![0.0; m + 1]), "r"),
            (set.jacobian(&longer, Mat::zeros(m, n).as_mut()), "x"),
            (set.jacobian(start, Mat::zeros(m - 1, n).as_mut()), "j"),
            (set.jacobian(start, Mat::zeros(m, n + 1).as_mut()), "j"),
        ] {
            let error = result.unwrap_err();
            let is_that = matches!(error, Error::Shape { operation, argument: found, .. }
                if operation == set.name && found == argument);
            assert!(is_that, "{}: {error}", set.name);
        }
    }
}

#[test]
fn evaluations_do_not_allocate() {
    for set in data_sets() {
        let b = set.starts[1];
        let (mut r, mut j) = (residual(set, b), jacobian(set, b));
        let counted = measure(|| {
            set.residual(b, &mut r).unwrap();
            set.jacobian(b, j.as_mut()).unwrap();
        });
        assert_eq!(counted.count_total, 0, "{}", set.name);
    }
}
