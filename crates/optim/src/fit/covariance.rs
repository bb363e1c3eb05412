//! Computes how accurately data determine parameters.

use std::sync::Arc;

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Error, Mat, MatRef, Result, Scalar, Svd, Workspace, verify};

use super::small_svd;
use crate::check;
use crate::power::{self, exponent};

/// The covariance of n parameters, as standard errors and correlations.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Covariance<T> {
    /// The standard error of each parameter, the root of its variance. It is infinite for a parameter that is
    /// not determined, and zero for one that is not free.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    pub standard_errors: Vec<T>,
    /// The correlations, n×n with ones on the diagonal. They are NaN for a parameter that is not determined,
    /// and zero for one that is not free.
    pub correlation: Mat<T>,
    /// The rank of the free columns of J.
    pub rank: usize,
    /// σ_min/σ_max of the free columns of J, each scaled to length 1. It is the distance to a J that does not
    /// determine all parameters. It is zero if a column is zero.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub reciprocal_condition: T,
    /// Singular values at or below `rcond`·σ_max were treated as zero.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub rcond: T,
    /// The largest σ/σ_max that was treated as zero, without the columns that are zero. Up to max(m, n)·ε it
    /// is rounding. If it is larger, the rank depends on `rcond`.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub neglected: T,
    /// The free parameters without effect. Their columns of J are zero.
    pub without_effect: Vec<usize>,
    /// The free parameters that have an effect but are not determined, in groups. Within a group, the columns
    /// of J are linearly dependent: changes of the other parameters compensate a change of one.
    pub dependent: Vec<Vec<usize>>,
    /// What determines the parameters, for residuals of variance 1. It is shared with the copies.
    pub(super) directions: Arc<Directions<T>>,
    /// The standard deviation of the residuals.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub(super) deviation: T,
}

/// (JᵀJ)⁻¹ for the free columns of J (m×n), by the SVD of J. It is the covariance of the parameters if
/// residuals are independent and have variance 1.
///
/// The columns of J are scaled to length 1, A = J·D⁻¹, and C = D⁻¹·V·Σ⁻²·Vᵀ·D⁻¹ for A = U·Σ·Vᵀ. JᵀJ is never
/// formed. So standard errors have a relative accuracy of κ(A)·u, not κ²(J)·u. A parameter that is not `free`
/// is known, and its variance is zero.
///
/// The backend factorises J. The SVD of a triangle of at most 8 columns is by rotations of this crate, which is no
/// less accurate.
///
/// **Scale.** Lengths and standard errors have separate exponents, so no square leaves the range of T. If a
/// column is multiplied by a power of two, its standard error is divided by it, and no other bit changes,
/// unless the entries or the error leave the range.
///
/// **Rank deficiency.** Singular values of A at or below `rcond`·σ₁ are treated as zero. `None` means max(m,
/// n)·ε. If a parameter has a component in the null space, it can move without a change of the residual. Its
/// variance is **infinite**, not the small value that a pseudoinverse gives. The variance of a parameter with
/// a zero column is infinite too. The variances of the other parameters do not depend on the null space.
///
/// Let σ_ρ be the smallest singular value that is not treated as zero. Rounding, or an error of J of the size
/// `rcond`, rotates the null space by `rcond`·σ₁/σ_ρ. A component up to ten times that, and at most √`rcond`,
/// is treated as zero. If the component of a parameter is larger, the parameter is not determined.
///
/// ```
/// use leastwise_core::MatRef;
/// use leastwise_optim::covariance;
///
/// # fn main() -> leastwise_core::Result<()> {
/// // p₀ and p₁ have the same effect, and p₂ has another.
/// let j = MatRef::from_row_major(&[0.0, 0.0, 2.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0], 3, 3)?;
/// let backend = leastwise_faer::Faer::default();
/// let c = covariance(&backend, j, &[true; 3], None)?;
/// assert_eq!(c.rank, 2);
/// assert_eq!(c.standard_errors[..2], [f64::INFINITY; 2]);
/// assert!((c.standard_errors[2] - 0.5).abs() < 1e-15);
///
/// // If p₁ is known, p₀ is determined.
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
/// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 ≤ `rcond` < 1, and errors of
/// the backend.
pub fn covariance<T: Scalar>(
    backend: &dyn Backend<T>,
    jacobian: MatRef<'_, T>,
    free: &[bool],
    rcond: Option<T>,
) -> Result<Covariance<T>> {
    Unscaled::new(backend, jacobian, free, rcond).map(|unscaled| unscaled.covariance(T::one()))
}

