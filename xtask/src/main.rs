//! `cargo xtask`: the commands of Leastwise, built from its checkout.

use std::process::ExitCode;

use leastwise_studies::Program;

fn main() -> ExitCode {
    leastwise_studies::main(Program::new("cargo xtask", env!("CARGO_PKG_NAME")))
}
