//! The program that runs the commands.

use std::sync::OnceLock;

/// A program that has the commands of this crate.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What a user types before the name of a command; records and messages show it.
    pub name: &'static str,
    /// The Cargo package that holds it, which `compare --native` builds again.
    pub package: &'static str,
}

static THIS: OnceLock<Program> = OnceLock::new();

impl Program {
    /// Takes `self` for the program of this process, unless another has been taken before.
    pub(crate) fn begin(self) {
        THIS.get_or_init(|| self);
    }

    /// The program of this process; in the tests of this crate, `cargo xtask`.
    pub(crate) fn this() -> Self {
        let unknown = Self {
            name: "cargo xtask",
            package: "xtask",
        };
        THIS.get().copied().unwrap_or(unknown)
    }
}
