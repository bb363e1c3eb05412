//! The contract of linear least squares.

use std::slice::from_mut;

use crate::blocks::{self, Reduced};
use crate::perturb::{perturb, up_to_twice};
use crate::scaling::{Answer, ColumnExponents, canonical_copy, to_canonical};
use crate::{Error, Factorizations, Mat, MatRef, Method, Result, Scalar, Solution, compose, norm};

/// The method, and the threshold below which singular values count as zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstsqOptions<T> {
    /// How to solve.
    pub method: Method,
    /// Singular values at or below `rcond`·σ₁ count as zero. `None` means max(m, n)·ε. The smallest
    /// effective value is the smallest normal number divided by ε.
    pub rcond: Option<T>,
}

impl<T> LstsqOptions<T> {
    /// `method` with the default `rcond`.
    #[must_use]
    pub fn new(method: Method) -> Self {
        Self {
            method,
            rcond: None,
        }
    }
}

/// Linear least squares: minimise ‖A·X − B‖_F for A m×n of any shape and rank and B m×k.
///
/// **Minimum norm or a refusal.** If A is rank-deficient to working precision, infinitely many X
/// minimise the residual. [`Method::Svd`] and [`Method::CompleteOrthogonal`] return the X whose
/// columns have minimum norm. The other methods return [`Error::RankDeficient`]. No method returns
/// a basic solution, a wrong result or NaN as success.
///
/// **A power of two changes no bit.** Entries may have any size. Before a library sees A and the
/// columns of B, each of them is scaled to a norm between ½·√2 and √2. For 2ᵖ·A and 2^q·B the
/// answer is 2^(q−p)·X bit for bit, unless it leaves the range of `T`. Then it is
/// [`Error::Overflow`], or it is rounded if it is subnormal. Entries of A that are smaller than the
/// largest by the range of `T` count as zero.
///
/// **Tall problems.** If the backend has a size of blocks for the shape of A
/// ([`Factorizations::rows_per_block`]), A and B are read once, in blocks of rows, and A is not copied
/// ([`blocks`]). Every method but [`Method::Cholesky`] then continues with the n×n triangle.
///
/// Every function is provided and uses [`Factorizations`], so backends differ only by their
/// libraries. An adapter whose library has its own driver can override
/// [`LeastSquares::lstsq_impl`].
///
/// Sources: Å. Björck, *Numerical Methods for Least Squares Problems*, 2nd ed. (2024), chapters 2
/// and 3; LAPACK Users' Guide, 3rd ed., section 2.3.2 (xGELSD, xGELSY, xGELS).
pub trait LeastSquares<T: Scalar>: Factorizations<T> {
    /// Minimises ‖A·X − B‖_F.
    ///
    /// If an adapter finds the answer of its library wrong, it is called up to twice more with A
    /// changed by a rounding error ([`perturb`]).
    ///
    /// # Errors
    /// [`Error::Shape`] if a dimension is zero or B has not m rows, [`Error::NonFinite`],
    /// [`Error::InvalidArgument`] for an rcond outside [0, 1), [`Error::Unsupported`],
    /// [`Error::RankDeficient`], [`Error::NoConvergence`], [`Error::WrongResult`],
    /// [`Error::Overflow`].
    fn lstsq(
        &self,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        options: &LstsqOptions<T>,
    ) -> Result<Solution<T>> {
        check_request(self, (a.rows(), a.cols()), b.rows(), b.cols(), options)?;
        let in_blocks = by_blocks(self, a, b, options);
        if let Some(outcome) = in_blocks.filter(is_final) {
            return outcome;
        }
        up_to_twice(|times| {
            let (mut a, of_a) = canonical_copy("lstsq", "a", a)?;
            let mut b = b.to_mat();
            let of_b = ColumnExponents::of("lstsq", "b", &mut b)?;
            (0..times).for_each(|_| perturb(&mut a));
            solve_canonical(self, &mut a, of_a, &mut b, &of_b, options)
        })
    }

    /// Minimises ‖A·X − B‖_F and uses A and B as work space. It is meant for loops that build each
    /// problem in the storage of the previous one.
    ///
    /// The entries of A and B are unspecified afterwards. Shapes and storage are kept, unless an
    /// error is returned. Where the adapter finds its library's answer wrong there is no second
    /// attempt, because A is gone: that is [`Error::WrongResult`], after which
    /// [`LeastSquares::lstsq`] may solve what this could not.
    ///
    /// # Errors
    /// As [`LeastSquares::lstsq`].
    fn lstsq_overwriting(
        &self,
        a: &mut Mat<T>,
        b: &mut Mat<T>,
        options: &LstsqOptions<T>,
    ) -> Result<Solution<T>> {
        let (m, n, k) = (a.rows(), a.cols(), b.cols());
        check_request(self, (m, n), b.rows(), k, options)?;
        let in_blocks = by_blocks(self, a.as_ref(), b.as_ref(), options);
        if let Some(outcome) = in_blocks.filter(is_final) {
            return outcome;
        }
        let of_a = to_canonical("lstsq", "a", a)?;
        let of_b = ColumnExponents::of("lstsq", "b", b)?;
        let solution = solve_canonical(self, a, of_a, b, &of_b, options)?;
        a.reshape_for_overwrite(m, n);
        b.reshape_for_overwrite(m, k);
        Ok(solution)
    }

