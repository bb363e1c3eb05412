//! The three linear functions.

use leastwise_core::{MatMut, Result, Scalar};

use super::formula::{Formula, number, tall, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Linear function of full rank (number 32), m ≥ n ≥ 1:
///
/// rᵢ = xᵢ − (2/m)·Σⱼxⱼ − 1 for i ≤ n, and −(2/m)·Σⱼxⱼ − 1 beyond.
///
/// J is the first n columns of the reflection I − (2/m)·eeᵀ, so its columns are orthonormal. The start is (1,
/// …, 1), and the minimum is m − n at (−1, …, −1).
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::LinearFullRank;
/// let mut r = [0.0; 4];
/// LinearFullRank::new(4, 2)?.residual(&[-1.0, -1.0], &mut r)?;
/// assert_eq!(r, [-1.0, -1.0, 0.0, 0.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearFullRank {
    pub(super) residuals: usize,
    pub(super) parameters: usize,
}

impl LinearFullRank {
    /// The function with m = `residuals` and n = `parameters`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless m ≥ n ≥ 1 and
    /// m×n entries fit into the address space.
    pub fn new(residuals: usize, parameters: usize) -> Result<Self> {
        let (residuals, parameters) = tall::<Self>(residuals, parameters, 1)?;
        Ok(Self {
            residuals,
            parameters,
        })
    }
}

impl Formula for LinearFullRank {
    const NAME: &'static str = "Linear function - full rank";
    const NUMBER: u32 = 32;

    fn size(&self) -> (usize, usize) {
        (self.residuals, self.parameters)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        let sum: N = x.iter().copied().sum();
        r.fill(-(N::of(2.0) * sum / number(self.residuals) + N::one()));
        r.iter_mut().zip(x).for_each(|(ri, &xi)| *ri += xi);
    }

    fn j<T: Scalar>(&self, _: &[T], mut j: MatMut<'_, T>) {
        j.fill(-T::of(2.0) / number(self.residuals));
        for i in 0..self.parameters {
            j[(i, i)] += T::one();
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![1.0; self.parameters]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let loss = number(self.residuals - self.parameters);
        let x = vec![-1.0; self.parameters];
        vec![KnownMinimum::exact(MinimumKind::Global, loss, &[&x])]
    }
}

test_problem!(LinearFullRank);

/// Linear function of rank 1 (number 33), m ≥ n ≥ 1:
///
/// rᵢ = i·Σⱼ j·xⱼ − 1.
///
/// The start is (1, …, 1). The minimum m(m − 1)/(2(2m + 1)) is attained wherever Σⱼ j·xⱼ = 3/(2m + 1). The
/// listed minimiser has the smallest norm.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::LinearRankOne;
/// let mut r = [0.0; 3];
/// LinearRankOne::new(3, 2)?.residual(&[1.0, 1.0], &mut r)?;
/// assert_eq!(r, [2.0, 5.0, 8.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearRankOne {
    pub(super) residuals: usize,
    pub(super) parameters: usize,
}

impl LinearRankOne {
    /// The function with m = `residuals` and n = `parameters`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless m ≥ n ≥ 1 and
    /// m×n entries fit into the address space.
    pub fn new(residuals: usize, parameters: usize) -> Result<Self> {
        let (residuals, parameters) = tall::<Self>(residuals, parameters, 1)?;
        Ok(Self {
            residuals,
            parameters,
        })
    }
}

impl Formula for LinearRankOne {
    const NAME: &'static str = "Linear function - rank 1";
    const NUMBER: u32 = 33;

    fn size(&self) -> (usize, usize) {
        (self.residuals, self.parameters)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        let sum: N = x.iter().zip(1..).map(|(&xj, j)| number::<N>(j) * xj).sum();
        for (ri, i) in r.iter_mut().zip(1..) {
            *ri = number::<N>(i) * sum - N::one();
        }
    }

