//! Losses that grow more slowly than the square.

use std::fmt;

use leastwise_core::{Result, Scalar};

use crate::check;

/// A loss Σ s²·ρ((rᵢ/s)²) that outliers cannot dominate. ρ(z) ≈ z for residuals well below the scale s, and ρ
/// grows more slowly beyond. [`Robust`](crate::Robust) applies it to a problem.
///
/// With z = (r/s)², the influence ψ(r) = ρ′(z)·r is half of the derivative of s²ρ with respect to r:
///
/// | | ρ(z) | ρ′(z) | ψ(r) | ψ′(r) | s/σ |
/// |---|---|---|---|---|---|
/// | [`huber`](Self::huber), z ≤ 1 | z | 1 | r | 1 | 1.345 |
/// | z > 1 | 2√z − 1 | 1/√z | s·sign(r) | 0 | |
/// | [`soft_l1`](Self::soft_l1) | 2(√(1+z) − 1) | (1+z)^−½ | r·(1+z)^−½ | (1+z)^−³ᐟ² | 1.287 |
/// | [`cauchy`](Self::cauchy) | ln(1+z) | 1/(1+z) | r/(1+z) | (1−z)/(1+z)² | 2.385 |
/// | [`tukey`](Self::tukey), z ≤ 1 | (1 − (1−z)³)/3 | (1−z)² | r(1−z)² | (1−z)(1−5z) | 4.685 |
/// | z > 1 | ⅓ | 0 | 0 | 0 | |
///
/// The last column gives s for an estimate of a location that has 95 % of the efficiency of least squares if
/// all errors are Gaussian with standard deviation σ, that is (E ψ′)²/E ψ² = 0.95. A smaller s is more robust
/// against outliers, and less efficient for good data. σ is 1 for residuals in units of their errors
/// ([`Weighted::from_sigmas`](crate::Weighted::from_sigmas)). If σ is unknown, compute it by
/// [`robust_scale`](crate::robust_scale) from the residuals of a first robust fit, and repeat the fit until σ
/// does not change. This estimate tolerates outliers in almost half of the data. Do not use the residuals of
/// a plain least-squares fit, because outliers affect that fit.
///
/// Huber's and the soft-L1 loss are convex in r. So for a linear model, every minimum is a global one, but
/// the influence of an outlier remains s. With Cauchy's loss, the influence of an outlier decreases, and with
/// Tukey's, it vanishes. These two have several minima, so start from a fit with Huber's loss.
///
/// References: P. J. Huber, E. M. Ronchetti, *Robust statistics*, second edition, Wiley (2009); P. W.
/// Holland, R. E. Welsch, *Robust regression using iteratively reweighted least-squares*, Communications in
/// Statistics A6 (1977), 813–827, for the constants, except that of soft-L1, which is computed from the
/// formula above. ρ is that of Ceres and of `scipy.optimize.least_squares`, for the losses that they have.
///
/// ```
/// use leastwise_optim::RobustLoss;
///
/// let huber = RobustLoss::<f64>::huber(2.0)?;
/// assert_eq!(huber.rho(0.25), 0.25); // r = 1: as least squares
/// assert_eq!(huber.rho(25.0), 9.0); // r = 10: a loss of 2²·9 instead of 10²
/// assert_eq!(huber.influence(10.0), 2.0);
/// assert!((huber.transformed(10.0) - 6.0).abs() < 1e-14); // 6² = 2²·9
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct RobustLoss<T> {
    kernel: Kernel,
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    scale: T,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Kernel {
    Huber,
    SoftL1,
    Cauchy,
    Tukey,
}

impl<T: Scalar> fmt::Display for RobustLoss<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kernel = match self.kernel {
            Kernel::Huber => "Huber",
            Kernel::SoftL1 => "soft-L1",
            Kernel::Cauchy => "Cauchy",
            Kernel::Tukey => "Tukey",
        };
        // Four digits, without trailing zeros.
        let rounded: f64 = format!("{:.3e}", self.scale.as_f64())
            .parse()
            .map_err(|_| fmt::Error)?;
        write!(f, "{kernel} loss with scale {rounded}")
    }
}

const OPERATION: &str = "RobustLoss";

