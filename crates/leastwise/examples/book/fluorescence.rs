//! Fluorescence lifetimes as a global fit.

use std::error::Error;

use leastwise::{Faer, Fit, Parameters, Separable, Sigma};
use leastwise_report::Axis;

use super::page::{Page, chart, columns, data, line, pale, spaced};

pub(crate) const TITLE: &str = "Fluorescence lifetimes: six decays that share two lifetimes";
pub(crate) const QUESTION: &str = "
A mixture of two dyes was excited by a pulse, and its decay was recorded at six wavelengths. The dyes have one lifetime each,
and another share in each decay. What are the lifetimes?

The model is y = a·exp(−t/τ₁) + b·exp(−t/τ₂) + c. All six decays share τ₁ and τ₂, and each has its own a, b and c: 20
parameters. `Separable` takes y as one decay after the other, and needs a start of the two lifetimes only.";
pub(crate) const WATCH: &str = "
If the last decay is fitted alone, the standard error of the shorter lifetime is about forty times as large. A global fit is
right only if the lifetimes are really the same. If the decays begin within the pulse, the functions must be convolved
with it. The sigmas are the roots of the data, as in the chapter on counts, whose warning applies here too.";

const DATA: &str = include_str!("data/fluorescence.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let time = &table[0];
    // One decay after the other.
    let y = table[1..].concat();
    let sigmas: Vec<f64> = y.iter().map(|y| y.max(1.0).sqrt()).collect();
    let basis = |t: f64, tau: &[f64], phi: &mut [f64]| {
        phi[0] = (-t / tau[0]).exp();
        phi[1] = (-t / tau[1]).exp();
        phi[2] = 1.0;
    };
    let decays = Separable::new(2, 3, basis, time, &y)?.with_sigmas(&sigmas)?;
    let backend = Faer::default();
    let fit = Fit::new(&backend).with_sigma_scale(Sigma::Absolute);
    let start = Parameters::from(&[0.5, 5.0]).with_names(&["tau1", "tau2", "a", "b", "c"]);
    let fitted = fit.run_separable(&decays, start.clone())?;
    page.print(&fitted);

    let last = 5 * time.len()..;
    let alone = Separable::new(2, 3, basis, time, &y[last.clone()])?;
    let alone = fit.run_separable(&alone.with_sigmas(&sigmas[last])?, start)?;
    page.print(format!(
        "tau1 from all decays: {:.3} ± {:.3} ns\ntau1 from the last decay alone: {:.2} ± {:.2} ns",
        fitted.parameters[0],
        fitted.standard_errors()[0],
        alone.parameters[0],
        alone.standard_errors()[0]
    ));

    // The picture.
    let x = spaced(0.0, 12.0, 200);
    let mut series = Vec::new();
    for (set, name) in [(0, "440 nm"), (5, "540 nm")] {
        let c = &fitted.parameters[2 + 3 * set..][..3];
        let value = |t: f64| {
            let mut phi = [0.0; 3];
            basis(t, &fitted.parameters, &mut phi);
            phi.iter().zip(c).map(|(phi, c)| phi * c).sum()
        };
        // The legend has one entry for a name.
        series.push(line(name, set, &x, value));
        series.push(pale(data(name, set, time, &table[1 + set])));
    }
    page.draw(chart(
        Axis::linear("time / ns"),
        Axis::logarithmic("counts"),
        series,
    ));
    Ok(())
}
