//! Every decomposition satisfies its definition.

use leastwise_core::{Backend, Mat, Scalar};
use leastwise_testset::standard_normal;

use super::cases::{self, exponents, times_power_of_two};
use super::recorder::Recorder;
use crate::least_squares::{LeastSquaresTruth, exponent_above, exponent_of, scaled};
use crate::traps::bounds::stable;
use crate::wide::{Wide, Widen, dot, nan_max, norm, subnormal, widen, zero};

/// Larger matrices take minutes in the wide arithmetic and test nothing new.
const LARGEST: usize = 200;

pub(super) fn run<T: Widen>(backend: &dyn Backend<T>, recorder: &mut Recorder<'_>) {
    for case in cases::all::<T>() {
        let a = case.a;
        // The other right-hand sides of a family have the same matrix.
        if a.rows() > LARGEST || case.name.ends_with("-consistent") {
            continue;
        }
        let name = format!("{}/factor/{}", T::NAME, case.name);
        recorder.case(format!("{name}/svd"), |recorder| svd(backend, &a, recorder));
        if a.rows() >= a.cols() {
            recorder.case(format!("{name}/qr"), |recorder| qr(backend, &a, recorder));
        }
        if a.rows() == a.cols() {
            let lower = |i: usize, j: usize| a[(i.max(j), i.min(j))];
            let symmetric = Mat::from_fn(a.rows(), a.rows(), lower);
            for (unread, kind) in above_the_diagonal::<T>() {
                let given = with_above(&symmetric, unread);
                recorder.case(format!("{name}/symmetric-eigen{kind}"), |recorder| {
                    symmetric_eigen(backend, &given, &symmetric, recorder);
                });
            }
        }
    }
    for (seed, n) in (0..).zip([1, 2, 3, 5, 8, 13, 21, 34]) {
        let root = standard_normal::<T>(2 * n, n, seed, 0);
        let gram = Mat::from_fn(n, n, |i, j| {
            leastwise_core::norm::dot(root.col(i), root.col(j))
        });
        for power in exponents::<T>().into_iter().chain([0, 1]) {
            let name = format!("{}/factor/gram-{n}-seed-{seed}-2e{power}", T::NAME);
            // The largest entries of a Gram matrix are about 2n.
            let power = power.min(exponents::<T>()[0] - 4);
            let gram = times_power_of_two(&gram, power);
            for (unread, kind) in above_the_diagonal::<T>() {
                let given = with_above(&gram, unread);
                recorder.case(format!("{name}/cholesky{kind}"), |recorder| {
                    cholesky(backend, &given, &gram, recorder);
                });
            }
        }
    }
}

/// The content of the triangle that must not be read: the mirrored entries, NaN, or a number that
/// would change the scale.
fn above_the_diagonal<T: Widen>() -> [(Option<T>, &'static str); 3] {
    let large = T::max_value().sqrt();
    [
        (None, ""),
        (Some(T::nan()), "-nan-above"),
        (Some(large), "-large-above"),
    ]
}

fn with_above<T: Widen>(a: &Mat<T>, unread: Option<T>) -> Mat<T> {
    let entry = |i, j| match unread {
        Some(unread) if i < j => unread,
        _ => a[(i, j)],
    };
    Mat::from_fn(a.rows(), a.cols(), entry)
}

fn svd<T: Widen>(backend: &dyn Backend<T>, a: &Mat<T>, recorder: &mut Recorder<'_>) {
    let Some(found) = recorder.answer("answer", backend.svd(a.as_ref())) else {
        return;
    };
    let (m, n) = (a.rows(), a.cols());
    let bound = stable::<T>(m, n);
    let b = Mat::zeros(m, 1);
    let exact = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 0).singular_values();
    let count = m.min(n);
    let shapes = (m, count, n, count);
    let (u, v) = (columns(&found.u), columns(&found.v));
    let right = (found.u.rows(), u.len(), found.v.rows(), v.len()) == shapes;
    recorder.holds("shape", right && found.s.len() == count, || {
        format!("{shapes:?} expected")
    });
    recorder.holds("order", found.s.is_sorted_by(|a, b| a >= b), || {
        format!("{:?}", found.s)
    });
    recorder.at_most(
        "singular values",
        largest_difference(&found.s, &exact),
        bound * (count as f64).sqrt() * exact[0] + subnormal::<T>(),
    );
    recorder.at_most("orthogonality of u", defect(&u), stable::<T>(m, u.len()));
    recorder.at_most("orthogonality of v", defect(&v), stable::<T>(n, v.len()));
    reconstruct(a, (&u, &found.s, &v), bound, recorder);
}

fn qr<T: Widen>(backend: &dyn Backend<T>, a: &Mat<T>, recorder: &mut Recorder<'_>) {
    let Some(factors) = recorder.answer("answer", backend.qr(a.as_ref())) else {
        return;
    };
    let (m, n) = (a.rows(), a.cols());
    let (power, mut r) = (exponent_of(a.as_ref()), columns(&factors.r()));
    let zeros = r
        .iter()
        .enumerate()
        .all(|(j, c)| c[j + 1..].iter().all(|&x| x == zero()));
    recorder.holds("triangular", zeros, || {
        "an entry below the diagonal of r".to_owned()
    });
    let Some(q) = recorder.answer("mul_q", factors.mul_q(Mat::identity(n))) else {
        return;
    };
    let q = columns(&q);
    recorder.at_most("orthogonality", defect(&q), stable::<T>(m, n));
    r.iter_mut().flatten().for_each(|x| *x = scaled(*x, -power));
    let error = difference(a, power, |i, j| {
        (0..=j).fold(zero(), |sum: T::Wide, k| sum + q[k][i] * r[j][k])
    });
    let rounded = rounded_to_subnormal::<T>(power, n * n);
    recorder.at_most("reconstruction", error, stable::<T>(m, n) + rounded);
}

