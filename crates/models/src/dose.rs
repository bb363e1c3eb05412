//! Curves that grow from one level to another with the logarithm of x, for x ≥ 0.

use crate::data::{Data, Domain};
use crate::family::{Family, Known};
use crate::grid::{decades, geometric};
use crate::projection::best;

/// Curves of dose and response, and of saturation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dose {
    FourParameters,
    FiveParameters,
    Hill,
    MichaelisMenten,
    Weibull,
}

/// The largest s of five parameters. For s → ∞ and k → 0, the curve has the limit exp(−(k′/x)ⁿ), from which it then differs
/// by less than a thousandth of its height. Data that prefer this limit have no minimum without a bound.
const LARGEST_ASYMMETRY: f64 = 1000.0;

/// The shape from 0 to 1, and its derivatives with respect to k, n and s.
struct Shape {
    value: f64,
    by_scale: f64,
    by_exponent: f64,
    by_asymmetry: f64,
}

impl Dose {
    /// (1 + (k/x)ⁿ)⁻ˢ, or 1 − exp(−(x/k)ⁿ) for Weibull.
    fn shape(self, x: f64, [k, n, s]: [f64; 3]) -> Shape {
        // log(x/k) is −∞ at x = 0. There, the shape is 0 or 1, and its derivatives are 0.
        let log = (x / k).ln();
        let t = n * log;
        let times_log = |slope: f64| if slope == 0.0 { 0.0 } else { slope * log };
        if self == Self::Weibull {
            let power = t.exp();
            let rest = (-power).exp();
            let slope = if rest == 0.0 { 0.0 } else { power * rest };
            return Shape {
                value: -(-power).exp_m1(),
                by_scale: -n * slope / k,
                by_exponent: times_log(slope),
                by_asymmetry: 0.0,
            };
        }
        let (above, below) = (1.0 / (1.0 + (-t).exp()), 1.0 / (1.0 + t.exp()));
        let value = if s == 1.0 { above } else { above.powf(s) };
        // For small t, log(above) ≈ t, and `above` may underflow.
        let log_above = if t < -700.0 { t } else { -((-t).exp().ln_1p()) };
        let slope = s * value * below;
        Shape {
            value,
            by_scale: -n * slope / k,
            by_exponent: times_log(slope),
            by_asymmetry: if value == 0.0 { 0.0 } else { value * log_above },
        }
    }

    /// k, n and s.
    fn shape_parameters(self, p: &[f64]) -> [f64; 3] {
        match self {
            Self::FourParameters | Self::Weibull => [p[2], p[3], 1.0],
            Self::FiveParameters => [p[2], p[3], p[4]],
            Self::Hill => [p[1], p[2], 1.0],
            Self::MichaelisMenten => [p[1], 1.0, 1.0],
        }
    }

    fn has_bottom(self) -> bool {
        !matches!(self, Self::Hill | Self::MichaelisMenten)
    }

    /// Values of k, n and s that are tried. They are the parameters from this place on.
    fn candidates(self, data: &Data, known: &Known, place: usize) -> Vec<[f64; 3]> {
        let (exponents, asymmetries) = self.exponents();
        let (low, high) = (data.least_positive(), data.last());
        let mut candidates = Vec::new();
        for k in decades(0.03 * low, 30.0 * high, 12.0) {
            for &n in &exponents {
                for &s in &asymmetries {
                    let mut shape = [k, n, s];
                    let count = known.held.len() - place;
                    for (j, value) in shape.iter_mut().enumerate().take(count) {
                        *value = known.nearest(place + j, *value);
                    }
                    candidates.push(shape);
                }
            }
        }
        candidates.dedup();
        candidates
    }

    /// Values of n and s that are tried.
    fn exponents(self) -> (Vec<f64>, Vec<f64>) {
        let exponents = match self {
            Self::MichaelisMenten => vec![1.0],
            // Without a bottom, a curve that falls has a negative exponent.
            Self::Hill => {
                let growths = geometric(0.25, 12.0, 14).into_iter();
                growths.flat_map(|n| [n, -n]).collect()
            }
            _ => geometric(0.25, 12.0, 14),
        };
        let asymmetries = match self {
            Self::FiveParameters => vec![0.15, 0.4, 1.0, 2.5, 6.0],
            _ => vec![1.0],
        };
        (exponents, asymmetries)
    }
}

