//! The methods of least squares, and their names.

use std::fmt;
use std::str::FromStr;

/// How a least-squares problem is solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Singular value decomposition. For a tall or wide matrix, it decomposes the triangular QR
    /// factor. It gives minimum norm for every rank, and the most reliable rank.
    Svd,
    /// Complete orthogonal decomposition: column-pivoted QR, then QR of the transposed leading
    /// rows. It gives minimum norm for every rank.
    CompleteOrthogonal,
    /// Householder QR without pivoting. It refuses a rank-deficient matrix.
    Qr,
    /// Cholesky factorisation of AᵀA or, for a wide matrix, AAᵀ. It squares the condition number.
    /// It refuses from κ₂(A) ≈ 1/√(max(m, n)·ε) on. Its errors grow with κ², and those of the other
    /// methods grow with κ.
    Cholesky,
}

impl Method {
    /// Every method, in the order of the tables.
    pub const ALL: [Method; 4] = [
        Method::Svd,
        Method::CompleteOrthogonal,
        Method::Qr,
        Method::Cholesky,
    ];

    /// The name by which a user chooses the method.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Svd => "svd",
            Method::CompleteOrthogonal => "complete-orthogonal",
            Method::Qr => "qr",
            Method::Cholesky => "cholesky",
        }
    }

    /// Whether the method returns the minimum-norm solution of a rank-deficient problem. A method
    /// that does not return it refuses the problem.
    #[must_use]
    pub fn handles_rank_deficiency(self) -> bool {
        matches!(self, Method::Svd | Method::CompleteOrthogonal)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is not the [`Method::name`] of any method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown method {0:?}; the methods are {known}", known = Method::ALL.map(Method::name).join(", "))]
pub struct ParseMethodError(String);

impl FromStr for Method {
    type Err = ParseMethodError;

    fn from_str(name: &str) -> std::result::Result<Self, Self::Err> {
        Method::ALL
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| ParseMethodError(name.to_owned()))
    }
}
