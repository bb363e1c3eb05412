//! How an engine looks: a colour, a marker and a dash, the same in every plot.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;

use crate::compare::record::RunRecord;
use crate::drawing::{Drawn, Picture, Pixels};

pub(crate) const SURFACE: RGBColor = WHITE;
pub(crate) const INK: RGBColor = RGBColor(26, 28, 31);
pub(crate) const MUTED: RGBColor = RGBColor(92, 98, 107);
pub(crate) const GRID: RGBColor = RGBColor(222, 225, 229);

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Cross,
}

/// What tells an engine from the others, with and without colour vision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) color: RGBColor,
    /// The colour on a dark page.
    dark: RGBColor,
    marker: Marker,
    /// Lengths of dash and gap, or none for a solid line.
    dash: Option<(f64, f64)>,
}

const fn style(
    color: (u8, u8, u8),
    dark: (u8, u8, u8),
    marker: Marker,
    dash: Option<(f64, f64)>,
) -> Style {
    Style {
        color: RGBColor(color.0, color.1, color.2),
        dark: RGBColor(dark.0, dark.1, dark.2),
        marker,
        dash,
    }
}

/// The hues of M. Okabe and K. Ito, *Color Universal Design* (2008), which every kind of colour
/// vision tells apart; those too pale for a line on white are darkened, those too dark for a line on
/// black are lightened.
const STYLES: [Style; 7] = [
    style((0, 114, 178), (86, 180, 233), Marker::Circle, None),
    style(
        (213, 94, 0),
        (255, 148, 66),
        Marker::Square,
        Some((9.0, 4.0)),
    ),
    style(
        (0, 138, 102),
        (46, 196, 152),
        Marker::Triangle,
        Some((3.0, 3.0)),
    ),
    style(
        (176, 82, 138),
        (229, 160, 200),
        Marker::Diamond,
        Some((14.0, 4.0)),
    ),
    style(
        (158, 107, 0),
        (240, 190, 60),
        Marker::TriangleDown,
        Some((6.0, 6.0)),
    ),
    style(
        (85, 85, 85),
        (190, 190, 190),
        Marker::Cross,
        Some((2.0, 5.0)),
    ),
    style(
        (0, 0, 0),
        (255, 255, 255),
        Marker::Square,
        Some((18.0, 3.0)),
    ),
];

/// The engines of a run, each with its look.
#[derive(Clone, Debug)]
pub(crate) struct Engines(Vec<(String, usize)>);

impl Engines {
    /// A backend that this build knows looks the same in every run; others come after.
    pub(crate) fn new(run: &RunRecord) -> Self {
        let known = leastwise_backends::names();
        let mut next = known.len();
        let mut slot = |backend: &str| {
            let place = known.iter().position(|name| *name == backend);
            place.unwrap_or_else(|| {
                next += 1;
                next - 1
            })
        };
        let engines = run.engines.iter();
        Self(
            engines
                .map(|engine| (engine.engine.clone(), slot(&engine.backend) % STYLES.len()))
                .collect(),
        )
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The number of the look, by which a style sheet knows it.
    pub(crate) fn slot(&self, engine: &str) -> usize {
        let found = self.0.iter().find(|(name, _)| name == engine);
        found.map_or(STYLES.len() - 1, |(_, slot)| *slot)
    }

    pub(crate) fn style(&self, engine: &str) -> Style {
        STYLES[self.slot(engine)]
    }
}

/// The colour of each look on a light and on a dark page, as CSS has it.
pub(crate) fn slot_colors() -> impl Iterator<Item = (usize, String, String)> {
    let hex = |RGBColor(r, g, b)| format!("#{r:02x}{g:02x}{b:02x}");
    let numbered = STYLES.iter().enumerate();
    numbered.map(move |(slot, style)| (slot, hex(style.color), hex(style.dark)))
}

/// Every colour of the plots with the CSS variable that stands for it on a page.
pub(crate) fn palette() -> Vec<(RGBColor, String)> {
    let named = [
        (SURFACE, "surface"),
        (INK, "ink"),
        (MUTED, "muted"),
        (GRID, "grid"),
    ];
    let engines = STYLES.iter().enumerate();
    let engines = engines.map(|(slot, style)| (style.color, format!("var(--engine-{slot})")));
    named
        .into_iter()
        .map(|(color, name)| (color, format!("var(--{name})")))
        .chain(engines)
        .collect()
}

impl Style {
    /// A line through points on the page.
    pub(crate) fn line<B: DrawingBackend>(
        self,
        area: &DrawingArea<B, Shift>,
        points: &[(i32, i32)],
        px: Pixels,
    ) -> Drawn<B> {
        let stroke = self.color.stroke_width(px.unsigned(1.8));
        let points = points.iter().copied();
        match self.dash {
            None => area.draw(&PathElement::new(points.collect::<Vec<_>>(), stroke)),
            Some((dash, gap)) => {
                let (dash, gap) = (px.of(dash), px.of(gap));
                area.draw(&DashedPathElement::new(points, dash, gap, stroke))
            }
        }
    }

