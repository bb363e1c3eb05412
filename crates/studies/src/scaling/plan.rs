//! What is measured.

use std::path::PathBuf;

use leastwise_core::Backend;

use super::limits::{Depth, Limits};
use super::numpy::Numpy;
use super::size::Sweep;

/// Of the lines in a Markdown file between which `--page` puts the tables.
pub(super) const MARKER: &str = "scaling";

/// The flags, checked.
pub(super) struct Plan {
    pub(super) depth: Depth,
    pub(super) limits: Limits,
    pub(super) widths: Vec<usize>,
    pub(super) samples: Vec<usize>,
    /// Each on one thread.
    pub(super) backends: Vec<Box<dyn Backend<f64>>>,
    pub(super) numpy: Option<Numpy>,
    pub(super) out: PathBuf,
    pub(super) page: Option<PathBuf>,
}

impl Plan {
    pub(super) fn sizes(&self, sweep: Sweep) -> &[usize] {
        match sweep {
            Sweep::Width => &self.widths,
            Sweep::Samples => &self.samples,
        }
    }
}
