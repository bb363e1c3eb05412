//! Analyses a stored result: the fastest contender among those that are right, the sizes from which it is the
//! fastest, and the cost of the adapters.

use crate::model::{Operation, Status};
use crate::record::{CellRecord, Results};
use crate::statistics::{Interval, ratio_interval};

/// The cells of one case and scalar type. Their contenders took turns on the clock.
pub struct Group<'a> {
    /// What was computed.
    pub op: Operation,
    /// The name of the case.
    pub case: &'a str,
    /// `f32` or `f64`.
    pub scalar: &'a str,
    /// The cells, in the order in which they were stored.
    pub rows: Vec<Row<'a>>,
}

/// A cell, compared with the others of its group.
pub struct Row<'a> {
    /// The cell.
    pub cell: &'a CellRecord,
    /// The cell's time over the shortest time of the group. `None` for a control, which does not compete.
    pub ratio: Option<Interval>,
    /// Whether the cell is the fastest or statistically tied with the fastest.
    pub near_best: bool,
}

impl<'a> Group<'a> {
    /// The cells that compete: the libraries, called through their adapters.
    pub fn contenders(&self) -> impl Iterator<Item = &'a CellRecord> {
        let cells = self.rows.iter().map(|row| row.cell);
        cells.filter(|cell| !cell.control)
    }

    /// The fastest cell and those that are statistically tied with it.
    pub fn winners(&self) -> impl Iterator<Item = &'a CellRecord> {
        let rows = self.rows.iter();
        rows.filter(|row| row.near_best && !row.cell.control)
            .map(|row| row.cell)
    }

    /// The fastest cell.
    #[must_use]
    pub fn best(&self) -> Option<&'a CellRecord> {
        fastest(self.rows.iter().map(|row| row.cell))
    }

    /// Whether the cells were timed.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.rows.iter().any(|row| row.ratio.is_some())
    }
}

pub(super) fn fastest<'c>(cells: impl Iterator<Item = &'c CellRecord>) -> Option<&'c CellRecord> {
    let time = |cell: &CellRecord| cell.median_ns.unwrap_or(f64::INFINITY);
    cells
        .filter(|cell| !cell.control && is_timed(cell))
        .min_by(|a, b| time(a).total_cmp(&time(b)))
}

pub(super) fn is_timed(cell: &CellRecord) -> bool {
    cell.status == Status::Ok && !cell.samples_ns.is_empty()
}

/// The groups in the order in which their first cells were stored.
#[must_use]
pub fn groups(results: &Results) -> Vec<Group<'_>> {
    let mut groups: Vec<(Operation, &str, &str, Vec<&CellRecord>)> = Vec::new();
    for cell in &results.cells {
        let (op, case, scalar) = (cell.op, cell.case.as_str(), cell.scalar.as_str());
        let known = groups
            .iter_mut()
            .find(|(o, c, s, _)| (*o, *c, *s) == (op, case, scalar));
        match known {
            Some((.., cells)) => cells.push(cell),
            None => groups.push((op, case, scalar, vec![cell])),
        }
    }
    groups
        .into_iter()
        .map(|(op, case, scalar, cells)| Group {
            op,
            case,
            scalar,
            rows: rows(&cells),
        })
        .collect()
}

fn rows<'a>(cells: &[&'a CellRecord]) -> Vec<Row<'a>> {
    let best = fastest(cells.iter().copied());
    let row = |&cell| {
        let ratio = best
            .filter(|_| is_timed(cell))
            .map(|best| ratio(cell, best));
        Row {
            cell,
            ratio,
            near_best: ratio.is_some_and(|ratio| ratio.low <= 1.0),
        }
    };
    cells.iter().map(row).collect()
}

/// The time of one cell over that of another of its group, with its interval.
#[must_use]
pub fn ratio(cell: &CellRecord, other: &CellRecord) -> Interval {
    if std::ptr::eq(cell, other) {
        let same = 1.0;
        return Interval {
            low: same,
            mid: same,
            high: same,
        };
    }
    ratio_interval(&cell.samples_ns, &other.samples_ns, cell.processes)
}

