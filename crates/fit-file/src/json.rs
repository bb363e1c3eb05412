//! The result as JSON.

use leastwise_optim::{Fitted, ParameterState, Sigma};
use serde_json::{Value, json};

use crate::outcome::Outcome;

const LEVEL: f64 = 0.95;

impl Outcome {
    /// The result as JSON. A number that is not finite is null.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let fitted = &self.fitted;
        // The level is a valid constant.
        let intervals = fitted.confidence_intervals(LEVEL).unwrap_or_default();
        let parameters = (0..fitted.parameters.len()).map(|j| {
            let (low, high) = intervals.get(j).copied().unwrap_or((f64::NAN, f64::NAN));
            json!({
                "name": fitted.names[j],
                "start": self.start[j],
                "estimate": fitted.parameters[j],
                "standard_error": fitted.standard_errors()[j],
                "interval": [low, high],
                "state": state(fitted.states[j]),
            })
        });
        json!({
            "read": self.how,
            "equation": self.equation(),
            "converged": fitted.is_success(),
            "termination": fitted.termination.to_string(),
            "parameters": parameters.collect::<Vec<_>>(),
            "level": LEVEL,
            "observations": fitted.observations,
            "degrees_of_freedom": fitted.degrees_of_freedom,
            "loss": fitted.loss,
            "residual_standard_error": fitted.residual_standard_error(),
            "sigma": match fitted.sigma {
                Sigma::Relative => "relative",
                Sigma::Absolute => "absolute",
            },
            "robust_loss": fitted.robust_loss.map(|loss| loss.to_string()),
            "covariance": matrix(fitted, |i, j| fitted.covariance_matrix()[(i, j)]),
            "correlation": matrix(fitted, |i, j| fitted.correlation()[(i, j)]),
            "steps": fitted.steps,
            "values": self.values,
            "residuals": fitted.residuals,
        })
    }
}

fn state(state: ParameterState) -> &'static str {
    match state {
        ParameterState::Fixed => "fixed",
        ParameterState::AtLowerBound => "at its lower bound",
        ParameterState::AtUpperBound => "at its upper bound",
        ParameterState::Tied => "tied",
        _ => "free",
    }
}

fn matrix(fitted: &Fitted<f64>, entry: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    let n = fitted.parameters.len();
    let row = |i: usize| (0..n).map(|j| entry(i, j)).collect();
    (0..n).map(row).collect()
}
