//! Markers and dashes, and the looks of series.

use serde::Serialize;

use crate::color::{Color, LOOKS};
use crate::path::Place;
use crate::picture::Picture;

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
