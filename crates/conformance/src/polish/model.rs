//! The models of first and second order at a point.

use leastwise_testset::number::{DoubleDouble, Number};

use crate::jacobi::TallSvd;
use crate::wide::{Wide, dot, norm};

/// r + J·D⁻¹·s with J·D⁻¹ = U·Σ·Vᵀ and D the lengths of the columns.
pub(super) struct LinearModel {
    pub(super) svd: TallSvd<DoubleDouble>,
    /// Uᵀ·r
    pub(super) coefficients: Vec<DoubleDouble>,
    pub(super) lengths: Vec<DoubleDouble>,
    pub(super) free: Vec<usize>,
}

impl LinearModel {
    /// D⁻¹·s with s = −V·Σ/(Σ² + λ)·Uᵀ·r
    pub(super) fn step(&self, damping: f64) -> Vec<DoubleDouble> {
        let mut step = vec![DoubleDouble::zero(); self.lengths.len()];
        for (k, &sigma) in self.svd.singular_values.iter().enumerate() {
            let below = sigma * sigma + Number::of(damping);
            let along = -(self.coefficients[k] * sigma / below);
            for (s, &v) in step.iter_mut().zip(&self.svd.v[k]) {
                *s += along * v;
            }
        }
        step.iter()
            .zip(&self.lengths)
            .map(|(&s, &length)| s / length)
            .collect()
    }

    /// ‖r‖² − ‖r + J·D⁻¹·s‖² = Σₖ (uₖᵀ·r)²·(1 − (λ/(σₖ² + λ))²); without damping where σₖ is more than rounding.
    pub(super) fn decrease(&self, damping: f64) -> f64 {
        let terms = self.svd.singular_values.iter().zip(&self.coefficients);
        let decrease = terms.map(|(sigma, c)| {
            let square = sigma.high() * sigma.high();
            if square <= 1e-50 {
                return 0.0;
            }
            // 1 − ρ² = (1 − ρ)·(1 + ρ) with 1 − ρ = σ²/(σ² + λ)
            let gain = square / (square + damping);
            c.high() * c.high() * gain * (2.0 - gain)
        });
        decrease.sum()
    }
}

/// The power of two that scales the largest entry to between ½ and 1. It is 1 for a vector of zeros.
pub(super) fn unit(x: &[DoubleDouble]) -> f64 {
    let largest = x.iter().map(|x| x.abs().high()).fold(0.0, f64::max);
    if largest == 0.0 || !largest.is_finite() {
        return 1.0;
    }
    let exponent = largest.log2().floor() + 1.0;
    (-exponent).clamp(-1000.0, 1000.0).exp2()
}

pub(super) fn scaled(x: &[DoubleDouble], unit: f64) -> Vec<DoubleDouble> {
    x.iter().map(|&x| x * Number::of(unit)).collect()
}

/// ‖x‖₂, also where squares of the entries are out of range.
pub(super) fn length(x: &[DoubleDouble]) -> DoubleDouble {
    let unit = unit(x);
    norm(&scaled(x, unit)) / Number::of(unit)
}

pub(super) fn larger(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    if b > a { b } else { a }
}

pub(super) fn one_for_zero(x: DoubleDouble) -> DoubleDouble {
    if x == Number::zero() {
        Number::one()
    } else {
        x
    }
}

/// D with all entries of D⁻¹·H·D⁻¹ at most 1: √(‖J·eⱼ‖² + |Hⱼⱼ|), or more where the rest of the row asks for it, as where
/// a column of J vanishes. The largest come first, and 1 stands for a row of zeros.
pub(super) fn curvature_scales(
    hessian: &[Vec<DoubleDouble>],
    squares: &[DoubleDouble],
) -> Vec<DoubleDouble> {
    let own = |j: usize| Number::sqrt(squares[j] + hessian[j][j].abs());
    let mut order: Vec<usize> = (0..squares.len()).collect();
    order.sort_by(|&a, &b| f64::total_cmp(&own(b).high(), &own(a).high()));
    let mut scales = vec![DoubleDouble::zero(); order.len()];
    for (place, &j) in order.iter().enumerate() {
        let before = order[..place].iter();
        let asked = before.map(|&k| hessian[j][k].abs() / scales[k]);
        scales[j] = one_for_zero(asked.fold(own(j), larger));
    }
    scales
}

/// Eigenvalues and eigenvectors of a symmetric matrix, from the singular values of H + ‖H‖_F·I, which is positive semidefinite.
pub(super) fn symmetric_eigen(h: &[Vec<DoubleDouble>]) -> Vec<(f64, Vec<DoubleDouble>)> {
    let squares = h
        .iter()
        .map(|row| dot(row, row))
        .fold(DoubleDouble::zero(), |a, b| a + b);
    let shift = Wide::sqrt(squares);
    let mut columns = h.to_vec();
    for (j, column) in columns.iter_mut().enumerate() {
        column[j] += shift;
    }
    let svd = TallSvd::new(columns);
    let values = svd
        .singular_values
        .iter()
        .map(|&sigma| (sigma - shift).high());
    values.zip(svd.v).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [1 b; b 0] has the eigenvalues ½ ± √(¼ + b²), and after scaling ½ ± √(5/4) for every b.
    #[test]
    fn the_scaled_curvature_does_not_depend_on_units() {
        for b in [1e-30, 1.0, 1e30] {
            let [zero, one, b] = [0.0, 1.0, b].map(<DoubleDouble as Number>::of);
            let mut hessian = vec![vec![one, b], vec![b, zero]];
            let scales = curvature_scales(&hessian, &[one, zero]);
            for (row, &left) in hessian.iter_mut().zip(&scales) {
                for (entry, &right) in row.iter_mut().zip(&scales) {
                    *entry = *entry / (left * right);
                }
            }
            // ‖J·e₁‖² + |H₁₁| is 2.
            let pairs = symmetric_eigen(&hessian);
            let least = pairs
                .iter()
                .map(|pair| pair.0)
                .fold(f64::INFINITY, f64::min);
            let exact = 0.25 - (0.0625f64 + 1.0).sqrt();
            assert!((least - exact).abs() <= 1e-15, "{b:?}: {least}");
        }
    }

    #[test]
    fn a_length_is_that_in_other_units_to_the_bit() {
        let dd = <DoubleDouble as Number>::of;
        let x = [3.0, -0.1, 1e-9].map(|x| dd(x) / dd(7.0));
        assert_eq!(length(&x).high(), norm(&x).high());
        for unit in [2f64.powi(900), 2f64.powi(-900)] {
            let other = length(&scaled(&x, unit));
            assert_eq!(other.high(), norm(&x).high() * unit);
        }
        assert_eq!(length(&[dd(0.0); 2]).high(), 0.0);
    }

    #[test]
    fn eigenpairs_satisfy_their_equation() {
        let h = [[2.0, -1.0, 0.5], [-1.0, -3.0, 1.5], [0.5, 1.5, 0.0]];
        let h: Vec<Vec<_>> = h
            .map(|row| row.map(<DoubleDouble as Number>::of).to_vec())
            .to_vec();
        for (value, vector) in symmetric_eigen(&h) {
            for (row, &v) in h.iter().zip(&vector) {
                let difference = dot(row, &vector) - v * Number::of(value);
                assert!(difference.abs().high() <= 10.0 * f64::EPSILON, "{value}");
            }
        }
    }
}
