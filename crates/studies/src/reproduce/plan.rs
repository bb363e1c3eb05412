//! What is run.

use std::path::PathBuf;

use leastwise_core::Method;
use leastwise_harness::model::ScalarType;
use leastwise_two_factor::TwoLayerNetSpec;

/// The optimisers, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    GradientDescent,
    Adam,
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

    /// The name in `reproduce.json`.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::GradientDescent => "gd",
            Self::Adam => "adam",
            Self::LevenbergMarquardt => "lm",
        }
    }
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StepSize {
    Fixed(f64),
    /// The whole step, with damping that adapts itself.
    Adaptive,
}

impl StepSize {
    pub(super) fn fixed(self) -> Option<f64> {
        match self {
            Self::Fixed(step) => Some(step),
            Self::Adaptive => None,
        }
    }

    /// As the published figure spells it.
    pub(super) fn name(self) -> String {
        match self {
            Self::Fixed(step) if step > 0.01 && step < 1000.0 => format!("{step}"),
            Self::Fixed(step) => format!("{step:e}"),
            Self::Adaptive => "adaptive".to_owned(),
        }
    }
}

/// How a step of Levenberg-Marquardt is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StepSolverKind {
    Dense,
    Kronecker,
    MatrixFree,
}

impl StepSolverKind {
    /// The name of the flag's value.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Kronecker => "kronecker",
            Self::MatrixFree => "matrix-free",
        }
    }
}

/// What the optimisers are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Data {
    Reduced,
    Full,
}

/// The flags, checked as far as they can be without a backend.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) spec: TwoLayerNetSpec,
    /// Units of each hidden layer, from the input on.
    pub(super) hidden: Vec<usize>,
    pub(super) step_solver: StepSolverKind,
    pub(super) data: Data,
    pub(super) gd_steps: Vec<StepSize>,
    pub(super) adam_steps: Vec<StepSize>,
    pub(super) lm_steps: Vec<StepSize>,
    pub(super) first_order_iterations: usize,
    pub(super) lm_iterations: usize,
    pub(super) backend: String,
    pub(super) method: Method,
    pub(super) threads: usize,
    pub(super) scalar: ScalarType,
    pub(super) out: PathBuf,
    pub(super) figure: bool,
}

impl Plan {
    /// The published arithmetic, which has no products with the Jacobian and no other depth.
    pub(super) fn has_published_arithmetic(&self) -> bool {
        self.data == Data::Full
            && self.hidden.len() == 1
            && self.step_solver != StepSolverKind::MatrixFree
    }
}
