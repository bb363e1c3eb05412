//! Files that appear in one step.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::{io, process};

use crate::error::Error;

/// Writes a file in one step: another file is written beside it and then renamed. After a kill, or on a full disk, the
/// path has the file from before or the whole new one.
///
/// A link stays, and the file to which it points is replaced. What is no regular file, such as `/dev/stdout`, is written
/// to directly.
///
/// ```
/// let path = std::env::temp_dir().join(format!("page-{}.html", std::process::id()));
/// leastwise_report::write(&path, b"<p>one</p>")?;
/// leastwise_report::write(&path, b"<p>two</p>")?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "<p>two</p>");
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), leastwise_report::Error>(())
/// ```
///
/// # Errors
/// [`Error::Write`] with the path.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    in_one_step(path, bytes).map_err(|error| Error::Write(path.to_owned(), error))
}

fn in_one_step(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let before = fs::metadata(path);
    if before.as_ref().is_ok_and(|file| !file.is_file()) {
        return fs::write(path, bytes);
    }
    // A link to a file that is missing has no target yet.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if before.is_ok() {
        // A rename would also replace a file that must not be written.
        fs::OpenOptions::new().write(true).open(&target)?;
    }
    let beside = beside(&target);
    let written = fs::write(&beside, bytes)
        .and_then(|()| {
            before.map_or(Ok(()), |file| {
                fs::set_permissions(&beside, file.permissions())
            })
        })
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A file in the same folder, with the number of the process, so that two processes do not share it.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.unfinished", process::id()));
    path.with_file_name(name)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("leastwise-write-{name}-{}", process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn files(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_link_and_the_permissions_stay() {
        let folder = Folder::new("link");
        let (file, link) = (folder.0.join("page.md"), folder.0.join("link.md"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("page.md", &link).unwrap();
        write(&link, b"after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(folder.files(), ["link.md", "page.md"]);
    }

    /// /dev/full refuses every byte, as a disk without space.
    #[test]
    fn a_full_disk_leaves_the_file_from_before() {
        let folder = Folder::new("full");
        let file = folder.0.join("page.md");
        fs::write(&file, "before").unwrap();
        symlink("/dev/full", beside(&fs::canonicalize(&file).unwrap())).unwrap();
        let error = write(&file, b"after").unwrap_err().to_string();
        assert!(error.contains("page.md: No space left"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "before");
        assert_eq!(folder.files(), ["page.md"]);
    }

    #[test]
    fn a_device_is_written_to_and_stays() {
        let error = write(Path::new("/dev/full"), b"after").unwrap_err();
        assert!(
            error.to_string().contains("/dev/full: No space left"),
            "{error}"
        );
        write(Path::new("/dev/null"), b"after").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
