//! The function of Kowalik and Osborne.

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Kowalik and Osborne function (number 15), m = 11, n = 4:
///
/// rᵢ = yᵢ − x₁·(uᵢ² + uᵢ·x₂)/(uᵢ² + uᵢ·x₃ + x₄),
///
/// with ∞ or NaN where a denominator vanishes. The start is (0.25, 0.39, 0.415, 0.39), and the minimum is
/// 3.07505…·10⁻⁴. As x₁ → ∞ with x₃/x₁ → a and x₄/x₁ → b, the fraction tends to (uᵢ² + uᵢ·x₂)/(a·uᵢ + b). The
/// best fit of this limit is 1.02734…·10⁻³ at x₂ = −14.07….
///
/// Source: J. S. Kowalik, J. F. Morrison, *Analysis of kinetic data for allosteric enzyme reactions
/// as a nonlinear regression problem*, Mathematical Biosciences 2 (1968), 57–66; J. S. Kowalik,
/// M. R. Osborne, *Methods for unconstrained optimization problems*, Elsevier (1968).
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{KowalikOsborne, TestProblem};
/// let problem: &dyn TestProblem<f64> = &KowalikOsborne;
/// assert_eq!((problem.residuals(), problem.parameters()), (11, 4));
/// assert_eq!(problem.minima()[0].loss, 3.07505e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KowalikOsborne;

/// (yᵢ, uᵢ), the table of problem 15 in the paper of Moré, Garbow and Hillstrom.
const DATA: [(f64, f64); 11] = [
    (0.1957, 4.0),
    (0.1947, 2.0),
    (0.1735, 1.0),
    (0.1600, 0.5),
    (0.0844, 0.25),
    (0.0627, 0.167),
    (0.0456, 0.125),
    (0.0342, 0.1),
    (0.0323, 0.0833),
    (0.0235, 0.0714),
    (0.0246, 0.0625),
];

impl Formula for KowalikOsborne {
    const NAME: &'static str = "Kowalik and Osborne";
    const NUMBER: u32 = 15;

    fn size(&self) -> (usize, usize) {
        (11, 4)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (ri, (y, u)) in r.iter_mut().zip(DATA) {
            let u = N::of(u);
            *ri = N::of(y) - x[0] * (u * (u + x[1])) / (u * (u + x[2]) + x[3]);
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for (i, (_, u)) in DATA.into_iter().enumerate() {
            let u = T::of(u);
            let denominator = u * (u + x[2]) + x[3];
            let fraction = u * (u + x[1]) / denominator;
            let slope = x[0] * fraction / denominator;
            (j[(i, 0)], j[(i, 1)]) = (-fraction, -x[0] * u / denominator);
            (j[(i, 2)], j[(i, 3)]) = (u * slope, slope);
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![0.25, 0.39, 0.415, 0.39]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        vec![
            KnownMinimum::printed(MinimumKind::Global, 3.07505e-4, 1e-9),
            KnownMinimum::printed(MinimumKind::AtInfinity, 1.02734e-3, 1e-8),
        ]
    }
}

test_problem!(KowalikOsborne);
