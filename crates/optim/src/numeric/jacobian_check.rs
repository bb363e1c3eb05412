//! The result of the check of a Jacobian.

use std::fmt;

use leastwise_core::{Mat, Scalar};

/// A Jacobian, compared with differences of its residual by [`check_jacobian`](crate::check_jacobian).
///
/// It displays in a few lines:
///
/// ```
/// use leastwise_core::{MatMut, Result};
/// use leastwise_optim::{ClosureResidual, check_jacobian};
///
/// # fn main() -> Result<()> {
/// let line = ClosureResidual::new(2, 2, |x: &[f64], r: &mut [f64]| {
///     (r[0], r[1]) = (x[0] + 2.0 * x[1], x[0] - x[1]);
/// })?
/// .with_jacobian(|_: &[f64], mut j: MatMut<'_, f64>| {
///     (j[(0, 0)], j[(0, 1)], j[(1, 0)]) = (1.0, 2.0, 1.0);
/// });
/// let check = check_jacobian(&line, &[1.0, 3.0])?;
/// assert!(check.to_string().starts_with("inconsistent: 1 of 2x2 entries is wrong"));
/// assert_eq!(check.unwritten(), [(1, 1)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct JacobianCheck<T> {
    given: Mat<T>,
    expected: Mat<T>,
    tolerance: Mat<T>,
}

/// One checked entry of a Jacobian.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct JacobianEntry<T> {
    /// The row i, counted from 0.
    pub row: usize,
    /// The column j, counted from 0.
    pub col: usize,
    /// The value that the problem wrote, or NaN if it wrote none.
    pub given: T,
    /// The value Jᵢⱼ from differences.
    pub expected: T,
    /// A bound on the error of `expected`. It is NaN or ∞ if the residual is not finite near x, so that the
    /// entry cannot be checked.
    pub tolerance: T,
}

/// The kind of mistake that a wrong Jacobian shows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Suspicion<T> {
    /// The worst entry is NaN: the problem did not write it, or computed NaN.
    Unwritten,
    /// The matrix is Jᵀ. This is reported only for square matrices.
    Transposed,
    /// The column of the worst entry equals this column of J.
    OtherColumn(usize),
    /// The worst entry has the wrong sign.
    Sign,
    /// The worst entry is zero, but the expected value is not.
    Missing,
    /// The worst entry is this multiple of the expected value.
    Factor(T),
    /// The worst entry should be zero.
    Spurious,
}

impl<T: Scalar> JacobianEntry<T> {
    /// |given − expected|.
    #[must_use]
    pub fn error(&self) -> T {
        (self.given - self.expected).abs()
    }

    /// Whether differences can check this entry.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.expected.is_finite() && self.tolerance.is_finite()
    }

    /// Whether the entry is not finite, or differs from `expected` by more than the tolerance.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !self.given.is_finite() || self.is_checked() && self.error() > self.tolerance
    }

    /// The error over the tolerance, or ∞ if it is not finite.
    fn excess(&self) -> T {
        if !self.given.is_finite() {
            return T::infinity();
        }
        // If r does not depend on xⱼ, error and tolerance may both be zero.
        if !self.is_checked() || self.error() == T::zero() {
            return T::zero();
        }
        self.error() / self.tolerance
    }
}

impl<T: Scalar> JacobianCheck<T> {
    pub(super) fn new(given: Mat<T>, expected: Mat<T>, tolerance: Mat<T>) -> Self {
        Self {
            given,
            expected,
            tolerance,
        }
    }

