//! The minima at which fits from several starts end.

use std::fmt;

use leastwise_core::Scalar;

use crate::Counts;

/// The minima that the starts of a fit have found; see [`Fit::with_starts`](crate::Fit::with_starts).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Minima<T> {
    /// The number of starts.
    pub starts: usize,
    /// The minima, by their loss. Ends are the same minimum if their losses differ by at most 1e-6 of the smaller one, or
    /// their parameters by at most 1e-6 of each.
    pub minima: Vec<Minimum<T>>,
    /// The number of starts whose run passed no test for a minimum.
    pub unconverged: usize,
    /// The number of starts from which there was no run: the model is not finite there, or panics.
    pub failed: usize,
    /// The evaluations and linear solves of all runs.
    pub counts: Counts,
    /// The place among `minima` at which the returned fit ended. None if it is no minimum.
    pub of_this_fit: Option<usize>,
}

/// A minimum that some starts have found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Minimum<T> {
    /// The number of starts that end here.
    pub starts: usize,
    /// √loss.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub root_of_loss: T,
    /// The parameters.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    pub parameters: Vec<T>,
}

/// The number of minima that a summary shows.
const SHOWN: usize = 3;

impl<T: Scalar> fmt::Display for Minima<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let starts = self.starts;
        let this = self.of_this_fit.and_then(|place| self.minima.get(place));
        match this {
            Some(this) => {
                let verb = if this.starts == 1 { "ends" } else { "end" };
                write!(
                    f,
                    "{} of {starts} starts {verb} at this minimum",
                    this.starts
                )?;
            }
            None => write!(
                f,
                "of {starts} starts, none has a smaller loss, but this is no minimum"
            )?,
        }
        let others = self.minima.iter().enumerate();
        let others = others.filter(|(place, _)| Some(*place) != self.of_this_fit);
        for (_, other) in others.clone().take(SHOWN) {
            write!(f, ", {} at another", other.starts)?;
            if let Some(this) = this {
                let ratio = (other.root_of_loss / this.root_of_loss).as_f64();
                let ratio = ratio * ratio;
                if ratio.is_finite() && ratio < 1e4 {
                    write!(f, ", loss {ratio:.2} times as large")?;
                } else {
                    write!(f, ", loss {:.3e}", other.root_of_loss.powi(2))?;
                }
            }
        }
        let more: usize = others.skip(SHOWN).map(|(_, other)| other.starts).sum();
        for (count, what) in [
            (more, "at others"),
            (self.unconverged, "without convergence"),
            (self.failed, "with an error"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
