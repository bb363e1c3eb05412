//! LSMR: min ‖A·x − b‖² + λ·‖x‖² by products with A and Aᵀ.
//!
//! Source: D. C.-L. Fong, M. A. Saunders, *LSMR: An iterative algorithm for sparse least-squares problems*,
//! SIAM J. Sci. Comput. 33 (2011), pp. 2950–2971. This code uses its algorithm for regularised least squares,
//! its recurrences for the norms, its stopping rules S1 and S2, and its reorthogonalisation of V only. λ here
//! is the square of theirs. The method is MINRES on the normal equations, so ‖Aᵀr‖ decreases with every
//! iteration.

use leastwise_core::norm::{dot, euclidean, max_abs_finite};
use leastwise_core::{Error, MatRef, Result, Scalar};

const OPERATION: &str = "lsmr";

/// A matrix A, given by its products.
pub(super) trait Operator<T> {
    /// Writes A·v to all entries of `av`.
    fn times(&mut self, v: &[T], av: &mut [T]) -> Result<()>;
    /// Writes Aᵀ·u to all entries of `atu`.
    fn transposed_times(&mut self, u: &[T], atu: &mut [T]) -> Result<()>;
}

/// The reason why LSMR stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LsmrStop {
    /// Aᵀ·b = 0, so x = 0 is the solution.
    Zero,
    /// S1: the system is compatible, and ‖r‖ is at most btol·‖b‖ + atol·‖A‖·‖x‖.
    Compatible,
    /// S2: ‖Aᵀr‖ is at most atol·‖A‖·‖r‖, for the r and A of the damped problem.
    LeastSquares,
    /// The iteration limit was reached. The last x is the best one.
    IterationLimit,
}

/// The stopping rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits<T> {
    pub(super) atol: T,
    pub(super) btol: T,
    pub(super) iterations: usize,
}

/// The result. After one product with Aᵀ, each iteration takes one product with A and one with Aᵀ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) iterations: usize,
    pub(super) stop: LsmrStop,
}

/// The work space.
#[derive(Clone, Debug, Default)]
pub(super) struct Lsmr<T> {
    /// u and A·v.
    u: Vec<T>,
    av: Vec<T>,
    /// v and Aᵀ·u.
    v: Vec<T>,
    atu: Vec<T>,
    h: Vec<T>,
    h_bar: Vec<T>,
    /// The last vectors v. At most `window` of them are kept; then the oldest is overwritten.
    basis: Vec<T>,
    window: usize,
}

impl<T: Scalar> Lsmr<T> {
    /// Allocates for an m×n matrix, and for `window` vectors of the reorthogonalisation.
    pub(super) fn reshape(&mut self, m: usize, n: usize, window: usize) -> Result<()> {
        for vector in [&mut self.u, &mut self.av] {
            vector.resize(m, T::zero());
        }
        for vector in [&mut self.v, &mut self.atu, &mut self.h, &mut self.h_bar] {
            vector.resize(n, T::zero());
        }
        self.basis.clear();
        self.window = window;
        // The memory is reserved but not written, so it is used only as iterations need it.
        let reserved = n
            .checked_mul(window)
            .is_some_and(|count| self.basis.try_reserve_exact(count).is_ok());
        if reserved {
            return Ok(());
        }
        Err(Error::InvalidArgument {
            operation: OPERATION,
            argument: "window",
            detail: format!(
                "must be so small that {window} vectors of {n} entries fit into memory for the reorthogonalisation"
            ),
        })
    }

    /// Writes to `x` the minimiser of ‖A·x − b‖² + λ·‖x‖². For λ = 0, it is the one of minimum norm, because
    /// all iterates are combinations of vectors Aᵀ·u.
    pub(super) fn solve(
        &mut self,
        a: &mut impl Operator<T>,
        b: &[T],
        lambda: T,
        limits: &Limits<T>,
        x: &mut [T],
    ) -> Result<Outcome> {
        x.fill(T::zero());
        self.u.copy_from_slice(b);
        let beta = normalize("b", &mut self.u)?;
        a.transposed_times(&self.u, &mut self.v)?;
        let alpha = normalize("Aᵀ·u", &mut self.v)?;
        if alpha == T::zero() {
            return Ok(Outcome {
                iterations: 0,
                stop: LsmrStop::Zero,
            });
        }
        let outcome = self.iterate(a, alpha, lambda.sqrt(), limits, x)?;
        for xi in x {
            *xi *= beta;
        }
        Ok(outcome)
    }

