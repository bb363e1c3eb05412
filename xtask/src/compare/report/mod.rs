//! Reports of a stored result: tables for the terminal, Markdown, JSON, and a page.

pub(super) mod document;
pub(crate) mod format;
pub(super) mod html;
pub(crate) mod picture;
mod readme;
mod section;
mod sections;

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

pub(crate) use format::{date, digits, human_time};
pub(crate) use sections::solution_lines;

use leastwise_harness::model::{Operation, Status};
use leastwise_harness::{Finished, WrittenSolution, store};

use super::analysis::{self, Group};
use super::args::{CompareArgs, ReportArgs};
use super::record::Results;
use crate::drawing;
use crate::terminal::print;
use section::Section;

/// Renders a stored result.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if there is none; what cannot be written.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<()> {
    let results = store::read(&args.results)?;
    print(&text(&results, args.all))?;
    if let Some(path) = &args.html {
        write(path, &html::render(&results)?)?;
    }
    if let Some(path) = &args.markdown {
        write(path, &markdown(&results))?;
    }
    if let Some(folder) = &args.plots {
        draw(folder, &results)?;
    }
    if let Some(path) = &args.readme {
        readme::update(path, &results)?;
    }
    if let Some(path) = &args.json {
        write(path, &document::render(&results)?)?;
    }
    recommend(&results)
}

/// What is shown when a run has ended.
pub(crate) fn after_run(finished: &Finished, args: &CompareArgs) -> anyhow::Result<()> {
    let results = &finished.results;
    if args.comparison.is_check() {
        let text = markdown(results);
        append_to_step_summary(&text)?;
        print(&text)?;
    } else {
        print(&text(results, args.all || results.is_own()))?;
    }
    print(&verified_line(results))?;
    if let Some(stored) = &finished.stored {
        write_reports(results, stored)?;
    }
    truth_line(finished)?;
    if let Some(Ok(solution)) = &finished.solution {
        solution_written(solution)?;
    }
    recommend(results)
}

/// The reports beside the stored results.
fn write_reports(results: &Results, stored: &Path) -> anyhow::Result<()> {
    let folder = stored.parent().unwrap_or(Path::new("."));
    write(&folder.join("report.md"), &markdown(results))?;
    let page = folder.join("report.html");
    write(&page, &html::render(results)?)?;
    print(&format!(
        "stored {}; every table and the plots are in {}\n",
        stored.display(),
        page.display()
    ))
}

/// What the truth and the verdicts took, apart from the libraries' own solves.
fn truth_line(finished: &Finished) -> anyhow::Result<()> {
    let (truth, verdicts) = (finished.truth_seconds, finished.verdict_seconds);
    let time = |seconds: f64| human_time(seconds * 1e9);
    let (all, truth, verdicts) = (time(truth + verdicts), time(truth), time(verdicts));
    print(&format!(
        "Truth and verdicts took {all}: {truth} and {verdicts}.\n"
    ))
}

/// Prints what to take for the user's own system; nothing for other cases. It is the last thing that is printed,
/// because it is what people look for.
fn recommend(results: &Results) -> anyhow::Result<()> {
    match &recommendations(results)[..] {
        [] => Ok(()),
        lines => print(&format!("\n{}\n", lines.join("\n"))),
    }
}

/// For the user's own system, in each scalar type.
fn recommendations(results: &Results) -> Vec<String> {
    let groups = analysis::groups(results);
    let is_system = |group: &&Group<'_>| group.op == Operation::Lstsq && results.is_own();
    let systems: Vec<&Group<'_>> = groups.iter().filter(is_system).collect();
    let line = |group: &&Group<'_>| {
        let sentence = analysis::recommendation(group);
        match systems.len() {
            1 => sentence,
            _ => format!("{}: {sentence}", group.scalar),
        }
    };
    systems.iter().map(line).collect()
}

/// Whose solution is where.
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

/// The plots as `crossover.png` and `scatter.png`, of the first scalar type that was timed.
fn draw(folder: &Path, results: &Results) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    let mut written = Vec::new();
    if let Some(picture) = scalars(results).find_map(|s| picture::Crossover::new(results, s)) {
        written.extend(drawing::write(folder, "crossover", &picture)?);
    }
    if let Some(picture) = scalars(results).find_map(|s| picture::Scatter::new(results, s)) {
        written.extend(drawing::write(folder, "scatter", &picture)?);
    }
    let lines = written
        .iter()
        .map(|path| format!("wrote {}\n", path.display()));
    print(&lines.collect::<String>())
}

fn verified_line(results: &Results) -> String {
    let cells = || results.cells.iter().filter(|cell| !cell.control);
    let right = cells().filter(|cell| cell.status == Status::Ok).count();
    let wrong = cells().filter(|cell| cell.status.is_fault()).count();
    if wrong > 0 {
        return format!("{right} answers are right, {wrong} are not.\n");
    }
    if right == 0 {
        return "No method gave an answer.\n".to_owned();
    }
    // `measure` rejects right answers that differ by more.
    format!(
        "All {right} answers are right. Solutions of the same rank agree within their errors.\n"
    )
}

/// The summary, or every table.
pub(super) fn text(results: &Results, all: bool) -> String {
    let groups = analysis::groups(results);
    let mut parts = vec![sections::environment(results)];
    // The first case is the experiment's own, or the user's.
    let shown: &[Group<'_>] = if all {
        &groups
    } else {
        &groups[..groups.len().min(1)]
    };
    parts.extend(shown.iter().map(|group| sections::group(group, results)));
    parts.extend(sections::solutions(results));
    parts.extend(over_cases(results));
    parts.extend(scalars(results).map(|scalar| sections::adapter_cost(results, scalar)));
    parts.push(sections::faults(results));
    parts.push(sections::warnings(results));
    parts.push(sections::legend(results));
    section::to_text(&parts)
}

/// What several cases together say; a system of the user's own is alone.
fn over_cases(results: &Results) -> Vec<Section> {
    if results.is_own() {
        return Vec::new();
    }
    vec![sections::winners(results), sections::crossovers(results)]
}

fn scalars(results: &Results) -> impl Iterator<Item = &str> {
    results.run.options.scalars.iter().map(String::as_str)
}

pub(super) fn markdown(results: &Results) -> String {
    let groups = analysis::groups(results);
    let mut parts = vec![
        Section::lines("What to take", recommendations(results)),
        sections::environment(results),
        sections::faults(results),
        sections::warnings(results),
    ];
    parts.extend(sections::solutions(results));
    parts.extend(over_cases(results));
    parts.extend(scalars(results).map(|scalar| sections::adapter_cost(results, scalar)));
    parts.extend(groups.iter().map(|group| sections::group(group, results)));
    section::to_markdown(
        "Leastwise: which library to trust with least squares",
        &parts,
    )
}

/// Where a CI service shows what its steps have to say.
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

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
