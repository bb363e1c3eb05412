//! A page of the book: what a chapter prints and draws.

use std::error::Error;
use std::fmt::{Display, Write as _};

use leastwise::Prediction;
use leastwise_report::{Axis, Chart, Figure, Kind, Look, Point, Series};

/// A chapter.
pub(crate) struct Chapter {
    /// The name of the page and of the picture, without an extension.
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    pub(crate) question: &'static str,
    pub(crate) watch: &'static str,
    pub(crate) source: &'static str,
    pub(crate) run: fn(&mut Page) -> Result<(), Box<dyn Error>>,
}

/// What a chapter prints and draws.
#[derive(Default)]
pub(crate) struct Page {
    printed: String,
    charts: Vec<Chart>,
}

impl Page {
    /// Prints a value, and a line after it.
    pub(crate) fn print(&mut self, value: impl Display) {
        writeln!(self.printed, "{value}").expect("a string takes any text");
    }

    /// Draws a chart beside those before it.
    pub(crate) fn draw(&mut self, chart: Chart) {
        self.charts.push(chart);
    }
}

impl Chapter {
    /// The page. The code is that of the chapter, from its function to its picture. The counts and the time of a run, which
    /// depend on the machine, are left out.
    pub(crate) fn markdown(&self, page: &Page) -> String {
        let Self {
            file,
            title,
            question,
            watch,
            ..
        } = self;
        let code = self
            .source
            .split_once("\npub(crate) fn run")
            .map_or("", |(_, code)| code);
        let code = code
            .split_once("    // The picture.")
            .map_or(code, |(code, _)| code);
        let lines = code.lines().skip(1);
        let code: Vec<&str> = lines
            .map(|line| line.strip_prefix("    ").unwrap_or(line))
            .collect();
        let printed: Vec<&str> = page
            .printed
            .lines()
            .filter(|line| !is_count(line))
            .collect();
        format!(
            "# {title}\n\n{}\n\n![The data and the fit]({file}.png)\n\n## The code\n\n```rust\n{}\n```\n\n\
             ## The result\n\n```text\n{}\n```\n\n## What to watch for\n\n{}\n",
            question.trim(),
            code.join("\n").trim(),
            printed.join("\n").trim_end(),
            watch.trim()
        )
    }

    /// The picture as PNG.
    pub(crate) fn picture(&self, page: &Page) -> Result<Vec<u8>, Box<dyn Error>> {
        let columns = page.charts.len().min(2);
        let figure = Figure::charts(self.file, "", page.charts.clone());
        Ok(figure.layout(columns, (680.0, 320.0)).to_png("")?)
    }
}

/// The last line of a summary.
fn is_count(line: &str) -> bool {
    line.contains(" residual evaluation")
}

/// The columns of a small table: comments, a line of names, and rows of numbers.
pub(crate) fn columns(text: &str) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let mut rows = text.lines().filter(|line| !line.starts_with('#'));
    let names = rows.next().ok_or("the table is empty")?;
    let mut columns = vec![Vec::new(); names.split(',').count()];
    for row in rows {
        for (column, entry) in columns.iter_mut().zip(row.split(',')) {
            column.push(entry.parse()?);
        }
    }
    Ok(columns)
}

/// `count` numbers from `low` to `high`.
pub(crate) fn spaced(low: f64, high: f64, count: u32) -> Vec<f64> {
    let step = (high - low) / f64::from(count - 1);
    (0..count).map(|i| low + step * f64::from(i)).collect()
}

/// `count` numbers from `low` to `high`, each the same multiple of the one before.
pub(crate) fn multiples(low: f64, high: f64, count: u32) -> Vec<f64> {
    let powers = spaced(low.ln(), high.ln(), count);
    powers.into_iter().map(f64::exp).collect()
}

/// Data as markers.
pub(crate) fn data(name: &str, look: usize, x: &[f64], y: &[f64]) -> Series {
    let points = x.iter().copied().zip(y.iter().copied());
    Series::new(name, Look::new(look), points).kind(Kind::Markers)
}

/// The same series in a paler colour, below which lines are visible.
pub(crate) fn pale(series: Series) -> Series {
    Series {
        look: series.look.shade(0.4),
        ..series
    }
}

/// Data with their standard deviations.
pub(crate) fn data_with_errors(name: &str, x: &[f64], y: &[f64], sigmas: &[f64]) -> Series {
    let points = x.iter().zip(y).zip(sigmas).map(|((&x, &y), sigma)| Point {
        interval: Some((y - sigma, y + sigma)),
        ..Point::from((x, y))
    });
    Series::new(name, Look::new(6), points).kind(Kind::Markers)
}

/// A line.
pub(crate) fn line(name: &str, look: usize, x: &[f64], y: impl Fn(f64) -> f64) -> Series {
    let points = x.iter().map(|&x| (x, y(x)));
    Series::new(name, Look::new(look).dash(0), points)
}

/// The 95 % confidence band of a curve.
pub(crate) fn band(x: &[f64], predictions: &[Prediction<f64>]) -> Series {
    let points = x.iter().zip(predictions).map(|(&x, at)| Point {
        interval: Some(at.confidence),
        ..Point::from((x, at.value))
    });
    Series::new("95 % band of the curve", Look::new(1), points).kind(Kind::Band)
}

/// A chart. The first series lies on top.
pub(crate) fn chart(x: Axis, y: Axis, series: Vec<Series>) -> Chart {
    Chart {
        series,
        ..Chart::new("", x, y)
    }
}
