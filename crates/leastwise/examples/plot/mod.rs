#![allow(dead_code, reason = "no example draws everything")]

//! What the examples draw with: points, error bars, curves and bands on axes, as a PNG.
//!
//! Text is drawn with DejaVu Sans, which is compiled in, so that no font has to be installed.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::{Path, PathBuf};

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

/// The hues of M. Okabe and K. Ito, *Color Universal Design* (2008), darkened where too pale.
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const ORANGE: RGBColor = RGBColor(213, 94, 0);
pub(crate) const GREEN: RGBColor = RGBColor(0, 138, 102);
pub(crate) const INK: RGBColor = RGBColor(26, 28, 31);
pub(crate) const GRAY: RGBColor = RGBColor(120, 126, 134);

const MUTED: RGBColor = RGBColor(92, 98, 107);
const GRID: RGBColor = RGBColor(232, 234, 237);
const FONT: &str = "sans-serif";

/// A figure in pixels, alone or beside another.
const ALONE: (u32, u32) = (1400, 860);
const BESIDE: (u32, u32) = (860, 720);
/// Each pixel is the mean of so many drawn ones squared, which makes lines smooth.
const SAMPLES: u32 = 2;
/// The unit of the lengths below, in drawn pixels.
const UNIT: f64 = 2.0 * SAMPLES as f64;

type Bitmap<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Where the picture goes: the first argument of the program, or beside the program.
pub(crate) fn path() -> std::io::Result<PathBuf> {
    match std::env::args_os().nth(1) {
        Some(argument) => Ok(argument.into()),
        None => Ok(std::env::current_exe()?.with_extension("png")),
    }
}

/// `count` numbers from one end of `range` to the other.
pub(crate) fn spaced(range: &Range<f64>, count: usize) -> impl Iterator<Item = f64> + use<> {
    let (low, step) = (range.start, (range.end - range.start) / (count - 1) as f64);
    (0..count).map(move |i| low + step * i as f64)
}

#[derive(Clone)]
pub(crate) struct Axis {
    name: &'static str,
    range: Range<f64>,
    logarithmic: bool,
}

impl Axis {
    pub(crate) fn linear(name: &'static str, range: Range<f64>) -> Self {
        Self {
            name,
            range,
            logarithmic: false,
        }
    }

    pub(crate) fn logarithmic(name: &'static str, range: Range<f64>) -> Self {
        Self {
            logarithmic: true,
            ..Self::linear(name, range)
        }
    }

