//! The work of a process: the contenders of one library at one size.

use anyhow::Context;
use leastwise_core::Backend;
use serde::{Deserialize, Serialize};

use super::contender::{ALL, Contender, Start};
use super::limits::{Limits, wanted};
use super::plan::{self, Plan};
use super::run::{Run, Started};
use super::size::{Size, Subject, Sweep};
use crate::python::Python;
use crate::study::{Desk, number};

/// The time of a sample. It is long compared with the resolution of the clock.
const SAMPLE_SECONDS: f64 = 1.5e-3;
/// How long a contender runs before its first sample. In this time, caches, branch predictors and the clock
/// frequency settle.
const WARM_UP_SECONDS: f64 = 4e-3;

/// A contender that is ready to be timed.
#[derive(Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) contender: String,
    pub(super) backend: Option<String>,
    /// The first step. It is empty if the contender does not take steps.
    #[serde(with = "number::list")]
    pub(super) first_step: Vec<f64>,
    /// The time before the first step.
    pub(super) init_seconds: Option<f64>,
    pub(super) call_seconds: f64,
}

/// The library of the contenders of a process.
enum Member<'p> {
    Backend(Box<dyn Backend<f64>>),
    Peer,
    Numpy(&'p Python),
}

/// Starts the contenders of the process for each size, and takes their samples.
///
/// # Errors
/// The errors of a contender.
pub(super) fn work(plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
    let member = match (plan.backends.get(process), &plan.numpy) {
        (Some(name), _) => Member::Backend(plan::find(name)?),
        (None, Some(numpy)) if process > plan.backends.len() => Member::Numpy(numpy),
        _ => Member::Peer,
    };
    let rows = plan.rows();
    while let Some(row) = desk.row()? {
        let (sweep, at) = rows[row];
        let size = sweep.size(at);
        let place = || format!("{} {at}", sweep.name());
        let mine = |contender: &&Contender| {
            matches!(
                (&contender.start, &member),
                (Start::ByBackend(_), Member::Backend(_))
                    | (Start::Alone(_), Member::Peer)
                    | (Start::ByNumpy(_), Member::Numpy(_))
            )
        };
        let mine: Vec<_> = contenders(sweep, size, plan).filter(mine).collect();
        if mine.is_empty() {
            desk.serve::<[Ready; 0]>(&[], |_| anyhow::bail!("no contender"))?;
            continue;
        }
        let subject = Subject::draw(size).with_context(place)?;
        let mut runs = Vec::new();
        let mut ready = Vec::new();
        for contender in mine {
            let started = start(contender, &member, &subject);
            let started = started.with_context(|| format!("{}, {}", contender.name, place()))?;
            let mut run = started.run;
            let mut call_seconds = started.call_seconds;
            if contender.timed {
                call_seconds = warm_up(&mut *run, call_seconds)?;
            }
            runs.push(run);
            ready.push(Ready {
                contender: contender.name.to_owned(),
                backend: match &member {
                    Member::Backend(backend) => Some(backend.info().name.to_owned()),
                    Member::Peer | Member::Numpy(_) => None,
                },
                first_step: started.first_step.unwrap_or_default(),
                init_seconds: started.init_seconds,
                call_seconds,
            });
        }
        desk.serve(&ready, |contender| sample(&mut *runs[contender]))?;
    }
    Ok(())
}

fn start<'a>(
    contender: &Contender,
    member: &'a Member<'_>,
    subject: &'a Subject,
) -> anyhow::Result<Started<'a>> {
    match (&contender.start, member) {
        (Start::ByBackend(start), Member::Backend(backend)) => start(subject, &**backend),
        (Start::ByNumpy(start), Member::Numpy(numpy)) => start(subject, numpy),
        (Start::Alone(start), _) => start(subject),
        _ => anyhow::bail!("it does not run in this process"),
    }
}

