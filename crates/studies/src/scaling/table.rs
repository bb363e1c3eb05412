//! The tables.

use leastwise_report::format::{human_time, times};
use leastwise_report::{Document, Section, Table};

use super::contender::ALL;
use super::picture::figure;
use super::record::{Results, Who};
use super::size::Sweep;
use crate::compare::report::format::time_with_spread;
use crate::compare::statistics::{FEW_SAMPLES, Interval};
use crate::publish;
use leastwise_harness::machine::worth_a_warning;

const ABSENT: &str = "–";
/// Of a time that has too few samples to say how far it spreads.
const FEW: &str = "†";

/// What is divided by what.
const RATIOS: [(&str, &str); 2] = [("dense", "kronecker"), ("kronecker", "svd")];

/// All tables, and what they were measured on.
pub(super) fn document(results: &Results) -> Document {
    let warnings = worth_a_warning(&results.machine, &results.build);
    let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
    let mut document = Document::new("Scaling").with(Section::default().lines(warnings));
    let mut add = |title: String, table| document.sections.push(Section::new(title).with(table));
    for sweep in Sweep::ALL
        .into_iter()
        .filter(|&sweep| !results.sizes(sweep).is_empty())
    {
        let heading = heading(sweep);
        for backend in &results.backends {
            add(
                format!("{heading}, by {backend}"),
                by_backend(results, sweep, backend),
            );
        }
        add(format!("{heading}, by others"), others(results, sweep));
        add("How many times as long".to_owned(), ratios(results, sweep));
    }
    let title =
        "Exponent p of seconds ∝ sizeᵖ ± its standard error, over the upper half of the sizes";
    add(title.to_owned(), exponents(results));
    let Results {
        machine,
        build,
        started,
        command,
        ..
    } = results;
    document.provenance = Some(publish::provenance(machine, build, *started, command));
    document.with(
        Section::default()
            .lines(notes(results))
            .with(figure(results)),
    )
}

fn heading(sweep: Sweep) -> &'static str {
    match sweep {
        Sweep::Width => "Time of a step against the width m = k = n, s = 2n",
        Sweep::Samples => "Time of a step against the number of samples, m = 10, k = n = 6",
    }
}

/// A column of sizes, and one for each of some contenders.
fn by_size(sweep: Sweep, names: impl IntoIterator<Item = String>) -> Table {
    Table::of_numbers([sweep.name().to_owned()].into_iter().chain(names))
}

/// The contenders by one backend.
fn by_backend(results: &Results, sweep: Sweep, backend: &str) -> Table {
    let everyone = results.everyone(sweep);
    let who: Vec<&Who> = everyone
        .iter()
        .filter(|who| who.backend.as_deref() == Some(backend))
        .collect();
    let has_data = |who: &&&Who| sweep == Sweep::Samples && who.contender == "kronecker";
    let with_data = who.iter().find(has_data);
    let names = who.iter().map(|who| who.contender.to_owned());
    let data = with_data.map(|_| "the data, once".to_owned());
    let mut table = by_size(sweep, names.chain(data));
    for &at in results.sizes(sweep) {
        let mut row = vec![at.to_string()];
        row.extend(who.iter().map(|who| cell(results, sweep, at, who)));
        row.extend(with_data.map(|who| {
            let seconds = results.at(sweep, at, who).and_then(|m| m.init_seconds);
            seconds.map_or_else(|| ABSENT.to_owned(), |s| human_time(1e9 * s))
        }));
        table.push(row);
    }
    table
}

/// How the contenders by each backend compare.
fn ratios(results: &Results, sweep: Sweep) -> Table {
    let everyone = results.everyone(sweep);
    let find = |contender: &str, backend: &String| {
        let mut matching = everyone
            .iter()
            .filter(|who| who.contender == contender && who.backend.as_ref() == Some(backend));
        matching.next()
    };
    let mut columns = Vec::new();
    for backend in &results.backends {
        for (over, under) in RATIOS {
            columns.extend(find(over, backend).zip(find(under, backend)));
        }
    }
    let names = columns.iter().map(|(over, under)| {
        let backend = over.backend.as_deref().unwrap_or_default();
        format!("{backend}: {} / {}", over.contender, under.contender)
    });
    let mut table = by_size(sweep, names);
    for &at in results.sizes(sweep).iter().filter(|_| !columns.is_empty()) {
        let mut row = vec![at.to_string()];
        row.extend(columns.iter().map(|(over, under)| {
            let time = |who: &Who| results.at(sweep, at, who).map(|m| m.median);
            let ratio = time(over).zip(time(under)).map(|(a, b)| a / b);
            ratio.map_or_else(|| ABSENT.to_owned(), times)
        }));
        table.push(row);
    }
    table
}

