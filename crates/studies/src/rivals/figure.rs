//! The figure of a question. For each case, it shows the loss over steps and over seconds, side by side.

use leastwise_report::{Axis, Chart, Figure, Look, Series};

use super::contender::{Contender, Rival};
use super::question::Question;
use super::row::Row;
use super::run::Point;

/// Below this share of the largest loss, every difference is rounding.
const DEPTH: f64 = 1e34;

pub(super) fn figure(question: Question, cases: &[&Row]) -> Figure {
    let charts = cases.iter().flat_map(|case| {
        let title = title(question, &case.label);
        [
            chart(case, &title, "step", |at| at.step as f64),
            chart(case, &title, "seconds", |at| at.seconds),
        ]
    });
    let name = format!("rivals-{}", question.name());
    let figure = Figure::charts(name, heading(question), charts).layout(2, (560.0, 300.0));
    // Each case has its own settings. The legend shows those of the first case.
    let first = cases.iter().take(1).flat_map(|case| &case.entries);
    figure.legend("", first.map(|entry| series(entry.contender, Vec::new())))
}

fn heading(question: Question) -> &'static str {
    match question {
        Question::Scale => "Loss by the size of the starting weights",
        Question::Tuning => "Loss when every method is tuned",
        Question::Condition => "Loss by the condition of A",
        Question::Noise => "Loss on problems without a loss of zero",
    }
}

fn title(question: Question, label: &str) -> String {
    match question {
        Question::Scale => format!("Starting weights of standard deviation {label}"),
        Question::Tuning => "Every method tuned".to_owned(),
        Question::Condition => format!("κ₂(A) = {label}"),
        Question::Noise if label.starts_with('k') => format!("Too few hidden units: {label}"),
        Question::Noise => format!("Noise of standard deviation {label}"),
    }
}

fn chart(case: &Row, title: &str, x_name: &str, x: impl Fn(&Point) -> f64) -> Chart {
    let runs = || {
        case.entries
            .iter()
            .filter_map(|entry| Some((entry, entry.runs.first()?)))
    };
    let starts = runs().filter_map(|(_, run)| run.trace.first());
    // Spikes far above the start would flatten all lines.
    let top = 10.0 * starts.fold(0.0f64, |top, at| top.max(at.excess));
    let y = Axis::logarithmic("(loss − optimum)/‖Y‖²")
        .ceiling(top)
        .depth(DEPTH);
    let mut chart = Chart::new(title, Axis::logarithmic(x_name).depth(1e7), y);
    // Levenberg-Marquardt is drawn last, so it is on top.
    let mut series: Vec<Series> = runs()
        .map(|(entry, run)| {
            let points = run.trace.iter().map(|at| (x(at), at.excess)).collect();
            series(entry.contender, points)
        })
        .collect();
    series.reverse();
    chart.series = series;
    chart
}

fn series(contender: Contender, points: Vec<(f64, f64)>) -> Series {
    let look = match contender.rival {
        Rival::GradientDescent => Look::new(0),
        Rival::Adam => Look::new(1),
        Rival::ScaledGradientDescent => Look::new(2),
        Rival::DampedScaledGradientDescent => Look::new(3),
        Rival::FixedStep if contender.setting < 0.5 => Look::new(6).dash(2).thick(),
        Rival::FixedStep => Look::new(5).dash(4).thick(),
        Rival::AdaptiveDamping => Look::new(6).dash(0).thick(),
    };
    Series::new(contender.to_string(), look, points)
}
