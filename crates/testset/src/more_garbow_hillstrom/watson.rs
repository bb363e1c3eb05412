//! Watson's function.

use leastwise_core::{MatMut, Result, Scalar};

use super::formula::{Formula, at_least, invalid, number, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Watson function (number 20), m = 31, 2 ≤ n ≤ 31, with tᵢ = i/29:
///
/// rᵢ = Σⱼ (j − 1)·xⱼ·tᵢʲ⁻² − (Σⱼ xⱼ·tᵢʲ⁻¹)² − 1 for i ≤ 29, r₃₀ = x₁, r₃₁ = x₂ − x₁² − 1.
///
/// The xⱼ are the coefficients of a polynomial p of degree n − 1 that solves p′ = 1 + p², p(0) = 0 at 29
/// points. J becomes ill-conditioned as n grows.
///
/// The start is 0. [`scaled_start`](super::TestProblem::scaled_start) by a factor c ≠ 1 is (c, …, c) instead.
/// The minimum is 2.28767…·10⁻³ for n = 6, 1.39976…·10⁻⁶ for n = 9 and 4.72238…·10⁻¹⁰ for n = 12.
///
/// Source: J. S. Kowalik, M. R. Osborne, *Methods for unconstrained optimization problems*,
/// Elsevier (1968).
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{TestProblem, Watson};
/// let problem: &dyn TestProblem<f64> = &Watson::new(9)?;
/// assert_eq!((problem.residuals(), problem.parameters()), (31, 9));
/// assert_eq!(problem.minima()[0].loss, 1.39976e-6);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watson {
    pub(super) parameters: usize,
}

impl Watson {
    /// The function with n = `parameters`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 2 ≤ n ≤ 31.
    pub fn new(parameters: usize) -> Result<Self> {
        let parameters = at_least::<Self>("parameters", parameters, 2)?;
        if parameters > 31 {
            let detail = format!("must be at most 31, but it is {parameters}");
            return Err(invalid::<Self>("parameters", detail));
        }
        Ok(Self { parameters })
    }
}

fn t<N: Number>(i: usize) -> N {
    number::<N>(i + 1) / N::of(29.0)
}

/// p(t) and p′(t), by Horner's rule.
fn polynomial<N: Number>(x: &[N], t: N) -> (N, N) {
    x.iter().rev().fold((N::zero(), N::zero()), |(p, dp), &xj| {
        (p * t + xj, dp * t + p)
    })
}

impl Formula for Watson {
    const NAME: &'static str = "Watson";
    const NUMBER: u32 = 20;

    fn size(&self) -> (usize, usize) {
        (31, self.parameters)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (i, ri) in r[..29].iter_mut().enumerate() {
            let (p, dp) = polynomial(x, t(i));
            *ri = dp - p * p - N::one();
        }
        r[29] = x[0];
        r[30] = x[1] - x[0] * x[0] - N::one();
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for i in 0..29 {
            let t = t::<T>(i);
            let twice_p = T::of(2.0) * polynomial(x, t).0;
            // tʲ⁻¹ and its derivative.
            let (mut power, mut slope) = (T::one(), T::zero());
            for col in 0..self.parameters {
                j[(i, col)] = slope - twice_p * power;
                slope = number::<T>(col + 1) * power;
                power *= t;
            }
        }
        for col in 0..self.parameters {
            (j[(29, col)], j[(30, col)]) = (T::zero(), T::zero());
        }
        j[(29, 0)] = T::one();
        (j[(30, 0)], j[(30, 1)]) = (T::of(-2.0) * x[0], T::one());
    }

    fn start(&self) -> Vec<f64> {
        vec![0.0; self.parameters]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let (loss, unit) = match self.parameters {
            6 => (2.28767e-3, 1e-8),
            9 => (1.39976e-6, 1e-11),
            12 => (4.72238e-10, 1e-15),
            _ => return Vec::new(),
        };
        vec![KnownMinimum::printed(MinimumKind::Global, loss, unit)]
    }
}

test_problem!(Watson);
