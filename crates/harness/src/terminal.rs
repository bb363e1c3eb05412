//! What a command prints, and how it refuses a command line.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use crate::error::{Context, Error, Result};

/// Prints the text as it is.
///
/// A reader that has closed the pipe, as `head` does when it has its lines, is no error: the command goes on
/// to write its files, and its exit code stays what it was.
///
/// # Errors
/// Any other reason why stdout cannot be written, such as a full disk behind it.
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

/// Prints a line to stderr; if that is closed, there is no place left for it.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The exit code of a command: 0, 2 for a request that cannot be met, 1 for everything else that failed.
/// An error is printed.
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

/// Help as clap formats it; a mistake as one line with clap's tip, if it has one.
#[must_use]
pub fn refuse_or_help(error: &clap::Error) -> ExitCode {
    let asks_for_help =
        error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if asks_for_help || !error.use_stderr() {
        // Nobody is left to tell that the output is closed.
        let _ = error.print();
        return ExitCode::from(if asks_for_help { 2 } else { 0 });
    }
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut first = lines
        .next()
        .unwrap_or("error: the command line is not understood")
        .to_owned();
    // What is missing stands in the next line.
    if first.ends_with(':') {
        first = format!("{first} {}", lines.next().unwrap_or_default());
    }
    match lines.find(|line| line.starts_with("tip:")) {
        Some(tip) => complain(&format!("{first}; {tip}")),
        None => complain(&format!("{first}; try --help")),
    }
    ExitCode::from(2)
}
