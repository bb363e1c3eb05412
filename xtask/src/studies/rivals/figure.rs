//! The figure of a study: for each case the loss over steps and over seconds, side by side.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::contender::{Contender, Rival};
use super::results::{CaseResults, StudyResults};
use super::run::Point;
use super::study::Study;
use crate::drawing::{self, Drawn, Pixels, superscript};

const WIDTH: u32 = 1120;
const ROW_HEIGHT: u32 = 290;
const LEGEND_HEIGHT: u32 = 40;
/// About the width and height of a panel without its labels.
const PANEL: (f64, f64) = (470.0, 215.0);
const GRID: RGBColor = RGBColor(228, 228, 228);
/// Decades from the top, below which a loss is rounding.
const DEPTH: f64 = 34.0;

/// A study as a picture.
pub(super) struct Picture<'r> {
    study: &'r StudyResults,
}

impl<'r> Picture<'r> {
    pub(super) fn new(study: &'r StudyResults) -> Self {
        Self { study }
    }
}

impl drawing::Picture for Picture<'_> {
    fn size(&self) -> (u32, u32) {
        let rows = u32::try_from(self.study.cases.len()).unwrap_or(1);
        (WIDTH, ROW_HEIGHT * rows + LEGEND_HEIGHT)
    }

    fn draw<B: DrawingBackend>(&self, root: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        root.fill(&WHITE)?;
        let (top, rest) = root.split_vertically(px.of(f64::from(LEGEND_HEIGHT)));
        let rows = rest.split_evenly((self.study.cases.len(), 1));
        for (row, case) in rows.iter().zip(&self.study.cases) {
            let (left, right) = row.split_horizontally(px.of(f64::from(WIDTH) / 2.0));
            let title = title(self.study.study, &case.label);
            draw_panel(&left, case, &title, "step", |at| at.step as f64, px)?;
            draw_panel(&right, case, &title, "seconds", |at| at.seconds, px)?;
        }
        match self.study.cases.first() {
            Some(case) => draw_legend(&top, case, px),
            None => Ok(()),
        }
    }
}

fn title(study: Study, label: &str) -> String {
    match study {
        Study::Scale => format!("Starting weights of standard deviation {label}"),
        Study::Tuning => "Everybody tuned".to_owned(),
        Study::Condition => format!("κ₂(A) = {label}"),
        Study::Noise if label.starts_with('k') => format!("Too few hidden units: {label}"),
        Study::Noise => format!("Noise of standard deviation {label}"),
    }
}

/// An axis of decades; all numbers are decimal logarithms.
#[derive(Clone, Debug, PartialEq)]
struct Decades {
    low: f64,
    high: f64,
}

impl Decades {
    /// Around positive `values`, no more than `depth` of them from the top.
    fn around(values: impl Iterator<Item = f64>, depth: f64) -> Self {
        let drawable = values.filter(|v| *v > 0.0 && v.is_finite());
        let (low, high) = drawable.fold((f64::INFINITY, 0.0f64), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        if high == 0.0 {
            return Self {
                low: -1.0,
                high: 0.0,
            };
        }
        let high = high.log10().ceil();
        let low = low.log10().floor().max(high - depth).min(high - 1.0);
        Self { low, high }
    }
}

impl Ranged for Decades {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "a place on a page")]
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        let stride = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .find(|stride| (self.high - self.low) / stride <= 7.0)
            .unwrap_or(20.0);
        let first = (self.low / stride).ceil() * stride;
        std::iter::successors(Some(first), |tick| Some(tick + stride))
            .take_while(|tick| *tick <= self.high)
            .collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Decades {
    fn format_ext(&self, value: &f64) -> String {
        format!("10{}", superscript(*value))
    }
}

fn draw_panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    case: &CaseResults,
    title: &str,
    x_label: &str,
    x: impl Fn(&Point) -> f64,
    px: Pixels,
) -> Drawn<B> {
    let traces = || case.entries.iter().filter_map(|entry| entry.runs.first());
    let shown = || {
        traces()
            .filter(|run| !run.diverged)
            .flat_map(|run| &run.trace)
    };
    let across = Decades::around(shown().map(&x), 7.0);
    // Spikes far above the start would flatten everything else.
    let starts = traces().filter_map(|run| run.trace.first());
    let top = 10.0 * starts.fold(0.0f64, |top, at| top.max(at.excess));
    let up = Decades::around(shown().map(|at| at.excess.min(top)), DEPTH);
    let mut chart = ChartBuilder::on(area)
        .margin_right(px.of(16.0))
        .margin_left(px.of(6.0))
        .margin_bottom(px.of(12.0))
        .caption(title, px.bold(13.5))
        .x_label_area_size(px.of(42.0))
        .y_label_area_size(px.of(66.0))
        .build_cartesian_2d(across.clone(), up.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(px.unsigned(1.0)))
        .axis_style(BLACK.stroke_width(px.unsigned(1.0)))
        .x_desc(x_label)
        .y_desc("(loss − optimum)/‖Y‖²")
        .set_all_tick_mark_size(px.of(4.0))
        .label_style(px.font(12.5))
        .axis_desc_style(px.font(13.0))
        .draw()?;
    for entry in &case.entries {
        let Some(run) = entry.runs.first() else {
            continue;
        };
        let style = style(entry.contender);
        let line = style.stroke(px);
        let places = run
            .trace
            .iter()
            .map(|at| (x(at).log10(), at.excess.log10().min(up.high)));
        let inside = |&(x, y): &(f64, f64)| {
            (across.low..=across.high).contains(&x) && (up.low..=up.high).contains(&y)
        };
        let points: Vec<_> = places.filter(inside).collect();
        let scale = (
            PANEL.0 / (across.high - across.low),
            PANEL.1 / (up.high - up.low),
        );
        // Piece by piece: a thick line is drawn far beyond a sharp peak.
        let pieces = match style.dash {
            None => points.windows(2).map(|ends| [ends[0], ends[1]]).collect(),
            Some(dash) => dashes(&points, scale, dash),
        };
        chart.draw_series(pieces.iter().map(|ends| PathElement::new(*ends, line)))?;
    }
    Ok(())
}

