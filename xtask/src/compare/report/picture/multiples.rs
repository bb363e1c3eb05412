//! Small multiples: panels side by side under one title, over one legend.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::frame::{PANEL, TEXT};
use super::style::{Engines, INK, MUTED, SURFACE, Sample};
use crate::drawing::{Drawn, Picture, Pixels};

/// One of several plots of the same kind.
pub(crate) trait Panel {
    /// What it shows, in a sentence for those who cannot see it.
    fn description(&self) -> String;

    /// Draws on an area of the size of a panel.
    ///
    /// # Errors
    /// What the drawing library reports.
    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        engines: &Engines,
        px: Pixels,
    ) -> Drawn<B>;
}

/// All panels as one picture.
pub(crate) struct Multiples<P> {
    pub(super) title: String,
    /// A line below the legend.
    pub(super) note: &'static str,
    pub(super) panels: Vec<P>,
    pub(super) engines: Engines,
}

/// One panel as a picture.
pub(crate) struct Single<'p, P> {
    panel: &'p P,
    engines: &'p Engines,
}

impl<P: Panel> Multiples<P> {
    pub(crate) fn panels(&self) -> &[P] {
        &self.panels
    }

    pub(crate) fn single<'p>(&'p self, panel: &'p P) -> Single<'p, P> {
        Single {
            panel,
            engines: &self.engines,
        }
    }
}

impl<P: Panel> Picture for Single<'_, P> {
    fn size(&self) -> (u32, u32) {
        PANEL
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        area.fill(&SURFACE)?;
        self.panel.draw(area, self.engines, px)
    }
}

const COLUMNS: usize = 3;
const MARGIN: u32 = 12;
const TITLE: u32 = 40;
const LEGEND: u32 = 56;

impl<P: Panel> Multiples<P> {
    fn columns(&self) -> usize {
        self.panels.len().clamp(1, COLUMNS)
    }

    fn rows(&self) -> usize {
        self.panels.len().div_ceil(self.columns())
    }
}

impl<P: Panel> Picture for Multiples<P> {
    #[expect(clippy::cast_possible_truncation, reason = "a few panels")]
    fn size(&self) -> (u32, u32) {
        let (columns, rows) = (self.columns().max(2) as u32, self.rows() as u32);
        (
            PANEL.0 * columns + 2 * MARGIN,
            TITLE + PANEL.1 * rows + LEGEND,
        )
    }

    fn draw<B: DrawingBackend>(&self, root: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        root.fill(&SURFACE)?;
        let (width, height) = self.size();
        let (top, rest) = root.split_vertically(px.of(f64::from(TITLE)));
        let panels_end = px.of(f64::from(height - TITLE - LEGEND));
        let (middle, bottom) = rest.split_vertically(panels_end);
        let center = Pos::new(HPos::Center, VPos::Center);
        let title = px.bold(20.0).color(&INK).pos(center);
        let at = (px.of(f64::from(width) / 2.0), px.of(f64::from(TITLE) / 2.0));
        top.draw_text(&self.title, &title, at)?;
        let columns = self.columns();
        let margin = px.of(f64::from(MARGIN));
        let (across, down) = (px.of(f64::from(PANEL.0)), px.of(f64::from(PANEL.1)));
        for (i, panel) in self.panels.iter().enumerate() {
            // Panels are few: a place that does not fit an i32 is out of the question.
            let column = i32::try_from(i % columns).unwrap_or(0);
            let row = i32::try_from(i / columns).unwrap_or(0);
            let place = middle.clone().shrink(
                (margin + column * across, row * down),
                (
                    px.unsigned(f64::from(PANEL.0)),
                    px.unsigned(f64::from(PANEL.1)),
                ),
            );
            panel.draw(&place, &self.engines, px)?;
        }
        self.legend(&bottom, px)
    }
}

impl<P: Panel> Multiples<P> {
    fn legend<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        let font = px
            .font(TEXT)
            .color(&INK)
            .pos(Pos::new(HPos::Left, VPos::Center));
        let (sample, gap) = (px.of(f64::from(Sample::WIDTH)), px.of(8.0));
        let mut entries = Vec::new();
        for name in self.engines.names() {
            let (width, _) = area.estimate_text_size(name, &font)?;
            entries.push((name, i32::try_from(width).unwrap_or(0)));
        }
        let total: i32 = entries
            .iter()
            .map(|(_, width)| sample + width + 4 * gap)
            .sum();
        let (width, _) = area.dim_in_pixel();
        let width = i32::try_from(width).unwrap_or(0);
        let mut x = (width - total) / 2 + gap;
        for (name, text_width) in entries {
            let place = area.clone().shrink(
                (x, px.of(5.0)),
                (px.unsigned(f64::from(Sample::WIDTH)), px.unsigned(14.0)),
            );
            Sample::of(&self.engines, name).draw(&place, px)?;
            area.draw_text(name, &font, (x + sample + gap, px.of(12.0)))?;
            x += sample + text_width + 4 * gap;
        }
        let note = px
            .font(TEXT)
            .color(&MUTED)
            .pos(Pos::new(HPos::Center, VPos::Center));
        area.draw_text(self.note, &note, (width / 2, px.of(36.0)))
    }
}
