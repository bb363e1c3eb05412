//! Bard's function.

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, number, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Bard function (number 8), m = 15, n = 3:
///
/// rᵢ = yᵢ − (x₁ + uᵢ/(vᵢ·x₂ + wᵢ·x₃)), uᵢ = i, vᵢ = 16 − i, wᵢ = min(uᵢ, vᵢ),
///
/// with ∞ where a denominator vanishes. The start is (1, 1, 1), and the minimum is 8.21487…·10⁻³. As x₂, x₃ →
/// −∞, the fraction vanishes, and ‖r‖² tends to Σ(yᵢ − ȳ)² = 17.4286… for x₁ = ȳ.
///
/// Source: Y. Bard, *Comparison of gradient methods for the solution of nonlinear parameter
/// estimation problems*, SIAM Journal on Numerical Analysis 7 (1970), 157–186.
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{Bard, TestProblem};
/// let problem: &dyn TestProblem<f64> = &Bard;
/// assert_eq!((problem.residuals(), problem.parameters()), (15, 3));
/// assert_eq!(problem.minima()[0].loss, 8.21487e-3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bard;

/// yᵢ, the table of problem 8 in the paper of Moré, Garbow and Hillstrom.
const Y: [f64; 15] = [
    0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39,
];

/// uᵢ, vᵢ and wᵢ, with i counted from 0.
fn uvw<N: Number>(i: usize) -> (N, N, N) {
    let (u, v) = (i + 1, 15 - i);
    (number(u), number(v), number(u.min(v)))
}

impl Formula for Bard {
    const NAME: &'static str = "Bard";
    const NUMBER: u32 = 8;

    fn size(&self) -> (usize, usize) {
        (15, 3)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (i, (ri, y)) in r.iter_mut().zip(Y).enumerate() {
            let (u, v, w) = uvw::<N>(i);
            *ri = N::of(y) - (x[0] + u / (v * x[1] + w * x[2]));
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for i in 0..15 {
            let (u, v, w) = uvw::<T>(i);
            let slope = u / (v * x[1] + w * x[2]).powi(2);
            (j[(i, 0)], j[(i, 1)], j[(i, 2)]) = (-T::one(), v * slope, w * slope);
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![1.0; 3]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let mean = Y.iter().sum::<f64>() / 15.0;
        let limit = Y.iter().map(|y| (y - mean).powi(2)).sum();
        vec![
            KnownMinimum::printed(MinimumKind::Global, 8.21487e-3, 1e-8),
            KnownMinimum::exact(MinimumKind::AtInfinity, limit, &[]),
        ]
    }
}

test_problem!(Bard);
