//! `compare` as its users run it. Wrong answers are found and not timed, a crash loses only its own cells, and a
//! killed run can be continued.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

/// A separate folder for each test, removed when this value is dropped.
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

/// The stored cells, without the line of the run and the lines that end a case.
fn cells(folder: &Folder) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join("results.jsonl")).expect("results");
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
        .filter(|line| line["kind"] == "speed" || line["kind"] == "accuracy")
        .collect()
}

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .expect("the binary under test runs")
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
            // Three processes with up to three rounds each, depending on the time limit of a case.
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

#[test]
fn whatever_became_of_its_cells_a_stored_result_is_read_again() {
    let folder = Folder::new("faults");
    let results = folder.path().display().to_string();
    for fault in [
        "wrong:faer",
        "crash:faer/qr",
        "panic:nalgebra",
        "hang:faer/svd --budget 2",
    ] {
        let output = run(
            &folder,
            &format!("--case square-4,product-4 --plant {fault}"),
        );
        assert_eq!(output.status.code(), Some(1), "{fault}");
        let report = xtask(&["report", &results]);
        assert_eq!(
            report.status.code(),
            Some(0),
            "{fault}: {}",
            stderr(&report)
        );
    }
}

/// The run is killed at ten moments, and is continued each time.
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
        // The run can only be continued if its own line is stored.
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

/// The last line of the output.
fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim_end()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
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
    let last = last_line(&output);
    assert!(
        last.starts_with("Take ") && last.contains("its answer is right"),
        "{text}"
    );
    // The line through these points has the slope 2.3 and the intercept 0.8.
    assert!(text.contains("\nx = 2.3, 0.8\n"), "{text}");

    let again = xtask(&["report", &folder.path().display().to_string()]);
    assert_eq!(last_line(&again), last);
    let page = std::fs::read_to_string(folder.path().join("report.html")).expect("a page");
    assert!(page.contains("<h1>line.csv: recommended library</h1>"));
    assert!(page.contains("Your system") && !page.contains("The first case"));
    let place = |id: &str| page.find(&format!("<section id=\"{id}\"")).expect(id);
    assert!(place("solution") < place("cases") && place("cases") < place("machine"));

    let check = run(&folder, &format!("--check --a {a} --b {b}"));
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    let last = last_line(&check);
    assert!(
        last.starts_with("Accurate enough: svd by faer, nalgebra, ndarray+linfa"),
        "{last}"
    );
}

/// The numbers of a table, row after row.
fn numbers(text: &str) -> Vec<Vec<f64>> {
    let row = |line: &str| {
        line.split(',')
            .map(|entry| entry.parse().expect("a number"))
            .collect()
    };
    text.lines().map(row).collect()
}

#[test]
fn the_solution_of_the_recommended_contender_is_written_to_a_file() {
    let folder = Folder::new("solution");
    let a = folder.write("a.csv", "0,1\n1,1\n2,1\n3,1\n");
    // Slopes and offsets are whole numbers, so the residual is zero.
    let b = folder.write("b.csv", "1,0,-4\n3,0,-3\n5,0,-2\n7,0,-1\n");
    let file = folder.path().join("x.csv");
    let system = format!("--a {a} --b {b} --solution {}", file.display());
    for flags in ["", "--check", "--resume"] {
        let _ = std::fs::remove_file(&file);
        let output = run(&folder, &format!("{system} {flags}"));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{flags}: {}",
            stderr(&output)
        );
        let x = numbers(&std::fs::read_to_string(&file).expect("a solution"));
        // κ is 3, so the bounds such as 30·u·κ are some units of rounding.
        for (row, expected) in x.iter().zip([[2.0, 0.0, 1.0], [1.0, 0.0, -4.0]]) {
            for (entry, expected) in row.iter().zip(expected) {
                assert!((entry - expected).abs() < 1e-12, "{flags}: {x:?}");
            }
        }
        assert_eq!((x.len(), x[0].len()), (2, 3));
        let text = String::from_utf8_lossy(&output.stdout);
        let wrote = format!("wrote {}: the solution of ", file.display());
        assert!(text.contains(&wrote), "{text}");
    }

    let npy = folder.path().join("x.npy");
    let flags = format!("--check --a {a} --solution {}", npy.display());
    assert!(run(&folder, &flags).status.success());
    let bytes = std::fs::read(npy).expect("a solution");
    assert!(bytes.starts_with(b"\x93NUMPY"));
    let (header, entries) = bytes.split_at(bytes.len() - 16);
    assert!(String::from_utf8_lossy(header).contains("'shape': (2,)"));
    for entry in entries.chunks_exact(8) {
        let entry = f64::from_le_bytes(entry.try_into().expect("eight bytes"));
        assert!((entry - 1.0).abs() < 1e-12, "{entry}");
    }
}

