//! `compare` as its users run it: what is wrong is found and not timed, what crashes costs its own
//! cells alone, and a run that was killed goes on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("leastwise-compare-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.0.join(name);
        std::fs::write(&file, text).expect("a file for the test");
        file.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn compare(folder: &Folder, flags: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(["compare", "--unoptimised", "--quick", "--out"])
        .arg(folder.path())
        .args(flags.split_whitespace());
    command
}

fn run(folder: &Folder, flags: &str) -> Output {
    compare(folder, flags)
        .output()
        .expect("the binary under test runs")
}

/// The cells that are stored, without the line of the run and those that close a case.
fn cells(folder: &Folder) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join("results.jsonl")).expect("results");
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
        .filter(|line| line["kind"] == "speed" || line["kind"] == "accuracy")
        .collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_planted_wrong_answer_is_rejected_and_not_timed() {
    let folder = Folder::new("wrong");
    let output = run(&folder, "--case square-4,product-4 --plant wrong:nalgebra");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("nalgebra/svd lstsq square-4 f64: backward error"));
    for cell in cells(&folder) {
        let planted = cell["backend"] == "nalgebra" && cell["control"] == false;
        if planted {
            assert_eq!(cell["status"], "rejected", "{cell}");
            assert!(cell["reason"].is_string() && cell["median_ns"].is_null());
            assert_eq!(cell["samples_ns"].as_array().map(Vec::len), Some(0));
        } else if cell["status"] == "ok" {
            // Three processes of up to three rounds, as many as the time of a case leaves.
            let samples = cell["samples_ns"].as_array().map(Vec::len);
            assert!(matches!(samples, Some(3 | 6 | 9)), "{cell}");
        }
    }
}

