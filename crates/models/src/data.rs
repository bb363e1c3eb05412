//! Data that are prepared for a search of the start.

use leastwise_core::{Error, Result, check};

/// Values of x that a model accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    Real,
    NotNegative,
    Positive,
}

/// Data in the order of x, with y divided by `scale`.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    /// The largest |y|.
    pub(crate) scale: f64,
    /// The number of data before means were taken.
    pub(crate) count: usize,
}

const OPERATION: &str = "Model::guess";

impl Data {
    /// Sorts the data.
    ///
    /// # Errors
    /// [`Error::Shape`] if x and y have different lengths. [`Error::NonFinite`] for a NaN or an infinity.
    /// [`Error::InvalidArgument`] if there are fewer values of x than `parameters`, if y is constant, or if an x is
    /// outside the domain.
    pub(crate) fn new(x: &[f64], y: &[f64], parameters: usize, domain: Domain) -> Result<Self> {
        check::entries(OPERATION, "y", x.len(), y.len())?;
        check::finite(OPERATION, "x", x)?;
        check::finite(OPERATION, "y", y)?;
        let is_outside = |&x: &f64| match domain {
            Domain::Real => false,
            Domain::NotNegative => x < 0.0,
            Domain::Positive => x <= 0.0,
        };
        if let Some(i) = x.iter().position(is_outside) {
            let least = if domain == Domain::Positive {
                "positive"
            } else {
                "at least 0"
            };
            return Err(invalid(
                "x",
                format!("must be {least} for this model, but entry {i} is {}", x[i]),
            ));
        }
        let mut pairs: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let distinct = 1 + pairs
            .windows(2)
            .filter(|pair| pair[0].0 < pair[1].0)
            .count();
        if pairs.is_empty() || distinct < parameters {
            let distinct = if pairs.is_empty() { 0 } else { distinct };
            let detail = format!(
                "must have at least {parameters} different values, one per parameter, but it has {distinct}"
            );
            return Err(invalid("x", detail));
        }
        if y.iter().all(|&value| value == y[0]) {
            return Err(invalid(
                "y",
                format!("must not be constant, but every entry is {}", y[0]),
            ));
        }
        let scale = y.iter().fold(0.0f64, |scale, y| scale.max(y.abs()));
        Ok(Self {
            count: pairs.len(),
            x: pairs.iter().map(|pair| pair.0).collect(),
            y: pairs.iter().map(|pair| pair.1 / scale).collect(),
            scale,
        })
    }

    /// Means of neighbours, so that at most `most` remain. The curve between neighbours must be smooth.
    pub(crate) fn averaged(&self, most: usize) -> Self {
        let group = self.x.len().div_ceil(most);
        let means = |values: &[f64]| -> Vec<f64> {
            let mean = |group: &[f64]| group.iter().sum::<f64>() / group.len() as f64;
            values.chunks(group).map(mean).collect()
        };
        Self {
            x: means(&self.x),
            y: means(&self.y),
            ..*self
        }
    }

    pub(crate) fn first(&self) -> f64 {
        self.x.first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn last(&self) -> f64 {
        self.x.last().copied().unwrap_or(f64::NAN)
    }

    /// The length of the range of x.
    pub(crate) fn span(&self) -> f64 {
        self.last() - self.first()
    }

    /// The smallest x above 0.
    pub(crate) fn least_positive(&self) -> f64 {
        let positive = self.x.iter().copied().find(|&x| x > 0.0);
        positive.unwrap_or(f64::NAN)
    }
}

fn invalid(argument: &'static str, detail: String) -> Error {
    check::invalid(OPERATION, argument, detail)
}
