//! Everyone at one size: first they have to agree, then they take turns on the clock.

use anyhow::Context;
use leastwise_core::norm::euclidean;

use super::contender::{ALL, Contender, Start};
use super::limits::Depth;
use super::plan::Plan;
use super::record::{Agreement, Measurement, Who};
use super::run::Started;
use super::size::{Size, Subject, Sweep};
use crate::compare::statistics::{FEW_SAMPLES, median_interval};

/// Long enough that the clock does not show.
const SAMPLE_SECONDS: f64 = 1.5e-3;
/// How long a contender runs before its first sample: caches, branch predictors and the clock
/// frequency settle within it.
const WARM_UP_SECONDS: f64 = 4e-3;
/// Of steps that take longer than a second.
const SLOW_SAMPLES: usize = 2;
/// How far apart two steps are that are the same, against their length.
///
/// Rounding leaves u·κ(J)·κ(X) of it; W₁, W₂ and X are standard normal matrices of at most some
/// tens of columns where the dense step runs, whose condition is some hundreds.
const AGREEMENT: f64 = 1e-8;

/// What there is of one size.
pub(super) struct Outcome {
    pub(super) agreements: Vec<Agreement>,
    pub(super) measurements: Vec<Measurement>,
}

struct Entry<'a> {
    contender: &'static Contender,
    who: Who,
    started: Started<'a>,
    wanted: usize,
    samples: Vec<f64>,
    calls: usize,
    units: usize,
}

/// Measures everyone that the limits allow. `tick` is told what is going on.
///
/// # Errors
/// What a contender reports. A step that is wrong is none: it is told, and not timed.
pub(super) fn at(
    sweep: Sweep,
    at: usize,
    plan: &Plan,
    mut tick: impl FnMut(&str),
) -> anyhow::Result<Outcome> {
    let size = sweep.size(at);
    let place = || format!("{} {at}", sweep.name());
    tick(&format!("{}: data", place()));
    let subject = Subject::draw(size).with_context(place)?;
    let mut entries = Vec::new();
    for contender in contenders(sweep, size, plan) {
        tick(&format!("{}: {}", place(), contender.name));
        entries.extend(start(contender, &subject, plan)?);
    }
    let agreements = agree(sweep, at, &entries);
    let is_wrong = |who: &Who| agreements.iter().any(|a| !a.is_same && a.who == *who);
    entries.retain(|entry| entry.contender.timed && !is_wrong(&entry.who));
    for entry in &mut entries {
        entry.warm_up(plan.depth)?;
    }
    tick(&place());
    take_turns(&mut entries)?;
    let measurements = entries
        .into_iter()
        .map(|entry| entry.summary(sweep, at, size));
    Ok(Outcome {
        agreements,
        measurements: measurements.collect(),
    })
}

fn contenders(sweep: Sweep, size: Size, plan: &Plan) -> impl Iterator<Item = &'static Contender> {
    ALL.iter()
        .filter(move |c| c.sweeps.contains(&sweep) && plan.limits.allow(c, size))
}

/// What a size takes, roughly and in any unit, for the time that is left.
pub(super) fn weight(sweep: Sweep, at: usize, plan: &Plan) -> f64 {
    let size = sweep.size(at);
    let of_contender = |contender: &Contender| {
        // Two decompositions and a dozen products.
        let structured = 80.0 * (size.hidden as f64).powi(3);
        let flops = structured + contender.dense_solves * size.dense_flops();
        let runs = match contender.start {
            Start::ByBackend(_) => plan.backends.len(),
            Start::Alone(_) => 1,
            Start::ByNumpy(_) => plan.numpy.iter().len(),
        };
        let call = (flops * 3e-10).max(SAMPLE_SECONDS);
        runs as f64 * call * wanted(call, plan.depth) as f64
    };
    let data = 1e-8 * (size.samples * (size.inputs + size.outputs)) as f64;
    data + contenders(sweep, size, plan).map(of_contender).sum::<f64>()
}

