//! The contract of problems that evaluate some of their rows.

use leastwise_core::{MatMut, Result, Scalar};

use crate::Bounds;
use crate::numeric::Difference;

/// Some rows of a problem. Their number is that of the entries to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows<'a> {
    /// Row i, i + 1 and so on.
    From(usize),
    /// The rows with these indices.
    Listed(&'a [usize]),
}

impl<'a> Rows<'a> {
    /// `count` of these rows, from the one at position `start` on.
    pub(crate) fn part(self, start: usize, count: usize) -> Self {
        match self {
            Self::From(first) => Self::From(first + start),
            Self::Listed(rows) => Self::Listed(&rows[start..start + count]),
        }
    }

    /// The entries of `all` in these rows, of which there are `count`.
    pub(crate) fn of<T>(self, all: &'a [T], count: usize) -> impl Iterator<Item = &'a T> {
        let (range, listed) = match self {
            Self::From(first) => (all.get(first..first + count).unwrap_or_default(), &[][..]),
            Self::Listed(rows) => (&[][..], rows),
        };
        range.iter().chain(listed.iter().map(|&row| &all[row]))
    }
}

/// A residual whose rows can be evaluated on their own: rᵢ depends on x and i only.
///
/// A [`Fit`](crate::Fit) then evaluates a tall problem a block of rows at a time. [`Curve`](crate::Curve) is such a
/// residual. [`ResidualFunction::by_rows`](crate::ResidualFunction::by_rows) tells.
pub trait RowFunction<T: Scalar> {
    /// Writes rᵢ(x) of these rows to all entries of `r`, which are NaN when this crate calls.
    ///
    /// # Errors
    /// The errors of a backend.
    fn residual_rows(&self, x: &[T], rows: Rows<'_>, r: &mut [T]) -> Result<()>;

    /// As [`ResidualFunction::data_sizes`](crate::ResidualFunction::data_sizes), for these rows.
    fn data_sizes_of_rows(&self, rows: Rows<'_>, sizes: &mut [T]) -> bool {
        let _ = (rows, sizes);
        false
    }
}

/// A problem whose rows can be evaluated on their own.
/// [`LeastSquaresProblem::by_rows`](crate::LeastSquaresProblem::by_rows) tells.
pub trait RowProblem<T: Scalar>: RowFunction<T> {
    /// What J at `x` needs to know about all rows, from the `pilot` rows. Only finite differences need it, for their steps,
    /// which stay within `bounds`. A draft has fewer digits and evaluations; see
    /// [`Quality::Draft`](crate::levenberg_marquardt::Quality::Draft).
    ///
    /// # Errors
    /// The errors of a backend.
    fn steps(
        &self,
        x: &[T],
        bounds: Option<&Bounds<T>>,
        is_draft: bool,
        pilot: &[usize],
    ) -> Result<Steps<T>> {
        let _ = (x, bounds, is_draft, pilot);
        Ok(Steps::default())
    }

    /// Writes these rows of J(x) to all entries of `j`, whose columns are contiguous. `r` has the residuals of the rows at
    /// `x`.
    ///
    /// # Errors
    /// The errors of a backend.
    fn jacobian_rows(
        &self,
        x: &[T],
        steps: &Steps<T>,
        rows: Rows<'_>,
        r: &[T],
        j: MatMut<'_, T>,
    ) -> Result<()>;
}

/// The steps of finite differences. There are none for exact derivatives.
#[derive(Clone, Debug, Default)]
pub struct Steps<T> {
    /// One for each parameter.
    pub(crate) differences: Vec<Difference<T>>,
    /// How often the pilot rows were evaluated.
    pub(crate) pilot_evaluations: usize,
}

impl<T: Scalar> Steps<T> {
    /// How often the rows of J evaluate a residual.
    pub(crate) fn evaluations(&self) -> usize {
        self.differences.iter().map(|d| d.evaluations()).sum()
    }

    /// Leaves the columns of all other parameters zero.
    pub(crate) fn keep(&mut self, parameters: &[usize]) {
        for (j, difference) in self.differences.iter_mut().enumerate() {
            if parameters.binary_search(&j).is_err() {
                *difference = Difference::Zero;
            }
        }
    }

    /// Replaces the difference of parameter `j`, where a residual was not finite, by one to another side. Returns whether
    /// there is one within the bounds.
    pub(crate) fn retreat(&mut self, j: usize, x: T, bounds: Option<&Bounds<T>>) -> bool {
        let Some(difference) = self.differences.get_mut(j) else {
            return false;
        };
        let is_inside =
            |point: T| bounds.is_none_or(|all| all.lower()[j] <= point && point <= all.upper()[j]);
        while let Some(next) = difference.other_side() {
            *difference = next;
            if is_inside(next.farthest(x)) {
                return true;
            }
        }
        false
    }
}
