#![doc = include_str!("../README.md")]

mod adam;
mod bounds;
mod check;
mod driver;
mod fit;
mod gradient_descent;
pub mod levenberg_marquardt;
mod numeric;
mod observer;
mod problem;
mod reduction;
mod report;
mod scaled_gradient_descent;

pub use adam::Adam;
pub use bounds::Bounds;
pub use driver::{Budget, Evaluation, Optimizer, Progress, minimize};
pub use fit::{
    Cancellation, Covariance, Curve, Fit, Fitted, ParameterState, Sigma, covariance, fit,
};
pub use gradient_descent::GradientDescent;
pub use levenberg_marquardt::LevenbergMarquardt;
pub use numeric::{
    FiniteDifferences, JacobianCheck, JacobianEntry, Residual, ResidualFunction, ResidualOf,
    Suspicion, check_jacobian,
};
pub use observer::{History, Observer, Record};
pub use problem::{JacobianProducts, LeastSquaresProblem, Objective, TwoFactorProblem};
pub use reduction::{Reduced, Reduction, reduce, reduce_batches};
pub use report::{Counts, Quantity, Report, Termination};
pub use scaled_gradient_descent::ScaledGradientDescent;
