//! Libraries that are called in processes of their own: those behind the backends, and the contenders of the program. A
//! library that crashes or hangs loses its own answers only.

mod desk;
mod hand;
mod message;
mod python;

use leastwise_harness::library::Library;
use leastwise_harness::peers;

use crate::error::bad_input;
use crate::program::Program;

#[cfg(test)]
pub(crate) use desk::reply;
pub(crate) use desk::{DeskArgs, work};
pub(crate) use hand::Hand;
#[cfg(test)]
pub(crate) use message::{Reply, Request, Task};
pub(crate) use message::{Solved, System, Way, drawn};
pub(crate) use python::{PACKAGES, Package};

/// The contenders that a list names. `all` means all of them.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if this program has no contenders, or none of a name.
pub(crate) fn contenders(list: &str) -> anyhow::Result<Vec<Library>> {
    let mut known = (Program::this().contenders)();
    let names: Vec<&str> = known.iter().map(|library| library.name).collect();
    if names.is_empty() {
        return Err(bad_input(
            "--contenders: this program has no contenders; in a checkout of Leastwise, `cargo xtask` builds them for \
             this flag",
        ));
    }
    if list == "all" {
        return Ok(known);
    }
    let wanted: Vec<&str> = list.split(',').map(str::trim).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
        return Err(bad_input(format!(
            "--contenders: unknown contender {unknown:?}; the contenders are {}",
            names.join(", ")
        )));
    }
    known.retain(|library| wanted.contains(&library.name));
    Ok(known)
}

/// Every library that this program can call.
pub(crate) fn all() -> Vec<Library> {
    let mut all = peers::libraries();
    all.extend((Program::this().contenders)());
    all
}
