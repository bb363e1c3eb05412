//! `leastwise`: the commands of Leastwise, for those who install it.

use std::process::ExitCode;

use leastwise_studies::Program;

fn main() -> ExitCode {
    leastwise_studies::main(Program {
        name: "leastwise",
        package: env!("CARGO_PKG_NAME"),
    })
}
