//! What a command prints, and how it refuses an invalid command line.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use crate::error::{Context, Error, Result};

/// Prints the text unchanged.
///
/// A closed pipe, as left by `head`, is not an error: the command still writes its files, and its exit code
/// does not change.
///
/// # Errors
/// Any other reason why stdout cannot be written, such as a full disk.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let printed = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match printed {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("cannot print"),
    }
}

/// Prints a line to stderr. If stderr is closed, the line is lost.
pub fn complain(line: &str) {
    // One write, so that nothing of another process comes between.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Prints the error, and returns the exit code of a command: 0 on success, 2 for invalid input, and 1 for any
/// other failure.
#[must_use]
pub fn exit_code(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::from(match error {
                Error::BadInput(_) => 2,
                Error::Failed(_) => 1,
            })
        }
    }
}

/// Prints help as clap formats it. A mistake is printed as one line, with clap's tip if there is one.
#[must_use]
pub fn refuse_or_help(error: &clap::Error) -> ExitCode {
    let asks_for_help =
        error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if asks_for_help || !error.use_stderr() {
        // An error cannot be reported if the output is closed.
        let _ = error.print();
        return ExitCode::from(if asks_for_help { 2 } else { 0 });
    }
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut first = lines
        .next()
        .unwrap_or("error: the command line is invalid")
        .to_owned();
    // clap puts what is missing on the next line.
    if first.ends_with(':') {
        first = format!("{first} {}", lines.next().unwrap_or_default());
    }
    match lines.find(|line| line.starts_with("tip:")) {
        Some(tip) => complain(&format!("{first}; {tip}")),
        None => complain(&format!("{first}; try --help")),
    }
    ExitCode::from(2)
}
