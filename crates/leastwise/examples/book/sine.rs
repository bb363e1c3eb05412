//! A sine with unknown frequency.

use std::error::Error;
use std::f64::consts::TAU;

use leastwise::{Faer, Fit, Parameters, Separable};
use leastwise_report::Axis;

use super::page::{Page, chart, columns, data, line, spaced};

pub(crate) const TITLE: &str = "A sine: which frequency is in irregular data?";
pub(crate) const QUESTION: &str = "
A signal was measured at 80 irregular times within a minute. It seems to be noise around a mean. Is there a periodic part,
and at which frequency?

The model is y = a·sin(2πft) + b·cos(2πft) + c. It is linear in a, b and c, so f is the only parameter that needs a start
(`Separable`). But the loss has a minimum at about every 1/60 Hz. So the code starts from a grid that is finer than that,
and keeps the best minimum. The amplitude is √(a² + b²).";
pub(crate) const WATCH: &str = "
The grid must be finer than half of one over the length of the data: with larger gaps, the right minimum may be missed. A minimum
is not yet a signal. With this many frequencies tried, the best one of pure noise also reduces the loss: compare the best loss
with the second best, and with those of shuffled data. At regular times, frequencies beyond half of the sampling rate look
like lower ones. Irregular times have no such limit.";

const DATA: &str = include_str!("data/sine.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (time, signal) = (&table[0], &table[1]);
    let basis = |t: f64, f: &[f64], phi: &mut [f64]| {
        (phi[0], phi[1]) = (TAU * f[0] * t).sin_cos();
        phi[2] = 1.0;
    };
    let model = Separable::new(1, 3, basis, time, signal)?;
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let mut fits = Vec::new();
    for start in spaced(0.02, 2.0, 250) {
        let fitted = fit.run_separable(
            &model,
            Parameters::from(&[start]).with_names(&["f", "a", "b", "c"]),
        )?;
        // f and −f describe the same sine.
        if fitted.is_success() && fitted.parameters[0] > 0.0 {
            fits.push(fitted);
        }
    }
    fits.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    let fitted = &fits[0];
    page.print(fitted);
    let is_other = |other: &&leastwise::Fitted<f64>| other.loss > 1.001 * fitted.loss;
    let second = fits
        .iter()
        .find(is_other)
        .ok_or("there is one minimum only")?;
    page.print(format!(
        "second best: {:.3} Hz, a loss {:.1} times as large",
        second.parameters[0],
        second.loss / fitted.loss
    ));
    let (a, b) = (fitted.parameters[1], fitted.parameters[2]);
    let amplitude = a.hypot(b);
    let gradient = [0.0, a / amplitude, b / amplitude, 0.0];
    let error = fitted.covariance.standard_error_of(&gradient)?;
    page.print(format!("amplitude: {amplitude:.3} ± {error:.3}"));

    // The picture.
    let x = spaced(0.0, 15.0, 500);
    let value = |t: f64| {
        let mut phi = [0.0; 3];
        basis(t, &fitted.parameters, &mut phi);
        phi.iter()
            .zip(&fitted.parameters[1..])
            .map(|(phi, c)| phi * c)
            .sum()
    };
    let first = time.iter().filter(|&&t| t <= 15.0).count();
    page.draw(chart(
        Axis::linear("time / s (the first quarter)"),
        Axis::linear("signal"),
        vec![
            data("data", 6, &time[..first], &signal[..first]),
            line("fitted curve", 1, &x, value),
        ],
    ));
    Ok(())
}
