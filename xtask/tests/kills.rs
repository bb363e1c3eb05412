//! Commands that are killed at random moments. No cell is lost or doubled, and no file is torn.
//!
//! `LEASTWISE_KILLS=1000 cargo test -p xtask --test all kills:: -- --nocapture` kills each command as often, and prints how
//! many of the kills hit a run.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

fn kills() -> u64 {
    std::env::var("LEASTWISE_KILLS").map_or(12, |count| count.parse().expect("a number"))
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("leastwise-kills-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for the test");
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn xtask(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Runs the command to its end, and returns how long it took.
fn whole_run(folder: &Path, arguments: &str) -> Duration {
    let start = std::time::Instant::now();
    let output = xtask(folder, arguments).stderr(Stdio::piped()).output();
    let output = output.expect("the binary under test runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments}: {message}");
    start.elapsed()
}

/// Starts the command, and kills it at a random moment of a run that takes about `longest`. Returns whether it still ran.
fn killed(folder: &Path, arguments: &str, longest: Duration, random: &mut ChaCha12Rng) -> bool {
    let mut child = xtask(folder, arguments)
        .spawn()
        .expect("the binary under test runs");
    sleep(longest.mul_f64(random.random_range(0.0..1.0)));
    child.kill().expect("it is there or has ended");
    child.wait().expect("it was started").code().is_none()
}

/// The cells that are stored, each by what identifies it, with the number of times that it occurs.
fn cells(results: &Path) -> Vec<String> {
    let text = fs::read_to_string(results).expect("results");
    let key = |line: &Value| {
        let fields = ["op", "case", "scalar", "backend", "method", "control"];
        fields.map(|field| line[field].to_string()).join(" ")
    };
    // A kill may cut the last line short. The next run drops it.
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.pop_if(|line| !line.ends_with('\n'));
    let line = |line: &str| serde_json::from_str::<Value>(line).expect("a line of JSON");
    let lines = lines.into_iter().map(line);
    let is_cell = |line: &Value| line["kind"] == "speed" || line["kind"] == "accuracy";
    lines.filter(is_cell).map(|line| key(&line)).collect()
}

/// Each run is killed, and the next one goes on. A run that ends begins the whole again.
#[test]
fn compare_loses_and_doubles_no_cell() {
    const RUN: &str = "compare --unoptimised --quick --backend nalgebra,ndarray --method svd --scalar f64 --case square-4,product-4 --out out";
    let folder = Folder::new("compare");
    let results = folder.file("out/results.jsonl");
    let longest = whole_run(&folder.0, RUN);
    let expected = cells(&results);
    let mut random = ChaCha12Rng::seed_from_u64(1);
    let (mut hits, mut whole) = (0, 0);
    let mut known = BTreeSet::new();
    for kill in 0..kills() {
        let may_resume = known.len() < expected.len() && kill > 0 && has_run(&results);
        let arguments = if may_resume {
            format!("{RUN} --resume")
        } else {
            RUN.to_owned()
        };
        let begins = !may_resume;
        hits += u64::from(killed(&folder.0, &arguments, longest, &mut random));
        if !results.exists() {
            continue;
        }
        let stored = cells(&results);
        let now: BTreeSet<String> = stored.iter().cloned().collect();
        assert_eq!(now.len(), stored.len(), "kill {kill} doubled a cell");
        let of_this_run = begins || now.is_superset(&known);
        assert!(of_this_run, "kill {kill} lost {:?}", known.difference(&now));
        assert!(
            now.iter().all(|cell| expected.contains(cell)),
            "kill {kill}"
        );
        whole += u64::from(now.len() == expected.len());
        known = now;
    }
    // What stands can be continued to its end.
    if has_run(&results) {
        whole_run(&folder.0, &format!("{RUN} --resume"));
        assert_eq!(cells(&results), expected);
    }
    println!(
        "compare: {hits} of {} kills hit a run, {whole} times every cell was stored",
        kills()
    );
    assert!(hits > 0, "no kill hit a run");
}

/// A run can be continued if its own line is stored.
fn has_run(results: &Path) -> bool {
    fs::read_to_string(results).is_ok_and(|text| text.contains('\n'))
}

/// Kills a command that writes `files`, each with the end that a whole file has. After each kill, a file is whole or missing.
fn kill_writers(name: &str, folder: &Folder, command: &str, files: &[(&str, &[u8])]) {
    let longest = whole_run(&folder.0, command);
    let mut random = ChaCha12Rng::seed_from_u64(2);
    let mut hits = 0;
    for kill in 0..kills() {
        hits += u64::from(killed(&folder.0, command, longest, &mut random));
        for (file, end) in files {
            // From the first run on, there is a file.
            let bytes = fs::read(folder.file(file)).expect("a file");
            assert!(
                bytes.ends_with(end),
                "kill {kill} tore {file} of {} bytes",
                bytes.len()
            );
        }
    }
    println!("{name}: {hits} of {} kills hit a run", kills());
    assert!(hits > 0, "no kill hit a run");
}

const END_OF_PNG: &[u8] = b"IEND\xAE\x42\x60\x82";

#[test]
fn report_tears_no_page_and_no_picture() {
    let folder = Folder::new("report");
    let run = "compare --unoptimised --quick --backend nalgebra --method svd --scalar f64 --case square-4,square-32 --out out";
    whole_run(&folder.0, run);
    let before = fs::read(folder.file("out/results.jsonl")).expect("results");
    kill_writers(
        "report",
        &folder,
        "report out --all --html page.html --markdown page.md --json page.json",
        &[
            ("page.html", b"</html>"),
            ("page.md", b"\n"),
            ("page.json", b"}\n"),
        ],
    );
    // The results are only read.
    assert_eq!(
        fs::read(folder.file("out/results.jsonl")).expect("results"),
        before
    );
}

#[test]
fn fit_tears_no_picture() {
    let folder = Folder::new("fit");
    let row = |i| format!("{},{}\n", f64::from(i) / 20.0, (-f64::from(i) / 60.0).exp());
    let rows = (0..200).map(row).collect::<Vec<_>>().concat();
    fs::write(folder.file("decay.csv"), format!("t,y\n{rows}")).expect("a table");
    kill_writers(
        "fit",
        &folder,
        "fit decay.csv --x t --y y --model a*exp(-t/b) --start a=2,b=1 --plot fit.png --plot fit.svg --plot fit.html",
        &[
            ("fit.png", END_OF_PNG),
            ("fit.svg", b"</svg>\n"),
            ("fit.html", b"</html>"),
        ],
    );
}
