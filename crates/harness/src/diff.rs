//! `diff`: the changes between two runs that are larger than noise.
//!
//! The speed of a machine drifts between runs, so times of different runs are not compared directly. Each
//! cell is compared with the other cells of its case, which took turns with it: the figure is ln(new/old)
//! minus the median of ln(new/old) over the case. The movement of unchanged cells is estimated in two ways.
//! One is the median absolute deviation over all cells of the two runs. The other is how far the processes of
//! a cell are apart, because some cells are a third slower in one process than in another, depending on where
//! memory lies. A change must exceed both, corrected for the hundreds of cells that are tested. It must show
//! in the median, the lower quartile and the fastest sample alike.
//!
//! Another program on the same processor slows some cases of a run, but not all cells of a case by the same
//! factor. In unchanged runs, some cells slowed down twice as much as others. So if a case drifted further
//! than the run, a change of its cells must exceed that drift as well.

use std::collections::HashMap;
use std::path::Path;

use leastwise_format::{counted, is_or_are};

use crate::error::{Result, bad_input};
use crate::model::Status;
use crate::record::{CellKey, CellRecord, Results, RunRecord};
use crate::statistics::{median, process_spread};
use crate::store;

/// Compares two stored results, each given by its file or its folder. Slowdowns below `percent` are not
/// reported.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) if a result cannot be read, or if the two have nothing that
/// can be compared.
pub fn compare(old: &Path, new: &Path, percent: f64) -> Result<Changes> {
    if !(percent >= 0.0 && percent.is_finite()) {
        let message = format!("--threshold: must be at least 0, but it is {percent}");
        return Err(bad_input(message));
    }
    let names = (old.display(), new.display());
    let cannot =
        |why: String| bad_input(format!("cannot compare {} and {}: {why}", names.0, names.1));
    let (old, new) = (store::read(old)?, store::read(new)?);
    if let Some(difference) = difference(&old.run, &new.run) {
        return Err(cannot(difference));
    }
    let changes = changes(&old, &new, percent / 100.0);
    if changes.common == 0 {
        return Err(cannot(format!(
            "no right answer of the old run ({}) is in the new run ({})",
            counted(old.cells.len(), "cell"),
            counted(new.cells.len(), "cell")
        )));
    }
    Ok(changes)
}

/// A difference between two runs that makes their cells different computations, although their names are the
/// same.
fn difference(old: &RunRecord, new: &RunRecord) -> Option<String> {
    type Fact = fn(&RunRecord) -> String;
    let system = |run: &RunRecord| match &run.options.input {
        Some(hash) => format!("A and b of hash {hash}"),
        None => "cases of its own".to_owned(),
    };
    let facts: [(&str, Fact); 7] = [
        ("the name of the system", |run| {
            let own = run.options.input.as_ref().and(run.options.cases.first());
            own.cloned().unwrap_or_default()
        }),
        ("--threads", |run| run.options.threads.to_string()),
        ("--seed", |run| run.options.seed.to_string()),
        ("RUSTFLAGS", |run| format!("{:?}", run.build.rustflags)),
        ("the target", |run| run.build.target.clone()),
        ("the profile", |run| run.build.profile.clone()),
        ("opt-level", |run| run.build.opt_level.clone()),
    ];
    if old.options.input != new.options.input {
        let (old, new) = (system(old), system(new));
        return Some(format!("they solve different systems, {old} and {new}"));
    }
    let mut facts = facts
        .iter()
        .map(|(name, fact)| (name, fact(old), fact(new)));
    let (name, old, new) = facts.find(|(_, old, new)| old != new)?;
    Some(format!("{name} was {old} and is {new}"))
}

/// The report on two runs, one line per entry.
#[derive(Debug, Default)]
pub struct Changes {
    /// Facts that are needed to interpret the other lines.
    pub remarks: Vec<String>,
    /// The cells that became faster.
    pub faster: Vec<String>,
    /// The cells that became slower or wrong.
    pub regressions: Vec<String>,
    /// Cells in both runs that are not faults in the old one.
    common: usize,
    /// Those of the common cells that were timed in both runs.
    pub compared: usize,
}

