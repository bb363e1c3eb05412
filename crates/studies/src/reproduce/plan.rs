//! The flags, whose defaults are the published values, and the stored plan.

use std::str::FromStr;

use leastwise_core::Method;
use leastwise_harness::model::ScalarType;
use leastwise_two_factor::{Spectrum, TwoLayerNetSpec};
use serde::{Deserialize, Serialize};

use crate::problem_size::{NetArgs, number, positive};
use crate::study::{number as stored_number, text};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
pub(crate) struct Reproduce {
    #[command(flatten)]
    pub(super) net: NetArgs,
    /// Hidden units of each layer of a deep net, from the input on, comma-separated; "none" means one
    /// matrix [default: WDIM]
    #[arg(long, value_name = "SIZES", conflicts_with = "wdim")]
    pub(super) layers: Option<Layers>,
    /// Standard deviation of the starting weights
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    #[arg(value_parser = |text: &str| number(text, "at least 0", |x| x >= 0.0))]
    pub(super) start_scale: f64,
    /// Draw A with singular values from 1 down to 1/CONDITION instead of the published row scaling
    #[arg(long, allow_negative_numbers = true)]
    #[arg(value_parser = |text: &str| number(text, "at least 1", |x| x >= 1.0))]
    pub(super) condition: Option<f64>,
    /// Step sizes of gradient descent, comma-separated; "none" leaves it out
    #[arg(
        long,
        default_value = "1e-6,1e-5,1e-4,1e-3",
        allow_hyphen_values = true
    )]
    #[arg(value_parser = fixed_steps)]
    pub(super) gd_steps: Steps,
    /// Step sizes of Adam, comma-separated; "none" leaves it out
    #[arg(
        long,
        default_value = "1e-5,1e-4,1e-3,1e-2",
        allow_hyphen_values = true
    )]
    #[arg(value_parser = fixed_steps)]
    pub(super) adam_steps: Steps,
    /// Step sizes of Levenberg-Marquardt, comma-separated; "adaptive" takes full steps and adapts the
    /// damping, "none" leaves it out
    #[arg(long, default_value = "0.05,0.2", allow_hyphen_values = true)]
    pub(super) lm_steps: Steps,
    /// Iterations of gradient descent and Adam
    #[arg(long, default_value_t = 3000)]
    pub(super) first_order_iterations: usize,
    /// Iterations of Levenberg-Marquardt
    #[arg(long, default_value_t = 200)]
    pub(super) lm_iterations: usize,
    /// How the step of Levenberg-Marquardt is computed: dense (the whole Jacobian), kronecker (exact, for two
    /// layers only) or matrix-free (LSMR)
    #[arg(long, value_enum, default_value_t = StepSolverKind::Dense)]
    pub(super) step_solver: StepSolverKind,
    /// The data: reduced to as many samples as inputs, with the same loss, or full as published
    #[arg(long, value_enum, default_value_t = Data::Reduced)]
    pub(super) data: Data,
    /// How the library solves the dense step: svd, complete-orthogonal, qr or cholesky
    #[arg(long, default_value = "svd")]
    #[serde(with = "text")]
    pub(super) method: Method,
    /// Scalar type: f32 or f64
    #[arg(long, default_value = "f64")]
    pub(super) scalar: ScalarType,
    /// Do not draw the figure
    #[arg(long)]
    pub(super) no_figure: bool,
}

impl Reproduce {
    /// Units of each hidden layer, from the input on.
    pub(super) fn hidden(&self) -> Vec<usize> {
        let layers = self.layers.as_ref();
        layers.map_or_else(|| vec![self.net.wdim], |layers| layers.0.clone())
    }

    pub(super) fn spec(&self) -> TwoLayerNetSpec {
        TwoLayerNetSpec {
            wdim: self.hidden().first().copied().unwrap_or(1),
            start_scale: self.start_scale,
            spectrum: self.condition.map_or(Spectrum::RowScaled, |condition| {
                Spectrum::Prescribed { condition }
            }),
            ..self.net.spec()
        }
    }

    /// Whether the run uses the published arithmetic. It has two layers, and no products with the Jacobian.
    pub(super) fn has_published_arithmetic(&self) -> bool {
        self.data == Data::Full
            && self.hidden().len() == 1
            && self.step_solver != StepSolverKind::MatrixFree
    }

