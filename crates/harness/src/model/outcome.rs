//! The result of one computation.

use serde::{Deserialize, Serialize};

/// The result of one computation. Numbers of both scalar types fit f64 exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// X of a system or C of a product, column by column.
    Matrix {
        rows: usize,
        cols: usize,
        entries: Vec<f64>,
        rank: Option<usize>,
        residual_norms: Option<Vec<f64>>,
        singular_values: Option<Vec<f64>>,
        /// The number of factorisations of the solve.
        factorizations: Option<usize>,
    },
    /// The parameters at the end of a fit.
    Fit {
        parameters: Vec<f64>,
        termination: String,
        solves: usize,
        evaluations: usize,
    },
    /// The error `RankDeficient`, as text.
    Refused(String),
    /// The library has no such method, or has none for this shape.
    Unsupported,
    /// Any other error of the library or its adapter.
    Failed(String),
}
