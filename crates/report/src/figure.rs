//! Figures: charts side by side, or a grid, below a title and above a legend.

use std::path::{Path, PathBuf};

use plotters::style::text_anchor::{HPos, VPos};
use serde::Serialize;

use crate::chart::SAMPLE;
use crate::chart::{Chart, Series};
use crate::color::Color;
use crate::error::Error;
use crate::grid::Grid;
use crate::picture::{Font, Picture, TEXT};

/// The content of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// Charts of the same size.
    Charts(Vec<Chart>),
    /// Tiles in rows and columns.
    Grid(Grid),
}

/// Entries of a legend below a heading. Each is a series without points.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Legend {
    /// The heading, before the entries.
    pub heading: String,
    /// The entries, in reading order.
    pub entries: Vec<Series>,
}

/// A figure.
///
/// ```
/// use leastwise_report::{Axis, Chart, Figure, Look, Series};
///
/// let series = Series::new("faer", Look::new(0), [(4.0, 80.0), (8.0, 120.0)]);
/// let chart = Chart::new("matmul", Axis::linear("n"), Axis::logarithmic("time")).with(series);
/// let svg = Figure::charts("products", "Time by size", [chart]).to_svg()?;
/// assert!(svg.contains("matmul") && svg.contains("faer"));
/// # Ok::<(), leastwise_report::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use]
pub struct Figure {
    /// The name of the files, without extension.
    pub name: String,
    /// The title.
    pub title: String,
    /// How to read the figure.
    pub note: String,
    /// The charts or the grid.
    pub body: Body,
    /// The number of charts in a row.
    pub columns: usize,
    /// Width and height of a chart, in units of 1/96 inch.
    pub size: (f64, f64),
    /// The meaning of the looks. If it is empty, the legend lists all series of the charts.
    pub legend: Vec<Legend>,
}

const MARGIN: f64 = 12.0;
const TITLE: f64 = 40.0;
/// The height of a line in the legend and in the note.
const LINE: f64 = 20.0;
/// The space around an entry of the legend.
const GAP: f64 = 8.0;

