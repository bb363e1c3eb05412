//! Jacobians from differences of residuals.

use leastwise_core::{MatMut, Result, Scalar};

use super::{ResidualFunction, evaluate, magnitude};
use crate::{Bounds, LeastSquaresProblem, check};

/// A [`LeastSquaresProblem`] whose Jacobian is taken from differences of the residual.
///
/// Let η be the relative error of the residual, ε unless [`with_noise`](Self::with_noise) says
/// otherwise, and Xⱼ the magnitude of xⱼ. Up to a few roundings, the error of an entry Jᵢⱼ is
///
/// | | Jᵢⱼ | hⱼ | truncation | noise | evaluations |
/// |---|---|---|---|---|---|
/// | [`forward`](Self::forward) | (rᵢ(x + hⱼeⱼ) − rᵢ(x))/hⱼ | η^½·Xⱼ | ½hⱼ·\|∂²rᵢ\| | 2η·\|rᵢ\|/hⱼ | n + 1 |
/// | [`central`](Self::central) | (rᵢ(x + hⱼeⱼ) − rᵢ(x − hⱼeⱼ))/2hⱼ | η^⅓·Xⱼ | ⅙hⱼ²·\|∂³rᵢ\| | η·\|rᵢ\|/hⱼ | 2n |
///
/// with the derivatives by xⱼ, that is η^½ and η^⅔ times what the scales of x and r make of it:
/// 8 and 10 digits in f64, 3 and 5 in f32. Where rᵢ is a difference of larger numbers, |rᵢ| is
/// their size.
///
/// Xⱼ is |xⱼ|, or 1 where xⱼ = 0, as in MINPACK's `lmdif`: parameters in whatever units need no
/// scaling then, but one that is nearly 0 by chance gets too small a step. For those,
/// [`with_magnitudes`](Self::with_magnitudes) sets Xⱼ = max(|xⱼ|, typical magnitude), as Dennis and
/// Schnabel advise. hⱼ is the difference of the rounded points.
///
/// At the edge of the domain, where the residual at x + hⱼeⱼ is not finite, `forward` takes
/// x − hⱼeⱼ instead, and `central` three points of whichever side is finite, for one or two
/// evaluations more. Bounds ([`within`](Self::within)) are such an edge, and nothing is evaluated
/// beyond them; where there is no room for hⱼ on either side, hⱼ is what fits. If there is no such side, entries that are not finite are left, which end a
/// run as [`Termination::NonFinite`](crate::Termination::NonFinite).
///
/// The evaluations are those of one Jacobian: they are not among
/// [`Counts::residuals`](crate::Counts::residuals). The base point is evaluated again. Each
/// Jacobian allocates one vector of n numbers and up to three of m.
///
/// Reference: J. E. Dennis, R. B. Schnabel, *Numerical methods for unconstrained optimization and
/// nonlinear equations*, SIAM (1996), section 5.4; J. Nocedal, S. J. Wright, *Numerical
/// optimization*, second edition, Springer (2006), section 8.1.
///
/// ```
/// use leastwise_core::{Method, Result};
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Dense};
/// use leastwise_optim::{Budget, FiniteDifferences, LevenbergMarquardt, Residual, minimize};
///
/// # fn main() -> Result<()> {
/// let rosenbrock = Residual::new(2, 2, |x: &[f64], r: &mut [f64]| {
///     (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
/// })?;
/// let problem = FiniteDifferences::forward(rosenbrock);
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Dense::new(&backend, Method::Qr));
/// let report = minimize(&mut lm, &problem, &[-1.2, 1.0], &Budget::steps(100), &mut [])?;
/// assert!((report.parameters[0] - 1.0).abs() < 1e-8);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FiniteDifferences<T, P> {
    function: P,
    formula: Formula,
    noise: T,
    magnitudes: Option<Vec<T>>,
    bounds: Option<Bounds<T>>,
}

#[derive(Clone, Copy, Debug)]
enum Formula {
    Forward,
    Central,
}

const OPERATION: &str = "FiniteDifferences";

impl<T: Scalar, P: ResidualFunction<T>> FiniteDifferences<T, P> {
    /// Forward differences: n + 1 evaluations, half of the digits.
    #[must_use]
    pub fn forward(function: P) -> Self {
        Self::new(function, Formula::Forward)
    }

    /// Central differences: 2n evaluations, two thirds of the digits.
    #[must_use]
    pub fn central(function: P) -> Self {
        Self::new(function, Formula::Central)
    }

    fn new(function: P, formula: Formula) -> Self {
        Self {
            function,
            formula,
            noise: T::EPSILON,
            magnitudes: None,
            bounds: None,
        }
    }

    /// The relative error η of the residual, such as 1e-6 for a model that is solved to six digits.
    /// The steps grow with it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless ε ≤ η < 1.
    pub fn with_noise(self, noise: T) -> Result<Self> {
        if noise < T::EPSILON {
            let detail = format!("must be at least {:e}, but it is {noise:e}", T::EPSILON);
            return Err(check::invalid(OPERATION, "noise", detail));
        }
        let noise = check::fraction(OPERATION, "noise", noise)?;
        Ok(Self { noise, ..self })
    }