    /// Round numbers in the range: 1, 2 or 5 times a power of ten apart, or those themselves.
    fn ticks(&self) -> Vec<f64> {
        let Range { start, end } = self.range;
        if self.logarithmic {
            let powers = (-12..12).map(|exponent| 10f64.powi(exponent));
            let all = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * power));
            return all.filter(|tick| self.range.contains(tick)).collect();
        }
        let wanted = (end - start) / 8.0;
        let power = 10f64.powf(wanted.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
        let step = steps.into_iter().find(|&step| step >= wanted);
        let step = step.unwrap_or(wanted);
        let first = (start / step).ceil();
        let ticks = (0..9).map(|i| (first + f64::from(i)) * step);
        ticks.filter(|tick| self.range.contains(tick)).collect()
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, &value: &f64, (first, last): (i32, i32)) -> i32 {
        let place = |x: f64| if self.logarithmic { x.log10() } else { x };
        let (start, end) = (place(self.range.start), place(self.range.end));
        let fraction = (place(value) - start) / (end - start);
        first + whole(f64::from(last - first) * fraction)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // There are no lines between those of the ticks.
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.ticks()
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    /// To six digits, so that 0.1 + 0.2 is 0.3.
    fn format_ext(&self, &value: &f64) -> String {
        let text = format!("{value:.6}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.replace('-', "−")
    }
}

enum Shape {
    Line,
    Dashes,
    Circles,
    Crosses,
    ErrorBars,
    Band,
}

struct Series {
    shape: Shape,
    label: String,
    color: RGBColor,
    /// x and the ends of an interval in y, which is a point for most shapes.
    points: Vec<(f64, f64, f64)>,
}

pub(crate) struct Figure {
    title: &'static str,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

/// What is added first lies below. The labels form the legend.
impl Figure {
    pub(crate) fn new(title: &'static str, x: Axis, y: Axis) -> Self {
        Self {
            title,
            x,
            y,
            series: Vec::new(),
        }
    }

    pub(crate) fn line(
        self,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.with(Shape::Line, label, color, points)
    }

    pub(crate) fn dashes(
        self,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.with(Shape::Dashes, label, color, points)
    }

    pub(crate) fn circles(
        self,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.with(Shape::Circles, label, color, points)
    }

    pub(crate) fn crosses(
        self,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.with(Shape::Crosses, label, color, points)
    }

    /// y ± half for each (x, y, half).
    pub(crate) fn error_bars(
        self,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64, f64)>,
    ) -> Self {
        self.intervals(Shape::ErrorBars, label, color, points)
    }

    /// y ± half for each (x, y, half).
    pub(crate) fn band(
        self,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64, f64)>,
    ) -> Self {
        self.intervals(Shape::Band, label, color, points)
    }

    fn with(
        self,
        shape: Shape,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        let points = points.into_iter().map(|(x, y)| (x, y, 0.0));
        self.intervals(shape, label, color, points)
    }

    fn intervals(
        mut self,
        shape: Shape,
        label: &str,
        color: RGBColor,
        points: impl IntoIterator<Item = (f64, f64, f64)>,
    ) -> Self {
        // Beyond the axes nothing is drawn; an interval that reaches there is cut off.
        let Range { start, end } = self.y.range;
        let within = |x| self.x.range.start <= x && x <= self.x.range.end;
        let inside = points
            .into_iter()
            .filter(|&(x, y, _)| within(x) && start <= y && y <= end)
            .map(|(x, y, half)| (x, (y - half).max(start), (y + half).min(end)))
            .collect();
        self.series.push(Series {
            shape,
            label: label.to_owned(),
            color,
            points: inside,
        });
        self
    }

    fn draw(&self, area: &Bitmap<'_>) -> Outcome {
        let rows = legend_rows(area, &self.series)?;
        let (head, body) = area.split_vertically(units(30.0 + 20.0 * rows.len() as f64));
        head.draw_text(self.title, &bold(15.0), (units(12.0), units(10.0)))?;
        for (row, entries) in rows.iter().enumerate() {
            for &(left, series) in entries {
                series.draw_legend(&head, left, units(44.0 + 20.0 * row as f64))?;
            }
        }
        let mut chart = ChartBuilder::on(&body)
            .margin_right(units(20.0))
            .margin_top(units(8.0))
            .margin_bottom(units(4.0))
            .margin_left(units(6.0))
            .x_label_area_size(units(42.0))
            .y_label_area_size(units(54.0))
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        chart
            .configure_mesh()
            .set_all_tick_mark_size(units(4.0))
            .x_desc(self.x.name)
            .y_desc(self.y.name)
            .axis_desc_style(font(12.0).color(&INK))
            .label_style(font(11.0).color(&MUTED))
            .axis_style(MUTED.stroke_width(wide(0.6)))
            .bold_line_style(GRID.stroke_width(wide(0.6)))
            .draw()?;
        for series in &self.series {
            series.draw(chart.plotting_area())?;
        }
        Ok(())
    }
}

