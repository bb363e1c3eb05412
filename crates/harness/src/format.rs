//! Numbers as people read them.

use std::time::{Duration, SystemTime};

/// Three digits and a unit.
#[must_use]
pub fn human_time(nanoseconds: f64) -> String {
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
#[must_use]
pub fn significant(x: f64) -> String {
    let rounded: f64 = format!("{x:.5e}").parse().unwrap_or(x);
    if x == 0.0 || (1e-4..1e6).contains(&x.abs()) {
        return format!("{rounded}");
    }
    format!("{rounded:e}")
}

/// −log₁₀ of a relative error: how many digits are right.
#[must_use]
pub fn digits(forward_error: f64) -> String {
    if forward_error == 0.0 {
        return "all".to_owned();
    }
    format!("{:.1}", -forward_error.log10())
}

/// A date and a time of day, UTC.
#[must_use]
pub fn date(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time).to_string()
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
}
