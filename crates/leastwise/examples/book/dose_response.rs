//! Dose response.

use std::error::Error;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, Parameters};
use leastwise_report::Axis;

use super::page::{Page, band, chart, columns, data, line, multiples};

pub(crate) const TITLE: &str = "Dose response: which dose has half of the effect?";
pub(crate) const QUESTION: &str = "
Cells were treated with ten doses of a drug, two wells each. At which dose is the effect half of its maximum (the EC50),
and how well do the data determine it?

The model is the logistic curve with four parameters, as a function of the logarithm of the dose:
y = bottom + (top − bottom)/(1 + 10^(slope·(log₁₀ EC50 − log₁₀ dose))).
The logarithm of the EC50 is the parameter, because doses are chosen by factors: its errors are nearly symmetric.";
pub(crate) const WATCH: &str = "
The doses must reach both plateaus. If the largest dose does not, `top` and EC50 depend on each other, and the interval of
the EC50 becomes wide or open. The profile interval shows this, and ± standard error does not. Report the interval of the
dose from that of its logarithm: the powers of ten of its ends.";

const DATA: &str = include_str!("data/dose-response.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (dose, response) = (&table[0], &table[1]);
    // p: bottom, top, log₁₀ EC50, slope.
    let model =
        |x: f64, p: &[f64]| p[0] + (p[1] - p[0]) / (1.0 + 10f64.powf(p[3] * (p[2] - x.log10())));
    let problem = FiniteDifferences::central(Curve::new(4, model, dose, response)?);
    let backend = Faer::default();
    let names = ["bottom", "top", "log10 EC50", "slope"];
    let fit = Fit::new(&backend);
    let fitted = fit.run(
        &problem,
        Parameters::from(&[0.0, 100.0, 1.0, 1.0]).with_names(&names),
    )?;
    page.print(&fitted);

    let profile = fit.profile(&problem, &fitted, 2, 0.95)?;
    let ends = profile.lower.zip(profile.upper);
    let (low, high) = ends.ok_or("the data do not limit the EC50")?;
    page.print(format!(
        "EC50: {:.1} nM, 95 % profile interval {:.1} to {:.1} nM",
        10f64.powf(fitted.parameters[2]),
        10f64.powf(low),
        10f64.powf(high)
    ));

    // The picture.
    let x = multiples(0.25, 12000.0, 200);
    let bands = problem.function().predict(&fitted, &x, 0.95)?;
    page.draw(chart(
        Axis::logarithmic("dose / nM"),
        Axis::linear("response / %"),
        vec![
            data("wells", 6, dose, response),
            line("fitted curve", 1, &x, |x| model(x, &fitted.parameters)),
            band(&x, &bands),
        ],
    ));
    Ok(())
}
