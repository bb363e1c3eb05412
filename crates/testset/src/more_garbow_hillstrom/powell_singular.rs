//! Powell's singular function.

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Powell singular function (number 13), m = n = 4:
///
/// r = (x₁ + 10·x₂, √5·(x₃ − x₄), (x₂ − 2·x₃)², √10·(x₁ − x₄)²).
///
/// The start is (3, −1, 0, 1), and the minimum is 0 at the origin. J has rank 2 there, so Gauss-Newton steps
/// converge only linearly: each halves the error.
///
/// Source: M. J. D. Powell, *An iterative method for finding stationary values of a function of
/// several variables*, Computer Journal 5 (1962), 147–151.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::PowellSingular;
/// let mut r = [0.0; 4];
/// PowellSingular.residual(&[1.0, 2.0, 1.0, 1.0], &mut r)?;
/// assert_eq!(r, [21.0, 0.0, 0.0, 0.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowellSingular;

impl Formula for PowellSingular {
    const NAME: &'static str = "Powell singular";
    const NUMBER: u32 = 13;

    fn size(&self) -> (usize, usize) {
        (4, 4)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        r[0] = x[0] + N::of(10.0) * x[1];
        r[1] = N::of(5.0).sqrt() * (x[2] - x[3]);
        r[2] = (x[1] - N::of(2.0) * x[2]).powi(2);
        r[3] = N::of(10.0).sqrt() * (x[0] - x[3]).powi(2);
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        j.fill(T::zero());
        let two = T::of(2.0);
        let root = T::of(5.0).sqrt();
        let inner = two * (x[1] - two * x[2]);
        let outer = two * T::of(10.0).sqrt() * (x[0] - x[3]);
        (j[(0, 0)], j[(0, 1)]) = (T::one(), T::of(10.0));
        (j[(1, 2)], j[(1, 3)]) = (root, -root);
        (j[(2, 1)], j[(2, 2)]) = (inner, -two * inner);
        (j[(3, 0)], j[(3, 3)]) = (outer, -outer);
    }

    fn start(&self) -> Vec<f64> {
        vec![3.0, -1.0, 0.0, 1.0]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        vec![KnownMinimum::exact(MinimumKind::Global, 0.0, &[&[0.0; 4]])]
    }
}

test_problem!(PowellSingular);
