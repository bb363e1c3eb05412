//! Drawing the figure.

use std::ops::Range;
use std::path::{Path, PathBuf};

use leastwise_two_factor::Spectrum;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::experiment::{Family, Results};
use super::figure::{Axis, Curve, Panel, Style, panels, style};
use crate::drawing::{self, Drawn, Picture, Pixels};

/// Width and height in units of 1/96 inch.
const SIZE: (u32, u32) = (1440, 600);
const LEGEND_HEIGHT: u32 = 128;
const TITLE_HEIGHT: u32 = 40;
const GRID: RGBColor = RGBColor(228, 228, 228);

/// Writes `reproduce.svg` and `reproduce.png` and returns their paths.
///
/// # Errors
/// What the file system or the drawing library reports.
pub(super) fn write(folder: &Path, results: &Results) -> anyhow::Result<[PathBuf; 2]> {
    drawing::write(folder, "reproduce", results)
}

impl Picture for Results {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn draw<B: DrawingBackend>(&self, root: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        draw(root, self, px)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "a place on a page")]
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

fn draw<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    results: &Results,
    px: Pixels,
) -> Drawn<B> {
    root.fill(&WHITE)?;
    let (top, rest) = root.split_vertically(px.of(f64::from(TITLE_HEIGHT)));
    let height = SIZE.1 - TITLE_HEIGHT - LEGEND_HEIGHT;
    let (middle, bottom) = rest.split_vertically(px.of(f64::from(height)));
    let center = px.font(15.0).pos(Pos::new(HPos::Center, VPos::Center));
    let middle_of_top = (
        px.of(f64::from(SIZE.0) / 2.0),
        px.of(f64::from(TITLE_HEIGHT) / 2.0),
    );
    top.draw_text(&title(results), &center, middle_of_top)?;
    for (area, panel) in middle.split_evenly((1, 3)).iter().zip(panels(results)) {
        draw_panel(area, &panel, results, px)?;
    }
    draw_legend(&bottom, results, px)
}

fn title(results: &Results) -> String {
    let spec = &results.spec;
    let spectrum = match spec.spectrum {
        Spectrum::RowScaled => "rows scaled as published",
        Spectrum::Prescribed { .. } => "prescribed spectrum",
    };
    format!(
        "Two-layer linear net: W₁ {m}×{k}, W₂ {k}×{n}, {s} samples; κ₂(A) = {kappa:.3} measured \
         ({spectrum}); start scale {scale}, seed {seed}",
        m = spec.ydim,
        k = spec.wdim,
        n = spec.xdim,
        s = spec.nsamples,
        kappa = Significant(results.condition),
        scale = spec.start_scale,
        seed = spec.seed,
    )
}

/// A positive number to three significant digits.
struct Significant(f64);

impl std::fmt::Display for Significant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 >= 1e3 {
            write!(f, "{:.2e}", self.0)
        } else {
            write!(f, "{:.1}", self.0)
        }
    }
}

fn draw_panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    panel: &Panel,
    results: &Results,
    px: Pixels,
) -> Drawn<B> {
    let (x, y) = (&panel.x, &panel.y);
    let mut chart = ChartBuilder::on(area)
        .margin_right(px.of(18.0))
        .margin_left(px.of(8.0))
        .caption(panel.title, px.bold(14.0))
        .x_label_area_size(px.of(46.0))
        .y_label_area_size(px.of(68.0))
        .build_cartesian_2d(x.clone(), y.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(px.unsigned(1.0)))
        .axis_style(BLACK.stroke_width(px.unsigned(1.0)))
        .x_desc(panel.x_label)
        .y_desc(panel.y_label)
        .set_all_tick_mark_size(px.of(4.0))
        .label_style(px.font(13.0))
        .axis_desc_style(px.font(13.5))
        .draw()?;
    for (i, curve) in panel.curves.iter().enumerate() {
        let style = style(&results.runs, i);
        let line = stroke(&style, px);
        let points = thinned(curve, panel);
        match style.dash {
            None => chart.draw_series(LineSeries::new(points, line)).map(drop)?,
            Some((dash, gap)) => chart
                .draw_series(DashedLineSeries::new(points, px.of(dash), px.of(gap), line))
                .map(drop)?,
        }
        if curve.leaves
            && let Some(&end) = curve.points.last()
        {
            let mark = TriangleMarker::new(end, px.of(5.0), line.filled());
            chart.draw_series(std::iter::once(mark))?;
        }
    }
    Ok(())
}

/// Drops points that lie within half a unit of the last one kept, so that thousands of them do not
/// bloat the SVG.
fn thinned(curve: &Curve, panel: &Panel) -> Vec<(f64, f64)> {
    let across = (panel.x.high - panel.x.low) / 380.0;
    let up = (panel.y.high - panel.y.low) / 340.0;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (i, &point) in curve.points.iter().enumerate() {
        let near = kept.last().is_some_and(|last| {
            (point.0 - last.0).abs() < 0.5 * across && (point.1 - last.1).abs() < 0.5 * up
        });
        if !near || i + 1 == curve.points.len() {
            kept.push(point);
        }
    }
    kept
}

/// A block for each family below the panels, where it covers no data; two columns in a block.
fn draw_legend<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    results: &Results,
    px: Pixels,
) -> Drawn<B> {
    let rows = 4;
    for (block, family) in area.split_evenly((1, 3)).iter().zip(Family::ALL) {
        let heading = match family {
            Family::GradientDescent => "Gradient descent".to_owned(),
            Family::Adam => "Adam".to_owned(),
            Family::LevenbergMarquardt => format!(
                "Levenberg-Marquardt ({}, {})",
                results.solver(),
                results.scalar
            ),
        };
        let runs = results.runs.iter().enumerate();
        let mine: Vec<_> = runs.filter(|(_, run)| run.family == family).collect();
        if mine.is_empty() {
            continue;
        }
        let left = Pos::new(HPos::Left, VPos::Center);
        block.draw_text(
            &heading,
            &px.bold(13.0).pos(left),
            (px.of(76.0), px.of(16.0)),
        )?;
        for (place, (i, run)) in mine.into_iter().enumerate() {
            let x = 76.0 + 200.0 * (place / rows) as f64;
            let y = 38.0 + 21.0 * (place % rows) as f64;
            let style = style(&results.runs, i);
            let ends = [(px.of(x), px.of(y)), (px.of(x + 42.0), px.of(y))];
            draw_sample(block, ends, &style, px)?;
            let mark = match run.failure() {
                Some(_) => " (failed)",
                None if run.diverged() => " (diverged)",
                None => "",
            };
            let label = format!("{}{mark}", run.name());
            block.draw_text(
                &label,
                &px.font(13.0).pos(left),
                (px.of(x + 52.0), px.of(y)),
            )?;
        }
    }
    Ok(())
}

fn draw_sample<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    [start, end]: [(i32, i32); 2],
    style: &Style,
    px: Pixels,
) -> Drawn<B> {
    let line = stroke(style, px);
    let Some((dash, gap)) = style.dash else {
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

fn stroke(style: &Style, px: Pixels) -> ShapeStyle {
    let (r, g, b) = style.color;
    RGBColor(r, g, b).stroke_width(px.unsigned(style.width))
}
