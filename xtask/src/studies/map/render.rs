//! Drawing the map: rows are calls, columns are problems, a panel for each shape and scalar type.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::outcome::Outcome;
use super::problems::Family;
use super::{Map, Panel};
use crate::drawing::{Drawn, Picture, Pixels};

const CELL: f64 = 15.0;
const GAP: f64 = 14.0;
const LABELS: f64 = 236.0;
const TITLE: f64 = 46.0;
/// Above the cells of a panel: its name and the names of its columns.
const HEADING: f64 = 96.0;
const LEGEND: f64 = 44.0;
const MARGIN: f64 = 12.0;

const LINE: RGBColor = RGBColor(120, 120, 120);
const ACCURATE: RGBColor = RGBColor(92, 164, 214);
const REFUSED: RGBColor = RGBColor(206, 206, 206);
const NOT_SHORTEST: RGBColor = RGBColor(240, 222, 90);
const NOT_FINITE: RGBColor = RGBColor(112, 56, 142);
const PANICKED: RGBColor = RGBColor(20, 20, 20);
/// Of a backward error just above 30 u, and of one of 1/u.
const INACCURATE: [(f64, f64, f64); 2] = [(250.0, 180.0, 110.0), (150.0, 10.0, 30.0)];

impl Map {
    /// The panels of a scalar type, from left to right.
    fn band(&self, scalar: &str) -> Vec<&Panel> {
        let of_scalar = |panel: &&Panel| panel.scalar == scalar;
        self.panels.iter().filter(of_scalar).collect()
    }

    fn band_height(&self) -> f64 {
        HEADING + CELL * self.rows.len() as f64
    }

    /// Where each panel begins; the widest scalar type decides.
    fn lefts(&self) -> Vec<f64> {
        let mut left = MARGIN + LABELS;
        let widths = self.band("f64").into_iter().map(Panel::width);
        widths
            .map(|width| {
                let start = left;
                left += width + GAP;
                start
            })
            .collect()
    }
}

impl Panel {
    /// The columns with a problem in them.
    fn shown(&self) -> impl Iterator<Item = (usize, Family)> {
        let columns = self.columns.iter().copied().enumerate();
        columns.filter(|&(j, _)| {
            let mut outcomes = self.outcomes.iter();
            outcomes.any(|row| row[j] != Outcome::NotOffered)
        })
    }

    fn width(&self) -> f64 {
        CELL * self.shown().count() as f64
    }
}

impl Picture for Map {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length on a page"
    )]
    fn size(&self) -> (u32, u32) {
        let lefts = self.lefts();
        let widths = self.band("f64").into_iter().map(Panel::width);
        let right = lefts.iter().zip(widths).map(|(left, width)| left + width);
        let width = right.fold(0.0, f64::max) + MARGIN;
        let height = TITLE + 2.0 * (self.band_height() + GAP) + LEGEND;
        (width.ceil() as u32, height.ceil() as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        area.fill(&WHITE)?;
        let title = "Least squares by each library's own call, and through Leastwise";
        area.draw_text(
            title,
            &px.bold(17.0).pos(Pos::new(HPos::Left, VPos::Center)),
            (px.of(MARGIN), px.of(TITLE / 2.0)),
        )?;
        let mut top = TITLE;
        for scalar in ["f64", "f32"] {
            draw_labels(area, self, scalar, top, px)?;
            for (panel, left) in self.band(scalar).into_iter().zip(self.lefts()) {
                draw_panel(area, self, panel, (left, top), px)?;
            }
            top += self.band_height() + GAP;
        }
        draw_legend(area, top + LEGEND / 2.0, px)
    }
}

fn draw_labels<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    map: &Map,
    scalar: &str,
    top: f64,
    px: Pixels,
) -> Drawn<B> {
    let left = Pos::new(HPos::Left, VPos::Center);
    let right = Pos::new(HPos::Right, VPos::Center);
    area.draw_text(
        scalar,
        &px.bold(20.0).pos(left),
        (px.of(MARGIN), px.of(top + HEADING - 20.0)),
    )?;
    let mut library = None;
    for (i, row) in map.rows.iter().enumerate() {
        let y = px.of(top + HEADING + CELL * (i as f64 + 0.5));
        if library != Some(row.library) {
            let name = map.libraries[row.library].as_str();
            area.draw_text(name, &px.bold(12.0).pos(left), (px.of(MARGIN), y))?;
            library = Some(row.library);
        }
        let font = if row.ours {
            px.bold(11.5)
        } else {
            px.font(11.5)
        };
        let place = (px.of(MARGIN + LABELS - 8.0), y);
        area.draw_text(&row.label, &font.pos(right), place)?;
    }
    Ok(())
}

