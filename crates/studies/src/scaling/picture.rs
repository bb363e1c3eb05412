//! The figure of time against size on logarithmic axes. A power law is a straight line, and its slope is the exponent.

use leastwise_report::{Axis, Chart, Figure, Kind, Look, Point, Rule, Series, Unit};

use super::contender::ALL;
use super::record::{Results, Who};
use super::size::Sweep;

const NOTE: &str = "One thread, f64, median of a run. Exponents by least squares over the upper half of \
    the sizes, ± standard error.";

/// A chart for each sweep, with the exponents in the legend.
pub(super) fn figure(results: &Results<'_>) -> Figure {
    let swept = Sweep::ALL
        .into_iter()
        .filter(|&sweep| results.rows(sweep).next().is_some());
    let swept: Vec<Sweep> = swept.collect();
    let charts = swept.iter().map(|&sweep| chart(results, sweep));
    let title = "Time of a Levenberg-Marquardt step on min ‖W1 W2 X − Y‖²";
    let figure = Figure::charts("scaling", title, charts)
        .note(NOTE)
        .layout(2, (590.0, 430.0));
    swept.into_iter().fold(figure, |figure, sweep| {
        let entries = results.everyone(sweep).into_iter().map(|who| {
            let fit = results.exponent(sweep, &who);
            let fit = fit.map_or_else(|| "–".to_owned(), |fit| fit.to_string());
            let mut entry = series(results, sweep, &who);
            entry.name = format!("{who}: {fit}");
            entry
        });
        figure.legend(format!("Exponent by {}", sweep.name()), entries)
    })
}

fn chart(results: &Results<'_>, sweep: Sweep) -> Chart {
    let (title, x_name) = match sweep {
        Sweep::Width => (
            "Square nets, twice as many samples",
            "width n, for W1 and W2 n×n",
        ),
        Sweep::Samples => ("The published net: W1 10×6, W2 6×6", "number of samples"),
    };
    let sizes = results.rows(sweep).map(|row| row.at as f64);
    let x = Axis::logarithmic(x_name).at(sizes);
    let y = Axis::logarithmic("time of a step").unit(Unit::Nanoseconds);
    let guide = (sweep == Sweep::Width).then(|| guide(results, &x.at));
    let everyone = results.everyone(sweep);
    Chart {
        has_names: true,
        series: everyone
            .iter()
            .map(|who| series(results, sweep, who))
            .collect(),
        rules: guide.into_iter().collect(),
        ..Chart::new(title, x, y)
    }
}

/// Each contender has a colour and a marker, and each backend has a dash. The points of the first backend are filled.
fn series(results: &Results<'_>, sweep: Sweep, who: &Who) -> Series {
    let row = ALL.iter().find(|c| c.name == who.contender);
    let mut backends = results.plan.backends.iter();
    let place = backends
        .position(|b| who.backend.as_ref() == Some(b))
        .unwrap_or(0);
    let points = results.points(sweep, who).map(|(at, measured)| Point {
        is_hollow: place > 0,
        ..Point::from((at as f64, measured.median().mid))
    });
    let look = Look::new(row.map_or(0, |c| c.look)).dash(place);
    Series::new(who.to_string(), look, points).kind(Kind::MarkedLine)
}

/// A line below all points that grows with the third power, so that slopes can be compared with it.
fn guide(results: &Results<'_>, sizes: &[f64]) -> Rule {
    let ratios = results.rows(Sweep::Width).flat_map(|row| {
        let cube = (row.at as f64).powi(3);
        let measurements = row.measurements.iter();
        measurements.map(move |m| m.median().mid / cube)
    });
    let lowest = ratios.fold(f64::INFINITY, f64::min);
    let ends = [sizes.first(), sizes.last()].map(|size| size.copied().unwrap_or(1.0));
    Rule {
        ends: ends.map(|n| (n, 0.6 * lowest * n.powi(3))),
        label: "∝ n³".to_owned(),
        is_dashed: true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::record;
    use super::*;

    #[test]
    fn the_picture_names_curves_exponents_and_axes() {
        let svg = figure(&Results::of(&record())).to_svg().unwrap();
        for text in [
            "kronecker damped, nalgebra",
            "levenberg-marquardt",
            "3.00 ± 0.00",
            "∝ n³",
            "number of samples",
            "100 µs",
            "256",
        ] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn one_sweep_is_one_chart() {
        let mut record = record();
        record.rows.retain(|row| row.sweep == Sweep::Width);
        let svg = figure(&Results::of(&record)).to_svg().unwrap();
        assert!(svg.contains("Square nets") && !svg.contains("The published net"));
    }
}
