//! The curves: their values, and their derivatives with respect to the parameters.

use crate::number::Number;
use crate::terms::{decay, peak, rational};

/// The largest number of parameters: p₁ to p₄ of two decays.
pub(super) const MOST_PARAMETERS: usize = 4;

/// y(t; p), in the usual notation.
///
/// ```
/// use leastwise_testset::far_starts::Curve;
/// let [p1, p2, p3] = *Curve::Decay.truth() else { unreachable!() };
/// let mut derivatives = [0.0; 3];
/// let y = Curve::Decay.evaluate(&[p1, p2, p3], 0.0, &mut derivatives);
/// assert_eq!((y, derivatives), (p1 + p3, [1.0, 0.0, 1.0]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// p₁·exp(−p₂t) + p₃
    Decay,
    /// p₁·exp(−p₂t) + p₃·exp(−p₄t)
    TwoDecays,
    /// p₁·exp(−((t − p₂)/p₃)²)
    Gaussian,
    /// (p₁ + p₂t)/(1 + p₃t)
    Rational,
    /// p₁/(1 + p₃·exp(−p₂t))
    Logistic,
}

impl Curve {
    /// All curves.
    pub const ALL: [Self; 5] = [
        Self::Decay,
        Self::TwoDecays,
        Self::Gaussian,
        Self::Rational,
        Self::Logistic,
    ];

    /// The name of the curve.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decay => "decay",
            Self::TwoDecays => "two decays",
            Self::Gaussian => "Gaussian",
            Self::Rational => "rational",
            Self::Logistic => "logistic",
        }
    }

    /// The parameters from which the data are generated.
    #[must_use]
    pub fn truth(self) -> &'static [f64] {
        match self {
            Self::Decay => &[5.0, 1.5, 1.0],
            Self::TwoDecays => &[2.0, 0.5, 1.0, 3.0],
            Self::Gaussian => &[3.0, 2.0, 0.7],
            Self::Rational => &[1.0, 2.0, 0.5],
            Self::Logistic => &[10.0, 1.2, 20.0],
        }
    }

    /// Writes ∂y/∂p to `derivatives` and returns y.
    ///
    /// # Panics
    /// If `p` or `derivatives` has fewer entries than [`truth`](Self::truth).
    pub fn evaluate<N: Number>(self, p: &[N], t: N, derivatives: &mut [N]) -> N {
        let d = derivatives;
        match self {
            Self::Decay => {
                d[2] = N::one();
                decay(p, 0, 1, t, d) + p[2]
            }
            Self::TwoDecays => decay(p, 0, 1, t, d) + decay(p, 2, 3, t, d),
            Self::Gaussian => peak(p, 0, t, d),
            Self::Rational => rational(p, 2, t, d),
            Self::Logistic => logistic(p, t, d),
        }
    }

    /// Unique parameters of the same curve: the decay with the larger rate comes last, and the width of the
    /// Gaussian is positive.
    pub(super) fn unique(self, p: &[f64]) -> Vec<f64> {
        match (self, p) {
            (Self::TwoDecays, &[a, b, c, d]) if b > d => vec![c, d, a, b],
            (Self::Gaussian, &[height, place, width]) => vec![height, place, width.abs()],
            _ => p.to_vec(),
        }
    }
}

fn logistic<N: Number>(p: &[N], t: N, d: &mut [N]) -> N {
    let e = (-p[1] * t).exp();
    let below = N::one() + p[2] * e;
    d[0] = below.recip();
    let y = p[0] * d[0];
    d[2] = -y * e / below;
    d[1] = -t * p[2] * d[2];
    y
}
