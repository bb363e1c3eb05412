//! The figures: the fastest library by size, and speed beside accuracy.

use leastwise_conformance::STABLE_BACKWARD_ERROR;
use leastwise_core::Method;
use leastwise_report::{Axis, Chart, Figure, Kind, Point, Rule, Series, Unit};

use super::format::human_time;
use super::looks::Looks;
use crate::compare::analysis::{self, Group};
use crate::compare::record::{CellRecord, Results};
use crate::compare::statistics::Interval;
use leastwise_harness::model::Operation;

/// The time of each library over that of the fastest, against n. There is a chart for each operation and method.
/// Returns `None` if nothing of this scalar type was timed at several sizes.
pub(super) fn crossover(results: &Results, scalar: &str) -> Option<Figure> {
    let looks = Looks::new(&results.run);
    let crossovers = analysis::crossovers(results);
    let swept = crossovers
        .iter()
        .filter(|crossover| crossover.scalar == scalar && crossover.points.len() > 1);
    let charts: Vec<Chart> = swept
        .map(|crossover| swept_chart(crossover, &looks))
        .collect();
    let title = format!("Time over that of the fastest library, {scalar}: lower is better");
    let note = "Filled points, strip: statistically tied with the fastest at that size. \
                Bars: 95 % intervals.";
    let figure = Figure::charts("crossover", title, charts).note(note);
    (!figure.is_empty()).then(|| figure.legend("", looks.legend()))
}

fn swept_chart(crossover: &analysis::Crossover, looks: &Looks) -> Chart {
    let (label, points) = (&crossover.label, &crossover.points);
    let title = format!("{label}, {}", crossover.scalar);
    let x = Axis::logarithmic("n, for n×n matrices");
    let x = x.at(points.iter().map(|point| point.size as f64));
    let y = Axis::logarithmic("time / fastest").unit(Unit::Times);
    let description = format!("{title}, fastest by n: {}", ranges(crossover));
    let rule = Rule {
        is_dashed: false,
        ..Rule::level(1.0, "")
    };
    let strip = points.iter().map(|point| {
        let winners = point.winners.iter().map(|winner| looks.look(winner));
        (point.size as f64, winners.collect())
    });
    let mut chart = Chart {
        description,
        rules: vec![rule],
        strip: strip.collect(),
        ..Chart::new(title, x, y)
    };
    for point in points {
        for (engine, ratio) in &point.ratios {
            let Interval { low, mid, high } = *ratio;
            let shown = Point {
                interval: Some((low, high)),
                is_hollow: low > 1.0,
                ..Point::from((point.size as f64, mid))
            };
            push(&mut chart, engine, Kind::MarkedLine, looks, shown);
        }
    }
    chart
}

