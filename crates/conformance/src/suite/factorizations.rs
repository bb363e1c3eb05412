//! Every decomposition satisfies its definition.

use leastwise_core::{Backend, Mat, SvdVectors};
use leastwise_problems::standard_normal;

use super::Recorder;
use super::cases;
use crate::least_squares::LeastSquaresTruth;
use crate::traps::bounds::stable;
use crate::wide::{Wide, Widen, dot, norm, widen, zero};

/// Larger matrices cost minutes in the wide arithmetic and show nothing new.
const LARGEST: usize = 200;

pub(super) fn run<T: Widen>(backend: &dyn Backend<T>, recorder: &mut Recorder<'_>) {
    for case in cases::all::<T>() {
        let a = case.a;
        // The other right-hand sides of a family have the same matrix.
        if a.rows() > LARGEST || case.name.ends_with("-consistent") {
            continue;
        }
        let name = format!("{}/factor/{}", T::NAME, case.name);
        for (vectors, kind) in [
            (SvdVectors::Thin, "svd-thin"),
            (SvdVectors::Full, "svd-full"),
        ] {
            recorder.case(format!("{name}/{kind}"), |recorder| {
                svd(backend, &a, vectors, recorder);
            });
        }
        if a.rows() >= a.cols() {
            recorder.case(format!("{name}/qr"), |recorder| qr(backend, &a, recorder));
        }
        if a.rows() == a.cols() {
            recorder.case(format!("{name}/symmetric-eigen"), |recorder| {
                let half = T::of(0.5);
                let sum = |i, j| half * a[(i, j)] + half * a[(j, i)];
                symmetric_eigen(backend, &Mat::from_fn(a.rows(), a.rows(), sum), recorder);
            });
        }
    }
    for (seed, n) in (0..).zip([1, 2, 3, 5, 8, 13, 21, 34]) {
        let root = standard_normal::<T>(2 * n, n, seed, 0);
        let gram = Mat::from_fn(n, n, |i, j| {
            leastwise_core::norm::dot(root.col(i), root.col(j))
        });
        let name = format!("{}/factor/gram-{n}-seed-{seed}", T::NAME);
        recorder.case(format!("{name}/cholesky"), |recorder| {
            cholesky(backend, &gram, recorder);
        });
    }
}

fn svd<T: Widen>(
    backend: &dyn Backend<T>,
    a: &Mat<T>,
    vectors: SvdVectors,
    recorder: &mut Recorder<'_>,
) {
    let found = match backend.svd(a.as_ref(), vectors) {
        Ok(found) => found,
        Err(error) => return recorder.holds("answer", false, || error.to_string()),
    };
    let (m, n) = (a.rows(), a.cols());
    let bound = stable::<T>(m, n);
    let b = Mat::zeros(m, 1);
    let exact = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 0).singular_values();
    let (count, largest) = (m.min(n), exact[0].max(f64::MIN_POSITIVE));
    let shapes = match vectors {
        SvdVectors::Thin => (m, count, n, count),
        SvdVectors::Full => (m, m, n, n),
    };
    let (u, v) = (columns(&found.u), columns(&found.v));
    let right = (found.u.rows(), u.len(), found.v.rows(), v.len()) == shapes;
    recorder.holds("shape", right && found.s.len() == count, || {
        format!("{shapes:?} expected")
    });
    recorder.holds("order", found.s.is_sorted_by(|a, b| a >= b), || {
        format!("{:?}", found.s)
    });
    let pairs = found.s.iter().zip(&exact);
    let worst = pairs.fold(0.0, |worst: f64, (s, t)| worst.max((s.as_f64() - t).abs()));
    recorder.at_most(
        "singular values",
        worst / largest,
        bound * (count as f64).sqrt(),
    );
    recorder.at_most("orthogonality of u", defect(&u), stable::<T>(m, u.len()));
    recorder.at_most("orthogonality of v", defect(&v), stable::<T>(n, v.len()));
    let s: Vec<T::Wide> = found.s.iter().map(|&s| widen(s)).collect();
    let error = difference(a, |i, j| {
        (0..count).fold(zero(), |sum: T::Wide, k| sum + u[k][i] * s[k] * v[k][j])
    });
    recorder.at_most("reconstruction", error, bound);
}

