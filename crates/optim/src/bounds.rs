//! Bounds of the parameters.

use leastwise_core::{Result, Scalar};

use crate::check;

/// lⱼ ≤ xⱼ ≤ uⱼ for n parameters, with ∓∞ where there is no bound.
///
/// A problem carries them: [`Bounded`](crate::Bounded) adds them to any problem, and so does
/// [`Parameters`](crate::Parameters). [`TrustRegion`](crate::levenberg_marquardt::TrustRegion) keeps them:
/// neither the run nor finite differences evaluate anything outside. A parameter that ends at a bound is exactly equal
/// to it.
///
/// ```
/// use leastwise_optim::Bounds;
///
/// # fn main() -> leastwise_core::Result<()> {
/// let bounds = Bounds::none(3).with(0, 0.0, f64::INFINITY)?.with(2, -1.0, 1.0)?;
/// assert!(bounds.contains(&[0.0, -5.0, 1.0]));
/// assert!(!bounds.contains(&[-1e-300, -5.0, 1.0]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Bounds<T> {
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    lower: Vec<T>,
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    upper: Vec<T>,
}

const OPERATION: &str = "Bounds";

impl<T: Scalar> Bounds<T> {
    /// No bound for any of n = `parameters`.
    #[must_use]
    pub fn none(parameters: usize) -> Self {
        Self {
            lower: vec![T::neg_infinity(); parameters],
            upper: vec![T::infinity(); parameters],
        }
    }

    /// The bounds l = `lower` and u = `upper`.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless both have the same length, and
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless lⱼ < uⱼ for all j.
    pub fn new(lower: &[T], upper: &[T]) -> Result<Self> {
        check::entries(OPERATION, "upper", lower.len(), upper.len())?;
        let mut pairs = lower.iter().zip(upper).enumerate();
        pairs.try_fold(Self::none(lower.len()), |bounds, (j, (&l, &u))| {
            bounds.with(j, l, u)
        })
    }

    /// Sets `lower` ≤ xⱼ ≤ `upper` for j = `parameter`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if there is no such parameter, and
    /// unless `lower` < `upper`. To hold a parameter, fix it instead.
    pub fn with(mut self, parameter: usize, lower: T, upper: T) -> Result<Self> {
        let n = self.lower.len();
        if parameter >= n {
            let detail = format!("must be less than {n}, but it is {parameter}");
            return Err(check::invalid(OPERATION, "parameter", detail));
        }
        // Written so that NaN is refused.
        if !(lower < upper) || lower == T::infinity() || upper == T::neg_infinity() {
            let detail = format!(
                "must be less than the upper bound, but for parameter {parameter} they are {lower} and {upper}"
            );
            return Err(check::invalid(OPERATION, "lower", detail));
        }
        self.lower[parameter] = lower;
        self.upper[parameter] = upper;
        Ok(self)
    }

    /// Adds a parameter without bounds.
    pub(crate) fn push_unlimited(&mut self) {
        self.lower.push(T::neg_infinity());
        self.upper.push(T::infinity());
    }

    /// The bounds of the parameters with these indices.
    pub(crate) fn of(&self, parameters: &[usize]) -> Self {
        let pick = |bounds: &[T]| parameters.iter().map(|&j| bounds[j]).collect();
        Self {
            lower: pick(&self.lower),
            upper: pick(&self.upper),
        }
    }

    /// Moves `x` to the nearest point within the bounds.
    pub(crate) fn clip(&self, x: &mut [T]) {
        for (x, (&l, &u)) in x.iter_mut().zip(self.lower.iter().zip(&self.upper)) {
            *x = x.max(l).min(u);
        }
    }

    /// Whether an entry of `x` is at a bound.
    pub(crate) fn meets(&self, x: &[T]) -> bool {
        let mut entries = x.iter().zip(self.lower.iter().zip(&self.upper));
        entries.any(|(x, (l, u))| x == l || x == u)
    }

    /// The same bounds, with xⱼ held at `value` for j = `parameter`.
    pub(crate) fn holding(mut self, parameter: usize, value: T) -> Self {
        (self.lower[parameter], self.upper[parameter]) = (value, value);
        self
    }

    /// These bounds, with those of `free` for the parameters with these indices.
    pub(crate) fn replaced(mut self, parameters: &[usize], free: &Self) -> Self {
        for (k, &j) in parameters.iter().enumerate() {
            (self.lower[j], self.upper[j]) = (free.lower[k], free.upper[k]);
        }
        self
    }

    /// These bounds on a problem of n = `parameters` that has the bounds `inner`. Both hold.
    pub(crate) fn on(
        mut self,
        operation: &'static str,
        parameters: usize,
        inner: Option<&Self>,
    ) -> Result<Self> {
        self.check_count(operation, parameters)?;
        let Some(inner) = inner else { return Ok(self) };
        inner.check_count(operation, parameters)?;
        for (j, (&l, &u)) in inner.lower.iter().zip(&inner.upper).enumerate() {
            let (l, u) = (self.lower[j].max(l), self.upper[j].min(u));
            self = self.with(j, l, u)?;
        }
        Ok(self)
    }

    /// Refuses bounds that are not for n = `parameters`.
    pub(crate) fn check_count(&self, operation: &'static str, parameters: usize) -> Result<()> {
        check::entries(operation, "bounds", parameters, self.lower.len())
    }

    /// The lower bounds l.
    #[must_use]
    pub fn lower(&self) -> &[T] {
        &self.lower
    }

    /// The upper bounds u.
    #[must_use]
    pub fn upper(&self) -> &[T] {
        &self.upper
    }

    /// Whether `x` has n entries, all within the bounds.
    #[must_use]
    pub fn contains(&self, x: &[T]) -> bool {
        self.check(OPERATION, "x", x).is_ok()
    }

    /// Refuses an `x` outside the bounds. The message names the first such entry.
    pub(crate) fn check(
        &self,
        operation: &'static str,
        argument: &'static str,
        x: &[T],
    ) -> Result<()> {
        check::entries(operation, argument, self.lower.len(), x.len())?;
        let outside = (0..x.len()).find(|&j| !(self.lower[j] <= x[j] && x[j] <= self.upper[j]));
        outside.map_or(Ok(()), |j| {
            let (l, u) = (self.lower[j], self.upper[j]);
            let detail = format!(
                "must be within the bounds, but entry {j} is {}, and its bounds are {l} and {u}",
                x[j]
            );
            Err(check::invalid(operation, argument, detail))
        })
    }
}