/// (JᵀJ)⁻¹ with standard errors as numbers and exponents. s·√C may be in the range of T although √C is not.
pub(super) struct Unscaled<T> {
    covariance: Covariance<T>,
    /// The exponent of each standard error.
    exponents: Vec<i32>,
}

impl<T: Scalar> Unscaled<T> {
    pub(super) fn new(
        backend: &dyn Backend<T>,
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
                directions: Arc::default(),
                deviation: T::one(),
            },
            exponents: vec![0; n],
        };
        if !effective.is_empty() {
            result.determine(backend, jacobian, &effective)?;
        }
        result.leave_out_those_without_effect();
        Ok(result)
    }

    /// The rank, standard errors and correlations of the parameters `effective`.
    fn determine(
        &mut self,
        backend: &dyn Backend<T>,
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
        // The columns have length 1, so σ₁ is not treated as zero.
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
        covariance.directions = Arc::new(Directions {
            parameters: effective.to_vec(),
            rows,
            lengths,
            tolerance,
        });
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

    /// That of a J of full rank, from the `rows` of a W with W·Wᵀ = (AᵀA)⁻¹, where the columns of A = J·D⁻¹ have
    /// length 1. Each row is that of a `free` parameter, in their order, and D are its `lengths` ℓ·2ᵖ.
    pub(super) fn of_rows(
        free: &[bool],
        (rcond, reciprocal_condition): (T, T),
        rows: Vec<Row<T>>,
        lengths: Vec<(T, i32)>,
    ) -> Self {
        let n = free.len();
        let parameters: Vec<usize> = (0..n).filter(|&j| free[j]).collect();
        let (mut standard_errors, mut exponents) = (vec![T::zero(); n], vec![0; n]);
        let mut correlation = Mat::identity(n);
        for (a, &i) in parameters.iter().enumerate() {
            standard_errors[i] = rows[a].length / lengths[a].0;
            exponents[i] = -lengths[a].1;
            for (b, &j) in parameters.iter().enumerate().take(a) {
                let cosine = rows[a].cosine(&rows[b]);
                correlation[(i, j)] = cosine;
                correlation[(j, i)] = cosine;
            }
        }
        Self {
            covariance: Covariance {
                standard_errors,
                correlation,
                rank: parameters.len(),
                reciprocal_condition,
                rcond,
                neglected: T::zero(),
                without_effect: Vec::new(),
                dependent: Vec::new(),
                directions: Arc::new(Directions {
                    parameters,
                    rows,
                    lengths,
                    tolerance: rcond.sqrt(),
                }),
                deviation: T::one(),
            },
            exponents,
        }
    }

    pub(super) fn rank(&self) -> usize {
        self.covariance.rank
    }

    /// s²·(JᵀJ)⁻¹ for s = `deviation`. Infinite and zero values do not change, even if s is NaN.
    pub(super) fn covariance(&self, deviation: T) -> Covariance<T> {
        let power = exponent(deviation);
        let mut covariance = self
            .covariance
            .clone()
            .scaled_by(power::times(deviation, -power));
        for (error, exponent) in covariance.standard_errors.iter_mut().zip(&self.exponents) {
            *error = power::times(*error, exponent + power);
        }
        covariance.deviation = deviation;
        covariance
    }
}

/// The singular values and V of A, from the backend's R. A is overwritten.
fn right_svd<T: Scalar>(backend: &dyn Backend<T>, a: &mut Mat<T>) -> Result<Svd<T>> {
    let mut workspace = Workspace::default();
    if a.cols() <= small_svd::MOST_COLUMNS {
        backend.r_overwriting(a, &mut workspace)?;
        return Ok(small_svd::right_svd(a));
    }
    let mut svd = Svd::default();
    backend.right_svd_overwriting(a, &mut svd, &mut workspace)?;
    Ok(svd)
}

/// The rows of D⁻¹·V·Σ⁻¹ and D⁻¹·V₀, where V₀ is the null space.
#[derive(Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub(super) struct Directions<T> {
    /// The parameter of each row.
    parameters: Vec<usize>,
    rows: Vec<Row<T>>,
    /// The lengths D of the columns, as ℓ·2ᵖ.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::scaled"))]
    lengths: Vec<(T, i32)>,
    /// A component in the null space, relative to the length of the vector, that is treated as zero.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    tolerance: T,
}

