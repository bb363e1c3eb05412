//! How far data determine parameters.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Error, Mat, MatRef, Result, Scalar, Svd, Workspace, verify};

use super::small_svd;
use crate::check;
use crate::power::{self, exponent};

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
    /// undetermined. It is zero where a column is zero.
    pub reciprocal_condition: T,
    /// Singular values at or below `rcond`·σ_max counted as zero.
    pub rcond: T,
    /// The largest σ/σ_max that counted as zero, of the columns that are not zero. It is a matter of rounding up to
    /// max(m, n)·ε; if it is larger, the rank depends on `rcond`.
    pub neglected: T,
    /// Free parameters without effect: their columns of J are zero.
    pub without_effect: Vec<usize>,
    /// Free parameters that are not determined although each has an effect, in groups. Within a group, the columns of J
    /// are linearly dependent: a change of one parameter is made up for by others.
    pub dependent: Vec<Vec<usize>>,
}

/// (JᵀJ)⁻¹ for the free columns of J m×n, by the SVD of J: the covariance of the parameters where
/// residuals are independent and have variance 1.
///
/// The columns of J are scaled to length 1, A = J·D⁻¹, and C = D⁻¹·V·Σ⁻²·Vᵀ·D⁻¹ for A = U·Σ·Vᵀ. JᵀJ is
/// never formed, so that standard errors have a relative accuracy of κ(A)·u, not κ²(J)·u. A parameter
/// that is not `free` is known: its variance is zero.
///
/// The backend factorises J; of a triangle of at most 8 columns, the SVD is by rotations of this crate, which is no less
/// accurate.
///
/// **Scale.** Lengths and standard errors carry their exponents apart, so that no square leaves the range of T. A
/// column that is multiplied by a power of two divides its standard error by it and changes no other bit, unless the
/// entries or the error leave the range.
///
/// **Rank deficiency.** Singular values of A at or below `rcond`·σ₁ count as zero; `None` stands for
/// max(m, n)·ε. A parameter that has a component in the null space can be moved without a change of the
/// residual: its variance is **infinite**, never the small one that a pseudoinverse gives. So is that of a parameter
/// whose column is zero. The others keep theirs,
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
    Unscaled::new(backend, jacobian, free, rcond).map(|unscaled| unscaled.covariance(T::one()))
}

/// (JᵀJ)⁻¹ with standard errors as numbers and exponents, because s·√C may be in the range of T where √C is not.
pub(super) struct Unscaled<T> {
    covariance: Covariance<T>,
    /// The exponent of each standard error.
    exponents: Vec<i32>,
}

impl<T: Scalar> Unscaled<T> {
    pub(super) fn new<B: Backend<T> + ?Sized>(
        backend: &B,
        jacobian: MatRef<'_, T>,
        free: &[bool],
        rcond: Option<T>,
    ) -> Result<Self> {
        const OPERATION: &str = "covariance";
        let (m, n) = (jacobian.rows(), jacobian.cols());
        check::entries(OPERATION, "free", n, free.len())?;
        let rcond = rcond.unwrap_or(T::of(m.max(n) as f64) * T::EPSILON);
        let rcond = check::fraction(OPERATION, "rcond", rcond)?;
        leastwise_core::norm::max_abs_finite(OPERATION, "jacobian", jacobian)?;
        let is_zero = |j: usize| (0..m).all(|i| jacobian[(i, j)] == T::zero());
        let (without_effect, effective): (Vec<usize>, Vec<usize>) =
            (0..n).filter(|&j| free[j]).partition(|&j| is_zero(j));
        let mut result = Self {
            covariance: Covariance {
                standard_errors: vec![T::zero(); n],
                correlation: Mat::identity(n),
                rank: 0,
                reciprocal_condition: T::one(),
                rcond,
                neglected: T::zero(),
                without_effect,
                dependent: Vec::new(),
            },
            exponents: vec![0; n],
        };
        if !effective.is_empty() {
            result.determine(backend, jacobian, &effective)?;
        }
        result.leave_out_those_without_effect();
        Ok(result)
    }

    /// Rank, errors and correlations of the parameters `effective`.
    fn determine<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        jacobian: MatRef<'_, T>,
        effective: &[usize],
    ) -> Result<()> {
        let (mut unit, lengths) = unit_columns(jacobian, effective);
        let svd = match right_svd(backend, &mut unit) {
            Err(Error::WrongResult { .. }) => {
                (unit, _) = unit_columns(jacobian, effective);
                verify::perturb(&mut unit);
                right_svd(backend, &mut unit)?
            }
            svd => svd?,
        };
        let covariance = &mut self.covariance;
        let (largest, rcond) = (svd.s[0], covariance.rcond);
        covariance.rank = svd.s.iter().filter(|&&s| s > rcond * largest).count();
        covariance.reciprocal_condition = svd.s[effective.len() - 1] / largest;
        if let Some(&neglected) = svd.s.get(covariance.rank) {
            covariance.neglected = neglected / largest;
        }
        // The columns have length 1, so that at least σ₁ counts.
        let turned = T::of(10.0) * rcond * largest / svd.s[covariance.rank - 1];
        let tolerance = turned.min(rcond.sqrt());
        let rows: Vec<Row<T>> = (0..effective.len())
            .map(|k| Row::new(&svd, k, covariance.rank, tolerance))
            .collect();
        for (a, &i) in effective.iter().enumerate() {
            covariance.standard_errors[i] = rows[a].length / lengths[a].0;
            self.exponents[i] = -lengths[a].1;
            for (b, &j) in effective.iter().enumerate().filter(|(b, _)| *b != a) {
                covariance.correlation[(i, j)] = rows[a].cosine(&rows[b]);
            }
        }
        let groups = groups(&rows, tolerance / T::of(rows.len() as f64));
        let named = |group: Vec<usize>| group.into_iter().map(|k| effective[k]).collect();
        covariance.dependent = groups.into_iter().map(named).collect();
        Ok(())
    }

    fn leave_out_those_without_effect(&mut self) {
        let covariance = &mut self.covariance;
        for &j in &covariance.without_effect {
            covariance.reciprocal_condition = T::zero();
            covariance.standard_errors[j] = T::infinity();
            for k in (0..self.exponents.len()).filter(|&k| k != j) {
                let with_one_that_varies = covariance.standard_errors[k] != T::zero();
                let correlation = if with_one_that_varies {
                    T::nan()
                } else {
                    T::zero()
                };
                covariance.correlation[(j, k)] = correlation;
                covariance.correlation[(k, j)] = correlation;
            }
        }
    }

    pub(super) fn rank(&self) -> usize {
        self.covariance.rank
    }

    /// s²·(JᵀJ)⁻¹ for s = `deviation`. What is infinite or zero stays so for every s, NaN included.
    pub(super) fn covariance(&self, deviation: T) -> Covariance<T> {
        let power = exponent(deviation);
        let mut covariance = self
            .covariance
            .clone()
            .scaled_by(power::times(deviation, -power));
        for (error, exponent) in covariance.standard_errors.iter_mut().zip(&self.exponents) {
            *error = power::times(*error, exponent + power);
        }
        covariance
    }
}

