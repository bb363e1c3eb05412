//! Any `results.jsonl` is either refused in one line, or every report can be made from it.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs, process};

use leastwise_studies::{Program, run};

/// The pages are larger than the data that they show.
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
        let path = |name: &str| FOLDER.join(name).display().to_string();
        let results = path("results.jsonl");
        let [html, markdown, json] = ["report.html", "report.md", "report.json"].map(path);
        check(&["report", &results, "--all", "--html", &html, "--markdown", &markdown, "--json", &json]);
        check(&["diff", &results, &results]);
    });
});

/// The command succeeds, or refuses in one line.
fn check(arguments: &[&str]) {
    let program = Program::new("leastwise", "leastwise-cli");
    let command = ["leastwise"].iter().chain(arguments);
    if let Err(refused) = run(program, command) {
        let message = refused.to_string();
        assert!(!message.is_empty());
        assert!(!message.contains(['\n', '\r']), "{message}");
    }
}
