//! The axis of every figure: linear or logarithmic, with as many round labels as fit.

use serde::Serialize;

use crate::color::Color;
use crate::format::{plain_or_power, rounded, with_unit};
use crate::picture::{Font, TEXT};

/// The unit of the labels of an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A plain number, or a power of ten.
    #[default]
    Plain,
    /// Values are in nanoseconds. Each label has a suitable unit of time.
    Nanoseconds,
    /// Multiples, such as `2×`.
    Times,
}

/// An axis. It covers the values of all series, with a margin at the ends.
///
/// ```
/// use leastwise_report::{Axis, Unit};
///
/// let axis = Axis::logarithmic("time of a step").unit(Unit::Nanoseconds);
/// assert!(axis.is_logarithmic && axis.at.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Axis {
    /// The quantity that the axis shows.
    pub name: String,
    /// Whether the axis is logarithmic. Such an axis cannot show zero and negative values.
    pub is_logarithmic: bool,
    /// The unit of the labels.
    pub unit: Unit,
    /// The values to label, in ascending order. If the list is empty, round values are chosen.
    pub at: Vec<f64>,
    /// The largest value of the axis. Lines are cut there.
    pub ceiling: Option<f64>,
    /// The largest quotient of two values of the axis. Smaller values lie below its end.
    pub depth: Option<f64>,
    /// Whether a linear axis covers only the values, and not zero.
    pub is_tight: bool,
}

impl Axis {
    /// A linear axis, which includes zero.
    pub fn linear(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// A logarithmic axis.
    pub fn logarithmic(name: impl Into<String>) -> Self {
        Self {
            is_logarithmic: true,
            ..Self::linear(name)
        }
    }

    /// Sets the unit of the labels.
    pub fn unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    /// Sets the values to label.
    pub fn at(mut self, values: impl IntoIterator<Item = f64>) -> Self {
        self.at = values.into_iter().collect();
        self
    }

    /// Sets the largest value of the axis.
    pub fn ceiling(mut self, ceiling: f64) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// Sets the largest quotient of two values of the axis.
    pub fn depth(mut self, depth: f64) -> Self {
        self.depth = Some(depth);
        self
    }

    /// Leaves zero out, unless it is among the values.
    pub fn tight(self) -> Self {
        Self {
            is_tight: true,
            ..self
        }
    }

    fn label(&self, value: f64) -> String {
        match self.unit {
            Unit::Plain if !self.is_logarithmic && value.abs() < 1e7 => {
                format!("{value}").replace('-', "−")
            }
            Unit::Plain => plain_or_power(value),
            Unit::Nanoseconds if (1e-2..1e12).contains(&value) => {
                let (value, unit) = with_unit(value, 0.999);
                format!("{} {unit}", rounded(value))
            }
            Unit::Nanoseconds => format!("{} s", plain_or_power(value / 1e9)),
            Unit::Times => format!("{}×", plain_or_power(value)),
        }
    }

    /// The scale of the axis for these values, from `from` to `to` on the page.
    pub(crate) fn scale(&self, values: impl Iterator<Item = f64>, (from, to): (f64, f64)) -> Scale {
        let ceiling = self.ceiling.unwrap_or(f64::INFINITY);
        let drawable = |value: &f64| value.is_finite() && (*value > 0.0 || !self.is_logarithmic);
        let values = values.chain(self.at.iter().copied()).filter(drawable);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value.min(ceiling)))
        });
        let between = |low, high| Scale {
            is_logarithmic: self.is_logarithmic,
            low,
            high,
            from,
            to,
        };
        if !self.is_logarithmic {
            let (low, high) = if self.is_tight && low < high {
                (low, high)
            } else {
                (low.min(0.0), high.max(0.0))
            };
            let high = if low < high { high } else { 1.0 };
            // The margin keeps a steep start of a curve visible beside the axis.
            let air = 0.025 * (high - low);
            return between(low - air, high + air);
        }
        if !(low <= high) {
            return between(-1.0, 1.0);
        }
        let low = low.max(high / self.depth.unwrap_or(f64::MAX));
        let (low, high) = (low.log10(), high.log10());
        let air = (0.06 * (high - low)).max(0.12);
        between(low - air, high + air)
    }

    /// The positions of the labels along a scale. There are as many as leave `gap` between them; each is
    /// `extent` long.
    pub(crate) fn ticks(&self, scale: &Scale, is_upward: bool) -> Vec<(f64, String)> {
        let font = Font::new(TEXT, Color::Muted);
        let half = |label: &str| {
            if is_upward {
                9.0
            } else {
                0.5 * font.width(label) + 5.0
            }
        };
        let fits = |ticks: &Vec<(f64, String)>| {
            let mut pairs = ticks.windows(2);
            pairs.all(|pair| (pair[1].0 - pair[0].0).abs() >= half(&pair[0].1) + half(&pair[1].1))
        };
        let labelled = |values: Vec<f64>| {
            let ticks = values.into_iter().filter_map(|value| {
                let inside = scale.low..=scale.high;
                let is_inside = inside.contains(&scale.transformed(value)?);
                is_inside.then_some((scale.place(value)?, self.label(value)))
            });
            ticks.collect::<Vec<_>>()
        };
        let candidates: Box<dyn Iterator<Item = Vec<f64>>> = match &self.at[..] {
            [] if self.is_logarithmic => Box::new(decades(scale.low, scale.high)),
            [] => Box::new(multiples(scale.low, scale.high)),
            at => {
                Box::new((1..=at.len()).map(|stride| at.iter().copied().step_by(stride).collect()))
            }
        };
        candidates.map(labelled).find(fits).unwrap_or_default()
    }
}

