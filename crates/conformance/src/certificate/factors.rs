//! A singular value decomposition by another library, verified by products of this crate.

use std::ops::RangeInclusive;

use leastwise_core::{Factorizations, Mat, Svd};
use leastwise_testset::standard_normal;

use super::WORK;
use super::long::{Long, ROUNDOFF, times_each, transposed_times_each};
use super::polish::polished;
use crate::bracket::Bracket;

/// Probes of each norm. [`PROBES`] and [`CONFIDENCE`] make a wrong bound as likely as 10⁻¹⁰.
const PROBES: usize = 5;
/// α of the bound. For k probes, the bound is too small with a probability of α⁻ᵏ.
const CONFIDENCE: f64 = 100.0;
/// The power of E in E·Eᵀ·…·E: its root takes the factors of the bound away, which leaves 4 times the norm for a power
/// of 5 and thousands of columns, 2 for one of 11, and 1.2 for one of 41.
const POWERS: RangeInclusive<usize> = 5..=41;
/// Where the bound has to be close.
const CLOSE: usize = 11;
/// Singular values of so many times the error of the factors have singular vectors to speak of.
const CLEAR: f64 = 16.0;
/// Errors of more than this many u·√(m + n) are not rounding errors. The next library is tried.
const ROUNDING: f64 = 100.0;

/// A ≈ U·diag(s)·Vᵀ with bounds on its errors.
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
    /// How many singular values are clear of the error, and what the next is at most.
    tail: (usize, f64),
}

impl Factors {
    /// The first decomposition that is right up to rounding errors.
    pub(super) fn find(a: &Mat<f64>, sources: &[&dyn Factorizations<f64>]) -> Option<Self> {
        let size = (a.rows() + a.cols()) as f64;
        let rounding = ROUNDING * size.sqrt() * f64::EPSILON;
        sources.iter().find_map(|source| {
            let svd = polished(*source, a, source.svd(a.as_ref()).ok()?)?;
            let factors = Self::verified(a, svd)?;
            (factors.deviation() <= rounding * factors.s[0]).then_some(factors)
        })
    }

    /// `None` if the factors have other shapes, or if the values are not descending numbers.
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
        let power = power_for(a);
        let error = || {
            norm_bound(
                a.cols(),
                power,
                |x| {
                    let inner = scaled(transposed_times_each(&v, 0..smaller, x), &s);
                    let product = times_each(&u, 0..smaller, &inner);
                    differences(times_each(a, 0..a.cols(), x), &product)
                },
                |y| {
                    let inner = scaled(transposed_times_each(&u, 0..smaller, y), &s);
                    let product = times_each(&v, 0..smaller, &inner);
                    differences(transposed_times_each(a, 0..a.cols(), y), &product)
                },
            )
        };
        let (error, skew) = std::thread::scope(|scope| {
            let skews = [&u, &v].map(|q| scope.spawn(move || non_orthogonality(q, power)));
            let error = error();
            let skews = skews.map(|skew| skew.join().unwrap_or(f64::NAN));
            (error, skews[0] + skews[1])
        });
        let mut factors = Self {
            tail: (s.len(), f64::INFINITY),
            u,
            s,
            v,
            error,
            skew,
        };
        let clear = CLEAR * factors.deviation();
        let rank = factors.s.iter().filter(|&&si| si > clear).count();
        if rank < smaller {
            factors.tail = (rank, factors.tail_bound(a, rank));
        }
        Some(factors)
    }

    /// A bound of σᵣ₊₁ which the error of the factors enters by its square only.
    ///
    /// Let A be tall; V is square then. N = V₂ − V₁·Σ₁⁻¹·U₁ᵀ·A·V₂ has n − r columns, so that σᵣ₊₁·σₘᵢₙ(N) ≤ ‖A·N‖₂
    /// (Courant and Fischer), and A·N = (I − A·V₁·Σ₁⁻¹·U₁ᵀ)·A·V₂ is free of what rounding V₂ leaves of V₁ in it. A wide A
    /// is transposed.
    ///
    /// Source: G. Golub, C. Van Loan, *Matrix Computations*, 4th ed., §8.6.1.
    fn tail_bound(&self, a: &Mat<f64>, rank: usize) -> f64 {
        let is_tall = a.rows() >= a.cols();
        let (u, v) = if is_tall {
            (&self.u, &self.v)
        } else {
            (&self.v, &self.u)
        };
        let all = || 0..a.cols();
        let forward = |x: &[Long]| {
            if is_tall {
                times_each(a, all(), x)
            } else {
                transposed_times_each(a, all(), x)
            }
        };
        let backward = |y: &[Long]| {
            if is_tall {
                transposed_times_each(a, all(), y)
            } else {
                times_each(a, all(), y)
            }
        };
        let inverse: Vec<f64> = self.s[..rank].iter().map(|si| 1.0 / si).collect();
        let (leading, trailing) = (|| 0..rank, || rank..v.cols());
        let norm = norm_bound(
            trailing().len(),
            power_for(a).max(CLOSE),
            |x| {
                let image = forward(&times_each(v, trailing(), x));
                let along = scaled(transposed_times_each(u, leading(), &image), &inverse);
                let kept = forward(&times_each(v, leading(), &along));
                differences(image, &kept)
            },
            |y| {
                let along = scaled(transposed_times_each(v, leading(), &backward(y)), &inverse);
                let rest = differences(y.to_vec(), &times_each(u, leading(), &along));
                transposed_times_each(v, trailing(), &backward(&rest))
            },
        );
        // ‖V₁·Σ₁⁻¹·U₁ᵀ·A·V₂‖₂, where A·V₂ = U₂·Σ₂ but for the error.
        let image = self
            .s
            .get(rank)
            .map_or(0.0, |next| next * (1.0 + self.skew))
            + 2.0 * self.deviation();
        let moved = (1.0 + self.skew) * image * inverse.last().copied().unwrap_or(0.0);
        // What double-double rounds in products with |A|, of which the norm is at most √(m + n) times that of A.
        let terms = (a.rows() + a.cols()) as f64;
        let rounding = terms * terms.sqrt() * ROUNDOFF * self.s[0];
        (norm + rounding) / (1.0 - self.skew - moved).max(0.0)
    }

    /// A bound of ‖A − Û·diag(s)·V̂ᵀ‖₂ with Û and V̂ orthonormal.
    pub(super) fn deviation(&self) -> f64 {
        self.error + self.skew * self.s[0]
    }

    /// σᵢ, by Weyl's inequality for the error and Ostrowski's for U and V.
    pub(super) fn singular_value(&self, i: usize) -> Bracket {
        let low = self.s[i] * (1.0 - self.skew) - self.error;
        let high = self.s[i] * (1.0 + self.skew) + self.error;
        let (rank, tail) = self.tail;
        let high = if i < rank { high } else { high.min(tail) };
        Bracket {
            low: low.max(0.0),
            value: self.s[i].min(high),
            high,
        }
    }
}

