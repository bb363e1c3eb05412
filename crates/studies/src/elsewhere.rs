//! The commands of a program that was built without them. The help of this program still names them.

use std::ffi::OsString;

use crate::error::bad_input;

/// The flags of a command that this program does not have.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Flags {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _unread: Vec<OsString>,
}

/// # Errors
/// Always: [`BadInput`](crate::error::BadInput) that explains how to build the command.
pub(crate) fn run(feature: &str) -> anyhow::Result<()> {
    Err(bad_input(format!(
        "this program was built without its feature `{feature}`, which adds this command; `cargo xtask` builds it with \
         that feature when it runs the command"
    )))
}
