//! The program that runs the commands.

use std::sync::OnceLock;

use leastwise_harness::library::Library;

/// A program that has the commands of this crate.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What a user types before the name of a command. Records and messages show it.
    pub name: &'static str,
    /// The Cargo package of the program. `compare --native` builds it again.
    pub package: &'static str,
    /// The contenders: libraries that are no backends of Leastwise. Commands with the flag `--contenders` call them.
    pub contenders: fn() -> Vec<Library>,
}

static THIS: OnceLock<Program> = OnceLock::new();

impl Program {
    /// A program without contenders.
    #[must_use]
    pub fn new(name: &'static str, package: &'static str) -> Self {
        Self {
            name,
            package,
            contenders: Vec::new,
        }
    }

    /// Sets the program of this process, unless it is set already.
    pub(crate) fn begin(self) {
        THIS.get_or_init(|| self);
    }

    /// The program of this process. In the tests of this crate, it is `cargo xtask`.
    pub(crate) fn this() -> Self {
        let unknown = Self::new("cargo xtask", "xtask");
        THIS.get().copied().unwrap_or(unknown)
    }
}
