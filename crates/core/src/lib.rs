#![doc = include_str!("../README.md")]

mod backend;
pub mod blocks;
pub mod check;
mod compose;
mod condition;
mod engine;
mod error;
pub mod factor;
mod factors;
pub mod jacobi;
mod layout;
mod lstsq;
mod mat;
mod matmul;
mod method;
pub mod norm;
#[cfg(feature = "serde")]
pub mod numbers;
mod perturb;
mod power;
mod products;
mod scalar;
mod scaling;
mod solution;
mod stack;
pub mod verify;
mod view;
mod workspace;

pub use backend::Backend;
pub use condition::is_well_conditioned;
pub use engine::{Engine, EngineInfo};
pub use error::{Error, Result};
pub use factor::Factorizations;
pub use factors::{Eigen, Svd};
pub use lstsq::{LeastSquares, LstsqOptions};
pub use mat::Mat;
pub use matmul::MatMul;
pub use method::{Method, ParseMethodError};
pub use scalar::Scalar;
pub use solution::Solution;
pub use stack::Stack;
pub use view::{MatMut, MatRef};
pub use workspace::Workspace;
