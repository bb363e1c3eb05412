//! Fits of files: results, pictures, and one clear line for every mistake.

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use leastwise_expression::Expression;
use leastwise_fit_file::run;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use super::folder::{Cli, Folder};

/// 400·exp(−t/7) + 20 with noise of 5, and a column of standard deviations.
fn decay() -> String {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let row = |i: u32| {
        let t = 0.5 * f64::from(i);
        let noise: f64 = rng.sample(StandardNormal);
        format!(
            "{t},{:?},5.5\n",
            400.0 * (-t / 7.0).exp() + 20.0 + 5.0 * noise
        )
    };
    let rows: String = (0..60).map(row).collect();
    format!("t,counts,err\n{rows}")
}

#[test]
fn a_formula_and_a_model_find_the_same_decay() {
    let folder = Folder::new("decay");
    folder.write("decay.csv", &decay());
    let columns = ["--x", "t", "--y", "counts"];
    let with = |flags: &[&'static str]| {
        folder
            .fit("decay.csv", &[&columns[..], flags].concat())
            .unwrap()
    };
    let formula = with(&["--model", "a*exp(-t/tau)+c", "--start", "a=1,tau=5,c=0"]);
    assert!(formula.fitted.is_success());
    assert_eq!(formula.fitted.names, ["a", "tau", "c"]);
    for ((p, error), truth) in formula
        .fitted
        .parameters
        .iter()
        .zip(formula.fitted.standard_errors())
        .zip([400.0, 7.0, 20.0])
    {
        assert!(
            (p - truth).abs() < 4.0 * error,
            "{p} ± {error}, not {truth}"
        );
    }
    let summary = formula.summary();
    let head = "read 60×3 from decay.csv: header skipped, separated by commas\ncounts = a*exp(-t/tau) + c\nstarted at a = ";
    assert!(summary.starts_with(head), "{summary}");
    let rest = "\n\nFit of 3 parameters to 60 observations: converged\n";
    assert!(
        summary.contains(rest) && summary.contains(", tau = 5, c = "),
        "{summary}"
    );

    // The same by the model that starts itself, by numbers of columns, by x, and by $1.
    let known = with(&["--model", "exponential"]);
    let numbered = folder
        .fit(
            "decay.csv",
            &["--x", "1", "--y", "2", "--model", "exponential"],
        )
        .unwrap();
    let by_x = with(&["--model", "a*exp(-x/tau)+c", "--start", "a=1,tau=5,c=0"]);
    let by_number = with(&["--model", "a*exp(-$1/tau)+c", "--start", "a=1,tau=5,c=0"]);
    for other in [known, numbered, by_x, by_number] {
        for (p, q) in formula
            .fitted
            .parameters
            .iter()
            .zip(&other.fitted.parameters)
        {
            // The tolerance of both runs.
            assert!((p - q).abs() < 1e-6 * p.abs());
        }
    }

    let fixed = with(&["--model", "exponential", "--fix", "c=20"]);
    assert_eq!(fixed.fitted.parameters[2], 20.0);
    assert!(fixed.fitted.standard_errors()[1] < formula.fitted.standard_errors()[1]);
    let bounded = with(&["--model", "exponential", "--bounds", "tau=:5"]);
    assert_eq!(bounded.fitted.parameters[1], 5.0);
    // Equal standard deviations change nothing, unless they are absolute.
    let weighted = with(&["--model", "exponential", "--sigma", "err"]);
    let [relative, plain] =
        [&weighted, &formula].map(|outcome| outcome.fitted.standard_errors()[0]);
    assert!((relative - plain).abs() < 1e-6 * plain);
    let absolute = with(&[
        "--model",
        "exponential",
        "--sigma",
        "err",
        "--absolute-sigma",
    ]);
    let ratio = absolute.fitted.standard_errors()[0] / plain;
    let s = formula.fitted.residual_standard_error();
    assert!((ratio - 5.5 / s).abs() < 1e-6);
}

#[test]
fn several_columns_may_be_in_a_formula() {
    let folder = Folder::new("plane");
    folder.write(
        "plane.tsv",
        "u\tlength (m)\tz\n0\t0\t1\n1\t0\t3\n0\t1\t0.5\n1\t1\t2.5\n2\t1\t4.5\n",
    );
    let flags = [
        "--x",
        "u",
        "--y",
        "z",
        "--model",
        "p0 + p1*u + p2*`length (m)`",
        "--start",
        "p0=0,p1=0,p2=0",
    ];
    let outcome = folder.fit("plane.tsv", &flags).unwrap();
    // The data are exact.
    for (p, expected) in outcome.fitted.parameters.iter().zip([1.0, 2.0, -0.5]) {
        assert!((p - expected).abs() < 1e-12, "{p}");
    }
}

