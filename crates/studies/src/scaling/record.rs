//! The stored results of a size, and views over all sizes.

use serde::{Deserialize, Serialize};

use super::contender::{ALL, Step};
use super::exponent::Exponent;
use super::plan::Plan;
use super::size::Sweep;
use crate::compare::statistics::{Interval, median_interval};
use crate::study;

/// The results at one size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) sweep: Sweep,
    /// The size: the width or the number of samples.
    pub(super) at: usize,
    pub(super) agreements: Vec<Agreement>,
    pub(super) measurements: Vec<Measurement>,
}

pub(super) type Record = study::Record<Plan, Row>;

impl Row {
    /// Steps that are wrong.
    pub(super) fn faults(&self) -> impl Iterator<Item = &Agreement> {
        self.agreements.iter().filter(|a| !a.is_same)
    }

    /// Whether every measurement has samples.
    pub(super) fn is_whole(&self) -> bool {
        let is_whole = |m: &Measurement| {
            !m.samples_ns.is_empty() && m.samples_ns.iter().all(|&sample| sample > 0.0)
        };
        self.measurements.iter().all(is_whole)
    }

    fn of(&self, who: &Who) -> Option<&Measurement> {
        self.measurements.iter().find(|m| m.who == *who)
    }
}

/// The distance of a step from the nearest step of another method.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Agreement {
    pub(super) step: Step,
    pub(super) who: Who,
    /// ‖δ − δ'‖ / ‖δ'‖.
    #[serde(with = "study::number")]
    pub(super) difference: f64,
    /// Whether the steps count as the same. Otherwise, the contender is not timed.
    pub(super) is_same: bool,
}

/// A contender, with its backend if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Who {
    pub(super) contender: String,
    pub(super) backend: Option<String>,
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.contender)?;
        match &self.backend {
            Some(backend) => write!(f, ", {backend}"),
            None => Ok(()),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measurement {
    pub(super) who: Who,
    /// The time before the first step.
    pub(super) init_seconds: Option<f64>,
    /// The time of one unit.
    pub(super) samples_ns: Vec<f64>,
}

impl Measurement {
    /// Nanoseconds.
    pub(super) fn median(&self) -> Interval {
        median_interval(&self.samples_ns, 1)
    }
}

/// Views of a record by sweep and contender.
pub(super) struct Results<'r> {
    pub(super) plan: &'r Plan,
    pub(super) rows: &'r [Row],
}

impl<'r> Results<'r> {
    pub(super) fn of(record: &'r Record) -> Self {
        Self {
            plan: &record.header.plan,
            rows: &record.rows,
        }
    }

    /// The sizes that are measured, in ascending order.
    pub(super) fn rows(&self, sweep: Sweep) -> impl Iterator<Item = &'r Row> {
        self.rows.iter().filter(move |row| row.sweep == sweep)
    }

    /// The measurements of `who`, with their sizes in ascending order.
    pub(super) fn points(
        &self,
        sweep: Sweep,
        who: &Who,
    ) -> impl Iterator<Item = (usize, &'r Measurement)> {
        self.rows(sweep)
            .filter_map(move |row| Some((row.at, row.of(who)?)))
    }

    /// Everything that was measured at a size.
    pub(super) fn at(&self, sweep: Sweep, at: usize, who: &Who) -> Option<&'r Measurement> {
        self.rows(sweep).find(|row| row.at == at)?.of(who)
    }

    /// Whether a step is wrong.
    pub(super) fn is_wrong(&self, sweep: Sweep, at: usize, who: &Who) -> bool {
        let mut rows = self.rows(sweep).filter(|row| row.at == at);
        rows.any(|row| row.faults().any(|fault| fault.who == *who))
    }

    /// Every contender that was measured, in the order of the table of contenders.
    pub(super) fn everyone(&self, sweep: Sweep) -> Vec<Who> {
        let mut everyone: Vec<Who> = Vec::new();
        for measurement in self.rows(sweep).flat_map(|row| &row.measurements) {
            if !everyone.contains(&measurement.who) {
                everyone.push(measurement.who.clone());
            }
        }
        let rank = |who: &Who| ALL.iter().position(|c| c.name == who.contender);
        everyone.sort_by_key(rank);
        everyone
    }

    /// The growth of the time.
    pub(super) fn exponent(&self, sweep: Sweep, who: &Who) -> Option<Exponent> {
        let points = self.points(sweep, who).map(|(at, m)| (at, m.median().mid));
        Exponent::fit(&points.collect::<Vec<_>>())
    }
}
