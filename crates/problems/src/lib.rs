#![doc = include_str!("../README.md")]

mod random;
mod two_layer_net;
mod vector;

pub use two_layer_net::{Spectrum, TwoLayerNet, TwoLayerNetInstance, TwoLayerNetSpec};
