//! An interpreter of Python that the user names. It runs scripts on one thread.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::bad_input;

/// An interpreter that has a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Python {
    python: PathBuf,
    /// That of the package.
    version: String,
}

impl Python {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) that names the flag if `python` cannot be run or does not have `package`.
    pub(crate) fn find(flag: &str, python: &Path, package: &str) -> anyhow::Result<Self> {
        let shown = python.display();
        let output = Command::new(python)
            .args([
                "-c",
                &format!("import {package}; print({package}.__version__)"),
            ])
            .output()
            .map_err(|error| bad_input(format!("{flag}: cannot run {shown}: {error}")))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || version.is_empty() {
            let last = complaint.lines().last().unwrap_or("it printed no version");
            return Err(bad_input(format!(
                "{flag}: {shown} has no {package}: {last}"
            )));
        }
        Ok(Self {
            python: python.to_owned(),
            version,
        })
    }

    /// The version of the package.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The command that runs a script on one thread.
    pub(crate) fn command(&self, script: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.args(["-c", script]);
        for variable in ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"] {
            command.env(variable, "1");
        }
        command
    }

    /// Runs a script with flags, and returns the JSON that it prints.
    ///
    /// # Errors
    /// A script that fails, or prints something else.
    pub(crate) fn run<A: DeserializeOwned>(
        &self,
        script: &str,
        flags: &[(&str, &str)],
    ) -> anyhow::Result<A> {
        let mut command = self.command(script);
        for (flag, value) in flags {
            command.args([flag, value]);
        }
        let output = command.output().context("cannot run Python")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().last().unwrap_or_default();
        ensure!(output.status.success(), "the script failed: {last}");
        serde_json::from_slice(&output.stdout).context("the script printed other text than JSON")
    }
}
