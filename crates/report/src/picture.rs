//! Shapes on a page, drawn as SVG and PNG.
//!
//! Lengths are in units of 1/96 inch, from the upper left corner. Text is measured and rasterised with
//! `DejaVu` Sans, which is compiled in: a machine without any font draws the same picture.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use maud::Render;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, register_font};

use crate::Error;
use crate::look::Color;

/// Right and down.
pub(crate) type Place = (f64, f64);

const FONT: &str = "sans-serif";
/// plotters writes text at 1/1.24 of this, so labels have 12 units.
pub(crate) const TEXT: f64 = 15.0;

/// The SVG has whole coordinates: this many for each unit.
const SVG_SCALE: f64 = 4.0;
/// The PNG has this many pixels for each unit, each the mean of `PNG_SAMPLES`² drawn ones.
const PNG_SCALE: u32 = 2;
const PNG_SAMPLES: u32 = 2;

enum Shape {
    Line(Vec<Place>, Color, f64, Option<(f64, f64)>),
    Area(Vec<Place>, Color),
    Disc(Place, f64, Color),
    Text(Place, String, Font),
}

/// How words are written.
#[derive(Clone, Copy)]
pub(crate) struct Font {
    pub(crate) size: f64,
    pub(crate) is_bold: bool,
    pub(crate) is_upright: bool,
    pub(crate) color: Color,
    pub(crate) h: HPos,
    pub(crate) v: VPos,
}

impl Font {
    /// Beginning at their place, which is half their height.
    pub(crate) fn new(size: f64, color: Color) -> Self {
        Self {
            size,
            is_bold: false,
            is_upright: false,
            color,
            h: HPos::Left,
            v: VPos::Center,
        }
    }

    pub(crate) fn bold(mut self) -> Self {
        self.is_bold = true;
        self
    }

    pub(crate) fn at(self, h: HPos, v: VPos) -> Self {
        Self { h, v, ..self }
    }

    fn style<'a>(self, scale: f64) -> TextStyle<'a> {
        let weight = if self.is_bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let mut style = (FONT, self.size * scale, weight).into_text_style(&(1, 1));
        style.color = rgb(self.color).to_backend_color();
        style.pos = Pos::new(self.h, self.v);
        if self.is_upright {
            return style.transform(FontTransform::Rotate270);
        }
        style
    }

    /// The width of words in units.
    pub(crate) fn width(self, words: &str) -> f64 {
        register_fonts();
        let font = Self {
            is_upright: false,
            ..self
        };
        let size = font.style(SVG_SCALE).font.box_size(words);
        size.map_or(0.0, |(width, _)| f64::from(width) / SVG_SCALE)
    }
}

/// Shapes on an area of some width and height.
pub(crate) struct Picture {
    pub(crate) size: Place,
    shapes: Vec<Shape>,
}

