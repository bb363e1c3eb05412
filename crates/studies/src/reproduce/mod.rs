//! `reproduce`: the published experiment, from the draw to the figure.

mod experiment;
mod figure;
mod memory;
mod net;
mod plan;
mod table;

use leastwise_harness::model::ScalarType;
use leastwise_report::Document;

use crate::error::bad_input;
use crate::study::{Rows, Study};
use experiment::{Experiment, Record, Run};
use plan::{Plan, StepSolverKind};

pub(crate) use plan::Reproduce;

impl Study for Reproduce {
    const NAME: &'static str = "reproduce";
    const MISSED: &'static str = "some runs failed";
    const IS_TIMED: bool = false;
    type Plan = Plan;
    type Row = Run;

    fn plan(&self) -> anyhow::Result<Plan> {
        let layers = self.hidden().len() + 1;
        if self.step_solver == StepSolverKind::Kronecker && layers != 2 {
            return Err(bad_input(format!(
                "--step-solver kronecker: the exact step is that of two layers, but --layers gives {layers}"
            )));
        }
        memory::check(self)?;
        if self.runs().next().is_none() {
            let message = "no optimiser has a step size, so there is nothing to run";
            return Err(bad_input(message));
        }
        Ok(match self.scalar {
            ScalarType::F32 => Experiment::<f32>::prepare(self)?.plan()?,
            ScalarType::F64 => Experiment::<f64>::prepare(self)?.plan()?,
        })
    }

    fn run(plan: &Plan, rows: &mut Rows<Run>) -> anyhow::Result<()> {
        let flags = &plan.flags;
        match flags.scalar {
            ScalarType::F32 => Experiment::<f32>::prepare(flags)?.run_all(rows),
            ScalarType::F64 => Experiment::<f64>::prepare(flags)?.run_all(rows),
        }
    }

    fn fits(plan: &Plan, run: &Run) -> bool {
        plan.flags.steps(run.family).contains(&run.step) && run.is_whole()
    }

    fn document(record: &Record) -> Document {
        table::document(record)
    }

    fn bars(record: &Record) -> Vec<String> {
        let failed = |run: &Run| Some(format!("{} failed: {}", run.name(), run.failure.as_ref()?));
        record.rows.iter().filter_map(failed).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser;
    use leastwise_two_factor::TwoLayerNetSpec;
    use plan::StepSize;

    use super::*;
    use crate::error::is_bad_input;
    use crate::study::{self, StudyArgs};

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: StudyArgs<Reproduce>,
    }

    fn parse(flags: &[&str]) -> Result<Reproduce, clap::Error> {
        let flags = std::iter::once(&"reproduce").chain(flags);
        Ok(Command::try_parse_from(flags)?.args.study)
    }

    #[test]
    fn the_defaults_are_the_published_experiment() {
        let flags = parse(&[]).unwrap();
        assert_eq!(flags.spec(), TwoLayerNetSpec::default());
        assert_eq!(
            flags.gd_steps.0,
            [1e-6, 1e-5, 1e-4, 1e-3].map(StepSize::Fixed)
        );
        assert_eq!(
            flags.adam_steps.0,
            [1e-5, 1e-4, 1e-3, 1e-2].map(StepSize::Fixed)
        );
        assert_eq!(flags.lm_steps.0, [0.05, 0.2].map(StepSize::Fixed));
        assert_eq!(flags.hidden(), [6]);
        assert_eq!(flags.step_solver, StepSolverKind::Dense);
        assert_eq!(
            (flags.first_order_iterations, flags.lm_iterations),
            (3000, 200)
        );
    }

    #[test]
    fn a_list_may_be_left_out_but_not_all_three() {
        let without = parse(&["--gd-steps", "none"]).unwrap();
        assert!(without.gd_steps.0.is_empty() && without.plan().is_ok());
        assert_eq!(
            parse(&["--lm-steps", " 1 , adaptive"]).unwrap().lm_steps.0,
            [StepSize::Fixed(1.0), StepSize::Adaptive]
        );
        let none = parse(&["--gd-steps", "", "--adam-steps", "", "--lm-steps", ""]).unwrap();
        assert!(is_bad_input(&none.plan().unwrap_err()));
    }

    #[test]
    fn what_cannot_be_carried_out_is_bad_input_in_one_line() {
        for flags in [
            ["--gd-steps", "-1e-3"],
            ["--gd-steps", "1e-3,,1e-4"],
            ["--adam-steps", "0"],
            ["--gd-steps", "adaptive"],
            ["--lm-steps", "nan"],
            ["--layers", "6,0"],
            ["--layers", ""],
            ["--lm-steps", "inf"],
            ["--xdim", "0"],
            ["--samples", "0"],
            ["--threads", "0"],
            ["--threads", "100000"],
            ["--xdim", "1000000000"],
            ["--wdim", "1000000000000"],
            ["--ydim", "9000000000000000000"],
            ["--samples", "10000000000000"],
            ["--layers", "1000000,1000000"],
            ["--first-order-iterations", "1000000000000000"],
            ["--lm-iterations", "18446744073709551615"],
            ["--start-scale", "-1"],
            ["--start-scale", "nan"],
            ["--condition", "0.5"],
            ["--method", "magic"],
            ["--scalar", "f16"],
        ] {
            let message = match parse(&flags) {
                // The command shows the first line of the message of clap.
                Err(error) => error.to_string().lines().next().unwrap().to_owned(),
                Ok(parsed) => {
                    let error = parsed.plan().unwrap_err();
                    assert!(is_bad_input(&error), "{flags:?}");
                    error.to_string()
                }
            };
            assert!(
                message.contains(flags[0]) && !message.contains('\n'),
                "{message}"
            );
        }
    }

    fn run_small(folder: &str, flags: &[&str]) -> (anyhow::Result<()>, PathBuf) {
        let name = format!("leastwise-reproduce-{folder}-{}", std::process::id());
        let out = std::env::temp_dir().join(name);
        let small = "reproduce --samples 20 --first-order-iterations 30 --lm-iterations 3 --out";
        let flags = small
            .split(' ')
            .chain(out.to_str())
            .chain(flags.iter().copied());
        let args = Command::try_parse_from(flags).unwrap().args;
        (study::run(&args), out)
    }

    #[test]
    fn a_run_writes_every_output_and_keeps_what_is_not_finite() {
        let (result, out) = run_small("whole", &["--gd-steps", "1e-6,1"]);
        result.unwrap();
        let (file, _) = study::find(&out).unwrap();
        let record: Record = study::read::<Reproduce>(&file).unwrap();
        assert_eq!(record.header.plan.flags.net.samples, 20);
        assert!(record.header.plan.condition > 1.0);
        let runs = &record.rows;
        assert_eq!(runs.len(), 2 + 4 + 2);
        assert_eq!(runs[0].losses.len(), 31);
        assert!(runs[1].is_diverged && runs[1].name().starts_with("GD"));
        let losses = &runs[1].losses;
        assert!(losses[0].is_finite() && !losses.last().unwrap().is_finite());
        assert_eq!(runs[7].name(), "LM step=0.2");
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
        let message = error.to_string();
        assert!(
            !is_bad_input(&error) && message.contains("\nLM step=0.05 failed: "),
            "{message}"
        );
        let (file, _) = study::find(&out).unwrap();
        let record: Record = study::read::<Reproduce>(&file).unwrap();
        assert_eq!(record.rows[0].steps(), 30);
        assert!(record.rows[8].termination.starts_with("failed"));
        assert!(!out.join("reproduce.png").exists());
        std::fs::remove_dir_all(out).unwrap();
    }
}
