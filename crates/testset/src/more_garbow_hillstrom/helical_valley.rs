//! The helical valley.

use std::f64::consts::TAU;

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Helical valley function (number 7), m = n = 3, with ρ = √(x₁² + x₂²):
///
/// r = (10·(x₃ − 10·θ), 10·(ρ − 1), x₃),
///
/// where 2πθ is the angle of (x₁, x₂): θ = arctan(x₂/x₁)/2π for x₁ > 0, and ½ more for x₁ < 0. On the
/// negative x₂-axis, θ is −¼, and it jumps by 1 across this axis. For ρ = 0, θ is NaN.
///
/// The start is (−1, 0, 0), and the minimum is 0 at (1, 0, 0).
///
/// Source: R. Fletcher, M. J. D. Powell, *A rapidly convergent descent method for minimization*,
/// Computer Journal 6 (1963), 163–168.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::HelicalValley;
/// let mut r = [0.0; 3];
/// HelicalValley.residual(&[0.0, 1.0, 2.0], &mut r)?;
/// assert_eq!(r, [-5.0, 0.0, 2.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelicalValley;

/// The angle in turns, θ.
fn turns<N: Number>(x1: N, x2: N) -> N {
    let (zero, tau) = (N::zero(), N::of(TAU));
    if x1 == zero {
        // If x₁ is a zero of either sign, x₂/x₁ has this sign. The origin has no angle.
        if x2 == zero {
            return N::nan();
        }
        let quarter = N::of(if x2 < zero { -0.25 } else { 0.25 });
        return quarter - (x1 / x2).atan() / tau;
    }
    let theta = (x2 / x1).atan() / tau;
    if x1 < zero { theta + N::of(0.5) } else { theta }
}

impl Formula for HelicalValley {
    const NAME: &'static str = "Helical valley";
    const NUMBER: u32 = 7;

    fn size(&self) -> (usize, usize) {
        (3, 3)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        let ten = N::of(10.0);
        r[0] = ten * (x[2] - ten * turns(x[0], x[1]));
        r[1] = ten * (x[0].hypot(x[1]) - N::one());
        r[2] = x[2];
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        let ten = T::of(10.0);
        let rho = x[0].hypot(x[1]);
        let (cos, sin) = (x[0] / rho, x[1] / rho);
        // 2π·∇θ = (−sin, cos)/ρ.
        let slope = T::of(100.0) / (T::of(TAU) * rho);
        (j[(0, 0)], j[(0, 1)], j[(0, 2)]) = (slope * sin, -slope * cos, ten);
        (j[(1, 0)], j[(1, 1)], j[(1, 2)]) = (ten * cos, ten * sin, T::zero());
        (j[(2, 0)], j[(2, 1)], j[(2, 2)]) = (T::zero(), T::zero(), T::one());
    }

    fn start(&self) -> Vec<f64> {
        vec![-1.0, 0.0, 0.0]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let x: &[f64] = &[1.0, 0.0, 0.0];
        vec![KnownMinimum::exact(MinimumKind::Global, 0.0, &[x])]
    }
}

test_problem!(HelicalValley);
