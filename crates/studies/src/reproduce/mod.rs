//! `reproduce`: the published experiment, from the draw to the figure.

mod args;
mod experiment;
mod figure;
mod memory;
mod net;
mod output;
mod plan;
mod table;

pub(crate) use args::ReproduceArgs;

use anyhow::bail;
use leastwise_backends::AdapterScalar;

use crate::publish;
use experiment::{Experiment, Run};
use leastwise_harness::model::ScalarType;
use plan::Plan;

/// Runs the experiment, prints its table and writes `reproduce.json` and the figure.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, found before any work; otherwise what failed.
/// The output of the runs that succeeded is written also where another failed.
pub(crate) fn run(args: &ReproduceArgs) -> anyhow::Result<()> {
    let plan = args.plan()?;
    match plan.scalar {
        ScalarType::F32 => run_as::<f32>(&plan),
        ScalarType::F64 => run_as::<f64>(&plan),
    }
}

fn run_as<T: AdapterScalar>(plan: &Plan) -> anyhow::Result<()> {
    let experiment = Experiment::<T>::prepare(plan)?;
    publish::check_writable(&plan.out)?;
    let results = experiment.run_all()?;
    let data = output::write_json(&plan.out, &results)?;
    let documents = [(
        "reproduce".to_owned(),
        table::document(&results, plan.figure),
    )];
    publish::publish(&documents, &plan.out, Some(data), None)?;
    let failed: Vec<_> = results.runs.iter().filter_map(Run::failure).collect();
    if !failed.is_empty() {
        bail!("{}", failed.join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::error::is_bad_input;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: ReproduceArgs,
    }

    fn run_small(folder: &str, flags: &[&str]) -> (anyhow::Result<()>, std::path::PathBuf) {
        let name = format!("leastwise-reproduce-{folder}-{}", std::process::id());
        let out = std::env::temp_dir().join(name);
        let small = "reproduce --samples 20 --first-order-iterations 30 --lm-iterations 3 --out";
        let flags = small
            .split(' ')
            .chain(out.to_str())
            .chain(flags.iter().copied());
        let args = Command::try_parse_from(flags).unwrap().args;
        (run(&args), out)
    }

    #[test]
    fn a_run_writes_every_output_and_null_for_what_is_not_finite() {
        let (result, out) = run_small("whole", &["--gd-steps", "1e-6,1"]);
        result.unwrap();
        let json = std::fs::read_to_string(out.join("reproduce.json")).unwrap();
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(document["problem"]["nsamples"], 20);
        assert!(document["problem"]["condition_number_measured"].as_f64() > Some(1.0));
        let runs = document["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 2 + 4 + 2);
        assert_eq!(runs[0]["losses"].as_array().unwrap().len(), 31);
        assert_eq!(
            (&runs[1]["optimizer"], &runs[1]["diverged"]),
            (&"gd".into(), &true.into())
        );
        let losses = runs[1]["losses"].as_array().unwrap();
        assert!(losses[0].is_number() && losses.last().unwrap().is_null());
        assert_eq!(runs[7]["name"], "LM step=0.2");
        let png = std::fs::read(out.join("reproduce.png")).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        let svg = std::fs::read_to_string(out.join("reproduce.svg")).unwrap();
        assert!(svg.contains("GD step=1 (diverged)"));
        std::fs::remove_dir_all(out).unwrap();
    }

    #[test]
    fn the_output_of_the_other_runs_outlives_one_that_fails() {
        let (result, out) = run_small(
            "failing",
            &["--method", "qr", "--data", "full", "--no-figure"],
        );
        let error = result.unwrap_err();
        assert!(!is_bad_input(&error) && error.to_string().starts_with("LM step=0.05 failed"));
        let json = std::fs::read_to_string(out.join("reproduce.json")).unwrap();
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(document["runs"][0]["steps"], 30);
        assert!(
            document["runs"][8]["termination"]
                .as_str()
                .unwrap()
                .starts_with("failed")
        );
        assert!(!out.join("reproduce.png").exists());
        std::fs::remove_dir_all(out).unwrap();
    }
}
