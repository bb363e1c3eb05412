//! The drawing of charts.

use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::Scale;
use crate::chart::{Chart, Kind, Point, Rule, Series};
use crate::color::Color;
use crate::label::{self, Area};
use crate::path::{Place, cut, thinned};
use crate::picture::{Font, Picture, TEXT};

/// The space around the axes, for the title, the name of the vertical axis, and the labels.
const TITLE: f64 = 24.0;
const NAME: f64 = 32.0;
const RIGHT: f64 = 20.0;
const BOTTOM: f64 = 46.0;
/// The height of the strip.
const STRIP: f64 = 9.0;
/// The space between a line and the column of names beside it.
const LEADER: f64 = 22.0;

/// The position of each part of a chart.
struct Frame {
    x: Scale,
    y: Scale,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    fn place(&self, x: f64, y: f64) -> Option<Place> {
        Some((self.x.place(x)?, self.y.place(y)?))
    }

    fn nearest(&self, point: &Point) -> Place {
        (self.x.nearest(point.x), self.y.nearest(point.y))
    }

    fn is_across(&self, x: f64) -> bool {
        (self.left..=self.right).contains(&x)
    }
}

impl Chart {
    fn points(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|series| &series.points)
    }

    fn frame(&self, (width, height): (f64, f64)) -> (Frame, Vec<(f64, String)>) {
        let font = Font::new(TEXT, Color::Muted);
        let widest = |words: &mut dyn Iterator<Item = &str>| {
            words.map(|words| font.width(words)).fold(0.0, f64::max)
        };
        let bottom = height - BOTTOM;
        let title = if self.title.is_empty() { 0.0 } else { TITLE };
        let top = title + NAME;
        let strip = if self.strip.is_empty() {
            0.0
        } else {
            STRIP + 3.0
        };
        let levels = self
            .rules
            .iter()
            .filter(|rule| rule.ends[0].0 == f64::NEG_INFINITY);
        let bands = self
            .series
            .iter()
            .filter(|series| series.kind == Kind::Band);
        let ends = bands.flat_map(|series| series.points.iter().filter_map(|p| p.interval));
        let heights = (self.points().map(|p| p.y))
            .chain(levels.map(|rule| rule.ends[0].1))
            .chain(ends.flat_map(|(low, high)| [low, high]));
        let y = self.y.scale(heights, (bottom - strip, top));
        let ticks = self.y.ticks(&y, true);
        let left = 12.0 + widest(&mut ticks.iter().map(|(_, label)| label.as_str())).max(24.0);
        let names = if self.has_names {
            LEADER + widest(&mut self.series.iter().map(|s| s.name.as_str()))
        } else {
            0.0
        };
        // However long the names are, the axes keep some room.
        let right = (width - RIGHT - names).max(left + 40.0);
        let x = self.x.scale(self.points().map(|p| p.x), (left, right));
        let frame = Frame {
            x,
            y,
            left,
            right,
            top,
            bottom,
        };
        (frame, ticks)
    }

    /// The chart as a picture of its own.
    pub(crate) fn picture(&self, size: (f64, f64)) -> Picture {
        let mut picture = Picture::new(size.0, size.1);
        let (frame, ticks) = self.frame(size);
        self.draw_axes(&mut picture, &frame, &ticks);
        self.draw_strip(&mut picture, &frame);
        for rule in &self.rules {
            draw_rule(&mut picture, rule, &frame);
        }
        for series in self.series.iter().rev() {
            draw_series(&mut picture, series, &frame);
        }
        self.draw_labels(&mut picture, &frame);
        if self.has_names {
            self.draw_names(&mut picture, &frame);
        }
        picture
    }

    fn draw_axes(&self, on: &mut Picture, frame: &Frame, ticks: &[(f64, String)]) {
        let &Frame {
            left,
            right,
            top,
            bottom,
            ..
        } = frame;
        let text = |h, v| Font::new(TEXT, Color::Muted).at(h, v);
        for (x, label) in self.x.ticks(&frame.x, false) {
            on.line(vec![(x, top), (x, bottom)], Color::Grid, 1.0, None);
            on.text((x, bottom + 6.0), label, text(HPos::Center, VPos::Top));
        }
        for (y, label) in ticks {
            on.line(vec![(left, *y), (right, *y)], Color::Grid, 1.0, None);
            on.text((left - 6.0, *y), label, text(HPos::Right, VPos::Center));
        }
        let axes = vec![(left, top), (left, bottom), (right, bottom)];
        on.line(axes, Color::Muted, 1.0, None);
        let title = Font::new(17.0, Color::Ink).bold().at(HPos::Left, VPos::Top);
        on.text((4.0, 4.0), &self.title, title);
        let above = text(HPos::Left, VPos::Bottom);
        on.text((4.0, top - 10.0), &self.y.name, above);
        let middle = (0.5 * (left + right), bottom + 25.0);
        on.text(middle, &self.x.name, text(HPos::Center, VPos::Top));
    }

    /// Draws the looks that each value belongs to. Several looks are drawn side by side.
    fn draw_strip(&self, on: &mut Picture, frame: &Frame) {
        let (top, bottom) = (frame.bottom - STRIP, frame.bottom);
        let centers: Vec<f64> = self
            .strip
            .iter()
            .map(|(x, _)| frame.x.nearest(*x))
            .collect();
        let mut left = frame.left;
        for (place, (_, looks)) in self.strip.iter().enumerate() {
            let next = centers.get(place + 1);
            let right = next.map_or(frame.right, |next| 0.5 * (centers[place] + next));
            let width = (right - left) / looks.len().max(1) as f64;
            for (place, look) in looks.iter().enumerate() {
                let x = left + width * place as f64;
                on.rectangle((x, top), (x + width, bottom), look.color());
            }
            if place > 0 {
                on.line(vec![(left, top), (left, bottom)], Color::Ink, 1.0, None);
            }
            left = right;
        }
    }

    /// Draws the text beside the points, with a thin line to each label that had to be moved.
    fn draw_labels(&self, on: &mut Picture, frame: &Frame) {
        let font = Font::new(0.9 * TEXT, Color::Ink).at(HPos::Center, VPos::Center);
        let labelled = self
            .points()
            .filter_map(|point| Some((point, point.label.as_ref()?)));
        let (points, labels): (Vec<_>, Vec<_>) = labelled.unzip();
        let places: Vec<Place> = points.iter().map(|p| frame.nearest(p)).collect();
        let sizes: Vec<_> = labels
            .iter()
            .map(|label| (font.width(label), 13.0))
            .collect();
        let corner = (frame.left, frame.top);
        let bounds = Area::new(corner, (frame.right - frame.left, frame.bottom - frame.top));
        let areas = label::beside(&places, &sizes, 7.0, bounds);
        for (area, &point) in areas.iter().zip(&places) {
            let nearest = area.nearest(point);
            if (nearest.0 - point.0).abs().max((nearest.1 - point.1).abs()) > 9.0 {
                on.line(vec![point, nearest], Color::Muted, 1.0, None);
            }
        }
        for (area, label) in areas.into_iter().zip(labels) {
            write(on, area, label, font);
        }
    }

    /// Draws the name of each series beside the end of its line. One column of names is at the right edge,
    /// and another is beside the lines that end earlier. No two names are at the same height.
    fn draw_names(&self, on: &mut Picture, frame: &Frame) {
        let ends = self.series.iter().filter_map(|series| {
            let end = frame.nearest(series.points.last()?);
            Some((series, end))
        });
        let mut ends: Vec<(&Series, Place)> = ends.collect();
        ends.sort_by(|(_, a), (_, b)| a.1.total_cmp(&b.1));
        let last = ends.iter().map(|(_, end)| end.0).fold(frame.left, f64::max);
        let early = ends.iter().map(|(_, end)| end.0).filter(|&x| x < last);
        let early = early.fold(frame.left, f64::max);
        let wanted: Vec<f64> = ends.iter().map(|(_, end)| end.1).collect();
        let placed = label::spread(&wanted, 14.5, (frame.top + 6.0, frame.bottom - 6.0));
        for ((series, end), y) in ends.into_iter().zip(placed) {
            let left = LEADER + if end.0 < last { early } else { last };
            let leader = vec![(end.0 + 6.0, end.1), (left - 3.0, y)];
            on.line(leader, Color::Look(series.look.slot, 60), 0.8, None);
            let font = Font::new(TEXT, series.look.color());
            on.text((left, y), &series.name, font);
        }
    }
}

