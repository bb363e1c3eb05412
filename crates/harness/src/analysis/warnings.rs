//! Reasons to doubt the times of a run.

use super::groups::{is_timed, ratio};
use crate::model::Operation;
use crate::record::{CellRecord, Results};
use crate::statistics::FEW_SAMPLES;

/// The relative half width of an interval above which a time is called uncertain.
const NOISY: f64 = 0.1;
/// Operations of a product above which the kernel takes nearly all of the time.
const LARGE_PRODUCT: f64 = 2.0 * 256.0 * 256.0 * 256.0;
/// The relative difference that is accepted between two libraries with the same kernel.
const SAME_KERNEL: f64 = 0.05;

/// Reasons to doubt the times of this run, one per line.
#[must_use]
pub fn warnings(results: &Results) -> Vec<String> {
    let mut warnings = Vec::new();
    let timed: Vec<&CellRecord> = results.cells.iter().filter(|cell| is_timed(cell)).collect();
    let noisy = timed.iter().filter(|cell| {
        let interval = cell.interval();
        interval.is_some_and(|interval| interval.relative_half_width() > NOISY)
    });
    let noisy = noisy.count();
    if 10 * noisy > timed.len() {
        warnings.push(format!(
            "the machine is too noisy to conclude: {noisy} of {} times are uncertain by more than \
             {:.0} %",
            timed.len(),
            100.0 * NOISY
        ));
    }
    if timed.iter().any(|cell| cell.samples_ns.len() < FEW_SAMPLES) {
        warnings.push(format!(
            "fewer than {FEW_SAMPLES} samples of a cell: its interval is not reliable"
        ));
    }
    let allowed = results.run.options.threads;
    for cell in &timed {
        // A library may start a pool of n threads, and the main thread waits for it.
        let pool = if allowed == 1 { 1 } else { allowed + 1 };
        let seen = cell.process_threads.filter(|&seen| seen > pool);
        if let Some(threads) = seen.or_else(|| (cell.threads > allowed).then_some(cell.threads)) {
            warnings.push(format!(
                "{} runs on {threads} threads, but {allowed} were requested",
                cell.engine
            ));
        }
        if cell.subnormals > 0 && !cell.control {
            warnings.push(format!(
                "the input of {} {} has {} subnormal numbers, which slow down some processors",
                cell.case, cell.scalar, cell.subnormals
            ));
        }
    }
    warnings.extend(shared_kernel_warnings(results, &timed));
    let mut seen = std::collections::HashSet::new();
    warnings.retain(|warning| seen.insert(warning.clone()));
    warnings
}

/// The negative control of the harness. nalgebra and ndarray multiply by the same kernel, so they must be
/// equally fast for large products. A difference between them is a fault of the harness.
fn shared_kernel_warnings(results: &Results, timed: &[&CellRecord]) -> Vec<String> {
    let kernel = |cell: &CellRecord| {
        let mut engines = results.run.engines.iter();
        let engine = engines.find(|engine| engine.backend == cell.backend)?;
        Some(engine.product_kernel.as_str())
    };
    let is_large = |cell: &&&CellRecord| {
        let large = cell.flops.is_some_and(|flops| flops >= LARGE_PRODUCT);
        cell.op == Operation::Matmul && large && !cell.control
    };
    let cells: Vec<&CellRecord> = timed.iter().filter(is_large).copied().collect();
    let mut warnings = Vec::new();
    for (i, a) in cells.iter().enumerate() {
        for b in &cells[i + 1..] {
            if (&a.case, &a.scalar, kernel(a)) != (&b.case, &b.scalar, kernel(b)) {
                continue;
            }
            let ratio = ratio(a, b);
            if ratio.low > 1.0 + SAME_KERNEL || ratio.high < 1.0 - SAME_KERNEL {
                warnings.push(format!(
                    "{} takes {:.2} times as long as {} for {} {}, by the same kernel: do not trust \
                     small differences of this run",
                    a.engine, ratio.mid, b.engine, a.case, a.scalar
                ));
            }
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{cell, product, results, timed};

    #[test]
    fn a_gap_between_libraries_with_one_kernel_indicts_the_harness() {
        let gap = |factor: f64| {
            let cells = vec![
                product(512, "faer", 4e6),
                product(512, "nalgebra", 1e7),
                product(512, "ndarray", factor * 1e7),
            ];
            warnings(&results(cells)).join("\n")
        };
        assert!(gap(1.2).contains("do not trust"), "{}", gap(1.2));
        assert!(!gap(1.01).contains("do not trust"), "{}", gap(1.01));
    }

    #[test]
    fn a_noisy_machine_and_few_samples_are_said() {
        let noisy = timed(cell("lm-solve", "faer", "svd"), 1e6, 0.9, 1);
        assert!(warnings(&results(vec![noisy]))[0].contains("too noisy"));
        let mut few = timed(cell("lm-solve", "faer", "svd"), 1e6, 0.01, 1);
        few.samples_ns.truncate(4);
        assert!(warnings(&results(vec![few]))[0].contains("fewer than 5"));
        let calm = timed(cell("lm-solve", "faer", "svd"), 1e6, 0.01, 1);
        assert_eq!(warnings(&results(vec![calm])), Vec::<String>::new());
    }
}
