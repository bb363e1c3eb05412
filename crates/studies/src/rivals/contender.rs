//! The methods, each with one setting.

use std::fmt;

use leastwise_core::{Backend, Result};
use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, FixedStep};
use leastwise_optim::{
    Adam, Budget, GradientDescent, LevenbergMarquardt, Observer, Optimizer, Report, minimize,
};
use leastwise_two_factor::{Kronecker, ScaledGradientDescent, TwoLayerNet};
use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// λ is this factor times about ‖W₁·W₂ − A‖_F. The factor was chosen among powers of ten, on draws that are not used
/// for the comparison. With 0.1, the method is slower from scales 1 and 3, and faster below. With 0.001, it is slower
/// nearly everywhere.
const RESIDUAL_DAMPING: f64 = 0.01;

/// The methods, in the order of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rival {
    GradientDescent,
    Adam,
    /// Scaled gradient descent with λ = 0.
    ScaledGradientDescent,
    /// Scaled gradient descent with λ in proportion to the distance from the solution.
    DampedScaledGradientDescent,
    /// The undamped Gauss-Newton step, times a fixed factor.
    FixedStep,
    AdaptiveDamping,
}

impl Rival {
    pub(super) const ALL: [Rival; 6] = [
        Self::GradientDescent,
        Self::Adam,
        Self::ScaledGradientDescent,
        Self::DampedScaledGradientDescent,
        Self::FixedStep,
        Self::AdaptiveDamping,
    ];

    pub(super) const FIRST_ORDER: [Rival; 4] = [
        Self::GradientDescent,
        Self::Adam,
        Self::ScaledGradientDescent,
        Self::DampedScaledGradientDescent,
    ];

    /// The name in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GradientDescent => "GD",
            Self::Adam => "Adam",
            Self::ScaledGradientDescent => "ScaledGD",
            Self::DampedScaledGradientDescent => "ScaledGD λ",
            Self::FixedStep => "LM fixed",
            Self::AdaptiveDamping => "LM adaptive",
        }
    }

    /// The unit of the setting. With it, one grid of multiples suits every method, because a step along a
    /// gradient is inversely proportional to X·Xᵀ.
    pub(super) fn unit(self, problem: &Problem) -> f64 {
        match self {
            Self::GradientDescent
            | Self::ScaledGradientDescent
            | Self::DampedScaledGradientDescent => problem.input_power.recip(),
            Self::Adam | Self::FixedStep | Self::AdaptiveDamping => 1.0,
        }
    }
}

/// A method and its setting. The setting is the step size, or the relative λ at the start for adaptive damping.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Contender {
    pub(super) rival: Rival,
    pub(super) setting: f64,
}

impl Contender {
    /// Contenders that need no tuning: the fixed steps of the published experiment and of Gauss-Newton, and
    /// the default of adaptive damping.
    pub(super) fn untuned() -> [Contender; 3] {
        [
            (Rival::FixedStep, 0.2),
            (Rival::FixedStep, 1.0),
            (Rival::AdaptiveDamping, 1e-3),
        ]
        .map(|(rival, setting)| Contender { rival, setting })
    }

    pub(super) fn minimize(
        self,
        problem: &Problem,
        backend: &dyn Backend<f64>,
        budget: &Budget<f64>,
        observers: &mut [&mut dyn Observer<f64>],
    ) -> Result<Report<f64>> {
        let setting = self.setting;
        let mut optimizer: Box<dyn Optimizer<f64, TwoLayerNet<f64>> + '_> = match self.rival {
            Rival::GradientDescent => Box::new(GradientDescent::new(setting)?),
            Rival::Adam => Box::new(Adam::new(setting)?),
            Rival::ScaledGradientDescent => {
                Box::new(ScaledGradientDescent::new(backend, setting)?.with_input_metric())
            }
            Rival::DampedScaledGradientDescent => Box::new(
                ScaledGradientDescent::new(backend, setting)?
                    .with_residual_damping(RESIDUAL_DAMPING)?
                    .with_input_metric(),
            ),
            Rival::FixedStep => {
                let control = FixedStep::new(setting)?;
                Box::new(LevenbergMarquardt::new(control, Kronecker::new(backend)))
            }
            Rival::AdaptiveDamping => {
                let control = AdaptiveDamping::new().with_start(setting)?;
                Box::new(LevenbergMarquardt::new(control, Kronecker::new(backend)))
            }
        };
        minimize(
            &mut *optimizer,
            &problem.net,
            &problem.start,
            budget,
            observers,
        )
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rival {
            Rival::FixedStep => f.pad(&format!("LM step {:.2}", self.setting)),
            rival => f.pad(rival.name()),
        }
    }
}
