//! How many answers are right.

use leastwise_format::{counted, is_or_are};

use crate::model::Status;
use crate::record::Results;

/// A sentence with the number of answers that are right, and of those that are wrong. Calls by hand are not counted.
#[must_use]
pub fn verified(results: &Results) -> String {
    let count = |is_counted: fn(Status) -> bool| {
        let cells = results.cells.iter().filter(|cell| !cell.control);
        cells.filter(|cell| is_counted(cell.status)).count()
    };
    let right = count(|status| status == Status::Ok);
    let wrong = count(Status::is_fault);
    match (right, wrong) {
        (0, 0) => "No method gave an answer.".to_owned(),
        (1, 0) => "The only answer is right.".to_owned(),
        // `measure` rejects answers that differ by more than that.
        (_, 0) => format!(
            "All {right} answers are right. Solutions of the same rank agree within their errors."
        ),
        _ => format!(
            "{} {} right, {wrong} {} wrong.",
            counted(right, "answer"),
            is_or_are(right),
            is_or_are(wrong)
        ),
    }
}
