//! The commit from which the running program was built.
//!
//! A result has to name the code that was measured. If the build called git, it would have to call it again
//! after every commit and every `git add`, and link the program again. So git is called at run time, when the
//! checkout may have changed. The answer is accepted only if each source file that Cargo lists beside the
//! program is older than the program. `cargo xtask` builds before it runs, so its program passes. A program
//! that is out of date, or was copied, reports no commit rather than a wrong one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// All files that are compiled or control the compilation. A change of the documents is not a change of the
/// code.
const CODE: [&str; 6] = [
    "crates",
    "xtask",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo",
];

#[derive(Debug, PartialEq)]
pub(super) struct Checkout {
    pub(super) commit: String,
    /// Whether anything of [`CODE`] differs from the commit.
    pub(super) dirty: bool,
}

/// The checkout of this program. `None` without git, outside a checkout, and if the sources changed after the
/// build.
pub(super) fn of_this_program() -> Option<Checkout> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    let program = std::env::current_exe().ok()?;
    if is_current(&program, workspace)? {
        read(workspace)
    } else {
        None
    }
}

fn read(workspace: &Path) -> Option<Checkout> {
    // A tarball that was unpacked inside another repository is not part of that repository.
    git(workspace, &["ls-files", "--error-unmatch", "Cargo.toml"])?;
    let commit = git(workspace, &["rev-parse", "HEAD"])?.trim().to_owned();
    let status = [&["status", "--porcelain", "--"], CODE.as_slice()].concat();
    let dirty = !git(workspace, &status)?.trim().is_empty();
    Some(Checkout { commit, dirty })
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(folder)
        // A git hook sets these variables, and they can name another repository.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .arg("--no-optional-locks")
        .args(arguments)
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()
}

/// Whether no source of `program` changed since it was written. `None` if its sources are not known.
fn is_current(program: &Path, workspace: &Path) -> Option<bool> {
    let built = modified(program)?;
    let list = fs::read_to_string(program.with_extension("d")).ok()?;
    let sources = sources(list.lines().next()?)?;
    Some(
        sources
            .iter()
            .all(|source| modified(&workspace.join(source)).is_some_and(|time| time <= built)),
    )
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// The files after the colon of a line in the format of make, where a space in a name is `\ `.
fn sources(rule: &str) -> Option<Vec<PathBuf>> {
    let (_, files) = rule.split_once(": ")?;
    Some(
        files
            .replace("\\ ", "\0")
            .split_whitespace()
            .map(|file| PathBuf::from(file.replace('\0', " ")))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;
    use crate::machine::samples::Folder;

    #[test]
    fn names_with_spaces_are_read() {
        assert_eq!(
            sources("/a b/xtask: /x/main.rs /x/two\\ words.rs").unwrap(),
            [Path::new("/x/main.rs"), Path::new("/x/two words.rs")]
        );
        assert_eq!(sources("no rule"), None);
    }

    #[test]
    fn a_source_that_changed_after_the_build_is_noticed() {
        let folder = Folder::new("stale");
        let (root, program) = (folder.path(), folder.path().join("xtask"));
        folder.write("main.rs", "");
        folder.write("xtask", "");
        assert_eq!(is_current(&program, root), None);
        folder.write("xtask.d", "xtask: main.rs\n");
        let built = modified(&program).unwrap();
        let touch = |time| {
            let file = File::options().append(true).open(root.join("main.rs"));
            file.unwrap().set_modified(time).unwrap();
        };
        touch(built - Duration::from_secs(1));
        assert_eq!(is_current(&program, root), Some(true));
        touch(built + Duration::from_secs(1));
        assert_eq!(is_current(&program, root), Some(false));
        fs::remove_file(root.join("main.rs")).unwrap();
        assert_eq!(is_current(&program, root), Some(false));
    }

    #[test]
    fn outside_a_checkout_there_is_no_commit() {
        let folder = Folder::new("tarball");
        folder.write("Cargo.toml", "");
        assert_eq!(read(folder.path()), None);
        assert_eq!(read(&folder.path().join("absent")), None);
    }

    #[test]
    fn a_change_of_the_code_is_dirty_and_one_of_the_texts_is_not() {
        let folder = Folder::new("repository");
        let root = folder.path();
        if git(root, &["init", "--quiet"]).is_none() {
            eprintln!("skipped: git is not installed");
            return;
        }
        folder.write("Cargo.toml", "[workspace]\n");
        // The file is not tracked yet, as in a tarball inside another repository.
        assert_eq!(read(root), None);
        git(root, &["add", "Cargo.toml"]).unwrap();
        let author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let commit = ["commit", "--quiet", "--no-gpg-sign", "--message=one"];
        git(root, &[author, commit].concat()).unwrap();
        let head = git(root, &["rev-parse", "HEAD"]).unwrap();
        folder.write("README.md", "text\n");
        let clean = read(root).unwrap();
        assert_eq!((clean.commit.as_str(), clean.dirty), (head.trim(), false));
        folder.write("crates/core/src/lib.rs", "code\n");
        assert!(read(root).unwrap().dirty);
    }
}
