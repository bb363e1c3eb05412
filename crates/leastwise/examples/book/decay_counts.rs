//! Decay with background counts.

use std::error::Error;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, Parameters, Sigma};
use leastwise_report::Axis;

use super::page::{Page, band, chart, columns, data_with_errors, line, spaced};

pub(crate) const TITLE: &str = "Decay with background: what is the lifetime, from counts?";
pub(crate) const QUESTION: &str = "
A detector counts decays in 40 intervals of 10 s, on a background. What is the lifetime?

The model is n = a·exp(−t/τ) + b. Counts follow the Poisson distribution, whose variance is its mean. So the standard
deviations are known: they are the roots of the means (`Sigma::Absolute`), and the loss is χ².";
pub(crate) const WATCH: &str = "
The root of the *measured* counts as a standard deviation gives low counts too much weight, and pulls the curve down. So the
code fits twice more with the roots of the *fitted* counts. At the end, the probability of χ² tells whether the model and
the sigmas describe the data: a value near 0 means that they do not. With fewer than some five counts in an interval, the
distribution is not normal. Then combine intervals, or maximise the likelihood.";

const DATA: &str = include_str!("data/decay-counts.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (time, counts) = (&table[0], &table[1]);
    let model = |t: f64, p: &[f64]| p[0] * (-t / p[1]).exp() + p[2];
    let backend = Faer::default();
    let fit = Fit::new(&backend).with_sigma_scale(Sigma::Absolute);
    let mut sigmas: Vec<f64> = counts.iter().map(|n| n.max(1.0).sqrt()).collect();
    let mut start = vec![100.0, 50.0, 5.0];
    for _ in 0..2 {
        let curve = Curve::new(3, model, time, counts)?.with_sigmas(&sigmas)?;
        start = fit
            .run(&FiniteDifferences::central(curve), &start)?
            .parameters;
        sigmas = time.iter().map(|&t| model(t, &start).sqrt()).collect();
    }
    let curve = Curve::new(3, model, time, counts)?.with_sigmas(&sigmas)?;
    let problem = FiniteDifferences::central(curve);
    let start = Parameters::from(&start).with_names(&["a", "tau", "background"]);
    let fitted = fit.run(&problem, start)?;
    page.print(&fitted);
    let probability = fitted
        .chi_squared_probability()
        .ok_or("there are no degrees of freedom")?;
    page.print(format!("probability of a larger χ²: {probability:.2}"));

    // The picture.
    let x = spaced(0.0, 400.0, 200);
    let bands = problem.function().predict(&fitted, &x, 0.95)?;
    page.draw(chart(
        Axis::linear("time / s"),
        Axis::linear("counts in 10 s"),
        vec![
            data_with_errors("counts ± standard deviation", time, counts, &sigmas),
            line("fitted curve", 1, &x, |t| model(t, &fitted.parameters)),
            band(&x, &bands),
        ],
    ));
    Ok(())
}
