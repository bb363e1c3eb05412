//! Charts: series of points on two axes.

use serde::Serialize;

use crate::axis::Axis;
use crate::look::Look;
use crate::picture::Picture;

/// A point of a series.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Point {
    /// The horizontal coordinate.
    pub x: f64,
    /// The vertical coordinate.
    pub y: f64,
    /// The interval that contains `y`.
    pub interval: Option<(f64, f64)>,
    /// Whether the marker is hollow.
    pub is_hollow: bool,
    /// The text beside the point.
    pub label: Option<String>,
}

impl From<(f64, f64)> for Point {
    fn from((x, y): (f64, f64)) -> Self {
        Self {
            x,
            y,
            ..Self::default()
        }
    }
}

/// How the points of a series are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A line through the points.
    #[default]
    Line,
    /// A line and markers.
    MarkedLine,
    /// Markers only.
    Markers,
    /// The area between the ends of their intervals.
    Band,
}

impl Kind {
    pub(crate) fn has_line(self) -> bool {
        matches!(self, Self::Line | Self::MarkedLine)
    }

    pub(crate) fn has_markers(self) -> bool {
        matches!(self, Self::Markers | Self::MarkedLine)
    }
}

/// Points that belong together, with a name.
///
/// ```
/// use leastwise_report::{Kind, Look, Series};
///
/// let series = Series::new("faer", Look::new(0), [(4.0, 80.0), (8.0, 120.0)]).kind(Kind::MarkedLine);
/// assert_eq!(series.points.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use]
pub struct Series {
    /// The name in legends.
    pub name: String,
    /// The colour, marker and dash.
    pub look: Look,
    /// How the points are drawn.
    pub kind: Kind,
    /// The points, in the order of the line.
    pub points: Vec<Point>,
}

impl Series {
    /// A line through points.
    pub fn new<P: Into<Point>>(
        name: impl Into<String>,
        look: Look,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        Self {
            name: name.into(),
            look,
            kind: Kind::Line,
            points: points.into_iter().map(Into::into).collect(),
        }
    }

    /// Sets how the points are drawn.
    pub fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The line and the marker, as a legend shows them.
    pub(crate) fn sample(&self) -> Picture {
        let mut sample = Picture::new(SAMPLE, 14.0);
        if self.kind == Kind::Band {
            sample.rectangle((0.0, 1.0), (SAMPLE, 13.0), self.look.pale());
        }
        if self.kind.has_line() {
            self.look.line(&mut sample, vec![(0.0, 7.0), (SAMPLE, 7.0)]);
        }
        if self.kind.has_markers() {
            let is_hollow = !self.points.is_empty() && self.points.iter().all(|p| p.is_hollow);
            self.look.point(&mut sample, (0.5 * SAMPLE, 7.0), is_hollow);
        }
        sample
    }
}

/// The width of the sample in a legend.
pub(crate) const SAMPLE: f64 = 40.0;

/// A thin line with which a reader compares series.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use]
pub struct Rule {
    /// The ends of the line. An infinite coordinate is drawn at the frame.
    pub ends: [(f64, f64); 2],
    /// The text beside the line.
    pub label: String,
    /// Whether it is dashed.
    pub is_dashed: bool,
}

impl Rule {
    /// A horizontal line. The axis covers its value.
    pub fn level(y: f64, label: impl Into<String>) -> Self {
        Self {
            ends: [(f64::NEG_INFINITY, y), (f64::INFINITY, y)],
            label: label.into(),
            is_dashed: true,
        }
    }
}

/// Series on two axes.
///
/// ```
/// use leastwise_report::{Axis, Chart, Look, Series};
///
/// let series = Series::new("faer", Look::new(0), [(4.0, 80.0), (8.0, 120.0)]);
/// let chart = Chart::new("matmul", Axis::linear("n"), Axis::logarithmic("time")).with(series);
/// assert_eq!(chart.series.len(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Chart {
    /// The title.
    pub title: String,
    /// The content in a sentence, for readers who cannot see the chart.
    pub description: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The series. The first is drawn above the others.
    pub series: Vec<Series>,
    /// Lines for comparison, drawn below the series.
    pub rules: Vec<Rule>,
    /// A strip along the horizontal axis. Each value, in ascending order, has the looks that it belongs to.
    pub strip: Vec<(f64, Vec<Look>)>,
    /// Whether the names of the series are drawn beside the ends of their lines.
    pub has_names: bool,
}

impl Chart {
    /// A chart without series.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            ..Self::default()
        }
    }

    /// Adds a series.
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// The text for readers who cannot see the chart.
    pub(crate) fn words(&self) -> &str {
        if self.description.is_empty() {
            &self.title
        } else {
            &self.description
        }
    }
}
