//! Systems of files, and what is refused in every format.

mod csv;
mod matrix_market;
mod npy;

use std::fs;
use std::path::PathBuf;

use leastwise_core::Mat;

use super::{read, read_system};
use crate::error::BadInput;

/// A folder of files that is removed with this value.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("leastwise-matrix-file-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind in a folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(outcome: anyhow::Result<T>, expected: &[&str]) {
    let error = outcome.unwrap_err();
    assert!(error.is::<BadInput>(), "{error}");
    let message = error.to_string();
    assert!(!message.contains('\n'), "{message}");
    for part in expected {
        assert!(message.contains(part), "{message}, without {part}");
    }
}

#[test]
fn the_extension_names_the_format() {
    let folder = Folder::new("extension");
    let expected = Mat::from_fn(2, 1, |i, _| [1.5, -2.0][i]);
    for (name, content) in [
        ("a.csv", "1.5\n-2\n"),
        ("a.tsv", "1.5\n-2\n"),
        ("a.TXT", "1.5\n-2\n"),
        (
            "a.mtx",
            "%%MatrixMarket matrix array real general\n2 1\n1.5\n-2\n",
        ),
    ] {
        assert_eq!(
            read("--a", &folder.file(name, content)).unwrap(),
            expected,
            "{name}"
        );
    }
    for name in ["a.mat", "a", "a.npz"] {
        let file = folder.file(name, "1");
        assert_refused(read("--a", &file), &["--a: ", name, ".npy", ".mtx", ".csv"]);
    }
}

#[test]
fn unreadable_files_are_named() {
    let folder = Folder::new("unreadable");
    let missing = folder.0.join("missing.npy");
    assert_refused(
        read("--b", &missing),
        &["--b: ", "missing.npy", "cannot be read"],
    );
    let directory = folder.0.join("directory.csv");
    fs::create_dir(&directory).unwrap();
    assert_refused(
        read("--a", &directory),
        &["directory.csv", "is not a regular file"],
    );
}

#[test]
fn entries_that_are_not_finite_are_placed() {
    let folder = Folder::new("finite");
    let file = folder.file("a.csv", "1,2\n3,4\n5,nan\n");
    assert_refused(read("--a", &file), &["a.csv", "row 3, column 2 is NaN"]);
    let file = folder.file("b.csv", "1,1e999\n");
    assert_refused(read("--a", &file), &["row 1, column 2 is inf"]);
}

#[test]
fn without_right_hand_sides_they_are_the_row_sums() {
    let folder = Folder::new("sums");
    let file = folder.file("a.csv", "1,2\n3,4\n-5,6\n");
    let (a, b) = read_system(&file, None).unwrap();
    assert_eq!((a.rows(), a.cols()), (3, 2));
    assert_eq!(b, Mat::from_fn(3, 1, |i, _| [3.0, 7.0, 1.0][i]));
    let file = folder.file("large.csv", "1,2\n1e308,1e308\n");
    assert_refused(
        read_system(&file, None),
        &["large.csv", "row 2", "overflows"],
    );
}

#[test]
fn right_hand_sides_have_the_rows_of_the_matrix() {
    let folder = Folder::new("sides");
    let a = folder.file("a.csv", "1,2\n3,4\n5,6\n");
    let column = Mat::from_fn(3, 1, |i, _| (7 + i) as f64);
    for (name, content) in [("column.csv", "7\n8\n9\n"), ("row.csv", "7,8,9\n")] {
        let b = folder.file(name, content);
        assert_eq!(read_system(&a, Some(&b)).unwrap().1, column, "{name}");
    }
    let several = folder.file("several.csv", "7,1\n8,2\n9,3\n");
    let (_, sides) = read_system(&a, Some(&several)).unwrap();
    assert_eq!(
        sides,
        Mat::from_fn(3, 2, |i, j| [[7.0, 1.0], [8.0, 2.0], [9.0, 3.0]][i][j])
    );
    let short = folder.file("short.csv", "7,1\n8,2\n");
    let expected = ["--b: ", "short.csv is 2x2", "a.csv, which is 3x2"];
    assert_refused(read_system(&a, Some(&short)), &expected);
    let one = folder.file("one.csv", "1,2\n");
    let (_, sides) = read_system(&one, Some(&one)).unwrap();
    assert_eq!(
        (sides.rows(), sides.cols()),
        (1, 2),
        "two right-hand sides of one row"
    );
}
