//! Input for the tests of this folder: shortened texts of real systems, and folders of files.

use std::fs;
use std::path::{Path, PathBuf};

use super::build::Build;
use super::host::Machine;
use super::sysfs::{Cache, CacheKind};

pub(super) const CPUINFO_X86: &str = "\
processor\t: 0
vendor_id\t: AuthenticAMD
model\t\t: 1
model name\t: AMD EPYC 7B13   Processor
cpu cores\t: 2
flags\t\t: fpu vme sse2 avx2 hypervisor lahf_lm
power management:

processor\t: 1
vendor_id\t: AuthenticAMD
model\t\t: 1
model name\t: AMD EPYC 7B13   Processor
cpu cores\t: 2
flags\t\t: fpu vme sse2 avx2 hypervisor lahf_lm
power management:
";

/// Two kinds of cores.
pub(super) const CPUINFO_ARM: &str = "\
processor\t: 0
BogoMIPS\t: 48.00
Features\t: fp asimd evtstrm aes
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: 0xd05

processor\t: 1
CPU implementer\t: 0x41
CPU part\t: 0xd0b

processor\t: 2
CPU implementer\t: 0x41
CPU part\t: 0xd0b
";

/// A machine that gives no reason for a warning.
pub(super) fn machine() -> Machine {
    let cache = |level, kind, kibibytes: u64, shared_by| Cache {
        level,
        kind,
        bytes: kibibytes << 10,
        shared_by,
    };
    Machine {
        cpu: Some("AMD EPYC 7B13".to_owned()),
        logical_cpus: 16,
        usable_cpus: 16,
        physical_cores: Some(8),
        caches: vec![
            cache(1, CacheKind::Data, 32, 2),
            cache(1, CacheKind::Instruction, 32, 2),
            cache(2, CacheKind::Unified, 512, 2),
            cache(3, CacheKind::Unified, 32 << 10, 16),
        ],
        simd: ["sse4.2", "avx", "avx2", "fma"].map(str::to_owned).into(),
        governor: Some("performance".to_owned()),
        boost: Some(false),
        virtualized: Some(false),
        memory_bytes: Some(24_684_084 << 10),
        load_average: Some(0.25),
        os: "linux 6.8.0 x86_64".to_owned(),
    }
}

pub(super) fn build() -> Build {
    Build {
        rustc: "rustc 1.95.0 (59807616e 2026-04-14), LLVM 22.1.2".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        profile: "release".to_owned(),
        opt_level: "3".to_owned(),
        rustflags: String::new(),
        target_features: ["fxsr", "sse", "sse2"].map(str::to_owned).into(),
        versions: [("faer", "0.24.4"), ("ndarray", "0.16.1, 0.17.2")]
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .into(),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        dirty: Some(false),
    }
}

/// A folder for one test. It is removed when this value is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let name = format!("leastwise-machine-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Files that remain in the folder for temporary files are harmless.
        let _ = fs::remove_dir_all(&self.0);
    }
}
