#![doc = include_str!("../README.md")]

pub mod blocks;
pub mod check;
mod compose;
mod condition;
mod engine;
mod error;
pub mod factor;
mod lstsq;
mod mat;
mod matmul;
pub mod norm;
mod products;
mod scalar;
mod scaling;
mod stack;
pub mod verify;
mod view;
mod workspace;

pub use condition::is_well_conditioned;
pub use engine::{Backend, Engine, EngineInfo};
pub use error::{Error, Result};
pub use factor::{Eigen, Factorizations, Svd};
pub use lstsq::{LeastSquares, LstsqOptions, Method, ParseMethodError, Solution};
pub use mat::Mat;
pub use matmul::MatMul;
pub use scalar::Scalar;
pub use stack::Stack;
pub use view::{MatMut, MatRef};
pub use workspace::Workspace;
