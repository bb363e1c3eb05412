//! `mpirun -n 3 leastwise fit --mpi`: the result of one process, printed once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    /// A folder with data.npy: 2·exp(−t/3) + 0.5 with small waves, at 500 places.
    fn new(name: &str) -> Self {
        let name = format!("leastwise-cli-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (500, 2), }";
        let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        bytes.extend(format!("{text:117}\n").bytes());
        for i in 0..500 {
            let t = 0.02 * f64::from(i);
            let y = 2.0 * (-t / 3.0).exp() + 0.5 + 0.01 * (77.0 * t).sin();
            bytes.extend([t, y].iter().flat_map(|number| number.to_le_bytes()));
        }
        fs::write(folder.join("data.npy"), bytes).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const FIT: &str = "fit data.npy --x 1 --y 2 --model a*exp(-x/tau)+c --start a=1,tau=1,c=0";

/// A program of this many ranks. One that hangs fails the test.
fn mpirun(ranks: usize, folder: &Path, flags: &str) -> Output {
    let mut child = Command::new("mpirun")
        .args(["-n", &ranks.to_string(), "--oversubscribe"])
        .arg(env!("CARGO_BIN_EXE_leastwise"))
        .args(FIT.split(' ').chain(["--mpi"]))
        .args(flags.split_whitespace())
        .current_dir(folder)
        .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
        .env_remove("RUST_BACKTRACE")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let clock = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if clock.elapsed() > Duration::from_mins(2) {
            child.kill().unwrap();
            panic!("{ranks} ranks with {flags} wait for ever");
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

fn alone(folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(FIT.split(' '))
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success());
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines that rank 0 prints about its steps.
fn steps(output: &Output) -> Vec<String> {
    let errors = text(&output.stderr);
    let lines = errors.lines().filter(|line| line.starts_with("step "));
    lines.map(str::to_owned).collect()
}

#[test]
fn rank_0_alone_prints_the_summary_of_one_process() {
    let folder = Folder::new("summary");
    let expected = alone(&folder.0);
    // Without the first line, which says how the file was read, and the last one, which has the time.
    let body = |summary: &str| -> Vec<String> {
        let lines: Vec<&str> = summary.lines().collect();
        let inner = &lines[1..lines.len() - 1];
        inner.iter().map(|line| (*line).to_owned()).collect()
    };
    for ranks in 1..=4 {
        let output = mpirun(ranks, &folder.0, "");
        let found = text(&output.stdout);
        assert!(output.status.success(), "{found}");
        let head = format!("read 500×2 from data.npy, on {ranks} ranks");
        assert_eq!(found.lines().next(), Some(&head[..]));
        assert_eq!(body(&found), body(&expected), "{found}");
        let steps = steps(&output);
        assert!(steps.len() > 2, "{steps:?}");
        for (k, line) in steps.iter().enumerate() {
            assert!(line.starts_with(&format!("step {k}: loss ")), "{steps:?}");
        }
    }
    let json: Value = serde_json::from_slice(&mpirun(2, &folder.0, "--json").stdout).unwrap();
    assert_eq!(json["observations"], 500);
    assert_eq!(json["converged"], true);
}

#[test]
fn what_is_refused_is_one_line_and_exit_code_2() {
    let folder = Folder::new("refused");
    for (flags, message) in [
        (
            "--profiles",
            "--mpi: --profiles is not offered across ranks; leave it out, or fit without --mpi",
        ),
        (
            "--sigma 3",
            "--sigma: data.npy has no column \"3\"; its columns are $1, $2",
        ),
        (
            "--bounds a=5:",
            "--start: a = 1 is outside its bounds, 5 to inf",
        ),
        (
            "--level",
            "a value is required for '--level <PROBABILITY>' but none was supplied; try --help",
        ),
    ] {
        let output = mpirun(3, &folder.0, flags);
        assert_eq!(output.status.code(), Some(2), "{flags}");
        assert!(output.stdout.is_empty(), "{flags}");
        let errors = text(&output.stderr);
        let lines = errors.lines().filter(|line| line.starts_with("error: "));
        let expected = format!("error: {message}");
        assert_eq!(lines.collect::<Vec<_>>(), [expected], "{errors}");
    }
}

#[test]
fn a_run_goes_on_with_another_number_of_ranks() {
    let folder = Folder::new("checkpoint");
    let first = mpirun(2, &folder.0, "--checkpoint state");
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(steps(&first).len() > 3);
    // It begins where the first one ended, so there is little left to do.
    let second = mpirun(3, &folder.0, "--checkpoint state");
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert!(steps(&second).len() <= 3, "{:?}", steps(&second));
    let estimates = |text: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| line.starts_with("  "));
        rows.map(str::to_owned).collect()
    };
    let (found, expected) = (estimates(&text(&second.stdout)), alone(&folder.0));
    assert!(found.len() > 3);
    assert_eq!(found, estimates(&expected));
    // A file that is no checkpoint ends the run.
    fs::write(folder.0.join("state"), "nothing").unwrap();
    let third = mpirun(2, &folder.0, "--checkpoint state");
    assert_eq!(third.status.code(), Some(1));
    let expected = "error: rank 0: Checkpoint: path state is not a checkpoint of this version\n";
    let errors = text(&third.stderr);
    assert!(errors.contains(expected), "{errors}");
}