impl<T: Scalar> RobustLoss<T> {
    /// The loss that is quadratic up to s, and linear beyond.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless s is positive and
    /// finite.
    pub fn huber(scale: T) -> Result<Self> {
        Self::new(Kernel::Huber, scale)
    }

    /// A smooth loss between Huber's and the absolute value, also called pseudo-Huber.
    ///
    /// # Errors
    /// As [`huber`](Self::huber).
    pub fn soft_l1(scale: T) -> Result<Self> {
        Self::new(Kernel::SoftL1, scale)
    }

    /// A logarithmic loss, also called Lorentzian. The influence is largest at r = s and decreases beyond.
    ///
    /// # Errors
    /// As [`huber`](Self::huber).
    pub fn cauchy(scale: T) -> Result<Self> {
        Self::new(Kernel::Cauchy, scale)
    }

    /// The biweight loss. It is constant beyond s, so such residuals have no influence.
    ///
    /// # Errors
    /// As [`huber`](Self::huber).
    pub fn tukey(scale: T) -> Result<Self> {
        Self::new(Kernel::Tukey, scale)
    }

    fn new(kernel: Kernel, scale: T) -> Result<Self> {
        let scale = check::positive(OPERATION, "scale", scale)?;
        Ok(Self { kernel, scale })
    }

    /// The scale s.
    #[must_use]
    pub fn scale(&self) -> T {
        self.scale
    }

    /// ρ(z), for z ≥ 0.
    #[must_use]
    pub fn rho(&self, z: T) -> T {
        let (one, two, three) = (T::one(), T::of(2.0), T::of(3.0));
        match self.kernel {
            Kernel::Huber if z > one => two * z.sqrt() - one,
            Kernel::Huber => z,
            // 2(√(1+z) − 1), without cancellation.
            Kernel::SoftL1 => z * (two / (one + (one + z).sqrt())),
            Kernel::Cauchy => z.ln_1p(),
            Kernel::Tukey if z > one => one / three,
            Kernel::Tukey => z * (one - z * (one - z / three)),
        }
    }

    /// ρ′(z) for z ≥ 0, the weight of r² in iteratively reweighted least squares.
    #[must_use]
    pub fn rho_derivative(&self, z: T) -> T {
        let one = T::one();
        match self.kernel {
            Kernel::Huber if z > one => one / z.sqrt(),
            Kernel::Huber => one,
            Kernel::SoftL1 => one / (one + z).sqrt(),
            Kernel::Cauchy => one / (one + z),
            Kernel::Tukey if z > one => T::zero(),
            Kernel::Tukey => (one - z) * (one - z),
        }
    }

    /// ψ(r) = ρ′(z)·r.
    #[must_use]
    pub fn influence(&self, r: T) -> T {
        let (one, s, size) = (T::one(), self.scale, r.abs());
        let magnitude = if size > s {
            let b = s / size;
            match self.kernel {
                Kernel::Huber => s,
                Kernel::SoftL1 => s / one.hypot(b),
                Kernel::Cauchy => s * (b / (one + b * b)),
                Kernel::Tukey => T::zero(),
            }
        } else {
            let z = squared(size / s);
            match self.kernel {
                Kernel::Huber => size,
                Kernel::SoftL1 => size / (one + z).sqrt(),
                Kernel::Cauchy => size / (one + z),
                Kernel::Tukey => size * squared(self.one_minus_z(size)),
            }
        };
        magnitude.copysign(r)
    }

    /// ψ′(r) = ρ′(z) + 2z·ρ″(z). It is negative where the loss is not convex.
    #[must_use]
    pub fn influence_derivative(&self, r: T) -> T {
        let (one, s, size) = (T::one(), self.scale, r.abs());
        if size > s {
            let b = s / size;
            return match self.kernel {
                Kernel::Huber | Kernel::Tukey => T::zero(),
                Kernel::SoftL1 => (b / one.hypot(b)).powi(3),
                Kernel::Cauchy => {
                    let quotient = b / (one + b * b);
                    quotient * quotient * ((s - size) / size) * (one + b)
                }
            };
        }
        let z = squared(size / s);
        match self.kernel {
            Kernel::Huber if r.is_nan() => r,
            Kernel::Huber => one,
            Kernel::SoftL1 => one / ((one + z) * (one + z).sqrt()),
            Kernel::Cauchy => self.one_minus_z(size) / squared(one + z),
            Kernel::Tukey => self.one_minus_z(size) * (one - T::of(5.0) * z),
        }
    }

