//! Checks before any work that this machine has the processors and the memory that a request takes.
//!
//! Rust aborts a program whose allocation fails, with no message about the flag that requested the memory.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use crate::error::{Result, bad_input};

/// Checks a number of threads.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) for zero threads, and for more threads than processors that
/// this process may use.
pub fn check_threads(threads: usize) -> Result<()> {
    let processors = available_parallelism().map_or(usize::MAX, usize::from);
    if threads == 0 {
        return Err(bad_input("--threads must be at least 1, but it is 0"));
    }
    if threads > processors {
        return Err(bad_input(format!(
            "--threads must be at most {processors}, the processors that this process may use, but it is \
             {threads}"
        )));
    }
    Ok(())
}

/// Checks that this many bytes are free. `what` names the flags and what they request, in the plural.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) if more bytes are requested than are free.
pub fn check_memory(what: &str, bytes: f64) -> Result<()> {
    check_against(free_memory(), what, bytes)
}

/// The bytes that are free, if the system reports them.
pub(crate) fn free_memory() -> Option<u64> {
    free_bytes(Path::new("/"))
}

fn check_against(free: Option<u64>, what: &str, bytes: f64) -> Result<()> {
    let Some(free) = free.filter(|&free| bytes > free as f64) else {
        return Ok(());
    };
    let (needed, free) = (human_bytes(bytes), human_bytes(free as f64));
    Err(bad_input(format!(
        "{what} take about {needed} of memory, but {free} are free"
    )))
}

fn human_bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    // Beyond the largest unit, the order of magnitude is enough.
    if value >= 1e6 {
        return format!("{value:.1e} {}", UNITS[unit]);
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// The memory that this process may still take, as far as Linux reports it. It is the smallest of three
/// figures: the available memory, what the limits of the process leave, and what its control groups may hold.
/// `root` contains `proc` and `sys`.
fn free_bytes(root: &Path) -> Option<u64> {
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let status = text("proc/self/status");
    let limits = text("proc/self/limits");
    // The limits of `ulimit -v` and `ulimit -d`, minus what the process has taken.
    let left = |limit: &str, taken: &str| {
        let soft = limits.lines().find_map(|line| line.strip_prefix(limit))?;
        let taken = kibibytes(&status, taken).unwrap_or(0);
        Some(first_number(soft)?.saturating_sub(taken))
    };
    let mut bounds = vec![
        kibibytes(&text("proc/meminfo"), "MemAvailable:"),
        left("Max address space", "VmSize:"),
        left("Max data size", "VmData:"),
        first_number(&text("sys/fs/cgroup/memory/memory.limit_in_bytes")),
    ];
    let groups = text("proc/self/cgroup");
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    let folder = Path::new("sys/fs/cgroup").join(group.unwrap_or_default());
    let within = folder
        .ancestors()
        .take_while(|f| f.starts_with("sys/fs/cgroup"));
    bounds.extend(within.map(|folder| {
        let file = root.join(folder).join("memory.max");
        first_number(&fs::read_to_string(file).unwrap_or_default())
    }));
    bounds.into_iter().flatten().min()
}

/// The first number of the text. `unlimited` and `max` are not numbers.
fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The bytes of a line such as `VmSize:   1234 kB`.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    first_number(line)?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, removed at the end.
    struct Root(std::path::PathBuf);

    impl Root {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let name = format!("leastwise-capacity-{name}-{}", std::process::id());
            let root = std::env::temp_dir().join(name);
            for (path, text) in files {
                let file = root.join(path);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            Self(root)
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const MEMINFO: (&str, &str) = (
        "proc/meminfo",
        "MemTotal: 4000 kB\nMemFree: 1 kB\nMemAvailable:  3000 kB\n",
    );

    #[test]
    fn the_tightest_bound_counts_and_what_is_taken_counts_against_it() {
        let status = "Name: x\nVmSize:     500 kB\nVmData:  100 kB\n";
        let limits = |address: &str, data: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units\n\
                 Max data size             {data}            unlimited            bytes\n\
                 Max address space         {address}         unlimited            bytes\n"
            )
        };
        for (address, data, group, expected) in [
            ("unlimited", "unlimited", "max\n", 3000),
            ("1024000", "unlimited", "max\n", 500),
            ("unlimited", "409600", "max\n", 300),
            ("unlimited", "unlimited", "204800\n", 200),
            // More is taken than a limit that was set later.
            ("1024", "unlimited", "max\n", 0),
        ] {
            let root = Root::new(
                "bounds",
                &[
                    MEMINFO,
                    ("proc/self/status", status),
                    ("proc/self/limits", &limits(address, data)),
                    ("proc/self/cgroup", "0::/outer/inner\n"),
                    ("sys/fs/cgroup/outer/memory.max", group),
                    ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
                ],
            );
            assert_eq!(
                free_bytes(&root.0),
                Some(expected * 1024),
                "{address} {data} {group}"
            );
        }
    }

    #[test]
    fn a_system_that_tells_nothing_bounds_nothing() {
        assert_eq!(free_bytes(Path::new("/nowhere")), None);
        let root = Root::new("meminfo", &[MEMINFO]);
        assert_eq!(free_bytes(&root.0), Some(3000 * 1024));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_size() {
        check_against(Some(16), "two numbers", 16.0).unwrap();
        check_against(None, "numbers beyond measure", f64::INFINITY).unwrap();
        for (bytes, shown) in [(1536.0, "1.5 KiB"), (1e30, "8.9e14 PiB")] {
            let error = check_against(Some(1024), "--samples 9", bytes).unwrap_err();
            assert!(error.is_bad_input());
            let message = format!("--samples 9 take about {shown} of memory, but 1.0 KiB are free");
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn threads_are_at_least_one_and_at_most_the_processors() {
        check_threads(1).unwrap();
        for threads in [0, usize::MAX] {
            let error = check_threads(threads).unwrap_err();
            assert!(error.is_bad_input());
            assert!(
                error.to_string().starts_with("--threads must be at "),
                "{error}"
            );
        }
    }
}