/// The changes between two comparable results. `threshold` is the smallest relative slowdown that is
/// reported.
#[must_use]
pub fn changes(old: &Results, new: &Results, threshold: f64) -> Changes {
    let mut changes = Changes::default();
    if old.run.machine.cpu != new.run.machine.cpu {
        changes
            .remarks
            .push("The machines differ, so a change may come from the machine.".to_owned());
    }
    let olds: HashMap<CellKey, &CellRecord> =
        old.cells.iter().map(|cell| (cell.key(), cell)).collect();
    let pairs: Vec<(&CellRecord, &CellRecord)> = new
        .cells
        .iter()
        .filter_map(|cell| Some((*olds.get(&cell.key())?, cell)))
        // Another version of this program may use another size for a case.
        .filter(|(old, new)| shape(old) == shape(new))
        .collect();
    let (in_old, in_new) = (old.cells.len(), new.cells.len());
    if pairs.len() < in_old.max(in_new) {
        changes.remarks.push(format!(
            "{} {} in both runs; the old run has {in_old} and the new run has {in_new}.",
            counted(pairs.len(), "cell"),
            is_or_are(pairs.len())
        ));
    }
    let intact = pairs.iter().filter(|(old, _)| !old.status.is_fault());
    changes.common = intact.clone().count();
    for (old, new) in intact.filter(|(_, new)| !new.control) {
        let lost = old.status == Status::Ok && new.status != Status::Ok;
        if lost || new.status.is_fault() {
            changes.regressions.push(format!(
                "{} was {} and is {}: {}",
                name(new),
                match old.status {
                    Status::Ok => "right",
                    other => other.name(),
                },
                new.status.name(),
                new.reason.as_deref().unwrap_or("no reason given")
            ));
        }
    }
    let shifts = shifts(&pairs);
    changes.compared = shifts.len();
    judge_cells(&shifts, threshold, &mut changes);
    judge_adapters(&shifts, threshold, &mut changes);
    changes
}

fn shape(cell: &CellRecord) -> [usize; 3] {
    [cell.rows, cell.cols, cell.rhs]
}

/// How far a cell moved relative to the cells of its case.
struct Shift<'a> {
    cell: &'a CellRecord,
    /// ln(new/old) minus the median over the case, for each of [`FIGURES`].
    logs: [f64; 3],
    /// The standard deviation of the first figure, from the differences between processes of the two runs.
    spread: f64,
    /// How much further the case drifted than the run.
    disturbance: f64,
}

/// The figures of the samples in which a change must show. Noise adds to a time and seldom to all samples, so
/// the fastest samples contain little of it (J. Chen, J. Revels, *Robust benchmarking in noisy environments*,
/// 2016). A slower program is slower in all of them.
const FIGURES: [fn(&[f64]) -> f64; 3] = [median, lower_quartile, fastest];

fn lower_quartile(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 4]
}

fn fastest(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(f64::INFINITY, f64::min)
}

impl Shift<'_> {
    /// The smallest change on which all figures agree, or zero.
    fn agreed(&self) -> f64 {
        let smallest = self.logs.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        smallest.max(0.0) + largest.min(0.0)
    }
}

fn shifts<'a>(pairs: &[(&'a CellRecord, &'a CellRecord)]) -> Vec<Shift<'a>> {
    let mut by_case: HashMap<_, Vec<Shift<'a>>> = HashMap::new();
    for &(old, new) in pairs {
        if old.samples_ns.is_empty() || new.samples_ns.is_empty() {
            continue;
        }
        let spread = |cell: &CellRecord| process_spread(&cell.samples_ns, cell.processes);
        let shift = Shift {
            cell: new,
            logs: FIGURES.map(|figure| (figure(&new.samples_ns) / figure(&old.samples_ns)).ln()),
            spread: spread(old).hypot(spread(new)),
            disturbance: 0.0,
        };
        let case = (new.op, new.case.as_str(), new.scalar.as_str());
        by_case.entry(case).or_default().push(shift);
    }
    let logs: Vec<f64> = by_case.values().flatten().map(|s| s.logs[0]).collect();
    let drift_of_run = if logs.is_empty() { 0.0 } else { median(&logs) };
    let mut all = Vec::new();
    for mut shifts in by_case.into_values() {
        let logs: Vec<f64> = shifts.iter().map(|shift| shift.logs[0]).collect();
        let disturbance = (median(&logs) - drift_of_run).abs();
        for shift in &mut shifts {
            shift.disturbance = disturbance;
        }
        for figure in 0..FIGURES.len() {
            let logs: Vec<f64> = shifts.iter().map(|shift| shift.logs[figure]).collect();
            let drift = median(&logs);
            for shift in &mut shifts {
                shift.logs[figure] -= drift;
            }
        }
        all.extend(shifts);
    }
    all.sort_by(|a, b| a.logs[0].total_cmp(&b.logs[0]));
    all
}

