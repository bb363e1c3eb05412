//! Steps from products with the Jacobian.

use leastwise_core::norm::{self, euclidean};
use leastwise_core::{Error, Result, Scalar};

use super::lsmr::{Limits, Lsmr, LsmrStop, Operator};
use super::{DampedStepSolver, StepSolver};
use crate::{Bounds, Counts, Evaluation, JacobianProducts, check};

const OPERATION: &str = "MatrixFree";

/// Solves the linear subproblem by LSMR, with products J·v and Jᵀ·u and without the Jacobian.
///
/// LSMR starts from zero and stays in the range of Jᵀ. So without damping, it converges to the solution of
/// minimum norm, also for a rank-deficient problem, and need not decide on a rank. With r̄ = [J; √λ·I]·δ +
/// [r; 0] and J̄ = [J; √λ·I], it ends at the first of these conditions:
///
/// - ‖r̄‖ ≤ btol·‖r‖ + atol·‖J̄‖·‖δ‖. Then δ is exact for r and J̄ that differ by these amounts.
/// - ‖J̄ᵀ·r̄‖ ≤ atol·‖J̄‖·‖r̄‖. Then δ is exact for a J̄ that differs by atol·‖J̄‖ (G. W. Stewart).
/// - The iteration limit. Then δ is the best so far, and the control judges it like any other.
///
/// The norms are those of LSMR's recurrences, and ‖J̄‖ is that of the bidiagonal matrix. Both tolerances are
/// ε by default. The backward error of a stable dense solver, and so the error of its δ, is not smaller. The
/// rounding of J·v would make a smaller tolerance useless.
///
/// In exact arithmetic, there are at most as many iterations as distinct non-zero singular values. In
/// floating point, the vectors v lose their orthogonality, and directions that have converged return. For two
/// layers of 336 weights and data of condition 10⁵, 1344 iterations were not enough. So every v is made
/// orthogonal to those before it. This reduced the iterations to 184, and it also keeps u sufficiently
/// orthogonal (H. D. Simon, H. Zha, SIAM J. Sci. Comput. 21 (2000)). It costs memory for n numbers per
/// iteration, and 4kn operations in iteration k. [`with_reorthogonalization`](Self::with_reorthogonalization)
/// limits both, but a window smaller than the rank saves almost no iterations.
///
/// There is no preconditioner. The null space of J does not affect LSMR, for any λ. With a preconditioner
/// from the right, it does. LSMR then takes up to as many iterations as there are parameters, instead of as
/// many as there are non-zero singular values. With the diagonal blocks of JᵀJ + λI, these were 1.4 to 4
/// times as many. The example `lsmr_iterations` of `leastwise-two-factor` counts them.
///
/// Source: D. C.-L. Fong, M. A. Saunders, *LSMR: An iterative algorithm for sparse least-squares
/// problems*, SIAM J. Sci. Comput. 33 (2011).
///
/// `Q` is the [`JacobianProducts::Point`] of the problem. It is inferred.
///
/// ```
/// use leastwise_core::{MatMut, Result};
/// use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, MatrixFree};
/// use leastwise_optim::{Budget, JacobianProducts, LeastSquaresProblem, LevenbergMarquardt};
/// use leastwise_optim::minimize;
///
/// /// rᵢ = xᵢ² − i, whose J is diagonal.
/// struct Roots;
/// impl LeastSquaresProblem<f64> for Roots {
///     fn residuals(&self) -> usize {
///         3
///     }
///     fn parameters(&self) -> usize {
///         3
///     }
///     fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
///         (0..3).for_each(|i| r[i] = x[i] * x[i] - i as f64);
///         Ok(())
///     }
///     fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
///         j.fill(0.0);
///         (0..3).for_each(|i| j[(i, i)] = 2.0 * x[i]);
///         Ok(())
///     }
/// }
/// impl JacobianProducts<f64> for Roots {
///     type Point = Vec<f64>;
///     fn linearize(&self, x: &[f64], r: &mut [f64], point: &mut Vec<f64>) -> Result<()> {
///         point.clear();
///         point.extend(x);
///         self.residual(x, r)
///     }
///     fn jacobian_times(&self, x: &mut Vec<f64>, v: &[f64], jv: &mut [f64]) -> Result<()> {
///         (0..3).for_each(|i| jv[i] = 2.0 * x[i] * v[i]);
///         Ok(())
///     }
///     fn transposed_jacobian_times(
///         &self,
///         x: &mut Vec<f64>,
///         u: &[f64],
///         jtu: &mut [f64],
///     ) -> Result<()> {
///         self.jacobian_times(x, u, jtu)
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), MatrixFree::new());
/// let report = minimize(&mut lm, &Roots, &[1.0, 2.0, 1.0], &Budget::steps(50), &mut [])?;
/// assert!((report.parameters[2] - 2f64.sqrt()).abs() < 1e-15);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MatrixFree<T, Q> {
    atol: T,
    btol: T,
    iteration_limit: Option<usize>,
    /// The window. `None` means all vectors.
    window: Option<usize>,
    point: Q,
    residual: Vec<T>,
    gradient: Vec<T>,
    /// The residual at a trial point, J·g, or −r.
    image: Vec<T>,
    lsmr: Lsmr<T>,
    /// The products that are not yet included in the counts.
    uncounted: usize,
    last_iterations: Option<usize>,
    last_stop: Option<LsmrStop>,
}

