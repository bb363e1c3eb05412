//! A singular value decomposition of somebody else, verified by products of our own.

use leastwise_core::{Factorizations, Mat, Svd, norm};
use leastwise_testset::standard_normal;

use super::long::{Long, times, transposed_times};
use super::polish::polished;

/// Probes of each norm. [`PROBES`] and [`CONFIDENCE`] make a wrong bound as likely as 10⁻¹⁰.
const PROBES: usize = 5;
/// α of the bound: it is too small with a probability of α⁻ᵏ for k probes.
const CONFIDENCE: f64 = 100.0;
/// The power of E in E·Eᵀ·E·Eᵀ·E: its root takes the factors of the bound away.
const POWER: i32 = 5;
/// Errors of more than so many u·√(m + n) are no rounding errors: the next library is asked.
const ROUNDING: f64 = 100.0;

/// A ≈ U·diag(s)·Vᵀ with bounds of what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    /// m×min(m, n)
    pub(super) u: Mat<f64>,
    /// In descending order.
    pub(super) s: Vec<f64>,
    /// n×min(m, n)
    pub(super) v: Mat<f64>,
    /// ‖A − U·diag(s)·Vᵀ‖₂ is at most this.
    pub(super) error: f64,
    /// ‖UᵀU − I‖₂ + ‖VᵀV − I‖₂ is at most this.
    pub(super) skew: f64,
}

impl Factors {
    /// The first decomposition that is right but for rounding errors.
    pub(super) fn find(a: &Mat<f64>, sources: &[&dyn Factorizations<f64>]) -> Option<Self> {
        let size = (a.rows() + a.cols()) as f64;
        let rounding = ROUNDING * size.sqrt() * f64::EPSILON;
        sources.iter().find_map(|source| {
            let svd = polished(*source, a, source.svd(a.as_ref()).ok()?)?;
            let factors = Self::verified(a, svd)?;
            (factors.deviation() <= rounding * factors.s[0]).then_some(factors)
        })
    }

    /// `None` for factors of other shapes, or values that are no descending numbers.
    fn verified(a: &Mat<f64>, svd: Svd<f64>) -> Option<Self> {
        let Svd { u, s, v } = svd;
        let smaller = a.rows().min(a.cols());
        let shapes = [(u.rows(), u.cols()), (v.rows(), v.cols())];
        let right = [(a.rows(), smaller), (a.cols(), smaller)];
        let descending =
            s.iter().all(|&x| x >= 0.0 && x.is_finite()) && s.is_sorted_by(|x, y| x >= y);
        if shapes != right || s.len() != smaller || !descending {
            return None;
        }
        let error = norm_bound(
            a.cols(),
            |x| {
                let mut inner = transposed_times(&v, x);
                inner.scale(&s);
                let mut difference = times(a, x);
                difference.subtract(&times(&u, &inner));
                difference
            },
            |y| {
                let mut inner = transposed_times(&u, y);
                inner.scale(&s);
                let mut difference = transposed_times(a, y);
                difference.subtract(&times(&v, &inner));
                difference
            },
        );
        let skew = non_orthogonality(&u) + non_orthogonality(&v);
        Some(Self {
            u,
            s,
            v,
            error,
            skew,
        })
    }

    /// A bound of ‖A − Û·diag(s)·V̂ᵀ‖₂ with Û and V̂ orthonormal.
    pub(super) fn deviation(&self) -> f64 {
        self.error + self.skew * self.s[0]
    }

    /// Bounds of σᵢ, by Weyl's inequality for the error and Ostrowski's for U and V.
    pub(super) fn singular_value(&self, i: usize) -> (f64, f64) {
        let low = self.s[i] * (1.0 - self.skew) - self.error;
        (low.max(0.0), self.s[i] * (1.0 + self.skew) + self.error)
    }
}

/// ‖QᵀQ − I‖₂ is at most this.
fn non_orthogonality(q: &Mat<f64>) -> f64 {
    let apply = |x: &Long| {
        let mut product = transposed_times(q, &times(q, x));
        product.subtract(x);
        product
    };
    norm_bound(q.cols(), apply, apply)
}

/// A bound of ‖E‖₂ from E·Eᵀ·E·Eᵀ·E·ω for random ω, of which the norm is the fifth power of that of E.
///
/// Source: N. Halko, P.-G. Martinsson, J. Tropp, *Finding structure with randomness*, SIAM Review 53 (2011), Lemma
/// 4.1: ‖B‖₂ ≤ α·√(2/π)·max‖B·ωᵢ‖ for k standard normal ωᵢ, but for a probability of α⁻ᵏ.
fn norm_bound(
    n: usize,
    apply: impl Fn(&Long) -> Long,
    apply_transposed: impl Fn(&Long) -> Long,
) -> f64 {
    let probes = standard_normal::<f64>(n, PROBES, 0, 0);
    let mut largest: f64 = 0.0;
    for k in 0..PROBES {
        // Each product is known to twice the digits of f64, so that its first terms are right.
        let (mut product, mut x) = (1.0, Long::of(probes.col(k)));
        for step in 0..POWER {
            let y = if step % 2 == 1 {
                apply_transposed(&x)
            } else {
                apply(&x)
            };
            let length = norm::euclidean(&y.high);
            product *= length;
            if !(length > 0.0) {
                break;
            }
            let direction: Vec<f64> = y.high.iter().map(|yi| yi / length).collect();
            x = Long::of(&direction);
        }
        largest = crate::wide::nan_max(largest, product);
    }
    (CONFIDENCE * std::f64::consts::FRAC_2_PI.sqrt() * largest).powf(1.0 / f64::from(POWER))
}
