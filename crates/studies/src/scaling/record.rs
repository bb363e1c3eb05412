//! What was measured, which is `scaling.json`.

use serde::Serialize;

use super::contender::Step;
use super::exponent::Exponent;
use super::limits::{Depth, Limits};
use super::size::{Size, Sweep};
use leastwise_harness::machine::{Build, Machine};

/// Times are in seconds.
#[derive(Serialize)]
pub(super) struct Results {
    /// Seconds since 1970.
    pub(super) started: u64,
    pub(super) command: String,
    pub(super) machine: Machine,
    pub(super) build: Build,
    pub(super) depth: Depth,
    pub(super) limits: Limits,
    pub(super) widths: Vec<usize>,
    pub(super) samples: Vec<usize>,
    pub(super) backends: Vec<String>,
    /// Its version.
    pub(super) numpy: Option<String>,
    pub(super) agreements: Vec<Agreement>,
    pub(super) measurements: Vec<Measurement>,
    pub(super) growths: Vec<Growth>,
}

/// How far a step is from the nearest one that somebody found in another way.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Agreement {
    pub(super) sweep: Sweep,
    pub(super) at: usize,
    pub(super) step: Step,
    pub(super) who: Who,
    /// ‖δ − δ'‖ / ‖δ'‖.
    pub(super) difference: f64,
    /// Otherwise it is not timed.
    pub(super) is_same: bool,
}

/// A contender, by the backend if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Who {
    pub(super) contender: &'static str,
    pub(super) backend: Option<String>,
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.contender)?;
        match &self.backend {
            Some(backend) => write!(f, ", {backend}"),
            None => Ok(()),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Measurement {
    pub(super) sweep: Sweep,
    /// The width or the number of samples.
    pub(super) at: usize,
    pub(super) size: Size,
    pub(super) who: Who,
    pub(super) unit: &'static str,
    /// What was done once, before the first step.
    pub(super) init_seconds: Option<f64>,
    pub(super) median: f64,
    pub(super) ci95: [f64; 2],
    pub(super) samples: Vec<f64>,
    /// Solves for each step that was taken, evaluations for each run of a peer.
    pub(super) units_a_call: f64,
}

/// How the time of a contender grows.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Growth {
    pub(super) sweep: Sweep,
    pub(super) who: Who,
    pub(super) exponent: Exponent,
}

impl Results {
    /// What was measured of `who`, in ascending order.
    pub(super) fn of<'r>(
        &'r self,
        sweep: Sweep,
        who: &Who,
    ) -> impl Iterator<Item = &'r Measurement> {
        let all = self.measurements.iter();
        all.filter(move |m| m.sweep == sweep && m.who == *who)
    }

    pub(super) fn at(&self, sweep: Sweep, at: usize, who: &Who) -> Option<&Measurement> {
        let mut all = self.measurements.iter();
        all.find(|m| m.sweep == sweep && m.at == at && m.who == *who)
    }

    /// A step that is wrong.
    pub(super) fn fault(&self, sweep: Sweep, at: usize, who: &Who) -> Option<&Agreement> {
        let mut faults = self.agreements.iter().filter(|a| !a.is_same);
        faults.find(|a| a.sweep == sweep && a.at == at && a.who == *who)
    }

    /// Everyone that was measured, in the order of the table of contenders.
    pub(super) fn everyone(&self, sweep: Sweep) -> Vec<Who> {
        let mut everyone: Vec<Who> = Vec::new();
        for measurement in self.measurements.iter().filter(|m| m.sweep == sweep) {
            if !everyone.contains(&measurement.who) {
                everyone.push(measurement.who.clone());
            }
        }
        let rank = |who: &Who| {
            super::contender::ALL
                .iter()
                .position(|c| c.name == who.contender)
        };
        everyone.sort_by_key(rank);
        everyone
    }

    pub(super) fn sizes(&self, sweep: Sweep) -> &[usize] {
        match sweep {
            Sweep::Width => &self.widths,
            Sweep::Samples => &self.samples,
        }
    }

    pub(super) fn exponent(&self, sweep: Sweep, who: &Who) -> Option<Exponent> {
        let growth = self
            .growths
            .iter()
            .find(|g| g.sweep == sweep && g.who == *who);
        growth.map(|growth| growth.exponent)
    }

    /// Fits the exponents of all that was measured.
    pub(super) fn fit(&mut self) {
        for sweep in Sweep::ALL {
            for who in self.everyone(sweep) {
                let points: Vec<(usize, f64)> =
                    self.of(sweep, &who).map(|m| (m.at, m.median)).collect();
                if let Some(exponent) = Exponent::fit(&points) {
                    self.growths.push(Growth {
                        sweep,
                        who,
                        exponent,
                    });
                }
            }
        }
    }
}
