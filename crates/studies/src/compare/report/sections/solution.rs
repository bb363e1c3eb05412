//! The part of the solution of the user's own system that a report shows.

use leastwise_report::Section;
use leastwise_report::format::significant;

use crate::compare::analysis;
use crate::compare::record::{CellRecord, Results};

/// The first entries of X of the recommended contender, in each scalar type.
pub(crate) fn solutions(results: &Results) -> Section {
    let groups = analysis::groups(results);
    let best = groups.iter().filter_map(analysis::recommended);
    let part = |cell: &CellRecord| {
        let title = format!("Solution of {}, {}", cell.label(), cell.scalar);
        Some(Section::new(title).lines(solution_lines(cell)?))
    };
    Section {
        parts: best.filter_map(part).collect(),
        ..Section::new("Solution")
    }
}

/// `x = 1.5, -2.25, …`: a line for each of the first columns, and then the share of X that is shown.
fn solution_lines(cell: &CellRecord) -> Option<Vec<String>> {
    let columns = cell.x_head.as_ref()?;
    let entries = columns.first().map_or(0, Vec::len);
    let more = if entries < cell.cols { ", …" } else { "" };
    let line = |(j, column): (usize, &Vec<f64>)| {
        let shown: Vec<String> = column.iter().map(|&x| significant(x)).collect();
        let name = match cell.rhs {
            1 => "x".to_owned(),
            _ => format!("column {} of X", j + 1),
        };
        format!("{name} = {}{more}", shown.join(", "))
    };
    let mut lines: Vec<String> = columns.iter().enumerate().map(line).collect();
    if entries < cell.cols || columns.len() < cell.rhs {
        lines.push(format!(
            "{entries} of {} rows and {} of {} columns; compare --solution FILE writes all of X",
            cell.cols,
            columns.len(),
            cell.rhs
        ));
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::samples;

    #[test]
    fn a_solution_is_shown_as_far_as_it_is_stored() {
        let mut cell = samples::cell("mine.npy", "faer", "svd");
        assert_eq!(solution_lines(&cell), None);
        (cell.cols, cell.rhs) = (2, 1);
        cell.x_head = Some(vec![vec![1.0 / 3.0, -2e-9]]);
        let shown = solution_lines(&cell).unwrap();
        assert_eq!(shown, ["x = 0.333333, -2e-9"]);
        (cell.cols, cell.rhs) = (40, 4);
        cell.x_head = Some(vec![vec![-1e-300 / 3.0; 5]; 3]);
        let shown = solution_lines(&cell).unwrap();
        assert!(
            shown[2].starts_with("column 3 of X = -3.33333e-301, ") && shown[2].ends_with(", …"),
            "{shown:?}"
        );
        assert!(
            shown[3].starts_with("5 of 40 rows and 3 of 4 columns; "),
            "{shown:?}"
        );
        assert!(
            shown.iter().all(|line| line.chars().count() <= 100),
            "{shown:?}"
        );
    }
}
