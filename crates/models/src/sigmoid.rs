//! Curves that grow from one level to another, over the whole axis.

use crate::data::Data;
use crate::family::{Family, Known};
use crate::grid::{geometric, linear};
use crate::projection::best;

/// Growth from 0 to a.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sigmoid {
    Logistic,
    Gompertz,
}

impl Sigmoid {
    /// The shape from 0 to 1 at t, and its derivative.
    fn shape(self, t: f64) -> (f64, f64) {
        match self {
            Self::Logistic => {
                let (above, below) = (1.0 / (1.0 + (-t).exp()), 1.0 / (1.0 + t.exp()));
                (above, above * below)
            }
            Self::Gompertz => {
                let rest = (-t).exp();
                let value = (-rest).exp();
                // Far below the middle, the factor overflows, and the product is 0.
                let slope = if value == 0.0 { 0.0 } else { rest * value };
                (value, slope)
            }
        }
    }
}

impl Family for Sigmoid {
    fn name(&self) -> String {
        let name = match self {
            Self::Logistic => "logistic",
            Self::Gompertz => "gompertz",
        };
        name.to_owned()
    }

    fn formula(&self) -> String {
        let formula = match self {
            Self::Logistic => "a/(1 + exp(-(x-mid)/scale))",
            Self::Gompertz => "a*exp(-exp(-(x-mid)/scale))",
        };
        formula.to_owned()
    }

    fn parameters(&self) -> Vec<String> {
        ["a", "mid", "scale"].map(str::to_owned).to_vec()
    }

    fn value(&self, x: f64, p: &[f64]) -> f64 {
        p[0] * self.shape((x - p[1]) / p[2]).0
    }

    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64 {
        let t = (x - p[1]) / p[2];
        let (shape, slope) = self.shape(t);
        let by_mid = -p[0] * slope / p[2];
        // Far from the middle, the slope is 0, and t may be infinite.
        let by_scale = if slope == 0.0 { 0.0 } else { by_mid * t };
        gradient.copy_from_slice(&[shape, by_mid, by_scale]);
        p[0] * shape
    }

    fn guess(&self, data: &Data, known: &Known) -> Option<Vec<f64>> {
        let data = data.averaged(512);
        let span = data.span();
        let mut candidates = Vec::new();
        for mid in linear(data.first() - 0.5 * span, data.last() + 0.5 * span, 41) {
            for scale in geometric(0.5 * span / data.count as f64, 2.0 * span, 16) {
                let pair = |scale| [known.nearest(1, mid), known.nearest(2, scale)];
                candidates.extend([pair(scale), pair(-scale)]);
            }
        }
        candidates.dedup();
        let found = best(
            &data,
            candidates,
            1,
            |x, [mid, scale], row| {
                row[0] = self.shape((x - mid) / scale).0;
            },
            |_| [known.coefficient(0, 1.0)],
        )?;
        let [mid, scale] = found.alpha;
        Some(vec![found.coefficients[0], mid, scale])
    }
}