/// Repeats the call until the warm-up time has passed, and returns the seconds of the last call. The first call counts
/// towards that time.
fn warm_up(run: &mut dyn Run, first_call: f64) -> anyhow::Result<f64> {
    let (mut call, mut total) = (first_call, first_call);
    while total < WARM_UP_SECONDS {
        call = run.call()?.seconds;
        total += call;
    }
    Ok(call)
}

/// The nanoseconds of a unit, as the mean over the calls of a sample.
fn sample(run: &mut dyn Run) -> anyhow::Result<f64> {
    let (mut seconds, mut units) = (0.0, 0);
    while seconds < SAMPLE_SECONDS {
        let timing = run.call()?;
        seconds += timing.seconds;
        units += timing.count;
    }
    Ok(1e9 * seconds / units as f64)
}

fn contenders(sweep: Sweep, size: Size, plan: &Plan) -> impl Iterator<Item = &'static Contender> {
    let limits = Limits::of(plan.depth);
    ALL.iter()
        .filter(move |c| c.sweeps.contains(&sweep) && limits.allow(c, size))
}

/// The number of processes that run a contender.
fn runs(contender: &Contender, plan: &Plan) -> usize {
    match contender.start {
        Start::ByBackend(_) => plan.backends.len(),
        Start::Alone(_) => 1,
        Start::ByNumpy(_) => plan.numpy.iter().len(),
    }
}

/// The approximate time of a size, in any unit, for the progress.
pub(super) fn weight(sweep: Sweep, at: usize, plan: &Plan) -> f64 {
    let size = sweep.size(at);
    let of_contender = |contender: &Contender| {
        // Two decompositions and a dozen products.
        let structured = 80.0 * (size.hidden as f64).powi(3);
        let flops = structured + contender.dense_solves * size.dense_flops();
        let call = (flops * 3e-10).max(SAMPLE_SECONDS);
        runs(contender, plan) as f64 * call * wanted(call, plan.depth) as f64
    };
    let data = 1e-8 * (size.samples * (size.inputs + size.outputs)) as f64;
    data + contenders(sweep, size, plan).map(of_contender).sum::<f64>()
}

/// The approximate bytes of a size with every contender ready. This is accurate enough to refuse a run that would be
/// aborted.
pub(super) fn bytes(sweep: Sweep, at: usize, plan: &Plan) -> f64 {
    let size = sweep.size(at);
    let net = size.net();
    let of_contender = |contender: &Contender| {
        runs(contender, plan) as f64 * size.step_bytes(contender.dense_solves > 0.0)
    };
    // Each process has the data, and the copies that its contenders keep. The processes draw one after the other.
    let processes = (plan.backends.len() + 1 + plan.numpy.iter().len()) as f64;
    let data = 2.0 * 8.0 * net.data();
    let steps = contenders(sweep, size, plan).map(of_contender).sum::<f64>();
    (processes * data + steps).max((processes - 1.0) * data + net.draw_bytes(8.0))
}

#[cfg(test)]
mod tests {
    use super::super::run::Timing;
    use super::*;

    /// Counts its calls, each of which takes a millisecond for two units.
    struct Millisecond(usize);

    impl Run for Millisecond {
        fn call(&mut self) -> anyhow::Result<Timing> {
            self.0 += 1;
            let (seconds, count) = (1e-3, 2);
            Ok(Timing { seconds, count })
        }
    }

    #[test]
    fn a_sample_is_as_long_as_it_has_to_be_and_a_time_is_for_one_unit() {
        let mut run = Millisecond(0);
        assert_eq!(warm_up(&mut run, 1e-3).unwrap(), 1e-3);
        assert_eq!(run.0, 3);
        // The quotient has two rounding errors.
        let error = (sample(&mut run).unwrap() - 5e5).abs();
        assert!(error <= 5e5 * f64::EPSILON, "{error}");
        assert_eq!(run.0, 5);
        assert_eq!(warm_up(&mut run, 1.0).unwrap(), 1.0);
        assert_eq!(run.0, 5);
    }
}