impl Figure {
    /// Charts, three in a row.
    pub fn charts(
        name: impl Into<String>,
        title: impl Into<String>,
        charts: impl IntoIterator<Item = Chart>,
    ) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            note: String::new(),
            body: Body::Charts(charts.into_iter().collect()),
            columns: 3,
            size: (336.0, 286.0),
            legend: Vec::new(),
        }
    }

    /// A grid.
    pub fn grid(name: impl Into<String>, title: impl Into<String>, grid: Grid) -> Self {
        Self {
            body: Body::Grid(grid),
            ..Self::charts(name, title, [])
        }
    }

    /// Sets the note.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Sets the number of charts in a row, and the size of a chart.
    pub fn layout(mut self, columns: usize, size: (f64, f64)) -> Self {
        self.columns = columns;
        self.size = size;
        self
    }

    /// Adds a group to the legend.
    pub fn legend(
        mut self,
        heading: impl Into<String>,
        entries: impl IntoIterator<Item = Series>,
    ) -> Self {
        self.legend.push(Legend {
            heading: heading.into(),
            entries: entries.into_iter().collect(),
        });
        self
    }

    /// The figure as an SVG.
    ///
    /// # Errors
    /// [`Error::Drawing`].
    pub fn to_svg(&self) -> Result<String, Error> {
        self.picture().svg()
    }

    /// The figure as a PNG, with the lines of its origin stored in it.
    ///
    /// # Errors
    /// [`Error::Drawing`].
    pub fn to_png(&self, source: &str) -> Result<Vec<u8>, Error> {
        self.picture().png(source)
    }

    /// Writes the figure as SVG and PNG, with the lines of its origin stored in them, and returns the paths.
    ///
    /// # Errors
    /// [`Error::Drawing`] and [`Error::Write`].
    pub fn write(&self, folder: &Path, source: &str) -> Result<[PathBuf; 2], Error> {
        self.picture().write(folder, &self.name, source)
    }

    /// Whether there is no chart to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.body, Body::Charts(charts) if charts.is_empty())
    }

    /// The entries of the legend, in groups.
    pub(crate) fn entries(&self) -> Vec<Legend> {
        let Body::Charts(charts) = &self.body else {
            return Vec::new();
        };
        if !self.legend.is_empty() {
            return self.legend.clone();
        }
        let mut all = Legend::default();
        for series in charts.iter().flat_map(|chart| &chart.series) {
            if !all.entries.iter().any(|known| known.name == series.name) {
                all.entries.push(series.clone());
            }
        }
        vec![all]
    }

    fn picture(&self) -> Picture {
        let body = match &self.body {
            Body::Grid(grid) => grid.picture(),
            Body::Charts(charts) => self.all(charts),
        };
        let width = body.size.0 + 2.0 * MARGIN;
        let legend = self.legend_picture(body.size.0);
        let font = Font::new(TEXT, Color::Muted).at(HPos::Center, VPos::Center);
        let note = wrapped(&self.note, font, body.size.0);
        let below = [legend.size.1, LINE * note.len() as f64];
        let top = if self.title.is_empty() { MARGIN } else { TITLE };
        let tops = [top, top + body.size.1, top + body.size.1 + below[0] + GAP];
        let mut picture = Picture::new(width, tops[2] + below[1] + MARGIN);
        let title = Font::new(20.0, Color::Ink)
            .bold()
            .at(HPos::Center, VPos::Center);
        let fitting = 20.0 * (body.size.0 / title.width(&self.title).max(1.0)).min(1.0);
        let title = Font {
            size: fitting,
            ..title
        };
        picture.text((0.5 * width, 0.5 * TITLE), &self.title, title);
        picture.place((MARGIN, tops[0]), body);
        picture.place((MARGIN, tops[1]), legend);
        for (place, line) in note.into_iter().enumerate() {
            let y = tops[2] + LINE * (place as f64 + 0.5);
            picture.text((0.5 * width, y), line, font);
        }
        picture
    }

    fn all(&self, charts: &[Chart]) -> Picture {
        let columns = charts.len().clamp(1, self.columns.max(1));
        let (across, down) = self.size;
        let rows = charts.len().div_ceil(columns);
        // A single small chart is narrower than its title and its legend.
        let width = (across * columns as f64).max(672.0);
        let mut all = Picture::new(width, down * rows as f64);
        for (i, chart) in charts.iter().enumerate() {
            let place = ((i % columns) as f64 * across, (i / columns) as f64 * down);
            all.place(place, chart.picture(self.size));
        }
        all
    }

    /// Each group starts on a new line, and its entries are in columns.
    fn legend_picture(&self, width: f64) -> Picture {
        let font = Font::new(TEXT, Color::Ink);
        let groups = self.entries();
        let all = || groups.iter().flat_map(|group| &group.entries);
        let widest = all()
            .map(|entry| font.width(&entry.name))
            .fold(0.0, f64::max);
        let headings = groups.iter().map(|group| font.bold().width(&group.heading));
        let indent = headings.fold(0.0, f64::max);
        let indent = if indent > 0.0 {
            indent + 2.0 * GAP
        } else {
            0.0
        };
        let column = SAMPLE + widest + 4.0 * GAP;
        let most = groups
            .iter()
            .map(|group| group.entries.len())
            .max()
            .unwrap_or(0);
        let fitting = ((width - indent) / column).floor().max(1.0);
        let columns = fitting.min(most as f64).max(1.0);
        let left = (0.5 * (width - indent - column * columns)).max(0.0);
        let mut shapes = Picture::new(width, 0.0);
        let mut line = 0.0;
        for group in groups.iter().filter(|group| !group.entries.is_empty()) {
            shapes.text((left, LINE * (line + 0.5)), &group.heading, font.bold());
            let mut place = 0.0;
            for entry in &group.entries {
                if place == columns {
                    (line, place) = (line + 1.0, 0.0);
                }
                let (x, y) = (left + indent + column * place, LINE * (line + 0.5));
                shapes.place((x, y - 7.0), entry.sample());
                shapes.text((x + SAMPLE + GAP, y), &entry.name, font);
                place += 1.0;
            }
            line += 1.0;
        }
        shapes.size = (width, LINE * line);
        shapes
    }
}

