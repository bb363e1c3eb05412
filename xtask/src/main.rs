//! The commands of Leastwise: `cargo xtask compare`, `conformance`, `far-starts`, `map`, `minpack`,
//! `nist`, `reproduce`, `rivals` and `scaling`.
//!
//! Exit codes: 0, 1 where a check or a run failed, 2 for a request that cannot be met.

#![cfg_attr(
    not(feature = "studies"),
    allow(dead_code, reason = "some of what is shared serves the studies only")
)]

mod compare;
mod conformance;
mod error;
mod problem_size;
mod publish;
mod studies;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use leastwise_harness::WorkerArgs;
use leastwise_harness::terminal::refuse_or_help;
use terminal::complain;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    version,
    about = "Which linear-algebra library to trust with least squares"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare the backends in accuracy and speed; every answer is checked before it is timed
    Compare(compare::CompareArgs),
    /// Compare two stored results of compare
    Diff(compare::DiffArgs),
    /// Render a stored result of compare
    Report(compare::ReportArgs),
    /// Compute for one backend; compare starts this itself
    #[command(hide = true)]
    Worker(WorkerArgs),
    /// Hold the backends to the conformance suite: thousands of cases against extended precision
    Conformance(conformance::ConformanceArgs),
    #[command(flatten)]
    Study(studies::Study),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse_or_help(&error),
    };
    let outcome = match cli.command {
        Command::Compare(args) => compare::run(&args),
        Command::Diff(args) => compare::diff(&args),
        Command::Report(args) => compare::report(&args),
        Command::Worker(args) => compare::worker(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Study(study) => studies::run(&study),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::from(if error::is_bad_input(&error) { 2 } else { 1 })
        }
    }
}
