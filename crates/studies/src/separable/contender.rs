//! The contenders.

use std::time::Instant;

use leastwise_core::{Backend, MatMut};
use leastwise_optim::{Fit, Separable};
use leastwise_peers::varpro::{Decays, minimize};
use serde::{Deserialize, Serialize};

use super::data::Data;
use crate::study::number::Number;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Contender {
    /// `Fit::run_separable`.
    Ours {
        backend: String,
        is_exact: bool,
    },
    Varpro,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct End {
    /// The sum of squares, computed in the same way for every contender.
    pub(super) loss: Number,
    pub(super) is_success: bool,
}

impl Contender {
    pub(super) fn all() -> Vec<Self> {
        let ours = |backend: &str, is_exact| Self::Ours {
            backend: backend.to_owned(),
            is_exact,
        };
        vec![
            ours("faer", false),
            ours("faer", true),
            ours("nalgebra", true),
            Self::Varpro,
        ]
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Ours { backend, is_exact } => {
                let derivatives = if *is_exact { "exact" } else { "differences" };
                format!("leastwise, {backend}, {derivatives}")
            }
            Self::Varpro => "varpro".to_owned(),
        }
    }

    pub(super) fn is_peer(&self) -> bool {
        *self == Self::Varpro
    }

    /// The seconds of a run, and its end. Time includes the statistics, except that `varpro` has none of several sets.
    pub(super) fn run(&self, data: &Data, start: &[f64]) -> anyhow::Result<(f64, End)> {
        let Data {
            times,
            y,
            has_background,
        } = data;
        match self {
            Self::Ours { backend, is_exact } => {
                let backend = leastwise_backends::find::<f64>(backend, 1)?;
                let backend: &dyn Backend<f64> = &*backend;
                let terms = start.len();
                let basis = |t: f64, lifetimes: &[f64], phi: &mut [f64]| {
                    for (phi, tau) in phi.iter_mut().zip(lifetimes) {
                        *phi = (-t / tau).exp();
                    }
                    if let Some(background) = phi.get_mut(terms) {
                        *background = 1.0;
                    }
                };
                let functions = terms + usize::from(*has_background);
                let mut model = Separable::new(terms, functions, basis, times, y)?;
                if *is_exact {
                    model = model.with_derivatives(by_lifetime);
                }
                let begin = Instant::now();
                let fitted = Fit::new(backend).run_separable(&model, start)?;
                let seconds = begin.elapsed().as_secs_f64();
                let (lifetimes, coefficients) = fitted.parameters.split_at(terms);
                let end = End {
                    loss: Number(loss(data, lifetimes, coefficients)),
                    is_success: fitted.is_success(),
                };
                Ok((seconds, end))
            }
            Self::Varpro => {
                let decays = Decays {
                    times,
                    y,
                    has_background: *has_background,
                };
                let run = minimize(decays, start)?;
                let end = End {
                    loss: Number(loss(data, &run.lifetimes, &run.coefficients)),
                    is_success: run.is_success,
                };
                Ok((run.seconds, end))
            }
        }
    }
}

/// ∂exp(−t/τₖ)/∂τₖ.
fn by_lifetime(t: f64, lifetimes: &[f64], mut d: MatMut<'_, f64>) {
    for (k, tau) in lifetimes.iter().enumerate() {
        d[(k, k)] = (-t / tau).exp() * t / (tau * tau);
    }
}

/// It is ∞ without coefficients.
fn loss(data: &Data, lifetimes: &[f64], coefficients: &[f64]) -> f64 {
    let count = lifetimes.len() + usize::from(data.has_background);
    if coefficients.is_empty() {
        return f64::INFINITY;
    }
    let sets = data.y.chunks(data.times.len());
    let mut loss = 0.0;
    for (y, c) in sets.zip(coefficients.chunks(count)) {
        for (&y, &t) in y.iter().zip(&data.times) {
            let decays = lifetimes.iter().zip(c);
            let mut value: f64 = decays.map(|(tau, c)| c * (-t / tau).exp()).sum();
            if data.has_background {
                value += c[count - 1];
            }
            loss += (value - y) * (value - y);
        }
    }
    loss
}