    /// Whether no entry is wrong.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.wrong() == 0
    }

    /// The entry (i, j), with indices counted from 0.
    ///
    /// # Panics
    /// If an index is outside the matrix.
    #[must_use]
    pub fn entry(&self, row: usize, col: usize) -> JacobianEntry<T> {
        JacobianEntry {
            row,
            col,
            given: self.given[(row, col)],
            expected: self.expected[(row, col)],
            tolerance: self.tolerance[(row, col)],
        }
    }

    /// All entries, column by column.
    pub fn entries(&self) -> impl Iterator<Item = JacobianEntry<T>> + '_ {
        let (m, n) = (self.given.rows(), self.given.cols());
        (0..n).flat_map(move |col| (0..m).map(move |row| self.entry(row, col)))
    }

    /// The entry with the largest error in units of its tolerance. If entries are not finite, it is the first
    /// of these.
    #[must_use]
    pub fn worst(&self) -> JacobianEntry<T> {
        let first = self.entry(0, 0);
        self.entries().fold(first, |worst, entry| {
            if entry.excess() > worst.excess() {
                entry
            } else {
                worst
            }
        })
    }

    /// The row and column of every entry that is NaN.
    #[must_use]
    pub fn unwritten(&self) -> Vec<(usize, usize)> {
        let unwritten = self.entries().filter(|entry| entry.given.is_nan());
        unwritten.map(|entry| (entry.row, entry.col)).collect()
    }

    /// The number of wrong entries.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.entries().filter(JacobianEntry::is_wrong).count()
    }

    /// The number of entries that could not be checked, because the residual is not finite near x.
    #[must_use]
    pub fn unchecked(&self) -> usize {
        self.entries().filter(|entry| !entry.is_checked()).count()
    }

    /// The likely mistake. `None` if there is no mistake, or if it is of no known kind.
    #[must_use]
    pub fn suspicion(&self) -> Option<Suspicion<T>> {
        let worst = self.worst();
        if !worst.is_wrong() {
            return None;
        }
        if worst.given.is_nan() {
            return Some(Suspicion::Unwritten);
        }
        if self.is_transposed() {
            return Some(Suspicion::Transposed);
        }
        if let Some(other) = self.column_given_as(worst.col) {
            return Some(Suspicion::OtherColumn(other));
        }
        if (worst.given + worst.expected).abs() <= worst.tolerance {
            return Some(Suspicion::Sign);
        }
        if worst.expected.abs() <= worst.tolerance {
            return Some(Suspicion::Spurious);
        }
        if worst.given == T::zero() {
            return Some(Suspicion::Missing);
        }
        let factor = worst.given / worst.expected;
        factor.is_finite().then_some(Suspicion::Factor(factor))
    }

    /// Whether the given entry (i, j) equals the expected entry (k, l).
    fn looks_like(&self, given: (usize, usize), expected: (usize, usize)) -> bool {
        (self.given[given] - self.expected[expected]).abs() <= self.tolerance[expected]
    }

    fn is_transposed(&self) -> bool {
        let (m, n) = (self.given.rows(), self.given.cols());
        m == n && (0..n).all(|j| (0..m).all(|i| self.looks_like((i, j), (j, i))))
    }

    /// The other column of J that was given as column `col`. A column of one entry is no evidence.
    fn column_given_as(&self, col: usize) -> Option<usize> {
        let (m, n) = (self.given.rows(), self.given.cols());
        let is_given = |other: &usize| (0..m).all(|i| self.looks_like((i, col), (i, *other)));
        if m == 1 { None } else { (0..n).find(is_given) }
    }
}

impl<T: Scalar> fmt::Display for JacobianCheck<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, n) = (self.given.rows(), self.given.cols());
        let worst = self.worst();
        match self.wrong() {
            0 => write!(f, "consistent: {m}x{n} entries, the worst is {worst}")?,
            1 => write!(f, "inconsistent: 1 of {m}x{n} entries is wrong: {worst}")?,
            wrong => write!(
                f,
                "inconsistent: {wrong} of {m}x{n} entries are wrong, the worst is {worst}"
            )?,
        }
        if let Some(suspicion) = self.suspicion() {
            write!(f, "\n{suspicion}")?;
        }
        let unwritten = self.unwritten();
        if let Some(first) = unwritten.first() {
            let count = unwritten.len();
            write!(f, "\nNaN or not written: {count}, first {first:?}")?;
        }
        match self.unchecked() {
            0 => Ok(()),
            count => write!(
                f,
                "\nnot checked: {count}, because the residual is not finite near x"
            ),
        }
    }
}

impl<T: Scalar> fmt::Display for JacobianEntry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "({}, {}): {:e} instead of {:e} ± {:.0e}",
            self.row, self.col, self.given, self.expected, self.tolerance
        )
    }
}

impl<T: Scalar> fmt::Display for Suspicion<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwritten => f.pad("the entry is not written, or is computed as NaN"),
            Self::Transposed => f.pad("the matrix is transposed"),
            Self::OtherColumn(col) => write!(f, "the column is column {col} of the Jacobian"),
            Self::Sign => f.pad("the sign is wrong"),
            Self::Missing => f.pad("the entry is zero, but should not be"),
            Self::Factor(factor) => write!(f, "the entry is {factor:.6} times what it should be"),
            Self::Spurious => f.pad("the entry should be zero"),
        }
    }
}
