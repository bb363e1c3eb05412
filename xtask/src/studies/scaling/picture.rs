//! Time against size, both logarithmic: a power law is a straight line and its exponent the slope.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::contender::ALL;
use super::record::{Results, Who};
use super::size::Sweep;
use super::table;
use crate::compare::report::picture::axis::{LABEL_HEIGHT, LogAxis, plain_or_power};
use crate::compare::report::picture::frame::{Frame, TEXT};
use crate::compare::report::picture::style::{INK, MUTED, SURFACE, Sample, Style};
use crate::drawing::{Drawn, Picture, Pixels};

/// The picture: a panel for each sweep.
pub(super) struct Scaling {
    panels: Vec<Panel>,
}

struct Panel {
    title: &'static str,
    x_name: &'static str,
    sizes: Vec<usize>,
    curves: Vec<Curve>,
    /// A line that grows with the third power.
    has_guide: bool,
}

struct Curve {
    name: String,
    style: Style,
    /// Hollow points are those of the second backend and the others after it.
    filled: bool,
    /// Size and seconds.
    points: Vec<(f64, f64)>,
    exponent: String,
}

/// In units.
const PANEL: (u32, u32) = (590, 430);
/// Room for the names of the curves beside them.
const RIGHT: f64 = 206.0;
const MARGIN: u32 = 14;
const TITLE: u32 = 42;
const ROW: f64 = 19.0;
const NOTE: f64 = 36.0;
/// Of the legend, from the left of a panel.
const NAME: f64 = 56.0;
const EXPONENT: f64 = 390.0;
/// Between two names.
const LINE_HEIGHT: f64 = 14.5;

const DASHES: [Option<(f64, f64)>; 3] = [None, Some((7.0, 4.0)), Some((2.5, 3.5))];

impl Scaling {
    pub(super) fn new(results: &Results) -> Self {
        let swept = Sweep::ALL
            .into_iter()
            .filter(|&sweep| !results.sizes(sweep).is_empty());
        Self {
            panels: swept.map(|sweep| Panel::new(results, sweep)).collect(),
        }
    }

    fn legend_rows(&self) -> usize {
        let rows = self.panels.iter().map(|panel| panel.curves.len());
        rows.max().unwrap_or(0) + 1
    }
}

impl Panel {
    fn new(results: &Results, sweep: Sweep) -> Self {
        let (title, x_name) = match sweep {
            Sweep::Width => (
                "Square nets, twice as many samples",
                "width n, for W1 and W2 n×n",
            ),
            Sweep::Samples => ("The published net: W1 10×6, W2 6×6", "number of samples"),
        };
        Self {
            title,
            x_name,
            sizes: results.sizes(sweep).to_vec(),
            curves: results
                .everyone(sweep)
                .iter()
                .map(|who| Curve::new(results, sweep, who))
                .collect(),
            has_guide: sweep == Sweep::Width,
        }
    }

    /// The shortest and the longest time.
    fn range(&self) -> (f64, f64) {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        points.fold((f64::INFINITY, 0.0), |(low, high), &(_, t)| {
            (low.min(t), high.max(t))
        })
    }
}

impl Curve {
    fn new(results: &Results, sweep: Sweep, who: &Who) -> Self {
        let row = ALL.iter().find(|c| c.name == who.contender);
        let place = results
            .backends
            .iter()
            .position(|b| who.backend.as_ref() == Some(b))
            .unwrap_or(0);
        let fit = results.exponent(sweep, who);
        Self {
            name: who.to_string(),
            style: Style::numbered(row.map_or(0, |c| c.look), DASHES[place % DASHES.len()]),
            filled: place == 0,
            points: results
                .of(sweep, who)
                .map(|m| (m.at as f64, m.median))
                .collect(),
            exponent: fit.map_or_else(|| "–".to_owned(), table::exponent),
        }
    }
}

impl Picture for Scaling {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few panels and rows"
    )]
    fn size(&self) -> (u32, u32) {
        let legend = ROW * self.legend_rows() as f64 + NOTE;
        (
            PANEL.0 * self.panels.len() as u32 + 2 * MARGIN,
            TITLE + PANEL.1 + legend as u32,
        )
    }

    fn draw<B: DrawingBackend>(&self, root: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        root.fill(&SURFACE)?;
        let (width, height) = self.size();
        let middle = px.of(f64::from(width) / 2.0);
        let center = Pos::new(HPos::Center, VPos::Center);
        let title = px.bold(20.0).color(&INK).pos(center);
        let text = "Seconds per Levenberg-Marquardt step on min ‖W1 W2 X − Y‖²";
        root.draw_text(text, &title, (middle, px.of(22.0)))?;
        for (place, panel) in (0..).zip(&self.panels) {
            let left = px.of(f64::from(MARGIN)) + place * px.of(f64::from(PANEL.0));
            let size = [PANEL.0, PANEL.1].map(|units| px.unsigned(f64::from(units)));
            let top = px.of(f64::from(TITLE));
            let area = root.clone().shrink((left, top), (size[0], size[1]));
            panel.draw(&area, px)?;
            let below = px.of(f64::from(TITLE + PANEL.1));
            let legend = px.unsigned(f64::from(height - TITLE - PANEL.1));
            let area = root.clone().shrink((left, below), (size[0], legend));
            panel.legend(&area, px)?;
        }
        let note = px.font(TEXT).color(&MUTED).pos(center);
        let text = "One thread, f64, median of a run. Exponents by least squares over the upper half of the sizes, \
                    ± standard error.";
        root.draw_text(text, &note, (middle, px.of(f64::from(height) - 16.0)))
    }
}

