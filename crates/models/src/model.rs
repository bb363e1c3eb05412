//! The models, by their names.

use std::fmt;
use std::sync::Arc;

use leastwise_core::Result;
use leastwise_optim::{Bounds, Curve};

use crate::dose::Dose;
use crate::exponentials::Exponentials;
use crate::family::Family;
use crate::peak::Peak;
use crate::power::Power;
use crate::search::Search;
use crate::sigmoid::Sigmoid;
use crate::wave::Wave;

/// A model y = f(x, p) with exact derivatives, which finds its own start.
///
/// ```
/// use leastwise_models::Model;
/// use leastwise_optim::{Fit, Parameters};
///
/// # fn main() -> leastwise_core::Result<()> {
/// let x: Vec<f64> = (0..40).map(|i| 0.25 * f64::from(i)).collect();
/// let y: Vec<f64> = x.iter().map(|x| 3.0 * (-0.5 * (x - 4.0f64).powi(2)).exp() + 1.0).collect();
///
/// let gaussian = Model::gaussian();
/// let start = Parameters::from(&gaussian.guess(&x, &y)?)
///     .with_names(&gaussian.parameters())
///     .with_bounds(gaussian.bounds());
/// let backend = leastwise_faer::Faer::default();
/// let fitted = Fit::new(&backend).run(&gaussian.curve(&x, &y)?, start)?;
/// assert!((fitted.parameters[1] - 4.0).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Model {
    family: Arc<dyn Family>,
    /// The number of parameters.
    count: usize,
}

/// The largest number of exponentials. More cannot be told apart in double precision.
const MOST_TERMS: usize = 4;

impl Model {
    fn of(family: impl Family + 'static) -> Self {
        Self {
            count: family.parameters().len(),
            family: Arc::new(family),
        }
    }