/// The fastest libraries by size, for one operation, method and scalar type.
pub struct Crossover {
    /// The operation and the method, such as `lstsq/svd` or `matmul`.
    pub label: String,
    /// `f32` or `f64`.
    pub scalar: String,
    /// The points, by size.
    pub points: Vec<CrossoverPoint>,
}

/// The contenders at one size.
pub struct CrossoverPoint {
    /// n of n×n.
    pub size: usize,
    /// The fastest engine, and then those that are statistically tied with it.
    pub winners: Vec<String>,
    /// Each engine with its median in nanoseconds.
    pub medians_ns: Vec<(String, f64)>,
    /// Each engine with its time over the shortest time.
    pub ratios: Vec<(String, Interval)>,
}

/// One row for each operation, method and scalar type that was timed over a sweep of sizes.
#[must_use]
pub fn crossovers(results: &Results) -> Vec<Crossover> {
    let mut keys: Vec<(Operation, Option<&str>, &str)> = Vec::new();
    let swept = |cell: &&CellRecord| cell.size.is_some() && !cell.control && is_timed(cell);
    for cell in results.cells.iter().filter(swept) {
        let key = (cell.op, cell.method.as_deref(), cell.scalar.as_str());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let crossover = |(op, method, scalar): (Operation, Option<&str>, &str)| {
        let of_key = |cell: &&CellRecord| {
            swept(cell)
                && (cell.op, cell.method.as_deref(), cell.scalar.as_str()) == (op, method, scalar)
        };
        let cells: Vec<&CellRecord> = results.cells.iter().filter(of_key).collect();
        let mut sizes: Vec<usize> = cells.iter().filter_map(|cell| cell.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let point = |&size: &usize| {
            let at_size = cells.iter().filter(|cell| cell.size == Some(size));
            crossover_point(size, &at_size.copied().collect::<Vec<_>>())
        };
        Crossover {
            label: operation_label(op, method),
            scalar: scalar.to_owned(),
            points: sizes.iter().map(point).collect(),
        }
    };
    keys.into_iter().map(crossover).collect()
}

fn crossover_point(size: usize, cells: &[&CellRecord]) -> CrossoverPoint {
    let mut rows = rows(cells);
    let middle = |row: &Row<'_>| row.ratio.map_or(f64::INFINITY, |ratio| ratio.mid);
    rows.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let winners = rows.iter().filter(|row| row.near_best);
    let medians = rows
        .iter()
        .filter_map(|row| Some((row.cell.engine.clone(), row.cell.median_ns?)));
    let ratios = rows
        .iter()
        .filter_map(|row| Some((row.cell.engine.clone(), row.ratio?)));
    CrossoverPoint {
        size,
        winners: winners.map(|row| row.cell.engine.clone()).collect(),
        medians_ns: medians.collect(),
        ratios: ratios.collect(),
    }
}

/// The operation and the method, such as `lstsq/svd`.
#[must_use]
pub fn operation_label(op: Operation, method: Option<&str>) -> String {
    let op = match op {
        Operation::Lstsq => "lstsq",
        Operation::Matmul => "matmul",
        Operation::LmFit => "lm fit",
    };
    method.map_or_else(|| op.to_owned(), |method| format!("{op}/{method}"))
}

/// The time of a library called through its adapter, compared with the time of the same library called
/// directly.
pub struct AdapterCost<'a> {
    /// The cell of the adapter.
    pub adapter: &'a CellRecord,
    /// The time through the adapter over the time of the direct call.
    pub ratio: Interval,
    /// The time through the adapter minus the time of the direct call.
    pub difference_ns: f64,
}

impl<'a> AdapterCost<'a> {
    /// The n of a sweep over n×n, or else the name of the case. The sweeps of all operations share their
    /// columns.
    #[must_use]
    pub fn column(&self) -> (Option<usize>, &'a str) {
        match self.adapter.size {
            Some(size) => (Some(size), ""),
            None => (None, self.adapter.case.as_str()),
        }
    }
}

/// The columns of a table of adapter costs: the sizes first, then the other cases in their order.
#[must_use]
pub fn adapter_columns<'a>(costs: &[&AdapterCost<'a>]) -> Vec<(Option<usize>, &'a str)> {
    let mut columns = Vec::new();
    for cost in costs {
        if !columns.contains(&cost.column()) {
            columns.push(cost.column());
        }
    }
    columns.sort_by_key(|(size, _)| size.unwrap_or(usize::MAX));
    columns
}

