//! The commands of Leastwise, with the libraries of this workspace. `cargo xtask` builds and starts this program for the
//! flag `--contenders`.

use std::process::ExitCode;

use leastwise_studies::Program;

fn main() -> ExitCode {
    leastwise_studies::main(Program {
        contenders: leastwise_contenders::all,
        ..Program::new("cargo xtask", env!("CARGO_PKG_NAME"))
    })
}
