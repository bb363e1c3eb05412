//! What is stored: `results.jsonl`, a line for the run and then a line for each cell.
//!
//! METHODOLOGY.md documents the fields. A reader accepts the schema that it knows and no other.

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::statistics::Interval;
use crate::machine::{Build, Machine};

/// The version of the schema.
pub(crate) const SCHEMA: u32 = 1;

/// What a line tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
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
pub(crate) struct RunRecord {
    pub(crate) schema: u32,
    pub(crate) kind: Kind,
    /// Seconds since 1970-01-01, UTC.
    pub(crate) started: u64,
    /// The command line.
    pub(crate) command: String,
    pub(crate) options: Options,
    pub(crate) machine: Machine,
    pub(crate) build: Build,
    pub(crate) engines: Vec<EngineRecord>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Options {
    /// `check`, `quick`, `default` or `full`.
    pub(crate) depth: String,
    pub(crate) seed: u64,
    /// Threads that every library was allowed.
    pub(crate) threads: usize,
    pub(crate) backends: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) scalars: Vec<String>,
    /// Names of the cases.
    pub(crate) cases: Vec<String>,
    /// The fingerprint of a system that the user brought, in f64; its name alone says little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<String>,
    /// How that system was read, a line for A and one for B.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) read: Vec<String>,
    /// How many processes take samples of each cell, one after the other.
    pub(crate) processes: usize,
    /// Samples that each of them takes, or fewer of what takes long.
    pub(crate) rounds: usize,
    /// Faults that were planted on purpose, by the tests.
    pub(crate) planted: Vec<String>,
}

/// A backend, as it describes itself in the process that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EngineRecord {
    pub(crate) backend: String,
    pub(crate) engine: String,
    pub(crate) version: String,
    /// Threads that the library says it uses.
    pub(crate) threads: usize,
    /// The kernel behind its products.
    pub(crate) product_kernel: String,
    /// Each method with the algorithm behind it.
    pub(crate) methods: Vec<(String, String)>,
}

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Verified.
    Ok,
    /// The method cannot solve the case and says so, as it must.
    Refused,
    /// The library has no such method.
    Unsupported,
    /// The answer is wrong, or there is none where there should be.
    Rejected,
    /// No answer: the process crashed, hung or failed.
    Error,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Unsupported => "unsupported",
            Self::Rejected => "rejected",
            Self::Error => "error",
        }
    }

    /// Whether something is wrong with the library or its adapter.
    pub(crate) fn is_fault(self) -> bool {
        matches!(self, Self::Rejected | Self::Error)
    }
}

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// min ‖A·X − B‖
    Lstsq,
    /// C = A·B
    Matmul,
    /// A whole Levenberg-Marquardt fit
    LmFit,
}

/// A cell: one contender on one case in one scalar type. Numbers that do not apply, or are not
/// finite, are null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CellRecord {
    pub(crate) schema: u32,
    pub(crate) kind: Kind,
    pub(crate) op: Operation,
    pub(crate) case: String,
    pub(crate) backend: String,
    /// The libraries that do the work.
    pub(crate) engine: String,
    pub(crate) method: Option<String>,
    pub(crate) scalar: String,
    /// Of A.
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Columns of B.
    pub(crate) rhs: usize,
    /// n, if the case is one of a sweep over n×n.
    pub(crate) size: Option<usize>,
    /// Threads that the library says it uses.
    pub(crate) threads: usize,
    /// Threads of the worker's process while it was warm, its main thread included.
    pub(crate) process_threads: Option<usize>,
    /// Whether the library was called by hand, without the adapter.
    pub(crate) control: bool,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,

    pub(crate) rank: Option<usize>,
    pub(crate) true_rank: Option<usize>,
    /// σ₁/σᵣ
    pub(crate) condition: Option<f64>,
    /// In units of ‖A‖_F·u for least squares, of k·u·|A||B| for products.
    pub(crate) backward_error_u: Option<f64>,
    pub(crate) forward_error: Option<f64>,
    /// ‖the part of x in the null space of A‖/‖x‖; null for full column rank.
    pub(crate) min_norm_excess: Option<f64>,
    /// The largest ‖x − y‖/‖x_true‖ of a column against the right answers y of other contenders that found the same rank.
    pub(crate) disagreement: Option<f64>,
    /// ‖A·x − b‖; of a fit, the loss that it ends with.
    pub(crate) residual: Option<f64>,
    /// The first entries of the first columns of X, if it solves the user's own system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) x_head: Option<Vec<Vec<f64>>>,

    /// Those of a Householder QR solve, 2·m·n·k for a product: of the problem, whatever the method
    /// does.
    pub(crate) flops: Option<f64>,
    /// Of one call, on the calling thread.
    pub(crate) allocations: Option<u64>,
    pub(crate) allocated_bytes: Option<u64>,
    /// QR, SVD and Cholesky factorisations of one call.
    pub(crate) factorizations: Option<usize>,
    /// Of one fit: linear solves, and evaluations of residual and Jacobian.
    pub(crate) solves: Option<usize>,
    pub(crate) evaluations: Option<usize>,
    /// Subnormal numbers in the input, which some processors are slow at.
    pub(crate) subnormals: usize,

    pub(crate) median_ns: Option<f64>,
    pub(crate) ci95_ns: Option<[f64; 2]>,
    /// How many processes took the samples, each the same number in turn.
    pub(crate) processes: usize,
    /// Nanoseconds of one call. Samples of the same place were taken in the same round by all
    /// contenders of the case.
    pub(crate) samples_ns: Vec<f64>,
}

impl CellRecord {
    pub(crate) fn contender(&self) -> Contender {
        Contender {
            backend: self.backend.clone(),
            method: self.method.clone(),
            control: self.control,
        }
    }

    /// `faer/svd`, or `faer/svd by hand` for a control.
    pub(crate) fn label(&self) -> String {
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
    pub(crate) fn interval(&self) -> Option<Interval> {
        let (mid, [low, high]) = self.median_ns.zip(self.ci95_ns)?;
        Some(Interval { low, mid, high })
    }

    /// What tells this cell from every other of a run.
    pub(crate) fn key(&self) -> CellKey {
        CellKey {
            op: self.op,
            case: self.case.clone(),
            scalar: self.scalar.clone(),
            contender: self.contender(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CellKey {
    pub(crate) op: Operation,
    pub(crate) case: String,
    pub(crate) scalar: String,
    pub(crate) contender: Contender,
}

/// A stored result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Results {
    pub(crate) run: RunRecord,
    pub(crate) cells: Vec<CellRecord>,
}

impl Results {
    /// Whether the user brought the system.
    pub(crate) fn is_own(&self) -> bool {
        self.run.options.input.is_some()
    }
}
