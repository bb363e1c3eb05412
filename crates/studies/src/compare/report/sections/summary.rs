//! The results over all cases.

use leastwise_report::{Cell, Column, Figure, Section, Table};

use super::super::figures::{self, ranges};
use super::super::format::{human_time, is_uncertain, percent_more, range};
use super::super::looks::Looks;
use super::group::{anchor, outcome};
use super::reading::caution;
use crate::compare::analysis::{self, AdapterCost, Group};
use crate::compare::record::{CellRecord, Results};

/// The fastest right answer to every case, with those that are statistically tied with it.
pub(crate) fn overview(groups: &[Group<'_>], looks: &Looks) -> Section {
    let is_timed = groups.iter().any(Group::is_timed);
    let names = ["case", "scalar", "shape"].map(Column::text);
    let mut columns = Vec::from(names);
    columns.push(Column::text("answers").page_only());
    if is_timed {
        columns.extend([
            Column::text("fastest right answer"),
            Column::number("time"),
            Column::text("tied"),
        ]);
    }
    let caption = "Every case with its fastest right answers";
    let mut table = Table::new(columns).caption(caption);
    for group in groups {
        let shape = group
            .rows
            .first()
            .map(|row| format!("{}x{}", row.cell.rows, row.cell.cols));
        let mut cells = vec![
            Cell::from(group.case).link(anchor(group)),
            Cell::from(group.scalar),
            Cell::from(shape.unwrap_or_default()),
            Cell::from(outcome(group)),
        ];
        if is_timed {
            let best = group.best();
            let is_other = |cell: &&CellRecord| !best.is_some_and(|best| std::ptr::eq(best, *cell));
            let others = group
                .winners()
                .filter(is_other)
                .map(|cell| looks.contender(cell));
            cells.extend([
                Cell::maybe(best, |best| looks.contender(best)),
                Cell::maybe(best.and_then(CellRecord::interval), |interval| {
                    Cell::number(interval.mid, human_time(interval.mid)).small(range(interval))
                }),
                Cell::list(others),
            ]);
        }
        table.push(cells);
    }
    let section = Section::new("The fastest right answers").id("overview");
    let section = match is_timed {
        true => section.with(caution()),
        false if groups.is_empty() => section,
        false => section.paragraph("Nothing was timed: only the answers were checked."),
    };
    section.with(table)
}

/// The fastest library by size.
pub(crate) fn crossovers(results: &Results) -> Section {
    let fastest = "fastest, by n (/ where statistically tied)";
    let mut table = Table::new(["n×n", "scalar", fastest].map(Column::text));
    for crossover in analysis::crossovers(results) {
        table.push([
            crossover.label.clone(),
            crossover.scalar.clone(),
            ranges(&crossover),
        ]);
    }
    Section::new("Fastest library by size").with(table)
}

/// The fastest library by size as figures, with the winners of each size in a table. The section is empty if nothing
/// was timed at several sizes.
pub(crate) fn sizes(results: &Results, looks: &Looks) -> Section {
    let words = "Time over that of the fastest library of the same method, so the fastest lies at 1×. \
                 Filled points are statistically tied with the fastest; bars are 95 % intervals. The strip along \
                 the axis shows the fastest at each size: several colours mean a statistical tie.";
    let section = Section::new("Fastest by size").id("sizes");
    let section = with_figures(section, words, results, figures::crossover);
    if section.is_empty() {
        return section;
    }
    let crossovers = analysis::crossovers(results);
    let points = crossovers.iter().flat_map(|crossover| &crossover.points);
    let mut sizes: Vec<usize> = points.map(|point| point.size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let headings = sizes.iter().map(|&n| Column::text(size_heading(n)));
    let columns = ["operation", "scalar"]
        .map(Column::text)
        .into_iter()
        .chain(headings);
    let caption = "The fastest at each size, with those that are statistically tied with it";
    let mut table = Table::new(columns).caption(caption);
    for crossover in &crossovers {
        let winners = |size: &usize| {
            let point = crossover.points.iter().find(|point| point.size == *size);
            Cell::maybe(point, |point| {
                Cell::list(point.winners.iter().map(|w| looks.engine(w)))
            })
        };
        let first = [&crossover.label, &crossover.scalar].map(Cell::from);
        table.push(first.into_iter().chain(sizes.iter().map(winners)));
    }
    section.with(table)
}

/// The backward error of each answer against its time. The section is empty if no system was timed.
pub(crate) fn accuracy(results: &Results) -> Section {
    let words = "The best answers are at the lower left. Answers below the dashed line are as accurate as \
                 the data allow. Refused and rejected answers are not timed, so they have no point. cod is \
                 complete-orthogonal.";
    let section = Section::new("Speed and accuracy").id("accuracy");
    with_figures(section, words, results, figures::scatter)
}

/// Adds the figures of each scalar type to a section with these words.
fn with_figures(
    section: Section,
    words: &str,
    results: &Results,
    figure: impl Fn(&Results, &str) -> Option<Figure>,
) -> Section {
    let scalars = results.run.options.scalars.iter();
    let mut figures = scalars
        .filter_map(|scalar| figure(results, scalar))
        .peekable();
    match figures.peek() {
        Some(_) => figures.fold(section.paragraph(words), Section::with),
        None => section,
    }
}

/// `n = 4`, without a line break.
fn size_heading(n: usize) -> String {
    format!("n\u{a0}=\u{a0}{n}")
}

/// For smaller sizes, the table shows nanoseconds, which are more useful than a percentage.
const SMALL: usize = 32;
/// The number of rows that fits a terminal. A page has more.
const COLUMNS: usize = 8;

/// The time that a call through the traits adds to a call of the library by hand. There is a table for each scalar
/// type.
pub(crate) fn adapters(results: &Results, looks: &Looks) -> Section {
    let costs = analysis::adapter_costs(results);
    let part = |scalar: &String| {
        let costs = costs.iter().filter(|cost| cost.adapter.scalar == *scalar);
        let title = format!("What an adapter adds to its library called by hand, {scalar}");
        let table = adapter_table(&costs.collect::<Vec<_>>(), looks);
        Section::new(title).with(table.caption(format!("Adapter over library by hand, {scalar}")))
    };
    let section = Section::new("Cost of the adapters").id("adapters");
    let words = "The time of a call through the adapter over that of the library called by hand, which \
                 checks nothing, and the difference of the two. Where the adapter's own algorithm beats \
                 the library's driver, it is negative. Grey or ?: the difference is not significant.";
    if costs.is_empty() {
        return section;
    }
    Section {
        parts: results.run.options.scalars.iter().map(part).collect(),
        ..section.paragraph(words)
    }
}

/// A row for each contender, a column for each case.
fn adapter_table(costs: &[&AdapterCost<'_>], looks: &Looks) -> Table {
    let label = |cost: &AdapterCost<'_>| {
        let method = cost.adapter.method.as_deref().unwrap_or("matmul");
        format!("{}/{method}", cost.adapter.engine)
    };
    let columns = analysis::adapter_columns(costs);
    let headings = columns.iter().enumerate().map(|(place, (size, case))| {
        let name = size.map_or_else(|| (*case).to_owned(), |n| format!("n={n}"));
        let heading = Column::number(name);
        if place < COLUMNS {
            heading
        } else {
            heading.page_only()
        }
    });
    let mut table = Table::new([Column::text("adapter")].into_iter().chain(headings));
    let mut rows: Vec<&AdapterCost<'_>> = costs.to_vec();
    rows.sort_by_key(|cost| label(cost));
    rows.dedup_by_key(|cost| label(cost));
    for row in rows {
        let shown = |wanted: &(Option<usize>, &str)| {
            let of_row = |cost: &&&AdapterCost<'_>| label(cost) == label(row);
            let mut found = costs.iter().filter(of_row);
            Cell::maybe(found.find(|cost| cost.column() == *wanted), |cost| {
                entry(cost)
            })
        };
        let name = Cell::from(label(row)).look(looks.slot(&row.adapter.engine));
        table.push([name].into_iter().chain(columns.iter().map(shown)));
    }
    table
}

fn entry(cost: &AdapterCost<'_>) -> Cell {
    let sign = if cost.difference_ns < 0.0 { "-" } else { "+" };
    let difference = format!("{sign}{}", human_time(cost.difference_ns.abs()));
    let is_small = cost.adapter.size.is_some_and(|size| size < SMALL);
    let (mut text, mut small) = (percent_more(cost.ratio), difference);
    if is_small {
        (text, small) = (format!("{:+.0} ns", cost.difference_ns), text);
    }
    Cell::number(cost.ratio.mid, text)
        .small(small)
        .muted(is_uncertain(cost.ratio))
}