impl<T: Scalar> Default for Directions<T> {
    fn default() -> Self {
        Self {
            parameters: Vec::new(),
            rows: Vec::new(),
            lengths: Vec::new(),
            tolerance: T::zero(),
        }
    }
}

impl<T: Scalar> Directions<T> {
    /// ‖Σ⁻¹·Vᵀ·D⁻¹·g‖, or ∞ if D⁻¹·g has a component in the null space.
    fn length(&self, gradient: &[T]) -> T {
        let scaled: Vec<T> = self
            .parameters
            .iter()
            .zip(&self.lengths)
            .map(|(&j, &(length, power))| power::times(gradient[j] / length, -power))
            .collect();
        let Some(first) = self.rows.first() else {
            return T::zero();
        };
        let combined = |of: fn(&Row<T>) -> &Vec<T>| {
            let mut sum = vec![T::zero(); of(first).len()];
            for (row, &factor) in self.rows.iter().zip(&scaled) {
                for (entry, &x) in sum.iter_mut().zip(of(row)) {
                    *entry += factor * x;
                }
            }
            euclidean(&sum)
        };
        if combined(|row| &row.null) > self.tolerance * euclidean(&scaled) {
            return T::infinity();
        }
        let ends = self.rows.iter().map(|row| row.place + row.own.len());
        let mut own = vec![T::zero(); ends.max().unwrap_or(0)];
        for (row, &factor) in self.rows.iter().zip(&scaled) {
            for (entry, &x) in own[row.place..].iter_mut().zip(&row.own) {
                *entry += factor * x;
            }
        }
        combined(|row| &row.entries).hypot(euclidean(&own))
    }

    /// The directions of all parameters, from these of the untied ones, whose rows have no further entries. Their indices are those among all. Parameters
    /// `without_effect` are in the null space: one entry is added to it, which tied parameters have that depend on them.
    fn with_tied(
        &self,
        without_effect: &[usize],
        (untied, tied): (&[usize], &[usize]),
        slopes: &Mat<T>,
    ) -> Self {
        let mut all = Self {
            parameters: self.parameters.iter().map(|&k| untied[k]).collect(),
            rows: self.rows.clone(),
            lengths: self.lengths.clone(),
            tolerance: self.tolerance,
        };
        for row in &mut all.rows {
            row.null.push(T::zero());
        }
        let sizes = self
            .rows
            .first()
            .map_or((0, 1), |row| (row.entries.len(), row.null.len() + 1));
        for (i, &j) in tied.iter().enumerate() {
            // ∂p/∂q over the lengths of the columns: the row of V that belongs to p.
            let factors =
                self.parameters
                    .iter()
                    .zip(&self.lengths)
                    .map(|(&k, &(length, power))| {
                        let slope = slopes[(i, k)];
                        (slope / length, power)
                    });
            let factors: Vec<(T, i32)> = factors.collect();
            let top = factors
                .iter()
                .filter(|(factor, _)| *factor != T::zero())
                .map(|(factor, power)| exponent(*factor) - power)
                .max();
            let top = top.unwrap_or(0);
            let scaled: Vec<T> = factors
                .iter()
                .map(|&(factor, power)| power::times(factor, -power - top))
                .collect();
            let depends_on_undetermined =
                without_effect.iter().any(|&k| slopes[(i, k)] != T::zero());
            let size = euclidean(&scaled);
            let unit: Vec<T> = if size > T::zero() {
                scaled.iter().map(|&factor| factor / size).collect()
            } else {
                scaled
            };
            let combined = |of: fn(&Row<T>) -> &Vec<T>, count: usize| {
                let mut sum = vec![T::zero(); count];
                for (row, &factor) in self.rows.iter().zip(&unit) {
                    for (entry, &x) in sum.iter_mut().zip(of(row)) {
                        *entry += factor * x;
                    }
                }
                sum
            };
            let entries = combined(|row| &row.entries, sizes.0);
            let mut null = combined(|row| &row.null, sizes.1 - 1);
            null.push(if depends_on_undetermined {
                T::one()
            } else {
                T::zero()
            });
            let length = if euclidean(&null) <= self.tolerance {
                euclidean(&entries)
            } else {
                T::infinity()
            };
            if size > T::zero() || depends_on_undetermined {
                let own = if size > T::zero() {
                    T::one() / size
                } else {
                    T::one()
                };
                all.parameters.push(j);
                all.rows.push(Row {
                    entries,
                    own: Vec::new(),
                    place: 0,
                    length,
                    null,
                });
                all.lengths.push((own, -top));
            }
        }
        all
    }

