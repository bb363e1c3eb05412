//! The function of Freudenstein and Roth.

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Freudenstein and Roth function (number 2), m = n = 2:
///
/// r₁ = −13 + x₁ + ((5 − x₂)·x₂ − 2)·x₂, r₂ = −29 + x₁ + ((x₂ + 1)·x₂ − 14)·x₂.
///
/// The start is (½, −2). The minimum is 0 at (5, 4), and there is a local minimum of 48.9842….
///
/// The best x₁ for x₂ = y makes r₁ = −r₂ and leaves ‖r‖² = ½·(r₁ − r₂)², where r₁ − r₂ = 16 + 12y + 4y² −
/// 2y³. This is stationary at the local minimum, where 3y² = 4y + 6. So x₂ = (2 − √22)/3 and x₁ = 15 + 4·x₂.
///
/// Source: F. Freudenstein, B. Roth, *Numerical solutions of systems of nonlinear equations*,
/// Journal of the ACM 10 (1963), 550–556.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::FreudensteinRoth;
/// let mut r = [0.0; 2];
/// FreudensteinRoth.residual(&[5.0, 4.0], &mut r)?;
/// assert_eq!(r, [0.0, 0.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreudensteinRoth;

impl Formula for FreudensteinRoth {
    const NAME: &'static str = "Freudenstein and Roth";
    const NUMBER: u32 = 2;

    fn size(&self) -> (usize, usize) {
        (2, 2)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        let y = x[1];
        r[0] = N::of(-13.0) + x[0] + ((N::of(5.0) - y) * y - N::of(2.0)) * y;
        r[1] = N::of(-29.0) + x[0] + ((y + N::one()) * y - N::of(14.0)) * y;
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        let (y, three) = (x[1], T::of(3.0));
        j[(0, 0)] = T::one();
        j[(0, 1)] = (T::of(10.0) - three * y) * y - T::of(2.0);
        j[(1, 0)] = T::one();
        j[(1, 1)] = (three * y + T::of(2.0)) * y - T::of(14.0);
    }

    fn start(&self) -> Vec<f64> {
        vec![0.5, -2.0]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let y = (2.0 - 22f64.sqrt()) / 3.0;
        let difference = ((4.0 - 2.0 * y) * y + 12.0) * y + 16.0;
        let local: &[f64] = &[15.0 + 4.0 * y, y];
        vec![
            KnownMinimum::exact(MinimumKind::Global, 0.0, &[&[5.0, 4.0]]),
            KnownMinimum::exact(MinimumKind::Local, difference * difference / 2.0, &[local]),
        ]
    }
}

test_problem!(FreudensteinRoth);
