//! Hands what only a build script can see of the build to `src/machine/build.rs`, as environment
//! variables of the compiler.
//!
//! Cargo runs this anew for another compiler, target, profile, opt-level or RUSTFLAGS by itself;
//! naming the one file it depends on keeps it from running for every edit of the sources.

use std::env;
use std::error::Error;
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
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
    ] {
        println!("cargo::rustc-env=LEASTWISE_{name}={value}");
    }
    Ok(())
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