#[test]
fn a_robust_fit_is_not_moved_by_outliers() {
    let folder = Folder::new("robust");
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let row = |i: u32| {
        let noise: f64 = rng.sample(StandardNormal);
        let outlier = if i.is_multiple_of(6) { 80.0 } else { 0.0 };
        format!("{i} {}\n", 3.0 + 2.0 * f64::from(i) + 0.5 * noise + outlier)
    };
    let rows: String = (0..60).map(row).collect();
    folder.write("line.txt", &format!("x y\n{rows}"));
    let line = [
        "--x", "x", "--y", "y", "--model", "a + b*x", "--start", "a=0,b=1",
    ];
    let with = |flags: &[&'static str]| {
        folder
            .fit("line.txt", &[&line[..], flags].concat())
            .unwrap()
            .fitted
    };
    assert!((with(&[]).parameters[0] - 3.0).abs() > 5.0);
    for loss in ["huber", "soft-l1", "cauchy", "tukey"] {
        let fitted = with(&["--robust", loss]);
        assert!(fitted.is_success(), "{loss}");
        // A sixth of outliers on one side biases Huber's estimate by about 0.3 standard deviations.
        assert!(
            (fitted.parameters[0] - 3.0).abs() < 1.0,
            "{loss}: {:?}",
            fitted.parameters
        );
        assert!(
            (fitted.parameters[1] - 2.0).abs() < 0.02,
            "{loss}: {:?}",
            fitted.parameters
        );
    }
    assert_eq!(
        with(&["--robust"]).parameters,
        with(&["--robust", "huber"]).parameters
    );
}

#[test]
fn pictures_and_json_have_the_fit() {
    let folder = Folder::new("pictures");
    folder.write("decay.csv", &decay());
    let plots: Vec<PathBuf> = ["png", "svg", "html"]
        .iter()
        .map(|kind| folder.0.join(format!("fit.{kind}")))
        .collect();
    let mut flags = vec![
        "--x",
        "t",
        "--y",
        "counts",
        "--sigma",
        "err",
        "--model",
        "exponential",
    ];
    for plot in &plots {
        flags.extend(["--plot", plot.to_str().unwrap()]);
    }
    let outcome = folder.fit("decay.csv", &flags).unwrap();
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(&plots[0]).unwrap()));
    let picture = decoder.read_info().unwrap();
    assert!(picture.info().width > 1000 && picture.info().height > 1000);
    for plot in &plots[1..] {
        let text = fs::read_to_string(plot).unwrap();
        assert!(text.contains("counts = a*exp(-x/tau) + c"), "{text}");
        assert!(text.contains("(data − curve)/σ") && text.contains("data ± standard deviation"));
    }
    let page = fs::read_to_string(&plots[2]).unwrap();
    assert!(page.contains("read 60×3 from decay.csv") && page.contains("residual standard error"));
    let json = outcome.to_json();
    assert_eq!(json["converged"], true);
    assert_eq!(json["parameters"][1]["name"], "tau");
    assert_eq!(
        json["parameters"][1]["estimate"],
        outcome.fitted.parameters[1]
    );
    assert_eq!(
        json["covariance"][0][1],
        outcome.fitted.covariance_matrix()[(0, 1)]
    );
    assert_eq!(json["residuals"].as_array().unwrap().len(), 60);
}

#[test]
fn a_fit_that_does_not_converge_is_returned_as_such() {
    let folder = Folder::new("kink");
    // The minimum is a kink at p = 1, where no derivative vanishes.
    folder.write("kink.csv", "x,y\n0,-1\n1,-1.5\n2,-1\n");
    let flags = [
        "--x", "x", "--y", "y", "--model", "abs(p-x)", "--start", "p=0.4",
    ];
    let outcome = folder.fit("kink.csv", &flags).unwrap();
    assert!(
        (outcome.fitted.parameters[0] - 1.0).abs() < 1e-6,
        "{}",
        outcome.summary()
    );
    assert!(!outcome.fitted.is_success(), "{}", outcome.summary());
    assert!(outcome.summary().contains("NOT CONVERGED"));
    assert_eq!(outcome.to_json()["converged"], false);
}

