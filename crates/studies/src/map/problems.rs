//! The problems of the map, by condition, rank and shape.

use leastwise_backends::AdapterScalar;
use leastwise_conformance::{LeastSquaresTruth, Widen};
use leastwise_core::Mat;
use leastwise_optim::LeastSquaresProblem;
use leastwise_testset::{standard_normal, with_singular_values};
use leastwise_two_factor::TwoLayerNetSpec;

/// What the columns of a panel vary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Question {
    /// Condition and rank, for a shape.
    Condition((usize, usize)),
    /// The size of the entries of A and b, for a shape of full rank.
    Scale((usize, usize)),
    /// The number of points of a straight line.
    Line,
}

/// The panels of a scalar type. The first four shapes are very tall, tall, square and wide.
pub(super) const QUESTIONS: [Question; 6] = [
    Question::Condition((1000, 8)),
    Question::Condition((200, 60)),
    Question::Condition((60, 60)),
    Question::Condition((24, 60)),
    Question::Scale((30, 10)),
    Question::Line,
];

const SCALES: [i32; 11] = [-300, -200, -150, -100, -50, 0, 50, 100, 150, 200, 300];
/// Beyond 1e±38, f32 has no normal numbers.
const SCALES_F32: [i32; 11] = [-36, -30, -20, -15, -10, 0, 10, 15, 20, 30, 36];

const POINTS: [usize; 3] = [1000, 20_000, 100_000];

impl Question {
    pub(super) fn title(self) -> String {
        match self {
            Self::Condition((m, n)) => format!("{m}×{n} by κ"),
            Self::Scale((m, n)) => format!("{m}×{n} by size"),
            Self::Line => "line by points".to_owned(),
        }
    }

    /// The columns of the panel for a scalar type.
    pub(super) fn columns<T: Widen>(self) -> Vec<Family> {
        let is_single = T::NAME == "f32";
        match self {
            Self::Condition(_) => {
                let decades = if is_single { 6 } else { 14 };
                let mut all: Vec<_> = (0..=decades).map(Family::Condition).collect();
                all.extend([
                    Family::Collinear,
                    Family::HalfRank,
                    Family::Ones,
                    Family::Zero,
                    Family::Experiment,
                ]);
                all
            }
            Self::Scale(_) if is_single => SCALES_F32.map(Family::Scale).to_vec(),
            Self::Scale(_) => SCALES.map(Family::Scale).to_vec(),
            Self::Line => POINTS.map(Family::Line).to_vec(),
        }
    }

    fn shape(self) -> (usize, usize) {
        match self {
            Self::Condition(shape) | Self::Scale(shape) => shape,
            Self::Line => (0, 2),
        }
    }
}

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
    /// Standard normal entries times this power of ten, in A and in b.
    Scale(i32),
    /// This many points of the line −2 + 3·t with noise, for t from 1 to 1.08.
    Line(usize),
}

impl Family {
    pub(super) fn label(self) -> String {
        match self {
            Self::Condition(decade) => format!("1e{decade}"),
            Self::HalfRank => "half rank".to_owned(),
            Self::Ones => "ones".to_owned(),
            Self::Collinear => "collinear".to_owned(),
            Self::Zero => "zero".to_owned(),
            Self::Experiment => "experiment".to_owned(),
            Self::Scale(power) => format!("1e{power}"),
            Self::Line(points) => points.to_string(),
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
            Self::Scale(power) => {
                let drawn = standard_normal::<f64>(m, n, seed, 0);
                Mat::from_fn(m, n, |i, j| T::of(drawn[(i, j)] * 10f64.powi(power)))
            }
            Self::Line(points) => Mat::from_fn(points, 2, |i, j| {
                T::of(if j == 0 {
                    1.0
                } else {
                    1.0 + 0.08 * i as f64 / points as f64
                })
            }),
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
    question: Question,
) -> anyhow::Result<Vec<Problem<T>>> {
    let shape = question.shape();
    if family == Family::Experiment {
        // This problem has its own shape, so it is shown only once.
        return if question == QUESTIONS[0] {
            Ok(vec![experiment()?])
        } else {
            Ok(Vec::new())
        };
    }
    let random = matches!(
        family,
        Family::Condition(_) | Family::HalfRank | Family::Collinear | Family::Scale(_)
    );
    let seeds = if random { SEEDS } else { 0..1 };
    let problem = |seed| {
        let a = family.matrix(shape, seed);
        let b = right_hand_side(family, &a, seed);
        Problem::new(a, b)
    };
    Ok(seeds.map(problem).collect())
}

fn right_hand_side<T: AdapterScalar>(family: Family, a: &Mat<T>, seed: u64) -> Mat<T> {
    let drawn = standard_normal::<f64>(a.rows(), 1, seed, 9);
    Mat::from_fn(a.rows(), 1, |i, j| match family {
        Family::Scale(power) => T::of(drawn[(i, j)] * 10f64.powi(power)),
        Family::Line(_) => T::of(-2.0 + 3.0 * a[(i, 1)].as_f64() + 0.01 * drawn[(i, j)]),
        _ => T::of(drawn[(i, j)]),
    })
}

fn experiment<T: AdapterScalar + Widen>() -> anyhow::Result<Problem<T>> {
    let drawn = TwoLayerNetSpec::default().draw::<T>()?;
    let (m, n) = (drawn.net.residuals(), drawn.net.parameters());
    let (mut a, mut b) = (Mat::zeros(m, n), Mat::zeros(m, 1));
    drawn.net.jacobian(&drawn.start, a.as_mut())?;
    drawn.net.residual(&drawn.start, b.data_mut())?;
    Ok(Problem::new(a, b))
}