/// The words in lines that are no wider than `width`.
fn wrapped(words: &str, font: Font, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| font.width(longer) <= width) {
            Some(longer) => *lines.last_mut().unwrap_or(&mut String::new()) = longer,
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::{Axis, Unit};
    use crate::chart::{Kind, Rule};
    use crate::label::Area;
    use crate::look::Look;
    use crate::picture::Shape;

    #[test]
    fn a_figure_has_titles_axes_series_and_its_note() {
        let times = |slope: f64| [1.0, 10.0, 100.0].map(|n: f64| (n, 1e3 * n.powf(slope)));
        let mut chart = Chart::new(
            "A sweep",
            Axis::logarithmic("size").at([1.0, 10.0, 100.0]),
            Axis::logarithmic("time").unit(Unit::Nanoseconds),
        );
        for (slot, name) in ["first", "second", "third"].into_iter().enumerate() {
            let series = Series::new(name, Look::new(slot), times(1.0 + slot as f64));
            chart.series.push(series.kind(Kind::MarkedLine));
        }
        chart.rules.push(Rule::level(1e4, "a limit"));
        chart.has_names = true;
        chart.strip = vec![
            (1.0, vec![Look::new(0)]),
            (100.0, vec![Look::new(1), Look::new(2)]),
        ];
        let figure = Figure::charts("sweep", "A figure", [chart]).note("A note.");
        let svg = figure.to_svg().unwrap();
        let shown = [
            "A figure", "A sweep", "size", "time", "second", "a limit", "10 µs", "A note.",
        ];
        for text in shown {
            assert!(svg.contains(text), "{text}");
        }
        // The name is in the legend and beside its line.
        assert_eq!(svg.matches("third").count(), 2);
    }

    /// Without titles, the name of the vertical axis is at the top.
    #[test]
    fn a_title_that_is_empty_takes_no_space() {
        let chart = |title: &str| {
            let series = Series::new("series", Look::new(0), [(0.0, 0.0), (1.0, 1.0)]);
            Chart::new(title, Axis::linear("x"), Axis::linear("the name")).with(series)
        };
        let top = |figure: Figure| {
            let picture = figure.picture();
            let name = picture.shapes.iter().find_map(|shape| match shape {
                Shape::Text(at, words, font) if words == "the name" => {
                    Some(area(*at, words, *font))
                }
                _ => None,
            });
            let all = Area::new((0.0, 0.0), (picture.size.0, 2.0 * MARGIN));
            name.unwrap().overlap(all) > 0.0
        };
        assert!(top(Figure::charts("figure", "", [chart("")])));
        assert!(!top(Figure::charts("figure", "A title", [chart("")])));
        assert!(!top(Figure::charts("figure", "", [chart("A title")])));
    }

    /// The rectangle that the words cover.
    fn area((x, y): (f64, f64), words: &str, font: Font) -> Area {
        let (width, height) = (font.width(words), 0.8 * font.size);
        let left = match font.h {
            HPos::Left => x,
            HPos::Center => x - 0.5 * width,
            HPos::Right => x - width,
        };
        let top = match font.v {
            VPos::Top => y,
            VPos::Center => y - 0.5 * height,
            VPos::Bottom => y - height,
        };
        Area::new((left, top), (width, height))
    }

    #[test]
    fn no_words_of_a_figure_lie_on_others_or_beyond_its_edge() {
        for (count, last) in [(1, 3e2), (4, 1e6), (10, 1e30)] {
            let chart = |title: &str, is_logarithmic| {
                let mut x = Axis::linear("the name of the axis");
                x.is_logarithmic = is_logarithmic;
                let mut chart = Chart::new(title, x, Axis::logarithmic("the other axis"));
                for place in 0..count {
                    // Every second line ends early.
                    let end = if place % 2 == 0 { last } else { 0.3 * last };
                    let points = [(1.0, 1e-3), (end, 10f64.powi(place / 2))];
                    let name = format!("series number {place}");
                    chart.series.push(Series::new(name, Look::new(0), points));
                }
                chart.has_names = is_logarithmic;
                chart
            };
            let charts = [
                chart("A title", true),
                chart("Another", false),
                chart("Third", true),
            ];
            let entries = charts[0].series.clone();
            let figure = Figure::charts("figure", "A title that is not short", charts)
                .layout(3, (472.0, 430.0))
                .note("A note that is longer than one line of the figure. ".repeat(6))
                .legend("A heading", entries.clone())
                .legend("Another heading", entries);
            let picture = figure.picture();
            let texts = picture.shapes.iter().filter_map(|shape| match shape {
                Shape::Text(at, words, font) if !words.is_empty() => {
                    Some((area(*at, words, *font), words))
                }
                _ => None,
            });
            let texts: Vec<(Area, &String)> = texts.collect();
            let page = Area::new((0.0, 0.0), picture.size);
            for (i, (area, words)) in texts.iter().enumerate() {
                assert!(area.is_inside(page), "{words} of {count} series: {area:?}");
                for (other, others) in &texts[i + 1..] {
                    assert_eq!(
                        area.overlap(*other),
                        0.0,
                        "{words} on {others}, {count} series"
                    );
                }
            }
        }
    }
}
