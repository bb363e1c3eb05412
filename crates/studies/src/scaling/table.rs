//! The tables.

use leastwise_report::format::{self, human_time};
use leastwise_report::{Document, Section, Table};

use super::contender::ALL;
use super::limits::Limits;
use super::picture::figure;
use super::record::{Agreement, Record, Results, Row, Who};
use super::size::Sweep;
use crate::compare::report::format::time_with_spread;
use crate::compare::statistics::FEW_SAMPLES;
use leastwise_harness::machine::worth_a_warning;

const ABSENT: &str = "–";
/// The mark of a time that has too few samples for an interval.
const FEW: &str = "†";

/// Pairs of contenders whose times are compared.
const RATIOS: [(&str, &str); 2] = [("dense", "kronecker"), ("kronecker", "svd")];

/// All tables and the figure.
pub(super) fn document(record: &Record) -> Document {
    let results = &Results::of(record);
    let warnings = worth_a_warning(&record.header.machine, &record.header.build);
    let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
    let mut document = Document::new("Scaling").with(Section::default().lines(warnings));
    let mut add = |title: String, table| document.sections.push(Section::new(title).with(table));
    for sweep in Sweep::ALL
        .into_iter()
        .filter(|&sweep| results.rows(sweep).next().is_some())
    {
        let heading = heading(sweep);
        for backend in &results.plan.backends {
            add(
                format!("{heading}, by {backend}"),
                times(results, sweep, Some(backend)),
            );
        }
        add(format!("{heading}, by others"), times(results, sweep, None));
        add("Ratios of these times".to_owned(), ratios(results, sweep));
    }
    let title =
        "Exponent p of seconds ∝ sizeᵖ ± its standard error, over the upper half of the sizes";
    add(title.to_owned(), exponents(results));
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

/// A table with a column of sizes, and one column for each of these contenders.
fn by_size(sweep: Sweep, names: impl IntoIterator<Item = String>) -> Table {
    Table::of_numbers([sweep.name().to_owned()].into_iter().chain(names))
}

/// The times of the contenders with one backend, or of those without a backend.
fn times(results: &Results<'_>, sweep: Sweep, backend: Option<&str>) -> Table {
    let everyone = results.everyone(sweep);
    let who: Vec<&Who> = everyone
        .iter()
        .filter(|who| who.backend.as_deref() == backend)
        .collect();
    let has_data = |who: &&&Who| sweep == Sweep::Samples && who.contender == "kronecker";
    let with_data = who.iter().find(has_data);
    let names = who.iter().map(|who| who.contender.clone());
    let data = with_data.map(|_| "the data, once".to_owned());
    let mut table = by_size(sweep, names.chain(data));
    for at in results.rows(sweep).map(|row| row.at) {
        // At large sizes, there may be no contender without a backend.
        if backend.is_none() && who.iter().all(|who| results.at(sweep, at, who).is_none()) {
            continue;
        }
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

/// The ratios between the contenders of each backend.
fn ratios(results: &Results<'_>, sweep: Sweep) -> Table {
    let everyone = results.everyone(sweep);
    let find = |contender: &str, backend: &String| {
        let mut matching = everyone
            .iter()
            .filter(|who| who.contender == contender && who.backend.as_ref() == Some(backend));
        matching.next()
    };
    let mut columns = Vec::new();
    for backend in &results.plan.backends {
        for (over, under) in RATIOS {
            columns.extend(find(over, backend).zip(find(under, backend)));
        }
    }
    let names = columns.iter().map(|(over, under)| {
        let backend = over.backend.as_deref().unwrap_or_default();
        format!("{backend}: {} / {}", over.contender, under.contender)
    });
    let mut table = by_size(sweep, names);
    for at in results
        .rows(sweep)
        .map(|row| row.at)
        .filter(|_| !columns.is_empty())
    {
        let mut row = vec![at.to_string()];
        row.extend(columns.iter().map(|(over, under)| {
            let time = |who: &Who| results.at(sweep, at, who).map(|m| m.median().mid);
            let ratio = time(over).zip(time(under)).map(|(a, b)| a / b);
            ratio.map_or_else(|| ABSENT.to_owned(), format::times)
        }));
        table.push(row);
    }
    table
}

fn exponents(results: &Results<'_>) -> Table {
    let mut everyone = results.everyone(Sweep::Width);
    for who in results.everyone(Sweep::Samples) {
        if !everyone.contains(&who) {
            everyone.push(who);
        }
    }
    let sweeps: Vec<Sweep> = Sweep::ALL
        .into_iter()
        .filter(|&sweep| {
            everyone
                .iter()
                .any(|who| results.exponent(sweep, who).is_some())
        })
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

fn cell(results: &Results<'_>, sweep: Sweep, at: usize, who: &Who) -> String {
    let Some(measurement) = results.at(sweep, at, who) else {
        let is_wrong = results.is_wrong(sweep, at, who);
        return if is_wrong { "wrong" } else { ABSENT }.to_owned();
    };
    let time = measurement.median();
    if measurement.samples_ns.len() < FEW_SAMPLES {
        return format!("{} {FEW}", human_time(time.mid));
    }
    time_with_spread(time)
}

fn notes(results: &Results<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let same = |row: &'_ &Row| row.agreements.iter().filter(|a| a.is_same).count();
    let worst =
        |a: &(&Row, &Agreement), b: &(&Row, &Agreement)| a.1.difference.total_cmp(&b.1.difference);
    let agreements = results
        .rows
        .iter()
        .flat_map(|row| row.agreements.iter().map(move |a| (row, a)));
    if let Some((row, worst)) = agreements.filter(|(_, a)| a.is_same).max_by(worst) {
        notes.push(format!(
            "Checked first: {} steps agree with those of another method. The largest difference is {:.1e} of the \
             length ({}, {} {}).",
            results.rows.iter().map(|row| same(&row)).sum::<usize>(),
            worst.difference,
            worst.who,
            row.sweep.name(),
            row.at
        ));
    }
    let limits = Limits::of(results.plan.depth);
    notes.push(format!(
        "One thread, f64, in mid-run, each library in a process of its own. A time is the median and its \
         95 % interval within this run; {FEW} has two samples, because one takes more than a second. \
         {ABSENT} was not run, because its Jacobian has more than {:.0} MiB, or it needs more than {:.0e} \
         operations.",
        limits.jacobian_bytes / f64::from(1 << 20),
        limits.flops
    ));
    let measured = || results.rows.iter().flat_map(|row| &row.measurements);
    let is_there = |name| measured().any(|m| m.who.contender == name);
    let units: Vec<String> = ALL
        .iter()
        .filter(|c| c.timed && c.unit != "step" && is_there(c.name))
        .map(|c| format!("{} for one {}", c.name, c.unit))
        .collect();
    if !units.is_empty() {
        notes.push(format!("Times are for one step; {}.", units.join(", ")));
    }
    if results.rows(Sweep::Samples).next().is_some() {
        let data = "The data, once: kronecker decomposes X before its first step; no other time \
                    includes it.";
        notes.push(data.to_owned());
    }
    notes
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::limits::Depth;
    use super::super::plan::Plan;
    use super::super::record::Measurement;
    use super::*;

    /// Invented times with an exponent of 3 for kronecker, and of 6 for dense.
    pub(in super::super) fn record() -> Record {
        let (widths, samples) = (vec![8, 16, 32, 64, 128, 256], vec![1000, 10_000, 100_000]);
        // The median of two or of seven of them is 1. The interval of seven is ±2 %.
        let spread = [1.02, 0.98, 1.0, 0.98, 1.005, 0.995, 1.02];
        let measured = |contender: &str, backend: Option<&str>, seconds: f64| Measurement {
            who: Who {
                contender: contender.to_owned(),
                backend: backend.map(str::to_owned),
            },
            init_seconds: Some(2e-3),
            samples_ns: spread[..if seconds > 1.0 { 2 } else { 7 }]
                .iter()
                .map(|share| 1e9 * seconds * share)
                .collect(),
        };
        let row = |sweep, at, measurements| Row {
            sweep,
            at,
            agreements: Vec::new(),
            measurements,
        };
        let mut rows = Vec::new();
        for &at in &widths {
            let n = at as f64;
            let mut times = Vec::new();
            for (backend, slow) in [("faer", 1.0), ("nalgebra", 3.0)] {
                let by = Some(backend);
                let cubic = 2e-8 * slow * n.powi(3);
                times.push(measured("kronecker", by, cubic));
                times.push(measured("kronecker damped", by, 1.25 * cubic));
                if at <= 32 {
                    times.push(measured("dense", by, 2e-9 * slow * n.powi(6)));
                }
                times.push(measured("svd", by, 0.5 * cubic));
            }
            if at <= 16 {
                times.push(measured("levenberg-marquardt", None, 5e-9 * n.powi(6)));
                times.push(measured("numpy dense", None, 4e-9 * n.powi(6)));
            }
            rows.push(row(Sweep::Width, at, times));
        }
        for &at in &samples {
            let mut times = Vec::new();
            for (backend, slow) in [("faer", 1.0), ("nalgebra", 3.0)] {
                let by = Some(backend);
                times.push(measured("kronecker", by, 8e-6 * slow));
                times.push(measured("kronecker damped", by, 1e-5 * slow));
                times.push(measured("dense", by, 5e-6 * slow * at as f64));
            }
            times.push(measured("numpy dense", None, 2e-5 * at as f64));
            rows.push(row(Sweep::Samples, at, times));
        }
        let plan = Plan {
            depth: Depth::Default,
            widths,
            samples,
            backends: vec!["faer".to_owned(), "nalgebra".to_owned()],
            numpy: None,
        };
        Record::sample(plan, rows)
    }

    #[test]
    fn the_tables_fit_and_hold_times_ratios_and_exponents() {
        let text = document(&record()).to_text();
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
        let mut record = record();
        let row = &mut record.rows[0];
        let is_it = |m: &Measurement| m.who.to_string() == "dense, faer";
        let place = row.measurements.iter().position(is_it).unwrap();
        let who = row.measurements.remove(place).who;
        row.agreements.push(Agreement {
            step: Step::Undamped,
            who,
            difference: 1.0,
            is_same: false,
        });
        let text = document(&record).to_text();
        assert_eq!(text.matches("wrong").count(), 1, "{text}");
    }

    #[test]
    fn a_page_has_the_tables() {
        let text = document(&record()).to_part();
        assert!(text.contains("by nalgebra") && text.contains("kronecker damped"));
        assert!(text.starts_with("\n```text\n") && text.ends_with("```\n"));
    }
}
