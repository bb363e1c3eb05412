//! Chebyquad.

use leastwise_core::{MatMut, Result, Scalar};

use super::formula::{Formula, number, tall, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Chebyquad function (number 35), m ≥ n ≥ 1:
///
/// rᵢ = (1/n)·Σⱼ Tᵢ(xⱼ) − ∫₀¹ Tᵢ(s) ds
///
/// where Tᵢ is the Chebyshev polynomial of degree i on \[0, 1\]. Its integral is 0 for odd i and −1/(i² − 1)
/// for even i. So the xⱼ are the nodes of a quadrature with equal weights.
///
/// The start is xⱼ = j/(n + 1), and the order of the nodes does not matter. For m = n, the minimum is 0 for
/// n ≤ 7 and n = 9, and 3.51687…·10⁻³ for n = 8. For n = 10, the value 6.50395…·10⁻³ of the paper is a local
/// minimum. There is a minimum of 4.77271…·10⁻³ near (0.033, 0.155, 0.200, 0.383, 0.383, 0.529, 0.640, 0.714,
/// 0.828, 0.925).
///
/// For 8×1, the loss is a polynomial of degree 8 in (2x − 1)², with four pairs of minima. The smallest is
/// 3.0665…. The start, x = ½, is a maximum. These values are not in the paper. They were computed to 30
/// digits.
///
/// Source: R. Fletcher, *Function minimization without evaluating derivatives — a review*, Computer
/// Journal 8 (1965), 33–41.
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{Chebyquad, TestProblem};
/// let problem: &dyn TestProblem<f64> = &Chebyquad::new(8, 8)?;
/// assert_eq!((problem.residuals(), problem.parameters()), (8, 8));
/// assert_eq!(problem.minima()[0].loss, 3.51687e-3);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chebyquad {
    pub(super) residuals: usize,
    pub(super) parameters: usize,
}

impl Chebyquad {
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

impl Formula for Chebyquad {
    const NAME: &'static str = "Chebyquad";
    const NUMBER: u32 = 35;

    fn size(&self) -> (usize, usize) {
        (self.residuals, self.parameters)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        r.fill(N::zero());
        let two = N::of(2.0);
        for &xj in x {
            let s = two * xj - N::one();
            // Tᵢ₊₁ = 2s·Tᵢ − Tᵢ₋₁.
            let (mut previous, mut current) = (N::one(), s);
            for ri in r.iter_mut() {
                *ri += current;
                (previous, current) = (current, two * s * current - previous);
            }
        }
        for (ri, i) in r.iter_mut().zip(1..) {
            let mean = *ri / number(self.parameters);
            let even = i % 2 == 0;
            *ri = if even {
                mean + number::<N>(i * i - 1).recip()
            } else {
                mean
            };
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        let two = T::of(2.0);
        for (col, &xj) in x.iter().enumerate() {
            let s = two * xj - T::one();
            let (mut previous, mut current) = (T::one(), s);
            // d/dx = 2·d/ds.
            let (mut previous_slope, mut slope) = (T::zero(), two);
            for row in 0..self.residuals {
                j[(row, col)] = slope / number(self.parameters);
                let next_slope = two * (two * current + s * slope) - previous_slope;
                (previous_slope, slope) = (slope, next_slope);
                (previous, current) = (current, two * s * current - previous);
            }
        }
    }

    fn start(&self) -> Vec<f64> {
        let n = self.parameters;
        (1..=n)
            .map(|j| number::<f64>(j) / number::<f64>(n + 1))
            .collect()
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        use MinimumKind::{Global, Local};
        match (self.residuals, self.parameters) {
            (8, 1) => minima_8x1(),
            (8, 8) => vec![KnownMinimum::printed(Global, 3.51687e-3, 1e-8)],
            (10, 10) => vec![
                KnownMinimum::printed(Global, 4.77271e-3, 1e-8),
                KnownMinimum::printed(Local, 6.50395e-3, 1e-8),
            ],
            (m, n) if m == n && (n <= 7 || n == 9) => vec![KnownMinimum::exact(Global, 0.0, &[])],
            _ => Vec::new(),
        }
    }
}

test_problem!(Chebyquad);

/// (loss, x) of the minima with x > ½. 1 − x has the same loss.
const MINIMA_8X1: [(f64, f64); 4] = [
    (3.066_527_232_398_417, 0.591_028_255_054_379_1),
    (3.239_086_001_246_635, 0.759_345_171_813_373_4),
    (3.491_482_170_139_233_5, 0.897_591_377_771_555_1),
    (3.550_391_297_675_725_2, 0.981_731_264_035_803_9),
];

/// The loss at x = ½.
const CENTRE_8X1: f64 = 3.557_893_675_988_914;

fn minima_8x1() -> Vec<KnownMinimum> {
    let mut minima: Vec<_> = MINIMA_8X1
        .iter()
        .map(|&(loss, x)| KnownMinimum::exact(MinimumKind::Local, loss, &[&[x], &[1.0 - x]]))
        .collect();
    minima[0].kind = MinimumKind::Global;
    let centre = KnownMinimum::exact(MinimumKind::Stationary, CENTRE_8X1, &[&[0.5]]);
    minima.push(centre);
    minima
}
