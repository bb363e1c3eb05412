//! The cases as data.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A case, as a worker is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) problem: Problem,
    /// n, if the case is one of a sweep over n×n.
    pub(crate) size: Option<usize>,
}

/// Where the numbers come from. All are drawn in f64 and rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Problem {
    /// J·δ ≈ −r at the start of the published experiment.
    LmSolve,
    /// Standard normal A and b.
    Normal { rows: usize, cols: usize },
    /// Singular values from 1 to 1/κ, evenly on a logarithmic scale; κ of [`condition`].
    IllConditioned { rows: usize, cols: usize },
    /// Singular values of 1, and then zeros.
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

/// The sizes of the experiment's net: n inputs, k hidden units, m outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NetSize {
    /// n
    pub(crate) inputs: usize,
    /// k
    pub(crate) hidden: usize,
    /// m
    pub(crate) outputs: usize,
    /// Points that the net is fitted to.
    pub(crate) samples: usize,
}

/// How tables of text are read. Each flag takes one value for both files, or two, for A and for B.
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