impl Picture {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self {
            size: (width, height),
            shapes: Vec::new(),
        }
    }

    pub(crate) fn line(
        &mut self,
        points: Vec<Place>,
        color: Color,
        width: f64,
        dash: Option<(f64, f64)>,
    ) {
        self.shapes.push(Shape::Line(points, color, width, dash));
    }

    pub(crate) fn area(&mut self, corners: Vec<Place>, color: Color) {
        self.shapes.push(Shape::Area(corners, color));
    }

    pub(crate) fn rectangle(&mut self, (left, top): Place, (right, bottom): Place, color: Color) {
        self.area(
            vec![(left, top), (right, top), (right, bottom), (left, bottom)],
            color,
        );
    }

    pub(crate) fn disc(&mut self, center: Place, radius: f64, color: Color) {
        self.shapes.push(Shape::Disc(center, radius, color));
    }

    pub(crate) fn text(&mut self, at: Place, words: impl Into<String>, font: Font) {
        self.shapes.push(Shape::Text(at, words.into(), font));
    }

    /// Places another picture with its upper left corner at a point of this one.
    pub(crate) fn place(&mut self, (left, top): Place, other: Self) {
        let moved = |(x, y): Place| (left + x, top + y);
        let all = |points: Vec<Place>| points.into_iter().map(moved).collect();
        self.shapes
            .extend(other.shapes.into_iter().map(|shape| match shape {
                Shape::Line(points, color, width, dash) => {
                    Shape::Line(all(points), color, width, dash)
                }
                Shape::Area(corners, color) => Shape::Area(all(corners), color),
                Shape::Disc(center, radius, color) => Shape::Disc(moved(center), radius, color),
                Shape::Text(at, words, font) => Shape::Text(moved(at), words, font),
            }));
    }

    fn draw<B: DrawingBackend>(
        &self,
        backend: B,
        scale: f64,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let root = backend.into_drawing_area();
        let all = |points: &[Place]| points.iter().map(|&p| pixel(p, scale)).collect::<Vec<_>>();
        root.fill(&rgb(Color::Surface))?;
        for shape in &self.shapes {
            match shape {
                Shape::Line(points, color, width, dash) => {
                    let width = length(*width, scale).unsigned_abs();
                    let stroke = rgb(*color).stroke_width(width);
                    for piece in smooth_pieces(&all(points)) {
                        match dash {
                            None => root.draw(&PathElement::new(piece, stroke))?,
                            Some((dash, gap)) => {
                                let (dash, gap) = (length(*dash, scale), length(*gap, scale));
                                let points = piece.iter().copied();
                                root.draw(&DashedPathElement::new(points, dash, gap, stroke))?;
                            }
                        }
                    }
                }
                Shape::Area(corners, color) => {
                    root.draw(&Polygon::new(all(corners), rgb(*color).filled()))?;
                }
                Shape::Disc(center, radius, color) => {
                    let (center, radius) = (pixel(*center, scale), length(*radius, scale));
                    root.draw(&Circle::new(center, radius, rgb(*color).filled()))?;
                }
                Shape::Text(at, words, font) => {
                    root.draw_text(words, &font.style(scale), pixel(*at, scale))?;
                }
            }
        }
        root.present()
    }

    /// As an SVG.
    pub(crate) fn svg(&self) -> Result<String, Error> {
        register_fonts();
        let mut text = String::new();
        let (width, height) = pixel(self.size, SVG_SCALE);
        let size = (width.unsigned_abs(), height.unsigned_abs());
        self.draw(SVGBackend::with_string(&mut text, size), SVG_SCALE)
            .map_err(drawing)?;
        // Many coordinates, but shown at the intended size.
        let drawn = format!("width=\"{width}\" height=\"{height}\"");
        let shown = format!("width=\"{}\" height=\"{}\"", self.size.0, self.size.1);
        Ok(text.replacen(&drawn, &shown, 1))
    }

    /// As an SVG within a page, whose style sheet decides on the colours.
    pub(crate) fn inline_svg(&self) -> Result<String, Error> {
        let mut colors = vec![Color::Surface];
        colors.extend(self.shapes.iter().map(|shape| match shape {
            Shape::Line(_, color, ..) | Shape::Area(_, color) | Shape::Disc(.., color) => *color,
            Shape::Text(_, _, font) => font.color,
        }));
        let mut text = self.svg()?;
        for color in colors {
            let (r, g, b) = color.rgb();
            // As an attribute, quotes and all: a text that a picture shows has its quotes escaped.
            let drawn = format!("=\"#{r:02X}{g:02X}{b:02X}\"");
            text = text.replace(&drawn, &format!("=\"{}\"", color.css()));
        }
        Ok(text)
    }

    /// Writes `name`.svg and `name`.png, which carry the lines of `source`, and returns their paths.
    pub(crate) fn write(
        &self,
        folder: &Path,
        name: &str,
        source: &str,
    ) -> Result<[PathBuf; 2], Error> {
        let [svg, png] = ["svg", "png"].map(|kind| folder.join(format!("{name}.{kind}")));
        let text = self.svg()?;
        let (tag, rest) = text.split_once('>').unwrap_or((&text, ""));
        let source_tag = match source {
            "" => String::new(),
            lines => format!("\n<desc>{}</desc>", lines.render().into_string()),
        };
        fs::write(&svg, format!("{tag}>{source_tag}{rest}"))
            .map_err(|error| Error::Write(svg.clone(), error))?;
        fs::write(&png, self.png(source)?).map_err(|error| Error::Write(png.clone(), error))?;
        Ok([svg, png])
    }

    /// As a PNG, which carries the lines of `source`.
    pub(crate) fn png(&self, source: &str) -> Result<Vec<u8>, Error> {
        register_fonts();
        let scale = PNG_SCALE * PNG_SAMPLES;
        let (width, height) = pixel(self.size, 1.0);
        let (width, height) = (width.unsigned_abs(), height.unsigned_abs());
        let size = (width * scale, height * scale);
        let mut pixels = vec![255; 3 * size.0 as usize * size.1 as usize];
        let canvas = BitMapBackend::with_buffer(&mut pixels, size);
        self.draw(canvas, f64::from(scale)).map_err(drawing)?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width * PNG_SCALE, height * PNG_SCALE);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        if !source.is_empty() {
            let (keyword, source) = ("Description".to_owned(), source.to_owned());
            encoder.add_itxt_chunk(keyword, source).map_err(drawing)?;
        }
        let mut writer = encoder.write_header().map_err(drawing)?;
        let averaged = averaged(&pixels, size.0 as usize);
        writer.write_image_data(&averaged).map_err(drawing)?;
        writer.finish().map_err(drawing)?;
        Ok(file)
    }
}