#[test]
fn a_crash_a_hang_and_a_panic_cost_their_own_cells_alone() {
    let folder = Folder::new("crash");
    for (fault, reason) in [
        ("crash:faer", "the process died"),
        ("hang:faer --budget 2", "no answer within 2 s"),
        ("panic:faer", "panicked: a planted panic"),
    ] {
        let output = run(&folder, &format!("--case product-4 --plant {fault}"));
        assert_eq!(output.status.code(), Some(1), "{fault}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        let status: HashMap<(String, bool), String> = cells(&folder)
            .iter()
            .map(|cell| {
                let text = |field: &str| cell[field].as_str().unwrap_or_default().to_owned();
                let control = cell["control"] == true;
                ((text("backend"), control), text("status"))
            })
            .collect();
        assert_eq!(status[&("faer".to_owned(), false)], "error", "{fault}");
        for other in ["nalgebra", "ndarray"] {
            assert_eq!(status[&(other.to_owned(), false)], "ok", "{fault}");
        }
        assert_eq!(status[&("faer".to_owned(), true)], "ok", "{fault}");
    }
}

/// Killed at ten moments spread over a run, and continued each time.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_again_and_again_loses_and_doubles_no_cell() {
    let cases = "--case square-4,square-32,product-4,product-32";
    let whole = Folder::new("whole");
    assert_eq!(run(&whole, cases).status.code(), Some(0));
    let key = |cell: &Value| {
        let fields = ["op", "case", "scalar", "backend", "method", "control"];
        fields.map(|field| cell[field].to_string()).join(" ")
    };
    let expected: Vec<String> = cells(&whole).iter().map(key).collect();

    let folder = Folder::new("killed");
    for kill in 0..10u64 {
        let flags = format!("{cases} {}", if kill == 0 { "" } else { "--resume" });
        let mut child = compare(&folder, &flags)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the binary under test runs");
        // The first result needs the run's own line to go on from.
        while kill == 0 && !folder.path().join("results.jsonl").exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(60 + (kill * 397) % 700));
        child.kill().expect("it is there or has ended");
        child.wait().expect("it was started");
    }
    let output = run(&folder, &format!("{cases} --resume"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: Vec<String> = cells(&folder).iter().map(key).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_run_does_not_go_on_with_other_options() {
    let folder = Folder::new("options");
    assert_eq!(run(&folder, "--case product-4").status.code(), Some(0));
    let output = run(&folder, "--case product-4 --seed 1 --resume");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("other options"),
        "{}",
        stderr(&output)
    );
    assert_eq!(stderr(&output).lines().count(), 1);
}

#[test]
fn a_run_does_not_go_on_with_another_system_of_the_same_name() {
    let folder = Folder::new("another-system");
    let a = folder.write("a.csv", "1,2\n3,4\n5,6\n");
    let flags = format!("--a {a} --backend nalgebra --method svd");
    assert!(run(&folder, &flags).status.success());
    let resumed = format!("{flags} --resume");
    assert!(run(&folder, &resumed).status.success());
    folder.write("a.csv", "1,2\n3,4\n5,7\n");
    let output = run(&folder, &resumed);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("other options"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_system_of_ones_own_ends_with_a_recommendation() {
    let folder = Folder::new("own");
    let a = folder.write("line.csv", "0,1\n1,1\n2,1\n3,1\n");
    let b = folder.write("values.csv", "1\n3\n5\n8\n");
    let output = run(&folder, &format!("--a {a} --b {b}"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("4x2 of rank 2"), "{text}");
    assert!(
        text.contains("\nTake ") && text.contains("its answer is right"),
        "{text}"
    );
}

#[test]
fn the_report_says_how_a_system_was_read_in_every_process() {
    let folder = Folder::new("tables");
    let a = folder.write("a|b.csv", "0,1\n1.5,2\n2.5,1\n3.5,4\n");
    let b = folder.write("b.csv", ";y\n0;1,5\n1;2,5\n2;3,5\n");
    let refused = run(&folder, &format!("--check --a {a} --b {b}"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("choose with --header yes or --header no"));
    assert_eq!(stderr(&refused).lines().count(), 1);
    // The workers read with the same flags: three rows, not four.
    let flags = "--header yes --backend nalgebra --method svd --check";
    let output = run(&folder, &format!("--a {a} --b {b} {flags}"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    for said in [
        "read 3×2 from a\\|b.csv: header skipped, separated by commas; header: 0,1",
        "read 3×1 from b.csv: header and index column skipped, separated by semicolons, decimal commas",
        "3x2 of rank 2",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_bad_file_is_one_line_and_exit_code_2() {
    let folder = Folder::new("bad");
    let good = folder.write("good.csv", "0,1\n1,1\n2,1\n");
    let short = folder.write("short.csv", "1\n2\n");
    let nan = folder.write("nan.csv", "0,1\n1,nan\n2,1\n");
    let unknown = folder.write("matrix.docx", "0 1");
    for (flags, named) in [
        ("--a nowhere.csv".to_owned(), "nowhere.csv"),
        (format!("--a {good} --b {short}"), "--b"),
        (format!("--a {nan}"), "nan.csv"),
        (format!("--a {unknown}"), "matrix.docx"),
        (format!("--b {good}"), "--a"),
    ] {
        let output = run(&folder, &flags);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{flags}: {message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{flags}: {message}");
        assert!(message.contains(named), "{flags}: {message}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_check_tells_ci_what_is_wrong_and_writes_its_summary() {
    let folder = Folder::new("check");
    let summary = folder.path().join("summary.md");
    let output = compare(&folder, "--check --case square-4 --plant wrong:faer/svd")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .expect("the binary under test runs");
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.starts_with("error: 1 answer is wrong:\nfaer/svd lstsq square-4 f64: "));
    let markdown = std::fs::read_to_string(summary).expect("a summary");
    assert!(
        markdown.contains("### Rejected") && markdown.contains("| faer/qr"),
        "{markdown}"
    );
    assert!(!folder.path().join("results.jsonl").exists());
}

#[test]
fn a_stored_result_is_rendered_and_compared_with_itself() {
    let folder = Folder::new("report");
    assert_eq!(run(&folder, "--case product-4").status.code(), Some(0));
    let xtask = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .output()
            .expect("the binary under test runs")
    };
    let results = folder.path().display().to_string();
    let json = folder.path().join("report.json").display().to_string();
    let report = xtask(&["report", &results, "--json", &json]);
    assert_eq!(report.status.code(), Some(0), "{}", stderr(&report));
    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(json).expect("a document")).expect("JSON");
    assert_eq!(document["groups"][0]["case"], "product-4");
    assert_eq!(document["schema"], 1);
    let diff = xtask(&["diff", &results, &results]);
    assert_eq!(diff.status.code(), Some(0), "{}", stderr(&diff));
    assert!(String::from_utf8_lossy(&diff.stdout).contains("No regression"));
    let nowhere = xtask(&["diff", &results, "nowhere"]);
    assert_eq!(nowhere.status.code(), Some(2));
}
