//! How the running program was built: the compiler and its flags, the libraries, the commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{checkout, versions};

/// One line. The build script sets it, like the other variables.
const RUSTFLAGS: &str = env!("LEASTWISE_RUSTFLAGS");

/// The build, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The compiler with its commit, and the version of LLVM.
    pub rustc: String,
    /// The target triple.
    pub target: String,
    /// `release` or `debug`: the profile from which the profile of the build inherits.
    pub profile: String,
    /// The opt-level of this package. In the dev profile, the dependencies have another.
    pub opt_level: String,
    /// The RUSTFLAGS, or an empty text.
    pub rustflags: String,
    /// The processor features that the compiler may use everywhere. Libraries select more at run time.
    pub target_features: Vec<String>,
    /// The versions of the libraries, by name. A comma separates several versions of one library.
    pub versions: BTreeMap<String, String>,
    /// The commit from which the program was built. It is known only if the sources have not changed since.
    pub commit: Option<String>,
    /// Whether the code differed from that commit.
    pub dirty: Option<bool>,
}

impl Build {
    /// Reads the build. Call it at the start: the commit is known only while the sources are those of the
    /// build.
    pub fn read() -> Self {
        let checkout = checkout::of_this_program();
        Self {
            rustc: env!("LEASTWISE_RUSTC").to_owned(),
            target: env!("LEASTWISE_TARGET").to_owned(),
            profile: env!("LEASTWISE_PROFILE").to_owned(),
            opt_level: env!("LEASTWISE_OPT_LEVEL").to_owned(),
            rustflags: RUSTFLAGS.to_owned(),
            target_features: env!("LEASTWISE_TARGET_FEATURES")
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            versions: versions::built(),
            commit: checkout.as_ref().map(|checkout| checkout.commit.clone()),
            dirty: checkout.map(|checkout| checkout.dirty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::samples;

    #[test]
    fn survives_json() {
        for build in [samples::build(), Build::read()] {
            let json = serde_json::to_string(&build).unwrap();
            assert_eq!(serde_json::from_str::<Build>(&json).unwrap(), build);
        }
    }

    #[test]
    fn names_the_compiler_and_the_target() {
        let build = Build::read();
        assert!(build.rustc.starts_with("rustc 1."), "{}", build.rustc);
        assert!(build.target.contains(std::env::consts::ARCH));
        assert_eq!(build.commit.is_some(), build.dirty.is_some());
    }
}
