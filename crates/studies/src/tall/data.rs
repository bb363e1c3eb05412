//! The data and the models.

use leastwise_core::Mat;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{MatRef, Scalar};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The noise of a datum: the sum of two numbers below it in size.
const NOISE: f64 = 0.05;

fn noise(random: &mut StdRng) -> f64 {
    random.random_range(-NOISE..NOISE) + random.random_range(-NOISE..NOISE)
}

/// A, and b near its range. Their entries are below 1 in size.
pub(super) fn system(m: usize, n: usize) -> (Mat<f64>, Vec<f64>) {
    let mut random = StdRng::seed_from_u64(1);
    let a = Mat::from_fn(m, n, |_, _| random.random_range(-1.0..1.0));
    let b = a.col(0).iter().map(|a| a + noise(&mut random)).collect();
    (a, b)
}

/// ‖Aᵀ(A·x − b)‖/(‖A‖·(‖A‖·‖x‖ + ‖b‖)) over 30·√m·u.
pub(super) fn error_of(a: MatRef<'_, f64>, b: &[f64], x: &[f64]) -> f64 {
    let mut r: Vec<f64> = b.iter().map(|b| -b).collect();
    let columns: Vec<&[f64]> = (0..a.cols()).filter_map(|j| a.try_col(j)).collect();
    for (column, &x) in columns.iter().zip(x) {
        for (r, a) in r.iter_mut().zip(*column) {
            *r += a * x;
        }
    }
    let gradient: Vec<f64> = columns.iter().map(|column| dot(column, &r)).collect();
    let norms: Vec<f64> = columns.iter().map(|column| euclidean(column)).collect();
    let norm = euclidean(&norms);
    let scale = norm * (norm * euclidean(x) + euclidean(b));
    let allowed = 30.0 * (a.rows() as f64).sqrt() * f64::UNIT_ROUNDOFF;
    euclidean(&gradient) / scale / allowed
}

/// ⌊n/2⌋ peaks hⱼ·exp(−uⱼ²) at fixed places, each with a height and a width, and a constant if n is odd.
#[derive(Clone, Copy)]
pub(super) struct Peaks(pub(super) usize);

impl Peaks {
    /// uⱼ/wⱼ at t, which is from 0 to 1.
    fn distance(self, t: f64, j: usize) -> f64 {
        let count = self.0 / 2;
        t * count as f64 - (j as f64 + 0.5)
    }

    pub(super) fn value(self, t: f64, p: &[f64]) -> f64 {
        let mut sum = if self.0 % 2 == 1 { p[self.0 - 1] } else { 0.0 };
        for (j, p) in p.chunks_exact(2).enumerate() {
            let u = p[1] * self.distance(t, j);
            sum += p[0] * (-u * u).exp();
        }
        sum
    }

    pub(super) fn gradient(self, t: f64, p: &[f64], g: &mut [f64]) {
        g[self.0 - 1] = 1.0;
        for (j, (p, g)) in p.chunks_exact(2).zip(g.chunks_exact_mut(2)).enumerate() {
            let distance = self.distance(t, j);
            let u = p[1] * distance;
            g[0] = (-u * u).exp();
            g[1] = -2.0 * p[0] * g[0] * u * distance;
        }
    }

    pub(super) fn truth(self) -> Vec<f64> {
        let value = |i: usize| {
            if i % 2 == 1 {
                2.0
            } else {
                1.0 + 0.5 * (i % 3) as f64
            }
        };
        (0..self.0).map(value).collect()
    }

    pub(super) fn start(self) -> Vec<f64> {
        let off = |(i, p): (usize, f64)| if i % 4 < 2 { 1.3 * p } else { 0.8 * p };
        self.truth().into_iter().enumerate().map(off).collect()
    }

