#![doc = include_str!("../README.md")]

mod data;
mod dose;
mod exponentials;
mod family;
mod grid;
mod model;
mod peak;
mod power;
mod projection;
mod search;
mod sigmoid;
mod spectrum;
mod wave;

pub use model::Model;
pub use search::Search;
