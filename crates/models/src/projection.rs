//! The search of a start: the linear parameters follow from the others.
//!
//! A model Σ cₖ·φₖ(x; α) is linear in c. For each candidate α, y is projected on the functions φₖ, and the candidate
//! with the smallest remainder wins. Source: G. H. Golub, V. Pereyra, *The differentiation of pseudo-inverses and
//! nonlinear least squares problems whose variables separate*, SIAM J. Numer. Anal. 10 (1973), for the projection.

use crate::data::Data;

/// A candidate α with its coefficients c, for y in the unit of the data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found<A> {
    pub(crate) alpha: A,
    pub(crate) coefficients: Vec<f64>,
    /// The sum of squares that remains, for y divided by the scale of the data.
    pub(crate) remainder: f64,
}

/// The candidate with the smallest remainder. `basis(x, α, φ)` writes the `functions` values φₖ(x; α). Candidates whose
/// values are not finite are skipped.
pub(crate) fn best<A>(
    data: &Data,
    candidates: impl IntoIterator<Item = A>,
    functions: usize,
    basis: impl Fn(f64, &A, &mut [f64]),
) -> Option<Found<A>> {
    let mut columns = Columns::new(data.x.len(), functions);
    let mut found: Option<Found<A>> = None;
    for alpha in candidates {
        columns.fill(data, |x, row| basis(x, &alpha, row));
        let remainder = columns.project();
        let is_better =
            remainder.is_finite() && found.as_ref().is_none_or(|f| remainder < f.remainder);
        if is_better {
            let coefficients = columns.coefficients();
            if coefficients.iter().all(|c| c.is_finite()) {
                found = Some(Found {
                    alpha,
                    coefficients: coefficients.into_iter().map(|c| c * data.scale).collect(),
                    remainder,
                });
            }
        }
    }
    found
}

/// The columns φₖ, followed by y, and the triangle of their orthogonalisation.
struct Columns {
    rows: usize,
    all: Vec<Vec<f64>>,
    /// Entry (k, j) is the product of the orthonormal column k and column j.
    triangle: Vec<Vec<f64>>,
}

impl Columns {
    fn new(rows: usize, functions: usize) -> Self {
        Self {
            rows,
            all: vec![vec![0.0; rows]; functions + 1],
            triangle: vec![vec![0.0; functions + 1]; functions],
        }
    }

    fn functions(&self) -> usize {
        self.triangle.len()
    }

    fn fill(&mut self, data: &Data, basis: impl Fn(f64, &mut [f64])) {
        let mut row = vec![0.0; self.functions()];
        for i in 0..self.rows {
            basis(data.x[i], &mut row);
            for (column, value) in self.all.iter_mut().zip(&row) {
                column[i] = *value;
            }
        }
        if let Some(last) = self.all.last_mut() {
            last.copy_from_slice(&data.y);
        }
    }

    /// Orthogonalises the columns by the modified Gram-Schmidt process, and returns the square of what remains of y.
    ///
    /// A column that depends on those before it, up to rounding, becomes zero.
    fn project(&mut self) -> f64 {
        let n = self.functions();
        for k in 0..n {
            let (done, rest) = self.all.split_at_mut(k + 1);
            let pivot = &mut done[k];
            let norm = dot(pivot, pivot).sqrt();
            let before = self.triangle.iter().take(k).map(|row| row[k] * row[k]);
            let is_dependent = norm <= 1e-10 * before.sum::<f64>().sqrt();
            let factor = if norm == 0.0 || is_dependent {
                0.0
            } else {
                1.0 / norm
            };
            for entry in pivot.iter_mut() {
                *entry *= factor;
            }
            self.triangle[k][k] = factor * norm * norm;
            for (j, column) in rest.iter_mut().enumerate() {
                let product = dot(pivot, column);
                self.triangle[k][k + 1 + j] = product;
                for (entry, p) in column.iter_mut().zip(pivot.iter()) {
                    *entry -= product * p;
                }
            }
        }
        dot(&self.all[n], &self.all[n])
    }

    /// The coefficients of the last projection.
    fn coefficients(&self) -> Vec<f64> {
        let n = self.functions();
        let mut c = vec![0.0; n];
        for k in (0..n).rev() {
            let row = &self.triangle[k];
            let known: f64 = (k + 1..n).map(|j| row[j] * c[j]).sum();
            if row[k] != 0.0 {
                c[k] = (row[n] - known) / row[k];
            }
        }
        c
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Domain;

    #[test]
    fn the_best_candidate_has_the_coefficients_of_the_data() {
        let x: Vec<f64> = (0..50).map(|i| 0.1 * f64::from(i)).collect();
        let y: Vec<f64> = x.iter().map(|x| 300.0 * (-x / 2.0).exp() - 40.0).collect();
        let data = Data::new(&x, &y, 3, Domain::Real).unwrap();
        let found = best(&data, [0.5, 1.0, 2.0, 4.0, f64::NAN], 2, |x, tau, row| {
            row.copy_from_slice(&[(-x / tau).exp(), 1.0]);
        });
        let found = found.unwrap();
        assert_eq!(found.alpha, 2.0);
        // κ of the two columns is below 10.
        assert!((found.coefficients[0] - 300.0).abs() < 1e-10, "{found:?}");
        assert!((found.coefficients[1] + 40.0).abs() < 1e-10, "{found:?}");
        assert!(found.remainder < 1e-26);
    }

    #[test]
    fn dependent_columns_have_finite_coefficients() {
        let x = [0.0, 1.0, 2.0, 3.0];
        let data = Data::new(&x, &[1.0, 2.0, 3.0, 5.0], 2, Domain::Real).unwrap();
        let found = best(&data, [()], 3, |x, (), row| {
            row.copy_from_slice(&[1.0, 2.0, x]);
        })
        .unwrap();
        // The line through the data.
        assert!((found.remainder * 25.0 - 0.3).abs() < 1e-12, "{found:?}");
    }
}