impl Family for Dose {
    fn name(&self) -> String {
        let name = match self {
            Self::FourParameters => "4pl",
            Self::FiveParameters => "5pl",
            Self::Hill => "hill",
            Self::MichaelisMenten => "michaelis-menten",
            Self::Weibull => "weibull",
        };
        name.to_owned()
    }

    fn formula(&self) -> String {
        let formula = match self {
            Self::FourParameters => "bottom + (top-bottom)/(1 + (ec50/x)^hill)",
            Self::FiveParameters => "bottom + (top-bottom)/(1 + (k/x)^hill)^s",
            Self::Hill => "a*x^n/(k^n + x^n)",
            Self::MichaelisMenten => "vmax*x/(km + x)",
            Self::Weibull => "bottom + (top-bottom)*(1 - exp(-(x/scale)^shape))",
        };
        formula.to_owned()
    }

    fn parameters(&self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::FourParameters => &["bottom", "top", "ec50", "hill"],
            Self::FiveParameters => &["bottom", "top", "k", "hill", "s"],
            Self::Hill => &["a", "k", "n"],
            Self::MichaelisMenten => &["vmax", "km"],
            Self::Weibull => &["bottom", "top", "scale", "shape"],
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn domain(&self) -> Domain {
        Domain::NotNegative
    }

    fn bounds(&self) -> Vec<(usize, f64, f64)> {
        let positive = |place| (place, 0.0, f64::INFINITY);
        match self {
            Self::FourParameters | Self::Weibull => vec![positive(2), positive(3)],
            Self::FiveParameters => {
                vec![positive(2), positive(3), (4, 0.0, LARGEST_ASYMMETRY)]
            }
            Self::Hill | Self::MichaelisMenten => vec![positive(1)],
        }
    }

    fn value(&self, x: f64, p: &[f64]) -> f64 {
        if *self == Self::MichaelisMenten {
            return p[0] * x / (p[1] + x);
        }
        let shape = self.shape(x, self.shape_parameters(p)).value;
        if self.has_bottom() {
            p[0] + (p[1] - p[0]) * shape
        } else {
            p[0] * shape
        }
    }

    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64 {
        if *self == Self::MichaelisMenten {
            let share = x / (p[1] + x);
            gradient.copy_from_slice(&[share, -p[0] * share / (p[1] + x)]);
            return p[0] * share;
        }
        let shape = self.shape(x, self.shape_parameters(p));
        if !self.has_bottom() {
            gradient.copy_from_slice(&[
                shape.value,
                p[0] * shape.by_scale,
                p[0] * shape.by_exponent,
            ]);
            return p[0] * shape.value;
        }
        let height = p[1] - p[0];
        let all = [
            1.0 - shape.value,
            shape.value,
            height * shape.by_scale,
            height * shape.by_exponent,
            height * shape.by_asymmetry,
        ];
        gradient.copy_from_slice(&all[..p.len()]);
        p[0] + height * shape.value
    }

    fn guess(&self, data: &Data, known: &Known) -> Option<Vec<f64>> {
        let data = data.averaged(512);
        let functions = if self.has_bottom() { 2 } else { 1 };
        let candidates = self.candidates(&data, known, functions);
        let linear: Vec<_> = (0..functions).map(|j| known.coefficient(j, 1.0)).collect();
        let found = best(
            &data,
            candidates,
            functions,
            |x, &alpha, row| {
                let shape = self.shape(x, alpha).value;
                if let [bottom, top] = row {
                    (*bottom, *top) = (1.0 - shape, shape);
                } else {
                    row.fill(shape);
                }
            },
            |_| &linear,
        )?;
        let shape = found.alpha.into_iter().take(known.held.len() - functions);
        Some(found.coefficients.into_iter().chain(shape).collect())
    }
}
