//! Oscillations, whose frequency comes from the spectrum.

use std::f64::consts::TAU;

use crate::data::Data;
use crate::family::Family;
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

    fn guess(&self, data: &Data) -> Option<Vec<f64>> {
        let spectrum = Spectrum::new(data);
        match self {
            Self::Sinusoid => {
                let line = spectrum.strongest(f64::INFINITY)?;
                Some(vec![line.amplitude, line.frequency, line.phase, line.mean])
            }
            Self::Damped => {
                let lines = DECAYS.iter().filter_map(|share| {
                    let tau = share * data.span();
                    Some((tau, spectrum.strongest(tau)?))
                });
                let (tau, line) =
                    lines.min_by(|(_, a), (_, b)| a.remainder.total_cmp(&b.remainder))?;
                // The decay of the spectrum begins at the first datum.
                let amplitude = line.amplitude * (data.first() / tau).exp();
                Some(vec![amplitude, line.frequency, line.phase, tau, line.mean])
            }
        }
    }
}
