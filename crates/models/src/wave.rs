//! Oscillations, whose frequency comes from the spectrum.

use std::f64::consts::TAU;

use leastwise_optim::robust_scale;

use crate::data::Data;
use crate::family::{Family, Known};
use crate::projection::best;
use crate::spectrum::Spectrum;

/// A sinusoid, which may decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wave {
    Sinusoid,
    Damped,
}

/// The times of the decay that are tried, in units of the range of x.
const DECAYS: [f64; 7] = [0.05, 0.1, 0.2, 0.4, 0.8, 2.0, 8.0];

impl Family for Wave {
    fn name(&self) -> String {
        let name = match self {
            Self::Sinusoid => "sinusoid",
            Self::Damped => "damped",
        };
        name.to_owned()
    }

    fn formula(&self) -> String {
        let formula = match self {
            Self::Sinusoid => "a*sin(2*pi*f*x + phi) + c",
            Self::Damped => "a*exp(-x/tau)*sin(2*pi*f*x + phi) + c",
        };
        formula.to_owned()
    }

    fn parameters(&self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Sinusoid => &["a", "f", "phi", "c"],
            Self::Damped => &["a", "f", "phi", "tau", "c"],
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn bounds(&self) -> Vec<(usize, f64, f64)> {
        vec![(1, 0.0, f64::INFINITY)]
    }

    fn value(&self, x: f64, p: &[f64]) -> f64 {
        let wave = (TAU * p[1] * x + p[2]).sin();
        match self {
            Self::Sinusoid => p[0] * wave + p[3],
            Self::Damped => p[0] * (-x / p[3]).exp() * wave + p[4],
        }
    }

    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64 {
        let (sin, cos) = (TAU * p[1] * x + p[2]).sin_cos();
        let a = p[0];
        match self {
            Self::Sinusoid => {
                gradient.copy_from_slice(&[sin, a * cos * TAU * x, a * cos, 1.0]);
                a * sin + p[3]
            }
            Self::Damped => {
                let e = (-x / p[3]).exp();
                let by_phase = a * e * cos;
                let by_decay = a * e * sin * (x / p[3]) / p[3];
                gradient.copy_from_slice(&[e * sin, by_phase * TAU * x, by_phase, by_decay, 1.0]);
                a * e * sin + p[4]
            }
        }
    }

    fn guess(&self, data: &Data, known: &Known) -> Option<Vec<f64>> {
        let mut found = self.strongest(data, known)?;
        if data.is_robust {
            // Outliers disturb all frequencies alike, so a spectrum with less of them is better.
            for _ in 0..ROUNDS {
                found = self.strongest(&self.reweighted(data, &found)?, known)?;
            }
        }
        self.with_held(data, found, known)
    }
}

/// The spectra of a robust search after the first one.
const ROUNDS: usize = 3;

impl Wave {
    /// The parameters of the strongest line. The amplitude and the phase are not held.
    fn strongest(self, data: &Data, known: &Known) -> Option<Vec<f64>> {
        let held = &known.held[..];
        let spectrum = Spectrum::new(data);
        let frequencies = held[1].map_or(known.limits[1], |f| (f, f));
        let mean = data.scaled(held[held.len() - 1]);
        if self == Self::Sinusoid {
            let line = spectrum.strongest(f64::INFINITY, frequencies, mean)?;
            return Some(vec![line.amplitude, line.frequency, line.phase, line.mean]);
        }
        let decays = DECAYS.iter().map(|share| share * data.span());
        let mut decays: Vec<f64> = decays.map(|tau| known.nearest(3, tau)).collect();
        decays.dedup();
        let lines = decays
            .into_iter()
            .filter_map(|tau| Some((tau, spectrum.strongest(tau, frequencies, mean)?)));
        let (tau, line) = lines.min_by(|(_, a), (_, b)| a.remainder.total_cmp(&b.remainder))?;
        // The decay of the spectrum begins at the first datum.
        let amplitude = line.amplitude * (data.first() / tau).exp();
        Some(vec![amplitude, line.frequency, line.phase, tau, line.mean])
    }

    /// The data with less weight where the residual is beyond Huber's 1.345 standard deviations.
    fn reweighted(self, data: &Data, p: &[f64]) -> Option<Data> {
        let rows = data.x.iter().zip(&data.y).zip(&data.weights);
        let residual =
            |((&x, y), weight): ((&f64, &f64), &f64)| weight * (y - self.value(x, p) / data.scale);
        let residuals: Vec<f64> = rows.map(residual).collect();
        let limit = 1.345 * robust_scale(&residuals).ok()?;
        let weight = |(weight, r): (&f64, &f64)| {
            let is_near = r.abs() <= limit;
            weight
                * if is_near {
                    1.0
                } else {
                    (limit / r.abs()).sqrt()
                }
        };
        Some(Data {
            weights: data.weights.iter().zip(&residuals).map(weight).collect(),
            ..data.clone()
        })
    }

    /// The parameters beside a phase or an amplitude that is held.
    fn with_held(self, data: &Data, mut p: Vec<f64>, known: &Known) -> Option<Vec<f64>> {
        let held = &known.held[..];
        let last = p.len() - 1;
        let free_phase = p[2];
        let Some(phase) = held[2] else {
            // The other sign of the amplitude is half a period away.
            if held[0].is_some_and(|a| a * p[0] < 0.0) {
                p[2] += if free_phase > 0.0 {
                    -0.5 * TAU
                } else {
                    0.5 * TAU
                };
            }
            return Some(p);
        };
        p[2] = phase;
        let unit = |x: f64, p: &[f64]| self.value(x, &[&[1.0], &p[1..last], &[0.0]].concat());
        let found = best(
            data,
            [()],
            2,
            |x, (), row| row.copy_from_slice(&[unit(x, &p), 1.0]),
            |()| [0, last].map(|parameter| known.coefficient(parameter, 1.0)),
        )?;
        (p[0], p[last]) = (found.coefficients[0], found.coefficients[1]);
        Some(p)
    }
}
