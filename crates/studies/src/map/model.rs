//! The calls, and the outcomes that the picture shows.

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::study;

/// The libraries and their calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The libraries, with their versions.
    pub(super) libraries: Vec<String>,
    pub(super) calls: Vec<Call>,
}

/// A way to solve least squares: a row of the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    /// The name of the call in the library, or of the method in the backend.
    pub(super) label: String,
    /// An index into [`Plan::libraries`].
    pub(super) library: usize,
    /// Whether the call goes through the adapter. Otherwise, it is the library's own call.
    pub(super) ours: bool,
}

/// One shape and one scalar type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Panel {
    pub(super) scalar: String,
    pub(super) shape: (usize, usize),
    /// The problems.
    pub(super) columns: Vec<String>,
    /// For each call, one outcome for each column.
    pub(super) outcomes: Vec<Vec<Outcome>>,
}

pub(super) type Record = study::Record<Plan, Panel>;