    /// The correlation of two parameters. It is 0 if one of them is known.
    fn cosine(&self, i: usize, j: usize) -> T {
        let row = |j: usize| {
            self.parameters
                .iter()
                .position(|&known| known == j)
                .map(|k| &self.rows[k])
        };
        match (row(i), row(j)) {
            (Some(a), Some(b)) => a.cosine(b),
            _ => T::zero(),
        }
    }
}

/// A row of V·Σ⁻¹. The products of such rows are the covariances of the scaled parameters.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub(super) struct Row<T> {
    /// The first entries.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    entries: Vec<T>,
    /// Further entries, and the place of the first of them. All others are zero.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    own: Vec<T>,
    place: usize,
    /// The length. It is infinite for a parameter that is not determined.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    length: T,
    /// The row of the null vectors.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    null: Vec<T>,
}

impl<T: Scalar> Row<T> {
    /// Row `k`. A component in the null space up to `tolerance` is treated as zero.
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
            own: Vec::new(),
            place: 0,
            length,
            null,
        }
    }

    /// A row of a parameter that is determined.
    pub(super) fn of(entries: Vec<T>, (place, own): (usize, Vec<T>)) -> Self {
        Self {
            length: euclidean(&entries).hypot(euclidean(&own)),
            entries,
            own,
            place,
            null: Vec::new(),
        }
    }

    pub(super) fn length(&self) -> T {
        self.length
    }

    /// The product with x, of which the first `own` entries belong to the first entries.
    pub(super) fn times(&self, x: &[T], own: usize) -> T {
        dot(&self.entries, x) + dot(&self.own, &x[own + self.place..])
    }

    /// Adds a multiple of the row to y, in the same order.
    pub(super) fn add_to(&self, factor: T, y: &mut [T], own: usize) {
        let (first, others) = y.split_at_mut(own);
        for (yi, &x) in first.iter_mut().zip(&self.entries) {
            *yi += factor * x;
        }
        for (yi, &x) in others[self.place..].iter_mut().zip(&self.own) {
            *yi += factor * x;
        }
    }

    fn cosine(&self, other: &Self) -> T {
        if self.length.is_infinite() || other.length.is_infinite() {
            return T::nan();
        }
        let mut product = dot(&self.entries, &other.entries);
        if self.place == other.place {
            product += dot(&self.own, &other.own);
        }
        let cosine = product / self.length / other.length;
        cosine.max(-T::one()).min(T::one())
    }
}

/// The rows of parameters that are not determined, in groups. P is the projector onto the null space. Between
/// two groups, P has no entry above `tolerance`. P does not depend on the choice of null vectors.
///
/// Every group has at least two rows. Unit columns have σ₁² ≤ n, so 1 ≤ σ₁²·(1 − Pₖₖ), and the largest |Pₖₗ|
/// with l ≠ k is at least √Pₖₖ/n.
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

/// The columns `effective` of J scaled to length 1, and their lengths ℓ·2ᵖ as (ℓ, p). Rows of zeros are added
/// until there are at least as many rows as columns. They change no right singular vector.
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
        lengths.push(normalize(column));
    }
    (unit, lengths)
}

/// Scales a column that is not zero to length 1. Returns its length ℓ·2ᵖ as (ℓ, p).
pub(super) fn normalize<T: Scalar>(column: &mut [T]) -> (T, i32) {
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
    (length, power)
}

impl<T: Scalar> Covariance<T> {
    /// C, n×n: the standard errors times the correlations. For a parameter that is not determined, the
    /// variance is ∞ and its covariances are NaN.
    #[must_use]
    pub fn matrix(&self) -> Mat<T> {
        let errors = &self.standard_errors;
        Mat::from_fn(errors.len(), errors.len(), |i, j| {
            let correlation = self.correlation[(i, j)];
            // Prevents 0·∞: a known parameter has no covariance with another.
            if correlation == T::zero() {
                T::zero()
            } else {
                errors[i] * errors[j] * correlation
            }
        })
    }

