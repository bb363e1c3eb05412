//! `leastwise`: the commands of Leastwise, as a program to install.

use std::process::ExitCode;

use leastwise_studies::Program;

fn main() -> ExitCode {
    leastwise_studies::main(Program::new("leastwise", env!("CARGO_PKG_NAME")))
}
