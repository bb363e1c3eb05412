//! The problems.

use anyhow::Context;
use leastwise_conformance::{LeastSquaresTruth, Widen};
use leastwise_core::Mat;
use leastwise_optim::LeastSquaresProblem;
use leastwise_problems::{TwoLayerNetSpec, standard_normal};

/// min ‖A·x − b‖, with its truth.
pub(super) struct LeastSquaresCase<T: Widen> {
    pub(super) name: &'static str,
    pub(super) a: Mat<T>,
    pub(super) b: Mat<T>,
    pub(super) rank: usize,
    pub(super) truth: LeastSquaresTruth<T>,
}

impl<T: Widen> LeastSquaresCase<T> {
    fn new(name: &'static str, a: Mat<T>, b: Mat<T>, rank: usize) -> Self {
        let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), rank);
        Self {
            name,
            a,
            b,
            rank,
            truth,
        }
    }

    /// J·δ ≈ −r, the first Levenberg-Marquardt step.
    pub(super) fn lm_solve(spec: &TwoLayerNetSpec) -> anyhow::Result<Self> {
        let drawn = spec.draw::<T>().context("cannot draw the experiment")?;
        let (net, start) = (&drawn.net, &drawn.start);
        let (m, n) = (net.residuals(), net.parameters());
        let (mut jacobian, mut b) = (Mat::zeros(m, n), Mat::zeros(m, 1));
        net.jacobian(start, jacobian.as_mut())
            .context("cannot evaluate the Jacobian")?;
        net.residual(start, b.data_mut())
            .context("cannot evaluate the residual")?;
        b.as_mut().for_each(|r| *r = -*r);
        // (W₁·G, G⁻¹·W₂) leaves W₁·W₂ unchanged for every invertible k×k matrix G.
        let rank = n - spec.wdim * spec.wdim;
        Ok(Self::new("lm-solve", jacobian, b, rank))
    }

    pub(super) fn full_rank(&self) -> bool {
        self.rank == self.a.rows().min(self.a.cols())
    }
}

/// A·B
pub(super) struct ProductCase<T> {
    pub(super) a: Mat<T>,
    pub(super) b: Mat<T>,
}

/// The solve of the published experiment, which is rank-deficient by construction, and a problem of
/// the same size that is not.
pub(super) fn least_squares<T: Widen>(seed: u64) -> anyhow::Result<Vec<LeastSquaresCase<T>>> {
    let spec = TwoLayerNetSpec {
        seed,
        ..TwoLayerNetSpec::default()
    };
    let lm_solve = LeastSquaresCase::lm_solve(&spec)?;
    let (m, n) = (lm_solve.a.rows(), lm_solve.a.cols());
    let full = standard_normal::<T>(m, n, seed, 1);
    let b = standard_normal::<T>(m, 1, seed, 2);
    Ok(vec![
        lm_solve,
        LeastSquaresCase::new("full-rank", full, b, n),
    ])
}

/// Square products, and the Gram product of the tall matrix.
pub(super) fn products<T: Widen>(sizes: &[usize], seed: u64) -> Vec<ProductCase<T>> {
    let case = |(m, k, n)| ProductCase {
        a: standard_normal::<T>(m, k, seed, 3),
        b: standard_normal::<T>(k, n, seed, 4),
    };
    let square = sizes.iter().map(|&n| (n, n, n));
    square.chain([(96, 10_000, 96)]).map(case).collect()
}