    /// Computes the solution for b/‖b‖ = u, so that no square of a small b underflows.
    fn iterate(
        &mut self,
        a: &mut impl Operator<T>,
        mut alpha: T,
        damping: T,
        limits: &Limits<T>,
        x: &mut [T],
    ) -> Result<Outcome> {
        let done = |iterations, stop| Ok(Outcome { iterations, stop });
        self.h.copy_from_slice(&self.v);
        self.h_bar.fill(T::zero());
        self.basis.clear();
        self.remember(0);
        let mut rotations = Rotations::new(alpha, damping);
        let mut residual = ResidualNorm::new();
        for k in 1..=limits.iterations {
            let beta = self.next_u(a, alpha)?;
            alpha = self.next_v(a, beta, k)?;
            let step = rotations.advance(alpha, beta);
            if !step.is_finite() {
                return Err(Error::Overflow {
                    operation: OPERATION,
                    result: format!("the solution after iteration {k}"),
                    scalar: T::NAME,
                });
            }
            self.update(&step, x);
            let (r, gradient) = (residual.advance(&step), rotations.gradient());
            let error = limits.atol * rotations.norm;
            if r <= limits.btol + error * euclidean(x) {
                return done(k, LsmrStop::Compatible);
            }
            if gradient <= error * r {
                return done(k, LsmrStop::LeastSquares);
            }
        }
        done(limits.iterations, LsmrStop::IterationLimit)
    }

    fn update(&mut self, step: &Step<T>, x: &mut [T]) {
        let Self { h, h_bar, v, .. } = self;
        for (((h_bar, h), xi), &vi) in h_bar.iter_mut().zip(h).zip(x).zip(&*v) {
            *h_bar = *h - step.h_bar * *h_bar;
            *xi += step.x * *h_bar;
            *h = vi - step.h * *h;
        }
    }

    /// β·u ← A·v − α·u
    fn next_u(&mut self, a: &mut impl Operator<T>, alpha: T) -> Result<T> {
        a.times(&self.v, &mut self.av)?;
        for (ui, &avi) in self.u.iter_mut().zip(&self.av) {
            *ui = avi - alpha * *ui;
        }
        normalize("A·v", &mut self.u)
    }

    /// α·v ← Aᵀ·u − β·v, for iteration `k`.
    fn next_v(&mut self, a: &mut impl Operator<T>, beta: T, k: usize) -> Result<T> {
        a.transposed_times(&self.u, &mut self.atu)?;
        for (vi, &atui) in self.v.iter_mut().zip(&self.atu) {
            *vi = atui - beta * *vi;
        }
        for known in self.basis.chunks_exact(self.v.len()) {
            let along = dot(known, &self.v);
            for (vi, &ki) in self.v.iter_mut().zip(known) {
                *vi -= along * ki;
            }
        }
        let alpha = normalize("Aᵀ·u", &mut self.v)?;
        self.remember(k);
        Ok(alpha)
    }

    /// Stores v as the basis vector of iteration `k`.
    fn remember(&mut self, k: usize) {
        let n = self.v.len();
        if self.basis.len() < n * self.window {
            self.basis.extend_from_slice(&self.v);
        } else if self.window > 0 {
            self.basis[k % self.window * n..][..n].copy_from_slice(&self.v);
        }
    }
}

/// Divides `x` by its norm, and returns the norm. A zero vector does not change.
fn normalize<T: Scalar>(argument: &'static str, x: &mut [T]) -> Result<T> {
    let norm = euclidean(x);
    if !norm.is_finite() {
        max_abs_finite(OPERATION, argument, MatRef::from_column(x))?;
        return Err(Error::InvalidArgument {
            operation: OPERATION,
            argument,
            detail: format!("must have a norm in the range of {}", T::NAME),
        });
    }
    if norm > T::zero() {
        for xi in x {
            *xi /= norm;
        }
    }
    Ok(norm)
}

/// The rotations that make the bidiagonal matrix triangular, in two stages.
struct Rotations<T> {
    /// √λ
    damping: T,
    /// ᾱ of the next iteration.
    alpha_bar: T,
    rho: T,
    rho_bar: T,
    cos_bar: T,
    sin_bar: T,
    /// ζ̄. Up to its sign, it is ‖Āᵀ·r̄‖.
    zeta_bar: T,
    /// ‖B‖_F with the damping. It is at most ‖Ā‖_F while the vectors are orthogonal.
    norm: T,
}

