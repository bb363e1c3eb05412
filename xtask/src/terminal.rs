//! What a command prints.

use std::io::{self, ErrorKind, Write};

use anyhow::Context;

/// Prints the text as it is.
///
/// A reader that has closed the pipe, as `head` does when it has its lines, is no error: the command goes on
/// to write its files, and its exit code stays what it was.
///
/// # Errors
/// Any other reason why stdout cannot be written, such as a full disk behind it.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
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
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
