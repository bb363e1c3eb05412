//! A folder with the files of a test, and the command line.

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use leastwise_fit_file::{Error, FitArgs, Outcome, run};

#[derive(Parser)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) args: FitArgs,
}

/// A folder of its own for each test, which is removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("leastwise-fit-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The message of clap, or that of the fit.
    pub(crate) fn fit(&self, file: &str, flags: &[&str]) -> Result<Outcome, String> {
        let file = self.0.join(file);
        let arguments = ["fit".into(), file.into_os_string()].into_iter();
        let arguments = arguments.chain(flags.iter().map(Into::into));
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        run(&cli.args).map_err(|error| match error {
            Error::BadInput(message) => message,
            other => panic!("{other} is no bad input"),
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
