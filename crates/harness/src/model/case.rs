//! The cases, as data.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A case, as it is sent to a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) problem: Problem,
    /// n, if the case belongs to a sweep over n×n.
    pub(crate) size: Option<usize>,
}

/// The origin of the numbers. All are drawn in f64 and rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Problem {
    /// J·δ ≈ −r at the start of the published experiment.
    LmSolve,
    /// Standard normal A and b.
    Normal { rows: usize, cols: usize },
    /// Singular values from 1 to 1/κ, evenly spaced on a logarithmic scale. [`condition`] gives κ.
    IllConditioned { rows: usize, cols: usize },
    /// Singular values of 1, followed by zeros.
    RankDeficient {
        rows: usize,
        cols: usize,
        rank: usize,
    },
    /// A m×k times B k×n, standard normal.
    Product { m: usize, k: usize, n: usize },
    /// The published experiment by Levenberg-Marquardt, until the loss is 1e-20.
    LmFit(NetSize),
    /// A user's own system.
    File {
        a: PathBuf,
        b: Option<PathBuf>,
        tables: TableFlags,
    },
}

/// The sizes of the net of the experiment: n inputs, k hidden units, m outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NetSize {
    /// The number of inputs, n.
    pub(crate) inputs: usize,
    /// The number of hidden units, k.
    pub(crate) hidden: usize,
    /// The number of outputs, m.
    pub(crate) outputs: usize,
    /// The number of points to which the net is fitted.
    pub(crate) samples: usize,
}

/// How tables of text are read. Each flag takes one value for both files, or one for A and one for B.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
pub(crate) struct TableFlags {
    /// Whether the first line of a table holds names: yes, no or auto; "yes,no" for A and B
    #[arg(long, value_name = "YES|NO", requires = "a")]
    pub(crate) header: Option<String>,
    /// Whether the first column of a table names or numbers the rows: yes, no or auto
    #[arg(long, value_name = "YES|NO", requires = "a")]
    pub(crate) index_column: Option<String>,
    /// What separates the entries of a table: comma, semicolon, tab, pipe, blank or auto
    #[arg(long, value_name = "NAME", requires = "a")]
    pub(crate) delimiter: Option<String>,
    /// The decimal mark of a table: point, comma or auto
    #[arg(long, value_name = "NAME", requires = "a")]
    pub(crate) decimal: Option<String>,
}
