//! The command line.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use leastwise_harness::WorkerArgs;
use leastwise_harness::terminal::{complain, refuse_or_help};

use crate::error::Failure;
use crate::program::Program;
use crate::{compare, studies};

#[cfg(not(feature = "fit"))]
use crate::elsewhere::Flags as FitArgs;
#[cfg(feature = "fit")]
use {crate::fit, leastwise_fit_file::FitArgs};

#[derive(Parser)]
#[command(
    version,
    about = "Fit curves, and verify and time linear-algebra libraries on least squares"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare the backends in accuracy and speed; every answer is checked before it is timed
    Compare(Box<compare::CompareArgs>),
    /// Compare two stored results of compare
    Diff(compare::DiffArgs),
    /// Render a stored result of compare
    Report(compare::ReportArgs),
    /// Fit a model to columns of a file: a formula, or a model that starts itself
    ///
    /// The exit code is 1 if the fit did not converge. Then the summary is printed, too.
    Fit(FitArgs),
    /// Compute with one backend, as a process that compare starts
    #[command(hide = true)]
    Worker(WorkerArgs),
    /// Compute for a study, as a process that the study starts
    #[cfg(feature = "studies")]
    #[command(hide = true)]
    StudyWorker(crate::study::DeskArgs),
    /// Call a library, as a process that a study starts
    #[cfg(feature = "studies")]
    #[command(hide = true)]
    LibraryWorker(crate::libraries::DeskArgs),
    #[command(flatten)]
    Study(studies::StudyCommand),
}

/// Runs the command line of this process.
///
/// The exit code is 0 on success, 1 if a check or a run failed, and 2 for invalid input.
#[must_use]
pub fn main(program: Program) -> ExitCode {
    let command = match parse(program, std::env::args_os()) {
        Ok(command) => command,
        #[cfg(feature = "mpi")]
        Err(error) if std::env::args_os().any(|argument| argument == "--mpi") => {
            return fit::refused_across(&error);
        }
        Err(error) => return refuse_or_help(&error),
    };
    #[cfg(feature = "mpi")]
    if let Command::Fit(args) = &command
        && args.mpi
    {
        return fit::across(args);
    }
    match execute(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let failure = Failure::of(&error);
            complain(&format!("error: {failure}"));
            failure.exit_code()
        }
    }
}

/// Runs a command line, whose first argument is the name of the program.
///
/// # Errors
/// Invalid input; a check or a run that failed.
pub fn run<A: Into<OsString> + Clone>(
    program: Program,
    arguments: impl IntoIterator<Item = A>,
) -> Result<(), Failure> {
    let command = parse(program, arguments).map_err(|error| Failure::of_arguments(&error))?;
    execute(&command).map_err(|error| Failure::of(&error))
}

fn parse<A: Into<OsString> + Clone>(
    program: Program,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Command, clap::Error> {
    program.begin();
    let matches = Cli::command()
        .name(program.name)
        .try_get_matches_from(arguments)?;
    Ok(Cli::from_arg_matches(&matches)?.command)
}

fn execute(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Compare(args) => compare::run(args),
        Command::Diff(args) => compare::diff(args),
        Command::Report(args) => studies::report(args),
        #[cfg(feature = "fit")]
        Command::Fit(args) => fit::run(args),
        #[cfg(not(feature = "fit"))]
        Command::Fit(_) => crate::elsewhere::run("fit"),
        Command::Worker(args) => compare::worker(args),
        #[cfg(feature = "studies")]
        Command::StudyWorker(args) => studies::work(args),
        #[cfg(feature = "studies")]
        Command::LibraryWorker(args) => crate::libraries::work(args),
        Command::Study(study) => studies::run(study),
    }
}
