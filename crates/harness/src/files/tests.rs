//! Systems read from files, and the input that every format refuses.

use std::fs;
use std::path::{Path, PathBuf};

use leastwise_core::Mat;

use super::{System, TableFlags};

fn read(flag: &str, path: &Path) -> crate::Result<Mat<f64>> {
    super::read(flag, path, &leastwise_files::Options::default()).map(|table| table.matrix)
}

fn read_system(a: &Path, b: Option<&Path>) -> crate::Result<(Mat<f64>, Mat<f64>)> {
    let System { a, b, .. } = super::read_system(a, b, &TableFlags::default())?;
    Ok((a, b))
}

/// The flags of a command line, in the order header, index column, delimiter, decimal.
fn flags(values: [&str; 4]) -> TableFlags {
    let [header, index_column, delimiter, decimal] =
        values.map(|value| (!value.is_empty()).then(|| value.to_owned()));
    TableFlags {
        header,
        index_column,
        delimiter,
        decimal,
    }
}

/// A folder of files, which is removed when this value is dropped.
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
        // Files that remain in a folder for temporary files are harmless.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(outcome: crate::Result<T>, expected: &[&str]) {
    let error = outcome.unwrap_err();
    assert!(error.is_bad_input(), "{error}");
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
    let file = folder.file("b.csv", "1.0,1e999\n");
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
    // Two right-hand sides, or one with decimal commas.
    let several = folder.file("several.csv", "7,1\n8,2\n9,3\n");
    let expected = ["--b: ", "several.csv: line 2: \"8,2\"", "--delimiter comma"];
    assert_refused(read_system(&a, Some(&several)), &expected);
    let by_commas = flags(["", "", "comma", ""]);
    let sides = super::read_system(&a, Some(&several), &by_commas)
        .unwrap()
        .b;
    assert_eq!(
        sides,
        Mat::from_fn(3, 2, |i, j| [[7.0, 1.0], [8.0, 2.0], [9.0, 3.0]][i][j])
    );
    let decimals = flags(["", "", "", "auto,comma"]);
    let sides = super::read_system(&a, Some(&several), &decimals).unwrap().b;
    assert_eq!(sides, Mat::from_fn(3, 1, |i, _| [7.1, 8.2, 9.3][i]));
    let short = folder.file("short.csv", "7,1.0\n8,2\n");
    let expected = ["--b: ", "short.csv is 2x2", "a.csv, which is 3x2"];
    assert_refused(read_system(&a, Some(&short)), &expected);
    let one = folder.file("one.csv", "1.0,2\n");
    let (_, sides) = read_system(&one, Some(&one)).unwrap();
    assert_eq!(
        (sides.rows(), sides.cols()),
        (1, 2),
        "two right-hand sides of one row"
    );
}

#[test]
fn flags_are_for_both_files_or_for_each() {
    let folder = Folder::new("flags");
    let a = folder.file("a.csv", "0,1\n1.5,2\n3,4.5\n");
    let b = folder.file("b.csv", "0\n7.5\n");
    let expected = [
        "--a: ",
        "a.csv: line 1: \"0,1\" may be names",
        "--header yes",
    ];
    assert_refused(read_system(&a, Some(&b)), &expected);
    let system = |header| super::read_system(&a, Some(&b), &flags([header, "", "", ""]));
    assert_refused(system("yes"), &["b.csv is 1x1", "a.csv, which is 2x2"]);
    let read = system("yes,no").unwrap();
    assert_eq!(
        read.a,
        Mat::from_fn(2, 2, |i, j| [[1.5, 2.0], [3.0, 4.5]][i][j])
    );
    assert_eq!(read.b, Mat::from_fn(2, 1, |i, _| [0.0, 7.5][i]));
    assert_eq!(
        read.read,
        [
            "read 2×2 from a.csv: header skipped, separated by commas; header: 0,1",
            "read 2×1 from b.csv: no header",
        ]
    );
    assert_refused(system("maybe"), &["--header: must be yes, no or auto"]);
    assert_refused(
        super::read_system(&a, None, &flags(["yes", "", "colon", ""])),
        &["--delimiter: must be comma, semicolon, tab, pipe or blank"],
    );
    assert_refused(
        super::read_system(&a, None, &flags(["yes", "", ",", "1"])),
        &["--decimal: must be point or comma"],
    );
    let mtx = folder.file(
        "a.mtx",
        "%%MatrixMarket matrix array real general\n1 1\n2\n",
    );
    assert_refused(
        super::read_system(&mtx, None, &flags(["yes", "", "", ""])),
        &["--header", "apply to tables of text"],
    );
}

#[test]
fn it_is_said_where_each_matrix_comes_from() {
    let folder = Folder::new("said");
    let a = folder.file("a.csv", ",x,y\n0,1.5,2\n1,3,4.5\n2,5,6.5\n");
    let row = folder.file("b.txt", "7.5 8 9\n");
    let said = |b| {
        super::read_system(&a, b, &TableFlags::default())
            .unwrap()
            .read
    };
    let of_a = "read 3×2 from a.csv: header and index column skipped, separated by commas; header: \
                ,x,y";
    assert_eq!(
        said(None),
        [of_a, "b is A·(1, …, 1)ᵀ, because --b is not given"]
    );
    let of_b = "read 1×3 from b.txt: no header, separated by blanks; the row is taken as a column";
    assert_eq!(said(Some(&row)), [of_a, of_b]);
    let mtx = "%%MatrixMarket matrix coordinate real symmetric\n1 1 1\n1 1 2\n";
    let mtx = folder.file("a.mtx", mtx);
    let read = super::read_system(&mtx, None, &TableFlags::default())
        .unwrap()
        .read;
    assert_eq!(
        read[0],
        "read 1×1 from a.mtx: Matrix Market, coordinate real symmetric"
    );
}