impl Panel {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        let mut x = LogAxis::at(&self.sizes);
        for tick in &mut x.ticks {
            tick.label = plain_or_power(10f64.powf(tick.at).round());
        }
        let (low, high) = self.range();
        let y = LogAxis::over(low / 1.6, high * 1.6, LABEL_HEIGHT, seconds);
        let frame = Frame {
            title: self.title,
            x_name: self.x_name,
            y_name: "time of a step",
            x: &x,
            y: &y,
            size: PANEL,
            right: RIGHT,
            px,
        };
        frame.draw(area)?;
        if self.has_guide {
            self.guide(area, &frame)?;
        }
        // The first on top of the others.
        for curve in self.curves.iter().rev() {
            let place = |&(n, t): &(f64, f64)| (frame.x_of(n), frame.y_of(t));
            let points: Vec<(i32, i32)> = curve.points.iter().map(place).collect();
            curve.style.line(area, &points, px)?;
            for point in points {
                curve.style.point(area, point, curve.filled, px)?;
            }
        }
        self.names(area, &frame)
    }

    /// Below everything, so that slopes can be compared with it.
    fn guide<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        frame: &Frame<'_>,
    ) -> Drawn<B> {
        let px = frame.px;
        let (bottom, left) = (10f64.powf(frame.y.low), 10f64.powf(frame.x.low));
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        let lowest = points
            .map(|&(n, t)| t / n.powi(3))
            .fold(f64::INFINITY, f64::min);
        let cubic = |n: f64| 0.6 * lowest * n.powi(3);
        let largest = self.sizes.last().map_or(1.0, |&n| n as f64);
        let smallest = (bottom / cubic(1.0)).cbrt().max(left);
        if !(smallest < largest) {
            return Ok(());
        }
        let ends = [smallest, largest].map(|n| (frame.x_of(n), frame.y_of(cubic(n))));
        area.draw(&DashedPathElement::new(
            ends,
            px.of(5.0),
            px.of(4.0),
            MUTED.stroke_width(px.unsigned(1.3)),
        ))?;
        let n = (smallest * largest).sqrt();
        let text = px
            .font(TEXT)
            .color(&MUTED)
            .pos(Pos::new(HPos::Left, VPos::Top));
        let place = (
            frame.x_of(n) + px.of(5.0),
            frame.y_of(cubic(n)) + px.of(3.0),
        );
        area.draw_text("∝ n³", &text, place)
    }

    /// The name of each curve beside its end: one column at the right edge, and one where those end
    /// that end before.
    fn names<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        frame: &Frame<'_>,
    ) -> Drawn<B> {
        let px = frame.px;
        let largest = self.sizes.last().map_or(1.0, |&n| n as f64);
        let ends = self
            .curves
            .iter()
            .filter_map(|curve| curve.points.last().map(|&end| (curve, end)));
        let (whole, early): (Vec<_>, Vec<_>) = ends.partition(|(_, (n, _))| *n >= largest);
        for mut column in [whole, early] {
            column.sort_by(|(_, (_, a)), (_, (_, b))| b.total_cmp(a));
            let rightmost = column.iter().map(|(_, (n, _))| *n).fold(1.0, f64::max);
            let left = frame.x_of(rightmost) + px.of(22.0);
            let wanted: Vec<i32> = column.iter().map(|(_, (_, t))| frame.y_of(*t)).collect();
            let bounds = (frame.top() + px.of(6.0), frame.bottom() - px.of(6.0));
            let placed = spread(&wanted, px.of(LINE_HEIGHT), bounds);
            for ((curve, (n, t)), y) in column.into_iter().zip(placed) {
                let leader = [
                    (frame.x_of(n) + px.of(6.0), frame.y_of(t)),
                    (left - px.of(3.0), y),
                ];
                let thin = curve.style.color.mix(0.6).stroke_width(px.unsigned(0.8));
                area.draw(&PathElement::new(leader, thin))?;
                let text = px
                    .font(TEXT)
                    .color(&curve.style.color)
                    .pos(Pos::new(HPos::Left, VPos::Center));
                area.draw_text(&curve.name, &text, (left, y))?;
            }
        }
        Ok(())
    }

    fn legend<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        let at = |h| Pos::new(h, VPos::Center);
        let head = px.font(TEXT).color(&MUTED);
        let row = |place: f64| px.of(ROW * (place + 0.5));
        area.draw_text(
            "contender",
            &head.pos(at(HPos::Left)),
            (px.of(NAME), row(0.0)),
        )?;
        area.draw_text(
            "exponent",
            &head.pos(at(HPos::Right)),
            (px.of(EXPONENT), row(0.0)),
        )?;
        let font = px.font(TEXT).color(&INK);
        for (place, curve) in (1..).zip(&self.curves) {
            let y = row(f64::from(place));
            let sample = area.clone().shrink(
                (px.of(8.0), y - px.of(8.5)),
                (px.unsigned(f64::from(Sample::WIDTH)), px.unsigned(14.0)),
            );
            let (middle, end) = (px.of(7.0), px.of(f64::from(Sample::WIDTH)));
            curve
                .style
                .line(&sample, &[(0, middle), (end, middle)], px)?;
            curve
                .style
                .point(&sample, (end / 2, middle), curve.filled, px)?;
            area.draw_text(&curve.name, &font.pos(at(HPos::Left)), (px.of(NAME), y))?;
            let right = (px.of(EXPONENT), y);
            area.draw_text(&curve.exponent, &font.pos(at(HPos::Right)), right)?;
        }
        Ok(())
    }
}

