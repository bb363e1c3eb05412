//! Grids of tiles. All panels share the rows, and each panel has a group of columns.

use plotters::style::text_anchor::{HPos, VPos};
use serde::Serialize;

use crate::color::Color;
use crate::picture::{Font, Picture};

/// A coloured square. A mark makes it easier to see than the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Tile {
    /// Red, green and blue.
    pub color: (u8, u8, u8),
    /// The mark in the middle.
    pub mark: Option<char>,
}

impl Tile {
    /// A tile without a mark.
    pub fn new(color: (u8, u8, u8)) -> Self {
        Self { color, mark: None }
    }

    /// Sets the mark.
    pub fn mark(mut self, mark: char) -> Self {
        self.mark = Some(mark);
        self
    }

    /// A colour between two others: the first at a share of 0, the second at 1.
    ///
    /// ```
    /// let tile = leastwise_report::Tile::between((0, 0, 0), (100, 200, 50), 0.5);
    /// assert_eq!(tile.color, (50, 100, 25));
    /// ```
    pub fn between(from: (u8, u8, u8), to: (u8, u8, u8), share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between two u8"
        )]
        let mixed = |from: u8, to: u8| {
            let (from, to) = (f64::from(from), f64::from(to));
            (from + share.clamp(0.0, 1.0) * (to - from)).round() as u8
        };
        Self::new((
            mixed(from.0, to.0),
            mixed(from.1, to.1),
            mixed(from.2, to.2),
        ))
    }

    fn draw(self, on: &mut Picture, (x, y): (f64, f64)) {
        let (r, g, b) = self.color;
        let corner = (x + TILE - 0.5, y + TILE - 0.5);
        on.rectangle((x + 0.5, y + 0.5), corner, Color::Fixed(r, g, b));
        if let Some(mark) = self.mark {
            let is_light = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) > 150_000;
            let ink = if is_light { 0 } else { 255 };
            let font = Font::new(10.0, Color::Fixed(ink, ink, ink)).at(HPos::Center, VPos::Center);
            on.text((x + 0.5 * TILE, y + 0.5 * TILE), mark, font);
        }
    }
}

/// A row of every panel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GridRow {
    /// The group of the row. Neighbouring rows of one group show its name once.
    pub group: String,
    /// The name of the row.
    pub label: String,
    /// Whether the label is bold.
    pub is_strong: bool,
}

/// Columns below a title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GridPanel {
    /// The title, which names what the columns have in common.
    pub title: String,
    /// The names of the columns, from left to right.
    pub columns: Vec<String>,
    /// The tiles of each row: one per column, or `None`.
    pub tiles: Vec<Vec<Option<Tile>>>,
}

/// Panels side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Band {
    /// The name, which names what the panels have in common.
    pub name: String,
    /// The panels, from left to right.
    pub panels: Vec<GridPanel>,
}

/// Bands of panels that share the rows. Columns without a tile are omitted.
///
/// ```
/// use leastwise_report::{Band, Figure, Grid, GridPanel, GridRow, Tile};
///
/// let right = Tile::new((92, 164, 214));
/// let panel = GridPanel {
///     title: "60×60".to_owned(),
///     columns: vec!["half rank".to_owned()],
///     tiles: vec![vec![Some(right)]],
/// };
/// let grid = Grid {
///     rows: vec![GridRow { label: "svd".to_owned(), ..GridRow::default() }],
///     bands: vec![Band { name: "f64".to_owned(), panels: vec![panel] }],
///     key: vec![(right, "right".to_owned())],
/// };
/// assert!(Figure::grid("map", "Right answers", grid).to_svg()?.contains("half rank"));
/// # Ok::<(), leastwise_report::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// The rows, from top to bottom.
    pub rows: Vec<GridRow>,
    /// The bands, from top to bottom.
    pub bands: Vec<Band>,
    /// The meaning of the tiles.
    pub key: Vec<(Tile, String)>,
}

const TILE: f64 = 15.0;
const GAP: f64 = 14.0;
/// The height of the titles of the panels.
const TITLE: f64 = 26.0;
/// The height of a line of the key.
const KEY: f64 = 26.0;
/// The smallest width at which the key starts a new line.
const NARROWEST: f64 = 560.0;

/// The names of columns are written upwards.
fn upright() -> Font {
    Font {
        is_upright: true,
        ..Font::new(11.0, Color::Ink)
    }
}

impl GridPanel {
    /// The columns that have a tile.
    fn shown(&self) -> Vec<usize> {
        let has_tile = |&j: &usize| {
            self.tiles
                .iter()
                .any(|row| row.get(j).is_some_and(Option::is_some))
        };
        (0..self.columns.len()).filter(has_tile).collect()
    }
}