/// Round values between two decimal logarithms, with fewer and fewer values.
fn decades(low: f64, high: f64) -> impl Iterator<Item = Vec<f64>> {
    let steps = [
        &[1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0][..],
        &[1.0, 1.5, 2.0, 3.0, 4.0, 6.0],
        &[1.0, 2.0, 5.0],
        &[1.0, 3.0],
        &[1.0],
    ];
    let dense = steps.into_iter().map(|steps| (1, steps));
    let sparse = [2, 3, 4, 5, 10, 20, 50, 100].map(|stride| (stride, &[1.0][..]));
    #[expect(clippy::cast_possible_truncation, reason = "exponents of an f64")]
    let (first, last) = (low.floor() as i32, high.ceil() as i32);
    dense.chain(sparse).map(move |(stride, steps)| {
        let decades = (first..=last).filter(|decade| decade % stride == 0);
        let values = decades.flat_map(|decade| steps.iter().map(move |step| (step, decade)));
        values
            .map(|(step, decade)| rounded(step * 10f64.powi(decade)))
            .collect()
    })
}

/// Multiples of 1, 2 and 5 times a power of ten, with fewer and fewer values. They are whole numbers where
/// these suffice.
fn multiples(low: f64, high: f64) -> impl Iterator<Item = Vec<f64>> {
    let span = high - low;
    // Three labels or more.
    let least = if span > 2.2 { 1.0 } else { 0.0 };
    let power = 10f64.powf(span.log10().floor() - 1.0).max(least);
    let strides = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].map(|factor| factor * power);
    strides.into_iter().map(move |stride| {
        let first = (low / stride).ceil() * stride;
        let values = (0..200).map(|place| rounded(first + stride * f64::from(place)) + 0.0);
        values.take_while(|&value| value <= high).collect()
    })
}

