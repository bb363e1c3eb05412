//! Measures fits across ranks, of rows that are generated a block at a time:
//! `mpirun -n 2 scale ROWS [PARAMETERS]`.
//!
//! It prints the time and the bytes of a step, and the memory of a rank. Memory does not grow with the rows.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use leastwise_core::{Error, Result};
use leastwise_faer::Faer;
use leastwise_mpi::{Generated, TableCurve, share};
use leastwise_optim::ranks::Ranks;
use leastwise_optim::{Fit, Record};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| match arguments.next() {
        None => Some(default),
        Some(text) => text.parse().ok(),
    };
    let (Some(rows), Some(parameters)) = (number(10_000_000), number(3)) else {
        eprintln!("error: scale takes the numbers of rows and of parameters");
        return ExitCode::from(2);
    };
    leastwise_mpi::main(|ranks| measure(ranks, rows, parameters))
}

/// A number in [0, 1) that depends on the row only (the finaliser of MurmurHash3).
fn random(row: usize) -> f64 {
    let mut bits = (row as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        bits = (bits ^ (bits >> 33)).wrapping_mul(factor);
    }
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// a·exp(−b·x) + c + Σ dₖ·cos(k·x) with n parameters.
fn model(x: f64, p: &[f64]) -> f64 {
    let rest: f64 = (1..)
        .zip(&p[3..])
        .map(|(k, d)| d * (f64::from(k) * x).cos())
        .sum();
    p[0] * (-p[1] * x).exp() + p[2] + rest
}

fn measure(ranks: &Ranks, rows: usize, parameters: usize) -> Result<()> {
    let n = parameters.max(3);
    let own = share(rows, ranks);
    let mut truth = vec![0.1; n];
    truth[..3].copy_from_slice(&[3.0, 1.5, 0.5]);
    let table = Generated::new(own.len(), 2, |row, entries| {
        let row = own.start + row;
        let x = 3.0 * row as f64 / rows as f64;
        entries.copy_from_slice(&[x, model(x, &truth) + 0.1 * (random(row) - 0.5)]);
    });
    let curve = TableCurve::new(&table, 1, n, |row, p| model(row[0], p))?;
    let problem = curve.with_gradient(|row, p, g| {
        let (x, e) = (row[0], (-p[1] * row[0]).exp());
        g[..3].copy_from_slice(&[e, -p[0] * x * e, 1.0]);
        for (k, g) in (1..).zip(&mut g[3..]) {
            *g = (f64::from(k) * x).cos();
        }
    });
    let mut start = vec![0.0; n];
    (start[0], start[1]) = (1.0, 1.0);
    let clock = Instant::now();
    let mut steps = Vec::new();
    let mut observe = |_: &Record<'_, f64>| {
        steps.push((clock.elapsed(), ranks.sent()));
        ControlFlow::Continue(())
    };
    let backend = Faer::default();
    let fit = Fit::new(&backend).across(ranks);
    let fitted = fit.run_observed(&problem, &start, &mut [&mut observe])?;
    let elapsed = clock.elapsed();
    let memory = ranks.gather(Ok::<_, Error>(peak_kib()))?;
    if !ranks.is_first() {
        return Ok(());
    }
    println!("{fitted}");
    println!(
        "{rows} rows, {n} parameters, {} ranks: {elapsed:.3?}",
        ranks.count()
    );
    for pair in steps.windows(2) {
        let (time, messages, bytes) = (
            pair[1].0.saturating_sub(pair[0].0),
            pair[1].1.messages - pair[0].1.messages,
            pair[1].1.bytes - pair[0].1.bytes,
        );
        println!("step: {time:.3?}, rank 0 sends {messages} messages, {bytes} bytes");
    }
    // The step that other programs disturb least. The last record ends the run, and evaluates nothing.
    let pairs = steps[..steps.len().saturating_sub(1)].windows(2);
    let times = pairs.map(|pair| pair[1].0.saturating_sub(pair[0].0));
    if let Some(least) = times.min() {
        println!(
            "step of {rows} rows, {n} parameters, {} ranks: {} ns",
            ranks.count(),
            least.as_nanos()
        );
    }
    println!("peak memory by rank, KiB: {memory:?}");
    Ok(())
}

/// The largest resident memory of this process in KiB, or 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