impl Grid {
    /// The widths of the group names and of the row labels.
    fn widths(&self) -> [f64; 2] {
        let bold = Font::new(12.0, Color::Ink).bold();
        let widest = |of: fn(&GridRow) -> &str| {
            let widths = self.rows.iter().map(|row| bold.width(of(row)));
            widths.fold(0.0, f64::max) + 8.0
        };
        [widest(|row| &row.group), widest(|row| &row.label)]
    }

    /// The space above the tiles, for the names of the columns and the titles of the panels.
    fn heading(&self) -> f64 {
        let panels = || self.bands.iter().flat_map(|band| &band.panels);
        let names = panels().flat_map(|panel| panel.shown().into_iter().map(|j| &panel.columns[j]));
        let widest = names
            .map(|name| upright().width(name))
            .fold(0.0_f64, f64::max);
        let has_titles = panels().any(|panel| !panel.title.is_empty());
        let has_names = self.bands.iter().any(|band| !band.name.is_empty());
        let above = if has_titles { TITLE } else { 0.0 };
        let beside = if has_names { 40.0 } else { 0.0 };
        (widest + 8.0).max(beside) + above
    }

    pub(crate) fn picture(&self) -> Picture {
        let [groups, labels] = self.widths();
        let heading = self.heading();
        let height = heading + TILE * self.rows.len() as f64;
        // The panels of all bands are aligned in columns.
        let count = self
            .bands
            .iter()
            .map(|band| band.panels.len())
            .max()
            .unwrap_or(0);
        let width = |place: usize| {
            let panels = self.bands.iter().filter_map(|band| band.panels.get(place));
            panels
                .map(|panel| TILE * panel.shown().len() as f64)
                .fold(0.0, f64::max)
        };
        let mut lefts = vec![groups + labels];
        for place in 0..count {
            lefts.push(lefts[place] + width(place) + GAP);
        }
        let bottom = (height + GAP) * self.bands.len() as f64;
        let right = lefts[count];
        let key = self.key_picture(right.max(NARROWEST));
        let mut picture = Picture::new(right.max(key.size.0), bottom + key.size.1);
        picture.place((0.0, bottom), key);
        let title = Font::new(13.0, Color::Ink).bold();
        for (place, band) in self.bands.iter().enumerate() {
            let top = (height + GAP) * place as f64;
            let tiles = top + heading;
            self.draw_labels(&mut picture, &band.name, tiles, groups + labels);
            for (panel, &left) in band.panels.iter().zip(&lefts) {
                picture.text((left, top + 10.0), &panel.title, title);
                self.draw_panel(&mut picture, panel, (left, tiles));
            }
        }
        picture
    }

    fn draw_labels(&self, on: &mut Picture, band: &str, top: f64, right: f64) {
        let font = |size| Font::new(size, Color::Ink);
        on.text((0.0, top - 20.0), band, font(20.0).bold());
        let mut group = "";
        for (i, row) in self.rows.iter().enumerate() {
            let y = top + TILE * (i as f64 + 0.5);
            if group != row.group {
                group = &row.group;
                on.text((0.0, y), group, font(12.0).bold());
            }
            let label = font(11.5).at(HPos::Right, VPos::Center);
            let label = if row.is_strong { label.bold() } else { label };
            on.text((right - 8.0, y), &row.label, label);
        }
    }

    fn draw_panel(&self, on: &mut Picture, panel: &GridPanel, (left, top): (f64, f64)) {
        let shown = panel.shown();
        for (place, &j) in shown.iter().enumerate() {
            let x = left + TILE * place as f64;
            on.text((x + 0.5 * TILE, top - 4.0), &panel.columns[j], upright());
            for (i, row) in panel.tiles.iter().enumerate() {
                if let Some(tile) = row.get(j).copied().flatten() {
                    tile.draw(on, (x, top + TILE * i as f64));
                }
            }
        }
        let right = left + TILE * shown.len() as f64;
        for i in 0..=self.rows.len() {
            let group = |i: usize| self.rows.get(i).map(|row| &row.group);
            if i == 0 || group(i) != group(i - 1) {
                let y = top + TILE * i as f64;
                on.line(vec![(left, y), (right, y)], Color::Muted, 1.0, None);
            }
        }
    }

    /// The key, in lines of at most this width.
    fn key_picture(&self, width: f64) -> Picture {
        let font = Font::new(12.5, Color::Ink);
        let (mut x, mut y, mut widest) = (0.0, 10.0, 0.0_f64);
        let mut shapes = Picture::new(0.0, 0.0);
        for (tile, meaning) in &self.key {
            let entry = TILE + 6.0 + font.width(meaning) + 20.0;
            if x > 0.0 && x + entry > width {
                (x, y) = (0.0, y + KEY);
            }
            tile.draw(&mut shapes, (x, y + 0.5 * (KEY - TILE)));
            shapes.text((x + TILE + 6.0, y + 0.5 * KEY), meaning, font);
            x += entry;
            widest = widest.max(x);
        }
        shapes.size = (widest, y + KEY);
        shapes
    }
}
