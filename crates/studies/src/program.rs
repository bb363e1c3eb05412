//! The program that runs the commands.

use std::sync::OnceLock;

/// A program that has the commands of this crate.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What a user types before the name of a command. Records and messages show it.
    pub name: &'static str,
    /// The Cargo package of the program. `compare --native` builds it again.
    pub package: &'static str,
}

static THIS: OnceLock<Program> = OnceLock::new();

impl Program {
    /// Sets the program of this process, unless it is set already.
    pub(crate) fn begin(self) {
        THIS.get_or_init(|| self);
    }

    /// The program of this process. In the tests of this crate, it is `cargo xtask`.
    pub(crate) fn this() -> Self {
        let unknown = Self {
            name: "cargo xtask",
            package: "xtask",
        };
        THIS.get().copied().unwrap_or(unknown)
    }
}
