//! Logarithmic axes.

use crate::drawing::superscript;

/// From `low` to `high`, both decimal logarithms.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogAxis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<Tick>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// A decimal logarithm.
    pub(crate) at: f64,
    pub(crate) label: String,
}

/// What part of an upward axis a label takes.
pub(crate) const LABEL_HEIGHT: f64 = 0.09;
/// As many sizes as a panel has room for.
const SIZES: usize = 9;

impl LogAxis {
    /// An axis over values from `low` to `high`, with as many labels at round values as there is room
    /// for if each takes the part `taken` of the axis.
    pub(crate) fn over(low: f64, high: f64, taken: f64, label: impl Fn(f64) -> String) -> Self {
        let (low, high) = (low.log10(), high.log10());
        let candidates = [
            (
                1,
                &[1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0][..],
            ),
            (1, &[1.0, 1.5, 2.0, 3.0, 4.0, 6.0]),
            (1, &[1.0, 2.0, 5.0]),
            (1, &[1.0, 3.0]),
            (1, &[1.0]),
        ];
        let sparser = [2, 3, 4, 5, 10, 20, 50, 100].map(|stride| (stride, &[1.0][..]));
        let mut fitting = candidates
            .into_iter()
            .chain(sparser)
            .map(|(stride, steps)| {
                let decades = decades(low, high, stride);
                let values = decades
                    .flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
                let inside = values.filter(|v| (low..=high).contains(&v.log10()));
                inside.collect::<Vec<f64>>()
            });
        let values = fitting
            .find(|values| {
                let mut gaps = values.windows(2).map(|pair| (pair[1] / pair[0]).log10());
                gaps.all(|gap| gap >= taken * (high - low))
            })
            .unwrap_or_default();
        let ticks = values.into_iter().map(significant).map(|value| Tick {
            at: value.log10(),
            label: label(value),
        });
        Self {
            low,
            high,
            ticks: ticks.collect(),
        }
    }

    /// An axis that is labelled at these values, in ascending order, with air at both ends.
    pub(crate) fn at(values: &[usize]) -> Self {
        let logs: Vec<f64> = values.iter().map(|&n| (n.max(1) as f64).log10()).collect();
        let (low, high) = (
            logs.first().copied().unwrap_or(0.0),
            logs.last().copied().unwrap_or(1.0),
        );
        let air = (0.04 * (high - low)).max(0.1);
        let stride = values.len().div_ceil(SIZES).max(1);
        let labelled = logs.iter().zip(values).step_by(stride);
        Self {
            low: low - air,
            high: high + air,
            ticks: labelled
                .map(|(&at, n)| Tick {
                    at,
                    label: n.to_string(),
                })
                .collect(),
        }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one, never beyond.
    pub(crate) fn share(&self, value: f64) -> f64 {
        ((value.log10() - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// Three digits, so that 7·0.1 is 0.7.
fn significant(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// The multiples of `stride` that lie around the interval.
#[expect(clippy::cast_possible_truncation, reason = "exponents of an f64")]
fn decades(low: f64, high: f64, stride: i32) -> impl Iterator<Item = i32> {
    let (first, last) = (low.floor() as i32, high.ceil() as i32);
    (first..=last).filter(move |decade| decade % stride == 0)
}

/// A power of ten as 10⁻⁴, and what is between 0.01 and 1000 as it is.
pub(crate) fn plain_or_power(value: f64) -> String {
    if (0.0099..1001.0).contains(&value) {
        return format!("{value}");
    }
    let exponent = value.log10().floor();
    let raised = superscript(exponent);
    let factor = significant(value / 10f64.powf(exponent));
    let factor = if factor == 1.0 {
        String::new()
    } else {
        format!("{factor}·")
    };
    format!("{factor}10{raised}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &LogAxis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn labels_are_few_round_and_inside() {
        let axis = LogAxis::over(0.9, 30.0, 0.15, plain_or_power);
        assert_eq!(labels(&axis), ["1", "2", "5", "10", "20"]);
        let axis = LogAxis::over(0.3, 4e8, 0.15, plain_or_power);
        assert_eq!(labels(&axis), ["1", "100", "10⁴", "10⁶", "10⁸"]);
        let axis = LogAxis::over(1e-300, 1e300, 0.1, plain_or_power);
        assert!((2..=10).contains(&axis.ticks.len()), "{axis:?}");
        let axis = LogAxis::over(0.65, 1.9e4, 0.12, plain_or_power);
        assert_eq!(labels(&axis), ["1", "10", "100", "1000", "10⁴"]);
        assert_eq!(plain_or_power(1.5e4), "1.5·10⁴");
    }

    #[test]
    fn a_single_size_lies_in_the_middle() {
        let axis = LogAxis::at(&[32]);
        assert!((axis.share(32.0) - 0.5).abs() < 1e-12);
        assert_eq!(labels(&axis), ["32"]);
        assert!(labels(&LogAxis::at(&(1..100).collect::<Vec<_>>())).len() <= 9);
    }

    #[test]
    fn what_lies_beyond_is_drawn_at_the_edge() {
        let axis = LogAxis::over(1.0, 10.0, 0.1, plain_or_power);
        assert_eq!(
            [0.5, 1.0, 10.0, f64::INFINITY].map(|v| axis.share(v)),
            [0.0, 0.0, 1.0, 1.0]
        );
    }
}
