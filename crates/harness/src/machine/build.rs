//! How the running program was built: the compiler and its flags, the libraries, the commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{checkout, versions};

/// As one line, from the build script like the others.
const RUSTFLAGS: &str = env!("LEASTWISE_RUSTFLAGS");

/// The build, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The compiler with its commit, and the version of LLVM.
    pub rustc: String,
    /// The triple of the target.
    pub target: String,
    /// `release` or `debug`: that which the profile inherits from.
    pub profile: String,
    /// Of this package; the dev profile has others for its dependencies.
    pub opt_level: String,
    /// Empty if there are none.
    pub rustflags: String,
    /// What the compiler may use everywhere; libraries choose more at run time.
    pub target_features: Vec<String>,
    /// By library; a comma joins several versions of one.
    pub versions: BTreeMap<String, String>,
    /// The commit that the program was built from, if that can be told: its sources must not
    /// have changed since.
    pub commit: Option<String>,
    /// Whether the code differed from that commit.
    pub dirty: Option<bool>,
}

impl Build {
    /// Call it at the start: the commit is told only as long as the sources are what they were at
    /// the build.
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
