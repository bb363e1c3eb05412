//! The tables.

use leastwise_harness::statistics::{median, median_interval};
use leastwise_report::{Document, Section, Table};

use super::record::Record;
use crate::compare::report::format::time_with_spread;

const NOTES: &str = "solved: runs that end with the smallest loss, to 1e-6 of it. success: runs that report success. \
    elsewhere: runs that report success with a larger loss, at another minimum or at none. time: of one run, the mean of all, \
    on one thread, with its 95 % interval over the rounds. Both include standard errors, except that varpro has none for \
    several sets. exact: with derivatives of the functions, as varpro has them. A run of varpro ends without success where a \
    decay is not finite.";

pub(super) fn document(record: &Record) -> Document {
    let plan = &record.header.plan;
    let starts = plan.starts;
    let mut section = Section::new(format!(
        "Sums of exponentials from {starts} starts each, wrong by up to a factor of ten"
    ));
    for row in &record.rows {
        let mut table = Table::of_numbers(["", "solved", "success", "elsewhere", "time", "over"]);
        table.begin(format!("{}: loss {:.6e}", row.problem.name(), row.best.0));
        let theirs = plan.contenders.iter().zip(&row.samples_ns);
        let theirs = theirs.filter(|(contender, _)| contender.is_peer());
        let theirs = theirs
            .map(|(_, samples)| median(samples))
            .fold(f64::INFINITY, f64::min);
        let contenders = plan.contenders.iter().zip(&row.scores);
        for ((contender, score), samples) in contenders.zip(&row.samples_ns) {
            let of_one: Vec<f64> = samples.iter().map(|ns| ns / starts as f64).collect();
            table.push([
                contender.name(),
                score.solved.to_string(),
                score.successes.to_string(),
                score.elsewhere.to_string(),
                time_with_spread(median_interval(&of_one, 1)),
                format!("{:.2}x", theirs / median(samples)),
            ]);
        }
        section = section.with(table);
    }
    let last = "over: the time of varpro over this time.";
    Document::new("Separable models")
        .with(section)
        .with(Section::default().paragraph(NOTES).paragraph(last))
}
