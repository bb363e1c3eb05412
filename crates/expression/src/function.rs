//! The functions of a formula.

use std::f64::consts::{LN_2, LN_10, PI};

macro_rules! functions {
    ($(#[$of:meta])* $kind:ident: $($variant:ident = $name:literal),+ $(,)?) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $kind { $($variant),+ }

        impl $kind {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name under which it is printed.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

functions!(
    /// A function of one argument.
    Function:
    Exp = "exp", Expm1 = "expm1", Log = "log", Log10 = "log10", Log2 = "log2", Log1p = "log1p", Sqrt = "sqrt",
    Cbrt = "cbrt", Abs = "abs", Sin = "sin", Cos = "cos", Tan = "tan", Asin = "asin", Acos = "acos", Atan = "atan",
    Sinh = "sinh", Cosh = "cosh", Tanh = "tanh", Asinh = "asinh", Acosh = "acosh", Atanh = "atanh", Erf = "erf",
    Erfc = "erfc",
);

functions!(
    /// A function of two arguments. `pow` is an operator.
    Function2: Atan2 = "atan2", Min = "min", Max = "max",
);

impl Function {
    /// The function with this name. `ln` is another name of `log`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = if name == "ln" { "log" } else { name };
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }

    pub(crate) fn value(self, x: f64) -> f64 {
        match self {
            Self::Exp => x.exp(),
            Self::Expm1 => x.exp_m1(),
            Self::Log => x.ln(),
            Self::Log10 => x.log10(),
            Self::Log2 => x.log2(),
            Self::Log1p => x.ln_1p(),
            Self::Sqrt => x.sqrt(),
            Self::Cbrt => x.cbrt(),
            Self::Abs => x.abs(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tan => x.tan(),
            Self::Asin => x.asin(),
            Self::Acos => x.acos(),
            Self::Atan => x.atan(),
            Self::Sinh => x.sinh(),
            Self::Cosh => x.cosh(),
            Self::Tanh => x.tanh(),
            Self::Asinh => libm::asinh(x),
            Self::Acosh => libm::acosh(x),
            Self::Atanh => libm::atanh(x),
            Self::Erf => libm::erf(x),
            Self::Erfc => libm::erfc(x),
        }
    }

    /// The derivative at x, where the function has the value `value`. The forms avoid cancellation and overflow.
    pub(crate) fn derivative(self, x: f64, value: f64) -> f64 {
        match self {
            Self::Exp => value,
            Self::Expm1 => x.exp(),
            Self::Log => 1.0 / x,
            Self::Log10 => 1.0 / (x * LN_10),
            Self::Log2 => 1.0 / (x * LN_2),
            Self::Log1p => 1.0 / (1.0 + x),
            Self::Sqrt => 0.5 / value,
            Self::Cbrt => 1.0 / (3.0 * value * value),
            Self::Abs if x == 0.0 => 0.0,
            Self::Abs => x.signum(),
            Self::Sin => x.cos(),
            Self::Cos => -x.sin(),
            Self::Tan => 1.0 + value * value,
            Self::Asin => 1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
            Self::Acos => -1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
            Self::Atan => 1.0 / (1.0 + x * x),
            Self::Sinh => x.cosh(),
            Self::Cosh => x.sinh(),
            Self::Tanh => {
                let sech = 1.0 / x.cosh();
                sech * sech
            }
            Self::Asinh => 1.0 / x.hypot(1.0),
            Self::Acosh => 1.0 / ((x - 1.0).sqrt() * (x + 1.0).sqrt()),
            Self::Atanh => 1.0 / ((1.0 - x) * (1.0 + x)),
            Self::Erf => 2.0 / PI.sqrt() * (-x * x).exp(),
            Self::Erfc => -2.0 / PI.sqrt() * (-x * x).exp(),
        }
    }
}

impl Function2 {
    /// The function with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// A NaN argument gives NaN.
    pub(crate) fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Atan2 => a.atan2(b),
            Self::Min | Self::Max if a.is_nan() => a,
            Self::Min if a <= b => a,
            Self::Max if a >= b => a,
            Self::Min | Self::Max => b,
        }
    }

    /// The derivatives with respect to both arguments.
    pub(crate) fn derivatives(self, a: f64, b: f64) -> (f64, f64) {
        let is_first = match self {
            Self::Atan2 => {
                let length = a.hypot(b);
                return (b / length / length, -a / length / length);
            }
            Self::Min => a <= b,
            Self::Max => a >= b,
        };
        if a.is_nan() || b.is_nan() {
            (f64::NAN, f64::NAN)
        } else if is_first {
            (1.0, 0.0)
        } else {
            (0.0, 1.0)
        }
    }
}

/// The names of all functions, for messages.
pub(crate) fn names() -> String {
    let one = Function::ALL.iter().map(|f| f.name());
    let two = Function2::ALL.iter().map(|f| f.name());
    let names: Vec<&str> = one.chain(["ln", "pow"]).chain(two).collect();
    names.join(", ")
}
