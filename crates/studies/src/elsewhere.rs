//! The studies of a program that was built without them. The help of this program still names them.

use std::ffi::OsString;

use crate::error::bad_input;

/// The flags of a study that this program does not have.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Flags {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _unread: Vec<OsString>,
}

/// # Errors
/// Always: [`BadInput`](crate::error::BadInput) that explains how to build the studies.
pub(crate) fn run() -> anyhow::Result<()> {
    let message = "this program was built without the studies; its feature `studies` adds them, and \
                   `cargo xtask` builds it with that feature when it runs a study";
    Err(bad_input(message))
}
