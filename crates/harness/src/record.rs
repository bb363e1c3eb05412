//! What is stored: `results.jsonl`, a line for the run and then a line for each cell.
//!
//! METHODOLOGY.md documents the fields. A reader accepts the schema that it knows and no other.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::machine::{Build, Machine};
use crate::model::{Contender, Operation, Status};
use crate::statistics::{Interval, median_interval};

/// The version of the schema.
pub const SCHEMA: u32 = 1;

/// What a line tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The run.
    Run,
    /// A cell that was verified.
    Accuracy,
    /// A cell that was verified and timed.
    Speed,
    /// The end of the cells of a case.
    Group,
}

/// The first line: where, with what and how was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`SCHEMA`] of the program that wrote the line.
    pub schema: u32,
    /// What the line tells of.
    pub kind: Kind,
    /// Seconds since 1970-01-01, UTC.
    pub started: u64,
    /// The command line.
    pub command: String,
    /// What was asked for.
    pub options: Options,
    /// Where.
    pub machine: Machine,
    /// With which program.
    pub build: Build,
    /// The backends.
    pub engines: Vec<EngineRecord>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// `check`, `quick`, `default` or `full`.
    pub depth: String,
    /// Of every random draw.
    pub seed: u64,
    /// Threads that every library was allowed.
    pub threads: usize,
    /// Their names.
    pub backends: Vec<String>,
    /// Their names.
    pub methods: Vec<String>,
    /// Their names.
    pub scalars: Vec<String>,
    /// Names of the cases.
    pub cases: Vec<String>,
    /// The fingerprint of a system that the user brought, in f64; its name alone says little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// How that system was read, a line for A and one for B.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
    /// How many processes take samples of each cell, one after the other.
    pub processes: usize,
    /// Samples that each of them takes, or fewer of what takes long.
    pub rounds: usize,
    /// Faults that were planted on purpose, by the tests.
    pub planted: Vec<String>,
}

/// A backend, as it describes itself in the process that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineRecord {
    /// The name of the backend.
    pub backend: String,
    /// The libraries behind it.
    pub engine: String,
    /// Of the library.
    pub version: String,
    /// Threads that the library says it uses.
    pub threads: usize,
    /// The kernel behind its products.
    pub product_kernel: String,
    /// Each method with the algorithm behind it.
    pub methods: Vec<(String, String)>,
}

/// A cell: one contender on one case in one scalar type. Numbers that do not apply, or are not
/// finite, are null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// [`SCHEMA`] of the program that wrote the line.
    pub schema: u32,
    /// What the line tells of.
    pub kind: Kind,
    /// What is computed.
    pub op: Operation,
    /// The name of the case.
    pub case: String,
    /// The name of the backend.
    pub backend: String,
    /// The libraries that do the work.
    pub engine: String,
    /// `None` for a product.
    pub method: Option<String>,
    /// `f32` or `f64`.
    pub scalar: String,
    /// Of A.
    pub rows: usize,
    /// Of A.
    pub cols: usize,
    /// Columns of B.
    pub rhs: usize,
    /// n, if the case is one of a sweep over n×n.
    pub size: Option<usize>,
    /// Threads that the library says it uses.
    pub threads: usize,
    /// Threads of the worker's process while it was warm, its main thread included.
    pub process_threads: Option<usize>,
    /// Whether the library was called by hand, without the adapter.
    pub control: bool,
    /// What became of it.
    pub status: Status,
    /// Why it is not right.
    pub reason: Option<String>,

    /// That was found.
    pub rank: Option<usize>,
    /// The numerical rank in extended precision.
    pub true_rank: Option<usize>,
    /// σ₁/σᵣ
    pub condition: Option<f64>,
    /// In units of ‖A‖_F·u for least squares, of k·u·|A||B| for products.
    pub backward_error_u: Option<f64>,
    /// ‖x − x_true‖/‖x_true‖
    pub forward_error: Option<f64>,
    /// ‖the part of x in the null space of A‖/‖x‖; null for full column rank.
    pub min_norm_excess: Option<f64>,
    /// The largest ‖x − y‖/‖x_true‖ of a column against the right answers y of other contenders that found the same rank.
    pub disagreement: Option<f64>,
    /// ‖A·x − b‖; of a fit, the loss that it ends with.
    pub residual: Option<f64>,
    /// The first entries of the first columns of X, if it solves the user's own system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_head: Option<Vec<Vec<f64>>>,

    /// Those of a Householder QR solve, 2·m·n·k for a product: of the problem, whatever the method
    /// does.
    pub flops: Option<f64>,
    /// Of one call, on the calling thread.
    pub allocations: Option<u64>,
    /// Of one call, on the calling thread.
    pub allocated_bytes: Option<u64>,
    /// QR, SVD and Cholesky factorisations of one call.
    pub factorizations: Option<usize>,
    /// Of one fit: linear solves, and evaluations of residual and Jacobian.
    pub solves: Option<usize>,
    /// Of one fit, of residual and Jacobian.
    pub evaluations: Option<usize>,
    /// Subnormal numbers in the input, which some processors are slow at.
    pub subnormals: usize,

    /// Of `samples_ns`.
    pub median_ns: Option<f64>,
    /// The 95 % interval of the median.
    pub ci95_ns: Option<[f64; 2]>,
    /// How many processes took the samples, each the same number in turn.
    pub processes: usize,
    /// Nanoseconds of one call. Samples of the same place were taken in the same round by all
    /// contenders of the case.
    pub samples_ns: Vec<f64>,
}

