//! `conformance`: runs the suite on every backend, and shows the largest errors.

use std::path::PathBuf;

use anyhow::bail;
use indicatif::ProgressBar;
use leastwise_conformance::suite::{self, Report};
use leastwise_report::format::counted;
use leastwise_report::{Column, Document, Section, Table};

use crate::error::bad_input;
use crate::study::StudyArgs;
use crate::terminal::print;

/// Run the conformance suite on the backends: thousands of cases, compared with extended precision
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConformanceArgs {
    /// The backend to check [default: all]
    #[arg(long)]
    backend: Option<String>,
    /// Instead, solve the problems of the suite by the own calls of each library and of contenders, comma-separated
    /// [default without a name: all]
    #[arg(long, value_name = "NAMES", num_args = 0..=1, default_missing_value = "all", conflicts_with = "backend")]
    contenders: Option<String>,
    /// Folder for record.jsonl [default: target/leastwise/contenders]
    #[arg(long, value_name = "FOLDER", requires = "contenders")]
    out: Option<PathBuf>,
    /// Continue the run in that folder
    #[arg(long, requires = "contenders")]
    resume: bool,
    /// Put the tables between the markers of this Markdown file
    #[arg(long, value_name = "FILE", requires = "contenders")]
    page: Option<PathBuf>,
    /// Write an HTML page
    #[arg(long, value_name = "FILE", requires = "contenders")]
    html: Option<PathBuf>,
}

/// Calls the contenders of `args`.
fn contenders(args: &ConformanceArgs, list: &str) -> anyhow::Result<()> {
    let study = crate::contenders::Contenders::new(list);
    let (out, page, html) = (args.out.clone(), args.page.clone(), args.html.clone());
    crate::contenders::run(&StudyArgs::of(study, (out, page, html), args.resume))
}

/// Prints the worst backward error of each backend, method and scalar type, and every failure.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for an unknown backend; a check that failed.
pub(crate) fn run(args: &ConformanceArgs) -> anyhow::Result<()> {
    if let Some(list) = &args.contenders {
        return contenders(args, list);
    }
    let names = match &args.backend {
        None => leastwise_backends::names(),
        Some(name) => {
            let found = leastwise_backends::find::<f64>(name, 1)
                .map_err(|error| bad_input(format!("--backend: {error}")))?;
            vec![found.info().name]
        }
    };
    let progress = ProgressBar::new(2 * names.len() as u64);
    let mut reports = Vec::new();
    for name in names {
        let unknown = |error| bad_input(format!("--backend: {error}"));
        let wide = leastwise_backends::find::<f64>(name, 1).map_err(unknown)?;
        let narrow = leastwise_backends::find::<f32>(name, 1).map_err(unknown)?;
        let report = suite::run::<f64>(&*wide, &[]);
        progress.inc(1);
        let report = report.and(suite::run::<f32>(&*narrow, &[]));
        progress.inc(1);
        reports.push((wide.info().engine, report));
    }
    progress.finish_and_clear();
    print(&document(&reports).to_text())?;
    let failed: Vec<String> = reports
        .iter()
        .filter(|(_, report)| !report.failures.is_empty())
        .map(|(engine, report)| format!("{engine}: {report}"))
        .collect();
    if !failed.is_empty() {
        bail!("{}", failed.join("\n"));
    }
    Ok(())
}

fn document(reports: &[(&str, Report)]) -> Document {
    let mut table = Table::new([
        Column::text("library/method"),
        Column::text("scalar"),
        Column::number("worst"),
        Column::text("case"),
    ]);
    for (engine, report) in reports {
        for ((method, scalar), (worst, case)) in &report.worst_backward_error {
            let case = case.split('/').nth(2).unwrap_or(case);
            let (label, worst) = (format!("{engine}/{method}"), format!("{worst:.1}"));
            table.push([label.as_str(), scalar, &worst, case]);
        }
    }
    let counts = reports.iter().map(|(engine, report)| {
        let Report { cases, checks, .. } = report;
        let failures = report.failures.len();
        let [cases, checks, failures] =
            [(*cases, "case"), (*checks, "check"), (failures, "failure")]
                .map(|(n, of)| counted(n, of));
        format!("{engine}: {cases}, {checks}, {failures}")
    });
    let title = "The largest backward error of an accepted answer, in units of ‖A‖_F·u:";
    let section = Section::new(title).with(table).lines(counts);
    Document::new("Conformance").with(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_worst_case_and_counts_the_checks() {
        let backend = leastwise_backends::all::<f64>(1).swap_remove(0);
        let report = suite::run_chosen::<f64>(&*backend, &[], Some("f64/lstsq/hilbert-5"));
        let text = document(&[(backend.info().engine, report)]).to_text();
        assert!(
            text.contains("hilbert-5") && text.contains("/svd"),
            "{text}"
        );
        assert!(
            text.contains("4 cases") && text.contains("0 failures"),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
}
