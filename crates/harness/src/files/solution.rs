//! The file of `--solution`: X as a NumPy array or as a table of numbers.
//!
//! `.npy` is an array of f64 of shape n×k, or of one dimension if there is one right-hand side. `.csv` has a
//! line for each of the n rows, with k entries that keep every bit, and no header.

use std::fmt::Write;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use leastwise_core::Mat;
use leastwise_files::npy;

use crate::error::{Context, Result, bad_input};

#[derive(Clone, Copy, Debug)]
enum Format {
    Npy,
    Csv,
}

/// A file that could be written when it was named.
#[derive(Clone, Debug)]
pub(crate) struct SolutionFile {
    path: PathBuf,
    format: Format,
}

impl SolutionFile {
    /// Checks the path. `inputs` are files that must not be overwritten, each with its flag.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) for another extension, for one of the inputs, and for a
    /// file that cannot be written.
    pub(crate) fn new(path: &Path, inputs: &[(&str, &Path)]) -> Result<Self> {
        let shown = path.display();
        let extension = path.extension().unwrap_or_default();
        let format = match extension.to_ascii_lowercase().to_str() {
            Some("npy") => Format::Npy,
            Some("csv") => Format::Csv,
            _ => {
                return Err(bad_input(format!(
                    "--solution: {shown}: the extension must be .npy (NumPy) or .csv (a table of numbers)"
                )));
            }
        };
        let real = |path: &Path| path.canonicalize().ok();
        let is_input =
            |(_, input): &&(&str, &Path)| real(path).is_some() && real(input) == real(path);
        if let Some((flag, _)) = inputs.iter().find(is_input) {
            return Err(bad_input(format!(
                "--solution: {shown} is the file of {flag}, which would be lost"
            )));
        }
        let file = Self {
            path: path.to_owned(),
            format,
        };
        let probe = file.unfinished();
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&probe)
            .and_then(|_| fs::remove_file(&probe))
            .map_err(|error| bad_input(format!("--solution: cannot write {shown}: {error}")))?;
        if path.is_dir() {
            return Err(bad_input(format!("--solution: {shown} is a folder")));
        }
        Ok(file)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes X. The file appears in one step, so that no other program sees a part of it.
    ///
    /// # Errors
    /// The error of the file system.
    pub(crate) fn write(&self, x: &Mat<f64>) -> Result<()> {
        let bytes = match self.format {
            Format::Npy => npy::to_bytes(x),
            Format::Csv => csv(x).into_bytes(),
        };
        let unfinished = self.unfinished();
        fs::write(&unfinished, bytes)
            .and_then(|()| fs::rename(&unfinished, &self.path))
            .context(format!("cannot write {}", self.path.display()))
    }

    /// A temporary file in the same folder, which one rename puts in place.
    fn unfinished(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".unfinished");
        PathBuf::from(name)
    }
}

fn csv(x: &Mat<f64>) -> String {
    let mut text = String::new();
    for i in 0..x.rows() {
        let entries: Vec<String> = (0..x.cols()).map(|j| format!("{:?}", x[(i, j)])).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", entries.join(","));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_files::{Options, read};

    fn folder(name: &str) -> PathBuf {
        let name = format!("leastwise-solution-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn every_bit_comes_back_whatever_the_format_and_the_shape() {
        let folder = folder("bits");
        let nasty = [0.1, -0.0, 5e-324, f64::MAX, 1.0 / 3.0, -1e22, 2.5e-8, 1e16];
        for (rows, cols) in [(1, 1), (8, 1), (1, 5), (3, 4)] {
            let x = Mat::from_fn(rows, cols, |i, j| nasty[(i + 3 * j) % nasty.len()]);
            for name in ["x.npy", "x.CSV"] {
                let path = folder.join(name);
                SolutionFile::new(&path, &[]).unwrap().write(&x).unwrap();
                let back = read(&path, &Options::default()).unwrap().matrix;
                assert_eq!((back.rows(), back.cols()), (rows, cols), "{name}");
                let bits = |x: &Mat<f64>| x.data().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&back), bits(&x), "{name}");
            }
        }
        let left = fs::read_dir(&folder).unwrap().count();
        assert_eq!(left, 2, "nothing stays but the two files");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_or_must_not_be_is_refused_before_any_work() {
        let folder = folder("refused");
        let input = folder.join("a.csv");
        fs::write(&input, "1\n").unwrap();
        fs::create_dir(folder.join("x.npy")).unwrap();
        for (name, problem) in [
            ("x.txt", "extension"),
            ("x", "extension"),
            ("nowhere/x.npy", "cannot write"),
            ("../refused/../x.mtx", "extension"),
            ("x.npy", "is a folder"),
            ("a.csv", "is the file of --a"),
            ("./a.csv", "is the file of --a"),
        ] {
            let path = folder.join(name);
            let error = SolutionFile::new(&path, &[("--a", &input)]).unwrap_err();
            assert!(error.is_bad_input());
            let message = error.to_string();
            assert!(
                message.starts_with("--solution: ") && message.contains(problem),
                "{message}"
            );
        }
        assert_eq!(fs::read_to_string(&input).unwrap(), "1\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
