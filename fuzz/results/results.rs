//! Whatever `results.jsonl` holds, it is refused in one line, or every report can be made of it.
//!
//! The modules of xtask that render a result are compiled as they are: xtask is a program, which no other
//! crate can call.

#![no_main]
#![allow(dead_code, reason = "only what reads a result is called")]

#[path = "../../xtask/src/compare/mod.rs"]
mod compare;
#[path = "../../xtask/src/error.rs"]
mod error;
#[path = "../../xtask/src/publish.rs"]
mod publish;
#[path = "../../xtask/src/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs, process};

/// The pages are larger than what they show.
const PAGES: u64 = 16 << 20;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = env::temp_dir().join(format!("leastwise-fuzz-results-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let results = FOLDER.join("results.jsonl");
    fs::write(&results, bytes).expect("a file");
    leastwise_fuzz::hold(bytes.len(), PAGES, || {
        check(&report(&results));
        check(&compare::diff(&compare::DiffArgs {
            old: results.clone(),
            new: results.clone(),
            threshold: 3.0,
        }));
    });
});

fn report(results: &Path) -> anyhow::Result<()> {
    compare::report(&compare::ReportArgs {
        results: results.to_owned(),
        all: true,
        html: Some(FOLDER.join("report.html")),
        markdown: Some(FOLDER.join("report.md")),
        json: Some(FOLDER.join("report.json")),
        plots: None,
        readme: None,
    })
}

fn check(outcome: &anyhow::Result<()>) {
    if let Err(refused) = outcome {
        let message = format!("{refused:#}");
        assert!(!message.is_empty());
        assert!(!message.contains(['\n', '\r']), "{message}");
    }
}
