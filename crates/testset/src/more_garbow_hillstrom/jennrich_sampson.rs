//! The function of Jennrich and Sampson.

use leastwise_core::{MatMut, Result, Scalar};

use super::formula::{Formula, at_least, number, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Jennrich and Sampson function (number 6), m ≥ 2, n = 2:
///
/// rᵢ = 2 + 2i − (exp(i·x₁) + exp(i·x₂)).
///
/// The start is (0.3, 0.4). For m = 10, the minimum is 124.362… at x₁ = x₂ = 0.2578…, where J has rank 1.
///
/// Source: R. I. Jennrich, P. F. Sampson, *Application of stepwise regression to nonlinear
/// estimation*, Technometrics 10 (1968), 63–72.
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{JennrichSampson, TestProblem};
/// let problem: &dyn TestProblem<f64> = &JennrichSampson::new(10)?;
/// assert_eq!((problem.residuals(), problem.parameters()), (10, 2));
/// assert_eq!(problem.minima()[0].loss, 124.362);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JennrichSampson {
    pub(super) residuals: usize,
}

impl JennrichSampson {
    /// The function with m = `residuals`. The runs of the paper have 10.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless m ≥ 2.
    pub fn new(residuals: usize) -> Result<Self> {
        let residuals = at_least::<Self>("residuals", residuals, 2)?;
        Ok(Self { residuals })
    }
}

impl Formula for JennrichSampson {
    const NAME: &'static str = "Jennrich and Sampson";
    const NUMBER: u32 = 6;

    fn size(&self) -> (usize, usize) {
        (self.residuals, 2)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (ri, i) in r.iter_mut().zip(1..) {
            let i = number::<N>(i);
            *ri = N::of(2.0) + N::of(2.0) * i - ((i * x[0]).exp() + (i * x[1]).exp());
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for row in 0..self.residuals {
            let i = number::<T>(row + 1);
            j[(row, 0)] = -i * (i * x[0]).exp();
            j[(row, 1)] = -i * (i * x[1]).exp();
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![0.3, 0.4]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        match self.residuals {
            10 => vec![KnownMinimum::printed(MinimumKind::Global, 124.362, 1e-3)],
            _ => Vec::new(),
        }
    }
}

test_problem!(JennrichSampson);
