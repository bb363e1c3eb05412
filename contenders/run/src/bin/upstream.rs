//! Writes docs/upstream.md and a draft of a report for each defect in docs/upstream/, and checks that each defect still
//! occurs: `cargo run --release --bin upstream --features … -- DOCS`. With `--check`, nothing is written, and the exit
//! code is 1 if a page would change or a defect does not occur any more.

use std::fmt::Write;
use std::fs;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use leastwise_contenders::defects::{DEFECTS, Defect, Found, IN_WORDS, System};
use leastwise_core::Mat;
use leastwise_harness::library::{Answer, Called, Library};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    arguments.retain(|argument| argument != "--check");
    let [folder] = &arguments[..] else {
        eprintln!("error: usage: upstream [--check] DOCS");
        return ExitCode::from(2);
    };
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let made = pages(Path::new(folder));
    panic::set_hook(hook);
    match made.and_then(|pages| deliver(&pages, check)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the pages, or compares them with the files.
fn deliver(pages: &[(PathBuf, String)], check: bool) -> Result<(), String> {
    for (path, text) in pages {
        if check {
            if fs::read_to_string(path).ok().as_deref() != Some(text) {
                return Err(format!("{} is not up to date", path.display()));
            }
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    println!(
        "{} defects, {} pages",
        DEFECTS.len() + IN_WORDS.len(),
        pages.len()
    );
    Ok(())
}

/// The path and the text of each page.
fn pages(folder: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let libraries: Vec<Library> = leastwise_contenders::all()
        .into_iter()
        .chain(leastwise_harness::peers::libraries())
        .collect();
    let mut page = String::from(INTRODUCTION);
    let mut pages = Vec::new();
    for defect in DEFECTS {
        let found = find(&libraries, defect)?;
        let answer = defect
            .occurs(&found)
            .then(|| found.to_string())
            .ok_or_else(|| format!("{} does not occur any more: {found}", defect.id))?;
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| [{}](upstream/{}.md) | {} {} | {} | {} | {answer} | {} |",
            defect.title,
            defect.id,
            defect.library,
            defect.version,
            defect.call,
            defect.expected,
            defect.status
        );
        let path = folder.join("upstream").join(format!("{}.md", defect.id));
        pages.push((path, draft(defect, &answer)));
    }
    page.push_str(WORDS);
    for (library, words) in IN_WORDS {
        let _ = writeln!(page, "| {library} | {words} |");
    }
    pages.push((folder.join("upstream.md"), page));
    Ok(pages)
}

const INTRODUCTION: &str = "\
# Defects of other libraries

These defects were found by `cargo xtask map --contenders` and `cargo xtask conformance --contenders`. The input of each is
valid. A command writes this page and the drafts of reports in [upstream/](upstream), and checks that each defect
still occurs:

```console
$ contenders/upstream            # write
$ contenders/upstream --check    # check: the exit code is 1 if a defect does not occur any more
```

No report was sent. A person sends them, after a look at the issues of the library.

| defect | library | call | expected | answer | status |
|---|---|---|---|---|---|
";

const WORDS: &str = "
## In words only

These inputs make a library crash, hang, or take memory without end. They are not part of this repository.

| library | defect |
|---|---|
";

fn find(libraries: &[Library], defect: &Defect) -> Result<Found, String> {
    let library = libraries.iter().find(|library| library.name == defect.name);
    let library = library.ok_or_else(|| format!("{} is not built", defect.name))?;
    if library.version != defect.version && !library.version.contains(defect.version) {
        return Err(format!("{} is built as {}", defect.id, library.version));
    }
    match defect.system {
        System::Double(system) => answer::<f64>(library, defect, system()),
        System::Single(system) => answer::<f32>(library, defect, system()),
    }
}

fn answer<T: Called>(
    library: &Library,
    defect: &Defect,
    (a, b): (Mat<f64>, Mat<f64>),
) -> Result<Found, String> {
    let call = T::calls(library)
        .iter()
        .find(|call| call.name == defect.call);
    let call = call.ok_or_else(|| format!("{}: no call {}", defect.id, defect.call))?;
    let narrow = |x: &Mat<f64>| Mat::from_fn(x.rows(), x.cols(), |i, j| T::of(x[(i, j)]));
    let (a, b) = (narrow(&a), narrow(&b));
    let solved = catch_unwind(AssertUnwindSafe(|| (call.solve)(&a, &b)));
    Ok(Found(match solved {
        Err(_) => Err("a panic"),
        Ok(Answer::Refused) => Err("an error"),
        Ok(Answer::NotOffered) => Err("not offered"),
        Ok(Answer::X(x)) => Ok(x.data().iter().map(|xi| xi.as_f64()).collect()),
    }))
}

fn draft(defect: &Defect, answer: &str) -> String {
    format!(
        "# {title}\n\n\
         *A draft of a report to the maintainers of {library}. It was not sent.*\n\n\
         **Version:** {library} {version}\n\n\
         **Call:** `{call}`\n\n\
         **Input:** {input}\n\n\
         **Expected:** {expected}\n\n\
         **Answer:** {answer}\n\n\
         {cause}\n",
        title = defect.title,
        library = defect.library,
        version = defect.version,
        call = defect.call,
        input = defect.input,
        expected = defect.expected,
        cause = defect.cause,
    )
}
