//! Exact derivatives.

use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

use super::Number;

/// a + b·ε with ε² = 0: a value, and its derivative along one direction.
///
/// Dual numbers over dual numbers give second derivatives. With x = (a + b·ε₁) + (c)·ε₂, the coefficient of
/// ε₁ε₂ in f(x) is bᵀ·∇²f(a)·c.
///
/// Source: A. Griewank, A. Walther, *Evaluating derivatives*, second edition, SIAM (2008), chapter 3.
///
/// ```
/// use leastwise_testset::number::{Dual, Number};
/// // d²/dx² sin x = −sin x
/// let x = Dual::variable(Dual::variable(0.5));
/// assert_eq!(x.sin().slope.slope, -0.5f64.sin());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual<N> {
    /// a
    pub value: N,
    /// b
    pub slope: N,
}

impl<N: Number> Dual<N> {
    /// `value` + 0·ε
    #[must_use]
    pub fn constant(value: N) -> Self {
        Self {
            value,
            slope: N::zero(),
        }
    }

    /// `value` + 1·ε
    #[must_use]
    pub fn variable(value: N) -> Self {
        Self {
            value,
            slope: N::one(),
        }
    }

    /// f(a) + f′(a)·b·ε
    fn chain(self, value: N, slope: N) -> Self {
        Self {
            value,
            slope: slope * self.slope,
        }
    }
}

impl<N: Number> PartialEq for Dual<N> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<N: Number> PartialOrd for Dual<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<N: Number> Add for Dual<N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            slope: self.slope + other.slope,
        }
    }
}

impl<N: Number> Sub for Dual<N> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            value: self.value - other.value,
            slope: self.slope - other.slope,
        }
    }
}

impl<N: Number> Mul for Dual<N> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            slope: self.value * other.slope + self.slope * other.value,
        }
    }
}

impl<N: Number> Div for Dual<N> {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self {
            value,
            slope: (self.slope - value * other.slope) / other.value,
        }
    }
}

impl<N: Number> Neg for Dual<N> {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            value: -self.value,
            slope: -self.slope,
        }
    }
}

impl<N: Number> AddAssign for Dual<N> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<N: Number> MulAssign for Dual<N> {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<N: Number> Sum for Dual<N> {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::zero(), Add::add)
    }
}

impl<N: Number> Number for Dual<N> {
    fn of(value: f64) -> Self {
        Self::constant(N::of(value))
    }

    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.chain(root, (N::of(2.0) * root).recip())
    }

    fn exp(self) -> Self {
        let exp = self.value.exp();
        self.chain(exp, exp)
    }

    fn exp_m1(self) -> Self {
        self.chain(self.value.exp_m1(), self.value.exp())
    }

    fn ln(self) -> Self {
        self.chain(self.value.ln(), self.value.recip())
    }

    fn ln_1p(self) -> Self {
        self.chain(self.value.ln_1p(), (N::one() + self.value).recip())
    }

    fn sin_cos(self) -> (Self, Self) {
        let (sin, cos) = self.value.sin_cos();
        (self.chain(sin, cos), self.chain(cos, -sin))
    }

    fn atan(self) -> Self {
        let slope = (N::one() + self.value * self.value).recip();
        self.chain(self.value.atan(), slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::DoubleDouble;

    type Jet = Dual<Dual<DoubleDouble>>;
    type Function = fn(Jet) -> Jet;

    /// f, f′ and f″ at x for each function. The derivatives are written by hand in terms of other functions.
    #[test]
    fn first_and_second_derivatives_are_those_of_the_books() {
        let x = DoubleDouble::of(0.37);
        let one = DoubleDouble::one();
        let two = DoubleDouble::of(2.0);
        let below = one + x * x;
        let (sin, cos) = x.sin_cos();
        let cases: [(&str, Function, [DoubleDouble; 3]); 11] = [
            (
                "1/x",
                Number::recip,
                [one / x, -one / (x * x), two / (x * x * x)],
            ),
            (
                "√x",
                Number::sqrt,
                [
                    x.sqrt(),
                    one / (two * x.sqrt()),
                    -one / (DoubleDouble::of(4.0) * x * x.sqrt()),
                ],
            ),
            ("exp", Number::exp, [x.exp(); 3]),
            ("exp − 1", Number::exp_m1, [x.exp_m1(), x.exp(), x.exp()]),
            ("log", Number::ln, [x.ln(), one / x, -one / (x * x)]),
            (
                "log(1 + x)",
                Number::ln_1p,
                [x.ln_1p(), one / (one + x), -one / ((one + x) * (one + x))],
            ),
            ("sin", Number::sin, [sin, cos, -sin]),
            ("cos", Number::cos, [cos, -sin, -cos]),
            (
                "arctan",
                Number::atan,
                [x.atan(), one / below, -two * x / (below * below)],
            ),
            (
                "x³",
                |x| x.powi(3),
                [
                    x * x * x,
                    DoubleDouble::of(3.0) * x * x,
                    DoubleDouble::of(6.0) * x,
                ],
            ),
            ("x^x", |x| x.powf(x), {
                let (power, slope) = (x.powf(x), x.ln() + one);
                [power, power * slope, power * (slope * slope + one / x)]
            }),
        ];
        for (name, function, known) in cases {
            let y = function(Dual::variable(Dual::variable(x)));
            let found = [y.value.value, y.value.slope, y.slope.slope];
            for (found, known) in found.into_iter().zip(known) {
                let error = ((found - known) / known).abs().high();
                assert!(error <= 1e-28, "{name}: {found:?} is not {known:?}");
            }
            assert_eq!(y.slope.value, y.value.slope, "{name}");
        }
    }

    #[test]
    fn mixed_derivatives_and_hypot() {
        // x²y³ at (2, 3): ∂²/∂x∂y = 6xy² = 108.
        let x = Dual::constant(Dual::variable(2.0));
        let y = Dual::variable(Dual::constant(3.0));
        assert_eq!((x * x * y * y * y).slope.slope, 108.0);
        // √(x² + y²) at (3, 4) along x is 3/5, with one rounding of 1/10 and one of the product.
        let rho = Dual::variable(3.0).hypot(Dual::constant(4.0));
        assert!(rho.value == 5.0 && (rho.slope - 0.6f64).abs() <= 0.6 * f64::EPSILON);
        // A saturated logistic curve has the slope 0, not NaN.
        let z = Dual::variable(DoubleDouble::of(1000.0));
        let saturated = (Dual::one() + z.exp()).recip();
        assert_eq!((saturated.value.high(), saturated.slope.high()), (0.0, 0.0));
    }
}
