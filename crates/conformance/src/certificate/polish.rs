//! One step of refinement for an SVD, in f64.
//!
//! Divide and conquer, as in faer, returns factors whose errors grow with n. At 300×300, ‖VᵀV − I‖₂
//! is 340u and ‖A − U·diag(s)·Vᵀ‖₂ is 120u·σ₁. One step reduces both to the rounding errors of
//! matrix products. The result is verified like any other decomposition.
//!
//! Source: T. Ogita, K. Aishima, *Iterative refinement for singular value decomposition based on matrix
//! multiplication*, J. Comput. Appl. Math. 369 (2020).

use leastwise_core::{Factorizations, Mat, MatRef, Svd};

use super::WORK;
use super::long::{Long, times_each, transposed_times_each};

/// The largest rotation. Its square is a rounding error once lengths and angles are corrected
/// again. If singular values are too close to each other for their errors, nothing is rotated.
const SMALL: f64 = 1e-4;

/// Better factors of A of any shape, or `None` if a product fails or the shapes are wrong.
pub(super) fn polished(
    engine: &dyn Factorizations<f64>,
    a: &Mat<f64>,
    svd: Svd<f64>,
) -> Option<Svd<f64>> {
    let Svd { mut u, s, mut v } = svd;
    if s.is_empty() {
        return None;
    }
    let s = if a.rows() < a.cols() {
        refine(engine, a.as_ref().transpose(), &mut v, &mut u)?
    } else {
        refine(engine, a.as_ref(), &mut u, &mut v)?
    };
    let mut svd = sorted(Svd { u, s, v })?;
    sum_again(a, &mut svd);
    sorted(svd)
}

/// Repeats sums of the step in double-double. In f64 they lose up to m·u if all of their terms are equal, as in a matrix
/// of equal rows. The columns of U and V get the length 1, and the largest singular values are those that fit the
/// columns best, σᵢ = uᵢᵀ·A·vᵢ/(‖uᵢ‖²·‖vᵢ‖²).
fn sum_again(a: &Mat<f64>, svd: &mut Svd<f64>) {
    let Svd { u, s, v } = svd;
    for q in [&mut *u, &mut *v] {
        for j in 0..q.cols() {
            let excess = excess_length(q, j);
            for qi in q.col_mut(j) {
                *qi -= 0.5 * excess * *qi;
            }
        }
    }
    let count = (WORK / (a.rows() * a.cols())).clamp(1, s.len());
    let columns: Vec<Long> = (0..count).map(|i| Long::of(v.col(i))).collect();
    let images = times_each(a, 0..a.cols(), &columns);
    for (i, image) in images.iter().enumerate() {
        let product = transposed_times_each(u, i..i + 1, std::slice::from_ref(image));
        let product = product[0].high[0];
        s[i] = (product - (excess_length(u, i) + excess_length(v, i)) * product).abs();
    }
}

/// ‖qⱼ‖² − 1
fn excess_length(q: &Mat<f64>, j: usize) -> f64 {
    let square = transposed_times_each(q, j..j + 1, &[Long::of(q.col(j))]);
    (square[0].high[0] - 1.0) + square[0].low[0]
}

/// Changes U (m×n) and V (n×n) of a tall A, and returns the singular values.
///
/// F and G of U·(I + F) and V·(I + G) solve F + Fᵀ = R = I − UᵀU, G + Gᵀ = S = I − VᵀV, and T +
/// Fᵀ·Σ + Σ·G = Σ for T = UᵀAV, up to squares of errors. With α = Tᵢⱼ + σⱼRᵢⱼ and β = Tⱼᵢ + σⱼSᵢⱼ,
/// F − G = (α − β)/(σᵢ + σⱼ) and F + G = (α + β)/(σⱼ − σᵢ). The span of U stays the same. A QR
/// factorisation has found it.
fn refine(
    engine: &dyn Factorizations<f64>,
    a: MatRef<'_, f64>,
    u: &mut Mat<f64>,
    v: &mut Mat<f64>,
) -> Option<Vec<f64>> {
    let n = v.cols();
    if (u.rows(), u.cols(), v.rows()) != (a.rows(), n, a.cols()) || n != a.cols() {
        return None;
    }
    let product = |alpha: f64, a: MatRef<'_, f64>, b: MatRef<'_, f64>, mut c: Mat<f64>| {
        engine.matmul(alpha, a, b, 1.0, c.as_mut()).ok()?;
        Some(c)
    };
    let (identity, zero) = (Mat::<f64>::identity(n), Mat::<f64>::zeros(n, n));
    let image = product(1.0, a, v.as_ref(), Mat::zeros(a.rows(), n))?;
    let t = product(1.0, u.as_ref().transpose(), image.as_ref(), zero)?;
    let r = product(-1.0, u.as_ref().transpose(), u.as_ref(), identity.clone())?;
    let s = product(-1.0, v.as_ref().transpose(), v.as_ref(), identity)?;
    let sigma: Vec<f64> = (0..n)
        .map(|i| (t[(i, i)] / (1.0 - 0.5 * (r[(i, i)] + s[(i, i)]))).abs())
        .collect();
    let (mut f, mut g) = (Mat::zeros(n, n), Mat::zeros(n, n));
    for j in 0..n {
        for i in 0..n {
            let (rij, sij) = (r[(i, j)], s[(i, j)]);
            let alpha = t[(i, j)] + sigma[j] * rij;
            let beta = t[(j, i)] + sigma[j] * sij;
            let sum = small_ratio(alpha + beta, sigma[j] - sigma[i]).filter(|_| i != j);
            let difference = small_ratio(alpha - beta, sigma[i] + sigma[j]).filter(|_| i != j);
            let sum = sum.unwrap_or(0.5 * (rij + sij));
            let difference = difference.unwrap_or(0.5 * (rij - sij));
            f[(i, j)] = 0.5 * (sum + difference);
            g[(i, j)] = 0.5 * (sum - difference);
        }
    }
    let (old_u, old_v) = (u.clone(), v.clone());
    *u = product(1.0, old_u.as_ref(), f.as_ref(), old_u.clone())?;
    *v = product(1.0, old_v.as_ref(), g.as_ref(), old_v.clone())?;
    *u = mended(engine, u)?;
    *v = mended(engine, v)?;
    Some(sigma)
}

/// Q + Q·(I − QᵀQ)/2, a step of Newton's method to the nearest matrix with orthonormal columns.
fn mended(engine: &dyn Factorizations<f64>, q: &Mat<f64>) -> Option<Mat<f64>> {
    let mut r = Mat::identity(q.cols());
    let q_t = q.as_ref().transpose();
    engine.matmul(-0.5, q_t, q.as_ref(), 0.5, r.as_mut()).ok()?;
    let mut better = q.clone();
    engine
        .matmul(1.0, q.as_ref(), r.as_ref(), 1.0, better.as_mut())
        .ok()?;
    Some(better)
}

fn small_ratio(a: f64, b: f64) -> Option<f64> {
    (a.abs() <= SMALL * b.abs() && b != 0.0).then(|| a / b)
}

/// The same with the singular values in descending order.
fn sorted(svd: Svd<f64>) -> Option<Svd<f64>> {
    let Svd { u, s, v } = svd;
    if s.iter().any(|x| x.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..s.len()).collect();
    order.sort_by(|&i, &j| s[j].total_cmp(&s[i]));
    let columns = |q: &Mat<f64>| Mat::from_fn(q.rows(), q.cols(), |i, j| q[(i, order[j])]);
    Some(Svd {
        u: columns(&u),
        s: order.iter().map(|&j| s[j]).collect(),
        v: columns(&v),
    })
}
