//! Speed beside accuracy: the backward error of each right answer against its time.

use leastwise_conformance::STABLE_BACKWARD_ERROR;
use leastwise_core::Method;
use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{LABEL_HEIGHT, LogAxis, plain_or_power};
use super::frame::{Frame, PANEL, RIGHT, TEXT};
use super::label::{self, Area};
use super::multiples::{Multiples, Panel};
use super::style::{Engines, INK, MUTED};
use crate::compare::analysis::{self, Group};
use crate::compare::record::{CellRecord, Results};
use crate::drawing::{Drawn, Pixels};
use leastwise_harness::model::Operation;

/// A panel for each system that is not one of a sweep.
pub(crate) type Scatter = Multiples<ScatterPanel>;

impl Scatter {
    /// `None` if no system of this scalar type was timed.
    pub(crate) fn new(results: &Results, scalar: &str) -> Option<Self> {
        let groups = analysis::groups(results);
        let systems = groups
            .iter()
            .filter(|group| group.op == Operation::Lstsq && group.scalar == scalar);
        let panels: Vec<ScatterPanel> = systems.filter_map(ScatterPanel::new).collect();
        (!panels.is_empty()).then(|| Self {
            title: format!("Backward error against time, {scalar}: lower and further left is better"),
            note: "Dashed: the limit for a stable answer. cod: complete-orthogonal. Refused and wrong \
                   answers have no time.",
            panels,
            engines: Engines::new(&results.run),
        })
    }
}

/// One system.
pub(crate) struct ScatterPanel {
    title: String,
    points: Vec<Point>,
}

struct Point {
    engine: String,
    method: String,
    nanoseconds: f64,
    /// In units of ‖A‖_F·u.
    error: f64,
}

/// What part of an axis the label of a time takes.
const TIME_WIDTH: f64 = 0.18;
/// An error of zero has no logarithm; below this it makes no difference.
const SMALLEST_ERROR: f64 = 0.01;

impl ScatterPanel {
    fn new(group: &Group<'_>) -> Option<Self> {
        let cells = group.rows.iter().filter(|row| row.ratio.is_some());
        let cells = cells.map(|row| row.cell).filter(|cell| !cell.control);
        // A sweep has a plot of its own.
        let points: Vec<Point> = cells
            .filter(|cell| cell.size.is_none())
            .filter_map(Point::new)
            .collect();
        (!points.is_empty()).then(|| Self {
            title: format!("{}, {}", shortened(group.case), group.scalar),
            points,
        })
    }

    fn axes(&self) -> (LogAxis, LogAxis) {
        let times = || self.points.iter().map(|point| point.nanoseconds);
        let errors = || self.points.iter().map(|point| point.error);
        let (first, last) = (
            times().fold(f64::INFINITY, f64::min),
            times().fold(0.0, f64::max),
        );
        let lowest = errors().fold(1.0, f64::min);
        let highest = errors().fold(0.0, f64::max) * 4.0;
        // Air for labels; the limit is always in view.
        (
            LogAxis::over(first / 1.35, last * 1.35, TIME_WIDTH, time_label),
            LogAxis::over(
                lowest / 3.0,
                highest.max(1.7 * STABLE_BACKWARD_ERROR),
                LABEL_HEIGHT,
                plain_or_power,
            ),
        )
    }
}

impl Point {
    fn new(cell: &CellRecord) -> Option<Self> {
        Some(Self {
            engine: cell.engine.clone(),
            method: cell.method.clone()?,
            nanoseconds: cell.median_ns?,
            error: cell.backward_error_u?.max(SMALLEST_ERROR),
        })
    }
}

/// The name of a user's file can be of any length.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 28;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// As it is short in the literature.
fn short_name(method: &str) -> &str {
    match method.parse() {
        Ok(Method::CompleteOrthogonal) => "cod",
        _ => method,
    }
}

/// A round time as `20 µs`.
fn time_label(nanoseconds: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let fitting = units
        .into_iter()
        .find(|(size, _)| nanoseconds >= 0.999 * size);
    let (size, unit) = fitting.unwrap_or((1.0, "ns"));
    format!("{} {unit}", nanoseconds / size)
}

