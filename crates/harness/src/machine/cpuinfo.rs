//! The processor as `/proc/cpuinfo` describes it: one paragraph of `key : value` lines per processor.

use std::collections::BTreeSet;

/// ARM processors do not report their names. This table has those of servers and common boards, by the
/// implementer and part number of the main identification register (`MIDR_EL1`).
const ARM_PARTS: [(&str, &str, &str); 13] = [
    ("0x41", "0xd03", "ARM Cortex-A53"),
    ("0x41", "0xd05", "ARM Cortex-A55"),
    ("0x41", "0xd08", "ARM Cortex-A72"),
    ("0x41", "0xd0b", "ARM Cortex-A76"),
    ("0x41", "0xd0c", "ARM Neoverse N1"),
    ("0x41", "0xd40", "ARM Neoverse V1"),
    ("0x41", "0xd49", "ARM Neoverse N2"),
    ("0x41", "0xd4f", "ARM Neoverse V2"),
    ("0x46", "0x001", "Fujitsu A64FX"),
    ("0x48", "0xd01", "HiSilicon Kunpeng 920"),
    ("0x61", "0x022", "Apple M1 Icestorm"),
    ("0x61", "0x023", "Apple M1 Firestorm"),
    ("0xc0", "0xac3", "Ampere-1"),
];

fn fields(cpuinfo: &str) -> impl Iterator<Item = (&str, &str)> {
    cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.trim(), value.trim()))
}

/// The name of the model. If the cores differ, `+` joins their names.
pub(super) fn model(cpuinfo: &str) -> Option<String> {
    let mut names = BTreeSet::new();
    let mut implementer = "";
    for (key, value) in fields(cpuinfo) {
        match key {
            // Manufacturers pad the name with spaces.
            "model name" => {
                names.insert(value.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            "CPU implementer" => implementer = value,
            "CPU part" => {
                names.insert(arm_name(implementer, value));
            }
            _ => {}
        }
    }
    names.remove("");
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(" + "))
}

fn arm_name(implementer: &str, part: &str) -> String {
    ARM_PARTS
        .iter()
        .find(|entry| (entry.0, entry.1) == (implementer, part))
        .map_or_else(
            || format!("ARM implementer {implementer}, part {part}"),
            |entry| entry.2.to_owned(),
        )
}

pub(super) fn logical_cpus(cpuinfo: &str) -> Option<usize> {
    let count = fields(cpuinfo)
        .filter(|(key, _)| *key == "processor")
        .count();
    (count > 0).then_some(count)
}

/// Whether the processor reports a hypervisor. ARM has no such flag.
pub(super) fn virtualized(cpuinfo: &str) -> Option<bool> {
    let (_, flags) = fields(cpuinfo).find(|(key, _)| *key == "flags")?;
    Some(flags.split_whitespace().any(|flag| flag == "hypervisor"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::samples::{CPUINFO_ARM, CPUINFO_X86};

    #[test]
    fn x86_tells_its_name_and_whether_it_is_virtual() {
        assert_eq!(
            model(CPUINFO_X86).as_deref(),
            Some("AMD EPYC 7B13 Processor")
        );
        assert_eq!(logical_cpus(CPUINFO_X86), Some(2));
        assert_eq!(virtualized(CPUINFO_X86), Some(true));
        let bare = CPUINFO_X86.replace(" hypervisor", "");
        assert_eq!(virtualized(&bare), Some(false));
    }

    #[test]
    fn arm_is_named_by_its_parts() {
        assert_eq!(
            model(CPUINFO_ARM).as_deref(),
            Some("ARM Cortex-A55 + ARM Cortex-A76")
        );
        assert_eq!(logical_cpus(CPUINFO_ARM), Some(3));
        assert_eq!(virtualized(CPUINFO_ARM), None);
        let unknown = CPUINFO_ARM.replace("0xd0b", "0xfff");
        assert_eq!(
            model(&unknown).as_deref(),
            Some("ARM Cortex-A55 + ARM implementer 0x41, part 0xfff")
        );
    }

    #[test]
    fn an_empty_text_tells_nothing() {
        assert_eq!(model(""), None);
        assert_eq!(logical_cpus(""), None);
        assert_eq!(virtualized(""), None);
    }
}