/// An odd power, the higher the smaller the matrix is.
fn power_for(a: &Mat<f64>) -> usize {
    let power = WORK / (a.rows() * a.cols());
    power.clamp(*POWERS.start(), *POWERS.end()) | 1
}

/// diag(d)·xₖ
fn scaled(mut x: Vec<Long>, d: &[f64]) -> Vec<Long> {
    for x in &mut x {
        x.scale(d);
    }
    x
}

/// xₖ − yₖ
fn differences(mut x: Vec<Long>, y: &[Long]) -> Vec<Long> {
    for (x, y) in x.iter_mut().zip(y) {
        x.subtract(y);
    }
    x
}

/// ‖QᵀQ − I‖₂ is at most this.
fn non_orthogonality(q: &Mat<f64>, power: usize) -> f64 {
    let all = || 0..q.cols();
    let apply = |x: &[Long]| {
        let product = transposed_times_each(q, all(), &times_each(q, all(), x));
        differences(product, x)
    };
    norm_bound(q.cols(), power, apply, apply)
}

/// A bound of ‖E‖₂ from E·Eᵀ·E·…·E·ω for random ω, with E so many times, of which the norm is that power of ‖E‖₂.
///
/// Source: N. Halko, P.-G. Martinsson, J. Tropp, *Finding structure with randomness*, SIAM Review
/// 53 (2011), Lemma 4.1: ‖B‖₂ ≤ α·√(2/π)·max‖B·ωᵢ‖ for k standard normal ωᵢ, except with a
/// probability of α⁻ᵏ.
fn norm_bound(
    n: usize,
    power: usize,
    apply: impl Fn(&[Long]) -> Vec<Long>,
    apply_transposed: impl Fn(&[Long]) -> Vec<Long>,
) -> f64 {
    let probes = standard_normal::<f64>(n, PROBES, 0, 0);
    let mut x: Vec<Long> = (0..PROBES).map(|k| Long::of(probes.col(k))).collect();
    // Logarithms, because high powers leave the range.
    let mut logarithms = [0.0; PROBES];
    for step in 0..power {
        // Each product is computed with twice the digits of f64, so its first terms are right.
        x = if step % 2 == 1 {
            apply_transposed(&x)
        } else {
            apply(&x)
        };
        for (x, logarithm) in x.iter_mut().zip(&mut logarithms) {
            let length = x.norm();
            *logarithm += length.ln();
            if length > 0.0 {
                let direction: Vec<f64> = x.high.iter().map(|xi| xi / length).collect();
                *x = Long::of(&direction);
            }
        }
    }
    let largest = logarithms
        .into_iter()
        .fold(f64::NEG_INFINITY, crate::wide::nan_max);
    let factor = CONFIDENCE * std::f64::consts::FRAC_2_PI.sqrt();
    ((factor.ln() + largest) / power as f64).exp()
}