/// What a size takes with everyone ready, about: enough to refuse what would be aborted.
pub(super) fn bytes(sweep: Sweep, at: usize, plan: &Plan) -> f64 {
    let size = sweep.size(at);
    let net = size.net();
    let of_contender = |contender: &Contender| {
        let runs = match contender.start {
            Start::ByBackend(_) => plan.backends.len(),
            Start::Alone(_) | Start::ByNumpy(_) => 1,
        };
        runs as f64 * size.step_bytes(contender.dense_solves > 0.0)
    };
    // Every contender that solves by the samples keeps them.
    let held =
        2.0 * 8.0 * net.data() + contenders(sweep, size, plan).map(of_contender).sum::<f64>();
    held.max(net.draw_bytes(8.0))
}

fn start<'a>(
    contender: &'static Contender,
    subject: &'a Subject,
    plan: &'a Plan,
) -> anyhow::Result<Vec<Entry<'a>>> {
    let entry = |backend: Option<&str>, started: anyhow::Result<Started<'a>>| {
        let who = Who {
            contender: contender.name,
            backend: backend.map(str::to_owned),
        };
        let Size {
            outputs, samples, ..
        } = subject.size;
        let started =
            started.with_context(|| format!("{who}, {outputs} outputs, {samples} samples"))?;
        Ok(Entry {
            contender,
            who,
            started,
            wanted: 0,
            samples: Vec::new(),
            calls: 0,
            units: 0,
        })
    };
    match &contender.start {
        Start::ByBackend(start) => {
            let backends = plan.backends.iter();
            backends
                .map(|b| entry(Some(b.info().name), start(subject, &**b)))
                .collect()
        }
        Start::Alone(start) => Ok(vec![entry(None, start(subject))?]),
        Start::ByNumpy(start) => {
            let interpreters = plan.numpy.iter();
            interpreters
                .map(|numpy| entry(None, start(subject, numpy)))
                .collect()
        }
    }
}

/// Every step against those that somebody finds in another way, by whatever backend: one of them has
/// to be the same. So a library that is wrong is told from a formula that is.
fn agree(sweep: Sweep, at: usize, entries: &[Entry<'_>]) -> Vec<Agreement> {
    let mut agreements = Vec::new();
    for entry in entries {
        let (Some(step), Some(own)) = (entry.contender.step, &entry.started.first_step) else {
            continue;
        };
        let others = entries.iter().filter(|other| {
            other.contender.step == Some(step) && other.contender.name != entry.contender.name
        });
        let differences =
            others.filter_map(|other| Some(difference(own, other.started.first_step.as_ref()?)));
        // It prefers a number to NaN: one that is wrong does not condemn the others.
        if let Some(difference) = differences.reduce(f64::min) {
            agreements.push(Agreement {
                sweep,
                at,
                step,
                who: entry.who.clone(),
                difference,
                is_same: difference <= AGREEMENT,
            });
        }
    }
    agreements
}

/// ‖a − b‖ / ‖b‖.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    let apart: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    euclidean(&apart) / euclidean(b)
}

