#![doc = include_str!("../README.md")]

use std::fmt::Display;
use std::time::{Duration, SystemTime};

/// Formats a time with three significant digits and a unit.
///
/// ```
/// assert_eq!(leastwise_format::human_time(9996.0), "10.0 µs");
/// ```
#[must_use]
pub fn human_time(nanoseconds: f64) -> String {
    let (value, unit) = with_unit(nanoseconds, 1.0);
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

/// The value in the largest unit in which it is at least `least`, and that unit.
///
/// ```
/// assert_eq!(leastwise_format::with_unit(2500.0, 1.0), (2.5, "µs"));
/// ```
#[must_use]
pub fn with_unit(nanoseconds: f64, least: f64) -> (f64, &'static str) {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    let fitting = units
        .into_iter()
        .find(|(size, _)| nanoseconds >= least * size);
    let (size, unit) = fitting.unwrap_or((1.0, "ns"));
    (nanoseconds / size, unit)
}

/// Formats a number with at most six significant digits.
///
/// ```
/// assert_eq!(leastwise_format::significant(0.1 + 0.2), "0.3");
/// ```
#[must_use]
pub fn significant(x: f64) -> String {
    let rounded: f64 = format!("{x:.5e}").parse().unwrap_or(x);
    if x == 0.0 || (1e-4..1e6).contains(&x.abs()) {
        return format!("{rounded}");
    }
    format!("{rounded:e}")
}

/// Formats the number of correct digits, −log₁₀ of a relative error.
///
/// ```
/// assert_eq!(leastwise_format::digits(1e-3), "3.0");
/// ```
#[must_use]
pub fn digits(relative_error: f64) -> String {
    if relative_error == 0.0 {
        return "all".to_owned();
    }
    format!("{:.1}", -relative_error.log10())
}

/// Formats a ratio with three significant digits.
///
/// ```
/// assert_eq!([1.234, 12.34, 1234.0].map(leastwise_format::times), ["1.23×", "12.3×", "1234×"]);
/// ```
#[must_use]
pub fn times(ratio: f64) -> String {
    let decimals = match ratio {
        r if r < 9.95 => 2,
        r if r < 99.5 => 1,
        _ => 0,
    };
    format!("{ratio:.decimals$}×")
}

/// Formats seconds since 1970-01-01 as a date and a time of day in UTC.
///
/// ```
/// assert_eq!(leastwise_format::date(951_782_400), "2000-02-29T00:00:00Z");
/// ```
#[must_use]
pub fn date(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// A count with its noun.
///
/// ```
/// use leastwise_format::counted;
/// assert_eq!([counted(1, "thread"), counted(2, "thread")], ["1 thread", "2 threads"]);
/// assert_eq!(counted(2, "process"), "2 processes");
/// ```
#[must_use]
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = match noun.ends_with('s') {
        _ if count == N::from(1) => "",
        true => "es",
        false => "s",
    };
    format!("{count} {noun}{plural}")
}

/// The verb of a count.
///
/// ```
/// assert_eq!([leastwise_format::is_or_are(1), leastwise_format::is_or_are(2)], ["is", "are"]);
/// ```
#[must_use]
pub fn is_or_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// Formats a number between 0.01 and 1000 in plain digits, and other numbers as a power of ten such as 10⁻⁴.
///
/// ```
/// assert_eq!([0.01, 1.5e4].map(leastwise_format::plain_or_power), ["0.01", "1.5·10⁴"]);
/// ```
#[must_use]
pub fn plain_or_power(value: f64) -> String {
    if value == 0.0 || (0.0099..1001.0).contains(&value.abs()) {
        return format!("{value}");
    }
    let exponent = value.abs().log10().floor();
    let factor = rounded(value / 10f64.powf(exponent));
    let factor = match factor {
        1.0 => String::new(),
        _ => format!("{factor}·"),
    };
    let raised = format!("{exponent:.0}")
        .chars()
        .map(superscript)
        .collect::<String>();
    format!("{factor}10{raised}")
}

/// Rounds a number to three significant digits, so that 7·0.1 is 0.7.
///
/// ```
/// assert_eq!(leastwise_format::rounded(7.0 * 0.1), 0.7);
/// ```
#[must_use]
pub fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn superscript(digit: char) -> char {
    let place = "-0123456789".chars().position(|plain| plain == digit);
    place
        .and_then(|place| "⁻⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(place))
        .unwrap_or(digit)
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
    fn powers_of_ten_are_raised() {
        let shown = [0.0, 0.01, 1000.0, 1.5e4, 1e-25].map(plain_or_power);
        assert_eq!(shown, ["0", "0.01", "1000", "1.5·10⁴", "10⁻²⁵"]);
    }
}
