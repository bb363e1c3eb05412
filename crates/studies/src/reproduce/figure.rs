//! The figure: loss and gradient against iterations, and loss against time.

use leastwise_report::{Axis, Chart, Figure, Look, Series};
use leastwise_two_factor::Spectrum;

use super::experiment::{Record, Run};
use super::plan::{Family, Plan};

pub(super) fn figure(record: &Record) -> Figure {
    let (plan, runs) = (&record.header.plan, &record.rows);
    let losses = || value_axis("loss ‖W₁W₂X − Y‖²", runs, |run| &run.losses);
    let gradients = value_axis("gradient magnitude", runs, |run| &run.gradient_norms);
    let iterations = || Axis::linear("iteration");
    let counted = |values: &[f64]| {
        values
            .iter()
            .enumerate()
            .map(|(i, &v)| (i as f64, v))
            .collect()
    };
    let timed = |run: &Run| {
        run.seconds
            .iter()
            .copied()
            .zip(run.losses.iter().copied())
            .collect()
    };
    let charts = [
        chart(
            runs,
            "Loss against iterations",
            iterations(),
            losses(),
            |run| counted(&run.losses),
        ),
        chart(
            runs,
            "Gradient against iterations",
            iterations(),
            gradients,
            |run| counted(&run.gradient_norms),
        ),
        chart(
            runs,
            "Loss against time",
            Axis::logarithmic("seconds"),
            losses(),
            timed,
        ),
    ];
    let mut figure = Figure::charts("reproduce", title(plan), charts).layout(3, (472.0, 430.0));
    for family in Family::ALL {
        let heading = match family {
            Family::GradientDescent => "Gradient descent".to_owned(),
            Family::Adam => "Adam".to_owned(),
            Family::LevenbergMarquardt => {
                let (solver, scalar) = (plan.solver(), plan.flags.scalar.name());
                format!("Levenberg-Marquardt ({solver}, {scalar})")
            }
        };
        let mine = (0..runs.len()).filter(|&place| runs[place].family == family);
        figure = figure.legend(heading, mine.map(|place| series(runs, place, Vec::new())));
    }
    figure
}

fn chart(
    runs: &[Run],
    title: &str,
    x: Axis,
    y: Axis,
    points: impl Fn(&Run) -> Vec<(f64, f64)>,
) -> Chart {
    let mut chart = Chart::new(title, x, y);
    // Levenberg-Marquardt is drawn last, so it is on top.
    let places = (0..runs.len()).rev();
    chart.series = places
        .map(|place| series(runs, place, points(&runs[place])))
        .collect();
    chart
}

/// The axis ends at most three decades above the largest value of the runs that stayed finite. A diverging run leaves
/// the chart at the top, because otherwise it would flatten all others.
fn value_axis(name: &str, runs: &[Run], values: impl Fn(&Run) -> &[f64]) -> Axis {
    let axis = Axis::logarithmic(name);
    let shown = runs.iter().flat_map(|run| {
        let shown = if run.is_diverged { 1 } else { usize::MAX };
        values(run).iter().take(shown)
    });
    let high = shown.copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    if high > 0.0 && runs.iter().any(|run| run.is_diverged) {
        return axis.ceiling(1e3 * high);
    }
    axis
}

/// Each family has a colour. Larger steps have a fuller colour, and every step has other dashes. The lines of
/// Levenberg-Marquardt are thick.
fn series(runs: &[Run], place: usize, points: Vec<(f64, f64)>) -> Series {
    let run = &runs[place];
    let of_family = |runs: &[Run]| {
        runs.iter()
            .filter(|other| other.family == run.family)
            .count()
    };
    let (count, before) = (of_family(runs), of_family(&runs[..place]));
    let share = if count > 1 {
        before as f64 / (count - 1) as f64
    } else {
        1.0
    };
    // The last line is solid, so a single line is solid.
    let look = |slot| Look::new(slot).dash(count - 1 - before);
    let look = match run.family {
        Family::GradientDescent => look(0).shade(share),
        Family::Adam => look(1).shade(share),
        Family::LevenbergMarquardt => look(6).thick(),
    };
    let mark = match run.failure {
        Some(_) => " (failed)",
        None if run.is_diverged => " (diverged)",
        None => "",
    };
    Series::new(format!("{}{mark}", run.name()), look, points)
}

fn title(plan: &Plan) -> String {
    let spec = plan.flags.spec();
    let spectrum = match spec.spectrum {
        Spectrum::RowScaled => "row scaling as published",
        Spectrum::Prescribed { .. } => "prescribed spectrum",
    };
    format!(
        "Two-layer linear net: W₁ {m}×{k}, W₂ {k}×{n}, {s} samples; κ₂(A) = {kappa} measured \
         ({spectrum}); start scale {scale}, seed {seed}",
        m = spec.ydim,
        k = spec.wdim,
        n = spec.xdim,
        s = spec.nsamples,
        kappa = short(plan.condition),
        scale = spec.start_scale,
        seed = spec.seed,
    )
}

/// Formats a number of any size with four digits.
pub(super) fn short(x: f64) -> String {
    if x >= 1e4 {
        format!("{x:.3e}")
    } else {
        format!("{x:.1}")
    }
}
