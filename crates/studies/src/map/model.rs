//! What the picture shows.

use super::outcome::Outcome;
use super::problems::Family;

/// The outcomes of all problems.
pub(super) struct Map {
    /// The libraries, with their versions.
    pub(super) libraries: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) panels: Vec<Panel>,
}

/// A way to solve least squares.
pub(super) struct Row {
    /// What is called, as the library calls it or as the backend names its method.
    pub(super) label: String,
    /// An index into [`Map::libraries`].
    pub(super) library: usize,
    /// Through the adapter, and not the library's own call.
    pub(super) ours: bool,
}

/// One shape and one scalar type.
pub(super) struct Panel {
    pub(super) scalar: &'static str,
    pub(super) shape: (usize, usize),
    pub(super) columns: Vec<Family>,
    /// Of each row, one for each column.
    pub(super) outcomes: Vec<Vec<Outcome>>,
}
