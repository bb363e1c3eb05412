//! Reasons to doubt times taken on this machine, one per line.

use super::build::Build;
use super::host::Machine;
use super::lines::cut;

/// The load per processor from which measurements have to wait for other programs.
const BUSY: f64 = 0.5;

/// Lines of at most 100 columns. The list is empty if there is no known reason.
#[must_use]
pub fn worth_a_warning(machine: &Machine, build: &Build) -> Vec<String> {
    [
        unoptimised(build),
        flags(build),
        load(machine),
        machine
            .virtualized
            .filter(|virtualized| *virtualized)
            .map(|_| {
                "a virtual machine: neighbours on the same hardware change the times".to_owned()
            }),
        clock(machine),
        machine.boost.filter(|boost| *boost).map(|_| {
            "boost is on: the clock depends on the temperature and the load of other cores"
                .to_owned()
        }),
    ]
    .into_iter()
    .flatten()
    .map(|line| cut(&line))
    .collect()
}

fn unoptimised(build: &Build) -> Option<String> {
    let Build {
        profile, opt_level, ..
    } = build;
    (profile != "release" || opt_level != "3").then(|| {
        format!(
            "a {profile} build at opt-level {opt_level}: its times are not those of a release build"
        )
    })
}

fn flags(build: &Build) -> Option<String> {
    let flags = &build.rustflags;
    (!flags.is_empty())
        .then(|| format!("not the default build, because RUSTFLAGS are set: {flags}"))
}

fn load(machine: &Machine) -> Option<String> {
    let (load, cpus) = (machine.load_average?, machine.logical_cpus);
    (load > BUSY * cpus as f64).then(|| {
        format!("a load of {load:.1} on {cpus} cpus in the last minute: something else is running")
    })
}

fn clock(machine: &Machine) -> Option<String> {
    let governor = machine.governor.as_deref()?;
    (governor != "performance").then(|| {
        format!("the clock varies: the governor is {governor}; performance keeps it steady")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::samples;

    #[test]
    fn a_quiet_machine_and_a_release_build_give_none() {
        let none: [&str; 0] = [];
        assert_eq!(
            worth_a_warning(&samples::machine(), &samples::build()),
            none
        );
    }

    #[test]
    fn what_is_not_known_is_not_warned_of() {
        let machine = Machine {
            governor: None,
            boost: None,
            virtualized: None,
            load_average: None,
            ..samples::machine()
        };
        assert!(worth_a_warning(&machine, &samples::build()).is_empty());
    }

    #[test]
    fn each_doubt_has_its_line() {
        let machine = Machine {
            governor: Some("powersave".to_owned()),
            boost: Some(true),
            virtualized: Some(true),
            load_average: Some(8.01),
            ..samples::machine()
        };
        let build = Build {
            profile: "debug".to_owned(),
            opt_level: "1".to_owned(),
            rustflags: "-C target-cpu=native ".repeat(10),
            ..samples::build()
        };
        let warnings = worth_a_warning(&machine, &build);
        for (warning, word) in warnings.iter().zip([
            "a debug build at opt-level 1",
            "-C target-cpu=native",
            "a load of 8.0 on 16 cpus",
            "virtual machine",
            "powersave",
            "boost",
        ]) {
            assert!(warning.contains(word), "{warning}");
            assert!(warning.chars().count() <= 100, "{warning}");
        }
        assert_eq!(warnings.len(), 6);
    }

    #[test]
    fn half_of_the_processors_may_be_busy() {
        let machine = Machine {
            load_average: Some(8.0),
            ..samples::machine()
        };
        assert!(worth_a_warning(&machine, &samples::build()).is_empty());
    }
}