/// The numbers of one iteration, with their names in the paper.
struct Step<T> {
    /// θ̄·ρ/(ρ₋·ρ̄₋)
    h_bar: T,
    /// ζ/(ρ·ρ̄)
    x: T,
    /// θ/ρ
    h: T,
    cos_hat: T,
    sin_hat: T,
    cos: T,
    sin: T,
    theta_bar: T,
    rho_bar: T,
    zeta: T,
}

impl<T: Scalar> Step<T> {
    fn is_finite(&self) -> bool {
        self.h_bar.is_finite() && self.x.is_finite() && self.h.is_finite()
    }
}

impl<T: Scalar> Rotations<T> {
    fn new(alpha: T, damping: T) -> Self {
        Self {
            damping,
            alpha_bar: alpha,
            rho: T::one(),
            rho_bar: T::one(),
            cos_bar: T::one(),
            sin_bar: T::zero(),
            zeta_bar: alpha,
            norm: alpha,
        }
    }

    fn advance(&mut self, alpha: T, beta: T) -> Step<T> {
        let (cos_hat, sin_hat, alpha_hat) = rotation(self.alpha_bar, self.damping);
        let (cos, sin, rho) = rotation(alpha_hat, beta);
        let theta = sin * alpha;
        self.alpha_bar = cos * alpha;

        let theta_bar = self.sin_bar * rho;
        let (cos_bar, sin_bar, rho_bar) = rotation(self.cos_bar * rho, theta);
        let zeta = cos_bar * self.zeta_bar;
        let step = Step {
            h_bar: (theta_bar / self.rho) * (rho / self.rho_bar),
            x: zeta / rho / rho_bar,
            h: theta / rho,
            cos_hat,
            sin_hat,
            cos,
            sin,
            theta_bar,
            rho_bar,
            zeta,
        };
        self.zeta_bar = -sin_bar * self.zeta_bar;
        (self.rho, self.rho_bar) = (rho, rho_bar);
        (self.cos_bar, self.sin_bar) = (cos_bar, sin_bar);
        self.norm = self.norm.hypot(self.damping).hypot(alpha.hypot(beta));
        step
    }

    fn gradient(&self) -> T {
        self.zeta_bar.abs()
    }
}

/// ‖r̄‖ of the damped problem.
struct ResidualNorm<T> {
    /// β̈
    beta_dd: T,
    /// β̇
    beta_d: T,
    /// ρ̇ of the last iteration.
    rho_dot: T,
    /// τ̃ of the iteration before the last one.
    tau_tilde: T,
    /// θ̃
    theta_tilde: T,
    /// ζ of the last iteration.
    zeta: T,
    /// Σβ̌²
    damped: T,
}

impl<T: Scalar> ResidualNorm<T> {
    fn new() -> Self {
        Self {
            beta_dd: T::one(),
            beta_d: T::zero(),
            rho_dot: T::one(),
            tau_tilde: T::zero(),
            theta_tilde: T::zero(),
            zeta: T::zero(),
            damped: T::zero(),
        }
    }

    fn advance(&mut self, step: &Step<T>) -> T {
        let beta_acute = step.cos_hat * self.beta_dd;
        let beta_check = -step.sin_hat * self.beta_dd;
        let beta_hat = step.cos * beta_acute;
        self.beta_dd = -step.sin * beta_acute;

        let (cos_tilde, sin_tilde, rho_tilde) = rotation(self.rho_dot, step.theta_bar);
        let theta_tilde = sin_tilde * step.rho_bar;
        self.rho_dot = cos_tilde * step.rho_bar;
        self.beta_d = cos_tilde * beta_hat - sin_tilde * self.beta_d;
        self.tau_tilde = (self.zeta - self.theta_tilde * self.tau_tilde) / rho_tilde;
        let tau_dot = (step.zeta - theta_tilde * self.tau_tilde) / self.rho_dot;
        (self.theta_tilde, self.zeta) = (theta_tilde, step.zeta);

        self.damped += beta_check * beta_check;
        let gap = self.beta_d - tau_dot;
        (self.damped + gap * gap + self.beta_dd * self.beta_dd).sqrt()
    }
}

/// The cosine and sine that turn (a, b) into (ρ, 0), and ρ = √(a² + b²).
fn rotation<T: Scalar>(a: T, b: T) -> (T, T, T) {
    let rho = a.hypot(b);
    (a / rho, b / rho, rho)
}
