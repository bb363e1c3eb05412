//! The stored record, `results.jsonl`: one line for the run, and then one line for each cell.
//!
//! METHODOLOGY.md documents the fields. A reader accepts only its own version of the schema.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::machine::{Build, Machine};
use crate::model::{Contender, Operation, Status};
use crate::statistics::{Interval, median_interval};

/// The version of the schema.
pub const SCHEMA: u32 = 1;

/// The kind of a line.
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

/// The first line: the machine, the build, the options and the backends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The [`SCHEMA`] of the program that wrote the line.
    pub schema: u32,
    /// The kind of the line.
    pub kind: Kind,
    /// Seconds since 1970-01-01, UTC.
    pub started: u64,
    /// The command line.
    pub command: String,
    /// The options of the run.
    pub options: Options,
    /// The machine on which the run was measured.
    pub machine: Machine,
    /// The build that was measured.
    pub build: Build,
    /// The backends.
    pub engines: Vec<EngineRecord>,
}

/// The options of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// `check`, `quick`, `default` or `full`.
    pub depth: String,
    /// The seed of every random draw.
    pub seed: u64,
    /// The number of threads that every library was allowed.
    pub threads: usize,
    /// The names of the backends.
    pub backends: Vec<String>,
    /// Those of the backends that are contenders: libraries that are no backends of Leastwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contenders: Vec<String>,
    /// The names of the methods.
    pub methods: Vec<String>,
    /// The names of the scalar types.
    pub scalars: Vec<String>,
    /// The names of the cases.
    pub cases: Vec<String>,
    /// The checksum of a user's own system, in f64. Its name alone does not identify it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The lines that describe how that system was read, one for A and one for B.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
    /// The number of processes that take samples of each cell, one after the other.
    pub processes: usize,
    /// The number of samples that each process takes. Slow cases take fewer.
    pub rounds: usize,
    /// Faults that the tests planted on purpose.
    pub planted: Vec<String>,
}

/// A backend, as it describes itself in the process that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineRecord {
    /// The name of the backend.
    pub backend: String,
    /// The libraries behind the backend.
    pub engine: String,
    /// The version of the library.
    pub version: String,
    /// The number of threads that the library reports.
    pub threads: usize,
    /// The kernel behind the products of the library.
    pub product_kernel: String,
    /// Each method with the algorithm behind it.
    pub methods: Vec<(String, String)>,
}

/// A cell: one contender on one case in one scalar type. A number that does not apply, or is not finite, is
/// null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// The [`SCHEMA`] of the program that wrote the line.
    pub schema: u32,
    /// The kind of the line.
    pub kind: Kind,
    /// The operation.
    pub op: Operation,
    /// The name of the case.
    pub case: String,
    /// The name of the backend.
    pub backend: String,
    /// The libraries that do the work.
    pub engine: String,
    /// The name of the method. `None` for a product.
    pub method: Option<String>,
    /// `f32` or `f64`.
    pub scalar: String,
    /// Rows of A.
    pub rows: usize,
    /// Columns of A.
    pub cols: usize,
    /// Columns of B.
    pub rhs: usize,
    /// n, if the case belongs to a sweep over n×n.
    pub size: Option<usize>,
    /// The number of threads that the library reports.
    pub threads: usize,
    /// The number of threads of the worker's process after the warm-up, including its main thread.
    pub process_threads: Option<usize>,
    /// Whether the library was called directly, without its adapter.
    pub control: bool,
    /// The status of the cell.
    pub status: Status,
    /// The reason why the answer is not right.
    pub reason: Option<String>,

    /// The rank that the contender found.
    pub rank: Option<usize>,
    /// The numerical rank in extended precision.
    pub true_rank: Option<usize>,
    /// The condition number σ₁/σᵣ.
    pub condition: Option<f64>,
    /// The backward error, in units of ‖A‖_F·u for least squares, and of k·u·|A||B| for products.
    pub backward_error_u: Option<f64>,
    /// The forward error ‖x − x_true‖/‖x_true‖.
    pub forward_error: Option<f64>,
    /// ‖the part of x in the null space of A‖/‖x‖. It is null for full column rank.
    pub min_norm_excess: Option<f64>,
    /// The largest ‖x − y‖/‖x_true‖ over the columns and over the right answers y of other contenders that
    /// found the same rank.
    pub disagreement: Option<f64>,
    /// ‖A·x − b‖. For a fit, the loss at its end.
    pub residual: Option<f64>,
    /// The first entries of the first columns of X, for the user's own system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_head: Option<Vec<Vec<f64>>>,

    /// The number of operations of the problem, whatever the method does: those of a Householder QR solve, or
    /// 2·m·n·k for a product.
    pub flops: Option<f64>,
    /// The number of allocations of one call, on the calling thread.
    pub allocations: Option<u64>,
    /// The number of bytes that one call allocates, on the calling thread.
    pub allocated_bytes: Option<u64>,
    /// The number of QR, SVD and Cholesky factorisations of one call.
    pub factorizations: Option<usize>,
    /// The number of linear solves of one fit.
    pub solves: Option<usize>,
    /// The number of evaluations of residual and Jacobian in one fit.
    pub evaluations: Option<usize>,
    /// The number of subnormal entries of the input, which slow down some processors.
    pub subnormals: usize,

    /// The median of `samples_ns`.
    pub median_ns: Option<f64>,
    /// The 95 % interval of the median.
    pub ci95_ns: Option<[f64; 2]>,
    /// The number of processes that took the samples, each the same number in turn.
    pub processes: usize,
    /// The samples, in nanoseconds per call. All contenders of the case took the samples of one index in the
    /// same round.
    pub samples_ns: Vec<f64>,
}

impl CellRecord {
    /// The contender that was measured.
    #[must_use]
    pub fn contender(&self) -> Contender {
        Contender {
            backend: self.backend.clone(),
            method: self.method.clone(),
            control: self.control,
        }
    }

    /// The name of the contender, such as `faer/svd`, or `faer/svd by hand` for a control.
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

    /// Records a wrong answer.
    pub fn reject(&mut self, reason: impl Into<String>) {
        (self.status, self.reason) = (Status::Rejected, Some(reason.into()));
    }

    /// Records that there is no answer, or no time.
    pub(crate) fn fail(&mut self, why: &impl Display) {
        (self.status, self.reason) = (Status::Error, Some(why.to_string()));
        // The samples of a cell that was not measured to its end cannot be compared.
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

    /// The key that identifies this cell within a run.
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

/// The key that identifies a cell within a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CellKey {
    /// The operation.
    pub op: Operation,
    /// The name of the case.
    pub case: String,
    /// `f32` or `f64`.
    pub scalar: String,
    /// The contender.
    pub contender: Contender,
}

/// A stored result.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The first line.
    pub run: RunRecord,
    /// The cells, in the order in which they were measured.
    pub cells: Vec<CellRecord>,
}

impl Results {
    /// Whether the system is a user's own.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.run.options.input.is_some()
    }
}