/// The pieces of a dashed line, with lengths of dash and gap on the page, where `scale` takes the
/// coordinates.
fn dashes(
    points: &[(f64, f64)],
    scale: (f64, f64),
    (dash, gap): (f64, f64),
) -> Vec<[(f64, f64); 2]> {
    let mut pieces = Vec::new();
    let (mut drawing, mut left) = (true, dash);
    for ends in points.windows(2) {
        let (from, to) = (ends[0], ends[1]);
        let across = (to.0 - from.0, to.1 - from.1);
        let length = (across.0 * scale.0).hypot(across.1 * scale.1);
        let place = |at: f64| {
            let share = at / length;
            (from.0 + share * across.0, from.1 + share * across.1)
        };
        let mut at = 0.0;
        while at < length {
            let next = (at + left).min(length);
            if drawing {
                pieces.push([place(at), place(next)]);
            }
            left -= next - at;
            if next < length || left <= 0.0 {
                drawing = !drawing;
                left = if drawing { dash } else { gap };
            }
            at = next;
        }
    }
    pieces
}

fn draw_legend<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    case: &CaseResults,
    px: Pixels,
) -> Drawn<B> {
    let middle = f64::from(LEGEND_HEIGHT) / 2.0;
    let left = Pos::new(HPos::Left, VPos::Center);
    let width = (f64::from(WIDTH) - 40.0) / case.entries.len() as f64;
    for (place, entry) in case.entries.iter().enumerate() {
        let x = 30.0 + width * place as f64;
        let style = style(entry.contender);
        let ends = [x, x + 40.0].map(|x| (px.of(x), px.of(middle)));
        style.draw_sample(area, ends, px)?;
        let text = px.font(13.0).pos(left);
        let at = (px.of(x + 47.0), px.of(middle));
        area.draw_text(&entry.contender.to_string(), &text, at)?;
    }
    Ok(())
}

/// How a method is drawn: hues that every kind of colour vision tells apart, told apart by dashes
/// as well; Levenberg-Marquardt is black or grey.
struct Style {
    color: RGBColor,
    width: f64,
    /// Lengths of dash and gap, or none for a solid line.
    dash: Option<(f64, f64)>,
}

fn style(contender: Contender) -> Style {
    let (color, width, dash) = match contender.rival {
        Rival::GradientDescent => (RGBColor(35, 110, 190), 2.0, None),
        Rival::Adam => (RGBColor(225, 115, 15), 2.0, Some((7.0, 4.0))),
        Rival::ScaledGradientDescent => (RGBColor(0, 135, 95), 2.0, Some((12.0, 4.0))),
        Rival::DampedScaledGradientDescent => (RGBColor(150, 60, 160), 2.0, None),
        Rival::FixedStep if contender.setting < 0.5 => (BLACK, 2.4, Some((4.0, 3.0))),
        Rival::FixedStep => (RGBColor(130, 130, 130), 2.8, None),
        Rival::AdaptiveDamping => (BLACK, 2.8, None),
    };
    Style { color, width, dash }
}

impl Style {
    fn stroke(&self, px: Pixels) -> ShapeStyle {
        self.color.stroke_width(px.unsigned(self.width))
    }

    fn draw_sample<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        [start, end]: [(i32, i32); 2],
        px: Pixels,
    ) -> Drawn<B> {
        let line = self.stroke(px);
        let Some((dash, gap)) = self.dash else {
            return area.draw(&PathElement::new([start, end], line));
        };
        let mut x = start.0;
        while x < end.0 {
            let dash_end = (x + px.of(dash)).min(end.0);
            area.draw(&PathElement::new([(x, start.1), (dash_end, start.1)], line))?;
            x += px.of(dash + gap);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_on_around_corners() {
        let corner = [(0.0, 0.0), (3.0, 0.0), (3.0, 4.0)];
        let pieces = dashes(&corner, (1.0, 0.5), (2.0, 2.0));
        assert_eq!(pieces, [[(0.0, 0.0), (2.0, 0.0)], [(3.0, 2.0), (3.0, 4.0)]]);
    }

    #[test]
    fn an_axis_spans_whole_decades_of_what_can_be_drawn() {
        let values = [0.0, 2e-7, f64::NAN, -1.0, 0.5, f64::INFINITY];
        let axis = Decades::around(values.into_iter(), DEPTH);
        assert_eq!((axis.low, axis.high), (-7.0, 0.0));
        let deep = Decades::around([1e-60, 1.0].into_iter(), DEPTH);
        assert_eq!((deep.low, deep.high), (-34.0, 0.0));
        let none = Decades::around(std::iter::empty(), DEPTH);
        assert!(none.low < none.high);
    }
}