impl CellRecord {
    /// Who was measured.
    #[must_use]
    pub fn contender(&self) -> Contender {
        Contender {
            backend: self.backend.clone(),
            method: self.method.clone(),
            control: self.control,
        }
    }

    /// `faer/svd`, or `faer/svd by hand` for a control.
    #[must_use]
    pub fn label(&self) -> String {
        let mut label = self.engine.clone();
        if let Some(method) = &self.method {
            label.push('/');
            label.push_str(method);
        }
        if self.control {
            label.push_str(" by hand");
        }
        label
    }

    /// The stored median with its 95 % interval, if the cell was timed.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        let (mid, [low, high]) = self.median_ns.zip(self.ci95_ns)?;
        Some(Interval { low, mid, high })
    }

    /// The answer is wrong.
    pub fn reject(&mut self, reason: impl Into<String>) {
        (self.status, self.reason) = (Status::Rejected, Some(reason.into()));
    }

    /// There is no answer, or no time.
    pub(crate) fn fail(&mut self, why: &impl Display) {
        (self.status, self.reason) = (Status::Error, Some(why.to_string()));
        // What is left of a cell that was not measured to its end could not be compared.
        self.samples_ns.clear();
    }

    /// Sets the median of the samples and its interval.
    pub(crate) fn summarize(&mut self, processes: usize) {
        if self.samples_ns.is_empty() {
            return;
        }
        self.processes = processes;
        let interval = median_interval(&self.samples_ns, processes);
        self.kind = Kind::Speed;
        self.median_ns = Some(interval.mid);
        self.ci95_ns = Some([interval.low, interval.high]);
    }

    /// What tells this cell from every other of a run.
    #[must_use]
    pub fn key(&self) -> CellKey {
        CellKey {
            op: self.op,
            case: self.case.clone(),
            scalar: self.scalar.clone(),
            contender: self.contender(),
        }
    }
}

/// What tells a cell from every other of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CellKey {
    /// What is computed.
    pub op: Operation,
    /// The name of the case.
    pub case: String,
    /// `f32` or `f64`.
    pub scalar: String,
    /// Who was measured.
    pub contender: Contender,
}

/// A stored result.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The first line.
    pub run: RunRecord,
    /// In the order in which they were measured.
    pub cells: Vec<CellRecord>,
}

impl Results {
    /// Whether the user brought the system.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.run.options.input.is_some()
    }
}