/// Those that run by no backend.
fn others(results: &Results, sweep: Sweep) -> Table {
    let everyone = results.everyone(sweep);
    let who: Vec<&Who> = everyone
        .iter()
        .filter(|who| who.backend.is_none())
        .collect();
    let mut table = by_size(sweep, who.iter().map(|who| who.contender.to_owned()));
    for &at in results.sizes(sweep) {
        if who.iter().any(|who| results.at(sweep, at, who).is_some()) {
            let mut row = vec![at.to_string()];
            row.extend(who.iter().map(|who| cell(results, sweep, at, who)));
            table.push(row);
        }
    }
    table
}

fn exponents(results: &Results) -> Table {
    let mut everyone = results.everyone(Sweep::Width);
    for who in results.everyone(Sweep::Samples) {
        if !everyone.contains(&who) {
            everyone.push(who);
        }
    }
    let sweeps: Vec<Sweep> = Sweep::ALL
        .into_iter()
        .filter(|&sweep| results.growths.iter().any(|g| g.sweep == sweep))
        .collect();
    let columns = sweeps
        .iter()
        .flat_map(|s| [format!("by {}", s.name()), "over".to_owned()]);
    let mut table = Table::of_numbers(["contender".to_owned()].into_iter().chain(columns));
    for who in everyone.into_iter().filter(|_| !sweeps.is_empty()) {
        let mut row = vec![who.to_string()];
        for &sweep in &sweeps {
            row.extend(match results.exponent(sweep, &who) {
                Some(fit) => [fit.to_string(), format!("{} to {}", fit.from, fit.to)],
                None => [ABSENT.to_owned(), ABSENT.to_owned()],
            });
        }
        table.push(row);
    }
    table
}

fn cell(results: &Results, sweep: Sweep, at: usize, who: &Who) -> String {
    let Some(measurement) = results.at(sweep, at, who) else {
        let fault = results.fault(sweep, at, who);
        return fault.map_or(ABSENT, |_| "wrong").to_owned();
    };
    let nanoseconds = 1e9 * measurement.median;
    if measurement.samples.len() < FEW_SAMPLES {
        return format!("{} {FEW}", human_time(nanoseconds));
    }
    let [low, high] = measurement.ci95.map(|seconds| 1e9 * seconds);
    let mid = nanoseconds;
    time_with_spread(Interval { low, mid, high })
}