/// The movement of unchanged cells, as a standard deviation: σ = 1.4826·MAD for a normal distribution (P.
/// Rousseeuw, C. Croux, *Alternatives to the median absolute deviation*, JASA 88 (1993)).
fn movement(shifts: &[Shift<'_>]) -> f64 {
    let deviations: Vec<f64> = shifts.iter().map(|shift| shift.logs[0].abs()).collect();
    1.4826 * median(&deviations)
}

/// The number of standard deviations z that none of `count` cells exceeds by chance in 95 of 100 runs. The
/// probability for one cell is at most exp(−z²/2).
fn decisive(count: usize) -> f64 {
    (2.0 * (count as f64 / 0.05).ln()).sqrt()
}

fn judge_cells(shifts: &[Shift<'_>], threshold: f64, changes: &mut Changes) {
    if shifts.is_empty() {
        return;
    }
    let movement = movement(shifts);
    for shift in shifts.iter().filter(|shift| !shift.cell.control) {
        let limit = decisive(shifts.len()) * shift.spread.hypot(movement) + shift.disturbance;
        let agreed = shift.agreed();
        if agreed.abs() <= limit.max(threshold.ln_1p()) {
            continue;
        }
        let line = format!(
            "{} {}, {:.0} % is noise",
            name(shift.cell),
            percent(agreed),
            100.0 * limit.exp_m1()
        );
        if agreed > 0.0 {
            changes.regressions.push(line);
        } else {
            changes.faster.push(line);
        }
    }
}

/// A change that is too small to see in one cell can be significant over all cells of an adapter.
fn judge_adapters(shifts: &[Shift<'_>], threshold: f64, changes: &mut Changes) {
    let mut by_adapter: HashMap<(&str, &str), Vec<&Shift<'_>>> = HashMap::new();
    for shift in shifts.iter().filter(|shift| !shift.cell.control) {
        let key = (shift.cell.engine.as_str(), shift.cell.scalar.as_str());
        by_adapter.entry(key).or_default().push(shift);
    }
    let count = by_adapter.len();
    let mut adapters: Vec<_> = by_adapter.into_iter().collect();
    adapters.sort_by_key(|(key, _)| *key);
    for ((engine, scalar), shifts) in adapters {
        if shifts.len() < FEWEST_CELLS {
            continue;
        }
        let logs: Vec<f64> = shifts.iter().map(|shift| shift.logs[0]).collect();
        let middle = median(&logs);
        let deviations: Vec<f64> = logs.iter().map(|log| (log - middle).abs()).collect();
        // The standard error of the median of n values: 1.2533·σ/√n.
        let error = 1.2533 * 1.4826 * median(&deviations) / (logs.len() as f64).sqrt();
        let limit = decisive(count) * error;
        if middle > limit.max(threshold.ln_1p()) {
            changes.regressions.push(format!(
                "all of {engine}, {scalar}: {} over {}, {:.1} % is noise",
                percent(middle),
                counted(logs.len(), "cell"),
                100.0 * limit.exp_m1()
            ));
        }
    }
}

/// A median of fewer shifts is not used.
const FEWEST_CELLS: usize = 8;

fn percent(log: f64) -> String {
    format!("{:+.1} %", 100.0 * log.exp_m1())
}

fn name(cell: &CellRecord) -> String {
    format!("{} {} {}", cell.label(), cell.case, cell.scalar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, cell, results, timed};

    const METHODS: [&str; 2] = ["svd", "qr"];

    /// Ten cases of three backends with two methods. The speed of the machine drifts by run, and a little by
    /// case. `factor` multiplies the time of a cell.
    fn made_up(seed: u64, factor: impl Fn(&str, &str, usize) -> f64) -> Results {
        let mut cells = Vec::new();
        for case in 0..10 {
            let drift = 1.0 + 0.03 * (seed % 10) as f64 + 0.002 * (case as u64 % 4) as f64;
            for (i, backend) in ["faer", "nalgebra", "ndarray"].into_iter().enumerate() {
                for (j, method) in METHODS.into_iter().enumerate() {
                    let time = 1e6 * drift * (1 + i + j) as f64 * factor(backend, method, case);
                    let number = seed * 1000 + (case * 10 + i * 2 + j) as u64;
                    let name = format!("square-{case}");
                    cells.push(timed(cell(&name, backend, method), time, 0.01, number));
                }
            }
        }
        results(cells)
    }

    #[test]
    fn unchanged_runs_raise_no_alarm_although_the_machine_drifts() {
        let runs: Vec<Results> = (0..6).map(|seed| made_up(seed, |_, _, _| 1.0)).collect();
        for pair in runs.windows(2) {
            let changes = changes(&pair[0], &pair[1], 0.03);
            assert_eq!(changes.compared, 60);
            assert_eq!(changes.regressions, Vec::<String>::new());
        }
    }

    #[test]
    fn a_neighbour_that_slows_the_cells_of_a_case_unevenly_raises_no_alarm() {
        let calm = made_up(1, |_, _, _| 1.0);
        let neighbour = |backend: &str, method: &str, case: usize| match (case, backend, method) {
            (4, "faer", "svd") => 2.0,
            (4, ..) => 1.5,
            _ => 1.0,
        };
        let disturbed = made_up(2, neighbour);
        assert_eq!(
            changes(&calm, &disturbed, 0.03).regressions,
            Vec::<String>::new()
        );
        // The same in a case that kept its speed: the program itself is slower.
        let slow = |backend: &str, method: &str, case: usize| match (case, backend, method) {
            (4, "faer", "svd") => 2.0 / 1.5,
            _ => 1.0,
        };
        assert_eq!(changes(&calm, &made_up(2, slow), 0.03).regressions.len(), 1);
    }

    #[test]
    fn five_percent_in_one_adapter_and_in_one_cell_are_found() {
        let old = made_up(1, |_, _, _| 1.0);
        let slow_adapter = |backend: &str, _: &str, _: usize| match backend {
            "nalgebra" => 1.05,
            _ => 1.0,
        };
        let found = changes(&old, &made_up(2, slow_adapter), 0.03)
            .regressions
            .join("\n");
        assert!(found.contains("all of nalgebra, f64: +5"), "{found}");
        let slow_cell = |backend: &str, method: &str, case: usize| {
            let hit = (backend, method, case) == ("faer", "svd", 3);
            if hit { 1.05 } else { 1.0 }
        };
        let found = changes(&old, &made_up(3, slow_cell), 0.03).regressions;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("faer/svd square-3 f64 +"), "{found:?}");
    }

    #[test]
    fn runs_of_other_systems_threads_seeds_or_flags_are_not_compared() {
        type Change = fn(&mut RunRecord);
        let changes: [(Change, &str); 7] = [
            (
                |run| run.options.input = Some("12ab".to_owned()),
                "hash 12ab",
            ),
            (|run| run.options.threads = 2, "--threads was 1 and is 2"),
            (|run| run.options.seed = 7, "--seed was 0 and is 7"),
            (|run| run.build.rustflags = "-C x".to_owned(), "RUSTFLAGS"),
            (|run| run.build.target = "wasm".to_owned(), "the target"),
            (|run| run.build.profile = "other".to_owned(), "the profile"),
            (|run| run.build.opt_level = "s".to_owned(), "opt-level"),
        ];
        let old = samples::run();
        assert_eq!(difference(&old, &old), None);
        let mut own = old.clone();
        own.options.input = Some("12ab".to_owned());
        let mut renamed = own.clone();
        renamed.options.cases[0] = "mine.npy".to_owned();
        assert_eq!(
            difference(&own, &renamed).as_deref(),
            Some("the name of the system was lm-solve and is mine.npy")
        );
        for (change, shown) in changes {
            let mut new = old.clone();
            change(&mut new);
            let found = difference(&old, &new).unwrap_or_default();
            assert!(found.contains(shown), "{found}");
        }
        // A diff exists to show changes of the program.
        let mut new = old.clone();
        new.build.commit = Some("abc".to_owned());
        new.engines[0].version = "2.0.0".to_owned();
        new.options.backends.pop();
        assert_eq!(difference(&old, &new), None);
    }

    #[test]
    fn only_what_is_in_both_runs_is_compared_and_it_is_said_how_much_that_is() {
        let old = made_up(1, |_, _, _| 1.0);
        let mut new = made_up(2, |_, _, _| 1.0);
        new.cells.truncate(12);
        // Another problem with the same name.
        new.cells[11].rows += 1;
        let found = changes(&old, &new, 0.03);
        assert_eq!((found.common, found.compared), (11, 11));
        assert_eq!(
            found.remarks,
            ["11 cells are in both runs; the old run has 60 and the new run has 12."]
        );
        new.cells.clear();
        assert_eq!(changes(&old, &new, 0.03).common, 0);
        assert_eq!(changes(&new, &old, 0.03).common, 0);
    }

    #[test]
    fn a_refusal_that_became_a_wrong_answer_is_a_regression_and_the_reverse_is_none() {
        let mut old = made_up(1, |_, _, _| 1.0);
        let mut new = made_up(2, |_, _, _| 1.0);
        old.cells[0].status = Status::Refused;
        new.cells[0].status = Status::Rejected;
        for cell in [&mut old.cells[0], &mut new.cells[0]] {
            cell.samples_ns.clear();
        }
        let found = changes(&old, &new, 0.03).regressions;
        assert_eq!(
            found,
            ["faer/svd square-0 f64 was refused and is rejected: no reason given"]
        );
        assert_eq!(changes(&new, &old, 0.03).regressions, Vec::<String>::new());
    }

    #[test]
    fn a_right_answer_that_became_wrong_is_a_regression_whatever_its_time() {
        let old = made_up(1, |_, _, _| 1.0);
        let mut new = made_up(2, |_, _, _| 1.0);
        new.cells[0].status = Status::Rejected;
        new.cells[0].reason = Some("rank: 59, not 60".to_owned());
        new.cells[0].median_ns = None;
        let found = changes(&old, &new, 0.03).regressions;
        assert_eq!(
            found,
            ["faer/svd square-0 f64 was right and is rejected: rank: 59, not 60"]
        );
    }
}