/// Places near the wanted ones, in the same ascending order, `gap` apart and within bounds where that
/// is possible.
fn spread(wanted: &[i32], gap: i32, (top, bottom): (i32, i32)) -> Vec<i32> {
    let mut groups: Vec<(i64, Vec<i32>)> = Vec::new();
    let first_of = |sum: i64, members: &[i32]| -> i32 {
        let count = i64::try_from(members.len()).unwrap_or(1);
        let gap = i64::from(gap);
        let mean = sum / count - gap * (count - 1) / 2;
        let last = i64::from(bottom) - gap * (count - 1);
        i32::try_from(mean.min(last).max(i64::from(top))).unwrap_or(top)
    };
    // Groups that would overlap merge and lie around the mean of their members.
    for &y in wanted {
        groups.push((i64::from(y), vec![y]));
        while let [.., (sum, before), (more, after)] = &groups[..] {
            let end = first_of(*sum, before) + gap * i32::try_from(before.len()).unwrap_or(1);
            if end <= first_of(*more, after) {
                break;
            }
            let merged = (sum + more, [before.as_slice(), after].concat());
            groups.truncate(groups.len() - 2);
            groups.push(merged);
        }
    }
    groups
        .iter()
        .flat_map(|(sum, members)| {
            let first = first_of(*sum, members);
            (0..).zip(members).map(move |(i, _)| first + gap * i)
        })
        .collect()
}

/// A round number of seconds with its unit.
fn seconds(value: f64) -> String {
    let (scaled, unit) = match value {
        s if s < 0.99e-6 => (s * 1e9, "ns"),
        s if s < 0.99e-3 => (s * 1e6, "µs"),
        s if s < 0.99 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    format!("{} {unit}", (scaled * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::results;
    use super::*;
    use crate::drawing;

    #[test]
    fn names_near_each_other_are_spread_around_their_middle() {
        assert_eq!(spread(&[50, 100], 10, (0, 200)), [50, 100]);
        assert_eq!(spread(&[100, 100, 103], 10, (0, 200)), [91, 101, 111]);
        assert_eq!(spread(&[0, 1], 10, (0, 200)), [0, 10]);
        assert_eq!(spread(&[198, 199, 199], 10, (0, 200)), [180, 190, 200]);
        assert_eq!(spread(&[100, 105, 118], 10, (0, 200)), [97, 107, 118]);
    }

    #[test]
    fn the_picture_names_curves_exponents_and_axes() {
        let picture = Scaling::new(&results());
        let svg = drawing::inline_svg(&picture, &[]).unwrap();
        for text in [
            "kronecker damped, nalgebra",
            "levenberg-marquardt",
            "3.00 ± 0.00",
            "∝ n³",
            "number of samples",
            "100 µs",
            "256",
        ] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn one_sweep_is_one_panel() {
        let mut results = results();
        results.samples.clear();
        assert_eq!(Scaling::new(&results).size().0, PANEL.0 + 2 * MARGIN);
    }

    #[test]
    fn seconds_have_a_unit() {
        let shown = [2e-7, 1e-6, 5e-5, 1e-3, 0.2, 1.0, 20.0].map(seconds);
        assert_eq!(
            shown,
            ["200 ns", "1 µs", "50 µs", "1 ms", "200 ms", "1 s", "20 s"]
        );
    }
}