    pub(super) fn steps(&self, family: Family) -> &[StepSize] {
        match family {
            Family::GradientDescent => &self.gd_steps.0,
            Family::Adam => &self.adam_steps.0,
            Family::LevenbergMarquardt => &self.lm_steps.0,
        }
    }

    pub(super) fn iterations(&self, family: Family) -> usize {
        match family {
            Family::GradientDescent | Family::Adam => self.first_order_iterations,
            Family::LevenbergMarquardt => self.lm_iterations,
        }
    }

    /// Every run, in the order of the table.
    pub(super) fn runs(&self) -> impl Iterator<Item = (Family, StepSize)> {
        let of_family = |family| self.steps(family).iter().map(move |&step| (family, step));
        Family::ALL.into_iter().flat_map(of_family)
    }
}

/// The flags, and facts that are known before the first run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) flags: Reproduce,
    pub(super) engine: String,
    pub(super) version: String,
    pub(super) threads: usize,
    /// κ₂(A). It is ∞ if A is singular.
    #[serde(with = "stored_number")]
    pub(super) condition: f64,
    /// The number of samples that the optimisers receive.
    pub(super) samples: usize,
}

impl Plan {
    /// `faer/svd`, `faer/kronecker` or `faer/matrix-free`.
    pub(super) fn solver(&self) -> String {
        let solver = match self.flags.step_solver {
            StepSolverKind::Dense => self.flags.method.name(),
            StepSolverKind::Kronecker => "kronecker",
            StepSolverKind::MatrixFree => "matrix-free",
        };
        format!("{}/{solver}", self.engine)
    }
}

/// The optimisers, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Family {
    #[serde(rename = "gd")]
    GradientDescent,
    #[serde(rename = "adam")]
    Adam,
    #[serde(rename = "lm")]
    LevenbergMarquardt,
}

impl Family {
    pub(super) const ALL: [Family; 3] =
        [Self::GradientDescent, Self::Adam, Self::LevenbergMarquardt];

    /// The name in tables and legends.
    pub(super) fn short_name(self) -> &'static str {
        match self {
            Self::GradientDescent => "GD",
            Self::Adam => "Adam",
            Self::LevenbergMarquardt => "LM",
        }
    }
}

/// The length of a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StepSize {
    Fixed(f64),
    /// The full step, with adaptive damping.
    Adaptive,
}

impl StepSize {
    pub(super) fn fixed(self) -> Option<f64> {
        match self {
            Self::Fixed(step) => Some(step),
            Self::Adaptive => None,
        }
    }

    /// The step size, as the published figure shows it.
    pub(super) fn name(self) -> String {
        match self {
            Self::Fixed(step) if step > 0.01 && step < 1000.0 => format!("{step}"),
            Self::Fixed(step) => format!("{step:e}"),
            Self::Adaptive => "adaptive".to_owned(),
        }
    }
}

/// The step sizes of a flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Steps(pub(super) Vec<StepSize>);

impl FromStr for Steps {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        let list = list.trim();
        if list.is_empty() || list == "none" {
            return Ok(Self(Vec::new()));
        }
        let step = |item: &str| match item.trim() {
            "adaptive" => Ok(StepSize::Adaptive),
            item => number(item, "positive", |x| x > 0.0).map(StepSize::Fixed),
        };
        list.split(',')
            .map(step)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn fixed_steps(list: &str) -> Result<Steps, String> {
    let steps: Steps = list.parse()?;
    if steps.0.contains(&StepSize::Adaptive) {
        return Err("only the damping of Levenberg-Marquardt can be adaptive".to_owned());
    }
    Ok(steps)
}

/// The hidden layers of a flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Layers(Vec<usize>);

impl FromStr for Layers {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        if list.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        let sizes = list.split(',').map(|item| positive(item.trim()));
        sizes.collect::<Result<_, _>>().map(Self)
    }
}

/// How a step of Levenberg-Marquardt is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub(super) enum StepSolverKind {
    Dense,
    Kronecker,
    MatrixFree,
}

/// The data that the optimisers receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub(super) enum Data {
    Reduced,
    Full,
}
