//! Measures every contender at one size. First their steps must agree, and then the contenders take turns on the clock.

use anyhow::Context;
use leastwise_core::norm::euclidean;

use super::contender::{ALL, Contender};
use super::limits::{Depth, wanted};
use super::plan::Scaling;
use super::record::{Agreement, Measurement, Row, Who};
use super::size::Sweep;
use super::work::Ready;
use crate::study::{Crew, turns};

/// The largest distance between two steps that count as the same, relative to their length.
///
/// Rounding causes a distance of u·κ(J)·κ(X). W₁, W₂ and X are standard normal matrices. Where the dense step runs,
/// they have at most some tens of columns, and a condition of some hundreds.
const AGREEMENT: f64 = 1e-8;

struct Entry {
    contender: &'static Contender,
    who: Who,
    first_step: Vec<f64>,
    init_seconds: Option<f64>,
    /// The process of the contender, and the place in that process.
    place: (usize, usize),
    wanted: usize,
    samples_ns: Vec<f64>,
}

/// Measures every contender that the limits allow. A wrong step is reported, and is not timed.
///
/// # Errors
/// The errors of a contender.
pub(super) fn row(
    crew: &mut Crew<'_, Scaling>,
    depth: Depth,
    row: usize,
    (sweep, at): (Sweep, usize),
) -> anyhow::Result<Row> {
    let mut entries = Vec::new();
    for (process, ready) in crew.begin::<Vec<Ready>>(row)?.into_iter().enumerate() {
        for (place, ready) in ready.into_iter().enumerate() {
            entries.push(entry(ready, (process, place), depth)?);
        }
    }
    let agreements = agree(&entries);
    let is_wrong = |who: &Who| agreements.iter().any(|a| !a.is_same && a.who == *who);
    entries.retain(|entry| entry.contender.timed && !is_wrong(&entry.who));
    // Slow contenders have all of their samples after two rounds.
    let rounds = entries.iter().map(|entry| entry.wanted).max().unwrap_or(0);
    for place in turns(entries.len(), rounds as u64) {
        let entry = &mut entries[place];
        if entry.samples_ns.len() < entry.wanted {
            let (process, contender) = entry.place;
            let sample = crew.sample(process, contender);
            let sample = sample.with_context(|| entry.who.to_string())?;
            entry.samples_ns.push(sample);
        }
    }
    let measurements = entries.into_iter().map(|entry| Measurement {
        who: entry.who,
        init_seconds: entry.init_seconds,
        samples_ns: entry.samples_ns,
    });
    Ok(Row {
        sweep,
        at,
        measurements: measurements.collect(),
        agreements,
    })
}

fn entry(ready: Ready, place: (usize, usize), depth: Depth) -> anyhow::Result<Entry> {
    let mut all = ALL.iter();
    let contender = all.find(|c| c.name == ready.contender);
    Ok(Entry {
        contender: contender.context("a process has an unknown contender")?,
        who: Who {
            contender: ready.contender,
            backend: ready.backend,
        },
        first_step: ready.first_step,
        init_seconds: ready.init_seconds,
        place,
        wanted: wanted(ready.call_seconds, depth),
        samples_ns: Vec::new(),
    })
}

/// Compares every step with the steps of other contenders, with any backend. At least one of them must be the same.
/// This distinguishes a wrong library from a wrong formula.
fn agree(entries: &[Entry]) -> Vec<Agreement> {
    let mut agreements = Vec::new();
    for entry in entries {
        let Some(step) = entry.contender.step else {
            continue;
        };
        let others = entries.iter().filter(|other| {
            other.contender.step == Some(step) && other.contender.name != entry.contender.name
        });
        let differences = others.map(|other| difference(&entry.first_step, &other.first_step));
        // `min` prefers a number to NaN, so one wrong step does not make the others wrong.
        if let Some(difference) = differences.reduce(f64::min) {
            agreements.push(Agreement {
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

#[cfg(test)]
mod tests {
    use super::super::contender::Step;
    use super::*;

    fn entry(name: &str, backend: &str, first_step: &[f64]) -> Entry {
        let ready = Ready {
            contender: name.to_owned(),
            backend: Some(backend.to_owned()),
            first_step: first_step.to_vec(),
            init_seconds: None,
            call_seconds: 1.0,
        };
        super::entry(ready, (0, 0), Depth::Default).unwrap()
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
        let agreements = agree(&entries);
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
        let agreements = agree(&entries);
        assert_eq!(agreements.len(), 2);
        assert!(agreements.iter().all(|a| !a.is_same));
    }
}