    fn j<T: Scalar>(&self, _: &[T], mut j: MatMut<'_, T>) {
        for col in 0..self.parameters {
            for row in 0..self.residuals {
                j[(row, col)] = number::<T>(row + 1) * number(col + 1);
            }
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![1.0; self.parameters]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let m: f64 = number(self.residuals);
        let loss = m * (m - 1.0) / (2.0 * (2.0 * m + 1.0));
        let x = least_norm(3.0 / (2.0 * m + 1.0), 0..self.parameters, self.parameters);
        vec![KnownMinimum::exact(MinimumKind::Global, loss, &[&x])]
    }
}

test_problem!(LinearRankOne);

/// Linear function of rank 1 with zero columns and rows (number 34), m ≥ n ≥ 3:
///
/// r₁ = rₘ = −1, and rᵢ = (i − 1)·Σⱼ j·xⱼ − 1 otherwise, the sum over 2 ≤ j ≤ n − 1.
///
/// The start is (1, …, 1). The minimum (m² + 3m − 6)/(2(2m − 3)) is attained wherever that sum is 3/(2m − 3).
/// The listed minimiser has the smallest norm.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::LinearRankOneWithZeros;
/// let mut r = [0.0; 4];
/// LinearRankOneWithZeros::new(4, 3)?.residual(&[1.0; 3], &mut r)?;
/// assert_eq!(r, [-1.0, 1.0, 3.0, -1.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearRankOneWithZeros {
    pub(super) residuals: usize,
    pub(super) parameters: usize,
}

impl LinearRankOneWithZeros {
    /// The function with m = `residuals` and n = `parameters`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless m ≥ n ≥ 3 and m×n entries
    /// fit into the address space. With fewer parameters, J would be zero.
    pub fn new(residuals: usize, parameters: usize) -> Result<Self> {
        let (residuals, parameters) = tall::<Self>(residuals, parameters, 3)?;
        Ok(Self {
            residuals,
            parameters,
        })
    }
}

impl Formula for LinearRankOneWithZeros {
    const NAME: &'static str = "Linear function - rank 1 with zero columns and rows";
    const NUMBER: u32 = 34;

    fn size(&self) -> (usize, usize) {
        (self.residuals, self.parameters)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        let inner = &x[1..self.parameters - 1];
        let terms = inner.iter().zip(2..).map(|(&xj, j)| number::<N>(j) * xj);
        let sum: N = terms.sum();
        r.fill(-N::one());
        for (ri, i) in r[..self.residuals - 1].iter_mut().zip(0..).skip(1) {
            *ri += number::<N>(i) * sum;
        }
    }

    fn j<T: Scalar>(&self, _: &[T], mut j: MatMut<'_, T>) {
        j.fill(T::zero());
        for col in 1..self.parameters - 1 {
            for row in 1..self.residuals - 1 {
                j[(row, col)] = number::<T>(row) * number(col + 1);
            }
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![1.0; self.parameters]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let m: f64 = number(self.residuals);
        let loss = (m * m + 3.0 * m - 6.0) / (2.0 * (2.0 * m - 3.0));
        let inner = 1..self.parameters - 1;
        let x = least_norm(3.0 / (2.0 * m - 3.0), inner, self.parameters);
        vec![KnownMinimum::exact(MinimumKind::Global, loss, &[&x])]
    }
}

test_problem!(LinearRankOneWithZeros);

/// The x of smallest norm with Σⱼ (j + 1)·xⱼ = `sum` over the indices `range`, counted from 0, and 0
/// elsewhere.
fn least_norm(sum: f64, range: std::ops::Range<usize>, n: usize) -> Vec<f64> {
    let weight = |j: usize| number::<f64>(j + 1);
    let squares: f64 = range.clone().map(|j| weight(j) * weight(j)).sum();
    let mut x = vec![0.0; n];
    for j in range {
        x[j] = sum * weight(j) / squares;
    }
    x
}
