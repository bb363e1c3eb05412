//! How far data determine parameters.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, MatRef, Result, Scalar, Svd, Workspace};

use crate::check;

/// The covariance of n parameters, as standard errors and correlations.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Covariance<T> {
    /// The root of the variance of each parameter; infinite for one that is not determined, zero for
    /// one that is not free.
    pub standard_errors: Vec<T>,
    /// The correlation of each two parameters, n×n with ones on its diagonal; NaN beside a parameter that is
    /// not determined, zero beside one that is not free.
    pub correlation: Mat<T>,
    /// The rank of the free columns of J.
    pub rank: usize,
    /// σ_min/σ_max of the free columns of J, each scaled to length 1: the distance to a J that leaves a parameter
    /// undetermined.
    pub reciprocal_condition: T,
    /// Singular values at or below `rcond`·σ_max counted as zero.
    pub rcond: T,
}

/// (JᵀJ)⁻¹ for the free columns of J m×n, by the SVD of J: the covariance of the parameters where
/// residuals are independent and have variance 1.
///
/// The columns of J are scaled to length 1, A = J·D⁻¹, and C = D⁻¹·V·Σ⁻²·Vᵀ·D⁻¹ for A = U·Σ·Vᵀ. JᵀJ is
/// never formed, so that standard errors have a relative accuracy of κ(A)·u, not κ²(J)·u. A parameter
/// that is not `free` is known: its variance is zero.
///
/// **Rank deficiency.** Singular values of A at or below `rcond`·σ₁ count as zero; `None` stands for
/// max(m, n)·ε. A parameter that has a component in the null space can be moved without a change of the
/// residual: its variance is **infinite**, never the small one that a pseudoinverse gives. The others keep theirs,
/// which does not depend on the null space. Let σ_ρ be the smallest singular value that counts. Rounding, or an
/// error of J that `rcond` stands for, turns the null space by `rcond`·σ₁/σ_ρ; a component is none up to ten times
/// that, and up to √`rcond` at most: a parameter in doubt is not determined.
///
/// ```
/// use leastwise_core::MatRef;
/// use leastwise_optim::covariance;
///
/// # fn main() -> leastwise_core::Result<()> {
/// // p₀ and p₁ act alike, p₂ does not.
/// let j = MatRef::from_row_major(&[0.0, 0.0, 2.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0], 3, 3)?;
/// let backend = leastwise_faer::Faer::default();
/// let c = covariance(&backend, j, &[true; 3], None)?;
/// assert_eq!(c.rank, 2);
/// assert_eq!(c.standard_errors[..2], [f64::INFINITY; 2]);
/// assert!((c.standard_errors[2] - 0.5).abs() < 1e-15);
///
/// // Once p₁ is known, p₀ is determined.
/// let c = covariance(&backend, j, &[true, false, true], None)?;
/// assert!((c.matrix()[(0, 0)] - 0.5).abs() < 1e-15);
/// # Ok(())
/// # }
/// ```
///
/// Source: Å. Björck, *Numerical Methods for Least Squares Problems*, 2nd ed. (2024), section 2.1.5; P.-Å.
/// Wedin, *Perturbation bounds in connection with singular value decomposition*, BIT 12 (1972).
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) unless `free` has n entries,
/// [`Error::NonFinite`](leastwise_core::Error::NonFinite),
/// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `rcond` < 1, and what the backend
/// reports.
pub fn covariance<T, B>(
    backend: &B,
    jacobian: MatRef<'_, T>,
    free: &[bool],
    rcond: Option<T>,
) -> Result<Covariance<T>>
where
    T: Scalar,
    B: Backend<T> + ?Sized,
{
    const OPERATION: &str = "covariance";
    let (m, n) = (jacobian.rows(), jacobian.cols());
    check::entries(OPERATION, "free", n, free.len())?;
    let rcond = rcond.unwrap_or(T::of(m.max(n) as f64) * T::EPSILON);
    let rcond = check::fraction(OPERATION, "rcond", rcond)?;
    leastwise_core::norm::max_abs_finite(OPERATION, "jacobian", jacobian)?;
    let mut result = Covariance {
        standard_errors: vec![T::zero(); n],
        correlation: Mat::identity(n),
        rank: 0,
        reciprocal_condition: T::one(),
        rcond,
    };
    let free: Vec<usize> = (0..n).filter(|&j| free[j]).collect();
    if free.is_empty() {
        return Ok(result);
    }
    let (mut scaled, lengths) = unit_columns(jacobian, &free);
    let mut svd = Svd::default();
    backend.right_svd_overwriting(&mut scaled, &mut svd, &mut Workspace::default())?;
    let (largest, smallest) = (svd.s[0], svd.s[free.len() - 1]);
    result.rank = svd.s.iter().filter(|&&s| s > rcond * largest).count();
    result.reciprocal_condition = if largest > T::zero() {
        smallest / largest
    } else {
        T::zero()
    };
    let rows: Vec<Row<T>> = (0..free.len())
        .map(|k| Row::new(&svd, k, result.rank, rcond))
        .collect();
    for (a, &i) in free.iter().enumerate() {
        result.standard_errors[i] = rows[a].length / lengths[a];
        for (b, &j) in free.iter().enumerate().filter(|(b, _)| *b != a) {
            result.correlation[(i, j)] = rows[a].cosine(&rows[b]);
        }
    }
    Ok(result)
}