impl<T: Scalar, Q: Default> MatrixFree<T, Q> {
    /// The solver with tolerances of ε, at most 4·min(m, n) iterations, and all vectors made orthogonal.
    ///
    /// C. C. Paige and M. A. Saunders recommend this limit for ill-conditioned problems in *Algorithm 583:
    /// LSQR*, ACM Trans. Math. Softw. 8 (1982).
    #[must_use]
    pub fn new() -> Self {
        Self {
            atol: T::EPSILON,
            btol: T::EPSILON,
            iteration_limit: None,
            window: None,
            point: Q::default(),
            residual: Vec::new(),
            gradient: Vec::new(),
            image: Vec::new(),
            lsmr: Lsmr::default(),
            uncounted: 0,
            last_iterations: None,
            last_stop: None,
        }
    }

    /// Sets the relative errors of J and of r at which LSMR stops. Larger values give cheaper and less
    /// accurate steps.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless both are at least 0 and less than 1.
    pub fn with_tolerances(self, atol: T, btol: T) -> Result<Self> {
        Ok(Self {
            atol: check::fraction(OPERATION, "atol", atol)?,
            btol: check::fraction(OPERATION, "btol", btol)?,
            ..self
        })
    }

    /// Sets the largest number of iterations. Each takes two products.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `limit` is zero.
    pub fn with_iteration_limit(self, limit: usize) -> Result<Self> {
        Ok(Self {
            iteration_limit: Some(check::at_least_one(OPERATION, "limit", limit)?),
            ..self
        })
    }

    /// Sets the number of last vectors v to which every new one is made orthogonal. They take n numbers each.
    /// The default is min(m, n). Use fewer if memory is short, or 0 for none.
    #[must_use]
    pub fn with_reorthogonalization(self, window: usize) -> Self {
        Self {
            window: Some(window),
            ..self
        }
    }

    /// The number of iterations of the last step.
    #[must_use]
    pub fn last_iterations(&self) -> Option<usize> {
        self.last_iterations
    }

    /// The reason why LSMR stopped at the last step.
    #[must_use]
    pub fn last_stop(&self) -> Option<LsmrStop> {
        self.last_stop
    }

    fn iteration_limit(&self) -> usize {
        let most = self.largest_rank().saturating_mul(4);
        self.iteration_limit.unwrap_or(most)
    }

    fn largest_rank(&self) -> usize {
        self.residual.len().min(self.gradient.len())
    }

    fn solve<P>(
        &mut self,
        problem: &P,
        lambda: T,
        delta: &mut [T],
        counts: &mut Counts,
    ) -> Result<()>
    where
        P: JacobianProducts<T, Point = Q> + ?Sized,
    {
        counts.solves += 1;
        let limits = Limits {
            atol: self.atol,
            btol: self.btol,
            iterations: self.iteration_limit(),
        };
        for (b, &ri) in self.image.iter_mut().zip(&self.residual) {
            *b = -ri;
        }
        let mut products = Products {
            problem,
            point: &mut self.point,
            taken: 0,
        };
        let outcome = self
            .lsmr
            .solve(&mut products, &self.image, lambda, &limits, delta);
        counts.products += products.taken + std::mem::take(&mut self.uncounted);
        let outcome = outcome?;
        self.last_iterations = Some(outcome.iterations);
        self.last_stop = Some(outcome.stop);
        if delta.iter().all(|di| di.is_finite()) {
            return Ok(());
        }
        Err(Error::Overflow {
            operation: OPERATION,
            result: "an entry of the step".to_owned(),
            scalar: T::NAME,
        })
    }
}