/// Draws a text on a background that hides the lines behind it.
fn write(on: &mut Picture, area: Area, words: &str, font: Font) {
    let (left, top) = (area.left, area.top);
    on.rectangle(
        (left, top),
        (left + area.width, top + area.height),
        Color::Surface,
    );
    on.text(area.middle(), words, font);
}

fn draw_rule(on: &mut Picture, rule: &Rule, frame: &Frame) {
    let (color, dash) = if rule.is_dashed {
        (Color::Ink, Some((5.0, 4.0)))
    } else {
        (Color::Muted, None)
    };
    let ends = rule
        .ends
        .map(|(x, y)| (frame.x.nearest(x), frame.y.place(y)));
    let ends: Vec<Place> = ends
        .into_iter()
        .filter_map(|(x, y)| Some((x, y?)))
        .collect();
    let (pieces, _) = cut(&ends, frame.top, frame.bottom);
    for piece in pieces {
        if let [(left, from), (right, to)] = piece[..] {
            // The label is above the end of a horizontal line, and below the middle of a sloped line.
            let font = Font::new(TEXT, Color::Muted);
            if from == to {
                let font = font.at(HPos::Right, VPos::Bottom);
                on.text((right - 2.0, to - 2.0), &rule.label, font);
            } else {
                let middle = (0.5 * (left + right) + 5.0, 0.5 * (from + to) + 3.0);
                on.text(middle, &rule.label, font.at(HPos::Left, VPos::Top));
            }
        }
        on.line(piece, color, 1.2, dash);
    }
}

