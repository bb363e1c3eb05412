//! Peaks on a constant background.

use std::f64::consts::{LN_2, PI, SQRT_2};

use errorfunctions::ComplexErrorFunctions;
use num_complex::Complex64;

use crate::data::Data;
use crate::family::{Family, Known};
use crate::grid::{geometric, linear};
use crate::projection::best;

/// The shape of a peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peak {
    Gaussian,
    Lorentzian,
    PseudoVoigt,
    Voigt,
}

impl Peak {
    /// The shares of the Lorentzian that are tried.
    fn shares(self) -> &'static [f64] {
        match self {
            Self::Gaussian => &[0.0],
            Self::Lorentzian => &[1.0],
            Self::PseudoVoigt | Self::Voigt => &[0.1, 0.5, 0.9],
        }
    }
}

/// A pseudo-Voigt peak of height 1 at (x − μ)/w = u, with the full width w at half of the height.
fn pseudo_voigt(u: f64, share: f64) -> (f64, f64) {
    let gaussian = (-4.0 * LN_2 * u * u).exp();
    let lorentzian = 1.0 / (1.0 + 4.0 * u * u);
    (
        share * lorentzian + (1.0 - share) * gaussian,
        lorentzian - gaussian,
    )
}

/// The Voigt profile of area 1, and its derivatives with respect to μ, σ and γ.
///
/// It is Re w(z)/(σ√(2π)) with z = (x − μ + iγ)/(σ√2), and w′ = −2zw + 2i/√π. Source: NIST *Digital Library of
/// Mathematical Functions*, 7.19 and 7.10.
fn voigt(x: f64, mu: f64, sigma: f64, gamma: f64) -> (f64, [f64; 3]) {
    let (s, g) = (sigma.abs(), gamma.abs());
    if s == 0.0 {
        // The limit is a Lorentzian, which the first order of σ does not change.
        let u = (x - mu) / g;
        let value = 1.0 / (PI * g * (1.0 + u * u));
        let by_mu = 2.0 * PI * u * value * value;
        let by_gamma = value * (u * u - 1.0) / (g * (1.0 + u * u));
        return (value, [by_mu, 0.0, by_gamma * gamma.signum()]);
    }
    let z = Complex64::new(x - mu, g) / (s * SQRT_2);
    let w = z.w();
    let (slope, sum) = faddeeva_slope(z, w);
    let unit = 1.0 / (s * (2.0 * PI).sqrt());
    let by_mu = -slope.re / (s * SQRT_2) * unit;
    let by_sigma = -sum.re / s * unit;
    let by_gamma = -slope.im / (s * SQRT_2) * unit;
    let derivatives = [by_mu, by_sigma * sigma.signum(), by_gamma * gamma.signum()];
    (w.re * unit, derivatives)
}

/// From here on, the terms of w′ cancel to less than u·|z|² ≈ 1e-13, and the asymptotic series is used.
const FAR: f64 = 20.0;

/// w′(z) and w(z) + z·w′(z).
///
/// For large |z|, w = i/√π·Σ bₖ/z²ᵏ⁺¹ with b₀ = 1 and bₖ₊₁ = (2k + 1)/2·bₖ, in the upper half plane. Source: NIST *Digital
/// Library of Mathematical Functions*, 7.12.1.
fn faddeeva_slope(z: Complex64, w: Complex64) -> (Complex64, Complex64) {
    if z.norm() < FAR {
        let slope = -2.0 * z * w + Complex64::new(0.0, 2.0 / PI.sqrt());
        return (slope, w + z * slope);
    }
    let mut term = Complex64::new(0.0, 1.0 / PI.sqrt()) / z;
    let (mut times_z, mut sum) = (Complex64::ZERO, Complex64::ZERO);
    for k in 0..12 {
        let order = 2.0 * f64::from(k);
        times_z -= term * (order + 1.0);
        sum -= term * order;
        term *= (f64::from(k) + 0.5) / z / z;
    }
    (times_z / z, sum)
}

