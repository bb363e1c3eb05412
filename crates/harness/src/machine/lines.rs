//! The facts as a few lines for a terminal.

use leastwise_format::counted;

use super::build::Build;
use super::host::Machine;
use super::sysfs::{Cache, CacheKind};

/// The largest number of columns of a line.
const WIDTH: usize = 100;
const SEPARATOR: &str = " · ";

/// The extensions by which the libraries choose their kernels. The others are not shown.
const DECISIVE: [&str; 5] = ["avx2", "fma", "avx512f", "neon", "sve"];

impl Machine {
    /// The machine in two to four lines of at most 100 columns.
    pub fn lines(&self) -> Vec<String> {
        let unknown = || "unknown processor".to_owned();
        let mut items = vec![self.cpu.clone().unwrap_or_else(unknown), self.cpus()];
        let data: Vec<String> = self.caches.iter().filter_map(show_cache).collect();
        items.push(data.join(", "));
        items.push(self.decisive_simd().join(" "));
        if let Some(bytes) = self.memory_bytes {
            items.push(format!("{} of memory", show_bytes(bytes)));
        }
        if self.virtualized == Some(true) {
            items.push("virtual machine".to_owned());
        }
        if let Some(governor) = &self.governor {
            items.push(format!("governor {governor}"));
        }
        if let Some(boost) = self.boost {
            items.push(format!("boost {}", if boost { "on" } else { "off" }));
        }
        items.push(self.os.clone());
        fill(&items)
    }

    fn cpus(&self) -> String {
        let cores = self
            .physical_cores
            .map(|cores| format!(" on {}", counted(cores, "core")));
        let usable = (self.usable_cpus < self.logical_cpus)
            .then(|| format!(", {} usable", self.usable_cpus));
        [Some(counted(self.logical_cpus, "cpu")), cores, usable]
            .into_iter()
            .flatten()
            .collect()
    }

    fn decisive_simd(&self) -> Vec<&str> {
        let all = self.simd.iter().map(String::as_str);
        let decisive: Vec<&str> = all.clone().filter(|name| DECISIVE.contains(name)).collect();
        if decisive.is_empty() {
            all.collect()
        } else {
            decisive
        }
    }
}

impl Build {
    /// The build in two to four lines of at most 100 columns.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut items = vec![
            self.rustc.clone(),
            self.target.clone(),
            format!("{}, opt-level {}", self.profile, self.opt_level),
            self.code(),
            if self.rustflags.is_empty() {
                "no RUSTFLAGS".to_owned()
            } else {
                format!("RUSTFLAGS {}", self.rustflags)
            },
        ];
        items.extend(
            self.versions
                .iter()
                .map(|(library, version)| format!("{library} {version}")),
        );
        fill(&items)
    }

    fn code(&self) -> String {
        let Some(commit) = &self.commit else {
            return "commit unknown".to_owned();
        };
        let short: String = commit.chars().take(12).collect();
        if self.dirty == Some(true) {
            format!("commit {short} and changes")
        } else {
            format!("commit {short}")
        }
    }
}

/// A cache. An instruction cache is omitted, because every kernel of these libraries fits into it.
fn show_cache(cache: &Cache) -> Option<String> {
    let suffix = match cache.kind {
        CacheKind::Data => "d",
        CacheKind::Instruction => return None,
        CacheKind::Unified => "",
    };
    Some(format!(
        "L{}{suffix} {}",
        cache.level,
        show_bytes(cache.bytes)
    ))
}

/// A size in the largest binary unit in which it is at least 1, with a decimal if it is not a whole number.
fn show_bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    let decimals = usize::from(value.fract() != 0.0);
    format!("{value:.decimals$} {unit}")
}

/// Fills lines with the items that are not empty. An item that is wider than a line is cut.
fn fill(items: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items.iter().filter(|item| !item.is_empty()) {
        let item = cut(item);
        match lines.last_mut() {
            Some(line) if columns(line) + columns(SEPARATOR) + columns(&item) <= WIDTH => {
                *line += SEPARATOR;
                *line += &item;
            }
            _ => lines.push(item),
        }
    }
    lines
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

/// The text, cut to the width of a line.
pub(super) fn cut(text: &str) -> String {
    if columns(text) <= WIDTH {
        return text.to_owned();
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{samples, worth_a_warning};

    fn assert_fits(lines: &[String]) {
        assert!((2..=4).contains(&lines.len()), "{lines:#?}");
        for line in lines {
            assert!(columns(line) <= WIDTH, "{line}");
        }
    }

    #[test]
    fn the_machine_in_two_lines() {
        assert_eq!(
            samples::machine().lines(),
            [
                "AMD EPYC 7B13 · 16 cpus on 8 cores · L1d 32 KiB, L2 512 KiB, L3 32 MiB · avx2 fma",
                "23.5 GiB of memory · governor performance · boost off · linux 6.8.0 x86_64",
            ]
        );
    }

    #[test]
    fn the_build_in_two_lines() {
        assert_eq!(
            samples::build().lines(),
            [
                "rustc 1.95.0 (59807616e 2026-04-14), LLVM 22.1.2 · x86_64-unknown-linux-gnu · \
                 release, opt-level 3",
                "commit 0123456789ab · no RUSTFLAGS · faer 0.24.4 · ndarray 0.16.1, 0.17.2",
            ]
        );
    }

    #[test]
    fn this_machine_and_build_fit() {
        let (machine, build) = (Machine::read(), Build::read());
        assert_fits(&build.lines());
        let warnings = worth_a_warning(&machine, &build);
        for line in machine.lines().into_iter().chain(warnings) {
            assert!(columns(&line) <= WIDTH, "{line}");
        }
    }

    #[test]
    fn long_facts_are_cut() {
        let mut machine = samples::machine();
        machine.cpu = Some("é".repeat(300));
        machine.usable_cpus = 3;
        machine.virtualized = Some(true);
        assert_fits(&machine.lines());
        assert!(machine.lines()[1].starts_with("16 cpus on 8 cores, 3 usable · "));
        let mut build = samples::build();
        build.rustflags = "-C target-cpu=native ".repeat(20);
        build.dirty = Some(true);
        assert_fits(&build.lines());
        assert_eq!(build.lines()[1], "commit 0123456789ab and changes");
        assert!(build.lines()[2].starts_with("RUSTFLAGS -C target-cpu=native -C"));
    }

    #[test]
    fn bytes_have_a_unit_that_suits() {
        for (bytes, shown) in [
            (512, "512 B"),
            (48 << 10, "48 KiB"),
            (1_310_720, "1.2 MiB"),
            (1 << 40, "1 TiB"),
        ] {
            assert_eq!(show_bytes(bytes), shown);
        }
    }
}
