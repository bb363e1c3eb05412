//! Fits of files whose rows are dealt out to ranks, which are threads here: as the fit of one process.

use std::path::PathBuf;

use clap::Parser;
use leastwise_fit_file::{Error, Outcome, run, run_across};
use leastwise_optim::ranks::on_threads;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use super::folder::{Cli, Folder};

/// Rows of (t, counts, err).
type Table = Vec<[f64; 3]>;

/// What is fitted, with the largest value of its terms ∂f/∂pⱼ·pⱼ, and its truth.
struct Case {
    model: &'static str,
    flags: &'static str,
    largest: f64,
    truth: fn(f64) -> f64,
}

const CASES: [Case; 4] = [
    // a, a·(t/tau)·exp(−t/tau) and c are at most a and c.
    Case {
        model: "a*exp(-x/tau)+c",
        flags: "--start a=1,tau=5,c=0",
        largest: 400.0,
        truth: |t| 400.0 * (-t / 7.0).exp() + 20.0,
    },
    Case {
        model: "a*exp(-$1/tau)+c",
        flags: "--start a=300,tau=5 --fix c=20 --bounds tau=0.1:6.5",
        largest: 400.0,
        truth: |t| 400.0 * (-t / 7.0).exp() + 20.0,
    },
    Case {
        model: "a+b*x",
        flags: "--start a=0,b=0",
        largest: 90.0,
        truth: |t| 40.0 + 3.0 * t,
    },
    // The centre has the largest term, a·(c/w)·(z·exp(−z²/2)) for z = (x − c)/w, which is at most 0.61·a·c/w.
    Case {
        model: "gaussian",
        flags: "",
        largest: 0.61 * 400.0 * 15.0 / 3.0,
        truth: |t| 400.0 * (-0.5 * ((t - 15.0) / 3.0).powi(2)).exp() + 20.0,
    },
];

fn table(truth: fn(f64) -> f64, rows: usize, rng: &mut ChaCha12Rng) -> Table {
    let row = |_| {
        let (t, err) = (rng.random_range(0.0..30.0), rng.random_range(4.0..6.0));
        let noise: f64 = rng.sample(StandardNormal);
        [t, truth(t) + err * noise, err]
    };
    (0..rows).map(row).collect()
}

fn csv(rows: &[[f64; 3]]) -> String {
    let line = |[t, counts, err]: &[f64; 3]| format!("{t:?},{counts:?},{err:?}\n");
    let lines: String = rows.iter().map(line).collect();
    format!("t,counts,err\n{lines}")
}

/// The bytes of a `.npy` file in C order.
fn npy(rows: &[[f64; 3]]) -> Vec<u8> {
    let shape = format!("({}, 3)", rows.len());
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{text:117}\n").bytes());
    bytes.extend(rows.iter().flatten().flat_map(|entry| entry.to_le_bytes()));
    bytes
}

/// How the rows are in files.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Npy,
    Csv,
}

/// Writes the rows to `count` files.
fn write(folder: &Folder, kind: Kind, rows: &[[f64; 3]], count: usize) -> Vec<PathBuf> {
    let file = |k: usize| {
        let own = &rows[rows.len() * k / count..rows.len() * (k + 1) / count];
        match kind {
            Kind::Csv => folder.write(&format!("{k}.csv"), &csv(own)),
            Kind::Npy => {
                let path = folder.0.join(format!("{k}.npy"));
                std::fs::write(&path, npy(own)).unwrap();
                path
            }
        }
    };
    (0..count).map(file).collect()
}

fn args(files: &[PathBuf], model: &str, flags: &str) -> Cli {
    let files = files.iter().map(|file| file.display().to_string());
    let fixed = ["--x", "1", "--y", "2", "--model", model].map(str::to_owned);
    let flags = flags.split_whitespace().map(str::to_owned);
    Cli::parse_from(
        ["fit".to_owned()]
            .into_iter()
            .chain(files)
            .chain(fixed)
            .chain(flags),
    )
}

/// The results of all ranks.
fn across(ranks: usize, cli: &Cli) -> Vec<Result<Outcome, Error>> {
    on_threads(ranks, |ranks| {
        Ok::<_, leastwise_core::Error>(run_across(&cli.args, ranks, &mut []))
    })
    .into_iter()
    .map(Result::unwrap)
    .collect()
}