/// The adapter cost of each cell that has a control.
#[must_use]
pub fn adapter_costs(results: &Results) -> Vec<AdapterCost<'_>> {
    let controls = results
        .cells
        .iter()
        .filter(|cell| cell.control && is_timed(cell));
    controls
        .filter_map(|by_hand| {
            let mut key = by_hand.key();
            key.contender.control = false;
            let of_key = |cell: &&CellRecord| is_timed(cell) && cell.key() == key;
            let adapter = results.cells.iter().find(of_key)?;
            Some(AdapterCost {
                adapter,
                ratio: ratio(adapter, by_hand),
                difference_ns: adapter.median_ns? - by_hand.median_ns?,
            })
        })
        .collect()
}

/// The speed of the fastest product of a scalar type, in operations per nanosecond. It is the highest speed
/// that was measured on this machine.
pub fn peak_gflops(results: &Results, scalar: &str) -> Option<f64> {
    let products = results
        .cells
        .iter()
        .filter(|cell| cell.op == Operation::Matmul && cell.scalar == scalar && is_timed(cell));
    products.filter_map(gflops).max_by(f64::total_cmp)
}

/// Operations of the problem per nanosecond. The count does not depend on the method.
#[must_use]
pub fn gflops(cell: &CellRecord) -> Option<f64> {
    Some(cell.flops? / cell.median_ns?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{cell, product, results, timed};

    #[test]
    fn all_that_noise_cannot_tell_from_the_fastest_are_marked_and_controls_do_not_compete() {
        let mut by_hand = timed(cell("lm-solve", "faer", "svd"), 0.5e6, 0.01, 4);
        by_hand.control = true;
        let results = results(vec![
            timed(cell("lm-solve", "faer", "svd"), 1.0e6, 0.05, 1),
            timed(cell("lm-solve", "faer", "qr"), 1.001e6, 0.05, 2),
            timed(cell("lm-solve", "nalgebra", "svd"), 2.0e6, 0.05, 3),
            by_hand,
        ]);
        let groups = groups(&results);
        let near: Vec<bool> = groups[0].rows.iter().map(|row| row.near_best).collect();
        assert_eq!(near, [true, true, false, true]);
        assert_eq!(groups[0].winners().count(), 2);
        let ratio = groups[0].rows[2].ratio.unwrap();
        assert!(
            ratio.low < 2.0 && 2.0 < ratio.high && ratio.high < 2.2,
            "{ratio:?}"
        );
    }

    #[test]
    fn a_cell_that_is_not_right_is_never_the_fastest() {
        let mut wrong = timed(cell("lm-solve", "faer", "svd"), 1.0, 0.01, 1);
        wrong.status = Status::Rejected;
        let right = timed(cell("lm-solve", "nalgebra", "svd"), 2.0, 0.01, 2);
        let results = results(vec![wrong, right]);
        let groups = groups(&results);
        assert_eq!(
            groups[0].best().map(|cell| cell.backend.as_str()),
            Some("nalgebra")
        );
    }

    #[test]
    fn a_crossover_names_the_fastest_at_each_size() {
        let results = results(vec![
            product(4, "faer", 90.0),
            product(4, "nalgebra", 60.0),
            product(256, "faer", 6e5),
            product(256, "nalgebra", 12e5),
        ]);
        let crossovers = crossovers(&results);
        assert_eq!(crossovers.len(), 1);
        let winners: Vec<_> = crossovers[0]
            .points
            .iter()
            .map(|point| (point.size, point.winners.join("/")))
            .collect();
        assert_eq!(
            winners,
            [(4, "nalgebra".to_owned()), (256, "faer".to_owned())]
        );
    }

    #[test]
    fn the_cost_of_an_adapter_is_its_time_beyond_that_by_hand() {
        let mut by_hand = product(4, "faer", 50.0);
        by_hand.control = true;
        let results = results(vec![product(4, "faer", 60.0), by_hand]);
        let costs = adapter_costs(&results);
        assert_eq!(costs.len(), 1);
        assert!((costs[0].difference_ns - 10.0).abs() < 1.0 && costs[0].ratio.low > 1.0);
    }
}
