//! Pictures as SVG and PNG.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use maud::Render;
use plotters::prelude::{BitMapBackend, SVGBackend};

use crate::color::Color;
use crate::error::Error;
use crate::picture::{Picture, Shape, pixel, register_fonts};
use crate::write::write;

/// The SVG has integer coordinates. This is their number per unit.
const SVG_SCALE: f64 = 4.0;
/// The number of pixels of the PNG per unit. Each pixel is the mean of `PNG_SAMPLES`² drawn ones.
const PNG_SCALE: u32 = 2;
const PNG_SAMPLES: u32 = 2;

impl Picture {
    /// The picture as an SVG.
    pub(crate) fn svg(&self) -> Result<String, Error> {
        register_fonts();
        let mut text = String::new();
        let (width, height) = pixel(self.size, SVG_SCALE);
        let size = (width.unsigned_abs(), height.unsigned_abs());
        self.draw(SVGBackend::with_string(&mut text, size), SVG_SCALE)
            .map_err(drawing)?;
        // The coordinates are finer than the size at which the picture is shown.
        let drawn = format!("width=\"{width}\" height=\"{height}\"");
        let shown = format!("width=\"{}\" height=\"{}\"", self.size.0, self.size.1);
        Ok(text.replacen(&drawn, &shown, 1))
    }

    /// The picture as an SVG within a page. The style sheet of the page decides on the colours.
    pub(crate) fn inline_svg(&self) -> Result<String, Error> {
        let mut colors = vec![Color::Surface];
        colors.extend(self.shapes.iter().map(|shape| match shape {
            Shape::Line(_, color, ..) | Shape::Area(_, color) | Shape::Disc(.., color) => *color,
            Shape::Text(_, _, font) => font.color,
        }));
        let mut text = self.svg()?;
        for color in colors {
            let (r, g, b) = color.rgb();
            // Only attributes are replaced: a picture escapes the quotes of its text.
            let drawn = format!("=\"#{r:02X}{g:02X}{b:02X}\"");
            text = text.replace(&drawn, &format!("=\"{}\"", color.css()));
        }
        Ok(text)
    }

    /// Writes `name`.svg and `name`.png, stores the lines of `source` in them, and returns their paths.
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
        write(&svg, format!("{tag}>{source_tag}{rest}").as_bytes())?;
        write(&png, &self.png(source)?)?;
        Ok([svg, png])
    }

    /// The picture as a PNG, with the lines of `source` stored in it.
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

/// Each pixel is the mean of a square of `PNG_SAMPLES`² drawn ones, which smooths lines.
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
    use crate::picture::{Font, TEXT};

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

    /// A dash continues around a corner with its remaining length.
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
}
