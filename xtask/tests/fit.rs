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