/// The summary without the time.
fn summary(outcome: &Outcome) -> String {
    let summary = outcome.summary();
    let lines = summary.lines().filter(|line| !line.contains("Jacobian"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn ranks_give_the_fit_of_one_process() {
    let folder = Folder::new("across");
    for seed in 0..48 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let case = &CASES[rng.random_range(0..CASES.len())];
        // Of more than 4096 rows, the guess of a model sees a sample.
        let rows = rng.random_range(12..if seed % 16 == 0 { 9000 } else { 150 });
        let rows = table(case.truth, rows, &mut rng);
        let kind = [Kind::Npy, Kind::Csv][rng.random_range(0..2)];
        let (files, ranks) = (rng.random_range(1..4), rng.random_range(1..6));
        let mut flags = case.flags.to_owned();
        for flag in [" --sigma 3", " --robust", " --level 0.8"] {
            if rng.random_bool(0.4) {
                flags += flag;
            }
        }
        if flags.contains("sigma") && rng.random_bool(0.5) {
            flags += " --absolute-sigma";
        }
        let place = format!(
            "seed {seed}: {} {flags}, {files} {kind:?}, {ranks} ranks",
            case.model
        );

        let whole = write(&folder, kind, &rows, 1);
        let alone = run(&args(&whole, case.model, &flags).args).unwrap();
        let files = write(&folder, kind, &rows, files);
        let fits = across(ranks, &args(&files, case.model, &format!("{flags} --mpi")));
        let fits: Vec<Outcome> = fits.into_iter().map(Result::unwrap).collect();
        for outcome in &fits {
            assert_eq!(summary(outcome), summary(&fits[0]), "{place}");
        }
        assert_close(&fits[0], &alone, case.largest, &place);
    }
}

/// Two runs to a minimum end within √(m·q) standard errors of it, with q = 10·ε·(1 + ‖(‖J·eⱼ‖·pⱼ)ⱼ‖/‖r‖). For the columns
/// with the largest entries, that is at most 10·ε·(1 + √n·largest/s·√(m/(m − n))), where s is the residual standard error,
/// or about 1 with sigmas. The standard errors of y are at least 4 then.
fn assert_close(outcome: &Outcome, alone: &Outcome, largest: f64, place: &str) {
    let (fitted, alone_fitted) = (&outcome.fitted, &alone.fitted);
    assert_eq!(fitted.names, alone_fitted.names, "{place}");
    assert_eq!(fitted.states, alone_fitted.states, "{place}");
    assert_eq!(fitted.observations, alone_fitted.observations, "{place}");
    assert_eq!(fitted.sigma, alone_fitted.sigma, "{place}");
    assert_eq!(fitted.is_success(), alone_fitted.is_success(), "{place}");
    let (m, n) = (fitted.observations as f64, fitted.parameters.len() as f64);
    let s = alone_fitted.residual_standard_error().min(4.0);
    let terms = n.sqrt() * largest / s * (m / (m - n)).sqrt();
    let bound = 2.0 * (m * 10.0 * f64::EPSILON * (1.0 + terms)).sqrt();
    for j in 0..fitted.parameters.len() {
        let (p, q) = (fitted.parameters[j], alone_fitted.parameters[j]);
        let (error, expected) = (
            fitted.standard_errors()[j],
            alone_fitted.standard_errors()[j],
        );
        let off = (p - q).abs();
        assert!(off <= bound * expected, "{place}, parameter {j}: {off:e}");
        // A change of a standard error of the parameters changes the standard errors by less than their size.
        let off = (error - expected).abs();
        assert!(
            off <= 10.0 * bound * expected,
            "{place}, error {j}: {off:e}"
        );
    }
    // Residuals stay on their ranks.
    let (json, mut expected) = (outcome.to_json(), alone.to_json());
    let keys = expected.as_object_mut().unwrap();
    assert!(keys.remove("residuals").is_some() && keys.remove("values").is_some());
    let own = json.as_object().unwrap().keys();
    assert!(own.eq(expected.as_object().unwrap().keys()), "{place}");
    assert_eq!(outcome.equation(), alone.equation());
}

/// The error of all ranks.
#[track_caller]
fn error(ranks: usize, cli: &Cli) -> Error {
    let mut errors = across(ranks, cli)
        .into_iter()
        .map(|outcome| outcome.err().unwrap());
    let first = errors.next().unwrap();
    assert!(errors.all(|error| error == first), "{first}");
    first
}

#[test]
fn mistakes_are_the_same_line_on_all_ranks() {
    let folder = Folder::new("across-mistakes");
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let rows = table(|t| t, 30, &mut rng);
    let refusal = |files: &[PathBuf], flags: &str| {
        let flags = format!("--mpi --start a=1,b=1 {flags}");
        match error(3, &args(files, "a+b*x", &flags)) {
            Error::BadInput(message) => message,
            other => panic!("{other} is no bad input"),
        }
    };
    let good = write(&folder, Kind::Npy, &rows, 1);
    for flag in ["--plot a.png", "--profiles", "--starts 2", "--tie b=2*a"] {
        let name = flag.split(' ').next().unwrap();
        assert_eq!(
            refusal(&good, flag),
            format!(
                "--mpi: {name} is not offered across ranks; leave it out, or fit without --mpi"
            )
        );
    }
    assert_eq!(
        refusal(&good, "--sigma 4"),
        "--sigma: 0.npy has no column \"4\"; its columns are $1, $2, $3"
    );
    assert!(refusal(&good, "--level 2").starts_with("--level: must be between 0 and 1"));
    let missing = [folder.0.join("none.npy")];
    let path = missing[0].display();
    let expected = format!("NpyRows: path {path} cannot be opened: ");
    assert!(refusal(&missing, "").starts_with(&expected));

    // Only rank 2 has the row, and each rank counts its own ones.
    let mut bad = rows.clone();
    bad[24][1] = f64::NAN;
    assert_eq!(
        refusal(&write(&folder, Kind::Npy, &bad, 1), ""),
        "rank 2: the column $2 must be finite, but it is NaN in row 5"
    );
    let mut bad = rows.clone();
    bad[19][2] = 0.0;
    assert_eq!(
        refusal(&write(&folder, Kind::Npy, &bad, 1), "--sigma 3"),
        "rank 1: --sigma: the column $3 must be positive, but it is 0 in row 10"
    );
    // Only with the rows of all ranks.
    let flat: Table = rows.iter().map(|[t, _, err]| [*t, 3.0, *err]).collect();
    assert_eq!(
        refusal(&write(&folder, Kind::Csv, &flat, 1), ""),
        "--y: the column counts is constant: it is 3 in every row"
    );
    // Constant on two of three ranks.
    let mut step = flat.clone();
    step[29][1] = 4.0;
    let step = write(&folder, Kind::Csv, &step, 1);
    let cli = args(&step, "a+b*x", "--mpi --start a=1,b=1");
    assert!(across(3, &cli).iter().all(Result::is_ok));
    let few = write(&folder, Kind::Npy, &rows[..1], 1);
    assert!(refusal(&few, "").ends_with("1 rows do not determine 2 parameters"));

    let mut files = write(&folder, Kind::Csv, &rows, 3);
    files[1] = folder.write("other.csv", "t,y,err\n1,2,3\n");
    let (first, other) = (files[0].display(), files[1].display());
    assert_eq!(
        refusal(&files, ""),
        format!("--mpi: {other} must have the columns of {first}")
    );
    // Each rank reads a file of its own.
    files[1] = folder.0.join("none.csv");
    let expected = format!("rank 1: {}: ", files[1].display());
    let message = refusal(&files, "");
    assert!(message.starts_with(&expected), "{message}");
}

/// Files of the tests of leastwise-mpi, which says what is in them.
#[cfg(feature = "parquet")]
#[test]
fn columns_of_parquet_have_names() {
    let folder = Folder::new("across-parquet");
    let row = |i: u32| {
        let (t, err) = (f64::from(i) / 8.0, f64::from(1 + i % 5) / 8.0);
        [t, f64::from(400 + 37 * i % 11) - 3.0 * f64::from(i), err]
    };
    let rows: Table = (0..200).map(row).collect();
    folder.write("all.csv", &csv(&rows));
    let model = "a+b*t+c*err^2+d*x";
    let flags = ["--start", "a=1,b=1,c=0", "--fix", "d=0", "--sigma", "err"];
    let of = |file: &str, y: &str, more: &[&str]| {
        let fixed = ["fit", file, "--x", "t", "--y", y, "--model", model];
        Cli::parse_from([&fixed[..], &flags, more].concat())
    };
    let csv = folder.0.join("all.csv").display().to_string();
    let alone = run(&of(&csv, "counts", &[]).args).unwrap();
    for name in ["pyarrow", "polars"] {
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/../mpi/tests");
        let file = format!("{tests}/{name}.parquet");
        for ranks in 1..5 {
            let outcomes = across(ranks, &of(&file, "counts", &["--mpi"]));
            for outcome in outcomes {
                assert_close(
                    &outcome.unwrap(),
                    &alone,
                    600.0,
                    &format!("{name}, {ranks} ranks"),
                );
            }
        }
        let message = error(2, &of(&file, "name", &["--mpi"])).to_string();
        let expected = "must have floating-point numbers or signed integers in its column name";
        assert!(message.contains(expected), "{message}");
    }
}
