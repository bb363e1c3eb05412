//! The machine, as the system reports it.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

use super::sysfs::Cache;
use super::{cpuinfo, simd, sysfs};

/// The machine, as it was when [`Machine::read`] was called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The model of the processor, in the words of its manufacturer.
    pub cpu: Option<String>,
    /// The hardware threads that are online.
    pub logical_cpus: usize,
    /// The hardware threads that this process may use. An affinity mask or a quota can make them fewer.
    pub usable_cpus: usize,
    /// The cores. Each may have several hardware threads.
    pub physical_cores: Option<usize>,
    /// Each kind of cache once, from the innermost to the outermost.
    pub caches: Vec<Cache>,
    /// The vector extensions that the processor has. The build need not use them.
    pub simd: Vec<String>,
    /// The policy for the clock frequency. If cores differ, `+` joins their policies.
    pub governor: Option<String>,
    /// Whether the clock may rise above the nominal frequency.
    pub boost: Option<bool>,
    /// Whether the machine is virtual.
    pub virtualized: Option<bool>,
    /// The memory of the whole machine.
    pub memory_bytes: Option<u64>,
    /// The number of tasks that ran or waited for a processor, averaged over the last minute.
    pub load_average: Option<f64>,
    /// The system, the version of its kernel and the architecture.
    pub os: String,
}

impl Machine {
    /// Reads the machine. Call it before the measurements, because they are load themselves.
    #[must_use]
    pub fn read() -> Self {
        Self::read_below(Path::new("/"))
    }

    /// Reads the machine whose `proc` and `sys` are in `root`.
    fn read_below(root: &Path) -> Self {
        let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let cpuinfo = text("proc/cpuinfo");
        let cpus = root.join("sys/devices/system/cpu");
        let usable_cpus = available_parallelism().map_or(1, usize::from);
        Self {
            cpu: cpuinfo::model(&cpuinfo),
            logical_cpus: cpuinfo::logical_cpus(&cpuinfo).unwrap_or(usable_cpus),
            usable_cpus,
            physical_cores: sysfs::physical_cores(&cpus),
            caches: sysfs::caches(&cpus),
            simd: simd::extensions(),
            governor: sysfs::governor(&cpus),
            boost: sysfs::boost(&cpus),
            virtualized: cpuinfo::virtualized(&cpuinfo),
            memory_bytes: memory_bytes(&text("proc/meminfo")),
            load_average: first_word(&text("proc/loadavg")).and_then(|word| word.parse().ok()),
            os: os(&text("proc/sys/kernel/osrelease")),
        }
    }
}

fn first_word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = first_word(total)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Only the version of the release is used, because the text that distributors and owners append can name
/// them.
fn os(release: &str) -> String {
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let version = release
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .next()
        .unwrap_or_default();
    if version.is_empty() {
        format!("{system} {architecture}")
    } else {
        format!("{system} {version} {architecture}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::samples::{self, Folder, machine};

    #[test]
    fn survives_json() {
        for machine in [machine(), Machine::read()] {
            let json = serde_json::to_string(&machine).unwrap();
            assert_eq!(serde_json::from_str::<Machine>(&json).unwrap(), machine);
        }
    }

    #[test]
    fn a_system_that_tells_nothing_is_not_an_error() {
        let folder = Folder::new("nothing");
        let machine = Machine::read_below(folder.path());
        assert_eq!(machine.logical_cpus, machine.usable_cpus);
        assert_eq!(machine.cpu, None);
        assert_eq!(machine.physical_cores, None);
        assert_eq!(machine.caches, []);
        assert_eq!(machine.governor, None);
        assert_eq!(machine.boost, None);
        assert_eq!(machine.virtualized, None);
        assert_eq!(machine.memory_bytes, None);
        assert_eq!(machine.load_average, None);
        assert!(machine.os.ends_with(std::env::consts::ARCH));
    }

    #[test]
    fn a_system_that_tells_is_believed() {
        let folder = Folder::new("proc");
        folder.write("proc/cpuinfo", samples::CPUINFO_X86);
        folder.write("proc/meminfo", "MemTotal:   24684084 kB\nMemFree: 1 kB\n");
        folder.write("proc/loadavg", "0.27 1.41 1.03 2/85 17382\n");
        folder.write("proc/sys/kernel/osrelease", "6.8.0-1021-example\n");
        let machine = Machine::read_below(folder.path());
        assert_eq!(machine.logical_cpus, 2);
        assert_eq!(machine.memory_bytes, Some(24_684_084 * 1024));
        assert_eq!(machine.load_average, Some(0.27));
        assert!(machine.os.contains(" 6.8.0 "), "{}", machine.os);
    }
}