    /// Minimises ‖A·x − b‖² + ‖diag(d)·x‖² for each column b of B. This is the damped problem of
    /// Levenberg-Marquardt and of ridge regression.
    ///
    /// It is solved as min ‖[A; diag(d)]·X − [B; 0]‖_F. This does not square the condition number,
    /// as AᵀA + diag(d)² would. Any shape of A is allowed. If every d is large enough relative to
    /// σ₁(A), the stacked matrix has full rank and every method applies. The reported residual
    /// norms are those of the stacked problem.
    ///
    /// # Errors
    /// As [`LeastSquares::lstsq`]; [`Error::Shape`] if d has not n entries.
    fn lstsq_damped(
        &self,
        a: MatRef<'_, T>,
        d: &[T],
        b: MatRef<'_, T>,
        options: &LstsqOptions<T>,
    ) -> Result<Solution<T>> {
        let (m, n) = (a.rows(), a.cols());
        if d.len() != n {
            let detail = format!(
                "must have {n} entries for a {m}x{n}, but it has {}",
                d.len()
            );
            return Err(Error::Shape {
                operation: "lstsq_damped",
                argument: "d",
                detail,
            });
        }
        check_request(self, (m, n), b.rows(), b.cols(), options)?;
        norm::max_abs_finite("lstsq_damped", "d", MatRef::from_column(d))?;
        norm::max_abs_finite("lstsq_damped", "a", a)?;
        norm::max_abs_finite("lstsq_damped", "b", b)?;
        let stacked = || {
            let entry = |i: usize, j: usize| match i.checked_sub(m) {
                None => a[(i, j)],
                Some(k) if k == j => d[j],
                Some(_) => T::zero(),
            };
            let side = |i, j| if i < m { b[(i, j)] } else { T::zero() };
            (
                Mat::from_fn(m + n, n, entry),
                Mat::from_fn(m + n, b.cols(), side),
            )
        };
        let (mut stacked_a, mut stacked_b) = stacked();
        match self.lstsq_overwriting(&mut stacked_a, &mut stacked_b, options) {
            Err(Error::WrongResult { .. }) => {
                // This tries once more with A changed by a rounding error.
                let (stacked_a, stacked_b) = stacked();
                self.lstsq(stacked_a.as_ref(), stacked_b.as_ref(), options)
            }
            outcome => outcome,
        }
    }

    /// Does the work of [`LeastSquares::lstsq`]. The shapes match, the entries are finite and of
    /// moderate size, and A is not zero.
    ///
    /// `rcond` is relative to the largest singular value. The function may overwrite A and B and
    /// change their shapes. The caller uses their storage again.
    ///
    /// # Errors
    /// As [`LeastSquares::lstsq`].
    fn lstsq_impl(
        &self,
        a: &mut Mat<T>,
        b: &mut Mat<T>,
        method: Method,
        rcond: T,
    ) -> Result<Solution<T>> {
        compose::lstsq(self, a, b, method, rcond)
    }
}

fn check_request<T: Scalar, B: LeastSquares<T> + ?Sized>(
    backend: &B,
    (m, n): (usize, usize),
    b_rows: usize,
    b_cols: usize,
    options: &LstsqOptions<T>,
) -> Result<()> {
    let shape = |argument, detail| {
        Err(Error::Shape {
            operation: "lstsq",
            argument,
            detail,
        })
    };
    if m == 0 || n == 0 {
        return shape(
            "a",
            format!("must have at least one row and one column, but it is {m}x{n}"),
        );
    }
    if b_rows != m {
        return shape(
            "b",
            format!("must have {m} rows for a {m}x{n}, but it is {b_rows}x{b_cols}"),
        );
    }
    if b_cols == 0 {
        return shape(
            "b",
            format!("must have at least one column, but it is {b_rows}x{b_cols}"),
        );
    }
    if let Some(rcond) = options.rcond
        && !(rcond >= T::zero() && rcond < T::one())
    {
        return Err(Error::InvalidArgument {
            operation: "lstsq",
            argument: "rcond",
            detail: format!("must be at least 0 and less than 1, but it is {rcond}"),
        });
    }
    let info = backend.info();
    if !info.has(options.method) {
        return Err(Error::Unsupported {
            operation: options.method.name(),
            backend: info.engine,
        });
    }
    Ok(())
}

/// Solves a tall problem in blocks of rows; `None` if blocks do not pay for the backend.
fn by_blocks<T: Scalar, B: LeastSquares<T> + ?Sized>(
    backend: &B,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    options: &LstsqOptions<T>,
) -> Option<Result<Solution<T>>> {
    let (m, n) = (a.rows(), a.cols());
    // No other method begins with the QR factorisation of A.
    let begins_with_qr = match options.method {
        Method::Svd | Method::CompleteOrthogonal => m > n,
        Method::Qr => m >= n,
        Method::Cholesky => false,
    };
    if !begins_with_qr {
        return None;
    }
    let rows = backend.rows_per_block(m, n)?;
    let reduced = blocks::reduce("lstsq", backend, a, b, rows);
    Some(reduced.and_then(|reduced| solve_reduced(backend, reduced, m, options)))
}

