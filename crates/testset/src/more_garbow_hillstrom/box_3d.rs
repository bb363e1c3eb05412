//! Box's function of three variables.

use leastwise_core::{MatMut, Result, Scalar};

use super::formula::{Formula, at_least, number, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Box three-dimensional function (number 12), m ≥ 3, n = 3, with tᵢ = i/10:
///
/// rᵢ = exp(−tᵢ·x₁) − exp(−tᵢ·x₂) − x₃·(exp(−tᵢ) − exp(−10·tᵢ)).
///
/// The start is (0, 10, 20). The minimum 0 is attained at (1, 10, 1), at (10, 1, −1), and wherever
/// x₁ = x₂ and x₃ = 0.
///
/// Source: M. J. Box, *A comparison of several current optimization methods, and the use of
/// transformations in constrained problems*, Computer Journal 9 (1966), 67–77.
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{Box3d, TestProblem};
/// let problem: &dyn TestProblem<f64> = &Box3d::new(10)?;
/// assert_eq!((problem.residuals(), problem.parameters()), (10, 3));
/// assert_eq!(problem.minima()[0].loss, 0.0);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Box3d {
    pub(super) residuals: usize,
}

impl Box3d {
    /// The function with m = `residuals`. The runs of the paper have 10.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless m ≥ 3.
    pub fn new(residuals: usize) -> Result<Self> {
        let residuals = at_least::<Self>("residuals", residuals, 3)?;
        Ok(Self { residuals })
    }
}

/// tᵢ and exp(−tᵢ) − exp(−10·tᵢ), with i counted from 0.
fn point<N: Number>(i: usize) -> (N, N) {
    let ten_t = number::<N>(i + 1);
    let t = ten_t / N::of(10.0);
    (t, (-t).exp() - (-ten_t).exp())
}

impl Formula for Box3d {
    const NAME: &'static str = "Box three-dimensional";
    const NUMBER: u32 = 12;

    fn size(&self) -> (usize, usize) {
        (self.residuals, 3)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (i, ri) in r.iter_mut().enumerate() {
            let (t, difference) = point::<N>(i);
            *ri = (-t * x[0]).exp() - (-t * x[1]).exp() - x[2] * difference;
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for i in 0..self.residuals {
            let (t, difference) = point::<T>(i);
            j[(i, 0)] = -t * (-t * x[0]).exp();
            j[(i, 1)] = t * (-t * x[1]).exp();
            j[(i, 2)] = -difference;
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![0.0, 10.0, 20.0]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let points: [&[f64]; 3] = [&[1.0, 10.0, 1.0], &[10.0, 1.0, -1.0], &[1.0, 1.0, 0.0]];
        vec![KnownMinimum::exact(MinimumKind::Global, 0.0, &points)]
    }
}

test_problem!(Box3d);
