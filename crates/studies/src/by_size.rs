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

/// The times of the contenders by size n, as a table and as a figure. A time is the median of the samples.
pub(crate) fn section<'r>(
    name: &str,
    title: &str,
    contenders: &[String],
    rows: impl Iterator<Item = (u32, &'r [Vec<f64>])>,
) -> Section {
    let interval = |samples: &Vec<f64>| median_interval(samples, 1);
    let rows: Vec<(u32, Vec<Interval>)> = rows
        .map(|(n, samples)| (n, samples.iter().map(interval).collect()))
        .collect();
    Section::new(title)
        .with(table(contenders, &rows))
        .with(figure(name, title, contenders, &rows))
        .paragraph("Medians with 95 % intervals. Contenders run in processes of their own and take turns. One \
             thread, f64.")
}

fn table(names: &[String], rows: &[(u32, Vec<Interval>)]) -> Table {
    let names = names.iter().map(String::as_str);
    let mut table = Table::of_numbers(["n"].into_iter().chain(names));
    for (n, times) in rows {
        let times = times.iter().map(|&time| time_with_spread(time));
        table.push([n.to_string()].into_iter().chain(times));
    }
    table
}

/// Draws a line for each contender, on logarithmic axes.
fn figure(name: &str, title: &str, names: &[String], rows: &[(u32, Vec<Interval>)]) -> Figure {
    let x = Axis::logarithmic("n").at(rows.iter().map(|&(n, _)| f64::from(n)));
    let y = Axis::logarithmic("time of one call").unit(Unit::Nanoseconds);
    let mut chart = Chart::new(title, x, y);
    for (place, name) in names.iter().enumerate() {
        let points = rows
            .iter()
            .map(|(n, times)| (f64::from(*n), times[place].mid));
        let series = Series::new(name, Look::new(place), points);
        chart = chart.with(series.kind(Kind::MarkedLine));
    }
    Figure::charts(name, title, [chart])
}
