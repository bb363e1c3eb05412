//! Caches, cores and clock as Linux reports them in `/sys/devices/system/cpu`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A kind of cache.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cache {
    /// 1 is the innermost.
    pub level: u32,
    /// The kind of the cache.
    pub kind: CacheKind,
    /// The size of one cache.
    pub bytes: u64,
    /// The number of logical processors that share one cache.
    pub shared_by: usize,
}

/// The kind of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheKind {
    /// Data only.
    Data,
    /// Instructions only.
    Instruction,
    /// Data and instructions.
    Unified,
}

/// The folders of `parent` whose names are `prefix` and a number.
fn numbered(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let is_numbered = |path: &PathBuf| {
        path.file_name()
            .and_then(|name| name.to_str()?.strip_prefix(prefix)?.parse::<u32>().ok())
            .is_some()
    };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_numbered)
        .collect()
}

fn value(folder: &Path, file: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join(file)).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The distinct texts of one file, over all processors.
fn values(cpus: &Path, file: &str) -> BTreeSet<String> {
    numbered(cpus, "cpu")
        .iter()
        .filter_map(|cpu| value(cpu, file))
        .collect()
}

/// The kinds of cache of the processors, each once. Cores can differ.
pub(super) fn caches(cpus: &Path) -> Vec<Cache> {
    let kinds: BTreeSet<Cache> = numbered(cpus, "cpu")
        .iter()
        .flat_map(|cpu| numbered(&cpu.join("cache"), "index"))
        .filter_map(|folder| cache(&folder))
        .collect();
    kinds.into_iter().collect()
}

fn cache(folder: &Path) -> Option<Cache> {
    Some(Cache {
        level: value(folder, "level")?.parse().ok()?,
        kind: match value(folder, "type")?.as_str() {
            "Data" => CacheKind::Data,
            "Instruction" => CacheKind::Instruction,
            "Unified" => CacheKind::Unified,
            _ => return None,
        },
        bytes: size(&value(folder, "size")?)?,
        shared_by: count(&value(folder, "shared_cpu_list")?)?,
    })
}

/// A size such as `32K`, in bytes.
fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(['K', 'M', 'G']);
    let unit: u64 = match &text[digits.len()..] {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// The number of entries in a list of ranges such as `0-3,8`.
fn count(list: &str) -> Option<usize> {
    let mut total = 0;
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        total += last.checked_sub(first)? + 1;
    }
    Some(total)
}

/// The number of cores. A core is a set of logical processors that share its units.
pub(super) fn physical_cores(cpus: &Path) -> Option<usize> {
    let cores = values(cpus, "topology/thread_siblings_list").len();
    (cores > 0).then_some(cores)
}

pub(super) fn governor(cpus: &Path) -> Option<String> {
    let governors = values(cpus, "cpufreq/scaling_governor");
    (!governors.is_empty()).then(|| governors.into_iter().collect::<Vec<_>>().join("+"))
}

/// Whether boost is on. Intel's driver has a separate switch, which turns boost off.
pub(super) fn boost(cpus: &Path) -> Option<bool> {
    let switch = |file: &str, on: &str| value(cpus, file).map(|text| text == on);
    switch("intel_pstate/no_turbo", "0").or_else(|| switch("cpufreq/boost", "1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::samples::Folder;

    fn write_cache(folder: &Folder, at: &str, [level, kind, size, shared]: [&str; 4]) {
        folder.write(&format!("{at}/level"), level);
        folder.write(&format!("{at}/type"), kind);
        folder.write(&format!("{at}/size"), size);
        folder.write(&format!("{at}/shared_cpu_list"), shared);
    }

    #[test]
    fn equal_caches_are_listed_once_from_the_inside_out() {
        let folder = Folder::new("caches");
        for (cpu, itself) in ["0,2", "1,3", "0,2", "1,3"].iter().enumerate() {
            let at = |index| format!("cpu{cpu}/cache/index{index}");
            write_cache(&folder, &at(3), ["3\n", "Unified\n", "32M\n", "0-3\n"]);
            write_cache(&folder, &at(1), ["1\n", "Instruction\n", "64K\n", itself]);
            write_cache(&folder, &at(0), ["1\n", "Data\n", "32K\n", itself]);
        }
        // Neither a processor nor a cache, despite the similar names.
        write_cache(&folder, "cpufreq/cache/index0", ["2", "Data", "1K", "0"]);
        write_cache(&folder, "cpu0/cache/indexes", ["2", "Data", "1K", "0"]);
        let found = caches(folder.path());
        let summary: Vec<_> = found
            .iter()
            .map(|cache| (cache.level, cache.kind, cache.bytes, cache.shared_by))
            .collect();
        assert_eq!(
            summary,
            [
                (1, CacheKind::Data, 32 << 10, 2),
                (1, CacheKind::Instruction, 64 << 10, 2),
                (3, CacheKind::Unified, 32 << 20, 4),
            ]
        );
    }

    #[test]
    fn a_cache_that_does_not_tell_its_size_is_left_out() {
        let folder = Folder::new("sizeless");
        write_cache(&folder, "cpu0/cache/index0", ["1", "Data", "", "0"]);
        write_cache(&folder, "cpu0/cache/index1", ["1", "Data", "32KK", "0"]);
        write_cache(&folder, "cpu0/cache/index2", ["1", "Data", "32K", "3-0"]);
        assert_eq!(caches(folder.path()), []);
    }

    #[test]
    fn siblings_make_a_core() {
        let folder = Folder::new("cores");
        assert_eq!(physical_cores(folder.path()), None);
        for (cpu, siblings) in ["0,2\n", "1,3\n", "0,2\n", "1,3\n"].iter().enumerate() {
            folder.write(&format!("cpu{cpu}/topology/thread_siblings_list"), siblings);
        }
        assert_eq!(physical_cores(folder.path()), Some(2));
    }

    #[test]
    fn governors_that_differ_are_all_named() {
        let folder = Folder::new("governors");
        folder.write("cpu0/cpufreq/scaling_governor", "performance\n");
        assert_eq!(governor(folder.path()).as_deref(), Some("performance"));
        folder.write("cpu10/cpufreq/scaling_governor", "powersave\n");
        assert_eq!(
            governor(folder.path()).as_deref(),
            Some("performance+powersave")
        );
    }

    #[test]
    fn both_switches_of_boost_are_understood() {
        let folder = Folder::new("boost");
        assert_eq!(boost(folder.path()), None);
        folder.write("cpufreq/boost", "1\n");
        assert_eq!(boost(folder.path()), Some(true));
        folder.write("intel_pstate/no_turbo", "1\n");
        assert_eq!(boost(folder.path()), Some(false));
    }
}
