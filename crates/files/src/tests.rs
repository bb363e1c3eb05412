//! What is read, and what is refused.

mod matrix_market;
mod npy;
mod text;