impl Family for Peak {
    fn name(&self) -> String {
        let name = match self {
            Self::Gaussian => "gaussian",
            Self::Lorentzian => "lorentzian",
            Self::PseudoVoigt => "pseudo-voigt",
            Self::Voigt => "voigt",
        };
        name.to_owned()
    }

    fn formula(&self) -> String {
        let formula = match self {
            Self::Gaussian => "a*exp(-((x-mu)/sigma)^2/2) + c",
            Self::Lorentzian => "a/(1 + ((x-mu)/gamma)^2) + c",
            Self::PseudoVoigt => {
                "a*(eta/(1 + 4*((x-mu)/w)^2) + (1-eta)*exp(-4*log(2)*((x-mu)/w)^2)) + c"
            }
            Self::Voigt => "a*V(x-mu, sigma, gamma) + c, where V has the area 1",
        };
        formula.to_owned()
    }

    fn parameters(&self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Gaussian => &["a", "mu", "sigma", "c"],
            Self::Lorentzian => &["a", "mu", "gamma", "c"],
            Self::PseudoVoigt => &["a", "mu", "w", "eta", "c"],
            Self::Voigt => &["a", "mu", "sigma", "gamma", "c"],
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn bounds(&self) -> Vec<(usize, f64, f64)> {
        match self {
            Self::Gaussian | Self::Lorentzian => vec![(2, 0.0, f64::INFINITY)],
            Self::PseudoVoigt => vec![(2, 0.0, f64::INFINITY), (3, 0.0, 1.0)],
            Self::Voigt => vec![(2, 0.0, f64::INFINITY), (3, 0.0, f64::INFINITY)],
        }
    }

    fn value(&self, x: f64, p: &[f64]) -> f64 {
        let u = (x - p[1]) / p[2];
        match self {
            Self::Gaussian => p[0] * (-0.5 * u * u).exp() + p[3],
            Self::Lorentzian => p[0] / (1.0 + u * u) + p[3],
            Self::PseudoVoigt => p[0] * pseudo_voigt(u, p[3]).0 + p[4],
            Self::Voigt => p[0] * voigt(x, p[1], p[2], p[3]).0 + p[4],
        }
    }

    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64 {
        let (a, u) = (p[0], (x - p[1]) / p[2]);
        match self {
            Self::Gaussian => {
                let e = (-0.5 * u * u).exp();
                gradient.copy_from_slice(&[e, a * e * u / p[2], a * e * u * u / p[2], 1.0]);
                a * e + p[3]
            }
            Self::Lorentzian => {
                let q = 1.0 / (1.0 + u * u);
                let slope = 2.0 * a * (u * q) * q / p[2];
                gradient.copy_from_slice(&[q, slope, slope * u, 1.0]);
                a * q + p[3]
            }
            Self::PseudoVoigt => {
                let (shape, by_share) = pseudo_voigt(u, p[3]);
                let lorentzian = 1.0 / (1.0 + 4.0 * u * u);
                let gaussian = (-4.0 * LN_2 * u * u).exp();
                let slope = p[3] * 8.0 * (u * lorentzian) * lorentzian
                    + (1.0 - p[3]) * 8.0 * LN_2 * u * gaussian;
                let by_mu = a * slope / p[2];
                gradient.copy_from_slice(&[shape, by_mu, by_mu * u, a * by_share, 1.0]);
                a * shape + p[4]
            }
            Self::Voigt => {
                let (shape, [mu, sigma, gamma]) = voigt(x, p[1], p[2], p[3]);
                gradient.copy_from_slice(&[shape, a * mu, a * sigma, a * gamma, 1.0]);
                a * shape + p[4]
            }
        }
    }

    fn guess(&self, data: &Data, known: &Known) -> Option<Vec<f64>> {
        let held = &known.held[..];
        let data = data.averaged(1024);
        let span = data.span();
        let mut candidates = Vec::new();
        // A grid between the limits of the centre, even if they are closer together than peaks are wide.
        let (low, high) = known.limits[1];
        let (first, last) = (data.first().max(low), data.last().min(high));
        for form in self.forms(&data, known) {
            // Centres are closer together than a peak is wide.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a number from 21 to 2048"
            )]
            let count = (3.0 * span / form.width).clamp(20.0, 2047.0) as usize + 1;
            let mut centers = linear(first, last, count);
            for center in &mut centers {
                *center = known.nearest(1, *center);
            }
            centers.dedup();
            candidates.extend(centers.into_iter().map(|center| (center, form)));
        }
        let last = held.len() - 1;
        let found = best(
            &data,
            candidates,
            2,
            |x, (center, form), row| {
                let u = (x - center) / form.width;
                row.copy_from_slice(&[pseudo_voigt(u, form.share).0, 1.0]);
            },
            |(_, form)| {
                [
                    known.coefficient(0, form.height),
                    known.coefficient(last, 1.0),
                ]
            },
        )?;
        let (mu, form) = found.alpha;
        let (a, c) = (found.coefficients[0] / form.height, found.coefficients[1]);
        let shape = &form.parameters[..held.len() - 3];
        Some([&[a, mu], shape, &[c]].concat())
    }
}