    /// m points (t, y).
    pub(super) fn points(self, m: usize) -> (Vec<f64>, Vec<f64>) {
        let (mut random, truth) = (StdRng::seed_from_u64(2), self.truth());
        let t: Vec<f64> = (0..m).map(|i| (i as f64 + 0.5) / m as f64).collect();
        let y = |&t: &f64| self.value(t, &truth) + noise(&mut random);
        let y = t.iter().map(y).collect();
        (t, y)
    }
}

/// The points of a small fit.
pub(super) const SMALL: usize = 30;

pub(super) const SMALL_PARAMETERS: u32 = 4;

/// The start of each small fit.
pub(super) const SMALL_START: [f64; SMALL_PARAMETERS as usize] = [4.0, 4.5, 1.5, 0.5];

/// A Gaussian with a height, a place, a width and an offset.
pub(super) fn gaussian(t: f64, p: &[f64]) -> f64 {
    let u = (t - p[1]) / p[2];
    p[0] * (-0.5 * u * u).exp() + p[3]
}

pub(super) fn gaussian_gradient(t: f64, p: &[f64], g: &mut [f64]) {
    let u = (t - p[1]) / p[2];
    let e = (-0.5 * u * u).exp();
    g.copy_from_slice(&[e, p[0] * e * u / p[2], p[0] * e * u * u / p[2], 1.0]);
}

/// The points t of every small fit, and the y of `count` fits.
pub(super) fn small(count: usize) -> (Vec<f64>, Vec<f64>) {
    let mut random = StdRng::seed_from_u64(3);
    let t: Vec<f64> = (0..SMALL).map(|i| i as f64 / 2.9).collect();
    let mut y = Vec::with_capacity(count * SMALL);
    for _ in 0..count {
        let p = [5.0, 5.0, 1.2, 1.0].map(|p: f64| p * (1.0 + 2.0 * noise(&mut random)));
        y.extend(t.iter().map(|&t| gaussian(t, &p) + noise(&mut random)));
    }
    (t, y)
}

/// A loss over the largest one of a minimum: the noise is at most 2·[`NOISE`], and its variance is ⅔·[`NOISE`]².
pub(super) fn loss_over_noise(loss: f64, m: usize) -> f64 {
    let m = m as f64;
    // Six standard deviations of the mean of m squares, each of which is at most 4·NOISE².
    let mean = (2.0 / 3.0 + 6.0 * (4.0 * 2.0 / 3.0 / m).sqrt()) * NOISE * NOISE;
    loss / m / mean
}

#[cfg(test)]
mod tests {
    use leastwise_core::{LstsqOptions, Method};
    use leastwise_optim::{Curve, check_jacobian};

    use super::*;

    #[test]
    fn the_gradients_are_those_of_the_models() {
        for n in [2, 5, 20] {
            let peaks = Peaks(n);
            let (t, y) = peaks.points(3 * n);
            let curve = Curve::new(n, |t, p: &[f64]| peaks.value(t, p), &t, &y).unwrap();
            let curve = curve.with_gradient(|t, p, g| peaks.gradient(t, p, g));
            let check = check_jacobian(&curve, &peaks.start()).unwrap();
            assert!(check.is_consistent(), "{n}: {check}");
        }
        let (t, y) = small(1);
        let curve = Curve::new(4, gaussian, &t, &y).unwrap();
        let check = check_jacobian(&curve.with_gradient(gaussian_gradient), &SMALL_START).unwrap();
        assert!(check.is_consistent(), "{check}");
    }

    #[test]
    fn a_solution_has_a_small_error_and_another_point_has_none() {
        let (a, b) = system(100, 2);
        let backend = leastwise_backends::find::<f64>("faer", 1).unwrap();
        let rhs = MatRef::from_column(&b);
        let solution = backend.lstsq(a.as_ref(), rhs, &LstsqOptions::new(Method::Qr));
        let mut x = solution.unwrap().x.into_vec();
        assert!(error_of(a.as_ref(), &b, &x) <= 1.0);
        x[0] += 1e-6;
        assert!(error_of(a.as_ref(), &b, &x) > 1.0);
    }
}
