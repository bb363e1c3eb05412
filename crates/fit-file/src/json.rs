//! The result as JSON.

use leastwise_optim::{Fitted, Minima, ParameterState, Profile, Sigma};
use serde_json::{Value, json};

use crate::outcome::Outcome;

impl Outcome {
    /// The result as JSON. A number that is not finite is null.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let fitted = &self.fitted;
        // The level was checked.
        let intervals = fitted.confidence_intervals(self.level).unwrap_or_default();
        let profiles = self.profiles();
        let parameters = (0..fitted.parameters.len()).map(|j| {
            let (low, high) = intervals.get(j).copied().unwrap_or((f64::NAN, f64::NAN));
            let mut parameter = json!({
                "name": fitted.names[j],
                "start": self.start[j],
                "estimate": fitted.parameters[j],
                "standard_error": fitted.standard_errors()[j],
                "interval": [low, high],
                "state": state(fitted.states[j]),
            });
            if let Some(follower) = &self.chosen.followers[j] {
                parameter["tie"] = json!(follower.text);
            }
            if let Some((_, found)) = profiles.iter().find(|(place, _)| *place == j) {
                parameter["profile"] = profile(found);
            }
            parameter
        });
        let mut all = json!({
            "read": self.how,
            "equation": self.equation(),
            "converged": fitted.is_success(),
            "termination": fitted.termination.to_string(),
            "parameters": parameters.collect::<Vec<_>>(),
            "level": self.level,
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
        });
        // Across ranks, no process has all of them.
        if !self.values.is_empty() {
            all["values"] = json!(self.values);
            all["residuals"] = json!(fitted.residuals);
        }
        if let Some(found) = &fitted.minima {
            all["starts"] = minima(found);
        }
        all
    }
}

/// An end of an open interval is null.
fn profile(profile: &Result<Profile<f64>, String>) -> Value {
    match profile {
        Ok(profile) => {
            let points = profile.points.iter();
            json!({
                "interval": [profile.lower, profile.upper],
                "differs": profile.differs(),
                "points": points.map(|point| [point.value, point.tau]).collect::<Vec<_>>(),
            })
        }
        Err(reason) => json!({ "none": reason }),
    }
}

fn minima(found: &Minima<f64>) -> Value {
    let minima = found.minima.iter().map(|minimum| {
        json!({
            "starts": minimum.starts,
            "loss": minimum.root_of_loss * minimum.root_of_loss,
            "parameters": minimum.parameters,
        })
    });
    json!({
        "count": found.starts,
        "minima": minima.collect::<Vec<_>>(),
        "of_this_fit": found.of_this_fit,
        "unconverged": found.unconverged,
        "failed": found.failed,
    })
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
