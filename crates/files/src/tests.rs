//! The input that is read, and the input that is refused.

mod matrix_market;
mod npy;
mod text;