fn drawing(error: impl Display) -> Error {
    Error::Drawing(error.to_string())
}

fn register_fonts() {
    // The fonts are compiled in and are fonts; registering them again does nothing.
    let _ = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
    let _ = register_font(FONT, FontStyle::Bold, dejavu::sans::bold());
}

fn rgb(color: Color) -> RGBColor {
    let (r, g, b) = color.rgb();
    RGBColor(r, g, b)
}

#[expect(clippy::cast_possible_truncation, reason = "a length on a page")]
fn length(units: f64, scale: f64) -> i32 {
    (units * scale).round() as i32
}

fn pixel((x, y): Place, scale: f64) -> (i32, i32) {
    (length(x, scale), length(y, scale))
}

/// The pieces of a path between its sharp corners: the bitmaps' mitres run far beyond those.
fn smooth_pieces(points: &[(i32, i32)]) -> Vec<Vec<(i32, i32)>> {
    let mut pieces: Vec<Vec<(i32, i32)>> = Vec::new();
    for &point in points {
        let Some(piece) = pieces.last_mut() else {
            pieces.push(vec![point]);
            continue;
        };
        let corner = piece[piece.len() - 1];
        if point == corner {
            continue;
        }
        let before = piece.len().checked_sub(2).map(|place| piece[place]);
        let is_sharp = before.is_some_and(|before| {
            let step = |(x, y): (i32, i32), (to_x, to_y): (i32, i32)| {
                (f64::from(to_x - x), f64::from(to_y - y))
            };
            let (a, b) = (step(before, corner), step(corner, point));
            // A turn of more than 60°.
            a.0 * b.0 + a.1 * b.1 < 0.5 * a.0.hypot(a.1) * b.0.hypot(b.1)
        });
        if is_sharp {
            pieces.push(vec![corner, point]);
        } else {
            piece.push(point);
        }
    }
    pieces
}

/// Each pixel the mean of a square of `PNG_SAMPLES`² drawn ones: smooth lines.
fn averaged(pixels: &[u8], width: usize) -> Vec<u8> {
    let samples = PNG_SAMPLES as usize;
    let mut result = Vec::with_capacity(pixels.len() / (samples * samples));
    for rows in pixels.chunks_exact(3 * width * samples) {
        for x in 0..width / samples {
            for channel in 0..3 {
                let square = (0..samples).flat_map(|row| {
                    (0..samples).map(move |column| {
                        let offset = 3 * (row * width + x * samples + column) + channel;
                        u32::from(rows[offset])
                    })
                });
                let mean = (square.sum::<u32>() + PNG_SAMPLES) / (PNG_SAMPLES * PNG_SAMPLES);
                result.push(u8::try_from(mean).unwrap_or(u8::MAX));
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_at_sharp_corners_alone() {
        let path = [(0, 0), (10, 0), (10, 0), (20, 5), (10, 5)];
        let pieces = smooth_pieces(&path);
        assert_eq!(
            pieces,
            [vec![(0, 0), (10, 0), (20, 5)], vec![(20, 5), (10, 5)]]
        );
    }

    /// Around a corner, a dash goes on with what is left of it.
    #[test]
    fn the_dashes_of_plotters_are_of_the_lengths_asked_for() {
        let mut picture = Picture::new(40.0, 10.0);
        picture.line(
            vec![(0.0, 5.0), (40.0, 5.0)],
            Color::Ink,
            1.0,
            Some((6.0, 4.0)),
        );
        let svg = picture.svg().unwrap();
        let dashes: Vec<&str> = svg.split("points=\"").skip(1).collect();
        assert_eq!(dashes.len(), 4, "{svg}");
        assert!(dashes[1].starts_with("40,20 64,20 "), "{svg}");
    }

    #[test]
    fn a_page_decides_on_colours_and_a_text_is_no_colour() {
        let mut picture = Picture::new(40.0, 10.0);
        picture.line(
            vec![(0.0, 5.0), (40.0, 5.0)],
            Color::Look(1, 100),
            1.0,
            None,
        );
        picture.text((0.0, 5.0), "=\"#FFFFFF\"", Font::new(TEXT, Color::Ink));
        let svg = picture.inline_svg().unwrap();
        assert!(svg.contains("stroke=\"var(--look-1)\"") && svg.contains("fill=\"var(--ink)\""));
        assert!(!svg.contains("=\"#"), "{svg}");
    }
}