impl Panel for ScatterPanel {
    fn description(&self) -> String {
        let mut points: Vec<&Point> = self.points.iter().collect();
        points.sort_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds));
        let described = points.iter().map(|point| {
            let time = crate::compare::report::human_time(point.nanoseconds);
            format!(
                "{}/{} {time}, {:.1} u",
                point.engine, point.method, point.error
            )
        });
        let described: Vec<String> = described.collect();
        format!(
            "{}, the fastest first: {}",
            self.title,
            described.join("; ")
        )
    }

    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        engines: &Engines,
        px: Pixels,
    ) -> Drawn<B> {
        let (x, y) = self.axes();
        let frame = Frame {
            title: &self.title,
            x_name: "time of one call",
            y_name: "backward error, u",
            x: &x,
            y: &y,
            size: PANEL,
            right: RIGHT,
            px,
        };
        frame.draw(area)?;
        draw_limit(area, &frame)?;
        let place = |point: &Point| (frame.x_of(point.nanoseconds), frame.y_of(point.error));
        let places: Vec<(i32, i32)> = self.points.iter().map(place).collect();
        self.draw_labels(area, &frame, &places)?;
        for (point, &place) in self.points.iter().zip(&places) {
            engines.style(&point.engine).point(area, place, true, px)?;
        }
        Ok(())
    }
}

fn draw_limit<B: DrawingBackend>(area: &DrawingArea<B, Shift>, frame: &Frame<'_>) -> Drawn<B> {
    let (px, y) = (frame.px, frame.y_of(STABLE_BACKWARD_ERROR));
    let ends = [(frame.left(), y), (frame.right(), y)];
    let stroke = INK.stroke_width(px.unsigned(1.2));
    area.draw(&DashedPathElement::new(
        ends,
        px.of(5.0),
        px.of(4.0),
        stroke,
    ))?;
    let text = px
        .font(TEXT)
        .color(&MUTED)
        .pos(Pos::new(HPos::Right, VPos::Bottom));
    let label = format!("{STABLE_BACKWARD_ERROR:.0} u");
    area.draw_text(&label, &text, (frame.right() - px.of(2.0), y - px.of(2.0)))
}

impl ScatterPanel {
    /// The method beside each point, with a thread to it where it had to move away.
    fn draw_labels<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        frame: &Frame<'_>,
        places: &[(i32, i32)],
    ) -> Drawn<B> {
        let px = frame.px;
        let font = px.font(0.9 * TEXT).color(&INK);
        let mut sizes = Vec::new();
        for point in &self.points {
            let (width, _) = area.estimate_text_size(short_name(&point.method), &font)?;
            sizes.push((i32::try_from(width).unwrap_or(0), px.of(13.0)));
        }
        let bounds = Area {
            left: frame.left(),
            top: frame.top(),
            width: frame.right() - frame.left(),
            height: frame.bottom() - frame.top(),
        };
        let labels = label::place(places, &sizes, px.of(7.0), bounds);
        let thread = MUTED.stroke_width(px.unsigned(1.0));
        for (label, &(x, y)) in labels.iter().zip(places) {
            let nearest = (
                x.clamp(label.left, label.left + label.width),
                y.clamp(label.top, label.top + label.height),
            );
            let away = (nearest.0 - x).abs().max((nearest.1 - y).abs());
            if away > px.of(9.0) {
                area.draw(&PathElement::new([(x, y), nearest], thread))?;
            }
        }
        for (label, point) in labels.iter().zip(&self.points) {
            let middle = (label.left + label.width / 2, label.top + label.height / 2);
            let text = font.clone().pos(Pos::new(HPos::Center, VPos::Center));
            area.draw_text(short_name(&point.method), &text, middle)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_on_an_axis_are_round() {
        for (nanoseconds, shown) in [
            (5.0, "5 ns"),
            (1.5e4, "15 µs"),
            (1.25e6, "1.25 ms"),
            (1e6, "1 ms"),
            (5e9, "5 s"),
        ] {
            assert_eq!(time_label(nanoseconds), shown);
        }
    }
}
