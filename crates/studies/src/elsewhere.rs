//! The studies of a program that was built without them: named in its help, and not there.

use std::ffi::OsString;

use crate::error::bad_input;

/// The flags of a study, which the program that has it reads.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Flags {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _unread: Vec<OsString>,
}

/// # Errors
/// Always: [`BadInput`](crate::error::BadInput) that says how the study is run.
pub(crate) fn run() -> anyhow::Result<()> {
    let message = "this program was built without the studies: its feature `studies` adds them, and \
                   `cargo xtask` builds with it where one is asked for";
    Err(bad_input(message))
}
