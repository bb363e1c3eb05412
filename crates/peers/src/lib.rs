//! Peers: optimisers of other crates, run on the problems of this workspace.
//!
//! A peer runs its own algorithm from start to end, so its iterations differ from those of Leastwise. The
//! cost and the result of a run can be compared, but not single steps.

pub mod argmin;
pub mod basin;
#[cfg(test)]
mod check;
pub mod levenberg_marquardt;
pub mod rmpfit;
mod shared;

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