/// A start of a = 1 and c = 0 is far from data of 400: alone, it would lead to a straight line.
#[test]
fn linear_parameters_need_no_good_start() {
    let folder = Folder::new("far");
    let mut rng = ChaCha12Rng::seed_from_u64(4);
    let row = |i: u32| {
        let t = 0.5 * f64::from(i);
        let mean = 400.0 * (-t / 7.0).exp() + 20.0;
        let noise: f64 = rng.sample(StandardNormal);
        format!("{t},{:?},{:?}\n", mean + mean.sqrt() * noise, mean.sqrt())
    };
    let rows: String = (0..60).map(row).collect();
    folder.write("counts.csv", &format!("t,counts,err\n{rows}"));
    let flags = [
        "--x",
        "t",
        "--y",
        "counts",
        "--sigma",
        "err",
        "--model",
        "a*exp(-t/tau)+c",
    ];
    for start in [
        "a=1,tau=5,c=0",
        "a=1e6,tau=5,c=0",
        "a=-1,tau=1,c=-1e9",
        "a=0,tau=40,c=0",
    ] {
        let outcome = folder
            .fit("counts.csv", &[&flags[..], &["--start", start]].concat())
            .unwrap();
        assert!(
            (outcome.fitted.parameters[1] - 7.0).abs() < 0.7,
            "{start}: {}",
            outcome.summary()
        );
    }
}

/// Frequencies have a minimum in every few periods.
#[test]
fn several_starts_find_the_best_minimum() {
    let folder = Folder::new("starts");
    let mut rng = ChaCha12Rng::seed_from_u64(5);
    let row = |i: u32| {
        let t = 0.1 * f64::from(i);
        let noise: f64 = rng.sample(StandardNormal);
        format!("{t},{:?}\n", 3.0 * (2.1 * t).sin() + 0.1 * noise)
    };
    let rows: String = (0..100).map(row).collect();
    folder.write("wave.csv", &format!("t,y\n{rows}"));
    let flags = [
        "--x",
        "t",
        "--y",
        "y",
        "--model",
        "a*sin(omega*t)",
        "--start",
        "a=1,omega=9",
        "--bounds",
        "omega=0:12",
    ];
    let with = |more: &[&'static str]| {
        let flags = [&flags[..], more].concat();
        folder.fit("wave.csv", &flags).unwrap()
    };
    let one = with(&[]);
    assert!((one.fitted.parameters[1] - 2.1).abs() > 1.0);
    assert!(one.to_json()["starts"].is_null());
    let best = with(&["--starts", "40"]);
    assert!(
        (best.fitted.parameters[1] - 2.1).abs() < 0.01,
        "{}",
        best.summary()
    );
    assert!(
        best.summary().contains(" of 40 starts end"),
        "{}",
        best.summary()
    );
    let json = &best.to_json()["starts"];
    assert_eq!(json["count"], 40);
    let minima = json["minima"].as_array().unwrap();
    let ends = minima
        .iter()
        .map(|minimum| minimum["starts"].as_u64().unwrap());
    let others = ["unconverged", "failed"].map(|kind| json[kind].as_u64().unwrap());
    assert_eq!(ends.sum::<u64>() + others[0] + others[1], 40);
    let this = usize::try_from(json["of_this_fit"].as_u64().unwrap()).unwrap();
    assert_eq!(
        minima[this]["loss"].as_f64(),
        Some(best.fitted.root_of_loss.powi(2))
    );
    // The same in every run, and with a robust loss.
    assert_eq!(
        with(&["--starts", "40"]).fitted.parameters,
        best.fitted.parameters
    );
    let robust = with(&["--starts", "40", "--robust", "tukey"]);
    assert!(
        (robust.fitted.parameters[1] - 2.1).abs() < 0.01,
        "{}",
        robust.summary()
    );
    assert!(robust.summary().contains("of 40 starts"));
}

