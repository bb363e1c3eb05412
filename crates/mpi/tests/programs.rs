//! Programs under `mpirun`: the same results on all ranks, and one clear end of every fault.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use leastwise_faer::Faer;
use leastwise_mpi::Checkpoint;
use leastwise_optim::{Curve, FiniteDifferences, Fit, Fitted};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::tables::{Folder, write_npy};

/// The program `examples/NAME.rs`, which cargo builds beside this one.
pub(crate) fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().and_then(Path::parent).unwrap();
    let program = folder.join("examples").join(name);
    assert!(
        program.exists(),
        "{} is missing: run cargo test without --test, or cargo build --examples --features mpi before",
        program.display()
    );
    program
}

/// A run that hangs fails the test, and does not hold it up.
fn run(ranks: usize, arguments: &[&str]) -> Output {
    run_example("faults", ranks, arguments)
}

/// As [`run`], with the example of this name.
pub(crate) fn run_example(name: &str, ranks: usize, arguments: &[&str]) -> Output {
    let mut child = Command::new("mpirun")
        .args(["-n", &ranks.to_string(), "--oversubscribe"])
        .arg(program(name))
        .args(arguments)
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
            panic!("{ranks} ranks with {arguments:?} wait for ever");
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

/// The text of rank 0.
fn success(ranks: usize, arguments: &[&str]) -> String {
    let output = run(ranks, arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success(),
        "{ranks}, {arguments:?}: {text}{errors}"
    );
    assert!(text.ends_with("same on all ranks: true\n"), "{text}");
    text
}

/// The one line with which rank 0 ends.
fn failure(ranks: usize, arguments: &[&str]) -> String {
    let output = run(ranks, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?}: {errors}");
    let lines: Vec<&str> = errors
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(lines.len(), 1, "{arguments:?}: {errors}");
    assert!(!errors.contains("panicked at"), "{errors}");
    lines[0].to_owned()
}

struct Data {
    folder: Folder,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Data {
    fn new(name: &str, rows: usize) -> Self {
        let mut random = StdRng::seed_from_u64(1);
        let x: Vec<f64> = (0..rows).map(|i| 3.0 * i as f64 / rows as f64).collect();
        let noise = |x: &f64| 3.0 * (-1.5 * x).exp() + 0.5 + 0.1 * random.random_range(-1.0..1.0);
        let y: Vec<f64> = x.iter().map(noise).collect();
        let folder = Folder::new(name);
        let pairs = x.iter().zip(&y).flat_map(|(&x, &y)| [x, y]);
        let numbers: Vec<f64> = pairs.collect();
        write_npy(
            &folder.file("data.npy"),
            "<f8",
            &format!("({rows}, 2)"),
            &numbers,
        );
        Self { folder, x, y }
    }

    fn file(&self, name: &str) -> String {
        self.folder.file(name).display().to_string()
    }

    fn fit(&self) -> Fitted<f64> {
        let model = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp() + p[2];
        let curve = Curve::new(3, model, &self.x, &self.y).unwrap();
        let backend = Faer::default();
        let problem = FiniteDifferences::central(curve);
        Fit::new(&backend).run(&problem, &[1.0, 1.0, 0.0]).unwrap()
    }
}

fn parameters(text: &str) -> Vec<f64> {
    let begin = text.find('[').unwrap() + 1;
    let end = text.find(']').unwrap();
    let numbers = text[begin..end].split(", ");
    numbers.map(|number| number.parse().unwrap()).collect()
}

fn without_time(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("Jacobian"));
    lines.collect::<Vec<&str>>().join("\n")
}

#[test]
fn every_number_of_ranks_gives_the_fit_of_one_process() {
    let data = Data::new("fits", 700);
    let alone = data.fit();
    // Two runs end within √(m·10·ε·(1 + ‖J·x‖/‖r‖)) standard errors of the minimum, and central differences with errors of
    // 1e-9 move it by 1e-9·√m·‖J·x‖/‖r‖. The terms are at most 3.5, and the residuals 0.06.
    let (m, terms) = (700f64, 60.0);
    let bound = 2.0 * (m * 10.0 * f64::EPSILON * (1.0 + terms)).sqrt() + 2e-9 * terms * m.sqrt();
    for ranks in 1..=4 {
        for kind in ["npy", "few", "resident", "robust"] {
            let text = success(ranks, &[kind, &data.file("data.npy")]);
            let again = success(ranks, &[kind, &data.file("data.npy")]);
            assert_eq!(
                without_time(&text),
                without_time(&again),
                "{ranks} ranks, {kind}"
            );
            if kind == "robust" {
                continue;
            }
            for (j, p) in parameters(&text).into_iter().enumerate() {
                let off = (p - alone.parameters[j]).abs() / alone.standard_errors()[j];
                assert!(
                    off <= bound,
                    "{ranks} ranks, {kind}, {j}: {off:e} > {bound:e}"
                );
            }
        }
    }
}

#[test]
fn a_fault_of_one_rank_is_the_one_message_of_all() {
    let data = Data::new("faults", 300);
    let file = data.file("data.npy");
    let missing = failure(3, &["unreadable", &file]);
    let expected = format!("error: rank 2: NpyRows: path {file}.missing cannot be opened: ");
    assert!(missing.starts_with(&expected), "{missing}");
    assert_eq!(
        failure(3, &["nan", &file]),
        "error: rank 2: Fit: residual at the start must be finite, but entry (99, 0) is NaN"
    );
    assert_eq!(
        failure(3, &["panic", &file]),
        "error: rank 2: Fit: residual panicked: no value, in row 99"
    );
}

/// `mpirun` notices the end of a process, and ends the others.
#[test]
fn a_rank_that_is_gone_ends_the_program() {
    let data = Data::new("gone", 300);
    let output = run(3, &["exit", &data.file("data.npy")]);
    assert!(!output.status.success());
}

#[test]
fn a_run_goes_on_with_another_number_of_ranks() {
    let data = Data::new("goes-on", 300);
    let (file, state) = (data.file("data.npy"), data.file("run.checkpoint"));
    let text = success(3, &["two-steps", &file, &state]);
    assert!(text.contains("2 steps"), "{text}");
    let Checkpoint(first) = Checkpoint::read(&state).unwrap().unwrap();
    assert_eq!(first.steps, 2);
    let text = success(2, &["checkpoint", &file, &state]);
    let Checkpoint(last) = Checkpoint::read(&state).unwrap().unwrap();
    assert!(last.steps > 2, "{last:?}");
    let alone = data.fit();
    for (j, p) in parameters(&text).into_iter().enumerate() {
        // As above, with fewer rows.
        let off = (p - alone.parameters[j]).abs() / alone.standard_errors()[j];
        assert!(off <= 1e-4, "{j}: {off:e}");
    }
    // A file that is none is refused by rank 0, and ends all.
    fs::write(&state, "nothing").unwrap();
    assert_eq!(
        failure(2, &["checkpoint", &file, &state]),
        format!("error: rank 0: Checkpoint: path {state} is not a checkpoint of this version")
    );
}

/// /dev/full refuses every byte, as a disk without space.
#[test]
fn a_full_disk_at_the_checkpoint_ends_all_ranks() {
    let data = Data::new("full", 300);
    let (file, state) = (data.file("data.npy"), data.file("run.checkpoint"));
    let before = Checkpoint(leastwise_optim::Resume {
        parameters: vec![1.0, 1.0, 0.0],
        radius: f64::NAN,
        steps: 0,
    });
    before.write(&state).unwrap();
    std::os::unix::fs::symlink("/dev/full", data.file("run.checkpoint.new")).unwrap();
    let error = failure(2, &["checkpoint", &file, &state]);
    let expected =
        format!("error: rank 0: Checkpoint: path {state} cannot be written: No space left");
    assert!(error.starts_with(&expected), "{error}");
    // The checkpoint before stands.
    let Checkpoint(stands) = Checkpoint::read(&state).unwrap().unwrap();
    assert_eq!(stands.parameters, [1.0, 1.0, 0.0]);
}

/// A hundred writers are killed at random moments. What stands is whole each time, and never older than before.
#[test]
fn no_kill_loses_a_checkpoint() {
    let folder = Folder::new("kills");
    let path = folder.file("run.checkpoint");
    let mut random = StdRng::seed_from_u64(5);
    let mut written = 0;
    for kill in 0..100 {
        let mut child = Command::new(program("faults"))
            .arg("write-for-ever")
            .arg(&path)
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_micros(random.random_range(0..60_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        match Checkpoint::read(&path).unwrap() {
            Some(Checkpoint(state)) => {
                written += 1;
                // All numbers are those of one step.
                for (j, p) in state.parameters.iter().enumerate() {
                    assert_eq!(
                        *p,
                        state.steps as f64 * (1.0 / (j as f64 + 1.0)),
                        "kill {kill}"
                    );
                }
                assert_eq!(state.parameters.len(), 2000);
            }
            None => assert_eq!(written, 0, "kill {kill} lost the checkpoint"),
        }
    }
    assert!(written > 10, "{written}");
}