/// One sample of everyone a round, in an order that turns by one each round, so that drift hits all
/// alike. Slow ones are done after two rounds.
fn take_turns(entries: &mut [Entry<'_>]) -> anyhow::Result<()> {
    let count = entries.len();
    let rounds = entries.iter().map(|entry| entry.wanted).max().unwrap_or(0);
    for round in 0..rounds {
        for i in 0..count {
            let entry = &mut entries[(i + round) % count];
            if entry.samples.len() < entry.wanted {
                entry.sample()?;
            }
        }
    }
    Ok(())
}

/// How many samples of a call that takes this long.
fn wanted(seconds: f64, depth: Depth) -> usize {
    match seconds {
        s if s > 1.0 => SLOW_SAMPLES,
        s if s > 0.25 => FEW_SAMPLES,
        _ => depth.samples(),
    }
}

impl Entry<'_> {
    fn call(&mut self) -> anyhow::Result<(f64, usize)> {
        let timing = self.started.run.call();
        let timing = timing.with_context(|| self.who.to_string())?;
        Ok((timing.seconds, timing.count))
    }

    /// A first call that took as long as the warm-up is one.
    fn warm_up(&mut self, depth: Depth) -> anyhow::Result<()> {
        let mut call = self.started.call_seconds;
        let mut total = call;
        while total < WARM_UP_SECONDS {
            (call, _) = self.call()?;
            total += call;
        }
        self.wanted = wanted(call, depth);
        Ok(())
    }

    fn sample(&mut self) -> anyhow::Result<()> {
        let (mut seconds, mut units) = (0.0, 0);
        while seconds < SAMPLE_SECONDS {
            let (more, count) = self.call()?;
            seconds += more;
            units += count;
            self.calls += 1;
        }
        self.units += units;
        self.samples.push(seconds / units as f64);
        Ok(())
    }

    fn summary(self, sweep: Sweep, at: usize, size: Size) -> Measurement {
        let interval = median_interval(&self.samples, 1);
        Measurement {
            sweep,
            at,
            size,
            who: self.who,
            unit: self.contender.unit,
            init_seconds: self.started.init_seconds,
            median: interval.mid,
            ci95: [interval.low, interval.high],
            samples: self.samples,
            units_a_call: self.units as f64 / self.calls as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::contender::Step;
    use super::super::run::{Run, Timing};
    use super::*;

    struct Never;

    impl Run for Never {
        fn call(&mut self) -> anyhow::Result<Timing> {
            anyhow::bail!("not called")
        }
    }

    fn entry(name: &str, backend: &str, first_step: &[f64]) -> Entry<'static> {
        let contender = ALL.iter().find(|c| c.name == name).unwrap();
        Entry {
            contender,
            who: Who {
                contender: contender.name,
                backend: Some(backend.to_owned()),
            },
            started: Started {
                run: Box::new(Never),
                first_step: Some(first_step.to_vec()),
                init_seconds: None,
                call_seconds: 1.0,
            },
            wanted: 1,
            samples: Vec::new(),
            calls: 0,
            units: 0,
        }
    }

    #[test]
    fn a_wrong_step_is_found_before_anything_is_timed() {
        let entries = [
            entry("kronecker", "faer", &[3.0, 4.0]),
            entry("kronecker damped", "faer", &[1.0, 0.0]),
            entry("dense", "faer", &[3.0, 4.0 + 1e-9]),
            entry("dense damped", "faer", &[1.0, 0.0]),
            entry("kronecker", "nalgebra", &[3.0, 4.0 + 1e-6]),
            entry("dense", "nalgebra", &[3.0, -f64::NAN]),
        ];
        let agreements = agree(Sweep::Width, 8, &entries);
        let same: Vec<bool> = agreements.iter().map(|a| a.is_same).collect();
        assert_eq!(same, [true, true, true, true, false, false]);
        assert_eq!(agreements[1].step, Step::Damped);
        assert!((agreements[0].difference - 2e-10).abs() < 1e-15);
    }

    #[test]
    fn two_that_differ_are_both_wrong_and_one_alone_is_not_judged() {
        let entries = [
            entry("kronecker", "faer", &[3.0, 4.0]),
            entry("dense", "faer", &[4.0, 3.0]),
            entry("kronecker damped", "faer", &[1.0, 0.0]),
            entry("kronecker damped", "nalgebra", &[2.0, 0.0]),
        ];
        let agreements = agree(Sweep::Width, 8, &entries);
        assert_eq!(agreements.len(), 2);
        assert!(agreements.iter().all(|a| !a.is_same));
    }

    /// Counts its calls, each of which takes a millisecond.
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
        let mut entry = entry("kronecker", "faer", &[1.0]);
        entry.started.run = Box::new(Millisecond(0));
        entry.started.call_seconds = 1e-3;
        entry.warm_up(Depth::Default).unwrap();
        let mut entries = [entry];
        take_turns(&mut entries).unwrap();
        let [entry] = entries;
        assert_eq!((entry.samples.len(), entry.calls), (7, 14));
        let summary = entry.summary(Sweep::Width, 8, Sweep::Width.size(8));
        assert_eq!((summary.median, summary.units_a_call), (5e-4, 2.0));
    }

    #[test]
    fn slow_steps_have_few_samples() {
        assert_eq!([1e-5, 0.5, 2.0].map(|s| wanted(s, Depth::Full)), [9, 5, 2]);
    }
}
