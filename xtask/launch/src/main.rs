//! The program that `cargo xtask` runs. It builds the package `xtask` for the requested command, and starts it.
//!
//! The alias is `cargo run --quiet`, which keeps cargo's lines out of the output of the commands. It would also hide
//! minutes of building. So this program first lets cargo build with its progress on stderr. It has no dependencies,
//! and builds in a second. The studies and `fit` need more crates than the comparison, and are built only on request.
//!
//! The flag `--contenders` needs the program of the workspace `contenders` instead. It has the same commands, and the
//! libraries of that workspace.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The commands that need the feature `studies` of `xtask`.
const STUDIES: [&str; 11] = [
    "cholesky",
    "conformance",
    "far-starts",
    "map",
    "minpack",
    "nist",
    "reproduce",
    "rivals",
    "scaling",
    "separable",
    "tall",
];

/// The manifest of the program with the contenders. Each contender has a feature there.
const CONTENDERS: &str = include_str!("../../../contenders/run/Cargo.toml");

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(chosen) = contenders(&arguments) {
        return exit_code(run_with_contenders(&chosen, &arguments));
    }
    let is_study = |name: &OsStr| STUDIES.iter().any(|study| name == *study);
    // To show the record of a study again, the program needs the study.
    let is_record = |argument: &OsString| {
        let path = Path::new(argument);
        path.ends_with("record.jsonl") || path.join("record.jsonl").exists()
    };
    let feature = arguments.first().and_then(|name| {
        let needs_studies = is_study(name) || (name == "report" && arguments.iter().any(is_record));
        let needed = needs_studies.then_some("studies");
        needed.or_else(|| (name == "fit").then_some("fit"))
    });
    exit_code(build_and_run(feature, &arguments))
}

fn exit_code(ran: io::Result<ExitCode>) -> ExitCode {
    ran.unwrap_or_else(|error| {
        eprintln!("error: cannot run cargo: {error}");
        ExitCode::FAILURE
    })
}

/// The features of the contenders that the arguments request, or `None` without the flag. If a name is unknown, these are
/// all, and the program then names the known ones.
fn contenders(arguments: &[OsString]) -> Option<Vec<&'static str>> {
    let mut texts = arguments.iter().map(|argument| argument.to_string_lossy());
    let flag = texts.find(|text| text == "--contenders" || text.starts_with("--contenders="))?;
    let names = match flag.split_once('=') {
        Some((_, names)) => names.to_owned(),
        None => texts
            .next()
            .filter(|next| !next.starts_with('-'))
            .unwrap_or_default()
            .into_owned(),
    };
    let all = features();
    let of_name = |name: &str| {
        let name = name.trim().trim_end_matches("-backend");
        all.iter().copied().find(|feature| *feature == name)
    };
    let chosen: Option<Vec<_>> = names.split(',').map(of_name).collect();
    Some(chosen.unwrap_or(all))
}

/// The features that the manifest lists, one for each contender.
fn features() -> Vec<&'static str> {
    let lines = CONTENDERS.lines();
    let features = lines.filter_map(|line| line.split_once(" = [\"dep:leastwise-contender-"));
    features.map(|(feature, _)| feature).collect()
}

/// Builds the contenders, and starts their program. A contender that does not build is left out.
fn run_with_contenders(chosen: &[&str], arguments: &[OsString]) -> io::Result<ExitCode> {
    let program = |command: &str, features: &[&str]| {
        let mut cargo = in_contenders(command);
        cargo.args([
            "--package",
            "leastwise-contenders",
            "--features",
            &features.join(","),
        ]);
        cargo
    };
    let mut built = chosen.to_vec();
    if !program("build", &built).status()?.success() {
        built.clear();
        for name in chosen {
            let package = format!("leastwise-contender-{name}");
            if in_contenders("build")
                .args(["--package", &package])
                .status()?
                .success()
            {
                built.push(name);
            } else {
                eprintln!("warning: {name} does not build, and is left out");
            }
        }
        if built.is_empty() || !program("build", &built).status()?.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    start(
        program("run", &built)
            .arg("--quiet")
            .arg("--")
            .args(arguments),
    )
}

fn in_contenders(command: &str) -> Command {
    let mut cargo = new_cargo();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contenders/Cargo.toml");
    cargo.args([
        command,
        "--release",
        "--locked",
        "--manifest-path",
        manifest,
    ]);
    cargo
}

fn new_cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(program)
}

fn build_and_run(feature: Option<&str>, arguments: &[OsString]) -> io::Result<ExitCode> {
    let built = cargo("build", feature).status()?;
    if !built.success() {
        // Cargo has printed the reason.
        return Ok(ExitCode::FAILURE);
    }
    let mut run = cargo("run", feature);
    start(run.arg("--quiet").arg("--").args(arguments))
}

fn cargo(command: &str, feature: Option<&str>) -> Command {
    let mut cargo = new_cargo();
    // The working directory is kept, because paths that the user gives are relative to it.
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    cargo.args([command, "--release", "--package", "xtask"]);
    cargo.args(["--manifest-path", manifest]);
    if let Some(feature) = feature {
        cargo.args(["--features", feature]);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(words: &str) -> Option<Vec<&'static str>> {
        contenders(&words.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn only_the_flag_builds_contenders_and_only_those_it_names() {
        assert_eq!(chosen("compare --quick"), None);
        assert!(features().len() >= 8, "{:?}", features());
        for all in [
            "map --contenders",
            "compare --contenders --quick",
            "map --contenders all",
            "map --contenders x",
        ] {
            assert_eq!(chosen(all), Some(features()), "{all}");
        }
        for two in [
            "compare --contenders rlst,oxiblas-backend --quick",
            "compare --contenders=rlst,oxiblas",
        ] {
            assert_eq!(chosen(two), Some(vec!["rlst", "oxiblas"]), "{two}");
        }
    }
}
