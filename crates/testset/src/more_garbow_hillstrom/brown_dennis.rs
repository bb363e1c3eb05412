//! The function of Brown and Dennis.

use leastwise_core::{MatMut, Result, Scalar};

use super::formula::{Formula, at_least, number, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Brown and Dennis function (number 16), m ≥ 4, n = 4, with tᵢ = i/5:
///
/// rᵢ = (x₁ + tᵢ·x₂ − exp(tᵢ))² + (x₃ + x₄·sin(tᵢ) − cos(tᵢ))².
///
/// The start is (25, 5, −5, −1). For m = 20 the minimum is 85822.2….
///
/// Source: K. M. Brown, J. E. Dennis, *New computational algorithms for minimizing a sum of squares
/// of nonlinear functions*, Report 71-6, Yale University (1971).
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{BrownDennis, TestProblem};
/// let problem: &dyn TestProblem<f64> = &BrownDennis::new(20)?;
/// assert_eq!((problem.residuals(), problem.parameters()), (20, 4));
/// assert_eq!(problem.minima()[0].loss, 85822.2);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrownDennis {
    pub(super) residuals: usize,
}

impl BrownDennis {
    /// The function with m = `residuals`. The runs of the paper have 20.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless m ≥ 4.
    pub fn new(residuals: usize) -> Result<Self> {
        let residuals = at_least::<Self>("residuals", residuals, 4)?;
        Ok(Self { residuals })
    }
}

/// tᵢ, sin(tᵢ), and the two terms under the squares, with i counted from 0.
fn terms<N: Number>(i: usize, x: &[N]) -> (N, N, N, N) {
    let t = number::<N>(i + 1) / N::of(5.0);
    let sin = t.sin();
    (
        t,
        sin,
        x[0] + t * x[1] - t.exp(),
        x[2] + x[3] * sin - t.cos(),
    )
}

impl Formula for BrownDennis {
    const NAME: &'static str = "Brown and Dennis";
    const NUMBER: u32 = 16;

    fn size(&self) -> (usize, usize) {
        (self.residuals, 4)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (i, ri) in r.iter_mut().enumerate() {
            let (_, _, first, second) = terms(i, x);
            *ri = first * first + second * second;
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for i in 0..self.residuals {
            let (t, sin, first, second) = terms(i, x);
            let (first, second) = (T::of(2.0) * first, T::of(2.0) * second);
            (j[(i, 0)], j[(i, 1)]) = (first, t * first);
            (j[(i, 2)], j[(i, 3)]) = (second, sin * second);
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![25.0, 5.0, -5.0, -1.0]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        match self.residuals {
            20 => vec![KnownMinimum::printed(MinimumKind::Global, 85822.2, 0.1)],
            _ => Vec::new(),
        }
    }
}

test_problem!(BrownDennis);
