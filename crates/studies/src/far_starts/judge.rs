//! The requirements: no report of success where the loss can be lowered, and a default radius that is not
//! significantly worse than that of MINPACK.

use leastwise_report::format::counted;

use super::plan::Record;
use super::row::{Cell, End};

impl End {
    /// Whether the run reported success at a point where the loss can be lowered.
    fn is_false(self) -> bool {
        matches!(self, Self::Slope | Self::Saddle | Self::Plateau)
    }

    /// Whether the run ended at the minimum.
    pub(super) fn is_minimum(self) -> bool {
        matches!(self, Self::Minimum { .. })
    }
}

pub(super) fn cells(record: &Record, contender: usize) -> impl Iterator<Item = &Cell> {
    record.rows.iter().map(move |row| &row.cells[contender])
}

pub(super) fn count(record: &Record, contender: usize, holds: impl Fn(End) -> bool) -> usize {
    cells(record, contender)
        .filter(|cell| holds(cell.end))
        .count()
}

/// A line for each requirement that the trust region does not meet.
pub(super) fn bars(record: &Record) -> Vec<String> {
    let plan = &record.header.plan;
    let mut faults = Vec::new();
    for (contender, name) in plan.contestants.ours() {
        let false_claims = count(record, contender, End::is_false);
        if false_claims > 0 {
            faults.push(format!(
                "{name} reports success in {} at points where the loss can be lowered",
                counted(false_claims, "run")
            ));
        }
        let minima = count(record, contender, End::is_minimum);
        if name.ends_with(" starts") && 100 * minima < 99 * record.rows.len() {
            faults.push(format!(
                "{name} end at the minimum in {} of {}, which is below 99 %",
                minima,
                record.rows.len()
            ));
        }
        let Some(other) = plan.with_minpacks_radius else {
            continue;
        };
        let [solved, by_other] = [contender, other].map(|c| count(record, c, End::is_minimum));
        // McNemar's test over the runs that only one of the two solves, at two standard deviations.
        let only = |a: usize, b: usize| {
            let pairs = cells(record, a).zip(cells(record, b));
            let is_only = |(a, b): &(&Cell, &Cell)| a.end.is_minimum() && !b.end.is_minimum();
            pairs.filter(is_only).count() as f64
        };
        let (won, lost) = (only(contender, other), only(other, contender));
        if lost - won > 2.0 * (lost + won).sqrt() {
            let other = &plan.contestants.names[other];
            faults.push(format!(
                "{name} ends at the minimum in {}, and {other} in {by_other}",
                counted(solved, "run")
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use leastwise_testset::far_starts::Curve;

    use super::*;
    use crate::contestants::Contestants;
    use crate::far_starts::plan::Plan;
    use crate::far_starts::row::Row;

    fn results(runs: &[[End; 2]]) -> Record {
        let cell = |&end: &End| Cell {
            end,
            digits: 10.0,
            residuals: 1,
            jacobians: 1,
        };
        let row = |ends: &[End; 2]| Row {
            curve: Curve::Decay.name().to_owned(),
            is_lower_elsewhere: false,
            cells: ends.iter().map(cell).collect(),
        };
        let plan = Plan {
            contestants: Contestants {
                names: vec!["default".to_owned(), "radius 100".to_owned()],
                is_ours: vec![true, false],
            },
            with_minpacks_radius: Some(1),
            draws: 1,
            starts: 0,
        };
        Record::sample(plan, runs.iter().map(row).collect())
    }

    #[test]
    fn a_false_success_and_fewer_minima_are_faults() {
        let minimum = End::Minimum { is_claimed: true };
        let fault = |runs: &[[End; 2]]| bars(&results(runs)).pop();
        assert_eq!(fault(&[[minimum, End::Slope]]), None);
        assert_eq!(fault(&[[End::Other, End::Honest]]), None);
        for end in [End::Slope, End::Saddle, End::Plateau] {
            let runs = [[end, End::Honest]];
            assert!(
                fault(&runs)
                    .unwrap()
                    .contains("1 run at points where the loss can be lowered")
            );
        }
        let unclaimed = End::Minimum { is_claimed: false };
        let mut runs = vec![[End::Honest, minimum]; 4];
        runs.push([minimum, unclaimed]);
        // Four lost runs are not significant; five are beyond two standard deviations.
        assert_eq!(fault(&runs), None);
        runs.push([End::Honest, minimum]);
        assert!(
            fault(&runs)
                .unwrap()
                .contains("in 1 run, and radius 100 in 6")
        );
    }
}
