//! Numbers for readers.

/// A time in three significant digits, with its unit.
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

/// −log₁₀ of a relative error: the number of correct digits.
#[must_use]
pub fn digits(forward_error: f64) -> String {
    if forward_error == 0.0 {
        return "all".to_owned();
    }
    format!("{:.1}", -forward_error.log10())
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
}