fn qr<T: Widen>(backend: &dyn Backend<T>, a: &Mat<T>, recorder: &mut Recorder<'_>) {
    let factors = match backend.qr(a.as_ref()) {
        Ok(factors) => factors,
        Err(error) => return recorder.holds("answer", false, || error.to_string()),
    };
    let (m, n) = (a.rows(), a.cols());
    let r = columns(&factors.r());
    let zeros = r
        .iter()
        .enumerate()
        .all(|(j, c)| c[j + 1..].iter().all(|&x| x == zero()));
    recorder.holds("triangular", zeros, || {
        "an entry below the diagonal of r".to_owned()
    });
    let q = match factors.mul_q(Mat::identity(n)) {
        Ok(q) => columns(&q),
        Err(error) => return recorder.holds("mul_q", false, || error.to_string()),
    };
    recorder.at_most("orthogonality", defect(&q), stable::<T>(m, n));
    let error = difference(a, |i, j| {
        (0..=j).fold(zero(), |sum: T::Wide, k| sum + q[k][i] * r[j][k])
    });
    recorder.at_most("reconstruction", error, stable::<T>(m, n));
}

fn symmetric_eigen<T: Widen>(backend: &dyn Backend<T>, a: &Mat<T>, recorder: &mut Recorder<'_>) {
    let found = match backend.symmetric_eigen(a.as_ref()) {
        Ok(found) => found,
        Err(error) => return recorder.holds("answer", false, || error.to_string()),
    };
    let n = a.cols();
    let v = columns(&found.vectors);
    let w: Vec<T::Wide> = found.values.iter().map(|&w| widen(w)).collect();
    recorder.holds("order", found.values.is_sorted_by(|a, b| a <= b), || {
        format!("{:?}", found.values)
    });
    recorder.at_most("orthogonality", defect(&v), stable::<T>(n, n));
    let error = difference(a, |i, j| {
        (0..n).fold(zero(), |sum: T::Wide, k| sum + v[k][i] * w[k] * v[k][j])
    });
    recorder.at_most("reconstruction", error, stable::<T>(n, n));
}

fn cholesky<T: Widen>(backend: &dyn Backend<T>, a: &Mat<T>, recorder: &mut Recorder<'_>) {
    let l = match backend.cholesky(a.as_ref()) {
        Ok(l) => columns(&l),
        Err(error) => return recorder.holds("answer", false, || error.to_string()),
    };
    let n = a.cols();
    let zeros = l
        .iter()
        .enumerate()
        .all(|(j, c)| c[..j].iter().all(|&x| x == zero()));
    recorder.holds("triangular", zeros, || {
        "an entry above the diagonal of l".to_owned()
    });
    let error = difference(a, |i, j| {
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

/// ‖B − A‖_F/‖A‖_F for a B given by its entries; both times a power of two that keeps squares in
/// range.
fn difference<T: Widen>(a: &Mat<T>, b: impl Fn(usize, usize) -> T::Wide) -> f64 {
    let largest = a
        .data()
        .iter()
        .fold(0.0, |largest: f64, x| largest.max(x.as_f64().abs()));
    let scale = if largest > 0.0 {
        2f64.powi(-exponent(largest))
    } else {
        1.0
    };
    let scale = T::Wide::of(scale);
    let (mut errors, mut sizes) = (Vec::new(), Vec::new());
    for j in 0..a.cols() {
        for i in 0..a.rows() {
            let exact = widen(a[(i, j)]);
            errors.push((b(i, j) - exact) * scale);
            sizes.push(exact * scale);
        }
    }
    let (error, size) = (
        norm(&errors).to_nearest_f64(),
        norm(&sizes).to_nearest_f64(),
    );
    if error == 0.0 { 0.0 } else { error / size }
}

#[expect(clippy::cast_possible_truncation, reason = "an exponent of f64 fits")]
fn exponent(x: f64) -> i32 {
    x.log2().floor().clamp(-1000.0, 1000.0) as i32
}