/// `4–8 nalgebra, 16–128 faer`
pub(super) fn ranges(crossover: &analysis::Crossover) -> String {
    let mut ranges: Vec<(usize, usize, String)> = Vec::new();
    for point in &crossover.points {
        let winners = point.winners.join("/");
        match ranges.last_mut() {
            Some((_, last, known)) if *known == winners => *last = point.size,
            _ => ranges.push((point.size, point.size, winners)),
        }
    }
    let range = |(first, last, winners): &(usize, usize, String)| {
        if first == last {
            format!("{first} {winners}")
        } else {
            format!("{first}–{last} {winners}")
        }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

/// A point of the series of an engine.
fn push(chart: &mut Chart, engine: &str, kind: Kind, looks: &Looks, point: Point) {
    match chart.series.iter_mut().find(|series| series.name == engine) {
        Some(series) => series.points.push(point),
        None => chart
            .series
            .push(Series::new(engine, looks.look(engine), [point]).kind(kind)),
    }
}

/// The backward error of each right answer against its time. There is a chart for each system that does not belong to a
/// sweep. Returns `None` if no system of this scalar type was timed.
pub(super) fn scatter(results: &Results, scalar: &str) -> Option<Figure> {
    let looks = Looks::new(&results.run);
    let groups = analysis::groups(results);
    let systems = groups
        .iter()
        .filter(|group| group.op == Operation::Lstsq && group.scalar == scalar);
    let charts = systems.filter_map(|group| system_chart(group, &looks));
    let title = format!("Backward error against time, {scalar}: lower and further left is better");
    let note = "Dashed: the limit for a stable answer. cod: complete-orthogonal. Refused and wrong \
                answers are not timed.";
    let figure = Figure::charts("scatter", title, charts).note(note);
    (!figure.is_empty()).then(|| figure.legend("", looks.legend()))
}

/// Smaller errors are drawn at this value, because an error of zero has no logarithm.
const SMALLEST_ERROR: f64 = 0.01;

fn system_chart(group: &Group<'_>, looks: &Looks) -> Option<Chart> {
    let timed = group
        .rows
        .iter()
        .filter(|row| row.ratio.is_some())
        .map(|row| row.cell);
    // Sweeps are shown in the other figure.
    let timed = timed.filter(|cell| !cell.control && cell.size.is_none());
    let place = |cell: &CellRecord| Some((cell.median_ns?, cell.backward_error_u?));
    let mut places: Vec<_> = timed
        .filter_map(|cell| Some((cell, place(cell)?)))
        .collect();
    places.sort_by(|(_, a), (_, b)| a.0.total_cmp(&b.0));
    let described = places.iter().map(|(cell, (time, error))| {
        format!("{} {}, {error:.1} u", cell.label(), human_time(*time))
    });
    let described: Vec<String> = described.collect();
    let title = format!("{}, {}", shortened(group.case), group.scalar);
    let x = Axis::logarithmic("time of one call").unit(Unit::Nanoseconds);
    let limit = format!("{STABLE_BACKWARD_ERROR:.0} u");
    let mut chart = Chart {
        description: format!("{title}, the fastest first: {}", described.join("; ")),
        rules: vec![Rule::level(STABLE_BACKWARD_ERROR, limit)],
        ..Chart::new(title, x, Axis::logarithmic("backward error, u"))
    };
    for (cell, (time, error)) in places {
        let shown = Point {
            label: cell.method.as_deref().map(short_name),
            ..Point::from((time, error.max(SMALLEST_ERROR)))
        };
        push(&mut chart, &cell.engine, Kind::Markers, looks, shown);
    }
    (!chart.series.is_empty()).then_some(chart)
}

/// Shortens the name of a case, because the name of a user's file can have any length.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 28;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The method, with the abbreviation of the literature.
fn short_name(method: &str) -> String {
    match method.parse() {
        Ok(Method::CompleteOrthogonal) => "cod".to_owned(),
        _ => method.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use leastwise_report::Body;

    use super::*;
    use crate::compare::samples::{product, results};

    #[test]
    fn one_size_is_no_sweep() {
        let alone = results(vec![product(4, "faer", 80.0), product(4, "nalgebra", 90.0)]);
        assert!(crossover(&alone, "f64").is_none());
    }

    #[test]
    fn a_figure_names_its_charts_and_engines_and_says_who_wins_where() {
        let mut cells = Vec::new();
        for (n, faer, nalgebra) in [(4, 80.0, 50.0), (32, 80.0, 80.0), (256, 80.0, 160.0)] {
            cells.extend([product(n, "faer", faer), product(n, "nalgebra", nalgebra)]);
        }
        let figure = crossover(&results(cells), "f64").unwrap();
        let Body::Charts(charts) = &figure.body else {
            panic!("a crossover has charts");
        };
        let description = &charts[0].description;
        assert!(description.contains("4 nalgebra"), "{description}");
        let wins: Vec<usize> = charts[0]
            .strip
            .iter()
            .map(|(_, looks)| looks.len())
            .collect();
        assert_eq!(wins, [1, 2, 1]);
        let svg = figure.to_svg().unwrap();
        for text in ["matmul, f64", "faer", "nalgebra", "256", "95 % intervals"] {
            assert!(svg.contains(text), "{text}");
        }
    }
}
