//! Figures with their intervals, as text for readers.

pub(crate) use leastwise_report::format::human_time;

use crate::compare::statistics::Interval;

/// `5.59 ms ±1.2%`
pub(crate) fn time_with_spread(interval: Interval) -> String {
    let spread = 100.0 * interval.relative_half_width();
    let decimals = usize::from(spread < 9.95);
    format!("{} ±{spread:.decimals$}%", human_time(interval.mid))
}

/// `5.2–5.4 ms`. If both ends have the same unit, it is written once.
pub(super) fn range(interval: Interval) -> String {
    let (low, high) = (human_time(interval.low), human_time(interval.high));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((value, unit)), Some((_, other))) if unit == other => format!("{value}–{high}"),
        _ => format!("{low}–{high}"),
    }
}

/// `+2 %`, or `+2 %?` if the difference is not significant.
pub(super) fn percent_more(ratio: Interval) -> String {
    let mark = if is_uncertain(ratio) { "?" } else { "" };
    format!("{:+.0} %{mark}", 100.0 * (ratio.mid - 1.0))
}

/// Whether the difference of a ratio from 1 is not significant.
pub(super) fn is_uncertain(ratio: Interval) -> bool {
    ratio.low <= 1.0 && ratio.high >= 1.0
}

/// Formats a figure of any size with one or two digits.
pub(super) fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    if !(0.01..1e4).contains(&x.abs()) {
        return format!("{x:.0e}");
    }
    let decimals = if x.abs() < 0.095 { 2 } else { 1 };
    format!("{x:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, mid: f64, high: f64) -> Interval {
        Interval { low, mid, high }
    }

    #[test]
    fn what_noise_may_explain_is_marked() {
        assert_eq!(percent_more(interval(0.99, 1.02, 1.05)), "+2 %?");
        assert_eq!(percent_more(interval(0.7, 0.8, 0.9)), "-20 %");
        assert_eq!(
            time_with_spread(interval(0.9e6, 1e6, 1.1e6)),
            "1.00 ms ±10%"
        );
    }

    #[test]
    fn a_range_names_its_unit_once() {
        assert_eq!(range(interval(5.2e6, 5.3e6, 5.41e6)), "5.20–5.41 ms");
        assert_eq!(range(interval(9.9e5, 1e6, 1.02e6)), "990 µs–1.02 ms");
    }

    #[test]
    fn figures_are_short() {
        for (x, shown) in [
            (0.0, "0"),
            (2.23, "2.2"),
            (0.04, "0.04"),
            (1.2e7, "1e7"),
            (3e-16, "3e-16"),
        ] {
            assert_eq!(short(x), shown);
        }
    }
}
