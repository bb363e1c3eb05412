#![doc = include_str!("../README.md")]

pub mod argmin;
pub mod basin;
#[cfg(test)]
mod check;
pub mod levenberg_marquardt;
pub mod rmpfit;
mod shared;
pub mod varpro;

use leastwise_optim::LeastSquaresProblem;

/// The task of a peer: minimise ‖r(x)‖² from `start`.
///
/// Every function `minimize` returns [`Error::Shape`](leastwise_core::Error::Shape) if `start` does not have one entry
/// per parameter, [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless the tolerance is positive
/// and finite, and the errors of the problem.
#[derive(Clone, Copy)]
pub struct Task<'p> {
    /// The problem.
    pub problem: &'p dyn LeastSquaresProblem<f64>,
    /// The start.
    pub start: &'p [f64],
    /// The run ends after this number of residuals.
    pub max_evaluations: usize,
    /// The tolerance, in place of the defaults of the peer. Each peer documents its meaning.
    pub tolerance: Option<f64>,
}

/// The result of a run of a peer.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerRun {
    /// The number of residuals that were evaluated, including the one at the start.
    pub evaluations: usize,
    /// The number of Jacobians that were evaluated.
    pub jacobians: usize,
    /// The wall time of the whole run.
    pub seconds: f64,
    /// ‖r‖² plus the constant of the problem, at `parameters`.
    pub loss: f64,
    /// The point at which the run ended.
    pub parameters: Vec<f64>,
    /// The reason in the words of the peer, unless the budget ended the run.
    pub termination: String,
    /// Whether the peer reports success.
    pub is_success: bool,
}
