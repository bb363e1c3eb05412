#![doc = include_str!("../README.md")]

mod adam;
#[cfg(feature = "autodiff")]
mod autodiff;
mod bounds;
mod caught;
mod driver;
mod fit;
mod forward;
mod gradient_descent;
pub mod levenberg_marquardt;
mod numeric;
mod observer;
mod power;
mod problem;
pub mod ranks;
mod report;
mod scratch;
mod tall;
mod ties;
mod wrappers;

use leastwise_core::check;

pub use adam::Adam;
#[cfg(feature = "autodiff")]
pub use autodiff::{AutoDiff, DifferentiableResidual, Number};
pub use bounds::Bounds;
pub use driver::{Budget, Evaluation, Optimizer, Progress, minimize};
pub use fit::{
    Cancellation, Covariance, Curve, FTest, Fit, Fitted, FittedMany, Many, Minima, Minimum,
    ParameterState, Parameters, Prediction, Profile, ProfilePoint, RankedFit, Resume, Separable,
    Sigma, Starts, ThreadedFit, covariance, f_test, fit, fit_with_sigmas,
};
pub use gradient_descent::GradientDescent;
pub use levenberg_marquardt::LevenbergMarquardt;
pub use numeric::{
    ClosureResidual, FiniteDifferences, JacobianCheck, JacobianEntry, ResidualFunction, Suspicion,
    WithoutJacobian, check_jacobian,
};
pub use observer::{History, Observer, Record};
pub use problem::{JacobianProducts, LeastSquaresProblem, Objective};
pub use report::{Counts, Quantity, Report, Termination};
pub use tall::{Pilot, RowFunction, RowProblem, Rows, Steps};
pub use ties::Ties;
pub use wrappers::{
    Bounded, Correlated, FixedParameters, Robust, RobustLoss, Weighted, robust_scale,
};
