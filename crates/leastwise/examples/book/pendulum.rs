//! A damped pendulum.

use std::error::Error;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, Parameters};
use leastwise_report::Axis;

use super::page::{Page, chart, columns, data, line, pale, spaced};

pub(crate) const TITLE: &str = "A damped pendulum: the acceleration of gravity";
pub(crate) const QUESTION: &str = "
The angle of a pendulum of 0.994 m was recorded for 24 s. What is the acceleration g?

The model is θ = A·exp(−γ·t)·cos(ω·t + φ) + θ₀. For small angles, g = L·(ω² + γ²). The first estimate of ω comes from counting:
the picture shows 12 periods in 24 s, so ω is near 2π/2 s.";
pub(crate) const WATCH: &str = "
The start of a frequency may decide. With γ fixed, the start of 3.5 rad/s, which is 11 % too large, ends at a useless
minimum: its phase is wrong by more than half a period at the last data. `is_success` is true there, because it is a
minimum. So compare the loss. With γ free, the fit ends at the right minimum even from this start. The standard error of
g contains the noise only. The length, the swing of a few degrees (which lowers g by 0.2 % at 8°) and the mass of the
string are not part of it, and may be larger.";

const DATA: &str = include_str!("data/pendulum.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let (time, angle) = (&table[0], &table[1]);
    // p: amplitude, damping, angular frequency, phase, offset.
    let model = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp() * (p[2] * t + p[3]).cos() + p[4];
    let problem = FiniteDifferences::central(Curve::new(5, model, time, angle)?);
    let backend = Faer::default();
    let names = ["A", "gamma", "omega", "phi", "theta0"];
    let fit = Fit::new(&backend);
    let fitted = fit.run(
        &problem,
        Parameters::from(&[8.0, 0.05, 3.1, 0.0, 0.0]).with_names(&names),
    )?;
    page.print(&fitted);

    let length = 0.994;
    let (gamma, omega) = (fitted.parameters[1], fitted.parameters[2]);
    let g = length * (omega * omega + gamma * gamma);
    let gradient = [0.0, 2.0 * length * gamma, 2.0 * length * omega, 0.0, 0.0];
    let error = fitted.covariance.standard_error_of(&gradient)?;
    page.print(format!("g: {g:.4} ± {error:.4} m/s²"));

    // The same bad start, with and without the damping as a parameter.
    let start = [8.0, gamma, 3.5, 0.0, 0.0];
    let free = fit.run(&problem, &start)?;
    let held = fit.run(&problem, Parameters::from(&start).with_held(&[1]))?;
    for (gamma, end) in [("free", free), ("fixed", held)] {
        page.print(format!(
            "from 3.5 rad/s with gamma {gamma}: omega {:.3}, loss {:.2}, is_success {}",
            end.parameters[2],
            end.loss,
            end.is_success()
        ));
    }

    // The picture.
    let x = spaced(0.0, 24.0, 600);
    page.draw(chart(
        Axis::linear("time / s"),
        Axis::linear("angle / degrees"),
        vec![
            line("fitted curve", 1, &x, |t| model(t, &fitted.parameters)),
            pale(data("data", 6, time, angle)),
        ],
    ));
    Ok(())
}
