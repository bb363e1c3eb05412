//! Seeded draws. They are made in f64 for every scalar type, and rounded once.

use leastwise_core::{Mat, Scalar};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

/// A generator that does not depend on the version of `rand`: ChaCha with 12 rounds.
pub(crate) fn generator(seed: u64) -> ChaCha12Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    ChaCha12Rng::from_seed(key)
}

/// Independent standard normal entries.
pub(crate) fn normal<T: Scalar>(rng: &mut ChaCha12Rng, rows: usize, cols: usize) -> Mat<T> {
    Mat::from_fn(rows, cols, |_, _| T::of(rng.sample(StandardNormal)))
}

/// A symmetric matrix of standard normal entries.
pub(crate) fn symmetric<T: Scalar>(rng: &mut ChaCha12Rng, n: usize) -> Mat<T> {
    let a = normal::<T>(rng, n, n);
    Mat::from_fn(n, n, |i, j| a[(i.max(j), i.min(j))])
}

/// An integer from −`largest` to `largest`.
pub(crate) fn integer(rng: &mut ChaCha12Rng, largest: i32) -> f64 {
    f64::from(rng.random_range(-largest..=largest))
}

/// 1 or −1.
pub(crate) fn sign(rng: &mut ChaCha12Rng) -> f64 {
    if rng.random() { 1.0 } else { -1.0 }
}

/// The numbers below n in random order (Fisher-Yates).
pub(crate) fn permutation(rng: &mut ChaCha12Rng, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    order
}