#[test]
fn without_an_answer_that_can_be_recommended_no_solution_is_written() {
    let folder = Folder::new("no-solution");
    let a = folder.write("ones.csv", "1,1\n1,1\n1,1\n");
    let file = folder.path().join("x.npy");
    // Every contender refuses correctly.
    let flags = format!("--check --a {a} --method qr --solution {}", file.display());
    let output = run(&folder, &flags);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("--solution: no answer is accurate enough"));
    assert!(!file.exists());
}

#[test]
fn runs_of_different_kinds_have_folders_of_their_own() {
    let folder = Folder::new("defaults");
    folder.write("mine.csv", "0,1\n1,1\n2,1\n");
    for (flags, expected) in [
        ("--quick --case product-4", "target/compare-quick"),
        ("--case product-4 --scalar f32", "target/compare"),
        (
            "--quick --a mine.csv --method svd --backend nalgebra",
            "target/compare-own/mine.csv",
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["compare", "--unoptimised"])
            .args(flags.split_whitespace())
            .current_dir(folder.path())
            .output()
            .expect("the binary under test runs");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let results = folder.path().join(expected).join("results.jsonl");
        assert!(results.exists(), "{flags}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.contains(&format!("stored {expected}/results.jsonl")),
            "{text}"
        );
    }
}

/// A build takes minutes, so a script in place of cargo prints its working directory and its arguments.
#[cfg(unix)]
#[test]
fn a_native_build_runs_where_its_files_are() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("native");
    folder.write("mine.csv", "0,1\n1,1\n");
    let cargo = folder.write("cargo", "#!/bin/sh\npwd\necho \"$@\"\n");
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).expect("a script");
    let flags = [
        "--unoptimised",
        "--native",
        "--a",
        "mine.csv",
        "--solution",
        "x.npy",
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("compare")
        .args(flags)
        .env("CARGO", cargo)
        .current_dir(folder.path())
        .output()
        .expect("the binary under test runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (place, asked) = text.split_once('\n').expect("two lines");
    let place = Path::new(place).canonicalize().expect("a folder");
    assert_eq!(place, folder.path().canonicalize().expect("a folder"));
    let given = "-- compare --unoptimised --a mine.csv --solution x.npy";
    assert!(asked.trim_end().ends_with(given), "{asked}");
}

#[test]
fn two_runs_into_one_folder_are_one_too_many() {
    let folder = Folder::new("lock");
    assert_eq!(run(&folder, "--case product-4").status.code(), Some(0));
    let before = cells(&folder);
    let lock = std::fs::File::open(folder.path().join(".lock")).expect("the lock of the run");
    lock.lock().expect("nobody holds it any more");
    for flags in ["--case product-4", "--case product-4 --resume"] {
        let output = run(&folder, flags);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("another run is writing to"), "{message}");
        assert_eq!(message.trim_end().lines().count(), 1);
    }
    assert_eq!(cells(&folder), before);
    // A check does not store results.
    let check = run(&folder, "--check --case product-4");
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    drop(lock);
    let output = run(&folder, "--case product-4 --resume");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn an_edited_result_is_refused_with_its_line_by_every_reader() {
    let folder = Folder::new("edited");
    assert_eq!(run(&folder, "--case product-4").status.code(), Some(0));
    let file = folder.path().join("results.jsonl");
    let whole = std::fs::read_to_string(&file).expect("results");
    let lines: Vec<&str> = whole.lines().collect();
    let cell = lines
        .iter()
        .position(|line| line.contains("\"speed\""))
        .expect("a cell");
    let edit = |at: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        let edited = lines[at].replacen(from, to, 1);
        assert_ne!(edited, lines[at]);
        lines[at] = edited;
        lines.join("\n") + "\n"
    };
    let doubled = [&lines[..=cell], &lines[cell..]].concat().join("\n") + "\n";
    let results = folder.path().display().to_string();
    for (text, line) in [
        (
            edit(0, "\"started\":1", "\"started\":92233720368547758081"),
            1,
        ),
        (
            edit(cell, "\"median_ns\":", "\"median_ns\":0.0,\"was\":"),
            cell + 1,
        ),
        (doubled, cell + 2),
        (edit(0, "\"kind\":\"run\"", "\"kind\":\"speed\""), 1),
    ] {
        std::fs::write(&file, text).expect("an edited file");
        for output in [
            xtask(&["report", &results]),
            xtask(&["diff", &results, &results]),
            run(&folder, "--case product-4 --resume"),
        ] {
            let message = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{message}");
            assert!(message.contains(&format!(", line {line}: ")), "{message}");
            assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        }
    }
    std::fs::write(&file, &whole).expect("the results again");
    assert!(xtask(&["report", &results]).status.success());

    // A run that ended before its first case has no results to compare.
    let other = Folder::new("header");
    other.write("results.jsonl", &format!("{}\n", lines[0]));
    let header = other.path().display().to_string();
    for (old, new) in [(&results, &header), (&header, &results)] {
        let diff = xtask(&["diff", old, new]);
        assert_eq!(diff.status.code(), Some(2), "{}", stderr(&diff));
        assert!(
            stderr(&diff).contains("cannot compare"),
            "{}",
            stderr(&diff)
        );
    }
}

