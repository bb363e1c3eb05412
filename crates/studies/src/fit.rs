//! `fit`: the fit of a model to columns of a file.

use anyhow::anyhow;
use leastwise_fit_file::{Error, FitArgs};

use crate::error::bad_input;
use crate::terminal::print;

/// Prints the result.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for invalid flags and files; a fit that did not converge.
pub(crate) fn run(args: &FitArgs) -> anyhow::Result<()> {
    let outcome = leastwise_fit_file::run(args).map_err(|error| match error {
        Error::BadInput(message) => bad_input(message),
        other => anyhow!("{other}"),
    })?;
    if args.json {
        print(&format!("{:#}\n", outcome.to_json()))?;
    } else {
        print(&outcome.summary())?;
    }
    if outcome.fitted.is_success() {
        Ok(())
    } else {
        Err(anyhow!(
            "the fit did not converge: {}",
            outcome.fitted.termination
        ))
    }
}