fn notes(results: &Results) -> Vec<String> {
    let mut notes = Vec::new();
    let same = || results.agreements.iter().filter(|a| a.is_same);
    if let Some(worst) = same().max_by(|a, b| a.difference.total_cmp(&b.difference)) {
        notes.push(format!(
            "Checked first: {} steps are the same by another way, to {:.1e} of their length at worst \
             ({}, {} {}).",
            same().count(),
            worst.difference,
            worst.who,
            worst.sweep.name(),
            worst.at
        ));
    }
    notes.push(format!(
        "One thread, f64, in mid-run. A time is the median and its 95 % interval within this run; \
         {FEW} two samples, because one takes more than a second. {ABSENT} not taken: a Jacobian of \
         more than {:.0} MiB, or more than {:.0e} operations.",
        results.limits.jacobian_bytes / f64::from(1 << 20),
        results.limits.flops
    ));
    let is_there = |name| results.measurements.iter().any(|m| m.who.contender == name);
    let units: Vec<String> = ALL
        .iter()
        .filter(|c| c.timed && c.unit != "step" && is_there(c.name))
        .map(|c| format!("{} for one {}", c.name, c.unit))
        .collect();
    if !units.is_empty() {
        notes.push(format!("Times are for one step; {}.", units.join(", ")));
    }
    if !results.samples.is_empty() {
        let data = "The data, once: what kronecker does before its first step, the decomposition \
                    of X; it is in no other time.";
        notes.push(data.to_owned());
    }
    notes
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::limits::{Depth, Limits};
    use super::super::record::Measurement;
    use super::*;
    use leastwise_harness::machine::{Build, Machine};

    /// Made-up times with the exponents 3 of kronecker, 6 of dense.
    pub(in super::super) fn results() -> Results {
        let mut measurements = Vec::new();
        let (widths, samples) = (vec![8, 16, 32, 64, 128, 256], vec![1000, 10_000, 100_000]);
        let mut add = |sweep: Sweep, at: usize, contender, backend: Option<&str>, median: f64| {
            let few = median > 1.0;
            measurements.push(Measurement {
                sweep,
                at,
                size: sweep.size(at),
                who: Who {
                    contender,
                    backend: backend.map(str::to_owned),
                },
                unit: "step",
                init_seconds: Some(2e-3),
                median,
                ci95: [0.98 * median, 1.02 * median],
                samples: vec![median; if few { 2 } else { 7 }],
                units_a_call: 1.0,
            });
        };
        for &at in &widths {
            let n = at as f64;
            for (backend, slow) in [("faer", 1.0), ("nalgebra", 3.0)] {
                let by = Some(backend);
                let cubic = 2e-8 * slow * n.powi(3);
                add(Sweep::Width, at, "kronecker", by, cubic);
                add(Sweep::Width, at, "kronecker damped", by, 1.25 * cubic);
                if at <= 32 {
                    add(Sweep::Width, at, "dense", by, 2e-9 * slow * n.powi(6));
                }
                add(Sweep::Width, at, "svd", by, 0.5 * cubic);
            }
            if at <= 16 {
                add(
                    Sweep::Width,
                    at,
                    "levenberg-marquardt",
                    None,
                    5e-9 * n.powi(6),
                );
                add(Sweep::Width, at, "numpy dense", None, 4e-9 * n.powi(6));
            }
        }
        for &at in &samples {
            for (backend, slow) in [("faer", 1.0), ("nalgebra", 3.0)] {
                let by = Some(backend);
                add(Sweep::Samples, at, "kronecker", by, 8e-6 * slow);
                add(Sweep::Samples, at, "kronecker damped", by, 1e-5 * slow);
                add(Sweep::Samples, at, "dense", by, 5e-6 * slow * at as f64);
            }
            add(Sweep::Samples, at, "numpy dense", None, 2e-5 * at as f64);
        }
        let mut results = Results {
            started: 951_782_400,
            command: "cargo xtask scaling".to_owned(),
            machine: Machine::read(),
            build: Build::read(),
            depth: Depth::Default,
            limits: Limits::of(Depth::Default),
            widths,
            samples,
            backends: vec!["faer".to_owned(), "nalgebra".to_owned()],
            numpy: None,
            agreements: Vec::new(),
            measurements,
            growths: Vec::new(),
        };
        results.fit();
        results
    }

    #[test]
    fn the_tables_fit_and_hold_times_ratios_and_exponents() {
        let text = document(&results()).to_text();
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
        let rows = |start: &str| -> String {
            let matching = text.lines().filter(|line| line.trim().starts_with(start));
            matching.collect::<Vec<_>>().join("\n")
        };
        // 2e-8·32³ = 655 µs, and the dense step 2e-9·32⁶ = 2.15 s.
        let of_32 = rows("32 ");
        for shown in ["655 µs ±2.0%", "2.15 s †", "3277×", "2.00×"] {
            assert!(of_32.contains(shown), "{shown} in {of_32}");
        }
        assert!(rows("64 ").contains(ABSENT));
        assert!(rows("kronecker, faer").contains("3.00 ± 0.00"));
        assert!(rows("dense, faer").contains("6.00"));
        assert!(rows("100000 ").contains("2.00 ms"));
    }

    #[test]
    fn a_wrong_step_has_no_time_and_says_so() {
        use super::super::contender::Step;
        use super::super::record::Agreement;
        let mut results = results();
        let is_it = |m: &Measurement| {
            (m.sweep, m.at, m.who.to_string().as_str()) == (Sweep::Width, 8, "dense, faer")
        };
        let place = results.measurements.iter().position(is_it).unwrap();
        let who = results.measurements.remove(place).who;
        results.agreements.push(Agreement {
            sweep: Sweep::Width,
            at: 8,
            step: Step::Undamped,
            who,
            difference: 1.0,
            is_same: false,
        });
        let text = document(&results).to_text();
        assert_eq!(text.matches("wrong").count(), 1, "{text}");
    }

    #[test]
    fn a_page_has_the_tables_and_where_they_come_from() {
        let text = document(&results()).to_part();
        assert!(text.contains("by nalgebra") && text.contains("kronecker damped"));
        assert!(text.contains("2000-02-29T00:00:00Z: cargo xtask scaling"));
        assert!(text.starts_with("\n```text\n") && text.ends_with("```\n"));
    }
}
