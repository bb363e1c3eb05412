//! `fit` prints a summary and exits with 0, with 1 if the fit did not converge, and with 2 for bad input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("leastwise-xtask-fit-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for (file, text) in FILES {
            fs::write(folder.join(file), text).expect("a file");
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const FILES: [(&str, &str); 7] = [
    ("line.csv", "t,y\n0.5,1.1\n1,2\n2,3.9\n3,6.2\n5,9.9\n"),
    ("kink.csv", "t,y\n0,-1\n1,-1.5\n2,-1\n"),
    ("nan.csv", "t,y\n0.5,1\n1,nan\n2,3\n"),
    ("words.csv", "t,y\n0.5,one\n1,two\n2,three\n"),
    ("constant.csv", "t,y\n0.5,3\n1,3\n2,3\n"),
    ("few.csv", "t,y\n0.5,1\n1,2.5\n"),
    ("zero.csv", "t,y,s\n0.5,1,0.1\n1,2,0\n2,3,0.1\n"),
];

fn fit(folder: &Path, flags: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(folder)
        .arg("fit")
        .args(flags.split_whitespace())
        .output()
        .expect("the binary under test runs")
}

#[test]
fn the_exit_code_is_0_for_a_fit_and_1_if_it_does_not_converge() {
    let folder = Folder::new("codes");
    let output = fit(
        &folder.0,
        "line.csv --x t --y y --model a+b*t --start a=0,b=1 --plot line.png",
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        text.contains("Fit of 2 parameters to 5 observations: converged"),
        "{text}"
    );
    assert!(folder.0.join("line.png").exists() && output.stderr.is_empty());

    let output = fit(&folder.0, "line.csv --x 1 --y 2 --model power --json");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["parameters"][1]["name"], "b");

    let output = fit(
        &folder.0,
        "kink.csv --x t --y y --model abs(p-t) --start p=0.4",
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("NOT CONVERGED"));
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("error: the fit did not converge: ")
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row for each mistake")]
fn bad_input_exits_with_2_and_one_line() {
    let folder = Folder::new("bad");
    for (flags, expected) in [
        ("line.csv", "--x"),
        ("line.csv --x t --y y", "--model"),
        (
            "line.csv --x time --y y --model power",
            "its columns are t, y",
        ),
        ("line.csv --x t --y 3 --model power", "its columns are t, y"),
        ("line.csv --x t --y y --sigma s --model power", "--sigma"),
        (
            "line.csv --x t --y y --model a*tt --start a=1",
            "the columns are t, y",
        ),
        (
            "line.csv --x t --y y --model a*exp(t --start a=1",
            "column 6: this parenthesis is not closed",
        ),
        (
            "line.csv --x t --y y --model 2t*a --start a=1",
            "column 2: an operator is missing",
        ),
        (
            "line.csv --x t --y y --model a=t --start a=1",
            "column 2: a formula has no =",
        ),
        (
            "line.csv --x t --y y --model gauss",
            "the models are exponential",
        ),
        (
            "line.csv --x t --y y --model a+b*t --start a=1 --tie b=2*c",
            "--tie, b, column 3: c is not a parameter",
        ),
        (
            "line.csv --x t --y y --model a+b*t --start a=1,b=1 --starts 0",
            "--starts: must be from 1",
        ),
        (
            "line.csv --x t --y y --model a+b*t --start a=1,b=1 --starts many",
            "--starts",
        ),
        (
            "line.csv --x t --y y --model a+b*t --start a=1,b=1 --level 95",
            "--level: must be between 0 and 1",
        ),
        ("line.csv --x t --y y --model a*t --start a", "--start"),
        ("line.csv --x t --y y --model a*t --start a=x", "--start"),
        (
            "line.csv --x t --y y --model a*t --start a=1,b=1",
            "its parameters are a",
        ),
        (
            "line.csv --x t --y y --model a*t --fix a=1",
            "no parameter is free",
        ),
        (
            "line.csv --x t --y y --model a*t --start a=1 --bounds a=2:1",
            "--bounds",
        ),
        (
            "line.csv --x t --y y --model a*t --start a=1 --bounds a=2:3",
            "outside its bounds, 2 to 3",
        ),
        (
            "line.csv --x t --y y --model log(a)*t --start a=-1",
            "there the model is NaN in row 1",
        ),
        (
            "line.csv --x t --y y --model a*t --start a=1 --robust l1",
            "--robust",
        ),
        (
            "line.csv --x t --y y --model a*t --start a=1 --plot fit.gif",
            "--plot",
        ),
        (
            "line.csv --x t --y y --model a*t --start a=1 --absolute-sigma",
            "--sigma",
        ),
        (
            "line.csv --x t --y y --model a*t --start a=1 --header maybe",
            "--header",
        ),
        (
            "line.csv --x t --y y --model a*t --start a=1 --delimiter dot",
            "--delimiter",
        ),
        ("nan.csv --x t --y y --model power", "line 3"),
        ("words.csv --x t --y y --model power", "line 2"),
        (
            "constant.csv --x t --y y --model power",
            "the column y is constant",
        ),
        (
            "few.csv --x t --y y --model a+b*t+c*t^2 --start a=1,b=1,c=1",
            "2 rows do not determine 3 parameters",
        ),
        ("zero.csv --x t --y y --sigma s --model power", "0 in row 2"),
        (
            "nowhere.csv --x t --y y --model power",
            "nowhere.csv: cannot be read",
        ),
        (
            "fit.xlsx --x t --y y --model power",
            "the extension must be",
        ),
    ] {
        let output = fit(&folder.0, flags);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{flags}: {message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{flags}: {message}");
        assert!(message.contains(expected), "{flags}: {message}");
        assert!(output.stdout.is_empty());
    }
}

const LINE: &str = "line.csv --x t --y y --model a+b*t --start a=0,b=1";

fn assert_fails_with(output: &Output, code: i32, expected: &str) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert!(message.contains(expected), "{message}");
}

