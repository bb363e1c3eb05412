//! The program that `cargo xtask` runs. It builds the package `xtask` for the requested command, and starts it.
//!
//! The alias is `cargo run --quiet`, which keeps cargo's lines out of the output of the commands. It would also hide
//! minutes of building. So this program first lets cargo build with its progress on stderr. It has no dependencies,
//! and builds in a second. The studies need more crates than the comparison, and are built only if one is requested.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The commands that need the feature `studies` of `xtask`.
const STUDIES: [&str; 9] = [
    "cholesky",
    "far-starts",
    "map",
    "minpack",
    "nist",
    "reproduce",
    "rivals",
    "scaling",
    "tall",
];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let is_study = |name: &OsStr| STUDIES.iter().any(|study| name == *study);
    // To show the record of a study again, the program needs the study.
    let is_record = |argument: &OsString| {
        let path = Path::new(argument);
        path.ends_with("record.jsonl") || path.join("record.jsonl").exists()
    };
    let with_studies = arguments.first().is_some_and(|name| {
        is_study(name) || (name == "report" && arguments.iter().any(is_record))
    });
    match build_and_run(with_studies, &arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: cannot run cargo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn build_and_run(with_studies: bool, arguments: &[OsString]) -> io::Result<ExitCode> {
    let built = cargo("build", with_studies).status()?;
    if !built.success() {
        // Cargo has printed the reason.
        return Ok(ExitCode::FAILURE);
    }
    let mut run = cargo("run", with_studies);
    start(run.arg("--quiet").arg("--").args(arguments))
}

fn cargo(command: &str, with_studies: bool) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    // The working directory is kept, because paths that the user gives are relative to it.
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    cargo.args([command, "--release", "--package", "xtask"]);
    cargo.args(["--manifest-path", manifest]);
    if with_studies {
        cargo.args(["--features", "studies"]);
    } else {
        // The code that `compare` times is in other crates. The pages and tables of this crate need no optimisation.
        cargo.args([
            "--config",
            "profile.release.package.leastwise-studies.opt-level=1",
        ]);
    }
    cargo
}

/// Replaces this process by the program, so that signals reach it, and its exit code is that of this process.
#[cfg(unix)]
fn start(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn start(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code();
    Ok(code
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}
