//! `fit`: the fit of a model to columns of a file.

use anyhow::anyhow;
use leastwise_fit_file::{Error, FitArgs, Outcome};

use crate::error::bad_input;
use crate::terminal::print;

/// Prints the result.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for invalid flags and files; a fit that did not converge.
pub(crate) fn run(args: &FitArgs) -> anyhow::Result<()> {
    finish(leastwise_fit_file::run(args), |outcome| show(args, outcome))
}

/// The fit on all ranks of an MPI program. Rank 0 prints, and all ranks have the same exit code.
#[cfg(feature = "mpi")]
pub(crate) fn across(args: &FitArgs) -> std::process::ExitCode {
    use std::convert::Infallible;
    use std::ops::ControlFlow;
    use std::process::ExitCode;

    use leastwise_optim::{Observer, Record};
    use leastwise_report::format::{human_time, significant};

    use crate::error::Failure;
    use crate::terminal::complain;

    leastwise_mpi::main(|ranks| {
        let mut progress = |record: &Record<'_, f64>| {
            let time = human_time(record.elapsed.as_secs_f64() * 1e9);
            let loss = significant(record.loss);
            complain(&format!("step {}: loss {loss}, {time}", record.step));
            ControlFlow::Continue(())
        };
        let mut observers: Vec<&mut dyn Observer<f64>> = Vec::new();
        if ranks.is_first() {
            observers.push(&mut progress);
        }
        let outcome = leastwise_fit_file::run_across(args, ranks, &mut observers);
        let shown = finish(outcome, |outcome| {
            if ranks.is_first() {
                show(args, outcome)
            } else {
                Ok(())
            }
        });
        Ok::<_, Infallible>(match shown {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let failure = Failure::of(&error);
                // No rank ends before rank 0 has printed: `main` waits for all.
                if ranks.is_first() {
                    complain(&format!("error: {failure}"));
                }
                failure.exit_code()
            }
        })
    })
}

/// As [`refuse_or_help`](leastwise_harness::terminal::refuse_or_help) on rank 0 of an MPI program. All ranks have its exit
/// code.
#[cfg(feature = "mpi")]
pub(crate) fn refused_across(error: &clap::Error) -> std::process::ExitCode {
    use std::convert::Infallible;
    use std::process::ExitCode;

    leastwise_mpi::main(|ranks| {
        Ok::<_, Infallible>(if ranks.is_first() {
            leastwise_harness::terminal::refuse_or_help(error)
        } else {
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        })
    })
}

fn show(args: &FitArgs, outcome: &Outcome) -> anyhow::Result<()> {
    if args.json {
        print(&format!("{:#}\n", outcome.to_json()))
    } else {
        print(&outcome.summary())
    }
}

fn finish(
    outcome: Result<Outcome, Error>,
    show: impl FnOnce(&Outcome) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let outcome = outcome.map_err(|error| match error {
        Error::BadInput(message) => bad_input(message),
        other => anyhow!("{other}"),
    })?;
    show(&outcome)?;
    if outcome.fitted.is_success() {
        Ok(())
    } else {
        Err(anyhow!(
            "the fit did not converge: {}",
            outcome.fitted.termination
        ))
    }
}
