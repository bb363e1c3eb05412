//! The observers of all ranks.

use std::ops::ControlFlow;

use leastwise_core::{Error, Result, Scalar};

use crate::tall::Team;
use crate::{Observer, Record};

/// Stops the runs of all ranks if an observer of one of them does.
pub(super) struct Together<'a, 'o, T> {
    team: Team<'a>,
    observers: &'a mut [&'o mut dyn Observer<T>],
    failed: Option<Error>,
}

impl<T: Scalar> Together<'_, '_, T> {
    /// Calls `run` with `observers`, or with one that stands for those of all ranks.
    pub(super) fn observe<R>(
        team: Team<'_>,
        observers: &mut [&mut dyn Observer<T>],
        run: impl FnOnce(&mut [&mut dyn Observer<T>]) -> Result<R>,
    ) -> Result<R> {
        if team.is_alone() {
            return run(observers);
        }
        let mut together = Together {
            team,
            observers,
            failed: None,
        };
        let outcome = run(&mut [&mut together]);
        together.failed.map_or(outcome, Err)
    }
}

impl<T: Scalar> Observer<T> for Together<'_, '_, T> {
    fn observe(&mut self, record: &Record<'_, T>) -> ControlFlow<()> {
        let mut stops = false;
        for observer in &mut *self.observers {
            stops |= observer.observe(record).is_break();
        }
        let any = |a, b| Ok(a || b);
        match self
            .team
            .merge("observers", record.parameters, Ok(stops), any)
        {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}
