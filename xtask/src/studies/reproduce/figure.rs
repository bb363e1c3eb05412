//! What the figure shows: axes and curves as numbers, before anything is drawn.

use super::experiment::{Family, Results, Run};
use crate::drawing::superscript;

/// One panel.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) x_label: &'static str,
    pub(super) y_label: &'static str,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// A curve for each run, in the order of the runs.
    pub(super) curves: Vec<Curve>,
}

/// An axis; on a logarithmic one all numbers are decimal logarithms.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) logarithmic: bool,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
}

/// The points of a run in the units of the axes.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve {
    pub(super) points: Vec<(f64, f64)>,
    /// The curve leaves the panel at its last point.
    pub(super) leaves: bool,
}

impl Axis {
    /// Decades from `low` to `high`, labelled at multiples of a stride that leaves at most
    /// `labels` of them.
    fn logarithmic(low: f64, high: f64, labels: usize) -> Self {
        let (low, high) = (low.floor(), high.ceil().max(low.floor() + 1.0));
        let stride = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
            .into_iter()
            .find(|stride| (high - low) / stride <= labels as f64)
            .unwrap_or(100.0);
        Self {
            logarithmic: true,
            low,
            high,
            ticks: multiples(stride, low, high),
        }
    }

    /// 0 to `high`, labelled at multiples of 1, 2 or 5 times a power of ten, and a margin in front
    /// of 0, so that a curve that starts steeply is not lost on the axis.
    fn linear(high: f64, labels: usize) -> Self {
        let high = high.max(1.0);
        let rough = high / labels as f64;
        let power = 10f64.powf(rough.log10().floor());
        let stride = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| (factor * power).max(1.0))
            .find(|stride| high / stride <= labels as f64)
            .unwrap_or(high);
        Self {
            logarithmic: false,
            low: -0.025 * high,
            high,
            ticks: multiples(stride, 0.0, high),
        }
    }

    fn place(&self, value: f64) -> f64 {
        if self.logarithmic {
            value.log10()
        } else {
            value
        }
    }

    /// The label of a tick.
    pub(super) fn label(&self, tick: f64) -> String {
        if !self.logarithmic {
            return format!("{tick}");
        }
        format!("10{}", superscript(tick))
    }
}

fn multiples(stride: f64, low: f64, high: f64) -> Vec<f64> {
    let first = (low / stride).ceil() * stride;
    std::iter::successors(Some(first), |tick| Some(tick + stride))
        .take_while(|&tick| tick <= high)
        .collect()
}

/// Loss and gradient against iterations, loss against time.
pub(super) fn panels(results: &Results) -> [Panel; 3] {
    let runs = &results.runs;
    let iterations = runs.iter().map(Run::steps).max().unwrap_or(0);
    let iterations = Axis::linear(iterations as f64, 6);
    let losses = value_axis(runs, |run| &run.losses);
    let gradients = value_axis(runs, |run| &run.gradient_norms);
    let counted = |values: &[f64], y: &Axis| {
        let points = values.iter().enumerate().map(|(i, &v)| (i as f64, v));
        trace(points, &iterations, y)
    };
    let times = time_axis(runs);
    let timed = runs.iter().map(|run| {
        let points = run.seconds.iter().copied().zip(run.losses.iter().copied());
        trace(points, &times, &losses)
    });
    [
        Panel {
            title: "Loss against iterations",
            x_label: "iteration",
            y_label: "loss ‖W₁W₂X − Y‖²",
            curves: runs
                .iter()
                .map(|run| counted(&run.losses, &losses))
                .collect(),
            x: iterations.clone(),
            y: losses.clone(),
        },
        Panel {
            title: "Gradient against iterations",
            x_label: "iteration",
            y_label: "gradient magnitude",
            curves: runs
                .iter()
                .map(|run| counted(&run.gradient_norms, &gradients))
                .collect(),
            x: iterations.clone(),
            y: gradients,
        },
        Panel {
            title: "Loss against time",
            x_label: "seconds",
            y_label: "loss ‖W₁W₂X − Y‖²",
            curves: timed.collect(),
            x: times,
            y: losses,
        },
    ]
}

/// From the smallest value of any run to three decades above the largest of those that stayed
/// finite: a diverging run would flatten all others, and leaves at the top instead.
fn value_axis(runs: &[Run], values: impl Fn(&Run) -> &[f64]) -> Axis {
    let drawable = |v: &&f64| **v > 0.0 && v.is_finite();
    let low = runs
        .iter()
        .flat_map(|run| values(run).iter().filter(drawable))
        .fold(f64::INFINITY, |low, &v| low.min(v));
    let high = runs
        .iter()
        .flat_map(|run| {
            let shown = if run.diverged() { 1 } else { usize::MAX };
            values(run).iter().take(shown).filter(drawable)
        })
        .fold(0.0, |high: f64, &v| high.max(v));
    if !(low.is_finite() && high > 0.0) {
        return Axis::logarithmic(-1.0, 1.0, 8);
    }
    let headroom = if runs.iter().any(Run::diverged) {
        3.0
    } else {
        0.0
    };
    // Half a decade of air below the lowest curve.
    Axis::logarithmic(low.log10() - 0.5, high.log10() + headroom, 8)
}