impl<T: Scalar, Q: Default> Default for MatrixFree<T, Q> {
    fn default() -> Self {
        Self::new()
    }
}

/// J at a point.
struct Products<'a, P: ?Sized, Q> {
    problem: &'a P,
    point: &'a mut Q,
    taken: usize,
}

impl<T, P> Operator<T> for Products<'_, P, P::Point>
where
    T: Scalar,
    P: JacobianProducts<T> + ?Sized,
{
    fn times(&mut self, v: &[T], jv: &mut [T]) -> Result<()> {
        self.taken += 1;
        jv.fill(T::nan());
        self.problem.jacobian_times(self.point, v, jv)
    }

    fn transposed_times(&mut self, u: &[T], jtu: &mut [T]) -> Result<()> {
        self.taken += 1;
        jtu.fill(T::nan());
        self.problem.transposed_jacobian_times(self.point, u, jtu)
    }
}

impl<T, P> StepSolver<T, P> for MatrixFree<T, P::Point>
where
    T: Scalar,
    P: JacobianProducts<T> + ?Sized,
{
    fn dimension(&self, problem: &P) -> usize {
        problem.parameters()
    }

    fn bounds<'p>(&self, problem: &'p P) -> Option<&'p Bounds<T>> {
        problem.bounds()
    }

    fn init(&mut self, problem: &P) -> Result<()> {
        let (m, n) = (problem.residuals(), problem.parameters());
        if m == 0 {
            let detail = format!("must have at least one residual, but its Jacobian is {m}x{n}");
            return Err(check::invalid(OPERATION, "problem", detail));
        }
        self.residual.resize(m, T::zero());
        self.gradient.resize(n, T::zero());
        self.image.resize(m, T::zero());
        let window = self.window.unwrap_or(self.largest_rank());
        let window = window.min(self.iteration_limit());
        self.lsmr.reshape(m, n, window)?;
        self.uncounted = 0;
        self.last_iterations = None;
        self.last_stop = None;
        Ok(())
    }

    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        self.residual.fill(T::nan());
        counts.residuals += 1;
        problem.linearize(x, &mut self.residual, &mut self.point)?;
        self.gradient.fill(T::nan());
        counts.products += 1;
        let Self {
            residual,
            gradient,
            point,
            ..
        } = self;
        problem.transposed_jacobian_times(point, residual, gradient)?;
        for gj in gradient.iter_mut() {
            *gj *= T::of(2.0);
        }
        let constant = problem.constant_norm();
        let loss = norm::squared(residual) + constant * constant;
        Ok(Evaluation::new(loss, euclidean(gradient)))
    }

    fn direction(&mut self, problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()> {
        self.solve(problem, T::zero(), delta, counts)
    }
}

impl<T, P> DampedStepSolver<T, P> for MatrixFree<T, P::Point>
where
    T: Scalar,
    P: JacobianProducts<T> + ?Sized,
{
    fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// Takes one product. [`Counts::products`] includes it with the next step.
    fn curvature(&mut self, problem: &P) -> Result<T> {
        let norm = euclidean(&self.gradient);
        if norm == T::zero() {
            return Ok(T::zero());
        }
        self.image.fill(T::nan());
        self.uncounted += 1;
        problem.jacobian_times(&mut self.point, &self.gradient, &mut self.image)?;
        let image = euclidean(&self.image) / norm;
        Ok(image * image)
    }

    fn damped_direction(
        &mut self,
        problem: &P,
        lambda: T,
        delta: &mut [T],
        counts: &mut Counts,
    ) -> Result<()> {
        self.solve(problem, lambda, delta, counts)
    }

    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T> {
        self.image.fill(T::nan());
        counts.residuals += 1;
        problem.residual(x, &mut self.image)?;
        let constant = problem.constant_norm();
        Ok(norm::squared(&self.image) + constant * constant)
    }
}
