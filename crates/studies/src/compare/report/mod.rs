//! Reports of a stored result: tables for the terminal, Markdown, JSON, and a page.

pub(super) mod document;
mod figures;
pub(crate) mod format;
mod looks;
pub(super) mod pages;
mod sections;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

pub(crate) use leastwise_report::format::human_time;

use leastwise_harness::{Finished, WrittenSolution, store};

use super::analysis;
use super::args::ReportArgs;
use super::record::Results;
use crate::publish::{update_page, write, write_figures};
use crate::terminal::print;

/// Renders a stored result.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if there is no result; a file that cannot be written.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<()> {
    let results = store::read(&args.results)?;
    print(&pages::terminal(&results, args.all).to_text())?;
    if let Some(path) = &args.html {
        write(path, &pages::page(&results).to_html()?)?;
    }
    if let Some(path) = &args.markdown {
        write(path, &pages::markdown(&results).to_markdown())?;
    }
    if let Some(folder) = &args.plots {
        draw(folder, &results)?;
    }
    if let Some(path) = &args.readme {
        let part = ("compare".to_owned(), pages::readme(&results).to_part());
        update_page("--readme", path, &[part])?;
    }
    if let Some(path) = &args.json {
        write(path, &document::render(&results)?)?;
    }
    recommend(&results)
}

/// Shows a completed run: the main tables, or all tables if `all` is set.
pub(crate) fn after_run(finished: &Finished, all: bool) -> anyhow::Result<()> {
    let results = &finished.results;
    let markdown = pages::markdown(results).to_markdown();
    // If answers are only checked, nothing is stored.
    if finished.stored.is_none() {
        append_to_step_summary(&markdown)?;
        print(&markdown)?;
    } else {
        let all = all || results.is_own();
        print(&pages::terminal(results, all).to_text())?;
    }
    print(&format!("{}\n", analysis::verified(results)))?;
    if let Some(stored) = &finished.stored {
        write_reports(results, &markdown, stored)?;
    }
    truth_line(finished)?;
    if let Some(Ok(solution)) = &finished.solution {
        solution_written(solution)?;
    }
    recommend(results)
}

/// Writes the reports into the folder of the results.
fn write_reports(results: &Results, markdown: &str, stored: &Path) -> anyhow::Result<()> {
    let folder = stored.parent().unwrap_or(Path::new("."));
    write(&folder.join("report.md"), markdown)?;
    let page = folder.join("report.html");
    write(&page, &pages::page(results).to_html()?)?;
    print(&format!(
        "stored {}; every table and the plots are in {}\n",
        stored.display(),
        page.display()
    ))
}

/// Prints the time of the reference solutions and of the verdicts. It does not include the solves of the libraries.
fn truth_line(finished: &Finished) -> anyhow::Result<()> {
    let (truth, verdicts) = (finished.truth_seconds, finished.verdict_seconds);
    let time = |seconds: f64| human_time(seconds * 1e9);
    let (all, truth, verdicts) = (time(truth + verdicts), time(truth), time(verdicts));
    print(&format!(
        "The reference solutions took {truth}, and the verdicts {verdicts}: {all} in total.\n"
    ))
}

/// Prints the recommendation for the user's own system, and nothing for other cases. It is the last output, so that it
/// is easy to find.
fn recommend(results: &Results) -> anyhow::Result<()> {
    match &sections::recommendations(results)[..] {
        [] => Ok(()),
        lines => print(&format!("\n{}\n", lines.join("\n"))),
    }
}

/// Prints the path of the solution.
fn solution_written(solution: &WrittenSolution) -> anyhow::Result<()> {
    let WrittenSolution {
        label,
        rows,
        cols,
        path,
    } = solution;
    print(&format!(
        "wrote {}: the solution of {label}, {rows}x{cols}\n",
        path.display()
    ))
}

/// The figures as `crossover.png` and `scatter.png`.
fn draw(folder: &Path, results: &Results) -> anyhow::Result<()> {
    for path in write_figures(folder, &pages::plots(results))? {
        print(&format!("wrote {}\n", path.display()))?;
    }
    Ok(())
}

/// Appends the text to the page on which a CI service shows the output of its steps.
fn append_to_step_summary(text: &str) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let shown = Path::new(&path).display().to_string();
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write the step summary {shown}"))
}