    /// r̃ = sign(r)·s·√ρ(z), whose square is the loss of r. It is accurate in the relative sense.
    #[must_use]
    pub fn transformed(&self, r: T) -> T {
        let (one, two, three) = (T::one(), T::of(2.0), T::of(3.0));
        let (s, size) = (self.scale, r.abs());
        let magnitude = if size > s {
            let b = s / size;
            match self.kernel {
                Kernel::Huber => s.sqrt() * self.huber_root(size),
                Kernel::SoftL1 => s.sqrt() * (size.sqrt() * (two / (b + one.hypot(b))).sqrt()),
                Kernel::Cauchy => s * self.log_beyond(size).sqrt(),
                Kernel::Tukey => s / three.sqrt(),
            }
        } else {
            let z = squared(size / s);
            match self.kernel {
                Kernel::Huber => size,
                Kernel::SoftL1 => size * (two / (one + (one + z).sqrt())).sqrt(),
                Kernel::Cauchy => size * log_ratio(z).sqrt(),
                Kernel::Tukey => size * (one - z * (one - z / three)).sqrt(),
            }
        };
        magnitude.copysign(r)
    }

    /// dr̃/dr = ρ′(z)·r/r̃, between 0 and 1. It is accurate in the relative sense.
    ///
    /// Its square is between ψ′(r), the factor of Newton's method, and ρ′(z), the weight of iteratively
    /// reweighted least squares:
    ///
    /// ρ′ + 2z·ρ″ ≤ (dr̃/dr)² ≤ ρ′.
    ///
    /// The right inequality holds because ρ is concave and ρ(0) = 0, so z·ρ′ ≤ ρ and (dr̃/dr)² = ρ′·(z·ρ′/ρ).
    /// The left one holds because ½(r̃²)″ = (dr̃/dr)² + r̃·d²r̃/dr², and r̃ is concave for r > 0 with all
    /// four losses.
    #[must_use]
    pub fn transformed_derivative(&self, r: T) -> T {
        let (one, two, three) = (T::one(), T::of(2.0), T::of(3.0));
        let (s, size) = (self.scale, r.abs());
        if size > s {
            let b = s / size;
            return match self.kernel {
                Kernel::Huber => s.sqrt() / self.huber_root(size),
                Kernel::SoftL1 => {
                    let g = one.hypot(b);
                    s.sqrt() / size.sqrt() * (((b + g) / two).sqrt() / g)
                }
                Kernel::Cauchy => b / (one + b * b) / self.log_beyond(size).sqrt(),
                Kernel::Tukey => T::zero(),
            };
        }
        let z = squared(size / s);
        match self.kernel {
            Kernel::Huber if r.is_nan() => r,
            Kernel::Huber => one,
            Kernel::SoftL1 => {
                let h = (one + z).sqrt();
                ((one + h) / two).sqrt() / h
            }
            Kernel::Cauchy => one / ((one + z) * log_ratio(z).sqrt()),
            Kernel::Tukey => squared(self.one_minus_z(size)) / (one - z * (one - z / three)).sqrt(),
        }
    }

    /// 1 − z, accurate in the relative sense: s − |r| is exact if they are near each other (Sterbenz).
    fn one_minus_z(&self, size: T) -> T {
        (self.scale - size) / self.scale * (T::one() + size / self.scale)
    }

    /// √(2|r| − s) for |r| > s, where 2|r| may overflow.
    fn huber_root(&self, size: T) -> T {
        let two = T::of(2.0);
        two.sqrt() * (size - self.scale / two).sqrt()
    }

    /// ln(1 + z) for |r| > s. If z overflows, it is 2·ln(|r|/s). Each logarithm is at most about twice the
    /// difference.
    fn log_beyond(&self, size: T) -> T {
        let z = squared(size / self.scale);
        if z.is_finite() {
            z.ln_1p()
        } else {
            T::of(2.0) * (size.ln() - self.scale.ln())
        }
    }
}

/// ln(1 + z)/z.
fn log_ratio<T: Scalar>(z: T) -> T {
    if z == T::zero() {
        T::one()
    } else {
        z.ln_1p() / z
    }
}

fn squared<T: Scalar>(x: T) -> T {
    x * x
}
