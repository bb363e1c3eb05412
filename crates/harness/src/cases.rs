//! The cases of a comparison, and the numbers of each.

use leastwise_conformance::Widen;
use leastwise_core::Mat;
use leastwise_optim::LeastSquaresProblem;
use leastwise_testset::{standard_normal, with_singular_values};
use leastwise_two_factor::{TwoLayerNetInstance, TwoLayerNetSpec};

use crate::error::{Context, Result};
use crate::files;
use crate::model::{Case, NetSize, Operation, Problem};

const PUBLISHED: NetSize = NetSize {
    inputs: 6,
    hidden: 6,
    outputs: 10,
    samples: 1000,
};
/// J is 600×40, so that a fit of more than a hundred steps takes milliseconds.
const SMALL: NetSize = NetSize {
    inputs: 4,
    hidden: 4,
    outputs: 6,
    samples: 100,
};

/// The depth of a comparison: how many cases and samples it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    Quick,
    Default,
    Full,
}

/// The loss of the experiment at which a fit has converged.
pub(crate) const FIT_LOSS: f64 = 1e-20;
/// The published step size that reaches this loss.
pub(crate) const FIT_STEP: f64 = 0.2;
/// A fit takes about 130 steps of 0.2.
pub(crate) const FIT_STEPS: usize = 400;

const SQUARES: [(usize, Depth); 8] = [
    (4, Depth::Quick),
    (8, Depth::Default),
    (16, Depth::Default),
    (32, Depth::Quick),
    (64, Depth::Default),
    (128, Depth::Default),
    (256, Depth::Full),
    (512, Depth::Full),
];

const PRODUCTS: [(usize, Depth); 9] = [
    (4, Depth::Quick),
    (8, Depth::Default),
    (16, Depth::Default),
    (32, Depth::Quick),
    (64, Depth::Default),
    (128, Depth::Default),
    (256, Depth::Quick),
    (512, Depth::Default),
    (1024, Depth::Full),
];

/// Every case of this depth. METHODOLOGY.md gives the reason for each.
pub(crate) fn all(depth: Depth) -> Vec<Case> {
    use Problem::{IllConditioned, LmFit, LmSolve, Normal, Product, RankDeficient};
    let named = |(at, name, problem)| (at, name, problem, None);
    let wanted = [
        (Depth::Quick, "lm-solve", LmSolve),
        (Depth::Default, "tall-10000x96", normal(10_000, 96)),
        (Depth::Default, "tall-1000x32", normal(1000, 32)),
        (Depth::Full, "tall-4000x256", normal(4000, 256)),
        (Depth::Default, "wide-96x1000", normal(96, 1000)),
        (
            Depth::Default,
            "rank-deficient",
            RankDeficient {
                rows: 400,
                cols: 100,
                rank: 50,
            },
        ),
        (
            Depth::Default,
            "ill-conditioned",
            IllConditioned {
                rows: 400,
                cols: 100,
            },
        ),
    ];
    let systems = wanted
        .into_iter()
        .map(|(at, name, problem)| named((at, name.to_owned(), problem)));
    let squares = SQUARES.into_iter().map(|(n, at)| {
        (
            at,
            format!("square-{n}"),
            Normal { rows: n, cols: n },
            Some(n),
        )
    });
    let products = PRODUCTS.into_iter().map(|(n, at)| {
        let product = Product { m: n, k: n, n };
        (at, format!("product-{n}"), product, Some(n))
    });
    let gram = Product {
        m: 96,
        k: 10_000,
        n: 96,
    };
    let last = [
        named((Depth::Default, "product-gram".to_owned(), gram)),
        named((Depth::Default, "lm-fit".to_owned(), LmFit(SMALL))),
        named((Depth::Full, "lm-fit-published".to_owned(), LmFit(PUBLISHED))),
    ];
    systems
        .chain(squares)
        .chain(products)
        .chain(last)
        .filter(|(at, ..)| *at <= depth)
        .map(|(_, name, problem, size)| Case {
            name,
            problem,
            size,
        })
        .collect()
}

