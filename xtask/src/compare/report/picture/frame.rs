//! The frame of a panel: its axes, and where values lie on the page.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::LogAxis;
use super::style::{GRID, INK, MUTED};
use crate::drawing::{Drawn, Pixels};

/// The size of a panel in units.
pub(crate) const PANEL: (u32, u32) = (336, 286);
/// What is left free around the axes: for the title and the name of the upward axis, and for labels.
const TOP: f64 = 56.0;
pub(crate) const RIGHT: f64 = 20.0;
const BOTTOM: f64 = 46.0;
const LEFT: f64 = 52.0;
/// plotters writes text at 1/1.24 of this, so labels have 12 pixels.
pub(crate) const TEXT: f64 = 15.0;
const TITLE: f64 = 17.0;

/// The axes with their names.
pub(crate) struct Frame<'f> {
    pub(crate) title: &'f str,
    pub(crate) x_name: &'f str,
    pub(crate) y_name: &'f str,
    pub(crate) x: &'f LogAxis,
    pub(crate) y: &'f LogAxis,
    /// Of the whole panel, in units.
    pub(crate) size: (u32, u32),
    /// What is left free to the right of the axes.
    pub(crate) right: f64,
    pub(crate) px: Pixels,
}

impl Frame<'_> {
    pub(crate) fn left(&self) -> i32 {
        self.px.of(LEFT)
    }

    pub(crate) fn right(&self) -> i32 {
        self.px.of(f64::from(self.size.0) - self.right)
    }

    pub(crate) fn top(&self) -> i32 {
        self.px.of(TOP)
    }

    pub(crate) fn bottom(&self) -> i32 {
        self.px.of(f64::from(self.size.1) - BOTTOM)
    }

    pub(crate) fn x_of(&self, value: f64) -> i32 {
        between(self.left(), self.right(), self.x.share(value))
    }

    pub(crate) fn y_of(&self, value: f64) -> i32 {
        between(self.bottom(), self.top(), self.y.share(value))
    }

    /// The title, the grid, the axes and their labels.
    pub(crate) fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let px = self.px;
        let [left, right, top, bottom] = [self.left(), self.right(), self.top(), self.bottom()];
        let grid = GRID.stroke_width(px.unsigned(1.0));
        let text = |h, v| px.font(TEXT).color(&MUTED).pos(Pos::new(h, v));
        for tick in &self.x.ticks {
            let x = self.x_of(10f64.powf(tick.at));
            area.draw(&PathElement::new([(x, top), (x, bottom)], grid))?;
            let below = text(HPos::Center, VPos::Top);
            area.draw_text(&tick.label, &below, (x, bottom + px.of(6.0)))?;
        }
        for tick in &self.y.ticks {
            let y = self.y_of(10f64.powf(tick.at));
            area.draw(&PathElement::new([(left, y), (right, y)], grid))?;
            let beside = text(HPos::Right, VPos::Center);
            area.draw_text(&tick.label, &beside, (left - px.of(6.0), y))?;
        }
        let axes = [(left, top), (left, bottom), (right, bottom)];
        area.draw(&PathElement::new(
            axes,
            MUTED.stroke_width(px.unsigned(1.0)),
        ))?;
        let title = px
            .bold(TITLE)
            .color(&INK)
            .pos(Pos::new(HPos::Left, VPos::Top));
        area.draw_text(self.title, &title, (px.of(4.0), px.of(4.0)))?;
        let above = text(HPos::Left, VPos::Bottom);
        area.draw_text(self.y_name, &above, (px.of(4.0), top - px.of(10.0)))?;
        let under = text(HPos::Center, VPos::Top);
        let middle = i32::midpoint(left, right);
        area.draw_text(self.x_name, &under, (middle, bottom + px.of(25.0)))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place on a page")]
fn between(from: i32, to: i32, share: f64) -> i32 {
    from + (share * f64::from(to - from)).round() as i32
}