    /// A typical magnitude for each parameter, 0 for one of which none is known; steps for smaller ones are no smaller.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless there are n, and
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if one is negative or not
    /// finite.
    pub fn with_magnitudes(self, magnitudes: &[T]) -> Result<Self> {
        let n = self.function.parameters();
        check::entries(OPERATION, "magnitudes", n, magnitudes.len())?;
        for &typical in magnitudes.iter().filter(|typical| **typical != T::zero()) {
            check::positive(OPERATION, "magnitudes", typical)?;
        }
        Ok(Self {
            magnitudes: Some(magnitudes.to_vec()),
            ..self
        })
    }

    /// Evaluates nothing outside of `bounds`.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless they are for n parameters.
    pub fn within(self, bounds: Bounds<T>) -> Result<Self> {
        let n = self.function.parameters();
        check::entries(OPERATION, "bounds", n, bounds.lower().len())?;
        Ok(Self {
            bounds: Some(bounds),
            ..self
        })
    }

    /// The residual.
    #[must_use]
    pub fn function(&self) -> &P {
        &self.function
    }

    fn step(&self, x: &[T], col: usize) -> T {
        let typical = self.magnitudes.as_ref().map_or(T::zero(), |all| all[col]);
        let size = magnitude(typical.max(x[col].abs()));
        // A subnormal x has no √ε of it.
        let step = (self.relative_step() * size).max(T::min_positive_value());
        let Some(bounds) = &self.bounds else {
            return step;
        };
        // Two steps to one side, with the rounding of x + 2h, are what three points take.
        let room = (bounds.upper()[col] - x[col]).max(x[col] - bounds.lower()[col]);
        step.min(room * T::of(0.4))
    }

    fn relative_step(&self) -> T {
        match self.formula {
            Formula::Forward => self.noise.sqrt(),
            Formula::Central => self.noise.cbrt(),
        }
    }

    /// Writes r at `point`, which differs from x in entry `col`, and says whether it is inside and all of r is
    /// finite.
    fn try_evaluate(&self, point: &[T], col: usize, r: &mut [T]) -> Result<bool> {
        let outside = self.bounds.as_ref().is_some_and(|bounds| {
            !(bounds.lower()[col] <= point[col] && point[col] <= bounds.upper()[col])
        });
        if outside {
            r.fill(T::nan());
            return Ok(false);
        }
        evaluate(&self.function, point, r)
    }

    fn one_sided(&self, x: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let mut point = x.to_vec();
        let mut base = vec![T::nan(); j.rows()];
        let mut shifted = base.clone();
        evaluate(&self.function, x, &mut base)?;
        for col in 0..j.cols() {
            let h = self.step(x, col);
            for h in [h, -h] {
                point[col] = x[col] + h;
                if self.try_evaluate(&point, col, &mut shifted)? {
                    break;
                }
            }
            let h = point[col] - x[col];
            set_column(&mut j, col, |i| (shifted[i] - base[i]) / h);
            point[col] = x[col];
        }
        Ok(())
    }

    fn two_sided(&self, x: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let mut point = x.to_vec();
        let mut above = vec![T::nan(); j.rows()];
        let (mut below, mut base) = (above.clone(), above.clone());
        for col in 0..j.cols() {
            let h = (x[col] + self.step(x, col)) - x[col];
            let (high, low) = (x[col] + h, x[col] - h);
            point[col] = high;
            let finite_above = self.try_evaluate(&point, col, &mut above)?;
            point[col] = low;
            let finite_below = self.try_evaluate(&point, col, &mut below)?;
            if finite_above == finite_below {
                set_column(&mut j, col, |i| (above[i] - below[i]) / (high - low));
            } else {
                let (h, near, far) = if finite_above {
                    (h, &above, &mut below)
                } else {
                    (-h, &below, &mut above)
                };
                point[col] = x[col] + (h + h);
                self.try_evaluate(&point, col, far)?;
                evaluate(&self.function, x, &mut base)?;
                set_column(&mut j, col, |i| three_points(base[i], near[i], far[i], h));
            }
            point[col] = x[col];
        }
        Ok(())
    }
}

/// f′(x) + ⅓h²·f‴ from f at x, x + h and x + 2h, for h of either sign.
fn three_points<T: Scalar>(base: T, near: T, far: T, h: T) -> T {
    (T::of(4.0) * (near - base) - (far - base)) / (h + h)
}

fn set_column<T: Scalar>(j: &mut MatMut<'_, T>, col: usize, entry: impl Fn(usize) -> T) {
    for i in 0..j.rows() {
        j[(i, col)] = entry(i);
    }
}

impl<T: Scalar, P: ResidualFunction<T>> LeastSquaresProblem<T> for FiniteDifferences<T, P> {
    fn residuals(&self) -> usize {
        self.function.residuals()
    }

    fn parameters(&self) -> usize {
        self.function.parameters()
    }

    fn constant_loss(&self) -> T {
        self.function.constant_loss()
    }

    fn is_observation(&self, row: usize) -> bool {
        self.function.is_observation(row)
    }

    /// η^½ and η^⅔: what the noise leaves of a step.
    fn jacobian_error(&self) -> T {
        self.noise / self.relative_step()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.function.residual(x, r)
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        let (m, n) = (self.residuals(), self.parameters());
        check::entries(OPERATION, "x", n, x.len())?;
        check::size(OPERATION, "j", (m, n), &j)?;
        match self.formula {
            Formula::Forward => self.one_sided(x, j),
            Formula::Central => self.two_sided(x, j),
        }
    }
}
