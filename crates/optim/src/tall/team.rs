//! The other ranks that have rows of a problem.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use leastwise_core::{Error, Result, Scalar};

use crate::ranks::{Message, Ranks, hash};

/// The ranks that share the rows of a problem, or this process alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Team<'a>(Option<&'a Ranks>);

/// The bits of a point.
struct Point<'x, T>(&'x [T]);

impl<T: Scalar> Hash for Point<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for value in self.0 {
            value.as_f64().to_bits().hash(state);
        }
    }
}

/// The rows that a rank has of a problem.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) team: Team<'a>,
    /// Their places among those of all ranks.
    pub(crate) rows: Range<usize>,
    /// The number of rows of all ranks.
    pub(crate) total: usize,
    /// Whether a rank does not store residuals.
    pub(crate) is_streamed: bool,
}

impl<'a> Team<'a> {
    /// This process has all rows.
    pub(crate) const ALONE: Team<'static> = Team(None);

    pub(crate) fn of(ranks: &'a Ranks) -> Self {
        Self(Some(ranks))
    }

    pub(crate) fn is_alone(self) -> bool {
        self.0.is_none()
    }

    /// The number of this rank.
    pub(crate) fn rank(self) -> usize {
        self.0.map_or(0, Ranks::rank)
    }

    /// Merges the outcomes of all ranks in `step` of a fit, in which all are at `x`.
    pub(crate) fn merge<T: Scalar, M: Message>(
        self,
        step: &'static str,
        x: &[T],
        outcome: Result<M>,
        merge: impl Fn(M, M) -> Result<M>,
    ) -> Result<M> {
        match self.0 {
            None => outcome,
            Some(ranks) => ranks.merge_at(step, hash(&Point(x)), outcome, merge),
        }
    }

    /// `outcome`, if it is a success on all ranks.
    pub(crate) fn agree<M>(self, step: &'static str, outcome: Result<M>) -> Result<M> {
        let Some(ranks) = self.0 else {
            return outcome;
        };
        let own = outcome.as_ref().map(|_| ()).map_err(Error::clone);
        ranks.merge_at(step, 0, own, |(), ()| Ok(()))?;
        outcome
    }

    /// `error`, of a row of `rank`.
    pub(crate) fn error_of(self, rank: usize, error: Error) -> Error {
        match self.0 {
            None => error,
            Some(_) => Error::Rank {
                rank,
                detail: error.to_string(),
            },
        }
    }
}

impl Part<'static> {
    /// All `m` rows, in one process.
    pub(crate) fn whole(m: usize, is_streamed: bool) -> Self {
        Self {
            team: Team::ALONE,
            rows: 0..m,
            total: m,
            is_streamed,
        }
    }
}
