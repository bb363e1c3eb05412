//! Brown's almost-linear function.

use leastwise_core::{MatMut, Result, Scalar};

use super::formula::{Formula, number, tall, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Brown almost-linear function (number 27), m = n ≥ 1:
///
/// rᵢ = xᵢ + Σⱼxⱼ − (n + 1) for i < n, rₙ = Πⱼxⱼ − 1.
///
/// The start is (½, …, ½). The minimum 0 is attained at (α, …, α, α¹⁻ⁿ) for every solution of n·αⁿ − (n +
/// 1)·αⁿ⁻¹ + 1 = 0. One solution is α = 1. For n ≥ 3, there is one more between 0 and 1.
///
/// The paper also lists the value 1 at (0, …, 0, n + 1). For n ≥ 3, that point is stationary, but it is not a
/// minimum. At (a, …, a, n + 1 − n·a), all rᵢ except the last vanish, and rₙ² = (1 − aⁿ⁻¹·(n + 1 − n·a))² is
/// below 1 for every small a > 0.
///
/// Source: K. M. Brown, *A quadratically convergent Newton-like method based upon Gaussian
/// elimination*, SIAM Journal on Numerical Analysis 6 (1969), 560–569.
///
/// ```
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::BrownAlmostLinear;
/// let mut r = [0.0; 3];
/// BrownAlmostLinear::new(3)?.residual(&[1.0, 1.0, 2.0], &mut r)?;
/// assert_eq!(r, [1.0, 1.0, 1.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrownAlmostLinear {
    pub(super) parameters: usize,
}

impl BrownAlmostLinear {
    /// The function with n = m = `parameters`. The runs of MINPACK have 10, 30 and 40.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless n ≥ 1 and n×n
    /// entries fit into the address space.
    pub fn new(parameters: usize) -> Result<Self> {
        let (_, parameters) = tall::<Self>(parameters, parameters, 1)?;
        Ok(Self { parameters })
    }

    /// The solution α between 0 and 1, for n ≥ 3.
    ///
    /// p(α) = αⁿ⁻¹·(n·α − n − 1) + 1 has p(0) = 1, p(1) = 0 and a minimum at (n² − 1)/n² < 1. So it changes
    /// sign once in between.
    fn small_alpha(self) -> f64 {
        let n: f64 = number(self.parameters);
        let p = |alpha: f64| alpha.powf(n - 1.0) * (n * alpha - n - 1.0) + 1.0;
        let (mut low, mut high) = (0.0, (n * n - 1.0) / (n * n));
        loop {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                return middle;
            }
            if p(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
}

impl Formula for BrownAlmostLinear {
    const NAME: &'static str = "Brown almost-linear";
    const NUMBER: u32 = 27;

    fn size(&self) -> (usize, usize) {
        (self.parameters, self.parameters)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        let n = self.parameters;
        let excess = x.iter().copied().sum::<N>() - number(n + 1);
        for (ri, &xi) in r.iter_mut().zip(x) {
            *ri = xi + excess;
        }
        r[n - 1] = x.iter().fold(N::one(), |product, &xj| product * xj) - N::one();
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        let n = self.parameters;
        j.fill(T::one());
        for i in 0..n {
            j[(i, i)] = T::of(2.0);
        }
        // Π/xⱼ would fail for xⱼ = 0. So this is the product of the entries before xⱼ, times that of the
        // entries after it.
        let mut before = T::one();
        for (col, &xj) in x.iter().enumerate() {
            j[(n - 1, col)] = before;
            before *= xj;
        }
        let mut behind = T::one();
        for (col, &xj) in x.iter().enumerate().rev() {
            j[(n - 1, col)] *= behind;
            behind *= xj;
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![0.5; self.parameters]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        let n = self.parameters;
        let ones = vec![1.0; n];
        if n < 3 {
            return vec![KnownMinimum::exact(MinimumKind::Global, 0.0, &[&ones])];
        }
        let alpha = self.small_alpha();
        let mut other = vec![alpha; n];
        // The equation of every row except the last: n·α + xₙ = n + 1.
        other[n - 1] = number::<f64>(n) * (1.0 - alpha) + 1.0;
        let mut stationary = vec![0.0; n];
        stationary[n - 1] = number(n + 1);
        vec![
            KnownMinimum::exact(MinimumKind::Global, 0.0, &[&ones, &other]),
            KnownMinimum::exact(MinimumKind::Stationary, 1.0, &[&stationary]),
        ]
    }
}

test_problem!(BrownAlmostLinear);