const fn normal(rows: usize, cols: usize) -> Problem {
    Problem::Normal { rows, cols }
}

/// The numbers on which a worker computes.
pub(crate) enum Input<T> {
    System { a: Mat<T>, b: Mat<T> },
    Product { a: Mat<T>, b: Mat<T> },
    Fit(Box<TwoLayerNetInstance<T>>),
}

impl Case {
    pub(crate) fn operation(&self) -> Operation {
        match self.problem {
            Problem::Product { .. } => Operation::Matmul,
            Problem::LmFit(_) => Operation::LmFit,
            _ => Operation::Lstsq,
        }
    }

    /// Whether the case is a user's own system.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.problem, Problem::File { .. })
    }

    /// Whether T can represent the case. `f32` cannot reach a loss of 1e-20.
    pub(crate) fn suits<T: Widen>(&self) -> bool {
        self.operation() != Operation::LmFit || T::UNIT_ROUNDOFF.as_f64() < 1e-10
    }

    /// Draws the numbers, which are the same in every process.
    pub(crate) fn draw<T: Widen>(&self, seed: u64) -> Result<Input<T>> {
        let system = |a, b| Ok(Input::System { a, b });
        match self.problem {
            Problem::LmSolve => {
                let (a, b) = lm_solve(seed)?;
                system(a, b)
            }
            Problem::Normal { rows, cols } => system(
                standard_normal(rows, cols, seed, 1),
                standard_normal(rows, 1, seed, 2),
            ),
            Problem::IllConditioned { rows, cols } => {
                let exponent = |i: usize| -(i as f64) / (cols - 1) as f64;
                let s: Vec<f64> = (0..cols)
                    .map(|i| condition::<T>().powf(exponent(i)))
                    .collect();
                let a = with_singular_values(rows, cols, &s, seed, 5);
                system(rounded(&a), standard_normal(rows, 1, seed, 6))
            }
            Problem::RankDeficient { rows, cols, rank } => {
                // A product of matrices of rounded normal numbers has exactly this rank only before it is
                // rounded. The rounding adds singular values far below every rcond.
                let a = with_singular_values(rows, cols, &vec![1.0; rank], seed, 7);
                system(rounded(&a), standard_normal(rows, 1, seed, 8))
            }
            Problem::Product { m, k, n } => Ok(Input::Product {
                a: standard_normal(m, k, seed, 3),
                b: standard_normal(k, n, seed, 4),
            }),
            Problem::LmFit(size) => {
                let drawn = experiment(size, seed).draw::<T>();
                Ok(Input::Fit(Box::new(
                    drawn.context("cannot draw the experiment")?,
                )))
            }
            Problem::File {
                ref a,
                ref b,
                ref tables,
            } => {
                let read = files::read_system(a, b.as_deref(), tables)?;
                system(rounded(&read.a), rounded(&read.b))
            }
        }
    }
}

/// κ of the ill-conditioned case. It is far too large for the normal equations, but max(m, n)·ε still counts
/// the matrix as full rank.
pub(crate) fn condition<T: Widen>() -> f64 {
    if T::UNIT_ROUNDOFF.as_f64() < 1e-10 {
        1e10
    } else {
        1e3
    }
}

fn rounded<T: Widen>(a: &Mat<f64>) -> Mat<T> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)]))
}

fn experiment(size: NetSize, seed: u64) -> TwoLayerNetSpec {
    TwoLayerNetSpec {
        xdim: size.inputs,
        wdim: size.hidden,
        ydim: size.outputs,
        nsamples: size.samples,
        seed,
        ..TwoLayerNetSpec::default()
    }
}

