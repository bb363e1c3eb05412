//! The models of the data sets: their values, and their derivatives with respect to the parameters.

use crate::number::Number;
use crate::terms::{decay, peak, rational};

/// The largest number of parameters: b₁ to b₉ of ENSO.
pub(super) const MOST_PARAMETERS: usize = 9;

/// f(b; x). A model of only one data set has the name of that data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// b₁·(1 − exp(−b₂x)), of Misra1a and BoxBOD.
    Saturation,
    /// b₁·(1 − (1 + b₂x/2)⁻²)
    Misra1b,
    /// b₁·(1 − (1 + 2b₂x)^(−½))
    Misra1c,
    /// b₁b₂x/(1 + b₂x)
    Misra1d,
    /// exp(−b₁x)/(b₂ + b₃x)
    Chwirut,
    /// Σ b₂ₖ₋₁·exp(−b₂ₖx) over k = 1, 2, 3
    Lanczos,
    /// b₁·exp(−b₂x) + b₃·exp(−((x − b₄)/b₅)²) + b₆·exp(−((x − b₇)/b₈)²)
    Gauss,
    /// b₁·x^b₂
    DanWood,
    /// (b₁ + b₂x + b₃x²)/(1 + b₄x + b₅x²)
    Kirby2,
    /// (b₁ + b₂x + b₃x² + b₄x³)/(1 + b₅x + b₆x² + b₇x³), of Hahn1 and Thurber.
    CubicOverCubic,
    /// log y = b₁ − b₂x₁·exp(−b₃x₂)
    Nelson,
    /// b₁ + b₂·exp(−b₄x) + b₃·exp(−b₅x)
    Mgh17,
    /// b₁ − b₂x − arctan(b₃/(x − b₄))/π
    Roszman1,
    /// b₁ + b₂·cos(2πx/12) + b₃·sin(2πx/12) + b₅·cos(2πx/b₄) + b₆·sin(2πx/b₄) + b₈·cos(2πx/b₇) +
    /// b₉·sin(2πx/b₇)
    Enso,
    /// b₁·(x² + b₂x)/(x² + b₃x + b₄)
    Mgh09,
    /// b₁/(1 + exp(b₂ − b₃x))
    Rat42,
    /// b₁·exp(b₂/(x + b₃))
    Mgh10,
    /// (b₁/b₂)·exp(−½((x − b₃)/b₂)²)
    Eckerle4,
    /// b₁/(1 + exp(b₂ − b₃x))^(1/b₄)
    Rat43,
    /// b₁·(b₂ + x)^(−1/b₃)
    Bennett5,
}

impl Model {
    const ALL: [Self; 20] = [
        Self::Saturation,
        Self::Misra1b,
        Self::Misra1c,
        Self::Misra1d,
        Self::Chwirut,
        Self::Lanczos,
        Self::Gauss,
        Self::DanWood,
        Self::Kirby2,
        Self::CubicOverCubic,
        Self::Nelson,
        Self::Mgh17,
        Self::Roszman1,
        Self::Enso,
        Self::Mgh09,
        Self::Rat42,
        Self::Mgh10,
        Self::Eckerle4,
        Self::Rat43,
        Self::Bennett5,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|model| format!("{model:?}") == name)
    }

    /// The value with which the model is compared, for an observed y.
    pub(super) fn response<N: Number>(self, y: N) -> N {
        match self {
            Self::Nelson => y.ln(),
            _ => y,
        }
    }

    /// Writes ∂f/∂b to `d` and returns f. Only Nelson uses the second predictor.
    ///
    /// The formulas do not overflow at saturation: far out, a logistic curve is flat instead of NaN.
    pub(super) fn evaluate<N: Number>(self, b: &[N], x: [N; 2], d: &mut [N]) -> N {
        let [x, x2] = x;
        match self {
            Self::Saturation => saturation(b, x, d),
            Self::Misra1b => misra1b(b, x, d),
            Self::Misra1c => misra1c(b, x, d),
            Self::Misra1d => misra1d(b, x, d),
            Self::Chwirut => chwirut(b, x, d),
            Self::Lanczos => (0..3).map(|k| decay(b, 2 * k, 2 * k + 1, x, d)).sum(),
            Self::Gauss => decay(b, 0, 1, x, d) + peak(b, 2, x, d) + peak(b, 5, x, d),
            Self::DanWood => dan_wood(b, x, d),
            Self::Kirby2 => rational(b, 3, x, d),
            Self::CubicOverCubic => rational(b, 4, x, d),
            Self::Nelson => nelson(b, x, x2, d),
            Self::Mgh17 => {
                d[0] = N::one();
                b[0] + decay(b, 1, 3, x, d) + decay(b, 2, 4, x, d)
            }
            Self::Roszman1 => roszman1(b, x, d),
            Self::Enso => enso(b, x, d),
            Self::Mgh09 => mgh09(b, x, d),
            Self::Rat42 => rat42(b, x, d),
            Self::Mgh10 => mgh10(b, x, d),
            Self::Eckerle4 => eckerle4(b, x, d),
            Self::Rat43 => rat43(b, x, d),
            Self::Bennett5 => bennett5(b, x, d),
        }
    }
}