    /// A point; hollow ones show the page inside.
    pub(crate) fn point<B: DrawingBackend>(
        self,
        area: &DrawingArea<B, Shift>,
        (x, y): (i32, i32),
        filled: bool,
        px: Pixels,
    ) -> Drawn<B> {
        self.marker.draw(area, (x, y), 1.0, self.color, px)?;
        if filled {
            return Ok(());
        }
        // Two areas and no outline: bitmaps have no mitred corners.
        self.marker.draw(area, (x, y), 0.6, SURFACE, px)
    }
}

impl Marker {
    fn draw<B: DrawingBackend>(
        self,
        area: &DrawingArea<B, Shift>,
        (x, y): (i32, i32),
        scale: f64,
        color: RGBColor,
        px: Pixels,
    ) -> Drawn<B> {
        if self == Self::Circle {
            return area.draw(&Circle::new((x, y), px.of(4.6 * scale), color.filled()));
        }
        let place = |&(dx, dy): &(f64, f64)| (x + px.of(scale * dx), y + px.of(scale * dy));
        let corners: Vec<(i32, i32)> = self.corners().iter().map(place).collect();
        area.draw(&Polygon::new(corners, color.filled()))
    }

    /// Around its middle, in units; of about the same area as the circle.
    fn corners(self) -> &'static [(f64, f64)] {
        match self {
            Self::Circle => &[],
            Self::Square => &[(-4.3, -4.3), (4.3, -4.3), (4.3, 4.3), (-4.3, 4.3)],
            Self::Triangle => &[(0.0, -6.6), (6.0, 4.2), (-6.0, 4.2)],
            Self::Diamond => &[(0.0, -6.4), (5.6, 0.0), (0.0, 6.4), (-5.6, 0.0)],
            Self::TriangleDown => &[(0.0, 6.6), (6.0, -4.2), (-6.0, -4.2)],
            Self::Cross => &[
                (-1.6, -5.0),
                (1.6, -5.0),
                (1.6, -1.6),
                (5.0, -1.6),
                (5.0, 1.6),
                (1.6, 1.6),
                (1.6, 5.0),
                (-1.6, 5.0),
                (-1.6, 1.6),
                (-5.0, 1.6),
                (-5.0, -1.6),
                (-1.6, -1.6),
            ],
        }
    }
}

/// An engine's line and point, for a legend.
pub(crate) struct Sample(pub(crate) Style);

impl Sample {
    pub(crate) const WIDTH: u32 = 36;

    pub(crate) fn of(engines: &Engines, engine: &str) -> Self {
        Self(engines.style(engine))
    }
}

impl Picture for Sample {
    fn size(&self) -> (u32, u32) {
        (Self::WIDTH, 14)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, px: Pixels) -> Drawn<B> {
        let (middle, end) = (px.of(7.0), px.of(f64::from(Self::WIDTH)));
        self.0.line(area, &[(0, middle), (end, middle)], px)?;
        self.0.point(area, (end / 2, middle), true, px)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::samples::run;

    #[test]
    fn an_engine_looks_the_same_whoever_else_takes_part() {
        let mut few = run();
        few.engines.remove(0);
        let (all, few) = (Engines::new(&run()), Engines::new(&few));
        for name in few.names() {
            assert_eq!(all.slot(name), few.slot(name), "{name}");
        }
        assert_ne!(all.slot("faer"), all.slot("nalgebra"));
    }

    /// WCAG's contrast, of which graphics need 3.
    #[test]
    fn every_engine_stands_out_from_a_light_and_a_dark_page() {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let luminance =
            |RGBColor(r, g, b)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        for style in STYLES {
            let on_white = 1.05 / (luminance(style.color) + 0.05);
            let on_black =
                (luminance(style.dark) + 0.05) / (luminance(RGBColor(21, 23, 26)) + 0.05);
            assert!(on_white >= 3.0, "{style:?}: {on_white}");
            assert!(on_black >= 3.0, "{style:?}: {on_black}");
        }
    }
}