    /// Every model. Sums of exponentials have one to four terms.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let sums = (1..=MOST_TERMS).map(Self::exponentials);
        let others = [
            Self::gaussian(),
            Self::lorentzian(),
            Self::pseudo_voigt(),
            Self::voigt(),
            Self::logistic(),
            Self::gompertz(),
            Self::four_parameter_logistic(),
            Self::five_parameter_logistic(),
            Self::hill(),
            Self::michaelis_menten(),
            Self::weibull(),
            Self::power(),
            Self::arrhenius(),
            Self::sinusoid(),
            Self::damped(),
        ];
        sums.chain(others).collect()
    }

    /// The model with this [name](Self::name).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|model| model.name() == name)
    }

    /// Σ aₖ·exp(−x/τₖ) + c. τₖ has the unit of x. `terms` is limited to 1 to 4. With one term, τ may be negative, so
    /// that the curve grows.
    #[must_use]
    pub fn exponentials(terms: usize) -> Self {
        Self::of(Exponentials::new(terms.clamp(1, MOST_TERMS)))
    }

    /// a·exp(−((x − μ)/σ)²/2) + c. a is the height in the unit of y. μ and σ have the unit of x.
    #[must_use]
    pub fn gaussian() -> Self {
        Self::of(Peak::Gaussian)
    }

    /// a/(1 + ((x − μ)/γ)²) + c. a is the height. γ is half of the width at half height, in the unit of x.
    #[must_use]
    pub fn lorentzian() -> Self {
        Self::of(Peak::Lorentzian)
    }

    /// a·(η·L + (1 − η)·G) + c, where L and G are a Lorentzian and a Gaussian of height 1 with the same full width w at
    /// half height. η is a number, from 0 to 1 for a peak between the two.
    ///
    /// Source: G. K. Wertheim et al., Review of Scientific Instruments 45 (1974), 1369.
    #[must_use]
    pub fn pseudo_voigt() -> Self {
        Self::of(Peak::PseudoVoigt)
    }

    /// a·V(x − μ; σ, γ) + c, where V is the convolution of a Gaussian with standard deviation σ and a Lorentzian with
    /// half width γ, both of area 1. a is the area, in the unit of y times that of x.
    ///
    /// For σ = 0, it is the Lorentzian, and for γ = 0 the Gaussian. Source: NIST *Digital Library of Mathematical Functions*, 7.19.
    #[must_use]
    pub fn voigt() -> Self {
        Self::of(Peak::Voigt)
    }

    /// a/(1 + exp(−(x − mid)/scale)). mid and scale have the unit of x. R calls it `SSlogis`.
    #[must_use]
    pub fn logistic() -> Self {
        Self::of(Sigmoid::Logistic)
    }

    /// a·exp(−exp(−(x − mid)/scale)). mid and scale have the unit of x. The curve is a/e at mid, where it is steepest.
    ///
    /// Source: B. Gompertz, Philosophical Transactions of the Royal Society 115 (1825), 513.
    #[must_use]
    pub fn gompertz() -> Self {
        Self::of(Sigmoid::Gompertz)
    }

    /// bottom + (top − bottom)/(1 + (ec50/x)^hill), for x ≥ 0. ec50 has the unit of x. hill is a number.
    ///
    /// Source: A. DeLean, P. J. Munson, D. Rodbard, American Journal of Physiology 235 (1978), E97.
    #[must_use]
    pub fn four_parameter_logistic() -> Self {
        Self::of(Dose::FourParameters)
    }

    /// bottom + (top − bottom)/(1 + (k/x)^hill)^s, for x ≥ 0. k has the unit of x, and is the EC50 only for s = 1. hill
    /// and s are numbers. The bounds keep s ≤ 1000, from where on the curve is the limit for s → ∞ to a thousandth of its
    /// height.
    ///
    /// Source: P. G. Gottschalk, J. R. Dunn, Analytical Biochemistry 343 (2005), 54.
    #[must_use]
    pub fn five_parameter_logistic() -> Self {
        Self::of(Dose::FiveParameters)
    }

    /// a·xⁿ/(kⁿ + xⁿ), for x ≥ 0. k has the unit of x. n is a number.
    ///
    /// Source: A. V. Hill, Journal of Physiology 40 (1910), iv.
    #[must_use]
    pub fn hill() -> Self {
        Self::of(Dose::Hill)
    }

    /// vmax·x/(km + x), for x ≥ 0. vmax has the unit of y, km that of x.
    ///
    /// Source: L. Michaelis, M. L. Menten, Biochemische Zeitschrift 49 (1913), 333.
    #[must_use]
    pub fn michaelis_menten() -> Self {
        Self::of(Dose::MichaelisMenten)
    }

    /// bottom + (top − bottom)·(1 − exp(−(x/scale)^shape)), for x ≥ 0. scale has the unit of x. shape is a number.
    ///
    /// Source: W. Weibull, Journal of Applied Mechanics 18 (1951), 293.
    #[must_use]
    pub fn weibull() -> Self {
        Self::of(Dose::Weibull)
    }

    /// a·x^b, for x > 0. b is a number. a is the value at x = 1.
    #[must_use]
    pub fn power() -> Self {
        Self::of(Power::Law)
    }

    /// a·exp(−ea/(R·x)), for x > 0: the temperature in kelvin. ea is the activation energy in J/mol, and R = 8.314… J/(mol·K).
    ///
    /// Source: S. Arrhenius, Zeitschrift für physikalische Chemie 4 (1889), 226.
    #[must_use]
    pub fn arrhenius() -> Self {
        Self::of(Power::Arrhenius)
    }

    /// a·sin(2π·f·x + φ) + c. f is the frequency in periods per unit of x. φ is in radians.
    #[must_use]
    pub fn sinusoid() -> Self {
        Self::of(Wave::Sinusoid)
    }

    /// a·exp(−x/τ)·sin(2π·f·x + φ) + c. f is the frequency in periods per unit of x. φ is in radians. τ has the unit of
    /// x.
    #[must_use]
    pub fn damped() -> Self {
        Self::of(Wave::Damped)
    }

    /// The name, such as `gaussian`.
    #[must_use]
    pub fn name(&self) -> String {
        self.family.name()
    }

    /// The right-hand side, such as `a*exp(-((x-mu)/sigma)^2/2) + c`.
    #[must_use]
    pub fn formula(&self) -> String {
        self.family.formula()
    }

    /// The names of the parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<String> {
        self.family.parameters()
    }

    /// The bounds within which the parameters have their meaning, such as σ ≥ 0 and 0 ≤ η ≤ 1. Beyond them, data with noise
    /// may have a smaller loss. A [guess](Self::guess) is within them.
    #[must_use]
    pub fn bounds(&self) -> Bounds<f64> {
        let bounds = self.family.bounds().into_iter();
        bounds.fold(
            Bounds::none(self.count),
            |bounds, (parameter, lower, upper)| {
                // The bounds of every model are valid.
                bounds
                    .clone()
                    .with(parameter, lower, upper)
                    .unwrap_or(bounds)
            },
        )
    }

    /// f(x, p). It is NaN unless p has one entry per parameter.
    #[must_use]
    pub fn value(&self, x: f64, p: &[f64]) -> f64 {
        if p.len() != self.count {
            return f64::NAN;
        }
        self.family.value(x, p)
    }

    /// Writes ∂f/∂p to `gradient`, and returns f(x, p). All are NaN unless p and `gradient` have one entry per parameter.
    pub fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64 {
        if p.len() != self.count || gradient.len() != p.len() {
            gradient.fill(f64::NAN);
            return f64::NAN;
        }
        self.family.gradient(x, p, gradient)
    }

    /// Parameters at which a fit of the data starts. The order of the data does not matter.
    ///
    /// The search tries many values of the parameters in which f is not linear. The others follow by linear least squares.
    /// Frequencies come from a spectrum of the data at any x, of up to 2¹⁸/8 periods. [`search`](Self::search) knows more
    /// about data and parameters.
    ///
    /// # Errors
    /// As [`Search::guess`].
    pub fn guess(&self, x: &[f64], y: &[f64]) -> Result<Vec<f64>> {
        self.search(x, y).guess()
    }

    /// A [guess](Self::guess) of data with standard deviations or outliers, or beside parameters that are known.
    pub fn search<'a>(&'a self, x: &'a [f64], y: &'a [f64]) -> Search<'a> {
        Search::new(&*self.family, x, y)
    }

    /// The problem of fitting the model to data.
    ///
    /// # Errors
    /// As [`Curve::new`].
    pub fn curve<'a>(
        &'a self,
        x: &'a [f64],
        y: &'a [f64],
    ) -> Result<Curve<'a, f64, f64, impl Value + use<'a>, impl Gradient + use<'a>>> {
        let family = &self.family;
        let curve = Curve::new(self.count, move |x, p: &[f64]| family.value(x, p), x, y)?;
        Ok(
            curve.with_gradient(move |x, p: &[f64], gradient: &mut [f64]| {
                family.gradient(x, p, gradient);
            }),
        )
    }
}

/// A function f(x, p).
pub trait Value: Fn(f64, &[f64]) -> f64 {}
impl<F: Fn(f64, &[f64]) -> f64> Value for F {}

/// A function that writes ∂f/∂p.
pub trait Gradient: Fn(f64, &[f64], &mut [f64]) {}
impl<F: Fn(f64, &[f64], &mut [f64])> Gradient for F {}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({})", self.name())
    }
}
