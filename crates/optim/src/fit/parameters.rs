//! The parameters of a fit.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use leastwise_core::{Error, Result, Scalar};

use crate::caught::{OPERATION, message};
use crate::ties::{Tie, Ties};
use crate::{Bounds, check};

/// The parameters of a fit: their names, where they start, their bounds, and which of them are held or tied to others.
///
/// The start of a fit is a slice of numbers, or this. Add the parameters one after the other, in the order of p:
///
/// ```
/// use leastwise_faer::Faer;
/// use leastwise_optim::{Parameters, fit};
///
/// # fn main() -> leastwise_core::Result<()> {
/// // Two decays over a known background. The second one is twice as fast as the first.
/// let model = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp() + p[2] * (-p[3] * t).exp() + p[4];
/// let parameters = Parameters::new()
///     .free("a", 1.0)
///     .free("k", 1.0)
///     .within(0.0, 5.0)
///     .free("b", 2.0)
///     .tied("twice k", |p| 2.0 * p[1])
///     .held("background", 0.1);
///
/// let t = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
/// let y = [5.11, 2.95, 1.79, 1.15, 0.74, 0.38, 0.22, 0.13];
/// let fitted = fit(&Faer::default(), model, &t, &y, parameters)?;
/// assert!(fitted.is_success());
/// assert_eq!(fitted.parameters[3], 2.0 * fitted.parameters[1]);
/// let errors = fitted.standard_errors();
/// assert!((errors[3] / errors[1] - 2.0).abs() < 1e-14);
/// assert_eq!(errors[4], 0.0);
/// # Ok(())
/// # }
/// ```
///
/// Or begin with a slice, and add what differs: `Parameters::from(&[1.0, 5.0]).with_held(&[1])`.
///
/// A mistake, such as a name that occurs twice, is an error of the fit.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Parameters<T> {
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    start: Vec<T>,
    /// None: default names.
    names: Option<Vec<String>>,
    bounds: Option<Bounds<T>>,
    held: Vec<usize>,
    /// By index.
    #[cfg_attr(feature = "serde", serde(skip))]
    ties: Vec<(usize, Tie<T>)>,
    /// The first mistake.
    #[cfg_attr(feature = "serde", serde(skip))]
    mistake: Option<Error>,
}

impl<T: Scalar> Default for Parameters<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> Parameters<T> {
    /// No parameters yet.
    #[must_use]
    pub fn new() -> Self {
        Self::starting(Vec::new())
    }

    fn starting(start: Vec<T>) -> Self {
        Self {
            start,
            names: None,
            bounds: None,
            held: Vec::new(),
            ties: Vec::new(),
            mistake: None,
        }
    }

    /// Adds a parameter that is fitted, from `start`.
    #[must_use]
    pub fn free(mut self, name: &str, start: T) -> Self {
        self.push(name, start);
        self
    }

    /// Adds a parameter that keeps this `value`.
    #[must_use]
    pub fn held(mut self, name: &str, value: T) -> Self {
        self.held.push(self.start.len());
        self.push(name, value);
        self
    }

    /// Adds a parameter that follows from others: `tie(p)`, where p has all parameters before this one.
    ///
    /// It has a value and a standard error, by the delta method, but it is not fitted, and has no bounds. The tie is
    /// smooth. It returns NaN outside its domain.
    #[must_use]
    pub fn tied(mut self, name: &str, tie: impl Fn(&[T]) -> T + Send + Sync + 'static) -> Self {
        self.ties.push((self.start.len(), Arc::new(tie)));
        // The value follows from the others.
        self.push(name, T::zero());
        self
    }

    /// Sets the bounds of the last parameter. ∓∞ means that there is none. A parameter that ends at a bound is treated as
    /// known in the covariance.
    #[must_use]
    pub fn within(mut self, lower: T, upper: T) -> Self {
        let n = self.start.len();
        let Some(last) = n.checked_sub(1) else {
            return self.refused("need a parameter before these, but there is none".to_owned());
        };
        let bounds = self.bounds.take().unwrap_or_else(|| Bounds::none(n));
        if let Ok(bounds) = bounds.with(last, lower, upper) {
            self.bounds = Some(bounds);
            return self;
        }
        let detail = format!(
            "of {} must be from a number to a larger one, but they are {lower} and {upper}",
            self.name(last)
        );
        self.refused(detail)
    }

