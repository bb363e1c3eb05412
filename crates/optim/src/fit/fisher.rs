//! The F distribution with k and ν degrees of freedom.
//!
//! With a = ν/2, b = k/2 and x = ν/(ν + k·f), P(F > f) is the regularised incomplete beta function I_x(a, b). Both
//! numbers of degrees of freedom are integers, so Γ(a + b)/(Γ(a)·Γ(b)) is a product of a few factors. Differences of
//! logarithms of Γ would lose digits as ν grows: statrs 0.19.1 is 0.3 % off at ν = 1e12.

use super::beta::{self, gamma_ratio};
use super::student_t;

/// As many degrees of freedom have the limit of infinitely many, to the last digits.
pub(super) const INFINITE: usize = 1_000_000_000_000_000;

/// P(F > f) for k = `between` ≥ 1 and ν = `within` ≥ 1 degrees of freedom.
pub(super) fn tail(f: f64, between: usize, within: usize) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    Beta::new(f, between, within).upper()
}

/// f with P(F ≤ f) = `level`, 0 < level < 1.
///
/// Newton's method for ln P as a function of ln f, where P is the smaller of the two probabilities. The relative error is
/// below 1e-10 for up to 1000 and 1e12 degrees of freedom; the tests bound it.
pub(super) fn quantile(level: f64, between: usize, within: usize) -> f64 {
    // The limit excludes an endless loop. Some ten steps are enough.
    const STEPS: usize = 200;
    const NEGLIGIBLE: f64 = 1e-13;
    // No step is longer than a factor of e², because ln P is nearly constant on one side of its bend.
    const LONGEST: f64 = 2.0;
    if between == 1 {
        return student_t::quantile(level, within as f64).powi(2);
    }
    let mut f = 1.0;
    for _ in 0..STEPS {
        let beta = Beta::new(f, between, within);
        // d P(F ≤ f)/d ln f.
        let slope = beta.prefactor;
        let step = if level <= 0.5 {
            let probability = beta.lower();
            (level / probability).ln() * probability / slope
        } else {
            let probability = beta.upper();
            (probability / (1.0 - level)).ln() * probability / slope
        };
        f *= step.clamp(-LONGEST, LONGEST).exp();
        if step.abs() <= NEGLIGIBLE {
            break;
        }
    }
    f
}

/// I_x(a, b) and its complement.
struct Beta {
    a: f64,
    b: f64,
    x: f64,
    /// 1 − x.
    y: f64,
    /// xᵃ·yᵇ·Γ(a + b)/(Γ(a)·Γ(b)).
    prefactor: f64,
}

impl Beta {
    fn new(f: f64, between: usize, within: usize) -> Self {
        let (k, nu) = (between as f64, within as f64);
        let ratio = k * f / nu;
        let (a, b) = (0.5 * nu, 0.5 * k);
        let (x, y) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
        // Γ(b + 1)/Γ(b) = b, and Γ(a + b + 1)/Γ(a + b) = a + b. The start is b = 1 or b = ½.
        let (mut factor, mut reached) = if between.is_multiple_of(2) {
            (a * y, 1.0)
        } else {
            (gamma_ratio(a) * (y / std::f64::consts::PI).sqrt(), 0.5)
        };
        // The factors may be large, and xᵃ may be small.
        let mut logarithm = -a * ratio.ln_1p();
        while reached < b {
            factor *= (a + reached) / reached * y;
            reached += 1.0;
            if !(1e-100..1e100).contains(&factor) {
                logarithm += factor.ln();
                factor = 1.0;
            }
        }
        Self {
            a,
            b,
            x,
            y,
            prefactor: (logarithm + factor.ln()).exp(),
        }
    }

    /// Whether the series is the shorter one: f is below the mean.
    fn is_central(&self) -> bool {
        self.x > (self.a + 1.0) / (self.a + self.b + 2.0)
    }

    /// P(F > f) = I_x(a, b).
    fn upper(&self) -> f64 {
        if self.is_central() {
            1.0 - self.centre()
        } else {
            self.tail()
        }
    }

    /// P(F ≤ f) = 1 − I_x(a, b).
    fn lower(&self) -> f64 {
        if self.is_central() {
            self.centre()
        } else {
            1.0 - self.tail()
        }
    }

    /// 1 − I_x(a, b).
    fn centre(&self) -> f64 {
        self.prefactor / self.b * beta::series(self.a, self.b, self.y)
    }

    /// I_x(a, b).
    fn tail(&self) -> f64 {
        self.prefactor / self.a * beta::fraction(self.a, self.b, self.x, self.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By mpmath 1.3 with 50 digits: `betainc(nu/2, k/2, 0, nu/(nu + k*f), regularized=True)`.
    const TAILS: &str = include_str!("../../tests/data/f_tails.csv");

    fn rows() -> impl Iterator<Item = (usize, usize, f64, f64)> {
        TAILS.lines().filter(|l| !l.starts_with('#')).map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [k, nu] = [0, 1].map(|i| fields[i].parse().unwrap());
            let [f, p] = [2, 3].map(|i| fields[i].parse().unwrap());
            (k, nu, f, p)
        })
    }

    #[test]
    fn tails_and_quantiles_have_ten_digits() {
        let mut count = 0;
        for (k, nu, f, p) in rows() {
            let ours = tail(f, k, nu);
            assert!((ours / p - 1.0).abs() < 1e-10, "{k} {nu} {f}: {ours} {p}");
            let level = 1.0 - p;
            if p > 1e-4 && level > 1e-4 {
                let back = quantile(level, k, nu);
                // An error of the level by u moves f by less than 1e-11 here.
                assert!((back / f - 1.0).abs() < 1e-10, "{k} {nu} {f}: {back}");
            }
            count += 1;
        }
        assert!(count > 500);
    }

    /// By SciPy 1.17.1: `chi2.isf(p, k)`.
    #[test]
    fn infinitely_many_degrees_of_freedom_are_chi_squared() {
        for (k, p, chi_squared) in [
            (1, 0.05, 3.841_458_820_694_124),
            (2, 0.05, 5.991_464_547_107_979),
            (5, 0.01, 15.086_272_469_388_99),
            (50, 0.3, 54.722_793_968_411_05),
        ] {
            let ours = k as f64 * quantile(1.0 - p, k, INFINITE);
            assert!((ours / chi_squared - 1.0).abs() < 1e-10, "{k} {p}: {ours}");
        }
    }
}
