//! The problems of the map, by condition, rank and shape.

use leastwise_backends::AdapterScalar;
use leastwise_conformance::{LeastSquaresTruth, Widen};
use leastwise_core::Mat;
use leastwise_optim::LeastSquaresProblem;
use leastwise_testset::{standard_normal, with_singular_values};
use leastwise_two_factor::TwoLayerNetSpec;

/// The shapes: very tall, tall, square and wide.
pub(super) const SHAPES: [(usize, usize); 4] = [(10_000, 8), (200, 60), (60, 60), (24, 60)];

/// The seeds. Every problem is drawn with each of them, and the worst outcome counts.
const SEEDS: std::ops::Range<u64> = 0..3;

/// A column of a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Family {
    /// Singular values in geometric progression from 1 to 10⁻ᵈ.
    Condition(i32),
    /// A product of small integers with half of the possible rank.
    HalfRank,
    /// A matrix of ones.
    Ones,
    /// Columns that differ by 1 % of their length.
    Collinear,
    Zero,
    /// The Jacobian of the published experiment at its start. It is 10000×96 and has rank 60, for every
    /// shape.
    Experiment,
}

impl Family {
    /// The columns of every panel of a scalar type.
    pub(super) fn all<T: Widen>() -> Vec<Self> {
        let decades = if T::NAME == "f32" { 6 } else { 14 };
        let mut all: Vec<_> = (0..=decades).map(Self::Condition).collect();
        all.extend([
            Self::Collinear,
            Self::HalfRank,
            Self::Ones,
            Self::Zero,
            Self::Experiment,
        ]);
        all
    }

    pub(super) fn label(self) -> String {
        match self {
            Self::Condition(decade) => format!("1e{decade}"),
            Self::HalfRank => "half rank".to_owned(),
            Self::Ones => "ones".to_owned(),
            Self::Collinear => "collinear".to_owned(),
            Self::Zero => "zero".to_owned(),
            Self::Experiment => "experiment".to_owned(),
        }
    }

    fn matrix<T: AdapterScalar>(self, (m, n): (usize, usize), seed: u64) -> Mat<T> {
        let count = m.min(n);
        let rounded = |a: &Mat<f64>| Mat::from_fn(m, n, |i, j| T::of(a[(i, j)]));
        match self {
            Self::Condition(decade) => {
                let exponent = |i| -f64::from(decade) * i as f64 / (count - 1) as f64;
                let s: Vec<f64> = (0..count).map(|i| 10f64.powf(exponent(i))).collect();
                rounded(&with_singular_values(m, n, &s, seed, 0))
            }
            Self::HalfRank => {
                let rank = count / 2;
                let integers = |rows, cols, stream| -> Mat<f64> {
                    let drawn = standard_normal::<f64>(rows, cols, seed, stream);
                    Mat::from_fn(rows, cols, |i, j| (2.0 * drawn[(i, j)]).round())
                };
                let (left, right) = (integers(m, rank, 0), integers(rank, n, 1));
                let product = |i, j| (0..rank).map(|l| left[(i, l)] * right[(l, j)]).sum();
                rounded(&Mat::from_fn(m, n, product))
            }
            Self::Collinear => {
                let drawn = standard_normal::<f64>(m, n + 1, seed, 0);
                let nearly = |i, j| drawn[(i, n)] + 0.01 * drawn[(i, j)];
                rounded(&Mat::from_fn(m, n, nearly))
            }
            Self::Ones => Mat::from_fn(m, n, |_, _| T::one()),
            Self::Zero | Self::Experiment => Mat::zeros(m, n),
        }
    }
}

/// min ‖A·x − b‖ with its reference solution.
pub(super) struct Problem<T: Widen> {
    pub(super) a: Mat<T>,
    pub(super) b: Mat<T>,
    pub(super) truth: LeastSquaresTruth<T>,
}

impl<T: Widen> Problem<T> {
    fn new(a: Mat<T>, b: Mat<T>) -> Self {
        let smaller = a.rows().min(a.cols());
        let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), smaller);
        Self { a, b, truth }
    }
}

/// The problems behind one column of one panel.
pub(super) fn draw<T: AdapterScalar + Widen>(
    family: Family,
    shape: (usize, usize),
) -> anyhow::Result<Vec<Problem<T>>> {
    if family == Family::Experiment {
        // This problem has its own shape, so it is shown only once.
        return if shape == SHAPES[0] {
            Ok(vec![experiment()?])
        } else {
            Ok(Vec::new())
        };
    }
    let random = matches!(
        family,
        Family::Condition(_) | Family::HalfRank | Family::Collinear
    );
    let seeds = if random { SEEDS } else { 0..1 };
    let problem = |seed| {
        let b = standard_normal(shape.0, 1, seed, 9);
        Problem::new(family.matrix(shape, seed), b)
    };
    Ok(seeds.map(problem).collect())
}

fn experiment<T: AdapterScalar + Widen>() -> anyhow::Result<Problem<T>> {
    let drawn = TwoLayerNetSpec::default().draw::<T>()?;
    let (m, n) = (drawn.net.residuals(), drawn.net.parameters());
    let (mut a, mut b) = (Mat::zeros(m, n), Mat::zeros(m, 1));
    drawn.net.jacobian(&drawn.start, a.as_mut())?;
    drawn.net.residual(&drawn.start, b.data_mut())?;
    Ok(Problem::new(a, b))
}