/// The singular values and V of A, which is overwritten, from the backend's R of it.
fn right_svd<T: Scalar, B: Backend<T> + ?Sized>(backend: &B, a: &mut Mat<T>) -> Result<Svd<T>> {
    let mut workspace = Workspace::default();
    if a.cols() <= small_svd::MOST_COLUMNS {
        backend.r_overwriting(a, &mut workspace)?;
        return Ok(small_svd::right_svd(a));
    }
    let mut svd = Svd::default();
    backend.right_svd_overwriting(a, &mut svd, &mut workspace)?;
    Ok(svd)
}

/// A row of V·Σ⁻¹, whose products are the covariances of the scaled parameters.
struct Row<T> {
    entries: Vec<T>,
    /// Infinite for a parameter that is not determined.
    length: T,
    /// The row of the null vectors.
    null: Vec<T>,
}

impl<T: Scalar> Row<T> {
    /// Row `k`. A component in the null space is none up to `tolerance`.
    fn new(svd: &Svd<T>, k: usize, rank: usize, tolerance: T) -> Self {
        let v = (0..svd.s.len()).map(|col| svd.v[(k, col)]);
        let entries: Vec<T> = v
            .clone()
            .zip(&svd.s)
            .take(rank)
            .map(|(v, &s)| v / s)
            .collect();
        let null: Vec<T> = v.skip(rank).collect();
        let length = if euclidean(&null) <= tolerance {
            euclidean(&entries)
        } else {
            T::infinity()
        };
        Self {
            entries,
            length,
            null,
        }
    }

    fn cosine(&self, other: &Self) -> T {
        if self.length.is_infinite() || other.length.is_infinite() {
            return T::nan();
        }
        let cosine = dot(&self.entries, &other.entries) / self.length / other.length;
        cosine.max(-T::one()).min(T::one())
    }
}

/// The rows of parameters that are not determined, in groups between which the projector P onto the null space has no
/// entry beyond `tolerance`. P does not depend on the choice of null vectors.
///
/// No group has one row: unit columns have σ₁² ≤ n, so that 1 ≤ σ₁²·(1 − Pₖₖ) and the largest |Pₖₗ| beside Pₖₖ is at
/// least √Pₖₖ/n.
fn groups<T: Scalar>(rows: &[Row<T>], tolerance: T) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..rows.len())
        .filter(|&k| rows[k].length.is_infinite())
        .collect();
    let mut groups = Vec::new();
    while !left.is_empty() {
        let mut group = vec![left.remove(0)];
        let mut next = 0;
        while let Some(&k) = group.get(next) {
            let shares = |l: &usize| dot(&rows[k].null, &rows[*l].null).abs() > tolerance;
            let (joined, others) = left.into_iter().partition(shares);
            group.extend::<Vec<usize>>(joined);
            left = others;
            next += 1;
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups
}

/// The columns `effective` of J scaled to length 1, and their lengths ℓ·2ᵖ as (ℓ, p). Rows of zeros, which change no
/// right singular vector, are added until there are as many as columns.
fn unit_columns<T: Scalar>(
    jacobian: MatRef<'_, T>,
    effective: &[usize],
) -> (Mat<T>, Vec<(T, i32)>) {
    let m = jacobian.rows();
    let mut unit = Mat::zeros(m.max(effective.len()), effective.len());
    let mut lengths = Vec::with_capacity(effective.len());
    for (k, &j) in effective.iter().enumerate() {
        let column = &mut unit.col_mut(k)[..m];
        match jacobian.try_col(j) {
            Some(entries) => column.copy_from_slice(entries),
            None => (0..m).for_each(|i| column[i] = jacobian[(i, j)]),
        }
        let largest = column.iter().fold(T::zero(), |largest: T, &entry| {
            let size = entry.abs();
            // A comparison is one instruction; `max` has to treat NaN.
            if size > largest { size } else { largest }
        });
        let power = exponent(largest);
        power::scale(column, -power);
        let length = euclidean(column);
        for entry in column {
            *entry /= length;
        }
        lengths.push((length, power));
    }
    (unit, lengths)
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
