//! Osborne's two fits of exponentials.

use leastwise_core::{MatMut, Scalar};

use super::formula::{Formula, number, test_problem};
use super::{KnownMinimum, MinimumKind};
use crate::number::Number;

/// Osborne 1 function (number 17), m = 33, n = 5, with tᵢ = 10·(i − 1):
///
/// rᵢ = yᵢ − (x₁ + x₂·exp(−tᵢ·x₄) + x₃·exp(−tᵢ·x₅)).
///
/// The start is (0.5, 1.5, −1, 0.01, 0.02), and the minimum is 5.46489…·10⁻⁵.
///
/// Source: M. R. Osborne, *Some aspects of nonlinear least squares calculations*, in: Numerical
/// Methods for Nonlinear Optimization, Academic Press (1972), 171–189.
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{Osborne1, TestProblem};
/// let problem: &dyn TestProblem<f64> = &Osborne1;
/// assert_eq!((problem.residuals(), problem.parameters()), (33, 5));
/// assert_eq!(problem.minima()[0].loss, 5.46489e-5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Osborne1;

/// yᵢ, the table of problem 17 in the paper of Moré, Garbow and Hillstrom.
const Y1: [f64; 33] = [
    0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685,
    0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448,
    0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406,
];

impl Formula for Osborne1 {
    const NAME: &'static str = "Osborne 1";
    const NUMBER: u32 = 17;

    fn size(&self) -> (usize, usize) {
        (33, 5)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (i, (ri, y)) in r.iter_mut().zip(Y1).enumerate() {
            let t = number::<N>(10 * i);
            let model = x[0] + x[1] * (-t * x[3]).exp() + x[2] * (-t * x[4]).exp();
            *ri = N::of(y) - model;
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for i in 0..33 {
            let t = number::<T>(10 * i);
            j[(i, 0)] = -T::one();
            for term in 1..3 {
                let exp = (-t * x[term + 2]).exp();
                j[(i, term)] = -exp;
                j[(i, term + 2)] = t * x[term] * exp;
            }
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![0.5, 1.5, -1.0, 0.01, 0.02]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        vec![KnownMinimum::printed(
            MinimumKind::Global,
            5.46489e-5,
            1e-10,
        )]
    }
}

test_problem!(Osborne1);

/// Osborne 2 function (number 19), m = 65, n = 11, with tᵢ = (i − 1)/10:
///
/// rᵢ = yᵢ − (x₁·exp(−tᵢ·x₅) + Σₖ xₖ·exp(−(tᵢ − xₖ₊₇)²·xₖ₊₄)), with the sum over k = 2, 3, 4.
///
/// The start is (1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5), and the minimum is 4.01377…·10⁻².
///
/// Source: as [`Osborne1`].
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{Osborne2, TestProblem};
/// let problem: &dyn TestProblem<f64> = &Osborne2;
/// assert_eq!((problem.residuals(), problem.parameters()), (65, 11));
/// assert_eq!(problem.minima()[0].loss, 4.01377e-2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Osborne2;

/// yᵢ, the table of problem 19 in the paper of Moré, Garbow and Hillstrom.
const Y2: [f64; 65] = [
    1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608,
    0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661,
    0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428,
    0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559,
    0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054,
];

impl Formula for Osborne2 {
    const NAME: &'static str = "Osborne 2";
    const NUMBER: u32 = 19;

    fn size(&self) -> (usize, usize) {
        (65, 11)
    }

    fn r<N: Number>(&self, x: &[N], r: &mut [N]) {
        for (i, (ri, y)) in r.iter_mut().zip(Y2).enumerate() {
            let t = number::<N>(i) / N::of(10.0);
            let mut model = x[0] * (-t * x[4]).exp();
            for peak in 1..4 {
                let distance = t - x[peak + 7];
                model += x[peak] * (-distance * distance * x[peak + 4]).exp();
            }
            *ri = N::of(y) - model;
        }
    }

    fn j<T: Scalar>(&self, x: &[T], mut j: MatMut<'_, T>) {
        for i in 0..65 {
            let t = number::<T>(i) / T::of(10.0);
            let exp = (-t * x[4]).exp();
            (j[(i, 0)], j[(i, 4)]) = (-exp, t * x[0] * exp);
            for peak in 1..4 {
                let distance = t - x[peak + 7];
                let exp = (-distance * distance * x[peak + 4]).exp();
                j[(i, peak)] = -exp;
                j[(i, peak + 4)] = x[peak] * distance * distance * exp;
                j[(i, peak + 7)] = T::of(-2.0) * x[peak] * x[peak + 4] * distance * exp;
            }
        }
    }

    fn start(&self) -> Vec<f64> {
        vec![1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5]
    }

    fn minima(&self) -> Vec<KnownMinimum> {
        vec![KnownMinimum::printed(MinimumKind::Global, 4.01377e-2, 1e-7)]
    }
}

test_problem!(Osborne2);
