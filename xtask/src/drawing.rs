//! Pictures as SVG and PNG.
//!
//! Text is measured and rasterised with DejaVu Sans, which is compiled in: a machine without any
//! font draws the same picture.

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

const FONT: &str = "sans-serif";

/// The SVG has whole coordinates: this many for each unit.
const SVG_SCALE: u32 = 4;
/// The PNG has this many pixels for each unit, each the mean of `PNG_SAMPLES`² drawn ones.
const PNG_SCALE: u32 = 2;
const PNG_SAMPLES: u32 = 2;

/// What can be drawn.
pub(crate) trait Picture {
    /// Width and height in units of 1/96 inch.
    fn size(&self) -> (u32, u32);

    /// Draws on an area of that size, where `px` turns units into pixels.
    ///
    /// # Errors
    /// What the drawing library reports.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B>;
}

pub(crate) type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Lengths in units, turned into pixels.
#[derive(Clone, Copy)]
pub(crate) struct Pixels(f64);

impl Pixels {
    #[expect(clippy::cast_possible_truncation, reason = "a length on a page")]
    pub(crate) fn of(self, units: f64) -> i32 {
        (units * self.0).round() as i32
    }

    pub(crate) fn unsigned(self, units: f64) -> u32 {
        self.of(units).unsigned_abs()
    }

    pub(crate) fn font<'a>(self, units: f64) -> TextStyle<'a> {
        (FONT, units * self.0).into_text_style(&(1, 1))
    }

    pub(crate) fn bold<'a>(self, units: f64) -> TextStyle<'a> {
        (FONT, units * self.0, FontStyle::Bold).into_text_style(&(1, 1))
    }
}

/// Writes `name`.svg and `name`.png and returns their paths.
///
/// # Errors
/// What the file system or the drawing library reports.
pub(crate) fn write(
    folder: &Path,
    name: &str,
    picture: &impl Picture,
) -> anyhow::Result<[PathBuf; 2]> {
    register_fonts()?;
    let [svg, png] = ["svg", "png"].map(|kind| folder.join(format!("{name}.{kind}")));
    fs::write(&svg, to_svg(picture)?).with_context(|| format!("cannot write {}", svg.display()))?;
    write_png(&png, picture).with_context(|| format!("cannot write {}", png.display()))?;
    Ok([svg, png])
}

/// The picture as an element of a page, whose style sheet decides on the colours: each colour of the
/// `palette` becomes the CSS value beside it.
///
/// # Errors
/// What the drawing library reports.
pub(crate) fn inline_svg(
    picture: &impl Picture,
    palette: &[(RGBColor, String)],
) -> anyhow::Result<String> {
    register_fonts()?;
    let mut text = to_svg(picture)?;
    for (RGBColor(r, g, b), value) in palette {
        // As an attribute, quotes and all: a text that a picture shows has its quotes escaped.
        text = text.replace(
            &format!("=\"#{r:02X}{g:02X}{b:02X}\""),
            &format!("=\"{value}\""),
        );
    }
    Ok(text)
}

/// A whole number as an exponent is written: −4 as ⁻⁴.
pub(crate) fn superscript(exponent: f64) -> String {
    let raised = |digit| match digit {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        other => other,
    };
    format!("{exponent:.0}").chars().map(raised).collect()
}

fn register_fonts() -> anyhow::Result<()> {
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .and_then(|()| register_font(FONT, FontStyle::Bold, dejavu::sans::bold()))
        .map_err(|_| anyhow!("the built-in font is not a font"))
}

fn to_svg(picture: &impl Picture) -> anyhow::Result<String> {
    let (width, height) = picture.size();
    let size = (width * SVG_SCALE, height * SVG_SCALE);
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        picture.draw(&root, Pixels(f64::from(SVG_SCALE)))?;
        root.present()?;
    }
    // Many coordinates, but shown at the intended size.
    let drawn = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("width=\"{width}\" height=\"{height}\"");
    Ok(text.replacen(&drawn, &shown, 1))
}

fn write_png(path: &Path, picture: &impl Picture) -> anyhow::Result<()> {
    let scale = PNG_SCALE * PNG_SAMPLES;
    let size = picture.size();
    let (width, height) = (size.0 * scale, size.1 * scale);
    let mut pixels = vec![255; 3 * (width * height) as usize];
    {
        let backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        let root = backend.into_drawing_area();
        picture.draw(&root, Pixels(f64::from(scale)))?;
        root.present()?;
    }
    let file = BufWriter::new(fs::File::create(path)?);
    let mut encoder = png::Encoder::new(file, size.0 * PNG_SCALE, size.1 * PNG_SCALE);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&averaged(&pixels, width as usize))?;
    writer.finish()?;
    Ok(())
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
