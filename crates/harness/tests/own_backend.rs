//! Runs the example as its readers do. A backend that Leastwise does not know is verified and timed beside
//! one that it knows. The workers are the example itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use leastwise_harness::store;

/// A separate folder for each test, removed when this value is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("leastwise-own-backend-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The path of the example. Cargo builds the examples of a package with its tests, and puts them beside the
/// tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let name = format!("own_backend{}", std::env::consts::EXE_SUFFIX);
    folder.join("examples").join(name)
}

fn run(folder: &Folder, flags: &str) -> Output {
    Command::new(example())
        .args(["--unoptimised", "--quick", "--out"])
        .arg(&folder.0)
        .args(flags.split_whitespace())
        .output()
        .unwrap()
}

#[track_caller]
fn assert_exits(output: &Output, code: i32, stderr: &str) {
    let found = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{found}");
    assert!(found.contains(stderr), "{found}");
}

#[test]
fn a_backend_of_another_program_is_verified_and_timed_beside_faer() {
    let folder = Folder::new("measured");
    let output = run(&folder, "--case square-4,product-4 --backend plain,faer");
    assert_exits(&output, 0, "");
    let results = store::read(&folder.0).unwrap();
    for backend in ["plain", "faer"] {
        for case in ["square-4", "product-4"] {
            let is_it = |backend: &str, case: &str| {
                let cells = results.cells.iter();
                cells
                    .filter(|cell| cell.backend == backend && cell.case == case && !cell.control)
                    .filter(|cell| !cell.samples_ns.is_empty())
                    .count()
            };
            assert!(is_it(backend, case) > 0, "{backend} {case}");
        }
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let products = printed
        .lines()
        .find(|line| line.starts_with("product-4 f64: "));
    let shown = products.is_some_and(|line| line.contains("plain ") && line.contains("faer "));
    assert!(shown, "{printed}");
    assert!(
        printed.contains("All ") && printed.contains(" answers are right."),
        "{printed}"
    );
}

#[test]
fn what_is_wrong_with_it_is_found_and_a_request_that_cannot_be_met_is_refused() {
    let folder = Folder::new("wrong");
    let output = run(&folder, "--check --case product-4 --plant wrong:plain");
    assert_exits(&output, 1, "plain matmul product-4 f64: an entry is off");
    let output = run(&folder, "--backend nobody");
    assert_exits(
        &output,
        2,
        "unknown backend \"nobody\"; the backends are plain, faer,",
    );
    let output = run(&folder, "--threads 0");
    assert_exits(&output, 2, "--threads must be at least 1");
    let output = run(&folder, "worker --backend nobody --threads 1");
    assert_exits(&output, 2, "");
    assert!(!folder.0.exists(), "nothing was timed");
}
