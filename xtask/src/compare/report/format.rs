//! Intervals as people read them; [`leastwise_harness::format`] has numbers.

pub(crate) use leastwise_harness::format::{date, digits, human_time, significant};
use leastwise_harness::statistics::Interval;

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
