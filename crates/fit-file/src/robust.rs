//! Losses that outliers do not dominate.

use leastwise_optim::{Fit, Fitted, RobustLoss};

use crate::error::{Result, bad_input};

type OfScale = fn(f64) -> leastwise_core::Result<RobustLoss<f64>>;

/// A robust loss, whose scale is a multiple of the standard deviation of good data.
#[derive(Clone, Copy)]
pub(crate) struct Loss {
    of_scale: OfScale,
    /// The multiple for an efficiency of 95 %: see [`RobustLoss`].
    multiple: f64,
}

/// The multiple of Huber's loss, with which a fit begins.
const HUBER: Loss = Loss {
    of_scale: RobustLoss::huber,
    multiple: 1.345,
};

/// The largest number of fits until the scale is settled.
const ROUNDS: usize = 20;

/// Runs a fit from these values.
type Run<'a, 'b> = &'a mut dyn FnMut(Fit<'b, f64>, &[f64]) -> leastwise_core::Result<Fitted<f64>>;

/// The robust scale of the residuals of a fit.
type Scale<'a> = &'a dyn Fn(&Fitted<f64>) -> leastwise_core::Result<f64>;

impl Loss {
    pub(crate) fn named(name: &str) -> Result<Self> {
        let (of_scale, multiple): (OfScale, f64) = match name {
            "huber" => return Ok(HUBER),
            "soft-l1" => (RobustLoss::soft_l1, 1.287),
            "cauchy" => (RobustLoss::cauchy, 2.385),
            "tukey" => (RobustLoss::tukey, 4.685),
            _ => {
                let problem = format!(
                    "--robust: must be huber, soft-l1, cauchy or tukey, but it is {name:?}"
                );
                return Err(bad_input(problem));
            }
        };
        Ok(Self { of_scale, multiple })
    }

    /// Fits with Huber's loss until the scale does not change, and then with this loss. Absolute standard deviations are
    /// the scale themselves. The first and the last fit have several `starts`: the first one finds the curve, and the
    /// last one the minima of this loss.
    pub(crate) fn fit<'b>(
        self,
        fit: &Fit<'b, f64>,
        run: Run<'_, 'b>,
        scale: Scale<'_>,
        start: &[f64],
        starts: usize,
        is_absolute: bool,
    ) -> leastwise_core::Result<Fitted<f64>> {
        let mut fitted = run(fit.clone().with_starts(starts), start)?;
        let mut sigma = 1.0;
        for _ in 0..ROUNDS {
            let before = sigma;
            if !is_absolute {
                sigma = scale(&fitted)?;
            }
            // Without residuals, there is nothing to be robust against.
            if sigma == 0.0 {
                return Ok(fitted);
            }
            let loss = (HUBER.of_scale)(HUBER.multiple * sigma)?;
            fitted = run(fit.clone().with_loss(loss), &fitted.parameters)?;
            if is_absolute || (sigma - before).abs() <= 1e-3 * sigma {
                break;
            }
        }
        let loss = (self.of_scale)(self.multiple * sigma)?;
        let last = fit.clone().with_loss(loss).with_starts(starts);
        run(last, &fitted.parameters)
    }
}
