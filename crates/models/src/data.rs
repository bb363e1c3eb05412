//! Data that are prepared for a search of the start.

use leastwise_core::{Error, Result, check};
use leastwise_optim::robust_scale;

/// The operation of errors.
pub(crate) const OPERATION: &str = "Model::guess";

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
    /// The factors of the residuals, at most 1: the smallest standard deviation over that of the datum.
    pub(crate) weights: Vec<f64>,
    /// The largest |y|.
    pub(crate) scale: f64,
    /// The number of data before means were taken.
    pub(crate) count: usize,
    /// Whether outliers must not decide.
    pub(crate) is_robust: bool,
}

impl Data {
    /// Sorts the data.
    ///
    /// # Errors
    /// [`Error::Shape`] if x, y and sigmas have different lengths. [`Error::NonFinite`] for a NaN or an infinity.
    /// [`Error::InvalidArgument`] if a sigma is not positive, if there are fewer values of x than `parameters`, if y is
    /// constant, or if an x is outside the domain.
    pub(crate) fn new(
        (x, y, sigmas): (&[f64], &[f64], Option<&[f64]>),
        parameters: usize,
        domain: Domain,
    ) -> Result<Self> {
        check::entries(OPERATION, "y", x.len(), y.len())?;
        check::finite(OPERATION, "x", x)?;
        check::finite(OPERATION, "y", y)?;
        if let Some(sigmas) = sigmas {
            check::entries(OPERATION, "sigmas", y.len(), sigmas.len())?;
            check::all_positive(OPERATION, "sigmas", sigmas)?;
        }
        check_domain(x, domain)?;
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
        let sorted = |values: &[f64]| order.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let x = sorted(x);
        let steps = x.windows(2).filter(|pair| pair[0] < pair[1]).count();
        let distinct = if x.is_empty() { 0 } else { 1 + steps };
        if distinct < parameters.max(1) {
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
        let weights = sigmas.map_or_else(
            || vec![1.0; y.len()],
            |sigmas| {
                let least = sigmas.iter().copied().fold(f64::INFINITY, f64::min);
                sorted(sigmas).iter().map(|sigma| least / sigma).collect()
            },
        );
        Ok(Self {
            count: x.len(),
            y: sorted(y).iter().map(|y| y / scale).collect(),
            x,
            weights,
            scale,
            is_robust: false,
        })
    }

    /// Means of neighbours, so that at most `most` remain. The curve between neighbours must be smooth.
    pub(crate) fn averaged(&self, most: usize) -> Self {
        let group = self.x.len().div_ceil(most);
        if group <= 1 {
            return self.clone();
        }
        // The least-squares mean has the weights w², and the weight of the group is the root of their sum.
        let squares: Vec<f64> = self.weights.iter().map(|w| w * w).collect();
        let means = |values: &[f64]| -> Vec<f64> {
            let groups = values.chunks(group).zip(squares.chunks(group));
            groups
                .map(|(values, squares)| mean(values, squares))
                .collect()
        };
        let root = |squares: &[f64]| (squares.iter().sum::<f64>() / group as f64).sqrt();
        Self {
            x: means(&self.x),
            y: means(&self.y),
            weights: squares.chunks(group).map(root).collect(),
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

    /// The standard deviation of data of weight 1, from the second differences of neighbours, in which a smooth curve cancels.
    /// It is infinite if it cannot be estimated.
    ///
    /// Source: T. Gasser, L. Sroka, C. Jennen-Steinmetz, *Residual variance and residual pattern in nonlinear regression*,
    /// Biometrika 73 (1986), with a robust scale.
    pub(crate) fn noise(&self) -> f64 {
        let variances: Vec<f64> = self.weights.iter().map(|w| 1.0 / (w * w)).collect();
        let triples = self.y.windows(3).zip(variances.windows(3));
        let difference = |(y, v): (&[f64], &[f64])| {
            (y[0] - 2.0 * y[1] + y[2]) / (v[0] + 4.0 * v[1] + v[2]).sqrt()
        };
        let differences: Vec<f64> = triples.map(difference).collect();
        let noise = robust_scale(&differences).ok();
        noise.filter(|noise| *noise > 0.0).unwrap_or(f64::INFINITY)
    }

    /// A value in the unit of `y` here.
    pub(crate) fn scaled(&self, value: Option<f64>) -> Option<f64> {
        value.map(|value| value / self.scale)
    }
}

/// The weighted mean. Weights whose squares underflow count equally.
fn mean(values: &[f64], squares: &[f64]) -> f64 {
    let total: f64 = squares.iter().sum();
    if total == 0.0 {
        return values.iter().sum::<f64>() / values.len() as f64;
    }
    let sum: f64 = values.iter().zip(squares).map(|(v, w)| v * w).sum();
    sum / total
}

fn check_domain(x: &[f64], domain: Domain) -> Result<()> {
    let is_outside = |&x: &f64| match domain {
        Domain::Real => false,
        Domain::NotNegative => x < 0.0,
        Domain::Positive => x <= 0.0,
    };
    let Some(i) = x.iter().position(is_outside) else {
        return Ok(());
    };
    let least = if domain == Domain::Positive {
        "positive"
    } else {
        "at least 0"
    };
    let detail = format!("must be {least} for this model, but entry {i} is {}", x[i]);
    Err(invalid("x", detail))
}

fn invalid(argument: &'static str, detail: String) -> Error {
    check::invalid(OPERATION, argument, detail)
}
