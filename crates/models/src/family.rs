//! What every model provides.

use std::fmt::Debug;

use crate::data::{Data, Domain};
use crate::projection::Coefficient;

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

    /// The parameters at which a fit starts: the best ones within the limits and beside those that are held. There is none if
    /// no candidate has finite values.
    fn guess(&self, data: &Data, known: &Known) -> Option<Vec<f64>>;
}

/// What is known about the parameters of a model.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The values of those that are held.
    pub(crate) held: Vec<Option<f64>>,
    /// The smallest and the largest value of each.
    pub(crate) limits: Vec<(f64, f64)>,
}

impl Known {
    /// What is known about the coefficient of a function, which is a parameter times a positive factor.
    pub(crate) fn coefficient(&self, parameter: usize, factor: f64) -> Coefficient {
        let (low, high) = self.limits[parameter];
        Coefficient {
            held: self.held[parameter].map(|value| value * factor),
            limits: (low * factor, high * factor),
        }
    }

    /// The value that a parameter has if this one is tried: the one that is held, or the nearest one within the limits.
    pub(crate) fn nearest(&self, parameter: usize, value: f64) -> f64 {
        let (low, high) = self.limits[parameter];
        self.held[parameter].unwrap_or(value.max(low).min(high))
    }
}
