//! The test problems of MINPACK's Levenberg-Marquardt driver.

mod bard;
mod box_3d;
mod brown_almost_linear;
mod brown_dennis;
mod chebyquad;
mod formula;
mod freudenstein_roth;
mod helical_valley;
mod jennrich_sampson;
mod kowalik_osborne;
mod linear;
mod meyer;
mod minimum;
mod minpack;
mod osborne;
mod powell_singular;
mod rosenbrock;
mod watson;

pub use bard::Bard;
pub use box_3d::Box3d;
pub use brown_almost_linear::BrownAlmostLinear;
pub use brown_dennis::BrownDennis;
pub use chebyquad::Chebyquad;
pub use freudenstein_roth::FreudensteinRoth;
pub use helical_valley::HelicalValley;
pub use jennrich_sampson::JennrichSampson;
pub use kowalik_osborne::KowalikOsborne;
pub use linear::{LinearFullRank, LinearRankOne, LinearRankOneWithZeros};
pub use meyer::Meyer;
pub use minimum::{KnownMinimum, MinimumKind};
pub use minpack::{MinpackRun, minpack_runs};
pub use osborne::{Osborne1, Osborne2};
pub use powell_singular::PowellSingular;
pub use rosenbrock::Rosenbrock;
pub use watson::Watson;

use std::fmt::Debug;

use leastwise_core::Scalar;
use leastwise_optim::LeastSquaresProblem;

use crate::WideResidual;

/// A residual, with the start and the minima from its paper: J. J. Moré, B. S. Garbow, K. E. Hillstrom,
/// *Testing unconstrained optimization software*, ACM Transactions on Mathematical Software 7 (1981), 17–41.
///
/// The loss is ‖r(x)‖², as in the paper, and indices in the formulas start from 1. Residuals and Jacobians do
/// not allocate. They refuse slices and matrices of a wrong size with
/// [`Error::Shape`](leastwise_core::Error::Shape), and write NaN or ∞ outside their domain.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_optim::LeastSquaresProblem;
/// use leastwise_testset::more_garbow_hillstrom::{FreudensteinRoth, TestProblem};
///
/// fn start_loss(problem: &dyn TestProblem<f64>) -> Result<f64> {
///     let plain: &dyn LeastSquaresProblem<f64> = problem;
///     let mut r = vec![0.0; plain.residuals()];
///     plain.residual(&problem.start(), &mut r)?;
///     Ok(r.iter().map(|ri| ri * ri).sum())
/// }
/// assert_eq!(start_loss(&FreudensteinRoth)?, 400.5);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub trait TestProblem<T: Scalar>: LeastSquaresProblem<T> + Debug + Send + Sync {
    /// The name in the paper.
    fn name(&self) -> &'static str;

    /// The number in section 3 of the paper.
    fn number(&self) -> u32;

    /// The standard start, with n entries.
    fn start(&self) -> Vec<T>;

    /// `factor` times the standard start. The paper and MINPACK use this to make a start harder. If the
    /// standard start is zero ([`Watson`]) and `factor` is not 1, every entry is `factor` instead.
    fn scaled_start(&self, factor: T) -> Vec<T> {
        let start = self.start();
        if factor != T::one() && start.iter().all(|x| *x == T::zero()) {
            return vec![factor; start.len()];
        }
        start.into_iter().map(|x| factor * x).collect()
    }

    /// The known minima of ‖r‖². The list is empty if the paper gives none for these sizes.
    fn minima(&self) -> Vec<KnownMinimum>;

    /// The residual with twice the digits of f64, and with exact derivatives.
    fn wide(&self) -> &dyn WideResidual;
}
