//! Bounds on the error of a right answer.

use leastwise_core::{Method, Scalar};

/// u.
pub(crate) fn unit<T: Scalar>() -> f64 {
    T::UNIT_ROUNDOFF.as_f64()
}

/// γₖ = k·u/(1 − k·u), the worst of k rounded operations in a row (Higham, *Accuracy and Stability
/// of Numerical Algorithms*, 2nd ed., Lemma 3.1).
pub(crate) fn gamma<T: Scalar>(k: usize) -> f64 {
    let ku = k as f64 * unit::<T>();
    ku / (1.0 - ku)
}

/// ‖ΔA‖_F/‖A‖_F of a stable orthogonal factorisation of an m×n matrix, or of a few in a row:
/// 30·√(mn)·u.
///
/// The worst case of Householder QR is proportional to mn·u (Higham, Theorem 19.4); rounding errors
/// of mean zero give √(mn)·u with high probability (M. Connolly, N. Higham, *Probabilistic rounding
/// error analysis of Householder QR factorization*, SIAM J. Matrix Anal. Appl. 44 (2023)). An
/// implicit-shift or divide-and-conquer iteration on n×n adds O(n) rotations to each entry, which
/// is within √(mn) for m ≥ n. 30 is the threshold of LAPACK's own tests, there of max(m, n)·ε
/// (LAPACK Working Note 41).
pub(crate) fn stable<T: Scalar>(rows: usize, cols: usize) -> f64 {
    30.0 * ((rows * cols) as f64).sqrt() * unit::<T>()
}

/// The default rcond, max(m, n)·ε. A method for rank-deficient matrices drops singular values below
/// this, relative to σ₁.
pub(crate) fn default_rcond<T: Scalar>(rows: usize, cols: usize) -> f64 {
    rows.max(cols) as f64 * 2.0 * unit::<T>()
}

/// The sizes that the error of a least-squares solution depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// m.
    pub(crate) rows: usize,
    /// n.
    pub(crate) cols: usize,
    /// ‖A‖_F.
    pub(crate) frobenius: f64,
    /// The smallest singular value that is not zero, or a lower bound of it.
    pub(crate) smallest: f64,
    /// ‖x‖.
    pub(crate) x: f64,
    /// ‖b‖.
    pub(crate) b: f64,
    /// ‖b − A·x‖.
    pub(crate) residual: f64,
}

impl Sizes {
    /// The largest ‖x̂ − x‖ of a computed minimum-norm solution x̂ for the default rcond or a smaller
    /// one.
    pub(crate) fn forward_error<T: Scalar>(&self, method: Method) -> f64 {
        if method == Method::Cholesky {
            self.normal_equations::<T>()
        } else {
            self.orthogonal::<T>()
        }
    }

    /// x̂ is the minimum-norm solution for A + ΔA of the same rank and b + Δb, with ‖ΔA‖ ≤ η·‖A‖_F
    /// and ‖Δb‖ ≤ η·‖b‖ (Higham, Theorems 20.3 and 21.4; what is dropped for the rank is at most
    /// rcond·σ₁). Then, with δ = ‖ΔA‖/σ_r,
    ///
    /// ‖x̂ − x‖ ≤ (δ·‖x‖ + ‖Δb‖/σ_r + δ·‖r‖/σ_r)/(1 − δ) + δ·‖x‖
    ///
    /// (Björck, *Numerical Methods for Least Squares Problems*, 1996, Theorem 1.4.6).
    fn orthogonal<T: Scalar>(&self) -> f64 {
        let eta = self.eta::<T>();
        let delta = eta * self.frobenius / self.smallest;
        assert!(delta < 1.0, "the bound says nothing for {self:?}");
        let db = eta * self.b / self.smallest;
        (delta * (self.x + self.residual / self.smallest) + db) / (1.0 - delta) + delta * self.x
    }

    /// (AᵀA + ΔC)·x̂ = Aᵀb + Δc with |ΔC| ≤ γ_m·|A|ᵀ|A| + γ_{3n+1}·|L||L|ᵀ and |Δc| ≤ γ_m·|A|ᵀ|b|
    /// (Higham, §20.4), where ‖|A|ᵀ|A|‖_F ≤ ‖A‖²_F and ‖|L||L|ᵀ‖_F ≤ trace(AᵀA) = ‖A‖²_F. Hence, with
    /// δ = ‖ΔC‖/σ², ‖x̂ − x‖ ≤ (δ·‖x‖ + ‖Δc‖/σ²)/(1 − δ).
    ///
    /// A wide A gives (AAᵀ + ΔC)·ŷ = b, so that A·(x̂ − x) = −ΔC·ŷ with x̂ − x in the row space and
    /// ‖y‖ ≤ ‖x‖/σ: the same δ·‖x‖, and Aᵀ·ŷ is rounded by γ_m·‖A‖_F·‖x‖/σ.
    fn normal_equations<T: Scalar>(&self) -> f64 {
        let (long, short) = (self.rows.max(self.cols), self.rows.min(self.cols));
        let sigma = self.smallest;
        let gamma_m = gamma::<T>(long);
        let condition = self.frobenius / sigma;
        let delta = (gamma_m + gamma::<T>(3 * short + 1)) * condition * condition;
        assert!(delta < 1.0, "the bound says nothing for {self:?}");
        let dc = gamma_m * condition * (self.b / sigma).max(self.x);
        (delta * self.x + dc) / (1.0 - delta)
    }

    /// How far a reported ‖b − A·x‖ may be off: x̂ minimises ‖b + Δb − (A + ΔA)·x‖, and inserting
    /// either minimiser into either problem gives |‖r̂‖ − ‖r‖| ≤ ‖Δb‖ + ‖ΔA‖·max(‖x‖, ‖x̂‖).
    pub(crate) fn residual_error<T: Scalar>(&self, computed_x: f64) -> f64 {
        self.eta::<T>() * (self.b + self.frobenius * self.x.max(computed_x))
    }

    /// ‖ΔA‖/‖A‖_F: of the factorisations, and of what is dropped.
    pub(crate) fn eta<T: Scalar>(&self) -> f64 {
        stable::<T>(self.rows, self.cols) + default_rcond::<T>(self.rows, self.cols)
    }
}
