//! The result of one computation.

use serde::{Deserialize, Serialize};

/// The result of one computation. Numbers of either type fit f64 exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// X of a system or C of a product, column after column.
    Matrix {
        rows: usize,
        cols: usize,
        entries: Vec<f64>,
        rank: Option<usize>,
        residual_norms: Option<Vec<f64>>,
        singular_values: Option<Vec<f64>>,
        /// How many the solve took.
        factorizations: Option<usize>,
    },
    /// The parameters at the end of a fit.
    Fit {
        parameters: Vec<f64>,
        termination: String,
        solves: usize,
        evaluations: usize,
    },
    /// `RankDeficient`
    Refused(String),
    /// The library has no such method, or none for this shape.
    Unsupported,
    /// Another error of the library or its adapter.
    Failed(String),
}
