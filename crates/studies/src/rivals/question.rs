//! The questions, and the cases of each.

use std::str::FromStr;

use leastwise_two_factor::{Spectrum, TwoLayerNetSpec};
use serde::{Deserialize, Serialize};

/// The number of steps of the comparison by steps.
pub(super) const STEPS: usize = 100;

/// The questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Question {
    /// What is the effect of the size of the starting weights?
    Scale,
    /// Which method is fastest if each is tuned?
    Tuning,
    /// What is the effect of κ₂(A)?
    Condition,
    /// What happens if no loss of zero exists?
    Noise,
}

impl Question {
    pub(super) const ALL: [Question; 4] = [Self::Scale, Self::Tuning, Self::Condition, Self::Noise];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Scale => "scale",
            Self::Tuning => "tuning",
            Self::Condition => "condition",
            Self::Noise => "noise",
        }
    }

    /// The loss, above the optimum and relative to ‖Y‖², at which a run ends.
    pub(super) fn goal(self) -> Option<f64> {
        match self {
            Self::Scale | Self::Tuning => Some(1e-20),
            // The remainder of small singular values, and the rounding floor, only show later.
            Self::Condition | Self::Noise => None,
        }
    }

    /// The loss at which the runs for the tuning end.
    pub(super) fn tuning_goal(self) -> f64 {
        match self {
            Self::Scale | Self::Tuning | Self::Noise => 1e-20,
            Self::Condition => 1e-24,
        }
    }

    /// The smallest number of steps of a compared run.
    pub(super) fn steps(self) -> usize {
        match self {
            Self::Scale | Self::Tuning => 0,
            Self::Condition | Self::Noise => STEPS,
        }
    }

    pub(super) fn cases(self, spec: TwoLayerNetSpec) -> Vec<Case> {
        let realisable = |label: String, spec| Case {
            label,
            spec,
            noise: 0.0,
        };
        match self {
            Self::Scale => [0.01, 0.1, 0.3, 1.0, 3.0]
                .into_iter()
                .map(|start_scale| {
                    let spec = TwoLayerNetSpec {
                        start_scale,
                        ..spec
                    };
                    realisable(format!("{start_scale}"), spec)
                })
                .collect(),
            Self::Tuning => vec![realisable("as published".to_owned(), spec)],
            Self::Condition => [1e1, 1e5, 1e10]
                .into_iter()
                .map(|condition| {
                    let spectrum = Spectrum::Prescribed { condition };
                    let spec = TwoLayerNetSpec { spectrum, ..spec };
                    realisable(format!("{condition:.0e}"), spec)
                })
                .collect(),
            Self::Noise => noise_cases(spec),
        }
    }
}

/// Two sizes of noise, and a net with fewer hidden units than the rank of A if the rank allows it.
fn noise_cases(spec: TwoLayerNetSpec) -> Vec<Case> {
    let mut cases: Vec<_> = [1e-6, 1e-2]
        .into_iter()
        .map(|noise| Case {
            label: format!("σ = {noise:.0e}"),
            spec,
            noise,
        })
        .collect();
    let rank = spec.xdim.min(spec.ydim);
    if rank > 1 {
        let wdim = spec.wdim.min(rank / 2);
        cases.push(Case {
            label: format!("k = {wdim} of {rank}"),
            spec: TwoLayerNetSpec { wdim, ..spec },
            noise: 0.0,
        });
    }
    cases
}

impl FromStr for Question {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|question| question.name() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name).join(", ");
                format!("must be among {known}, but it has {name:?}")
            })
    }
}

/// A family of problems. A seed draws one of them.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) label: String,
    pub(super) spec: TwoLayerNetSpec,
    /// σ in Y = A·X + σ·N with N standard normal.
    pub(super) noise: f64,
}