fn saturation<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    d[0] = -(-b[1] * x).exp_m1();
    d[1] = b[0] * x * (-b[1] * x).exp();
    b[0] * d[0]
}

/// With s = b₂x/2, 1 − (1 + s)⁻² = s·(2 + s)/(1 + s)².
fn misra1b<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let s = b[1] * x * N::of(0.5);
    let below = N::one() + s;
    d[0] = s * (N::of(2.0) + s) / (below * below);
    d[1] = b[0] * x / (below * below * below);
    b[0] * d[0]
}

/// With s = √(1 + 2b₂x), 1 − 1/s = 2b₂x/(s·(s + 1)).
fn misra1c<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let twice = N::of(2.0) * b[1] * x;
    let s = (N::one() + twice).sqrt();
    d[0] = twice / (s * (s + N::one()));
    d[1] = b[0] * x / (s * s * s);
    b[0] * d[0]
}

fn misra1d<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let below = N::one() + b[1] * x;
    d[0] = b[1] * x / below;
    d[1] = b[0] * x / (below * below);
    b[0] * d[0]
}

fn chwirut<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let below = b[1] + b[2] * x;
    let f = (-b[0] * x).exp() / below;
    d[0] = -x * f;
    d[1] = -f / below;
    d[2] = x * d[1];
    f
}

fn dan_wood<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    d[0] = x.powf(b[1]);
    d[1] = b[0] * d[0] * x.ln();
    b[0] * d[0]
}

fn nelson<N: Number>(b: &[N], x1: N, x2: N, d: &mut [N]) -> N {
    d[0] = N::one();
    d[1] = -x1 * (-b[2] * x2).exp();
    d[2] = -x2 * b[1] * d[1];
    b[0] + b[1] * d[1]
}

fn roszman1<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let pi = N::of(std::f64::consts::PI);
    let distance = x - b[3];
    let square = distance * distance + b[2] * b[2];
    (d[0], d[1]) = (N::one(), -x);
    d[2] = -distance / (pi * square);
    d[3] = -b[2] / (pi * square);
    b[0] - b[1] * x - (b[2] / distance).atan() / pi
}

fn enso<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let full = N::of(std::f64::consts::TAU) * x;
    d[0] = N::one();
    (d[2], d[1]) = (full / N::of(12.0)).sin_cos();
    let mut f = b[0] + b[1] * d[1] + b[2] * d[2];
    for at in [3, 6] {
        let (sin, cos) = (full / b[at]).sin_cos();
        let (of_cos, of_sin) = (b[at + 1], b[at + 2]);
        d[at] = full / (b[at] * b[at]) * (of_cos * sin - of_sin * cos);
        (d[at + 1], d[at + 2]) = (cos, sin);
        f += of_cos * cos + of_sin * sin;
    }
    f
}

fn mgh09<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let below = x * x + b[2] * x + b[3];
    d[0] = (x * x + b[1] * x) / below;
    d[1] = b[0] * x / below;
    d[3] = -b[0] * d[0] / below;
    d[2] = x * d[3];
    b[0] * d[0]
}

/// 1/(1 + exp(z)) and 1/(1 + exp(−z)). Their sum is 1.
fn logistic<N: Number>(z: N) -> (N, N) {
    (
        (N::one() + z.exp()).recip(),
        (N::one() + (-z).exp()).recip(),
    )
}

fn rat42<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let (falling, rising) = logistic(b[1] - b[2] * x);
    d[0] = falling;
    d[1] = -b[0] * falling * rising;
    d[2] = -x * d[1];
    b[0] * falling
}

fn mgh10<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let below = x + b[2];
    d[0] = (b[1] / below).exp();
    d[1] = b[0] * d[0] / below;
    d[2] = -d[1] * b[1] / below;
    b[0] * d[0]
}

fn eckerle4<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let z = (x - b[2]) / b[1];
    d[0] = (-z * z * N::of(0.5)).exp() / b[1];
    let f = b[0] * d[0];
    d[1] = f * (z * z - N::one()) / b[1];
    d[2] = f * z / b[1];
    f
}

/// f = b₁·exp(−p/b₄) with p = log(1 + exp(z)) and dp/dz = 1/(1 + exp(−z)).
fn rat43<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let z = b[1] - b[2] * x;
    // Neither side overflows.
    let p = if z < N::zero() {
        z.exp().ln_1p()
    } else {
        z + (-z).exp().ln_1p()
    };
    let (_, rising) = logistic(z);
    d[0] = (-p / b[3]).exp();
    let f = b[0] * d[0];
    d[1] = -f * rising / b[3];
    d[2] = -x * d[1];
    d[3] = f * p / (b[3] * b[3]);
    f
}

fn bennett5<N: Number>(b: &[N], x: N, d: &mut [N]) -> N {
    let sum = b[1] + x;
    let log = sum.ln();
    d[0] = (-log / b[2]).exp();
    let f = b[0] * d[0];
    d[1] = -f / (b[2] * sum);
    d[2] = f * log / (b[2] * b[2]);
    f
}
