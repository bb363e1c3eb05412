//! The path of a study from the flags to the documents.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;
use leastwise_harness::machine::{Build, Machine};
use leastwise_report::{Document, Section};

use super::Study;
use super::record::{Header, Record};
use super::rows::Rows;
use super::store::{self, SCHEMA};
use crate::compare::{ReportArgs, command_line};
use crate::error::bad_input;
use crate::publish;
use crate::terminal::print;

type RecordOf<S> = Record<<S as Study>::Plan, <S as Study>::Row>;

/// The flags of a study: its own flags, and those that all studies share.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct StudyArgs<S: clap::Args> {
    #[command(flatten)]
    pub(crate) study: S,
    #[command(flatten)]
    output: OutputArgs,
}

impl<S: clap::Args> StudyArgs<S> {
    /// The flags of a study that another command runs: the folder, the page, the HTML page, and whether to continue.
    pub(crate) fn of(
        study: S,
        (out, page, html): (Option<PathBuf>, Option<PathBuf>, Option<PathBuf>),
        resume: bool,
    ) -> Self {
        let output = OutputArgs {
            out,
            resume,
            page,
            html,
            unoptimised: false,
        };
        Self { study, output }
    }
}

#[derive(Clone, Debug, clap::Args)]
struct OutputArgs {
    /// Folder for record.jsonl and the figures [default: target/leastwise/NAME, by the name of the command]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Continue the run in that folder
    #[arg(long)]
    resume: bool,
    /// Put the tables between the markers of this Markdown file
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Write an HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Measure with an unoptimised build; its times are meaningless
    #[arg(long, hide = true)]
    unoptimised: bool,
}

/// Measures, stores, shows, and checks the record.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for invalid flags, before any work; an error of the measurement; a requirement
/// that is not met, after everything was shown.
pub(crate) fn run<S: Study>(args: &StudyArgs<S>) -> anyhow::Result<()> {
    let StudyArgs { study, output } = args;
    if cfg!(debug_assertions) && S::IS_TIMED && !output.unoptimised {
        return Err(bad_input(format!(
            "times of an unoptimised build are meaningless; use `cargo xtask {}`, which builds with \
             optimisation",
            S::NAME
        )));
    }
    let plan = study.plan()?;
    if let Some(page) = &output.page {
        publish::check_page("--page", page, &S::parts(&plan))?;
    }
    let default = || Path::new("target/leastwise").join(S::NAME);
    let folder = output.out.clone().unwrap_or_else(default);
    let record = measure::<S>(plan, &folder, output.resume)?;
    let document = document::<S>(&record);
    if let Some(html) = &output.html {
        publish::write(html, &document.to_html()?)?;
    }
    print(&document.to_text())?;
    let mut written = publish::write_figures(&folder, &document)?;
    if let Some(page) = &output.page {
        publish::update_page("--page", page, &parts::<S>(&record, &document))?;
        written.push(page.clone());
    }
    let lines = written
        .iter()
        .map(|path| format!("wrote {}\n", path.display()));
    print(&lines.collect::<String>())?;
    let missed = S::bars(&record);
    if !missed.is_empty() {
        bail!("{}:\n{}", S::MISSED, missed.join("\n"));
    }
    Ok(())
}

fn measure<S: Study>(plan: S::Plan, folder: &Path, resume: bool) -> anyhow::Result<RecordOf<S>> {
    // Otherwise, the parts of faer that do not take the parallelism as an argument use all threads.
    faer::set_global_parallelism(faer::Par::Seq);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let header = Header {
        study: S::NAME.to_owned(),
        schema: SCHEMA,
        started: now.map_or(0, |since| since.as_secs()),
        command: command_line(),
        machine: Machine::read(),
        build: Build::read(),
        plan,
    };
    let (store, record): (_, RecordOf<S>) = if resume {
        store::resume(folder, &header, S::fits)?
    } else {
        let rows = Vec::new();
        (store::create(folder, &header)?, Record { header, rows })
    };
    let Record { header, rows } = record;
    let mut rows = Rows::new(store, rows);
    S::run(&header.plan, &mut rows)?;
    Ok(Record {
        header,
        rows: rows.finish(),
    })
}

fn document<S: Study>(record: &RecordOf<S>) -> Document {
    let mut document = S::document(record);
    let Header {
        machine,
        build,
        started,
        command,
        ..
    } = &record.header;
    document.provenance = Some(publish::provenance(machine, build, *started, command));
    document
}

/// The parts of a page, each with the name of its markers and its text.
fn parts<S: Study>(record: &RecordOf<S>, document: &Document) -> Vec<(String, String)> {
    let names = S::parts(&record.header.plan);
    if let [name] = &names[..] {
        return vec![(name.clone(), document.to_part())];
    }
    let part = |section: &Section| {
        let part = Document::new(&document.title).with(section.clone());
        let provenance = document.provenance.clone();
        Document { provenance, ..part }.to_part()
    };
    names
        .into_iter()
        .zip(document.sections.iter().map(part))
        .collect()
}

/// Reads a stored record.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for a file that is not a record of a run.
pub(crate) fn read<S: Study>(file: &Path) -> anyhow::Result<RecordOf<S>> {
    Ok(store::read(file, S::NAME, S::fits)?)
}

/// Shows a stored record again.
///
/// # Errors
/// As for [`read`]; a file that cannot be written.
pub(crate) fn render<S: Study>(file: &Path, args: &ReportArgs) -> anyhow::Result<()> {
    let record = read::<S>(file)?;
    if record.rows.is_empty() {
        let message = format!("{} has no rows yet", file.display());
        return Err(bad_input(message));
    }
    let document = document::<S>(&record);
    if let Some(path) = &args.html {
        publish::write(path, &document.to_html()?)?;
    }
    if let Some(path) = &args.markdown {
        publish::write(path, &document.to_markdown())?;
    }
    if let Some(path) = &args.json {
        publish::write(path, &format!("{:#}\n", document.to_json()))?;
    }
    if let Some(folder) = &args.plots {
        publish::write_figures(folder, &document)?;
    }
    if let Some(page) = &args.readme {
        publish::update_page("--readme", page, &parts::<S>(&record, &document))?;
    }
    print(&document.to_text())
}
