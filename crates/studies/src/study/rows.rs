//! The rows of a run: first the stored ones, then new ones.

use std::vec;

use indicatif::ProgressBar;
use leastwise_harness::progress;
use leastwise_harness::store::{Lines, json};
use serde::Serialize;

/// Takes the rows of a study, one after the other.
pub(crate) struct Rows<R> {
    stored: vec::IntoIter<R>,
    taken: Vec<R>,
    store: Lines,
    done: f64,
    total: f64,
    bar: ProgressBar,
}

impl<R: Serialize> Rows<R> {
    pub(super) fn new(store: Lines, stored: Vec<R>) -> Self {
        Self {
            stored: stored.into_iter(),
            taken: Vec::new(),
            store,
            done: 0.0,
            total: 1.0,
            bar: progress::bar(),
        }
    }

    /// Sets the total weight of all rows, for the progress.
    pub(crate) fn expect(&mut self, total: f64) {
        self.total = total;
    }

    /// Takes the next row, with a weight of 1.
    ///
    /// # Errors
    /// As for [`take_weighing`](Self::take_weighing).
    pub(crate) fn take(
        &mut self,
        measure: impl FnOnce() -> anyhow::Result<R>,
    ) -> anyhow::Result<()> {
        self.take_weighing(1.0, measure)
    }

    /// Takes the next row. If it is not stored, `measure` computes it, and then it is stored. The weight is its
    /// share of the time.
    ///
    /// # Errors
    /// The errors of `measure` or of the file system.
    pub(crate) fn take_weighing(
        &mut self,
        weight: f64,
        measure: impl FnOnce() -> anyhow::Result<R>,
    ) -> anyhow::Result<()> {
        let row = if let Some(row) = self.stored.next() {
            row
        } else {
            let row = measure()?;
            self.store.append(&[json(&row)?])?;
            row
        };
        self.taken.push(row);
        self.done += weight;
        progress::set(&self.bar, self.done / self.total.max(self.done));
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<R> {
        self.bar.finish_and_clear();
        self.taken
    }
}
