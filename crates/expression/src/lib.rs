#![doc = include_str!("../README.md")]

mod expression;
mod function;
mod grammar;
mod mistake;
mod operator;
mod program;
mod token;
mod tree;

pub use expression::Expression;
pub use mistake::Mistake;
pub use program::Program;
