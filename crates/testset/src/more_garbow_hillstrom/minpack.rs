//! The runs of MINPACK's test driver.

use std::fmt;

use leastwise_core::norm::dot;
use leastwise_core::{Result, Scalar};

use super::{
    Bard, Box3d, BrownAlmostLinear, BrownDennis, Chebyquad, FreudensteinRoth, HelicalValley,
    JennrichSampson, KowalikOsborne, LinearFullRank, LinearRankOne, LinearRankOneWithZeros, Meyer,
    MinimumKind, Osborne1, Osborne2, PowellSingular, Rosenbrock, TestProblem, Watson,
};

/// One of the [`minpack_runs`]. It displays as `Bard 15x3 from 10 x0`.
#[derive(Debug)]
pub struct MinpackRun<T> {
    /// The problem.
    pub problem: Box<dyn TestProblem<T>>,
    /// The factor on the standard start: 1, 10 or 100.
    pub factor: T,
    /// Whether MINPACK's `lmder1` with a tolerance of √ε ends elsewhere than at a known minimum. Local minima
    /// count as known.
    pub missed_by_minpack: bool,
}

impl<T: Scalar> MinpackRun<T> {
    /// The starting point, [`TestProblem::scaled_start`] by [`MinpackRun::factor`].
    #[must_use]
    pub fn start(&self) -> Vec<T> {
        self.problem.scaled_start(self.factor)
    }

    /// ‖r‖² at the start.
    ///
    /// # Errors
    /// The errors of the problem.
    pub fn start_loss(&self) -> Result<T> {
        let mut r = vec![T::nan(); self.problem.residuals()];
        self.problem.residual(&self.start(), &mut r)?;
        Ok(dot(&r, &r))
    }

    /// Whether `loss` = ‖r‖² is that of a known global or local minimum, to a relative error of 1e-6. This is
    /// far more than the tolerances of the driver leave where convergence is slow. If the minimum is zero,
    /// the bound is 1e-12 of the loss at the start.
    ///
    /// ```
    /// let runs = leastwise_testset::more_garbow_hillstrom::minpack_runs::<f64>();
    /// let rosenbrock = &runs[6];
    /// assert!(rosenbrock.is_solved(1e-20)? && !rosenbrock.is_solved(1e-6)?);
    /// # Ok::<(), leastwise_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of the problem.
    pub fn is_solved(&self, loss: T) -> Result<bool> {
        let (start_loss, loss) = (self.start_loss()?.as_f64(), loss.as_f64());
        let known = self.problem.minima();
        let mut minima = known
            .iter()
            .filter(|minimum| matches!(minimum.kind, MinimumKind::Global | MinimumKind::Local));
        Ok(minima.any(|minimum| {
            let below = 1e-6 * minimum.loss;
            let above = below + minimum.loss_uncertainty + 1e-12 * start_loss;
            (minimum.loss - below..=minimum.loss + above).contains(&loss)
        }))
    }
}

impl<T: Scalar> fmt::Display for MinpackRun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, n) = (self.problem.residuals(), self.problem.parameters());
        let name = self.problem.name();
        write!(f, "{name} {m}x{n} from {} x0", self.factor)
    }
}

/// The 53 runs of the drivers that test MINPACK's `lmder1`, `lmstr1` and `lmdif1`, in their order. They are
/// 28 problems of given sizes, each from the standard start, and some also from 10 and 100 times the start.
///
/// MINPACK itself misses five: Bard from 10 and 100 times the start, Kowalik and Osborne from 10 times, Meyer
/// from 10 times, and Chebyquad 8×1 from the standard start, which is stationary.
///
/// ```
/// use leastwise_core::{Method, Result};
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Dense};
/// use leastwise_optim::{Budget, LevenbergMarquardt, minimize};
/// use leastwise_testset::more_garbow_hillstrom::minpack_runs;
///
/// let runs = minpack_runs::<f64>();
/// assert_eq!(runs.len(), 53);
/// let run = &runs[7];
/// assert_eq!(run.to_string(), "Rosenbrock 2x2 from 10 x0");
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Dense::new(&backend, Method::Svd));
/// let budget = Budget::steps(200);
/// let report = minimize(&mut lm, &*run.problem, &run.start(), &budget, &mut [])?;
/// assert!(report.loss < 1e-30);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: B. S. Garbow, K. E. Hillstrom, J. J. Moré, the drivers and their data files in MINPACK,
/// Argonne National Laboratory (1980); J. J. Moré, B. S. Garbow, K. E. Hillstrom, *User guide for
/// MINPACK-1*, Report ANL-80-74 (1980).
#[must_use]
pub fn minpack_runs<T: Scalar>() -> Vec<MinpackRun<T>> {
    const ONCE: &[f64] = &[1.0];
    const TWICE: &[f64] = &[1.0, 10.0];
    const THRICE: &[f64] = &[1.0, 10.0, 100.0];
    let mut runs = Runs(Vec::with_capacity(53));
    for residuals in [10, 50] {
        let parameters = 5;
        let problem = LinearFullRank {
            residuals,
            parameters,
        };
        runs.add(problem, ONCE, &[]);
    }
    for residuals in [10, 50] {
        let parameters = 5;
        let problem = LinearRankOne {
            residuals,
            parameters,
        };
        runs.add(problem, ONCE, &[]);
    }
    for residuals in [10, 50] {
        let parameters = 5;
        let problem = LinearRankOneWithZeros {
            residuals,
            parameters,
        };
        runs.add(problem, ONCE, &[]);
    }
    runs.add(Rosenbrock, THRICE, &[]);
    runs.add(HelicalValley, THRICE, &[]);
    runs.add(PowellSingular, THRICE, &[]);
    runs.add(FreudensteinRoth, THRICE, &[]);
    runs.add(Bard, THRICE, &[10.0, 100.0]);
    runs.add(KowalikOsborne, THRICE, &[10.0]);
    runs.add(Meyer, TWICE, &[10.0]);
    for parameters in [6, 9, 12] {
        runs.add(Watson { parameters }, THRICE, &[]);
    }
    runs.add(Box3d { residuals: 10 }, ONCE, &[]);
    runs.add(JennrichSampson { residuals: 10 }, ONCE, &[]);
    runs.add(BrownDennis { residuals: 20 }, THRICE, &[]);
    let chebyquad = |residuals, parameters| Chebyquad {
        residuals,
        parameters,
    };
    runs.add(chebyquad(8, 1), THRICE, &[1.0]);
    for n in [8, 9, 10] {
        runs.add(chebyquad(n, n), ONCE, &[]);
    }
    runs.add(BrownAlmostLinear { parameters: 10 }, THRICE, &[]);
    for parameters in [30, 40] {
        runs.add(BrownAlmostLinear { parameters }, ONCE, &[]);
    }
    runs.add(Osborne1, ONCE, &[]);
    runs.add(Osborne2, ONCE, &[]);
    runs.0
}

struct Runs<T>(Vec<MinpackRun<T>>);

impl<T: Scalar> Runs<T> {
    /// Adds a run from each of `factors` times the start. MINPACK misses those from `missed`.
    fn add<P: TestProblem<T> + Copy + 'static>(
        &mut self,
        problem: P,
        factors: &[f64],
        missed: &[f64],
    ) {
        self.0.extend(factors.iter().map(|factor| MinpackRun {
            problem: Box::new(problem),
            factor: T::of(*factor),
            missed_by_minpack: missed.contains(factor),
        }));
    }
}
