//! Shapes on a page, drawn by plotters.
//!
//! Lengths are in units of 1/96 inch from the upper left corner. Text is measured and drawn with `DejaVu`
//! Sans, which is compiled into the program. So a machine without fonts draws the same picture.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, register_font};

use crate::color::Color;
use crate::path::{Place, smooth_pieces};

const FONT: &str = "sans-serif";
/// The number of parts of a unit in which text is measured.
const MEASURED: f64 = 4.0;
/// plotters draws text at 1/1.24 of this size, so labels have 12 units.
pub(crate) const TEXT: f64 = 15.0;

pub(crate) enum Shape {
    Line(Vec<Place>, Color, f64, Option<(f64, f64)>),
    Area(Vec<Place>, Color),
    Disc(Place, f64, Color),
    Text(Place, String, Font),
}

/// The style of a text.
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
    /// Text that begins at its position and is centred vertically on it.
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

    /// The width of the text in units.
    pub(crate) fn width(self, words: &str) -> f64 {
        register_fonts();
        let font = Self {
            is_upright: false,
            ..self
        };
        let size = font.style(MEASURED).font.box_size(words);
        size.map_or(0.0, |(width, _)| f64::from(width) / MEASURED)
    }
}

/// Shapes on an area of a given width and height.
pub(crate) struct Picture {
    pub(crate) size: Place,
    pub(crate) shapes: Vec<Shape>,
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

    /// Inserts another picture, with its upper left corner at a point of this one.
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

    pub(crate) fn draw<B: DrawingBackend>(
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
}

pub(crate) fn register_fonts() {
    // The fonts are compiled in and valid. Registering them again has no effect.
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

pub(crate) fn pixel((x, y): Place, scale: f64) -> (i32, i32) {
    (length(x, scale), length(y, scale))
}