/// /dev/full refuses every byte, as a disk without space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line_and_exit_code_1() {
    let folder = Folder::new("full");
    std::os::unix::fs::symlink("/dev/full", folder.0.join("fit.png")).expect("a link");
    let output = fit(&folder.0, &format!("{LINE} --plot fit.png"));
    assert_fails_with(
        &output,
        1,
        "error: --plot: cannot write fit.png: No space left",
    );
    let full = fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("a device");
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(&folder.0)
        .arg("fit")
        .args(LINE.split_whitespace())
        .stdout(full)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("the binary under test runs");
    assert_fails_with(&output, 1, "No space left");
}

#[test]
fn a_file_in_place_of_a_folder_is_one_line_and_exit_code_2() {
    let folder = Folder::new("folder");
    let output = fit(&folder.0, &format!("{LINE} --plot line.csv/fit.png"));
    assert_fails_with(
        &output,
        2,
        "error: --plot: the folder of line.csv/fit.png does not exist",
    );
}

#[cfg(unix)]
#[test]
fn output_that_nobody_reads_is_no_error() {
    let folder = Folder::new("unread");
    for flags in ["", " --json"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(&folder.0)
            .arg("fit")
            .args(format!("{LINE}{flags}").split_whitespace())
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .expect("the binary under test runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*message), (Some(0), ""));
    }
}

/// The header of a sparse file states the shape, and so the memory of the dense matrix: 1.9 GB beside a limit of 600 MB.
#[cfg(target_os = "linux")]
#[test]
fn a_table_beyond_the_memory_is_one_line_and_exit_code_2() {
    let folder = Folder::new("memory");
    let header = "%%MatrixMarket matrix coordinate real general";
    fs::write(
        folder.0.join("huge.mtx"),
        format!("{header}\n16000 15000 1\n1 1 1\n"),
    )
    .expect("a file");
    let output = Command::new("sh")
        .current_dir(&folder.0)
        .args([
            "-c",
            r#"ulimit -v 600000 && exec "$0" "$@""#,
            env!("CARGO_BIN_EXE_xtask"),
        ])
        .args([
            "fit", "huge.mtx", "--x", "1", "--y", "2", "--model", "power",
        ])
        .output()
        .expect("a shell");
    assert_fails_with(&output, 2, "huge.mtx");
}

/// Two processes write the same picture at once. It is whole at every moment.
#[cfg(unix)]
#[test]
fn two_fits_at_once_write_a_whole_picture() {
    let folder = Folder::new("two");
    let fits: Vec<_> = (0..2)
        .map(|_| {
            Command::new(env!("CARGO_BIN_EXE_xtask"))
                .current_dir(&folder.0)
                .arg("fit")
                .args(format!("{LINE} --plot line.svg").split_whitespace())
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("the binary under test runs")
        })
        .collect();
    for mut running in fits {
        while running.try_wait().expect("it was started").is_none() {
            if let Ok(text) = fs::read_to_string(folder.0.join("line.svg")) {
                assert!(text.ends_with("</svg>\n"), "{} bytes", text.len());
            }
        }
        assert!(running.wait().expect("it was started").success());
    }
    let names = fs::read_dir(&folder.0).expect("a folder").count();
    assert_eq!(names, FILES.len() + 1, "nothing is left over");
}