/// An axis at its position on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    is_logarithmic: bool,
    /// The lower end: the decimal logarithm on a logarithmic axis.
    low: f64,
    high: f64,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Scale {
    fn transformed(&self, value: f64) -> Option<f64> {
        match self.is_logarithmic {
            true if value <= 0.0 => None,
            true => Some(value.log10()),
            false => Some(value),
        }
    }

    /// The position of a value, which may be beyond the ends. NaN is beyond the upper end, like a value that
    /// overflows.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let value = if value.is_nan() { f64::INFINITY } else { value };
        let share = (self.transformed(value)? - self.low) / (self.high - self.low);
        Some(self.from + share * (self.to - self.from))
    }

    /// The position of a value, or of the end beyond which it lies.
    pub(crate) fn nearest(&self, value: f64) -> f64 {
        let (least, most) = (self.from.min(self.to), self.from.max(self.to));
        self.place(value).unwrap_or(self.from).clamp(least, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, values: &[f64], length: f64) -> Vec<String> {
        let scale = axis.scale(values.iter().copied(), (0.0, length));
        let ticks = axis.ticks(&scale, true);
        ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn labels_are_few_round_and_inside() {
        let axis = Axis::logarithmic("");
        assert_eq!(
            labels(&axis, &[1.0, 28.0], 120.0),
            ["1", "2", "5", "10", "20"]
        );
        assert_eq!(
            labels(&axis, &[1.0, 4e8], 120.0),
            ["1", "100", "10⁴", "10⁶", "10⁸"]
        );
        let wide = labels(&axis, &[1e-300, 1e300], 200.0);
        assert!((2..=12).contains(&wide.len()), "{wide:?}");
        let deep = labels(&axis, &[1e-26, 1e6], 200.0);
        assert!(deep.contains(&"10⁻²⁴".to_owned()), "{deep:?}");
        let linear = labels(&Axis::linear(""), &[3000.0], 160.0);
        assert_eq!(linear, ["0", "500", "1000", "1500", "2000", "2500", "3000"]);
        let unit = ["0", "0.2", "0.4", "0.6", "0.8", "1"];
        assert_eq!(labels(&Axis::linear(""), &[0.0], 160.0), unit);
        // A whole number alone does not show a scale.
        assert_eq!(labels(&Axis::linear(""), &[1.2], 70.0), ["0", "0.5", "1"]);
        let tight = labels(&Axis::linear("").tight(), &[300.0, 340.0], 160.0);
        assert_eq!((&tight[0][..], &tight[tight.len() - 1][..]), ("300", "340"));
        assert_eq!(labels(&Axis::linear("").tight(), &[7.0], 160.0)[0], "0");
        let small = labels(&Axis::linear(""), &[0.3], 60.0);
        assert_eq!(small, ["0", "0.1", "0.2", "0.3"]);
        let signed = labels(&Axis::linear(""), &[-1.0, 3.0], 160.0);
        assert_eq!(signed, ["−1", "0", "1", "2", "3"]);
        let times = Axis::logarithmic("").unit(Unit::Nanoseconds);
        let shown = labels(&times, &[200.0, 2e10], 160.0);
        assert_eq!(shown, ["100 ns", "10 µs", "1 ms", "100 ms", "10 s"]);
        for (nanoseconds, shown) in [
            (5.0, "5 ns"),
            (1.5e4, "15 µs"),
            (1.25e6, "1.25 ms"),
            (1e6, "1 ms"),
            (5e9, "5 s"),
        ] {
            assert_eq!(times.label(nanoseconds), shown);
        }
    }

    #[test]
    fn a_single_size_lies_in_the_middle_and_many_sizes_have_few_labels() {
        let axis = Axis::logarithmic("").at([32.0]);
        let scale = axis.scale(std::iter::empty(), (0.0, 100.0));
        assert!((scale.nearest(32.0) - 50.0).abs() < 1e-9);
        let many = Axis::logarithmic("").at((1..100).map(f64::from));
        let scale = many.scale(std::iter::empty(), (0.0, 264.0));
        assert!((2..=9).contains(&many.ticks(&scale, false).len()));
    }

    #[test]
    fn what_cannot_be_drawn_does_not_stretch_an_axis() {
        let axis = Axis::logarithmic("").ceiling(10.0).depth(1e4);
        let values = [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9, 5.0, 1e30];
        let scale = axis.scale(values.into_iter(), (0.0, 1.0));
        assert!((scale.low, scale.high) == (-3.24, 1.24), "{scale:?}");
        assert_eq!(scale.place(0.0), None);
        assert_eq!(
            [0.0, 1e30, f64::NAN].map(|v| scale.nearest(v)),
            [0.0, 1.0, 1.0]
        );
        let none = axis.scale(std::iter::empty(), (0.0, 1.0));
        assert!(none.low < none.high);
    }
}