fn draw_series(on: &mut Picture, series: &Series, frame: &Frame) {
    let look = series.look;
    let placed = series.points.iter().filter_map(|point| {
        let (x, y) = frame.place(point.x, point.y)?;
        x.is_finite().then_some((point, (x, y)))
    });
    let mut placed: Vec<(&Point, Place)> = placed.collect();
    if series.kind.has_line() {
        let line: Vec<Place> = placed.iter().map(|(_, place)| *place).collect();
        let (pieces, leaves) = cut(&line, frame.top, frame.bottom);
        let turned = |path: &[Place]| path.iter().map(|&(x, y)| (y, x)).collect::<Vec<_>>();
        for piece in pieces {
            for piece in cut(&turned(&piece), frame.left, frame.right).0 {
                look.line(on, thinned(&turned(&piece)));
            }
        }
        if let Some((x, y)) = leaves.filter(|&(x, _)| frame.is_across(x)) {
            on.area(
                vec![(x - 5.0, y + 4.0), (x, y - 5.0), (x + 5.0, y + 4.0)],
                look.color(),
            );
        }
    }
    placed.retain(|(_, (x, _))| frame.is_across(*x));
    if series.kind == Kind::Band {
        let ends = placed
            .iter()
            .filter_map(|(point, (x, _))| Some((*x, point.interval?)));
        let low = ends.clone().map(|(x, (low, _))| (x, frame.y.nearest(low)));
        let high = ends.map(|(x, (_, high))| (x, frame.y.nearest(high)));
        let outline = low.chain(high.collect::<Vec<_>>().into_iter().rev());
        on.area(outline.collect(), look.pale());
        return;
    }
    for (point, (x, y)) in placed {
        if let Some((low, high)) = point.interval {
            let ends = vec![(x, frame.y.nearest(low)), (x, frame.y.nearest(high))];
            on.line(ends, look.color(), 1.4, None);
        }
        if series.kind.has_markers() {
            look.point(on, (x, y.clamp(frame.top, frame.bottom)), point.is_hollow);
        }
    }
}