#[test]
fn a_diff_of_two_systems_of_one_name_is_refused() {
    let (old, new) = (Folder::new("diff-old"), Folder::new("diff-new"));
    for (folder, last) in [(&old, "6"), (&new, "7")] {
        let a = folder.write("a.csv", &format!("1,2\n3,4\n5,{last}\n"));
        let flags = format!("--a {a} --backend nalgebra --method svd");
        assert!(run(folder, &flags).status.success());
    }
    let [old, new] = [&old, &new].map(|folder| folder.path().display().to_string());
    let diff = xtask(&["diff", &old, &new]);
    assert_eq!(diff.status.code(), Some(2));
    let message = stderr(&diff);
    assert!(
        message.contains("they solve different systems, A and b of hash"),
        "{message}"
    );
}

/// Runs a command after its stdout was closed, and returns its output.
fn unread(mut command: Command) -> Output {
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the binary under test runs");
    drop(child.stdout.take());
    child.wait_with_output().expect("it was started")
}

#[test]
fn output_that_nobody_reads_costs_no_file_and_no_exit_code() {
    let folder = Folder::new("unread");
    let cases = "--case product-4";
    for (plant, code) in [("", 0), ("--plant wrong:faer", 1)] {
        let output = unread(compare(&folder, &format!("{cases} {plant}")));
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(!stderr(&output).contains("pipe"), "{}", stderr(&output));
        for file in ["report.md", "report.html"] {
            let file = folder.path().join(file);
            assert!(file.exists());
            std::fs::remove_file(file).expect("it exists");
        }
    }
    assert!(run(&folder, cases).status.success());
    let results = folder.path().display().to_string();
    for arguments in [
        &["report", &results, "--all"][..],
        &["diff", &results, &results],
        &[
            "reproduce",
            "--samples",
            "20",
            "--lm-iterations",
            "2",
            "--out",
            &results,
        ],
        &["report", "--help"],
        &["--version"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments);
        let output = unread(command);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(stderr(&output), "", "{arguments:?}");
    }
    assert!(folder.path().join("record.jsonl").exists());
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
    // The workers read the file with the same flags, so there are three rows, not four.
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

#[test]
fn a_matrix_of_equal_rows_is_judged_right_and_the_time_of_the_truth_is_printed() {
    let folder = Folder::new("equal-rows");
    let a = folder.write("rows.csv", "1.5,2,3,4,5\n1.5,2,3,4,5\n1.5,2,3,4,5\n");
    let output = run(&folder, &format!("--check --scalar f64,f32 --a {a}"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("The reference solutions took"), "{text}");
}

#[test]
fn a_singular_value_beyond_the_range_is_an_error_of_the_input() {
    let folder = Folder::new("overflow");
    let a = folder.write("missing.csv", "1e308,2\n1,4\n1.5e308,0\n1e308,7\n");
    let output = run(&folder, &format!("--check --a {a}"));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    for part in ["missing.csv", "1.5e308", "row 3, column 1", "overflows f64"] {
        assert!(text.contains(part), "{text}");
    }
}

/// The singular value max(m, n)·ε/8 is near the limit at which the rank becomes 400.
#[test]
fn a_rank_at_the_edge_that_is_too_dear_to_decide_says_what_it_takes() {
    let folder = Folder::new("edge");
    let n = 400;
    let edge = f64::from(n) * f64::EPSILON / 8.0;
    let line = |i: i32| {
        // The matrix is a reflector times a diagonal matrix.
        let entry = |j: i32| {
            let reflector = f64::from(u8::from(i == j)) - 2.0 / f64::from(n);
            let scale = if j == 0 { edge } else { 1.0 };
            format!("{:e}", reflector * scale)
        };
        (0..n).map(entry).collect::<Vec<_>>().join(",")
    };
    let text: Vec<String> = (0..n).map(line).collect();
    let a = folder.write("edge.csv", &text.join("\n"));
    let output = run(&folder, &format!("--check --budget 1 --a {a}"));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    for part in ["edge.csv", "cannot be decided", "takes about", "--budget 1"] {
        assert!(text.contains(part), "{text}");
    }
}
