//! One palette of colours, markers and dashes for every figure.

use serde::Serialize;

use crate::picture::{Picture, Place};

/// A colour by its role, so that a page can decide on the colours of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Color {
    Surface,
    Ink,
    Muted,
    Grid,
    /// That of a look by its number, mixed with the surface: the share of the look in percent.
    Look(usize, u8),
    Fixed(u8, u8, u8),
}

type Rgb = (u8, u8, u8);

const SURFACE: Rgb = (255, 255, 255);

impl Color {
    /// On white paper.
    pub(crate) fn rgb(self) -> Rgb {
        match self {
            Self::Surface => SURFACE,
            Self::Ink => (26, 28, 31),
            Self::Muted => (92, 98, 107),
            Self::Grid => (222, 225, 229),
            Self::Look(slot, percent) => {
                let mixed = |of: fn(Rgb) -> u8| {
                    let [look, page] = [COLORS[slot % LOOKS].0, SURFACE].map(|c| u32::from(of(c)));
                    let percent = u32::from(percent.min(100));
                    u8::try_from((percent * look + (100 - percent) * page) / 100).unwrap_or(u8::MAX)
                };
                (mixed(|c| c.0), mixed(|c| c.1), mixed(|c| c.2))
            }
            Self::Fixed(r, g, b) => (r, g, b),
        }
    }

    /// In a style sheet that names the roles.
    pub(crate) fn css(self) -> String {
        match self {
            Self::Surface => "var(--surface)".to_owned(),
            Self::Ink => "var(--ink)".to_owned(),
            Self::Muted => "var(--muted)".to_owned(),
            Self::Grid => "var(--grid)".to_owned(),
            Self::Look(slot, 100..) => format!("var(--look-{})", slot % LOOKS),
            Self::Look(slot, percent) => {
                let slot = slot % LOOKS;
                format!("color-mix(in srgb, var(--look-{slot}) {percent}%, var(--surface))")
            }
            Self::Fixed(r, g, b) => format!("rgb({r} {g} {b})"),
        }
    }
}

/// How many looks there are; the numbers go round.
pub const LOOKS: usize = 7;

/// On a light and on a dark page: the hues of M. Okabe and K. Ito, *Color Universal Design* (2008),
/// which every kind of colour vision tells apart. Those too pale for a line on white are darkened, those
/// too dark for a line on black are lightened.
const COLORS: [(Rgb, Rgb); LOOKS] = [
    ((0, 114, 178), (86, 180, 233)),
    ((213, 94, 0), (255, 148, 66)),
    ((0, 138, 102), (46, 196, 152)),
    ((176, 82, 138), (229, 160, 200)),
    ((158, 107, 0), (240, 190, 60)),
    ((85, 85, 85), (190, 190, 190)),
    ((0, 0, 0), (255, 255, 255)),
];

/// Lengths of dash and gap, or none for a solid line.
const DASHES: [Option<(f64, f64)>; LOOKS] = [
    None,
    Some((9.0, 4.0)),
    Some((3.0, 3.0)),
    Some((14.0, 4.0)),
    Some((6.0, 6.0)),
    Some((2.0, 5.0)),
    Some((18.0, 3.0)),
];

/// Around the middle, in units; of about the same area as a circle, which has no corners.
const MARKERS: [&[Place]; LOOKS] = [
    &[],
    &[(-4.3, -4.3), (4.3, -4.3), (4.3, 4.3), (-4.3, 4.3)],
    &[(0.0, -6.6), (6.0, 4.2), (-6.0, 4.2)],
    &[(0.0, -6.4), (5.6, 0.0), (0.0, 6.4), (-5.6, 0.0)],
    &[(0.0, 6.6), (6.0, -4.2), (-6.0, -4.2)],
    &[
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
    &[(-4.3, -4.3), (4.3, -4.3), (4.3, 4.3), (-4.3, 4.3)],
];

/// The colours of each look on a light and on a dark page, for a style sheet.
pub(crate) fn css_colors() -> impl Iterator<Item = (usize, String, String)> {
    let hex = |(r, g, b)| format!("#{r:02x}{g:02x}{b:02x}");
    let numbered = COLORS.iter().enumerate();
    numbered.map(move |(slot, &(light, dark))| (slot, hex(light), hex(dark)))
}

/// What tells a series from the others, with and without colour vision.
///
/// ```
/// use leastwise_report::Look;
///
/// let look = Look::new(1).dash(0).shade(0.5);
/// assert_eq!((look.slot, look.dash, look.percent), (1, 0, 75));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[must_use]
pub struct Look {
    /// The number of its colour and marker.
    pub slot: usize,
    /// The number of its dash; 0 is solid.
    pub dash: usize,
    /// How much of the colour is left, from 100 downwards.
    pub percent: u8,
    /// The width of its line.
    pub width: f64,
}

impl Look {
    /// Colour, marker and dash of a number.
    pub fn new(slot: usize) -> Self {
        Self {
            slot: slot % LOOKS,
            dash: slot % LOOKS,
            percent: 100,
            width: 1.9,
        }
    }

    /// With the dash of another number.
    pub fn dash(mut self, dash: usize) -> Self {
        self.dash = dash % LOOKS;
        self
    }

    /// Pale at 0, full at 1.
    pub fn shade(self, share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 50 to 100"
        )]
        let percent = (50.0 + 50.0 * share.clamp(0.0, 1.0)).round() as u8;
        Self { percent, ..self }
    }

    /// With a thick line.
    pub fn thick(self) -> Self {
        Self { width: 3.0, ..self }
    }

    pub(crate) fn color(self) -> Color {
        Color::Look(self.slot, self.percent)
    }

    /// For areas that others lie on.
    pub(crate) fn pale(self) -> Color {
        Color::Look(self.slot, 25)
    }

    /// A line through points on the page.
    pub(crate) fn line(self, on: &mut Picture, points: Vec<Place>) {
        on.line(points, self.color(), self.width, DASHES[self.dash % LOOKS]);
    }

    /// A point; a hollow one shows the page inside.
    pub(crate) fn point(self, on: &mut Picture, at: Place, is_hollow: bool) {
        self.marker(on, at, 1.0, self.color());
        if is_hollow {
            // Two areas and no outline: bitmaps have no mitred corners.
            self.marker(on, at, 0.6, Color::Surface);
        }
    }

    fn marker(self, on: &mut Picture, (x, y): Place, scale: f64, color: Color) {
        let corners = MARKERS[self.slot % LOOKS];
        if corners.is_empty() {
            on.disc((x, y), 4.6 * scale, color);
            return;
        }
        let place = |&(dx, dy): &Place| (x + scale * dx, y + scale * dy);
        on.area(corners.iter().map(place).collect(), color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's contrast, of which graphics need 3.
    #[test]
    fn every_look_stands_out_from_a_light_and_a_dark_page() {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let luminance = |(r, g, b)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        for (light, dark) in COLORS {
            let on_white = 1.05 / (luminance(light) + 0.05);
            let on_black = (luminance(dark) + 0.05) / (luminance((21, 23, 26)) + 0.05);
            assert!(on_white >= 3.0, "{light:?}: {on_white}");
            assert!(on_black >= 3.0, "{dark:?}: {on_black}");
        }
    }
}
