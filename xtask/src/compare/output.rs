//! The results as JSON.

use std::fs::OpenOptions;
use std::io::BufWriter;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::Comparison;
use super::cell::Cell;
use crate::error::bad_input;

/// The version of the schema below.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    seed: u64,
    cells: Vec<CellEntry<'a>>,
}

/// Fields without a value are null; serde_json writes a number that is not finite as null.
#[derive(Serialize)]
struct CellEntry<'a> {
    kind: &'static str,
    op: &'static str,
    case: &'a str,
    backend: &'a str,
    engine: &'a str,
    version: &'a str,
    method: Option<&'static str>,
    scalar: &'a str,
    rows: usize,
    cols: usize,
    threads: usize,
    status: &'static str,
    reason: Option<&'a str>,
    rank: Option<usize>,
    backward_error_u: Option<f64>,
    forward_error: Option<f64>,
    min_norm_excess: Option<f64>,
    disagreement: Option<f64>,
    median_ns: Option<f64>,
    quartiles_ns: Option<[f64; 2]>,
    samples_ns: &'a [f64],
}

impl<'a> CellEntry<'a> {
    fn new(cell: &'a Cell, comparison: &'a Comparison) -> Self {
        let engine = comparison
            .engines
            .iter()
            .find(|engine| engine.name == cell.engine);
        let quartiles = cell.quartiles_ns();
        Self {
            kind: if quartiles.is_some() {
                "speed"
            } else {
                "accuracy"
            },
            op: cell.operation.name(),
            case: &cell.case,
            backend: cell.backend,
            engine: cell.engine,
            version: engine.map_or("", |engine| engine.version),
            method: cell.method.map(leastwise_core::Method::name),
            scalar: cell.scalar,
            rows: cell.rows,
            cols: cell.cols,
            threads: engine.map_or(1, |engine| engine.threads),
            status: cell.status.name(),
            reason: cell.status.reason(),
            rank: cell.rank,
            backward_error_u: cell.backward_error_u,
            forward_error: cell.forward_error,
            min_norm_excess: cell.min_norm_excess,
            disagreement: cell.disagreement,
            median_ns: quartiles.map(|[_, median, _]| median),
            quartiles_ns: quartiles.map(|[low, _, high]| [low, high]),
            samples_ns: &cell.samples_ns,
        }
    }
}

/// Finds out before the work whether the file can be written; keeps what it holds.
pub(super) fn check_writable(path: &Path) -> anyhow::Result<()> {
    match OpenOptions::new().append(true).create(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(bad_input(format!(
            "--json: cannot write {}: {error}",
            path.display()
        ))),
    }
}

pub(super) fn write(path: &Path, comparison: &Comparison) -> anyhow::Result<()> {
    let document = Document {
        schema: SCHEMA,
        seed: comparison.seed,
        cells: comparison
            .cells
            .iter()
            .map(|cell| CellEntry::new(cell, comparison))
            .collect(),
    };
    let cannot_write = || format!("cannot write {}", path.display());
    let file = std::fs::File::create(path).with_context(cannot_write)?;
    serde_json::to_writer_pretty(BufWriter::new(file), &document).with_context(cannot_write)
}
