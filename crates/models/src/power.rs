//! Power laws and rates of reactions, for x > 0.

use crate::data::{Data, Domain};
use crate::family::{Family, Known};
use crate::grid::geometric;
use crate::projection::best;

/// A model that is a straight line in logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    Law,
    Arrhenius,
}

/// The gas constant R in J/(mol·K), exact since 2019: CODATA 2018.
const GAS_CONSTANT: f64 = 8.314_462_618_153_24;

impl Power {
    /// The logarithm of the model is log(a) + b·this.
    fn regressor(self, x: f64) -> f64 {
        match self {
            Self::Law => x.ln(),
            Self::Arrhenius => -1.0 / (GAS_CONSTANT * x),
        }
    }
}

impl Family for Power {
    fn name(&self) -> String {
        let name = match self {
            Self::Law => "power",
            Self::Arrhenius => "arrhenius",
        };
        name.to_owned()
    }

    fn formula(&self) -> String {
        let formula = match self {
            Self::Law => "a*x^b",
            Self::Arrhenius => "a*exp(-ea/(8.31446261815324*x))",
        };
        formula.to_owned()
    }

    fn parameters(&self) -> Vec<String> {
        let names = match self {
            Self::Law => ["a", "b"],
            Self::Arrhenius => ["a", "ea"],
        };
        names.map(str::to_owned).to_vec()
    }

    fn domain(&self) -> Domain {
        Domain::Positive
    }

    fn value(&self, x: f64, p: &[f64]) -> f64 {
        match self {
            Self::Law => p[0] * x.powf(p[1]),
            Self::Arrhenius => p[0] * (p[1] * self.regressor(x)).exp(),
        }
    }

    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64 {
        let unit = self.value(x, &[1.0, p[1]]);
        gradient.copy_from_slice(&[unit, p[0] * unit * self.regressor(x)]);
        p[0] * unit
    }

    fn guess(&self, data: &Data, known: &Known) -> Option<Vec<f64>> {
        let data = data.averaged(512);
        let (first, last) = (self.regressor(data.first()), self.regressor(data.last()));
        let reach = last - first;
        // The model changes by a factor of e^±r over the data.
        let rates = geometric(0.01, 100.0, 80);
        let slopes = rates.iter().flat_map(|r| [r / reach, -r / reach]);
        let slopes = slopes.chain([0.0]);
        let candidates = slopes.map(|b| known.nearest(1, b));
        // The column is at most 1.
        let origin = |b: f64| if b > 0.0 { last } else { first };
        let found = best(
            &data,
            candidates,
            1,
            |x, &b, row| {
                row[0] = (b * (self.regressor(x) - origin(b))).exp();
            },
            |&b| [known.coefficient(0, (b * origin(b)).exp())],
        )?;
        let b = found.alpha;
        Some(vec![found.coefficients[0] * (-b * origin(b)).exp(), b])
    }
}
