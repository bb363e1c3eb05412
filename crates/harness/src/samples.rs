//! Artificial stored results for the tests of the reports.

use std::sync::LazyLock;

use crate::machine::{Build, Machine};
use crate::model::{Operation, Status};
use crate::record::{CellRecord, EngineRecord, Kind, Options, Results, RunRecord, SCHEMA};

/// Read once, because it starts other programs.
static HERE: LazyLock<(Machine, Build)> = LazyLock::new(|| (Machine::read(), Build::read()));

/// A run of two backends that share a kernel, and of one with another kernel.
#[must_use]
pub fn run() -> RunRecord {
    let engine = |backend: &str, engine: &str, kernel: &str| EngineRecord {
        backend: backend.to_owned(),
        engine: engine.to_owned(),
        version: "1.0.0".to_owned(),
        threads: 1,
        product_kernel: kernel.to_owned(),
        methods: vec![("svd".to_owned(), "bidiagonalisation".to_owned())],
    };
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    RunRecord {
        schema: SCHEMA,
        kind: Kind::Run,
        started: 951_782_400,
        command: "cargo xtask compare".to_owned(),
        options: Options {
            depth: "default".to_owned(),
            seed: 0,
            threads: 1,
            backends: owned(&["faer", "nalgebra", "ndarray"]),
            contenders: Vec::new(),
            methods: owned(&["svd", "qr"]),
            scalars: owned(&["f64"]),
            input: None,
            read: Vec::new(),
            cases: owned(&["lm-solve", "square-4", "square-32"]),
            processes: 4,
            rounds: 5,
            planted: Vec::new(),
        },
        machine: HERE.0.clone(),
        build: HERE.1.clone(),
        engines: vec![
            engine("faer", "faer", "gemm"),
            engine("nalgebra", "nalgebra", "matrixmultiply"),
            engine("ndarray", "ndarray+linfa", "matrixmultiply"),
        ],
    }
}

/// A right answer to a system, not timed.
#[must_use]
pub fn cell(case: &str, backend: &str, method: &str) -> CellRecord {
    let run = run();
    let engine = run.engines.iter().find(|engine| engine.backend == backend);
    CellRecord {
        schema: SCHEMA,
        kind: Kind::Accuracy,
        op: Operation::Lstsq,
        case: case.to_owned(),
        backend: backend.to_owned(),
        engine: engine.map_or(backend, |engine| &engine.engine).to_owned(),
        method: Some(method.to_owned()),
        scalar: "f64".to_owned(),
        rows: 10_000,
        cols: 96,
        rhs: 1,
        size: None,
        threads: 1,
        process_threads: Some(1),
        control: false,
        status: Status::Ok,
        reason: None,
        rank: Some(60),
        true_rank: Some(60),
        condition: Some(8.26),
        backward_error_u: Some(2.5),
        forward_error: Some(2e-15),
        min_norm_excess: Some(4e-16),
        disagreement: Some(3e-15),
        residual: Some(1.0),
        x_head: None,
        flops: Some(1.8e8),
        allocations: Some(31),
        allocated_bytes: Some(1 << 20),
        factorizations: Some(2),
        solves: None,
        evaluations: None,
        subnormals: 0,
        median_ns: None,
        ci95_ns: None,
        processes: 0,
        samples_ns: Vec::new(),
    }
}

/// A product by n×n, timed.
#[must_use]
pub fn product(n: usize, backend: &str, nanoseconds: f64) -> CellRecord {
    let mut cell = timed(
        cell(&format!("product-{n}"), backend, ""),
        nanoseconds,
        0.01,
        n as u64,
    );
    (cell.op, cell.method, cell.size) = (Operation::Matmul, None, Some(n));
    (cell.rows, cell.cols, cell.rhs) = (n, n, n);
    (cell.rank, cell.true_rank, cell.condition) = (None, None, None);
    cell.flops = Some(2.0 * (n as f64).powi(3));
    cell
}

/// The cell, with samples around `nanoseconds` and a relative noise of `noise`.
#[must_use]
pub fn timed(mut cell: CellRecord, nanoseconds: f64, noise: f64, seed: u64) -> CellRecord {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut deviation = || 2.0 * rng.random::<f64>() - 1.0;
    cell.processes = 4;
    cell.samples_ns = (0..20)
        .map(|_| nanoseconds * (1.0 + noise * deviation()))
        .collect();
    cell.summarize(4);
    cell
}

#[must_use]
pub fn results(cells: Vec<CellRecord>) -> Results {
    Results { run: run(), cells }
}
