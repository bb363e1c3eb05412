//! The contract of problems that evaluate some of their rows.

use leastwise_core::{MatMut, Result, Scalar};

use super::team::Team;
use crate::Bounds;
use crate::caught::caught;
use crate::numeric::Difference;
use crate::ranks::Numbers;

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

    /// The entries of `all` in these rows, of which there are `count`. Rows that do not exist are left out.
    pub(crate) fn of<T>(self, all: &'a [T], count: usize) -> impl Iterator<Item = &'a T> {
        let (range, listed) = match self {
            Self::From(first) => (all.get(first..first.saturating_add(count)), &[][..]),
            Self::Listed(rows) => (None, rows),
        };
        let range = range.unwrap_or_default().iter();
        range.chain(listed.iter().filter_map(|&row| all.get(row)))
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

    /// Whether each evaluation reads or generates the data of its rows, because memory cannot hold them. A
    /// [`Fit`](crate::Fit) of a tall problem then does not store residuals. It evaluates them once more with each Jacobian,
    /// and [`Fitted::residuals`](crate::Fitted::residuals) is empty.
    fn is_streamed(&self) -> bool {
        false
    }
}

/// The rows on which the steps of finite differences are chosen, for all rows of a problem.
#[derive(Clone, Copy, Debug)]
pub struct Pilot<'a> {
    /// Those of this rank.
    own: &'a [usize],
    /// The number of them on all ranks.
    count: usize,
    team: Team<'a>,
}

impl<'a> Pilot<'a> {
    pub(crate) fn new(own: &'a [usize], count: usize, team: Team<'a>) -> Self {
        Self { own, count, team }
    }

    /// The indices of these rows, in ascending order. In a fit [across ranks](crate::Fit::across), those of this rank.
    #[must_use]
    pub fn rows(&self) -> &'a [usize] {
        self.own
    }

    /// The number of them. In a fit across ranks, on all ranks.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Writes the residuals of all of them to `r`.
    ///
    /// # Errors
    /// Those of `function`, on any rank.
    pub fn residual<T: Scalar>(
        &self,
        function: &dyn RowFunction<T>,
        x: &[T],
        r: &mut [T],
    ) -> Result<()> {
        if self.team.is_alone() {
            return function.residual_rows(x, Rows::Listed(self.own), r);
        }
        let mut own = vec![T::nan(); self.own.len()];
        let outcome = caught("residual", || {
            function.residual_rows(x, Rows::Listed(self.own), &mut own)
        });
        let outcome = outcome.flatten().map(|()| own);
        self.gather("pilot residuals", x, outcome, r)
    }

    /// As [`RowFunction::data_sizes_of_rows`], for all of them.
    ///
    /// # Errors
    /// Those of other ranks.
    pub fn data_sizes<T: Scalar>(
        &self,
        function: &dyn RowFunction<T>,
        sizes: &mut [T],
    ) -> Result<bool> {
        if self.team.is_alone() {
            return Ok(function.data_sizes_of_rows(Rows::Listed(self.own), sizes));
        }
        let mut own = vec![T::nan(); self.own.len()];
        let outcome = caught("data_sizes_of_rows", || {
            // A rank without rows does not decide.
            self.own.is_empty() || function.data_sizes_of_rows(Rows::Listed(self.own), &mut own)
        });
        let are_known = self
            .team
            .merge::<T, _>("sizes", &[], outcome, |a, b| Ok(a && b))?;
        self.gather("pilot sizes", &[], Ok(own), sizes)?;
        Ok(are_known)
    }

    /// Writes those of all ranks to `all`.
    fn gather<T: Scalar>(
        &self,
        step: &'static str,
        x: &[T],
        own: Result<Vec<T>>,
        all: &mut [T],
    ) -> Result<()> {
        let gathered = self.team.merge(step, x, own.map(Numbers), |mut a, b| {
            a.0.extend(b.0);
            Ok(a)
        })?;
        all.copy_from_slice(&gathered.0);
        Ok(())
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
        pilot: Pilot<'_>,
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
