//! The search of a start, with what is known about the data and the parameters.

use leastwise_core::{Error, Result, check};
use leastwise_optim::Bounds;

use crate::data::{Data, OPERATION};
use crate::family::{Family, Known};

/// A search of the start of a fit; see [`Model::search`](crate::Model::search).
///
/// ```
/// use leastwise_models::Model;
///
/// # fn main() -> leastwise_core::Result<()> {
/// let x: Vec<f64> = (0..30).map(f64::from).collect();
/// let y: Vec<f64> = x.iter().map(|x| 400.0 * (-x / 7.0f64).exp() + 20.0).collect();
/// // The background is known to be 0, so the decay is guessed without one.
/// let start = Model::exponentials(1).search(&x, &y).with_held(&[(2, 0.0)]).guess()?;
/// assert_eq!(start[2], 0.0);
/// assert!(start[1] > 7.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a search does nothing until `guess` is called"]
pub struct Search<'a> {
    family: &'a dyn Family,
    x: &'a [f64],
    y: &'a [f64],
    sigmas: Option<&'a [f64]>,
    held: Vec<(usize, f64)>,
    bounds: Option<Bounds<f64>>,
    is_robust: bool,
}

impl<'a> Search<'a> {
    pub(crate) fn new(family: &'a dyn Family, x: &'a [f64], y: &'a [f64]) -> Self {
        Self {
            family,
            x,
            y,
            sigmas: None,
            held: Vec::new(),
            bounds: None,
            is_robust: false,
        }
    }

    /// The standard deviations of y, known up to a common factor. Data with a small one count more.
    pub fn with_sigmas(self, sigmas: &'a [f64]) -> Self {
        Self {
            sigmas: Some(sigmas),
            ..self
        }
    }

    /// Parameters that have a value: their indices, counted from 0, and the values. The others are the best ones beside
    /// them.
    pub fn with_held(self, held: &[(usize, f64)]) -> Self {
        Self {
            held: held.to_vec(),
            ..self
        }
    }

    /// Bounds of all parameters. Frequencies, places, widths and other parameters in which the model is not linear are
    /// searched between them. A candidate with a height or a background beyond its bounds is taken only if there is no other.
    /// The amplitude and the phase of a wave are not searched.
    pub fn with_bounds(self, bounds: &Bounds<f64>) -> Self {
        Self {
            bounds: Some(bounds.clone()),
            ..self
        }
    }

    /// Compares candidates by Σ|r| instead of Σr², where no residual counts more than five standard deviations of the noise.
    /// So a few outliers do not decide. The noise is estimated from neighbours. A search takes some four times as long.
    pub fn robust(self) -> Self {
        Self {
            is_robust: true,
            ..self
        }
    }

    /// Parameters at which a fit of the data starts. The order of the data does not matter.
    ///
    /// # Errors
    /// [`Error::Shape`] if x, y and sigmas have different lengths. [`Error::NonFinite`] for a NaN or an infinity.
    /// [`Error::InvalidArgument`] if a sigma is not positive, if there is no parameter with the index of a held one, if there
    /// are bounds of another number of parameters, if x has fewer different values than the model has other parameters, if an x is outside the domain, if y is constant,
    /// and if no parameters give finite values.
    pub fn guess(&self) -> Result<Vec<f64>> {
        let count = self.family.parameters().len();
        let mut held = vec![None; count];
        for &(parameter, value) in &self.held {
            if parameter >= count {
                let detail = format!("must be below {count}, but there is {parameter}");
                return Err(check::invalid(OPERATION, "held parameters", detail));
            }
            check::finite(OPERATION, "held parameters", &[value])?;
            held[parameter] = Some(value);
        }
        let free = held.iter().filter(|value| value.is_none()).count();
        let mut data = Data::new((self.x, self.y, self.sigmas), free, self.family.domain())?;
        data.is_robust = self.is_robust;
        let none = Bounds::none(count);
        let bounds = self.bounds.as_ref().unwrap_or(&none);
        check::entries(OPERATION, "bounds", count, bounds.lower().len())?;
        let ends = bounds.lower().iter().zip(bounds.upper());
        let known = Known {
            held,
            limits: ends.map(|(&low, &high)| (low, high)).collect(),
        };
        let found = self.family.guess(&data, &known);
        let found = found.map(|found| {
            let pairs = found.into_iter().zip(&known.held);
            pairs.map(|(p, held)| held.unwrap_or(p)).collect()
        });
        let is_usable = |p: &Vec<f64>| {
            p.iter().all(|p| p.is_finite())
                && self.x.iter().all(|&x| self.family.value(x, p).is_finite())
        };
        found.filter(is_usable).ok_or_else(|| self.nothing_found())
    }

    fn nothing_found(&self) -> Error {
        let name = self.family.name();
        let names = self.family.parameters();
        let held = self.held.iter();
        let held: Vec<String> = held
            .map(|(j, value)| format!("{} = {value}", names[*j]))
            .collect();
        let beside = if held.is_empty() {
            String::new()
        } else {
            format!(" beside {}", held.join(", "))
        };
        let detail = format!(
            "must be data that a model {name} can reach with finite parameters{beside}, but no start was found"
        );
        check::invalid(OPERATION, "y", detail)
    }
}