    /// Sets the names of all parameters. The default names are `p[0]`, `p[1]` and so on.
    #[must_use]
    pub fn with_names<S: AsRef<str>>(self, names: &[S]) -> Self {
        Self {
            names: Some(names.iter().map(|name| name.as_ref().to_owned()).collect()),
            ..self
        }
    }

    /// Sets the bounds of all parameters. They must contain the start. [Finite differences](crate::FiniteDifferences)
    /// keep the bounds as well. If the problem has bounds, both hold.
    #[must_use]
    pub fn with_bounds(self, bounds: Bounds<T>) -> Self {
        Self {
            bounds: Some(bounds),
            ..self
        }
    }

    /// Holds the parameters with these indices, counted from 0, at their values in the start, instead of others.
    ///
    /// Their derivatives are computed, but not used. If that costs too much, make a problem without these
    /// parameters by [`FixedParameters::of_function`](crate::FixedParameters::of_function).
    #[must_use]
    pub fn with_held(self, parameters: &[usize]) -> Self {
        Self {
            held: parameters.to_vec(),
            ..self
        }
    }

    fn push(&mut self, name: &str, start: T) {
        let names = self
            .names
            .get_or_insert_with(|| default_names(self.start.len()));
        names.push(name.to_owned());
        self.start.push(start);
        if let Some(bounds) = &mut self.bounds {
            bounds.push_unlimited();
        }
    }

    fn refused(mut self, detail: String) -> Self {
        let mistake = check::invalid(OPERATION, "bounds", detail);
        self.mistake.get_or_insert(mistake);
        self
    }

    fn name(&self, j: usize) -> String {
        let name = self.names.as_ref().and_then(|names| names.get(j));
        name.cloned().unwrap_or_else(|| format!("p[{j}]"))
    }

    pub(super) fn start(&self) -> &[T] {
        &self.start
    }

    pub(super) fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    pub(super) fn held_indices(&self) -> &[usize] {
        &self.held
    }

    pub(super) fn is_tied(&self, j: usize) -> bool {
        self.ties.iter().any(|(tied, _)| *tied == j)
    }

    pub(super) fn has_ties(&self) -> bool {
        !self.ties.is_empty()
    }

    pub(super) fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The number of parameters that are fitted.
    pub(super) fn free_count(&self) -> usize {
        let free = self.start.len().saturating_sub(self.held.len());
        free.saturating_sub(self.ties.len())
    }

    /// Takes the names out.
    pub(super) fn take_names(&mut self) -> Vec<String> {
        let names = self.names.take();
        names.unwrap_or_else(|| default_names(self.start.len()))
    }

    /// The same parameters with default names.
    pub(super) fn without_names(&self) -> Self {
        Self {
            names: None,
            ..self.clone()
        }
    }

    /// The parameters at `all`, where others follow that are free, with all `names`.
    pub(super) fn followed(&self, all: &[T], names: Vec<String>) -> Self {
        let mut bounds = self.bounds.clone();
        if let Some(bounds) = &mut bounds {
            for _ in self.start.len()..all.len() {
                bounds.push_unlimited();
            }
        }
        Self {
            names: Some(names),
            bounds,
            ..self.started_at(all)
        }
    }

    /// The same parameters from another start.
    pub(super) fn started_at(&self, start: &[T]) -> Self {
        Self {
            start: start.to_vec(),
            ..self.clone()
        }
    }

    /// The same parameters from another start, with one more of them held.
    pub(super) fn holding(&self, parameter: usize, start: &[T]) -> Self {
        let mut held = self.started_at(start);
        held.held.push(parameter);
        held
    }