impl Series {
    fn draw<C>(&self, area: &DrawingArea<BitMapBackend<'_>, C>) -> Outcome
    where
        C: CoordTranslate<From = (f64, f64)>,
    {
        let line: Vec<(f64, f64)> = self.points.iter().map(|&(x, y, _)| (x, y)).collect();
        match self.shape {
            Shape::Line => area.draw(&PathElement::new(line, self.stroke(2.0)))?,
            Shape::Dashes => area.draw(&DashedPathElement::new(
                line,
                wide(7.0),
                wide(4.0),
                self.stroke(2.0),
            ))?,
            Shape::Circles => {
                for point in line {
                    area.draw(&Circle::new(point, units(2.6), self.color.filled()))?;
                }
            }
            Shape::Crosses => {
                for point in line {
                    area.draw(&Cross::new(point, units(3.4), self.stroke(1.4)))?;
                }
            }
            Shape::ErrorBars => {
                for &(x, low, high) in &self.points {
                    let ends = vec![(x, low), (x, high)];
                    area.draw(&PathElement::new(ends, self.stroke(1.0)))?;
                }
            }
            Shape::Band => {
                let upper = self.points.iter().map(|&(x, _, high)| (x, high));
                let outline: Vec<_> = line.into_iter().chain(upper.rev()).collect();
                area.draw(&Polygon::new(outline, self.color.mix(0.22).filled()))?;
            }
        }
        Ok(())
    }

    fn draw_legend(&self, head: &Bitmap<'_>, left: i32, middle: i32) -> Outcome {
        let (right, half) = (left + units(22.0), units(5.0));
        let places = match self.shape {
            Shape::Line | Shape::Dashes => vec![(left, middle), (right, middle)],
            Shape::Circles | Shape::Crosses => vec![(left + units(11.0), middle)],
            Shape::ErrorBars => vec![
                (left + units(11.0), middle - half),
                (left + units(11.0), middle + half),
            ],
            Shape::Band => vec![(left, middle - half), (right, middle + half)],
        };
        match self.shape {
            Shape::Line | Shape::ErrorBars => {
                head.draw(&PathElement::new(places, self.stroke(2.0)))?;
            }
            Shape::Dashes => head.draw(&DashedPathElement::new(
                places,
                wide(5.0),
                wide(3.0),
                self.stroke(2.0),
            ))?,
            Shape::Circles => {
                head.draw(&Circle::new(places[0], units(2.6), self.color.filled()))?;
            }
            Shape::Crosses => head.draw(&Cross::new(places[0], units(3.4), self.stroke(1.4)))?,
            Shape::Band => {
                let style = self.color.mix(0.22).filled();
                head.draw(&Rectangle::new([places[0], places[1]], style))?;
            }
        }
        let style = font(12.0)
            .color(&INK)
            .pos(Pos::new(HPos::Left, VPos::Center));
        head.draw_text(
            &self.label,
            &style,
            (right + units(6.0), middle + units(1.5)),
        )?;
        Ok(())
    }

    fn stroke(&self, width: f64) -> ShapeStyle {
        self.color.stroke_width(wide(width))
    }
}

/// The entries of the legend with their left ends, in as many rows as they need.
fn legend_rows<'s>(
    area: &Bitmap<'_>,
    series: &'s [Series],
) -> Outcome<Vec<Vec<(i32, &'s Series)>>> {
    let (start, end) = (units(16.0), area.dim_in_pixel().0.cast_signed());
    let mut rows = vec![Vec::new()];
    let mut left = start;
    for entry in series.iter().filter(|entry| !entry.label.is_empty()) {
        let (text, _) = area.estimate_text_size(&entry.label, &font(12.0))?;
        let width = units(28.0 + 18.0) + text.cast_signed();
        if left + width > end && left > start {
            rows.push(Vec::new());
            left = start;
        }
        if let Some(row) = rows.last_mut() {
            row.push((left, entry));
        }
        left += width;
    }
    Ok(rows)
}

/// Writes the figures beside each other to a PNG.
pub(crate) fn write(path: &Path, figures: &[Figure]) -> Outcome {
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .and_then(|()| register_font(FONT, FontStyle::Bold, dejavu::sans::bold()))
        .map_err(|_| "the built-in font is not a font")?;
    let (each, height) = if figures.len() == 1 { ALONE } else { BESIDE };
    let width = each * u32::try_from(figures.len())?;
    let drawn = (width * SAMPLES, height * SAMPLES);
    let mut pixels = vec![255; 3 * drawn.0 as usize * drawn.1 as usize];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, drawn).into_drawing_area();
        root.fill(&WHITE)?;
        for (area, figure) in root.split_evenly((1, figures.len())).iter().zip(figures) {
            figure.draw(area)?;
        }
        root.present()?;
    }
    let file = File::create(path).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&averaged(&pixels, width as usize))?;
    writer.finish()?;
    Ok(())
}

/// The mean of each square of `SAMPLES`² pixels, `width` of them in a row.
fn averaged(pixels: &[u8], width: usize) -> Vec<u8> {
    let samples = SAMPLES as usize;
    let mut means = Vec::with_capacity(pixels.len() / (samples * samples));
    for rows in pixels.chunks_exact(3 * width * samples * samples) {
        for at in 0..3 * width {
            let (x, channel) = (at / 3, at % 3);
            let offset = |i: usize| (i / samples * width * samples + x * samples + i % samples) * 3;
            let square = (0..samples * samples).map(|i| u32::from(rows[offset(i) + channel]));
            let mean = square.sum::<u32>() / (SAMPLES * SAMPLES);
            means.push(u8::try_from(mean).unwrap_or(u8::MAX));
        }
    }
    means
}

fn units(length: f64) -> i32 {
    whole(length * UNIT)
}

#[expect(clippy::cast_possible_truncation, reason = "a length on a page")]
fn whole(pixels: f64) -> i32 {
    pixels.round() as i32
}

fn wide(length: f64) -> u32 {
    units(length).unsigned_abs()
}

fn font<'a>(size: f64) -> TextStyle<'a> {
    (FONT, size * UNIT).into_text_style(&(1, 1))
}

fn bold<'a>(size: f64) -> TextStyle<'a> {
    (FONT, size * UNIT, FontStyle::Bold).into_text_style(&(1, 1))
}
