//! Passes what only a build script can see of the build to `src/machine`, as environment variables of the
//! compiler.
//!
//! Cargo reruns this script for another compiler, target, profile, opt-level or RUSTFLAGS. The script names
//! the files it depends on, so that an edit of other sources does not rerun it.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let lock = lock_file()?;
    println!("cargo::rerun-if-changed={}", lock.display());
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut features: Vec<String> = env::var("CARGO_CFG_TARGET_FEATURE")
        .unwrap_or_default()
        .split(',')
        .map(str::to_owned)
        .collect();
    features.sort();
    for (name, value) in [
        ("RUSTC", compiler()?),
        ("TARGET", env::var("TARGET")?),
        ("PROFILE", env::var("PROFILE")?),
        ("OPT_LEVEL", env::var("OPT_LEVEL")?),
        ("RUSTFLAGS", flags.replace(['\x1f', '\n'], " ")),
        ("TARGET_FEATURES", features.join(" ")),
        ("LOCK", lock.display().to_string()),
    ] {
        println!("cargo::rustc-env=LEASTWISE_{name}={value}");
    }
    Ok(())
}

/// The Cargo.lock of this build. It is the one of the workspace that has this target folder, which may be
/// another repository. If the target folder is outside of any workspace, it is the Cargo.lock of Leastwise.
fn lock_file() -> Result<PathBuf, Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let own = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../Cargo.lock");
    let of_workspace = out.ancestors().map(|folder| folder.join("Cargo.lock"));
    let names_this = |lock: &PathBuf| {
        let text = fs::read_to_string(lock).unwrap_or_default();
        text.contains("name = \"leastwise-harness\"")
    };
    let lock = of_workspace.chain([own]).find(names_this);
    lock.ok_or_else(|| "there is no Cargo.lock with leastwise-harness".into())
}

/// `rustc 1.95.0 (59807616e 2026-04-14), LLVM 22.1.2`
fn compiler() -> Result<String, Box<dyn Error>> {
    let rustc = env::var("RUSTC")?;
    let output = Command::new(&rustc).arg("-Vv").output()?;
    let text = String::from_utf8(output.stdout)?;
    let first = text
        .lines()
        .next()
        .ok_or_else(|| format!("`{rustc} -Vv` printed nothing: {}", output.status))?;
    let llvm = text
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "));
    Ok(match llvm {
        Some(version) => format!("{first}, LLVM {version}"),
        None => first.to_owned(),
    })
}
