//! The operators of two operands.

/// An operator of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
    Power,
}

/// How tightly the minus sign of a single operand binds: `-x^2` is −(x²), and `-x*y` is (−x)·y.
pub(crate) const NEGATION: u8 = 3;

/// The precedence of numbers, names and calls.
pub(crate) const ATOM: u8 = 5;

impl Operator {
    /// A higher precedence binds more tightly.
    pub(crate) fn precedence(self) -> u8 {
        match self {
            Self::Plus | Self::Minus => 1,
            Self::Times | Self::Over => 2,
            Self::Power => 4,
        }
    }

    /// Whether `a∘b∘c` is `(a∘b)∘c`.
    pub(crate) fn groups_left(self) -> bool {
        self != Self::Power
    }

    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Plus => " + ",
            Self::Minus => " - ",
            Self::Times => "*",
            Self::Over => "/",
            Self::Power => "^",
        }
    }

    pub(crate) fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Plus => a + b,
            Self::Minus => a - b,
            Self::Times => a * b,
            Self::Over => a / b,
            // The square is correctly rounded, and much faster.
            Self::Power if b == 2.0 => a * a,
            Self::Power => a.powf(b),
        }
    }

    /// The derivative with respect to the first operand.
    pub(crate) fn by_first(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Plus | Self::Minus => 1.0,
            Self::Times => b,
            Self::Over => 1.0 / b,
            Self::Power => by_base(a, b),
        }
    }

    /// The derivative with respect to the second operand. `value` is that of the operator.
    pub(crate) fn by_second(self, a: f64, b: f64, value: f64) -> f64 {
        match self {
            Self::Plus => 1.0,
            Self::Minus => -1.0,
            Self::Times => a,
            Self::Over => -value / b,
            Self::Power => by_exponent(a, b, value),
        }
    }
}

fn by_base(base: f64, exponent: f64) -> f64 {
    if exponent == 0.0 {
        0.0
    } else if exponent == 2.0 {
        2.0 * base
    } else {
        exponent * base.powf(exponent - 1.0)
    }
}

fn by_exponent(base: f64, exponent: f64, value: f64) -> f64 {
    if value == 0.0 && exponent >= 0.0 || base == 0.0 && exponent == 0.0 {
        // Beside x = 0, xᵖ·ln x tends to 0 for p > 0.
        0.0
    } else {
        value * base.ln()
    }
}
