//! What every model provides.

use std::fmt::Debug;

use crate::data::{Data, Domain};

/// A model f(x, p) with exact derivatives, which finds its own start.
pub(crate) trait Family: Debug + Send + Sync {
    /// The name on a command line.
    fn name(&self) -> String;

    /// The right-hand side, as a person types it.
    fn formula(&self) -> String;

    /// The names of the parameters.
    fn parameters(&self) -> Vec<String>;

    fn domain(&self) -> Domain {
        Domain::Real
    }

    /// The places of parameters that are limited, with their bounds.
    fn bounds(&self) -> Vec<(usize, f64, f64)> {
        Vec::new()
    }

    /// Writes ∂f/∂p to all entries of `gradient`, and returns f(x, p).
    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64;

    /// f(x, p).
    fn value(&self, x: f64, p: &[f64]) -> f64;

    /// The parameters at which a fit starts. There is none if no candidate has finite values.
    fn guess(&self, data: &Data) -> Option<Vec<f64>>;
}
