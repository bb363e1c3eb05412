//! The sections of a report and their order: for a terminal, as Markdown, and as a page.

use leastwise_report::{Document, Provenance, Section};

use super::looks::Looks;
use super::{figures, sections};
use crate::compare::analysis::{self, Group};
use crate::compare::record::Results;
use crate::publish::provenance;

const TITLE: &str = "Leastwise: which library to trust with least squares";

/// The sections of a stored result. Each medium shows a selection of them.
struct Parts<'r> {
    results: &'r Results,
    groups: Vec<Group<'r>>,
    looks: Looks,
}

impl<'r> Parts<'r> {
    fn new(results: &'r Results) -> Self {
        Self {
            results,
            groups: analysis::groups(results),
            looks: Looks::new(&results.run),
        }
    }

    fn document(&self, sections: Vec<Section>) -> Document {
        let own = self.groups.first().filter(|_| self.results.is_own());
        let title = own.map(|own| format!("{}: recommended library", own.case));
        Document {
            title: title.unwrap_or_else(|| TITLE.to_owned()),
            sections,
            provenance: Some(Provenance {
                machine: Vec::new(),
                started: self.results.run.started,
                command: self.results.run.command.clone(),
            }),
        }
    }

    fn machine(&self) -> Section {
        sections::machine(self.results, &self.looks)
    }

    fn cases(&self, count: usize) -> impl Iterator<Item = Section> {
        let shown = self.groups.iter().take(count);
        shown.map(|group| sections::group(group, self.results, &self.looks))
    }

    /// The results over several cases. A user's own system is only one case.
    fn over_cases(&self) -> [Section; 2] {
        if self.results.is_own() {
            return [Section::default(), Section::default()];
        }
        let timed: &[Group<'_>] = if self.is_timed() { &self.groups } else { &[] };
        [
            sections::overview(timed, &self.looks),
            sections::crossovers(self.results),
        ]
    }

    fn adapters(&self) -> Section {
        sections::adapters(self.results, &self.looks)
    }

    fn is_timed(&self) -> bool {
        self.groups.iter().any(Group::is_timed)
    }
}

/// The summary, or every table.
pub(crate) fn terminal(results: &Results, all: bool) -> Document {
    let parts = Parts::new(results);
    let mut shown = vec![parts.machine()];
    // The first case is that of the experiment, or the user's own system.
    shown.extend(parts.cases(if all { usize::MAX } else { 1 }));
    shown.push(sections::solutions(results));
    shown.extend(parts.over_cases());
    shown.push(parts.adapters());
    shown.push(sections::faults(results));
    shown.push(sections::doubts(results));
    shown.push(sections::reading(parts.is_timed()));
    parts.document(shown)
}

pub(crate) fn markdown(results: &Results) -> Document {
    let parts = Parts::new(results);
    let mut shown = vec![
        sections::verdict(results, &parts.groups),
        parts.machine(),
        sections::faults(results),
        sections::doubts(results),
        sections::solutions(results),
    ];
    shown.extend(parts.over_cases());
    shown.push(parts.adapters());
    shown.extend(parts.cases(usize::MAX));
    let mut document = parts.document(shown);
    TITLE.clone_into(&mut document.title);
    document
}

/// The user's own system comes first, with its solution and its table.
pub(crate) fn page(results: &Results) -> Document {
    let parts = Parts::new(results);
    let mut cases = Section::new("Every case")
        .id("cases")
        .with(sections::caution());
    cases.parts = parts.cases(usize::MAX).collect();
    let machine = parts.machine();
    let sizes = sections::sizes(results, &parts.looks);
    let accuracy = sections::accuracy(results);
    let overview = sections::overview(&parts.groups, &parts.looks);
    let (adapters, reading) = (parts.adapters(), sections::reading(parts.is_timed()));
    let mut shown = vec![
        sections::verdict(results, &parts.groups),
        sections::faults(results),
        sections::doubts(results),
    ];
    shown.extend(if results.is_own() {
        let solution = sections::solutions(results);
        [
            solution, cases, accuracy, adapters, overview, sizes, machine, reading,
        ]
    } else {
        let none = Section::default();
        [
            machine, sizes, accuracy, overview, cases, adapters, reading, none,
        ]
    });
    parts.document(shown)
}

/// The tables for a README.
pub(super) fn readme(results: &Results) -> Document {
    let parts = Parts::new(results);
    let shown = parts
        .cases(1)
        .chain([sections::crossovers(results)])
        .collect();
    let mut document = parts.document(shown);
    let provenance = document.provenance.iter_mut();
    provenance.for_each(|source| source.machine = results.run.machine.lines());
    document
}

/// The figures of the first scalar type that was timed.
pub(super) fn plots(results: &Results) -> Document {
    let scalars = || results.run.options.scalars.iter();
    let found = [
        scalars().find_map(|scalar| figures::crossover(results, scalar)),
        scalars().find_map(|scalar| figures::scatter(results, scalar)),
    ];
    let run = &results.run;
    let section = found
        .into_iter()
        .flatten()
        .fold(Section::new("Plots"), Section::with);
    let source = provenance(&run.machine, &run.build, run.started, &run.command);
    Document {
        provenance: Some(source),
        ..Document::new(TITLE).with(section)
    }
}