/// Solves min ‖R·X − C‖_F for the triangle of m rows.
fn solve_reduced<T: Scalar, B: LeastSquares<T> + ?Sized>(
    backend: &B,
    reduced: Reduced<T>,
    m: usize,
    options: &LstsqOptions<T>,
) -> Result<Solution<T>> {
    let Reduced {
        mut r,
        c,
        residual_norms,
        of_a,
        of_b,
    } = reduced;
    let rcond = rcond(options, m.max(r.cols()));
    let answer = Answer::of(backend, "lstsq");
    answer.finite("r", r.data())?;
    answer.finite("c", c.data())?;
    // The scale is that of the largest block; the norm of R is larger by up to the root of their
    // number.
    let of_r = to_canonical("lstsq", "r", &mut r)?;
    let solution = match of_a.zip(of_r) {
        Some(_) => {
            let triangle = (r, c, residual_norms);
            compose::triangularized(backend, triangle, options.method, rcond)?
        }
        None => zero_matrix((m, r.cols()), residual_norms, options.method, rcond)?,
    };
    let power = of_a.unwrap_or(0) + of_r.unwrap_or(0);
    restore(backend, solution, power, |j| of_b[j])
}

/// Whether there is no second attempt with another factorisation.
fn is_final<T>(outcome: &Result<Solution<T>>) -> bool {
    !matches!(outcome, Err(Error::WrongResult { .. }))
}

/// Solves min ‖A·X − B‖_F for A and the columns of B in canonical scale. The exponents scale the
/// answer back.
fn solve_canonical<T: Scalar, B: LeastSquares<T> + ?Sized>(
    backend: &B,
    a: &mut Mat<T>,
    of_a: Option<i32>,
    b: &mut Mat<T>,
    of_b: &ColumnExponents,
    options: &LstsqOptions<T>,
) -> Result<Solution<T>> {
    let (m, n) = (a.rows(), a.cols());
    let rcond = rcond(options, m.max(n));
    let solution = if of_a.is_some() {
        backend.lstsq_impl(a, b, options.method, rcond)?
    } else {
        let norms = (0..b.cols()).map(|j| norm::euclidean(b.col(j))).collect();
        zero_matrix((m, n), norms, options.method, rcond)?
    };
    restore(backend, solution, of_a.unwrap_or(0), |j| of_b.get(j))
}

/// The threshold relative to σ₁, where `size` is max(m, n).
fn rcond<T: Scalar>(options: &LstsqOptions<T>, size: usize) -> T {
    let rcond = options.rcond.unwrap_or(T::of(size as f64) * T::EPSILON);
    // Subnormal singular values of a matrix of norm 1 have lost their digits, and quotients overflow.
    rcond.max(T::min_positive_value() / T::EPSILON)
}

/// The solution for 2ᵖ·A and 2^q·b from that for A and each column b of B: x is 2^(q−p)·x̂.
fn restore<T: Scalar, B: LeastSquares<T> + ?Sized>(
    backend: &B,
    mut solution: Solution<T>,
    of_a: i32,
    of_b: impl Fn(usize) -> i32,
) -> Result<Solution<T>> {
    let answer = Answer::of(backend, "lstsq");
    for j in 0..solution.x.cols() {
        answer.restore("x", solution.x.col_mut(j), of_b(j) - of_a)?;
    }
    for (j, norm) in solution.residual_norms.iter_mut().flatten().enumerate() {
        answer.restore("residual_norms", from_mut(norm), of_b(j))?;
    }
    if let Some(values) = &mut solution.singular_values {
        answer.restore("singular_values", values, of_a)?;
    }
    Ok(solution)
}

/// X = 0 is the minimum-norm solution. No factorisation is called, because some return NaN here.
fn zero_matrix<T: Scalar>(
    (m, n): (usize, usize),
    residual_norms: Vec<T>,
    method: Method,
    rcond: T,
) -> Result<Solution<T>> {
    if !method.handles_rank_deficiency() {
        return Err(Error::RankDeficient {
            operation: "lstsq",
            method,
            reciprocal_condition: 0.0,
            threshold: rcond.as_f64(),
        });
    }
    Ok(Solution {
        x: Mat::zeros(n, residual_norms.len()),
        rank: 0,
        method,
        residual_norms: Some(residual_norms),
        singular_values: (method == Method::Svd).then(|| vec![T::zero(); n.min(m)]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_parses_by_its_own_name_only() {
        for method in Method::ALL {
            assert_eq!(method.name().parse(), Ok(method));
        }
        assert_eq!(
            "lu".parse::<Method>().unwrap_err().to_string(),
            "unknown method \"lu\"; the methods are svd, complete-orthogonal, qr, cholesky"
        );
    }
}
