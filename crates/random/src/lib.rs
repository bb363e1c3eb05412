#![doc = include_str!("../README.md")]

use leastwise_core::Mat;
use leastwise_core::norm::{combine, dot};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

/// ChaCha with 12 rounds. The key is the seed, little-endian and padded with zeros. Every matrix has a stream
/// of its own, so that no matrix depends on the size of another.
#[must_use]
pub fn stream(seed: u64, number: u64) -> ChaCha12Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha12Rng::from_seed(key);
    rng.set_stream(number);
    rng
}

/// Independent entries, uniform on [0, 1), drawn column by column.
#[must_use]
pub fn uniform(rng: &mut ChaCha12Rng, rows: usize, cols: usize) -> Mat<f64> {
    Mat::from_fn(rows, cols, |_, _| rng.random())
}

/// Independent standard normal entries, drawn column by column.
#[must_use]
pub fn normal(rng: &mut ChaCha12Rng, rows: usize, cols: usize) -> Mat<f64> {
    Mat::from_fn(rows, cols, |_, _| rng.sample(StandardNormal))
}

/// Orthonormal columns with Haar's distribution, for rows ≥ cols. They are the orthogonalised columns of a
/// normal matrix.
///
/// Each column is orthogonalised twice against those before it. Once leaves errors of κ·u, and twice leaves
/// errors of a few u (W. Kahan's "twice is enough", in B. Parlett, *The Symmetric Eigenvalue Problem*, §6.9).
#[must_use]
pub fn orthonormal(rng: &mut ChaCha12Rng, rows: usize, cols: usize) -> Mat<f64> {
    let mut q = normal(rng, rows, cols);
    let mut projection = vec![0.0; rows];
    for j in 0..cols {
        let (done, rest) = q.data_mut().split_at_mut(j * rows);
        let column = &mut rest[..rows];
        for _ in 0..2 {
            combine(
                &mut projection,
                done.chunks_exact(rows).map(|v| (dot(v, column), v)),
            );
            for (c, p) in column.iter_mut().zip(&projection) {
                *c -= p;
            }
        }
        let norm = dot(column, column).sqrt();
        for c in column {
            *c /= norm;
        }
    }
    q
}
