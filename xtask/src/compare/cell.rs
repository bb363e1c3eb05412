//! A cell of the comparison: one backend, one method, one case, one scalar type.

use leastwise_core::Method;

use super::measure::quartiles;

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Lstsq,
    Matmul,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lstsq => "lstsq",
            Self::Matmul => "matmul",
        }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Status {
    /// Verified.
    Ok,
    /// The method cannot solve the case and says so, as it must.
    Refused(String),
    /// The library has no such method.
    Unsupported,
    /// The answer is wrong, or there is none where there should be.
    Rejected(String),
}

impl Status {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused(_) => "refused",
            Self::Unsupported => "unsupported",
            Self::Rejected(_) => "rejected",
        }
    }

    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused(reason) | Self::Rejected(reason) => Some(reason),
            Self::Ok | Self::Unsupported => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) operation: Operation,
    pub(super) case: String,
    pub(super) scalar: &'static str,
    pub(super) backend: &'static str,
    /// The libraries that do the work.
    pub(super) engine: &'static str,
    pub(super) method: Option<Method>,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) status: Status,
    pub(super) rank: Option<usize>,
    /// In units of ‖A‖_F·u for least squares, of k·u·|A||B| for products.
    pub(super) backward_error_u: Option<f64>,
    pub(super) forward_error: Option<f64>,
    pub(super) min_norm_excess: Option<f64>,
    /// The largest relative difference from the solution of another cell of the case.
    pub(super) disagreement: Option<f64>,
    /// Empty if the cell was not timed.
    pub(super) samples_ns: Vec<f64>,
}

impl Cell {
    /// `faer/svd`
    pub(super) fn contender(&self) -> String {
        match self.method {
            Some(method) => format!("{}/{method}", self.engine),
            None => self.engine.to_owned(),
        }
    }

    pub(super) fn quartiles_ns(&self) -> Option<[f64; 3]> {
        (!self.samples_ns.is_empty()).then(|| quartiles(&self.samples_ns))
    }
}
