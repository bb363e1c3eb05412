//! Formulas from bytes, as text for the reader of formulas and as functions of any kind of number for the judge.

use leastwise_testset::number::Number;

use super::any_bytes::Choices;

/// A formula of x and of the parameters p0, p1, …
#[derive(Debug)]
pub(crate) enum Formula {
    Constant(f64),
    X,
    Parameter(usize),
    Negate(Box<Formula>),
    Operation(char, Box<Formula>, Box<Formula>),
    Power(Box<Formula>, i32),
    Call(&'static str, Box<Formula>),
}

use Formula::{Call, Constant, Negate, Operation, Parameter, Power, X};

impl Formula {
    /// A formula of at most `parameters` parameters, with at most `depth` operations inside each other.
    pub(crate) fn draw(choices: &mut Choices<'_>, parameters: usize, depth: usize) -> Self {
        let kind = if depth == 0 {
            choices.below(6)
        } else {
            choices.below(16)
        };
        let mut part = || Box::new(Self::draw(choices, parameters, depth - 1));
        match kind {
            0 => Constant(f64::from(choices.between(-8, 8)) / 4.0),
            1 | 2 => X,
            3..=5 => Parameter(choices.below(parameters)),
            6 => Negate(part()),
            7 | 8 => Operation('+', part(), part()),
            9 => Operation('-', part(), part()),
            10 | 11 => Operation('*', part(), part()),
            12 => Operation('/', part(), part()),
            13 => {
                let base = part();
                Power(base, choices.between(-2, 4))
            }
            _ => {
                let argument = part();
                let names = ["exp", "log", "sqrt", "sin", "cos", "atan", "expm1", "log1p"];
                Call(names[choices.below(names.len())], argument)
            }
        }
    }

    /// As a person may type it.
    pub(crate) fn text(&self) -> String {
        match self {
            Constant(value) if *value < 0.0 => format!("(-{:?})", -value),
            Constant(value) => format!("{value:?}"),
            X => "x".to_owned(),
            Parameter(j) => format!("p{j}"),
            Negate(a) => format!("(-{})", a.text()),
            Operation(sign, a, b) => format!("({} {sign} {})", a.text(), b.text()),
            Power(a, n) => format!("({})^({n})", a.text()),
            Call(name, a) => format!("{name}({})", a.text()),
        }
    }

    pub(crate) fn value<N: Number>(&self, x: f64, p: &[N]) -> N {
        match self {
            Constant(value) => N::of(*value),
            X => N::of(x),
            Parameter(j) => p[*j],
            Negate(a) => -a.value(x, p),
            Operation(sign, a, b) => {
                let (a, b) = (a.value(x, p), b.value(x, p));
                match sign {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ => a / b,
                }
            }
            Power(a, n) => a.value(x, p).powi(*n),
            Call(name, a) => {
                let a = a.value(x, p);
                match *name {
                    "exp" => a.exp(),
                    "log" => a.ln(),
                    "sqrt" => a.sqrt(),
                    "sin" => a.sin(),
                    "cos" => a.cos(),
                    "atan" => a.atan(),
                    "expm1" => a.exp_m1(),
                    _ => a.ln_1p(),
                }
            }
        }
    }

    /// The largest intermediate result, which bounds the roundings of the value.
    pub(crate) fn largest(&self, x: f64, p: &[f64]) -> f64 {
        let own = self.value(x, p).abs();
        let parts = match self {
            Constant(_) | X | Parameter(_) => 0.0,
            Negate(a) | Power(a, _) | Call(_, a) => a.largest(x, p),
            Operation(_, a, b) => a.largest(x, p).max(b.largest(x, p)),
        };
        if own.is_nan() { own } else { own.max(parts) }
    }
}
