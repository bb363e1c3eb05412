//! `--native`: the same comparison with a build for this processor.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::error::bad_input;
use crate::program::Program;
use crate::terminal::complain;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
/// A separate folder, so that the ordinary build is kept.
const TARGET_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/native");

/// Builds with `target-cpu=native`, and runs that build with the same command line, without the flag. The report
/// shows the flags of the build. It runs in the same folder, so that paths mean the same.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if the sources are not there; errors of cargo or of the comparison.
pub(crate) fn run() -> anyhow::Result<()> {
    if !Path::new(MANIFEST).exists() {
        return Err(bad_input(format!(
            "--native: the sources of this program are no longer at {MANIFEST}"
        )));
    }
    let package = Program::this().package;
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    let flags = format!("{given} -C target-cpu=native");
    let features = if cfg!(feature = "lapack") {
        &["--features", "lapack"][..]
    } else {
        &[]
    };
    let cargo = |command: &str| {
        let mut cargo = Command::new(&cargo);
        cargo
            .args([command, "--release", "--package", package])
            .args(["--manifest-path", MANIFEST])
            .arg("--no-default-features")
            .args(features)
            .args(["--target-dir", TARGET_FOLDER])
            .env("RUSTFLAGS", flags.trim())
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        cargo
    };
    complain("building for this processor (target-cpu=native) in target/native");
    let built = cargo("build").status().context("cannot run cargo")?;
    if !built.success() {
        bail!("the native build failed");
    }
    let status = cargo("run")
        .args(["--quiet", "--"])
        .args(std::env::args().skip(1).filter(|arg| arg != "--native"))
        .status()
        .context("cannot run cargo")?;
    match status.code() {
        Some(0) => Ok(()),
        // That process has printed the reason.
        Some(code) => std::process::exit(code),
        None => bail!("the native build was ended: {status}"),
    }
}
