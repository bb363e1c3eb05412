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
    /// The sum of squares that remains, for y divided by the scale of the data; of magnitudes in a robust search.
    pub(crate) remainder: f64,
}

/// The rounds of a robust projection, and the part of the mean residual below which weights are equal.
const ROUNDS: usize = 5;
const SMALLEST: f64 = 0.05;

/// The standard deviations of the noise beyond which a residual is an outlier.
const MOST_DEVIATIONS: f64 = 5.0;

/// What is known about a coefficient, in the unit of y.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coefficient {
    /// Its value.
    pub(crate) held: Option<f64>,
    /// Its smallest and its largest value.
    pub(crate) limits: (f64, f64),
}

impl Coefficient {
    #[cfg(test)]
    const FREE: Self = Self {
        held: None,
        limits: (f64::NEG_INFINITY, f64::INFINITY),
    };

    /// Written so that a limit that is NaN is none.
    fn allows(&self, value: f64) -> bool {
        self.held.is_some() || !(value < self.limits.0 || value > self.limits.1)
    }
}

/// The candidate with the smallest remainder. `basis(x, α, φ)` writes the `functions` values φₖ(x; α), and `known(α)` states
/// what is known about their coefficients. Candidates whose values are not finite are skipped. One with a coefficient beyond
/// its limits is found only if there is no other.
pub(crate) fn best<A, K: AsRef<[Coefficient]>>(
    data: &Data,
    candidates: impl IntoIterator<Item = A>,
    functions: usize,
    basis: impl Fn(f64, &A, &mut [f64]),
    known: impl Fn(&A) -> K,
) -> Option<Found<A>> {
    let mut columns = Columns::new(data.x.len(), functions);
    let most = if data.is_robust {
        MOST_DEVIATIONS * data.noise()
    } else {
        f64::INFINITY
    };
    let (mut found, mut beyond): (Option<Found<A>>, Option<Found<A>>) = (None, None);
    for alpha in candidates {
        let known = known(&alpha);
        columns.fill(data, |x, row| basis(x, &alpha, row), known.as_ref());
        let remainder = if data.is_robust {
            columns.project_robustly(&data.weights, most)
        } else {
            columns.weigh(&data.weights);
            columns.project()
        };
        let is_better = |found: &Option<Found<A>>| {
            remainder.is_finite() && found.as_ref().is_none_or(|f| remainder < f.remainder)
        };
        if !is_better(&found) {
            continue;
        }
        let coefficients = columns.coefficients();
        if !coefficients.iter().all(|c| c.is_finite()) {
            continue;
        }
        let coefficients: Vec<f64> = coefficients.iter().map(|c| c * data.scale).collect();
        let mut pairs = known.as_ref().iter().zip(&coefficients);
        let is_allowed = pairs.all(|(known, &value)| known.allows(value));
        let place = if is_allowed { &mut found } else { &mut beyond };
        if is_better(place) {
            *place = Some(Found {
                alpha,
                coefficients,
                remainder,
            });
        }
    }
    found.or(beyond)
}

/// The columns φₖ, followed by y, and the triangle of their orthogonalisation.
struct Columns {
    rows: usize,
    /// The coefficients that are known. Their columns are 0, and y is without their terms.
    known: Vec<Option<f64>>,
    /// The same before they were orthogonalised, with the weights of the data.
    given: Vec<Vec<f64>>,
    all: Vec<Vec<f64>>,
    /// Entry (k, j) is the product of the orthonormal column k and column j.
    triangle: Vec<Vec<f64>>,
}

impl Columns {
    fn new(rows: usize, functions: usize) -> Self {
        Self {
            rows,
            known: vec![None; functions],
            given: Vec::new(),
            all: vec![vec![0.0; rows]; functions + 1],
            triangle: vec![vec![0.0; functions + 1]; functions],
        }
    }

    fn functions(&self) -> usize {
        self.triangle.len()
    }

    fn fill(&mut self, data: &Data, basis: impl Fn(f64, &mut [f64]), known: &[Coefficient]) {
        for (own, known) in self.known.iter_mut().zip(known) {
            *own = data.scaled(known.held);
        }
        let n = self.functions();
        let mut row = vec![0.0; n];
        for i in 0..self.rows {
            basis(data.x[i], &mut row);
            let mut y = data.y[i];
            for (value, known) in row.iter_mut().zip(&self.known) {
                if let Some(known) = known {
                    y -= known * *value;
                    *value = 0.0;
                }
            }
            for (column, value) in self.all.iter_mut().zip(&row) {
                column[i] = *value;
            }
            self.all[n][i] = y;
        }
    }

    /// Multiplies the rows.
    fn weigh(&mut self, weights: &[f64]) {
        for column in &mut self.all {
            for (entry, weight) in column.iter_mut().zip(weights) {
                *entry *= weight;
            }
        }
    }

    /// Projects with weights by which large residuals count in proportion to their magnitude, and returns the sum of the
    /// magnitudes, of which none counts more than `most`: one spike is no reason for a narrow peak. Source: E. J. Schlossmacher, *An iterative technique for absolute deviations curve fitting*, Journal of
    /// the American Statistical Association 68 (1973).
    fn project_robustly(&mut self, weights: &[f64], most: f64) -> f64 {
        self.weigh(weights);
        self.given.clone_from(&self.all);
        let n = self.functions();
        let mut limited = f64::NAN;
        for _ in 0..ROUNDS {
            self.project();
            let c = self.solve();
            let residual = |i: usize| {
                let fitted: f64 = (0..n).map(|k| c[k] * self.given[k][i]).sum();
                (self.given[n][i] - fitted).abs()
            };
            let residuals: Vec<f64> = (0..self.rows).map(residual).collect();
            let sum: f64 = residuals.iter().sum();
            limited = residuals.iter().map(|r| r.min(most)).sum();
            // Smaller residuals than this part of the mean are equal.
            let least = SMALLEST * sum / self.rows as f64;
            if !(least > 0.0) || !sum.is_finite() {
                break;
            }
            let roots: Vec<f64> = residuals
                .iter()
                .map(|r| (least / r.max(least)).sqrt())
                .collect();
            self.all.clone_from(&self.given);
            self.weigh(&roots);
        }
        limited
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

    /// The coefficients of the last projection, and the known ones.
    fn coefficients(&self) -> Vec<f64> {
        let pairs = self.solve().into_iter().zip(&self.known);
        pairs.map(|(c, known)| known.unwrap_or(c)).collect()
    }

    /// The coefficients of the last projection. Those of known columns are 0.
    fn solve(&self) -> Vec<f64> {
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
        let data = Data::new((&x, &y, None), 3, Domain::Real).unwrap();
        let found = best(
            &data,
            [0.5, 1.0, 2.0, 4.0, f64::NAN],
            2,
            |x, tau, row| {
                row.copy_from_slice(&[(-x / tau).exp(), 1.0]);
            },
            |_| [Coefficient::FREE; 2],
        );
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
        let data = Data::new((&x, &[1.0, 2.0, 3.0, 5.0], None), 2, Domain::Real).unwrap();
        let found = best(
            &data,
            [()],
            3,
            |x, (), row| {
                row.copy_from_slice(&[1.0, 2.0, x]);
            },
            |()| [Coefficient::FREE; 3],
        )
        .unwrap();
        // The line through the data.
        assert!((found.remainder * 25.0 - 0.3).abs() < 1e-12, "{found:?}");
    }
}
