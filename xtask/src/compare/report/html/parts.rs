//! Small pieces that several sections share.

use maud::{Markup, html};

use super::table::Entry;
use crate::compare::analysis::{Group, operation_label};
use crate::compare::record::CellRecord;
use crate::compare::report::human_time;
use crate::compare::report::picture::Engines;
use crate::compare::statistics::Interval;

/// A spot in the engine's colour, beside its name.
pub(super) fn spot(engines: &Engines, engine: &str) -> Markup {
    let color = format!("background:var(--engine-{})", engines.slot(engine));
    html! { span.spot style=(color) {} }
}

/// `faer/svd`, which may break after the slash.
pub(super) fn contender(cell: &CellRecord, engines: &Engines) -> Markup {
    html! {
        (spot(engines, &cell.engine))
        (cell.engine)
        @if let Some(method) = &cell.method { "/" wbr; (method) }
        @if cell.control { " by hand" }
    }
}

/// The name by which links within the page find a group.
pub(super) fn anchor(group: &Group<'_>) -> String {
    let name = format!(
        "{}-{}-{}",
        operation_label(group.op, None),
        group.case,
        group.scalar
    );
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("case-{}", name.chars().map(safe).collect::<String>())
}

/// A time and, below it, between what it may lie.
pub(super) fn time(cell: &CellRecord) -> Entry {
    let bounds = cell.interval().map(|interval| {
        let (low, high) = (human_time(interval.low), human_time(interval.high));
        range(&low, &high)
    });
    Entry::number(cell.median_ns, |median| {
        html! { (human_time(median)) @if let Some(bounds) = bounds { (small(&bounds)) } }
    })
}

/// `5.2–5.4 ms`: a unit that both have is written once.
fn range(low: &str, high: &str) -> String {
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((value, unit)), Some((_, other))) if unit == other => format!("{value}–{high}"),
        _ => format!("{low}–{high}"),
    }
}

/// A ratio and, below it, between what it may lie; that of the fastest itself is exact.
pub(super) fn ratio(interval: Interval) -> Entry {
    let is_best = interval.low == interval.high;
    Entry::number(Some(interval.mid), |mid| {
        html! {
            (format!("{mid:.2}×"))
            @if interval.high.is_finite() && !is_best {
                (small(&format!("{:.2}–{:.2}", interval.low, interval.high)))
            }
        }
    })
}

/// The second line of an entry.
pub(super) fn small(text: &str) -> Markup {
    html! { " " small { (text) } }
}

/// `n = 4`, unbroken.
pub(super) fn size_heading(n: usize) -> String {
    format!("n\u{a0}=\u{a0}{n}")
}

/// A figure that may be tiny or huge, to one or two digits.
pub(super) fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    if !(0.01..1e4).contains(&x.abs()) {
        return format!("{x:.0e}").replace('-', "−");
    }
    let decimals = if x.abs() < 0.095 { 2 } else { 1 };
    format!("{x:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_its_unit_once() {
        assert_eq!(range("5.20 ms", "5.41 ms"), "5.20–5.41 ms");
        assert_eq!(range("990 µs", "1.02 ms"), "990 µs–1.02 ms");
    }

    #[test]
    fn figures_are_short() {
        for (x, shown) in [
            (0.0, "0"),
            (2.23, "2.2"),
            (0.04, "0.04"),
            (1.2e7, "1e7"),
            (3e-16, "3e−16"),
        ] {
            assert_eq!(short(x), shown);
        }
    }
}
