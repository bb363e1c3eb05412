//! Enzyme kinetics.

use std::error::Error;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, Parameters};
use leastwise_report::Axis;

use super::page::{Page, band, chart, columns, data, line, spaced};

pub(crate) const TITLE: &str = "Enzyme kinetics: the constants of Michaelis and Menten";
pub(crate) const QUESTION: &str = "
The rate of a reaction was measured at six concentrations, twice each. What are the largest rate and the Michaelis constant?
The data are a classic: puromycin, treated (Treloar 1974; Bates and Watts 1988).

The model is v = V·c/(K + c). V is the largest rate, and K is the concentration of half of it.";
pub(crate) const WATCH: &str = "
Do not fit a straight line to 1/v against 1/c. It gives the smallest rates, which have the largest relative errors, the most
weight. The standard errors here are those of R's `nls`, 6.947 and 0.008281. The profile interval of K is not symmetric,
because the model is not linear in K: its upper end is 0.0862, and that by the standard error is 0.0826. So report the
profile interval. Concentrations well above K are needed for V, and some below K for K.";

const DATA: &str = include_str!("data/enzyme.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (concentration, rate) = (&table[0], &table[1]);
    let model = |c: f64, p: &[f64]| p[0] * c / (p[1] + c);
    let problem = FiniteDifferences::central(Curve::new(2, model, concentration, rate)?);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    // The largest rate that was seen, and the concentration of half of it.
    let fitted = fit.run(
        &problem,
        Parameters::from(&[200.0, 0.05]).with_names(&["V", "K"]),
    )?;
    page.print(&fitted);
    for parameter in 0..2 {
        page.print(fit.profile(&problem, &fitted, parameter, 0.95)?);
    }

    // The picture.
    let x = spaced(0.0, 1.2, 200);
    let bands = problem.function().predict(&fitted, &x, 0.95)?;
    page.draw(chart(
        Axis::linear("concentration / ppm"),
        Axis::linear("rate / (counts/min²)"),
        vec![
            data("data", 6, concentration, rate),
            line("fitted curve", 1, &x, |c| model(c, &fitted.parameters)),
            band(&x, &bands),
        ],
    ));
    Ok(())
}