/// Gives the backend `given`, which agrees with A in the lower triangle.
fn symmetric_eigen<T: Widen>(
    backend: &dyn Backend<T>,
    given: &Mat<T>,
    a: &Mat<T>,
    recorder: &mut Recorder<'_>,
) {
    let Some(found) = recorder.answer("answer", backend.symmetric_eigen(given.as_ref())) else {
        return;
    };
    let n = a.cols();
    let v = columns(&found.vectors);
    recorder.holds("order", found.values.is_sorted_by(|a, b| a <= b), || {
        format!("{:?}", found.values)
    });
    recorder.at_most("orthogonality", defect(&v), stable::<T>(n, n));
    reconstruct(a, (&v, &found.values, &v), stable::<T>(n, n), recorder);
}

type Columns<T> = [Vec<<T as Widen>::Wide>];

/// Checks that A is U·diag(s)·Vᵀ.
fn reconstruct<T: Widen>(
    a: &Mat<T>,
    (u, s, v): (&Columns<T>, &[T], &Columns<T>),
    bound: f64,
    recorder: &mut Recorder<'_>,
) {
    let power = exponent_of(a.as_ref());
    let s: Vec<T::Wide> = s.iter().map(|&s| scaled(widen(s), -power)).collect();
    let error = difference(a, power, |i, j| {
        (0..s.len()).fold(zero(), |sum: T::Wide, k| sum + u[k][i] * s[k] * v[k][j])
    });
    let rounded = rounded_to_subnormal::<T>(power, s.len());
    recorder.at_most("reconstruction", error, bound + rounded);
}

/// Gives the backend `given`, which agrees with A in the lower triangle.
fn cholesky<T: Widen>(
    backend: &dyn Backend<T>,
    given: &Mat<T>,
    a: &Mat<T>,
    recorder: &mut Recorder<'_>,
) {
    let Some(l) = recorder.answer("answer", backend.cholesky(given.as_ref())) else {
        return;
    };
    let mut l = columns(&l);
    let n = a.cols();
    let zeros = l
        .iter()
        .enumerate()
        .all(|(j, c)| c[..j].iter().all(|&x| x == zero()));
    recorder.holds("triangular", zeros, || {
        "an entry above the diagonal of l".to_owned()
    });
    // An even power, whose root scales L.
    let power = exponent_of(a.as_ref()).div_euclid(2) * 2;
    l.iter_mut()
        .flatten()
        .for_each(|x| *x = scaled(*x, -power / 2));
    let error = difference(a, power, |i, j| {
        (0..n).fold(zero(), |sum: T::Wide, k| sum + l[k][i] * l[k][j])
    });
    recorder.at_most("reconstruction", error, stable::<T>(n, n));
}

fn columns<T: Widen>(a: &Mat<T>) -> Vec<Vec<T::Wide>> {
    (0..a.cols())
        .map(|j| a.col(j).iter().map(|&x| widen(x)).collect())
        .collect()
}

/// ‖QᵀQ − I‖_F.
fn defect<W: Wide>(q: &[Vec<W>]) -> f64 {
    let mut entries = Vec::with_capacity(q.len() * q.len());
    for (i, x) in q.iter().enumerate() {
        for (j, y) in q.iter().enumerate() {
            let identity = W::of(f64::from(u8::from(i == j)));
            entries.push(dot(x, y) - identity);
        }
    }
    norm(&entries).to_nearest_f64()
}

/// ‖B − 2⁻ᵖ·A‖_F/‖2⁻ᵖ·A‖_F for a B given by its entries and the p of [`exponent_of`] or one less: squares
/// stay in range.
fn difference<T: Widen>(a: &Mat<T>, power: i32, b: impl Fn(usize, usize) -> T::Wide) -> f64 {
    let (mut errors, mut sizes) = (Vec::new(), Vec::new());
    for j in 0..a.cols() {
        for i in 0..a.rows() {
            let exact = scaled(widen(a[(i, j)]), -power);
            errors.push(b(i, j) - exact);
            sizes.push(exact);
        }
    }
    let (error, size) = (
        norm(&errors).to_nearest_f64(),
        norm(&sizes).to_nearest_f64(),
    );
    if error == 0.0 { 0.0 } else { error / size }
}

/// What rounding `count` results to subnormal numbers adds to ‖2⁻ᵖ·ΔA‖_F/‖2⁻ᵖ·A‖_F, where
/// ‖2⁻ᵖ·A‖_F ≥ ½: half of the smallest number each.
fn rounded_to_subnormal<T: Widen>(power: i32, count: usize) -> f64 {
    let least = exponent_above(subnormal::<T>()) - 1;
    2f64.powi(least - power) * (count as f64).sqrt()
}

/// max |xᵢ − yᵢ|; NaN if any is, and infinite if the lengths differ.
fn largest_difference<T: Scalar>(x: &[T], y: &[f64]) -> f64 {
    if x.len() != y.len() {
        return f64::INFINITY;
    }
    let pairs = x.iter().zip(y);
    let differences = pairs.map(|(xi, yi)| (xi.as_f64() - yi).abs());
    differences.fold(0.0, nan_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nan_and_a_short_list_are_differences() {
        assert_eq!(largest_difference(&[1.0, 2.5], &[1.0, 2.0]), 0.5);
        assert!(largest_difference(&[f64::NAN, 2.0], &[1.0, 2.0]).is_nan());
        assert!(largest_difference(&[1.0, f32::NAN], &[1.0, 2.0]).is_nan());
        assert_eq!(largest_difference(&[1.0], &[1.0, 0.0]), f64::INFINITY);
    }
}