/// J and −r at the starting point.
fn lm_solve<T: Widen>(seed: u64) -> Result<(Mat<T>, Mat<T>)> {
    let drawn = experiment(PUBLISHED, seed)
        .draw::<T>()
        .context("cannot draw the experiment")?;
    let (net, start) = (&drawn.net, &drawn.start);
    let (m, n) = (net.residuals(), net.parameters());
    let (mut jacobian, mut b) = (Mat::zeros(m, n), Mat::zeros(m, 1));
    net.jacobian(start, jacobian.as_mut())
        .context("cannot evaluate the Jacobian")?;
    net.residual(start, b.data_mut())
        .context("cannot evaluate the residual")?;
    b.as_mut().for_each(|r| *r = -*r);
    Ok((jacobian, b))
}

impl<T: Widen> Input<T> {
    /// Rows and columns of A, and columns of B.
    pub(crate) fn shape(&self) -> (usize, usize, usize) {
        match self {
            Self::System { a, b } | Self::Product { a, b } => (a.rows(), a.cols(), b.cols()),
            Self::Fit(drawn) => (drawn.net.residuals(), drawn.net.parameters(), 1),
        }
    }

    /// Operations of the problem, independent of the solver: 2·m·k·n for a product, and those of a
    /// Householder QR solve for a system (Golub, Van Loan, §5.3.2).
    pub(crate) fn flops(&self) -> Option<f64> {
        match self {
            Self::Product { a, b } => {
                Some(2.0 * a.rows() as f64 * a.cols() as f64 * b.cols() as f64)
            }
            Self::System { a, .. } => {
                let larger = a.rows().max(a.cols()) as f64;
                let smaller = a.rows().min(a.cols()) as f64;
                Some(2.0 * smaller * smaller * (larger - smaller / 3.0))
            }
            Self::Fit(_) => None,
        }
    }

    /// A checksum over every entry, by which two processes verify that they have the same numbers: FNV-1a
    /// over the bits.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325;
        self.for_each(|x| {
            hash = (hash ^ x.as_f64().to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
        });
        hash
    }

    /// The number of subnormal entries.
    pub(crate) fn subnormals(&self) -> usize {
        let mut count = 0;
        self.for_each(|x| count += usize::from(x.is_subnormal()));
        count
    }

    fn for_each(&self, visit: impl FnMut(T)) {
        match self {
            Self::System { a, b } | Self::Product { a, b } => {
                a.data().iter().chain(b.data()).copied().for_each(visit);
            }
            Self::Fit(drawn) => {
                let (x, y) = (drawn.net.x(), drawn.net.y());
                let data = x.iter().chain(y.iter());
                drawn.start.iter().copied().chain(data).for_each(visit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deeper_comparison_has_all_the_cases_of_a_quicker_one_and_names_are_unique() {
        let names = |depth| -> Vec<String> {
            let cases = all(depth);
            cases.into_iter().map(|case| case.name).collect()
        };
        let [quick, default, full] = [Depth::Quick, Depth::Default, Depth::Full].map(names);
        assert!(quick.len() < default.len() && default.len() < full.len());
        assert!(quick.iter().all(|name| default.contains(name)));
        assert!(default.iter().all(|name| full.contains(name)));
        let mut unique = full.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), full.len());
    }

    #[test]
    fn a_fingerprint_changes_with_the_seed_and_the_type_and_with_nothing_else() {
        let case = &all(Depth::Quick)[1];
        let print = |seed| case.draw::<f64>(seed).unwrap().fingerprint();
        assert_eq!(print(0), print(0));
        assert_ne!(print(0), print(1));
        assert_ne!(print(0), case.draw::<f32>(0).unwrap().fingerprint());
    }

    #[test]
    fn subnormal_numbers_are_counted() {
        let a = Mat::from_fn(2, 1, |i, _| if i == 0 { 1e-310 } else { 1.0 });
        let input = Input::System { b: a.clone(), a };
        assert_eq!(input.subnormals(), 2);
    }
}
