//! Isotherms.

use std::error::Error;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, Parameters};
use leastwise_report::Axis;

use super::page::{Page, chart, columns, data, line, spaced};

pub(crate) const TITLE: &str = "Isotherms: Langmuir or Freundlich?";
pub(crate) const QUESTION: &str = "
The amount of a dye on a solid was measured at twelve concentrations. Does the isotherm of Langmuir, q = Q·K·c/(1 + K·c),
describe the data better than that of Freundlich, q = k·c^(1/n)?

Both have two parameters, and neither contains the other. So an F test does not apply. The information criterion AICc compares
them: a difference of more than 10 leaves little doubt, and a difference of less than 2 decides nothing.";
pub(crate) const WATCH: &str = "
A linearised plot, such as c/q against c, gives other weights to the data, and may favour the wrong model. A small AICc does
not mean that a model is right, only that it is better than the other one: look at the residuals. The data determine Q
only if they bend towards it. With data from the straight part of the isotherm alone, the table shows large standard errors.";

const DATA: &str = include_str!("data/isotherm.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (concentration, amount) = (&table[0], &table[1]);
    let langmuir = |c: f64, p: &[f64]| p[0] * p[1] * c / (1.0 + p[1] * c);
    let freundlich = |c: f64, p: &[f64]| p[0] * c.powf(1.0 / p[1]);

    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let curve = Curve::new(2, langmuir, concentration, amount)?;
    let first = fit.run(
        &FiniteDifferences::central(curve),
        Parameters::from(&[4.0, 0.1]).with_names(&["Q", "K"]),
    )?;
    page.print(&first);

    let curve = Curve::new(2, freundlich, concentration, amount)?;
    let second = fit.run(
        &FiniteDifferences::central(curve),
        Parameters::from(&[0.5, 2.0]).with_names(&["k", "n"]),
    )?;
    page.print(format!("\n{second}"));

    let criteria = first.aicc().zip(second.aicc());
    let (of_langmuir, of_freundlich) = criteria.ok_or("there are too few data")?;
    page.print(format!(
        "\nAICc: {of_langmuir:.1} for Langmuir, {of_freundlich:.1} for Freundlich"
    ));

    // The picture.
    let x = spaced(0.01, 82.0, 300);
    page.draw(chart(
        Axis::linear("concentration / (mg/l)"),
        Axis::linear("adsorbed / (mmol/g)"),
        vec![
            data("data", 6, concentration, amount),
            line("Langmuir", 1, &x, |c| langmuir(c, &first.parameters)),
            line("Freundlich", 3, &x, |c| freundlich(c, &second.parameters)),
        ],
    ));
    Ok(())
}
