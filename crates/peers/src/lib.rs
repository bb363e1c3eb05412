//! Peers: optimisers of other crates on the problems of this workspace.
//!
//! A peer runs its own algorithm from start to end, so its iterations are not those of Leastwise:
//! what a run costs and where it ends can be compared, step by step it cannot.

pub mod argmin;
pub mod basin;
#[cfg(test)]
mod check;
pub mod levenberg_marquardt;
pub mod rmpfit;
mod shared;

/// What a run of a peer did.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerRun {
    /// Residuals that were evaluated, the one at the start included.
    pub evaluations: usize,
    /// Jacobians that were evaluated.
    pub jacobians: usize,
    /// Wall time of the whole run.
    pub seconds: f64,
    /// ‖r‖² and the problem's constant at `parameters`.
    pub loss: f64,
    /// Where the run ended.
    pub parameters: Vec<f64>,
    /// Why, in the peer's own words, but for a budget that ended it.
    pub termination: String,
    /// Whether the peer takes that for success.
    pub is_success: bool,
}
