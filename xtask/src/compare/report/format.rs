//! Numbers as people read them.

use std::time::{Duration, SystemTime};

use crate::compare::statistics::Interval;

/// Three digits and a unit.
pub(crate) fn human_time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

/// Six digits at most.
pub(crate) fn significant(x: f64) -> String {
    let rounded: f64 = format!("{x:.5e}").parse().unwrap_or(x);
    if x == 0.0 || (1e-4..1e6).contains(&x.abs()) {
        return format!("{rounded}");
    }
    format!("{rounded:e}")
}

/// −log₁₀ of a relative error: how many digits are right.
pub(crate) fn digits(forward_error: f64) -> String {
    if forward_error == 0.0 {
        return "all".to_owned();
    }
    format!("{:.1}", -forward_error.log10())
}

/// A date and a time of day, UTC.
pub(crate) fn date(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// `5.59 ms ±1.2%`
pub(crate) fn time_with_spread(interval: Interval) -> String {
    let spread = 100.0 * interval.relative_half_width();
    let decimals = usize::from(spread < 9.95);
    format!("{} ±{spread:.decimals$}%", human_time(interval.mid))
}

/// `+2 %`, or `+2 %?` where noise may be all there is.
pub(crate) fn percent_more(ratio: Interval) -> String {
    let uncertain = ratio.low <= 1.0 && ratio.high >= 1.0;
    let mark = if uncertain { "?" } else { "" };
    format!("{:+.0} %{mark}", 100.0 * (ratio.mid - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits() {
        for (nanoseconds, shown) in [
            (1.234, "1.23 ns"),
            (999.6, "1000 ns"),
            (1e3, "1.00 µs"),
            (9996.0, "10.0 µs"),
            (123_456_789.0, "123 ms"),
            (2.5e9, "2.50 s"),
        ] {
            assert_eq!(human_time(nanoseconds), shown);
        }
    }

    #[test]
    fn an_entry_has_six_digits_at_most() {
        for (x, shown) in [
            (0.0, "0"),
            (-2.0, "-2"),
            (0.1 + 0.2, "0.3"),
            (123_456_789.0, "1.23457e8"),
            (999_999.6, "1000000"),
            (-1e-300 / 3.0, "-3.33333e-301"),
        ] {
            assert_eq!(significant(x), shown);
        }
    }

    #[test]
    fn a_date_is_that_of_the_calendar() {
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00Z");
    }

    #[test]
    fn what_noise_may_explain_is_marked() {
        let interval = |low, mid, high| Interval { low, mid, high };
        assert_eq!(percent_more(interval(0.99, 1.02, 1.05)), "+2 %?");
        assert_eq!(percent_more(interval(0.7, 0.8, 0.9)), "-20 %");
        assert_eq!(
            time_with_spread(interval(0.9e6, 1e6, 1.1e6)),
            "1.00 ms ±10%"
        );
    }
}
