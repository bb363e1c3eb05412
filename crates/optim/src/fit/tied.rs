//! The result of a fit whose parameters are tied, from that of the untied ones.

use leastwise_core::{Mat, Result, Scalar};

use super::{Fitted, ParameterState, Parameters};
use crate::check;
use crate::ties::Ties;

impl<T: Scalar> Fitted<T> {
    /// The ties, if there are any, and the fit of the untied parameters.
    ///
    /// # Errors
    /// A fit that was stored has no ties, because they are functions.
    pub(super) fn ties(&self, operation: &'static str) -> Result<Option<(Ties<T>, &Self)>> {
        let Some(untied) = &self.untied else {
            return Ok(None);
        };
        let Some((ties, _)) = self.given.split() else {
            let detail =
                "must have the functions of its tied parameters, which are not stored: fit again";
            return Err(check::invalid(operation, "fitted", detail.to_owned()));
        };
        Ok(Some((ties, untied)))
    }

    /// The fit of all parameters, from this one of the untied ones.
    pub(super) fn with_ties(self, ties: &Ties<T>, mut given: Parameters<T>) -> Self {
        let untied = ties.untied();
        let n = ties.parameters();
        let mut parameters = Vec::with_capacity(n);
        ties.expand(&self.parameters, &mut parameters);
        let mut states = vec![ParameterState::Tied; n];
        for (&j, &state) in untied.iter().zip(&self.states) {
            states[j] = state;
        }
        let slopes = ties.derivatives(&self.parameters);
        let tied: Vec<usize> = ties.tied().collect();
        let covariance = self.covariance.with_tied(untied, &tied, &slopes);
        let jacobian = self.jacobian.as_ref().map(|jacobian| {
            let mut all = Mat::zeros(jacobian.rows(), n);
            for (k, &j) in untied.iter().enumerate() {
                all.col_mut(j).copy_from_slice(jacobian.col(k));
            }
            all
        });
        Self {
            names: given.take_names(),
            parameters,
            states,
            covariance,
            jacobian,
            given,
            untied: Some(Box::new(self.clone())),
            ..self
        }
    }
}
