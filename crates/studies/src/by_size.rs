//! Times of several contenders at several sizes, as samples, as a table and as a figure.

use std::time::Instant;

use leastwise_harness::statistics::{Interval, median_interval};
use leastwise_report::{Axis, Chart, Figure, Kind, Look, Section, Series, Table, Unit};

use crate::compare::report::format::time_with_spread;

/// The time of a sample. It is long compared with the resolution of the clock.
const SAMPLE_NS: f64 = 1e6;
const MOST_CALLS: u32 = 1 << 16;

/// Takes samples of the nanoseconds of one `call`. A sample is the mean of as many calls as take a millisecond. The
/// search for that number is the warm-up.
///
/// # Errors
/// The errors of `call`.
pub(crate) fn sampler<E>(
    mut call: impl FnMut() -> Result<(), E>,
) -> Result<impl FnMut() -> Result<f64, E>, E> {
    let mut sample = move |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            call()?;
        }
        Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls))
    };
    let mut calls = 1;
    while calls < MOST_CALLS && f64::from(calls) * sample(calls)? < SAMPLE_NS {
        calls *= 2;
    }
    Ok(move || sample(calls))
}

/// Times of the contenders by size. A contender without samples has no time.
pub(crate) struct BySize<'r> {
    pub(crate) title: String,
    /// The sizes, and the samples of each contender.
    pub(crate) rows: Vec<(u32, Vec<&'r [f64]>)>,
}

/// The times of `parts`, as a table of each and as a figure. A time is the median of the samples.
pub(crate) fn section(
    (name, title): (&str, &str),
    size: &str,
    contenders: &[String],
    parts: &[BySize<'_>],
) -> Section {
    let mut section = Section::new(title);
    let mut charts = Vec::new();
    for part in parts {
        let interval =
            |samples: &&[f64]| (!samples.is_empty()).then(|| median_interval(samples, 1));
        let rows = part.rows.iter();
        let rows: Vec<(u32, Vec<Option<Interval>>)> = rows
            .map(|(n, samples)| (*n, samples.iter().map(interval).collect()))
            .collect();
        section = section.with(table(&part.title, size, contenders, &rows));
        charts.push(chart(&part.title, size, contenders, &rows));
    }
    let columns = charts.len().min(2);
    section
        .with(Figure::charts(name, title, charts).layout(columns, (420.0, 300.0)))
        .paragraph("Medians with 95 % intervals. Contenders run in processes of their own and take turns. f64.")
}

fn table(
    title: &str,
    size: &str,
    names: &[String],
    rows: &[(u32, Vec<Option<Interval>>)],
) -> Table {
    let names = names.iter().map(String::as_str);
    let mut table = Table::of_numbers([size].into_iter().chain(names));
    if !title.is_empty() {
        table.begin(title);
    }
    for (n, times) in rows {
        let show = |time: &Option<Interval>| time.map_or_else(|| "–".to_owned(), time_with_spread);
        let times = times.iter().map(show);
        table.push([n.to_string()].into_iter().chain(times));
    }
    table
}

/// A line for each contender, on logarithmic axes.
fn chart(
    title: &str,
    size: &str,
    names: &[String],
    rows: &[(u32, Vec<Option<Interval>>)],
) -> Chart {
    let x = Axis::logarithmic(size).at(rows.iter().map(|&(n, _)| f64::from(n)));
    let y = Axis::logarithmic("time of one call").unit(Unit::Nanoseconds);
    let mut chart = Chart::new(title, x, y);
    for (place, name) in names.iter().enumerate() {
        let points = rows
            .iter()
            .filter_map(|(n, times)| Some((f64::from(*n), times[place]?.mid)));
        let series = Series::new(name, Look::new(place), points);
        chart = chart.with(series.kind(Kind::MarkedLine));
    }
    chart
}
