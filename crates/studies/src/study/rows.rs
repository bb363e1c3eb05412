//! The rows of a run: those that are stored already, and those that are measured now.

use std::vec;

use indicatif::ProgressBar;
use leastwise_harness::progress;
use serde::Serialize;

use super::store::Store;

/// Takes the rows of a study one after the other.
pub(crate) struct Rows<R> {
    stored: vec::IntoIter<R>,
    taken: Vec<R>,
    store: Store,
    total: usize,
    bar: ProgressBar,
}

impl<R: Serialize> Rows<R> {
    pub(super) fn new(store: Store, stored: Vec<R>) -> Self {
        Self {
            stored: stored.into_iter(),
            taken: Vec::new(),
            store,
            total: 1,
            bar: progress::bar(),
        }
    }

    /// How many there will be, for the progress.
    pub(crate) fn expect(&mut self, total: usize) {
        self.total = total.max(1);
    }

    /// The next row: the stored one if there is one, otherwise what `measure` gives, which is stored then.
    ///
    /// # Errors
    /// What `measure` or the file system reports.
    pub(crate) fn take(
        &mut self,
        measure: impl FnOnce() -> anyhow::Result<R>,
    ) -> anyhow::Result<()> {
        let row = match self.stored.next() {
            Some(row) => row,
            None => self.store.append(measure()?)?,
        };
        self.taken.push(row);
        progress::set(&self.bar, self.taken.len() as f64 / self.total as f64);
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<R> {
        self.bar.finish_and_clear();
        self.taken
    }
}