fn draw_panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    map: &Map,
    panel: &Panel,
    (left, top): (f64, f64),
    px: Pixels,
) -> Drawn<B> {
    let above = Pos::new(HPos::Left, VPos::Center);
    let (m, n) = panel.shape;
    area.draw_text(
        &format!("{m}×{n} by κ"),
        &px.bold(13.0).pos(above),
        (px.of(left), px.of(top + 10.0)),
    )?;
    let upright = px.font(11.0).pos(above).transform(FontTransform::Rotate270);
    for (x, (j, family)) in panel.shown().enumerate() {
        let x = left + CELL * x as f64;
        let place = (px.of(x + CELL / 2.0), px.of(top + HEADING - 4.0));
        area.draw_text(&family.label(), &upright, place)?;
        for (i, row) in panel.outcomes.iter().enumerate() {
            let y = top + HEADING + CELL * i as f64;
            draw_cell(area, row[j], (x, y), px)?;
        }
    }
    let border = LINE.stroke_width(px.unsigned(1.0));
    for i in 0..=map.rows.len() {
        let library = |i: usize| map.rows.get(i).map(|row| row.library);
        if i == 0 || library(i) != library(i - 1) {
            let y = px.of(top + HEADING + CELL * i as f64);
            let ends = [(px.of(left), y), (px.of(left + panel.width()), y)];
            area.draw(&PathElement::new(ends, border))?;
        }
    }
    Ok(())
}

fn color(outcome: Outcome) -> RGBColor {
    match outcome {
        Outcome::NotOffered => WHITE,
        Outcome::Accurate => ACCURATE,
        Outcome::Refused => REFUSED,
        Outcome::NotShortest => NOT_SHORTEST,
        Outcome::NotFinite => NOT_FINITE,
        Outcome::Panicked => PANICKED,
        Outcome::Inaccurate(error) => {
            let share = ((error / 30.0).log10() / 14.0).clamp(0.0, 1.0);
            let [near, far] = INACCURATE;
            RGBColor(
                mixed(near.0, far.0, share),
                mixed(near.1, far.1, share),
                mixed(near.2, far.2, share),
            )
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between two colours of 0 to 255"
)]
fn mixed(near: f64, far: f64, share: f64) -> u8 {
    (near + share * (far - near)).round() as u8
}

/// A square, with a mark where a colour alone would be easy to miss.
fn draw_cell<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    outcome: Outcome,
    (x, y): (f64, f64),
    px: Pixels,
) -> Drawn<B> {
    if outcome == Outcome::NotOffered {
        return Ok(());
    }
    let corners = [
        (px.of(x + 0.5), px.of(y + 0.5)),
        (px.of(x + CELL - 0.5), px.of(y + CELL - 0.5)),
    ];
    area.draw(&Rectangle::new(corners, color(outcome).filled()))?;
    let mark = match outcome {
        Outcome::NotFinite => "N",
        Outcome::Panicked => "×",
        Outcome::NotShortest => "‖",
        Outcome::Refused => "–",
        _ => return Ok(()),
    };
    let ink = if matches!(outcome, Outcome::Refused | Outcome::NotShortest) {
        BLACK
    } else {
        WHITE
    };
    let style = px.font(10.0).color(&ink);
    let center = (px.of(x + CELL / 2.0), px.of(y + CELL / 2.0));
    let style = style.pos(Pos::new(HPos::Center, VPos::Center));
    area.draw_text(mark, &style, center)
}

fn draw_legend<B: DrawingBackend>(area: &DrawingArea<B, Shift>, y: f64, px: Pixels) -> Drawn<B> {
    let entries = [
        (Outcome::Accurate, "accurate: ≤ 30 u and minimum norm"),
        (Outcome::Refused, "refused"),
        (Outcome::NotShortest, "solves, but not minimum norm"),
        (Outcome::Inaccurate(31.0), "backward error 30 u,"),
        (Outcome::Inaccurate(3e7), "10⁷ u,"),
        (Outcome::Inaccurate(1e15), "1/u"),
        (Outcome::NotFinite, "NaN or ∞"),
        (Outcome::Panicked, "panic"),
    ];
    let style = px.font(12.5).pos(Pos::new(HPos::Left, VPos::Center));
    let mut x = MARGIN;
    for (outcome, text) in entries {
        draw_cell(area, outcome, (x, y - CELL / 2.0), px)?;
        area.draw_text(text, &style, (px.of(x + CELL + 6.0), px.of(y)))?;
        let (width, _) = area.estimate_text_size(text, &style)?;
        x += CELL + 6.0 + f64::from(width) / f64::from(px.of(1.0).max(1)) + 20.0;
    }
    Ok(())
}