/// A peak without its place and size.
#[derive(Clone, Copy, Debug)]
struct Form {
    /// The parameters between μ and c. The last one is not used by peaks with one.
    parameters: [f64; 2],
    /// The full width at half height, and the share of the Lorentzian.
    width: f64,
    share: f64,
    /// The height for a = 1.
    height: f64,
}

impl Peak {
    /// The forms that are tried.
    fn forms(self, data: &Data, known: &Known) -> Vec<Form> {
        let count = known.held.len() - 3;
        let span = data.span();
        let narrow = 2.0 * span / data.x.len() as f64;
        let widths = geometric(narrow.min(0.5 * span), 2.0 * span, 14);
        let mut forms = Vec::new();
        for width in widths {
            for &share in self.shares() {
                let sigma = width / (8.0 * LN_2).sqrt();
                let tried = match self {
                    Self::Gaussian => [sigma, 0.0],
                    Self::Lorentzian => [0.5 * width, 0.0],
                    Self::PseudoVoigt => [width, share],
                    // Roughly the same width and share: w ≈ w_L/2 + √(w_L²/4 + w_G²).
                    Self::Voigt => [(1.0 - share) * sigma, 0.5 * share * width],
                };
                let mut parameters = tried;
                for (k, value) in parameters.iter_mut().enumerate().take(count) {
                    *value = known.nearest(2 + k, *value);
                }
                forms.push(self.form(parameters));
            }
        }
        // If parameters are held, forms are equal.
        forms.dedup_by_key(|form| form.parameters.map(f64::to_bits));
        forms
    }

    fn form(self, parameters: [f64; 2]) -> Form {
        let [first, second] = parameters;
        let (width, share, height) = match self {
            Self::Gaussian => (first * (8.0 * LN_2).sqrt(), 0.0, 1.0),
            Self::Lorentzian => (2.0 * first, 1.0, 1.0),
            Self::PseudoVoigt => (first, second, 1.0),
            Self::Voigt => {
                let (width, share) = of_voigt(first, second);
                (width, share, voigt(0.0, 0.0, first, second).0)
            }
        };
        Form {
            parameters,
            width: width.abs(),
            share,
            height,
        }
    }
}

/// The width and the share of the pseudo-Voigt peak that is closest to a Voigt peak.
///
/// Source: P. Thompson, D. E. Cox, J. B. Hastings, Journal of Applied Crystallography 20 (1987), 79.
fn of_voigt(sigma: f64, gamma: f64) -> (f64, f64) {
    let (g, l) = (sigma.abs() * (8.0 * LN_2).sqrt(), 2.0 * gamma.abs());
    // In units of the larger one, fifth powers stay in range.
    let unit = g.max(l);
    let (g, l) = (g / unit, l / unit);
    let sum = g.powi(5)
        + 2.69269 * g.powi(4) * l
        + 2.42843 * g.powi(3) * l.powi(2)
        + 4.47163 * g.powi(2) * l.powi(3)
        + 0.07842 * g * l.powi(4)
        + l.powi(5);
    let width = sum.powf(0.2);
    let r = l / width;
    let share = 1.36603 * r - 0.47719 * r * r + 0.11116 * r * r * r;
    (width * unit, share)
}
