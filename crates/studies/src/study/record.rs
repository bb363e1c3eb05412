//! The record of a study.

use leastwise_harness::machine::{Build, Machine};
use serde::{Deserialize, Serialize};

pub(crate) struct Record<P, R> {
    pub(crate) header: Header<P>,
    pub(crate) rows: Vec<R>,
}

/// The first line of the file. It describes the plan, the machine and the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Header<P> {
    pub(crate) study: String,
    pub(crate) schema: u32,
    /// Seconds since 1970-01-01, UTC.
    pub(crate) started: u64,
    pub(crate) command: String,
    pub(crate) machine: Machine,
    pub(crate) build: Build,
    pub(crate) plan: P,
}

#[cfg(test)]
impl<P, R> Record<P, R> {
    /// A record of an invented machine and build.
    pub(crate) fn sample(plan: P, rows: Vec<R>) -> Self {
        let run = leastwise_harness::samples::run();
        let header = Header {
            study: "sample".to_owned(),
            schema: 1,
            started: run.started,
            command: run.command,
            machine: run.machine,
            build: run.build,
            plan,
        };
        Self { header, rows }
    }
}
