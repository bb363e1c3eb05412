//! Markers and dashes, and the looks of series.

use serde::Serialize;

use crate::color::{Color, LOOKS};
use crate::path::Place;
use crate::picture::Picture;

/// The lengths of dash and gap. `None` is a solid line.
const DASHES: [Option<(f64, f64)>; LOOKS] = [
    None,
    Some((9.0, 4.0)),
    Some((3.0, 3.0)),
    Some((14.0, 4.0)),
    Some((6.0, 6.0)),
    Some((2.0, 5.0)),
    Some((18.0, 3.0)),
];

/// The corners of each marker around its middle, in units. All have about the area of the circle, which has
/// no corners.
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

/// The appearance that distinguishes a series from others, with and without colour vision.
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
    /// The number of the colour and the marker.
    pub slot: usize,
    /// The number of the dash. 0 is solid.
    pub dash: usize,
    /// The percentage of the colour that remains; 100 is the full colour.
    pub percent: u8,
    /// The width of the line.
    pub width: f64,
}

impl Look {
    /// The colour, marker and dash of a number.
    pub fn new(slot: usize) -> Self {
        Self {
            slot: slot % LOOKS,
            dash: slot % LOOKS,
            percent: 100,
            width: 1.9,
        }
    }

    /// Sets the dash to that of another number.
    pub fn dash(mut self, dash: usize) -> Self {
        self.dash = dash % LOOKS;
        self
    }

    /// Sets the shade: pale at 0, full at 1.
    pub fn shade(self, share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 50 to 100"
        )]
        let percent = (50.0 + 50.0 * share.clamp(0.0, 1.0)).round() as u8;
        Self { percent, ..self }
    }

    /// Sets a thick line.
    pub fn thick(self) -> Self {
        Self { width: 3.0, ..self }
    }

    pub(crate) fn color(self) -> Color {
        Color::Look(self.slot, self.percent)
    }

    /// The colour of areas behind other series.
    pub(crate) fn pale(self) -> Color {
        Color::Look(self.slot, 25)
    }

    /// Draws a line through points on the page.
    pub(crate) fn line(self, on: &mut Picture, points: Vec<Place>) {
        on.line(points, self.color(), self.width, DASHES[self.dash % LOOKS]);
    }

    /// Draws a point. A hollow one shows the background inside.
    pub(crate) fn point(self, on: &mut Picture, at: Place, is_hollow: bool) {
        self.marker(on, at, 1.0, self.color());
        if is_hollow {
            // Two areas are drawn instead of an outline, because bitmaps have no mitred corners.
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
