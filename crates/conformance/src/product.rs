//! The error of a matrix product.

use leastwise_core::{Mat, MatRef};

use crate::wide::{Wide, Widen, nan_max, widen, zero};

/// Entries that are computed again lie on a grid of at most this many rows and columns.
const GRID: usize = 64;

/// The largest |Ĉ − C|ᵢⱼ / (k·u·(|A||B|)ᵢⱼ) for a computed product Ĉ of A m×k and B k×n.
///
/// At most 1 for a product by sums in any order, up to terms of u² (Higham, *Accuracy and Stability
/// of Numerical Algorithms*, 2nd ed., §3.5). For a small product every entry is checked. For a
/// large product, a grid of 64×64 entries and the sums of all columns are checked, because a wrong
/// entry anywhere changes its sum: (1ᵀĈ − 1ᵀA·B)ⱼ over k·u·(1ᵀ|A||B|)ⱼ.
///
/// # Panics
/// If the shapes do not match.
#[must_use]
pub fn product_error<T: Widen>(a: MatRef<'_, T>, b: MatRef<'_, T>, c: &Mat<T>) -> f64 {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    assert_eq!((b.rows(), c.rows(), c.cols()), (k, m, n));
    let unit = k as f64 * T::UNIT_ROUNDOFF.as_f64();
    let mut worst: f64 = 0.0;
    let mut record = |error: T::Wide, magnitude: f64| {
        let error = error.abs().to_nearest_f64();
        let scaled = if error == 0.0 {
            0.0
        } else {
            error / (unit * magnitude)
        };
        worst = nan_max(worst, scaled);
    };
    for j in grid(n) {
        for i in grid(m) {
            let (mut exact, mut magnitude): (T::Wide, f64) = (zero(), 0.0);
            for l in 0..k {
                let product = widen(a[(i, l)]) * widen(b[(l, j)]);
                exact = exact + product;
                magnitude += product.abs().to_nearest_f64();
            }
            record(widen(c[(i, j)]) - exact, magnitude);
        }
    }
    let sums = |absolute: bool| -> Vec<T::Wide> {
        (0..k)
            .map(|l| {
                (0..m).fold(zero(), |sum: T::Wide, i| {
                    let x = widen(a[(i, l)]);
                    sum + if absolute { x.abs() } else { x }
                })
            })
            .collect()
    };
    let (signed, absolute) = (sums(false), sums(true));
    for j in 0..n {
        let found = (0..m).fold(zero(), |sum: T::Wide, i| sum + widen(c[(i, j)]));
        let (mut exact, mut magnitude): (T::Wide, f64) = (zero(), 0.0);
        for l in 0..k {
            let x = widen(b[(l, j)]);
            exact = exact + signed[l] * x;
            magnitude += (absolute[l] * x.abs()).to_nearest_f64();
        }
        record(found - exact, magnitude);
    }
    worst
}

/// At most [`GRID`] indices below `len`, evenly spaced, the first and the last among them.
fn grid(len: usize) -> impl Iterator<Item = usize> {
    let count = len.min(GRID);
    (0..count).map(move |i| i * (len - 1) / (count - 1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_passes_and_one_wrong_entry_off_the_grid_does_not() {
        let (m, k, n) = (150, 40, 130);
        let entry = |i: usize, j: usize| ((i * 31 + j * 17) % 29) as f64 / 7.0 - 2.0;
        let (a, b) = (Mat::from_fn(m, k, entry), Mat::from_fn(k, n, entry));
        let mut c = Mat::from_fn(m, n, |i, j| (0..k).map(|l| a[(i, l)] * b[(l, j)]).sum());
        assert!(product_error(a.as_ref(), b.as_ref(), &c) <= 1.0);
        c[(1, 1)] += 1e-6;
        assert!(!grid(m).any(|i| i == 1));
        assert!(product_error(a.as_ref(), b.as_ref(), &c) > 1e3);
        c[(1, 1)] = f64::NAN;
        assert!(product_error(a.as_ref(), b.as_ref(), &c).is_nan());
    }
}
