//! Losses that grow slower than the square.

use std::fmt;

use leastwise_core::{Result, Scalar};

use crate::check;

/// A loss Σ s²·ρ((rᵢ/s)²) that outliers cannot dominate: ρ(z) ≈ z for residuals well below the scale
/// s, and less beyond. [`Robust`](crate::Robust) puts it on a problem.
///
/// With z = (r/s)², the influence ψ(r) = ρ′(z)·r is half of the derivative of s²ρ by r:
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
/// The last column is s for an estimate of a location that is 95 % as efficient as least squares
/// where all errors are Gaussian with standard deviation σ, that is (E ψ′)²/E ψ² = 0.95: a smaller s
/// resists outliers better and uses good data worse. σ is 1 for residuals in units of their errors
/// ([`Weighted::from_sigmas`](crate::Weighted::from_sigmas)). Where it is unknown, take it from the
/// residuals of a first robust fit by [`robust_scale`](crate::robust_scale), which half of the data may spoil
/// without harm, and fit once more, until it stays; the residuals of a fit by plain least squares are no guide, because outliers have pulled it.
///
/// Huber's and the soft-L1 loss are convex in r: for a linear model every minimum is a global one,
/// but an outlier keeps an influence of s. That of an outlier fades under Cauchy's loss and
/// vanishes under Tukey's. These two have several minima, so start them from a fit with Huber's
/// loss.
///
/// References: P. J. Huber, E. M. Ronchetti, *Robust statistics*, second edition, Wiley (2009);
/// P. W. Holland, R. E. Welsch, *Robust regression using iteratively reweighted least-squares*,
/// Communications in Statistics A6 (1977), 813–827, for the constants, but that of soft-L1, which
/// is computed from the formula above. ρ is that of Ceres and of `scipy.optimize.least_squares`
/// where they have it.
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
pub struct RobustLoss<T> {
    kernel: Kernel,
    scale: T,
}

#[derive(Clone, Copy, Debug, PartialEq)]
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
        // Four digits, without zeros at the end.
        let rounded: f64 = format!("{:.3e}", self.scale.as_f64())
            .parse()
            .map_err(|_| fmt::Error)?;
        write!(f, "{kernel} loss with scale {rounded}")
    }
}

const OPERATION: &str = "RobustLoss";

impl<T: Scalar> RobustLoss<T> {
    /// Squares up to s, linear beyond.
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

    /// Logarithmic, also called Lorentzian: the influence is largest at r = s and fades beyond.
    ///
    /// # Errors
    /// As [`huber`](Self::huber).
    pub fn cauchy(scale: T) -> Result<Self> {
        Self::new(Kernel::Cauchy, scale)
    }

    /// The biweight: constant beyond s, so that such residuals do not count at all.
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

    /// s.
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
            // 2(√(1+z) − 1) without the difference.
            Kernel::SoftL1 => z * (two / (one + (one + z).sqrt())),
            Kernel::Cauchy => z.ln_1p(),
            Kernel::Tukey if z > one => one / three,
            Kernel::Tukey => z * (one - z * (one - z / three)),
        }
    }

    /// ρ′(z), for z ≥ 0: the weight of r² in iteratively reweighted least squares.
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

    /// ψ′(r) = ρ′(z) + 2z·ρ″(z), negative where the loss is not convex.
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

    /// r̃ = sign(r)·s·√ρ(z), whose square is the loss of r, to relative accuracy.
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

    /// dr̃/dr = ρ′(z)·r/r̃, between 0 and 1, to relative accuracy.
    ///
    /// Its square is between ψ′(r), which Newton's method would have in the place of it, and ρ′(z),
    /// which iteratively reweighted least squares has:
    ///
    /// ρ′ + 2z·ρ″ ≤ (dr̃/dr)² ≤ ρ′.
    ///
    /// The right side holds because ρ is concave and ρ(0) = 0, so that z·ρ′ ≤ ρ and
    /// (dr̃/dr)² = ρ′·(z·ρ′/ρ); the left one, because ½(r̃²)″ = (dr̃/dr)² + r̃·d²r̃/dr² and r̃ is concave
    /// for r > 0 under all four losses.
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

    /// 1 − z to relative accuracy: s − |r| is exact where they are near (Sterbenz).
    fn one_minus_z(&self, size: T) -> T {
        (self.scale - size) / self.scale * (T::one() + size / self.scale)
    }

    /// √(2|r| − s) for |r| > s, where 2|r| may overflow.
    fn huber_root(&self, size: T) -> T {
        let two = T::of(2.0);
        two.sqrt() * (size - self.scale / two).sqrt()
    }

    /// ln(1 + z) for |r| > s. Where z overflows it is 2·ln(|r|/s), and neither logarithm is more than
    /// some twice the difference.
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
