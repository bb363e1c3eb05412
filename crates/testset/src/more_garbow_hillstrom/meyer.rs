//! Meyer's function.

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, number, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Meyer function (number 10), m = 16, n = 3:
///
/// rᵢ = x₁·exp(x₂/(tᵢ + x₃)) − yᵢ, tᵢ = 45 + 5i,
///
/// with NaN where tᵢ + x₃ = 0. The start is (0.02, 4000, 250), and the minimum is 87.9458…, at about (0.0056,
/// 6181, 345). The parameters differ by six orders of magnitude, and the losses at the start and at the
/// minimum by seven.
///
/// Source: R. R. Meyer, *Theoretical and computational aspects of nonlinear regression*, in:
/// Nonlinear Programming, Academic Press (1970), 465–486.
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{Meyer, TestProblem};
/// let problem: &dyn TestProblem<f64> = &Meyer;
/// assert_eq!((problem.residuals(), problem.parameters()), (16, 3));
/// assert_eq!(problem.minima()[0].loss, 87.9458);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meyer;

/// yᵢ, the table of problem 10 in the paper of Moré, Garbow and Hillstrom.
const Y: [f64; 16] = [
    34780.0, 28610.0, 23650.0, 19630.0, 16370.0, 13720.0, 11540.0, 9744.0, 8261.0, 7030.0, 6005.0,
    5147.0, 4427.0, 3820.0, 3307.0, 2872.0,
];

/// tᵢ + x₃, with i counted from 0, or NaN instead of 0. exp(x₂/0) would be 0 for x₂ < 0, far from the values
/// on the other side of the pole.
fn denominator<N: Number>(i: usize, x3: N) -> N {
    let sum = number::<N>(50 + 5 * i) + x3;
    if sum == N::zero() { N::nan() } else { sum }
}

impl Formula for Meyer {
    const NAME: &'static str = "Meyer";
    const NUMBER: u32 = 10;

    fn size(&self) -> (usize, usize) {
        (16, 3)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (i, (ri, y)) in r.iter_mut().zip(Y).enumerate() {
            *ri = x[0] * (x[1] / denominator(i, x[2])).exp() - N::of(y);
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for i in 0..16 {
            let t = denominator(i, x[2]);
            let exp = (x[1] / t).exp();
            let slope = x[0] * exp / t;
            (j[(i, 0)], j[(i, 1)], j[(i, 2)]) = (exp, slope, -slope * x[1] / t);
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![0.02, 4000.0, 250.0]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        vec![KnownMinimum::printed(MinimumKind::Global, 87.9458, 1e-4)]
    }
}

test_problem!(Meyer);
