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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{cell, results};

    #[test]
    fn counts_agree_with_their_nouns_and_verbs() {
        let sentence = |statuses: &[Status]| {
            let cell = |&status: &Status| {
                let mut cell = cell("square-4", "faer", "svd");
                cell.status = status;
                cell
            };
            verified(&results(statuses.iter().map(cell).collect()))
        };
        let (right, wrong) = (Status::Ok, Status::Rejected);
        assert_eq!(sentence(&[Status::Refused]), "No method gave an answer.");
        assert_eq!(
            sentence(&[right, Status::Refused]),
            "The only answer is right."
        );
        assert_eq!(
            sentence(&[right, right]),
            "All 2 answers are right. Solutions of the same rank agree within their errors."
        );
        assert_eq!(
            sentence(&[right, wrong, wrong]),
            "1 answer is right, 2 are wrong."
        );
        assert_eq!(
            sentence(&[wrong, right, right]),
            "2 answers are right, 1 is wrong."
        );
        assert_eq!(sentence(&[wrong]), "0 answers are right, 1 is wrong.");
    }
}