fn time_axis(runs: &[Run]) -> Axis {
    let seconds = || {
        runs.iter()
            .flat_map(|run| &run.seconds)
            .filter(|s| **s > 0.0)
    };
    let low = seconds().fold(f64::INFINITY, |low, &s| low.min(s));
    let high = seconds().fold(0.0, |high: f64, &s| high.max(s));
    if !(low.is_finite() && high > 0.0) {
        return Axis::logarithmic(-3.0, 0.0, 6);
    }
    Axis::logarithmic(low.log10(), high.log10(), 6)
}

/// The points inside the panel, in the units of its axes, up to where the curve leaves at the top.
fn trace(points: impl Iterator<Item = (f64, f64)>, x: &Axis, y: &Axis) -> Curve {
    let mut curve = Curve::default();
    for point in points {
        let next = (x.place(point.0), y.place(point.1));
        if next.1 <= y.high && next.1 >= y.low && next.0 >= x.low {
            curve.points.push(next);
            continue;
        }
        let above = next.1 > y.high || point.1.is_nan();
        if let Some(&last) = curve.points.last()
            && above
        {
            curve.leaves = true;
            let share = (y.high - last.1) / (next.1 - last.1);
            // An infinite or NaN value has no place of its own: straight up.
            let crossing = if share.is_finite() && next.1.is_finite() {
                last.0 + share * (next.0 - last.0)
            } else {
                last.0
            };
            curve.points.push((crossing, y.high));
            break;
        }
    }
    curve
}

/// How a run is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) color: (u8, u8, u8),
    pub(super) width: f64,
    /// Lengths of dash and gap, or none for a solid line.
    pub(super) dash: Option<(f64, f64)>,
}

/// Blues for gradient descent, oranges for Adam, darker with larger steps: hues that every kind of
/// colour vision tells apart, told apart by dashes as well. Levenberg-Marquardt is black and thick.
pub(super) fn style(runs: &[Run], index: usize) -> Style {
    let run = &runs[index];
    let family = runs.iter().filter(|other| other.family == run.family);
    let count = family.count();
    let before = runs[..index]
        .iter()
        .filter(|other| other.family == run.family)
        .count();
    let share = if count > 1 {
        before as f64 / (count - 1) as f64
    } else {
        1.0
    };
    match run.family {
        Family::GradientDescent => Style {
            color: blend((120, 185, 232), (5, 48, 110), share),
            width: 1.9,
            dash: None,
        },
        Family::Adam => Style {
            color: blend((245, 170, 90), (140, 45, 4), share),
            width: 1.9,
            dash: Some((7.0, 4.0)),
        },
        // The last is solid, so that a single one is.
        Family::LevenbergMarquardt => Style {
            color: (0, 0, 0),
            width: 3.2,
            dash: (before + 1 < count).then_some((4.0 + 6.0 * before as f64, 3.0)),
        },
    }
}

fn blend(from: (u8, u8, u8), to: (u8, u8, u8), share: f64) -> (u8, u8, u8) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two u8"
    )]
    let mix = |a: u8, b: u8| (f64::from(a) + share * (f64::from(b) - f64::from(a))).round() as u8;
    (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_round_and_inside() {
        let axis = Axis::logarithmic(-26.3, 6.2, 8);
        assert_eq!((axis.low, axis.high), (-27.0, 7.0));
        assert_eq!(axis.ticks, [-25.0, -20.0, -15.0, -10.0, -5.0, 0.0, 5.0]);
        assert_eq!(axis.label(-25.0), "10⁻²⁵");
        assert_eq!(Axis::linear(3000.0, 6).ticks.len(), 7);
        assert_eq!(Axis::linear(0.0, 6).ticks, [0.0, 1.0]);
    }

    #[test]
    fn a_curve_ends_where_it_leaves_at_the_top() {
        let (x, y) = (Axis::linear(10.0, 5), Axis::logarithmic(0.0, 2.0, 8));
        let points = [1.0, 10.0, 1e3, 1.0].into_iter().enumerate();
        let curve = trace(points.map(|(i, v)| (i as f64, v)), &x, &y);
        assert_eq!(curve.points, [(0.0, 0.0), (1.0, 1.0), (1.5, 2.0)]);
        assert!(curve.leaves);
        for end in [f64::INFINITY, f64::NAN] {
            let curve = trace([(0.0, 1.0), (1.0, end)].into_iter(), &x, &y);
            assert_eq!(curve.points, [(0.0, 0.0), (0.0, 2.0)]);
        }
        // A loss of exactly 0 has no place on a logarithmic axis.
        let curve = trace([(0.0, 1.0), (1.0, 0.0)].into_iter(), &x, &y);
        assert_eq!((curve.points.len(), curve.leaves), (1, false));
    }
}