/// The profile of a linear parameter is its interval. The other one has a longer end towards large values.
#[test]
fn profiles_have_the_level_and_the_curvature() {
    let folder = Folder::new("profiles");
    folder.write("decay.csv", &decay());
    let with = |flags: &[&'static str]| {
        let columns = ["--x", "t", "--y", "counts", "--profiles"];
        folder
            .fit("decay.csv", &[&columns[..], flags].concat())
            .unwrap()
    };
    let plot = folder.0.join("profiles.html");
    let line = with(&["--model", "a + b*t", "--start", "a=1,b=1", "--level", "0.8"]);
    let json = line.to_json();
    assert_eq!(json["level"], 0.8);
    assert!(
        line.summary()
            .contains("\nprofile-likelihood intervals, 80 %\n  a  "),
        "{}",
        line.summary()
    );
    assert!(line.summary().contains(" 80 % interval\n"));
    for parameter in json["parameters"].as_array().unwrap() {
        let ends = |value: &serde_json::Value| [0, 1].map(|k| value[k].as_f64().unwrap());
        let [interval, profile] =
            [&parameter["interval"], &parameter["profile"]["interval"]].map(ends);
        let error = parameter["standard_error"].as_f64().unwrap();
        for (a, b) in interval.into_iter().zip(profile) {
            // The tolerance of the search for an end.
            assert!((a - b).abs() < 1e-6 * error, "{parameter}");
        }
        // t for 80 % and 58 degrees of freedom: 1.296319 by R's qt(0.9, 58).
        let reach = (interval[1] - interval[0]) / 2.0 / error;
        assert!((reach - 1.296_319).abs() < 1e-6, "{reach}");
        assert_eq!(parameter["profile"]["differs"], false);
    }
    let half = |outcome: &leastwise_fit_file::Outcome| {
        let json = outcome.to_json();
        let interval = &json["parameters"][1]["profile"]["interval"];
        let estimate = outcome.fitted.parameters[1];
        [0, 1].map(|k| (interval[k].as_f64().unwrap() - estimate).abs())
    };
    let curved = with(&[
        "--model",
        "exponential",
        "--plot",
        plot.to_str().unwrap().to_owned().leak(),
    ]);
    let [below, above] = half(&curved);
    assert!(above > 1.001 * below, "{below} {above}");
    let page = fs::read_to_string(&plot).unwrap();
    assert!(
        page.contains("95 % profile") && page.contains("95 % band"),
        "{page}"
    );
    // Bounds leave the interval open.
    let bounded = with(&[
        "--model",
        "exponential",
        "--bounds",
        "tau=:7.1",
        "--start",
        "tau=7",
    ]);
    assert!(
        bounded.summary().contains("or more, with no upper end"),
        "{}",
        bounded.summary()
    );
    assert!(bounded.to_json()["parameters"][1]["profile"]["interval"][1].is_null());
    // Without degrees of freedom there are none, and the summary states it.
    folder.write("two.csv", "t,counts\n1,2\n2,3\n");
    let flags = [
        "--x",
        "t",
        "--y",
        "counts",
        "--model",
        "a+b*t",
        "--start",
        "a=0,b=0",
        "--profiles",
    ];
    let exact = folder.fit("two.csv", &flags).unwrap();
    assert!(
        exact
            .summary()
            .contains("\nno profile-likelihood intervals: "),
        "{}",
        exact.summary()
    );
}

/// Models that start themselves.
const NAMES: [&str; 5] = ["gaussian", "5pl", "sinusoid", "voigt", "damped"];

/// Random flags and files are fitted or refused, in one line.
#[test]
fn random_input_is_fitted_or_refused() {
    let folder = Folder::new("random");
    let formulas = [
        "a*exp(-t/b)+c",
        "a*t^b",
        "log(a*t)",
        "a/(b-t)",
        "a",
        "pi*a+$2",
    ];
    let models = [&formulas[..], &NAMES].concat();
    for seed in 0..100 {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let mut text = "t,y\n".to_owned();
        for _ in 0..rng.random_range(1..15) {
            let mut number = || match rng.random_range(0..5) {
                0 => "0.5".to_owned(),
                1 => format!(
                    "{:e}",
                    rng.random_range(-1.0..1.0) * 10f64.powi(rng.random_range(-300..300))
                ),
                _ => format!("{:?}", rng.random_range(-5.0..5.0)),
            };
            let row = format!("{},{}\n", number(), number());
            text += &row;
        }
        folder.write("random.csv", &text);
        let model = models[rng.random_range(0..models.len())];
        let mut flags = vec!["--x", "t", "--y", "y", "--model", model];
        let start: String;
        if !NAMES.contains(&model) {
            let names = ["a", "b", "c"].into_iter().filter(|&name| {
                let formula = Expression::parse(model).unwrap();
                formula.names().any(|known| known == name)
            });
            let starts: Vec<String> = names
                .map(|name| format!("{name}={}", rng.random_range(-3.0..3.0)))
                .collect();
            start = starts.join(",");
            flags.extend(["--start", &start]);
        }
        if rng.random_bool(0.3) {
            flags.push("--robust");
        }
        for (flag, values) in [
            ("--tie", ["b=2*a", "a=c+b", "c=a,b=c", "a=log(b)", "mu=c"]),
            ("--starts", ["0", "1", "2", "5", "3"]),
            ("--level", ["0.5", "0.999999", "1e-9", "0", "2"]),
        ] {
            if rng.random_bool(0.2) {
                flags.extend([flag, values[rng.random_range(0..5)]]);
            }
        }
        if rng.random_bool(0.2) {
            flags.push("--profiles");
        }
        let picture = folder.0.join("fit.svg");
        if rng.random_bool(0.1) {
            flags.extend(["--plot", picture.to_str().unwrap()]);
        }
        let arguments = [
            std::ffi::OsString::from("fit"),
            folder.0.join("random.csv").into(),
        ]
        .into_iter();
        let cli = Cli::try_parse_from(arguments.chain(flags.iter().map(Into::into))).unwrap();
        match run(&cli.args) {
            Ok(outcome) => {
                assert!(!outcome.summary().is_empty() && outcome.to_json()["equation"].is_string());
            }
            Err(error) => assert_eq!(error.to_string().lines().count(), 1, "seed {seed}: {error}"),
        }
    }
}
