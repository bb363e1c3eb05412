//! Rosenbrock's function.

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Rosenbrock function (number 1), m = n = 2:
///
/// r = (10·(x₂ − x₁²), 1 − x₁).
///
/// The start is (−1.2, 1), and the minimum is 0 at (1, 1).
///
/// Source: H. H. Rosenbrock, *An automatic method for finding the greatest or least value of a
/// function*, Computer Journal 3 (1960), 175–184.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::Rosenbrock;
/// let mut r = [0.0; 2];
/// Rosenbrock.residual(&[2.0, 5.0], &mut r)?;
/// assert_eq!(r, [10.0, -1.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rosenbrock;

impl Formula for Rosenbrock {
    const NAME: &'static str = "Rosenbrock";
    const NUMBER: u32 = 1;

    fn size(&self) -> (usize, usize) {
        (2, 2)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        r[0] = N::of(10.0) * (x[1] - x[0] * x[0]);
        r[1] = N::one() - x[0];
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        (j[(0, 0)], j[(0, 1)]) = (T::of(-20.0) * x[0], T::of(10.0));
        (j[(1, 0)], j[(1, 1)]) = (-T::one(), T::zero());
    }

    fn start(&self) -> Vec<f64> {
        vec![-1.2, 1.0]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        vec![KnownMinimum::exact(
            MinimumKind::Global,
            0.0,
            &[&[1.0, 1.0]],
        )]
    }
}

test_problem!(Rosenbrock);