    /// Refuses mistakes that do not depend on the problem.
    pub(super) fn check(&self, bounds: Option<&Bounds<T>>) -> Result<()> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        let n = self.start.len();
        let invalid = |argument, detail| Err(check::invalid(OPERATION, argument, detail));
        if let Some(names) = &self.names {
            check::entries(OPERATION, "names", n, names.len())?;
            check_names(names)?;
        }
        if let Some(&j) = self.held.iter().find(|&&j| self.is_tied(j)) {
            let detail = format!("must not be held as well, but {} is", self.name(j));
            return invalid("tied parameters", detail);
        }
        check::finite(OPERATION, "start", &self.start)?;
        if let Some(bounds) = bounds {
            bounds.check_count(OPERATION, n)?;
            for (j, &start) in self.start.iter().enumerate() {
                let (l, u) = (bounds.lower()[j], bounds.upper()[j]);
                if self.is_tied(j) {
                    if l > T::neg_infinity() || u < T::infinity() {
                        let detail = format!(
                            "must have no bounds, but those of {} are {l} and {u}",
                            self.name(j)
                        );
                        return invalid("tied parameters", detail);
                    }
                } else if !(l <= start && start <= u) {
                    let detail = format!(
                        "must be within the bounds, but {} is {start}, and its bounds are {l} and {u}",
                        self.named_entry(j)
                    );
                    return invalid("start", detail);
                }
            }
        }
        if !self.ties.is_empty() {
            if self.free_count() == 0 {
                let detail = format!(
                    "must leave at least one of {n} parameters free, but {} are tied and {} held",
                    self.ties.len(),
                    self.held.len()
                );
                return invalid("tied parameters", detail);
            }
            self.check_ties()?;
        }
        Ok(())
    }

    fn named_entry(&self, j: usize) -> String {
        match &self.names {
            Some(names) => names[j].clone(),
            None => format!("entry {j}"),
        }
    }

    /// Evaluates each tie at the start.
    fn check_ties(&self) -> Result<()> {
        let mut all = self.start.clone();
        for (j, tie) in &self.ties {
            let value = catch_unwind(AssertUnwindSafe(|| tie(&all[..*j])));
            let name = self.name(*j);
            let detail = match value {
                Ok(value) if value.is_finite() => {
                    all[*j] = value;
                    continue;
                }
                Ok(value) => format!("must be finite at the start, but {name} is {value}"),
                Err(payload) => format!(
                    "must follow from the parameters before, but the tie of {name}, which gets {j} of them, panics: {}",
                    message(&*payload)
                ),
            };
            return Err(check::invalid(OPERATION, "tied parameters", detail));
        }
        Ok(())
    }

    /// The ties, if there are any, and the parameters without the tied ones.
    pub(super) fn split(&self) -> Option<(Ties<T>, Self)> {
        if self.ties.is_empty() {
            return None;
        }
        let ties = Ties::new(self.start.len(), self.ties.clone());
        let untied = ties.untied();
        let rest = Self {
            start: untied.iter().map(|&j| self.start[j]).collect(),
            names: Some(untied.iter().map(|&j| self.name(j)).collect()),
            bounds: self.bounds.as_ref().map(|bounds| bounds.of(untied)),
            held: (0..untied.len())
                .filter(|&k| self.held.contains(&untied[k]))
                .collect(),
            ties: Vec::new(),
            mistake: None,
        };
        Some((ties, rest))
    }
}

/// Refuses a name that occurs twice.
pub(super) fn check_names(names: &[String]) -> Result<()> {
    let twice = (0..names.len()).find(|&j| names[..j].contains(&names[j]));
    twice.map_or(Ok(()), |j| {
        let detail = format!("must differ, but {:?} occurs twice", names[j]);
        Err(check::invalid(OPERATION, "names", detail))
    })
}

fn default_names(count: usize) -> Vec<String> {
    (0..count).map(|j| format!("p[{j}]")).collect()
}

impl<T: Scalar> From<&[T]> for Parameters<T> {
    fn from(start: &[T]) -> Self {
        Self::starting(start.to_vec())
    }
}

impl<T: Scalar, const N: usize> From<&[T; N]> for Parameters<T> {
    fn from(start: &[T; N]) -> Self {
        Self::starting(start.to_vec())
    }
}

impl<T: Scalar> From<&Vec<T>> for Parameters<T> {
    fn from(start: &Vec<T>) -> Self {
        Self::starting(start.clone())
    }
}

impl<T: Scalar> From<&Parameters<T>> for Parameters<T> {
    fn from(parameters: &Parameters<T>) -> Self {
        parameters.clone()
    }
}

/// Ties are equal if they are the same closure.
impl<T: PartialEq> PartialEq for Parameters<T> {
    fn eq(&self, other: &Self) -> bool {
        let mut ties = self.ties.iter().zip(&other.ties);
        self.start == other.start
            && self.names == other.names
            && self.bounds == other.bounds
            && self.held == other.held
            && self.ties.len() == other.ties.len()
            && ties.all(|((i, a), (j, b))| i == j && Arc::ptr_eq(a, b))
            && self.mistake == other.mistake
    }
}

impl<T: fmt::Debug> fmt::Debug for Parameters<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tied: Vec<usize> = self.ties.iter().map(|(j, _)| *j).collect();
        f.debug_struct("Parameters")
            .field("names", &self.names)
            .field("start", &self.start)
            .field("bounds", &self.bounds)
            .field("held", &self.held)
            .field("tied", &tied)
            .finish_non_exhaustive()
    }
}