    /// The covariance for residuals with variance s², where s = `deviation` multiplies every standard error.
    /// Infinite and zero values do not change, even if s is NaN.
    #[must_use]
    pub fn scaled_by(mut self, deviation: T) -> Self {
        for error in &mut self.standard_errors {
            if *error != T::zero() && error.is_finite() {
                *error *= deviation;
            }
        }
        self.deviation *= deviation;
        self
    }

    /// √(gᵀCg) for g = `gradient`: the standard error of a quantity h(p), where g is the gradient of h at the parameters
    /// (the delta method). It is infinite if h depends on what the data do not determine. A parameter that is not free
    /// is known.
    ///
    /// It is the length of a vector, so no digits cancel, although parameters may be strongly correlated.
    ///
    /// ```
    /// use leastwise_core::MatRef;
    /// use leastwise_optim::covariance;
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// // The data determine p₀ + p₁, but neither p₀ nor p₁.
    /// let j = MatRef::from_row_major(&[1.0f64; 8], 4, 2)?;
    /// let c = covariance(&leastwise_faer::Faer::default(), j, &[true; 2], None)?;
    /// assert!((c.standard_error_of(&[1.0, 1.0])? - 0.5).abs() < 1e-15);
    /// assert_eq!(c.standard_error_of(&[1.0, 0.0])?, f64::INFINITY);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless `gradient` has n entries, and
    /// [`Error::NonFinite`](leastwise_core::Error::NonFinite).
    pub fn standard_error_of(&self, gradient: &[T]) -> Result<T> {
        const OPERATION: &str = "standard_error_of";
        check::entries(
            OPERATION,
            "gradient",
            self.standard_errors.len(),
            gradient.len(),
        )?;
        check::finite(OPERATION, "gradient", gradient)?;
        Ok(self.error_of(gradient))
    }

    fn error_of(&self, gradient: &[T]) -> T {
        let length = self.length(gradient);
        // Prevents 0·NaN: what is known has no error.
        if length == T::zero() || length.is_infinite() {
            length
        } else {
            length * self.deviation
        }
    }

    /// The covariance of all parameters. This is that of the `untied` ones, on which the `tied` ones depend with these
    /// `slopes`, a row for each of them. Both are lists of indices among all.
    pub(super) fn with_tied(&self, untied: &[usize], tied: &[usize], slopes: &Mat<T>) -> Self {
        let n = untied.len() + tied.len();
        let among_all = |list: &[usize]| list.iter().map(|&k| untied[k]).collect::<Vec<_>>();
        let directions = self
            .directions
            .with_tied(&self.without_effect, (untied, tied), slopes);
        let mut standard_errors = vec![T::zero(); n];
        let mut correlation = Mat::identity(n);
        for (k, &j) in untied.iter().enumerate() {
            standard_errors[j] = self.standard_errors[k];
            for (l, &i) in untied.iter().enumerate() {
                correlation[(j, i)] = self.correlation[(k, l)];
            }
        }
        let mut all = Self {
            standard_errors,
            correlation,
            without_effect: among_all(&self.without_effect),
            dependent: self
                .dependent
                .iter()
                .map(|group| among_all(group))
                .collect(),
            directions: Arc::new(directions),
            ..self.clone()
        };
        let mut gradient = vec![T::zero(); n];
        for &j in tied {
            gradient[j] = T::one();
            all.standard_errors[j] = all.error_of(&gradient);
            gradient[j] = T::zero();
            for i in 0..n {
                if i != j {
                    let cosine = all.directions.cosine(i, j);
                    (all.correlation[(i, j)], all.correlation[(j, i)]) = (cosine, cosine);
                }
            }
        }
        for &j in &all.without_effect {
            for &i in tied {
                if all.standard_errors[i] != T::zero() {
                    (all.correlation[(i, j)], all.correlation[(j, i)]) = (T::nan(), T::nan());
                }
            }
        }
        all
    }

    /// The same for residuals of variance 1.
    pub(super) fn length(&self, gradient: &[T]) -> T {
        let has_effect = |&j: &usize| gradient[j] != T::zero();
        if self.without_effect.iter().any(has_effect) {
            return T::infinity();
        }
        self.directions.length(gradient)
    }

    /// The standard deviation of the residuals.
    pub(super) fn deviation(&self) -> T {
        self.deviation
    }
}
