//! The commands of Leastwise: `cargo xtask reproduce`.
//!
//! Exit codes: 0, 1 where a check or a run failed, 2 for a request that cannot be met.

mod error;
mod reproduce;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Which linear-algebra library to trust with least squares"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the published experiment: fit W1·W2·x to A·x by gradient descent, Adam and LM
    Reproduce(reproduce::ReproduceArgs),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Reproduce(args) => reproduce::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<error::BadInput>() { 2 } else { 1 })
        }
    }
}