/// A row of V·Σ⁻¹, whose products are the covariances of the scaled parameters.
struct Row<T> {
    entries: Vec<T>,
    /// Infinite for a parameter that is not determined.
    length: T,
}

impl<T: Scalar> Row<T> {
    fn new(svd: &Svd<T>, k: usize, rank: usize, rcond: T) -> Self {
        let v = (0..svd.s.len()).map(|col| svd.v[(k, col)]);
        let entries: Vec<T> = v
            .clone()
            .zip(&svd.s)
            .take(rank)
            .map(|(v, &s)| v / s)
            .collect();
        let undetermined = euclidean(&v.skip(rank).collect::<Vec<T>>());
        let is_determined = rank > 0 && {
            let turned = T::of(10.0) * rcond * svd.s[0] / svd.s[rank - 1];
            undetermined <= turned.min(rcond.sqrt())
        };
        let length = if is_determined {
            euclidean(&entries)
        } else {
            T::infinity()
        };
        Self { entries, length }
    }

    fn cosine(&self, other: &Self) -> T {
        if self.length.is_infinite() || other.length.is_infinite() {
            return T::nan();
        }
        let cosine = dot(&self.entries, &other.entries) / self.length / other.length;
        cosine.max(-T::one()).min(T::one())
    }
}

/// The columns `free` of J scaled to length 1, and their lengths. Rows of zeros, which change no right singular
/// vector, are added until there are as many as columns; a column of zeros stays one.
fn unit_columns<T: Scalar>(jacobian: MatRef<'_, T>, free: &[usize]) -> (Mat<T>, Vec<T>) {
    let m = jacobian.rows();
    let mut scaled = Mat::zeros(m.max(free.len()), free.len());
    let mut lengths = Vec::with_capacity(free.len());
    for (k, &j) in free.iter().enumerate() {
        let column = &mut scaled.col_mut(k)[..m];
        for (i, entry) in column.iter_mut().enumerate() {
            *entry = jacobian[(i, j)];
        }
        let length = euclidean(column);
        let length = if length > T::zero() { length } else { T::one() };
        for entry in column {
            *entry /= length;
        }
        lengths.push(length);
    }
    (scaled, lengths)
}

impl<T: Scalar> Covariance<T> {
    /// C, n×n: standard errors times correlations. ∞ for the variance of a parameter that is not
    /// determined, and NaN beside it.
    #[must_use]
    pub fn matrix(&self) -> Mat<T> {
        let errors = &self.standard_errors;
        Mat::from_fn(errors.len(), errors.len(), |i, j| {
            let correlation = self.correlation[(i, j)];
            // 0·∞ is none: what is known varies with nothing.
            if correlation == T::zero() {
                T::zero()
            } else {
                errors[i] * errors[j] * correlation
            }
        })
    }

    /// The covariance of residuals with variance s²: every standard error times s = `deviation`. What is infinite
    /// or zero stays so for every s, NaN included.
    #[must_use]
    pub fn scaled_by(mut self, deviation: T) -> Self {
        for error in &mut self.standard_errors {
            if *error != T::zero() && error.is_finite() {
                *error *= deviation;
            }
        }
        self
    }
}
