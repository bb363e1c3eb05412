//! The factorisations that least squares and the structured Levenberg-Marquardt step use.
//!
//! An adapter implements the required `_impl` functions with the routines of its library. They may
//! overwrite their matrices. The functions that users call are provided. They check their
//! arguments, reduce the problem to those routines, and are the same for every backend.

use std::slice::from_mut;

use crate::perturb::{or_perturbed, perturb, up_to_twice};
use crate::power::{by_power_of_two, exponent_above};
use crate::scaling::{Answer, ColumnExponents, canonical_copy, to_canonical};
use crate::stack::Stack;
use crate::{Error, Mat, MatMul, MatMut, MatRef, Result, Scalar, Workspace, norm};

pub use crate::factors::{Eigen, PivotedQr, QrFactors, Svd, Triangle, Triangularized};

/// Factorisations of dense matrices.
///
/// Every provided function refuses a matrix without rows or columns ([`Error::Shape`]), and a
/// matrix with a NaN or an infinity ([`Error::NonFinite`]). Libraries loop for ever on such
/// matrices or return wrong results. If an adapter finds the SVD of its library wrong, it is called
/// up to twice more with A changed by a rounding error ([`perturb`]).
///
/// **A power of two changes no bit.** Entries may have any size. The problem is scaled by a power
/// of two, so that the library sees a norm between ½·√2 and √2. The answer is then scaled back. QR
/// scales column by column, and Cholesky scales rows and columns, because their errors are relative
/// to each column or diagonal entry. SVD and eigendecompositions scale A as a whole. Entries
/// smaller than σ₁ by the range of `T` count as zero. A result that is not finite is never returned
/// as success. A result beyond the range is [`Error::Overflow`].
///
/// Sources: G. Golub, C. Van Loan, *Matrix Computations*, 4th ed., chapters 5 and 8.
pub trait Factorizations<T: Scalar>: MatMul<T> {
    /// Householder QR without pivoting; rows ≥ cols ≥ 1, entries finite.
    ///
    /// It must be backward stable: Q₁·R = A + ΔA with ‖ΔA‖_F a small multiple of u·‖A‖_F, for
    /// rank-deficient A too.
    ///
    /// # Errors
    /// What the library reports.
    fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>>;

    /// QR of A and Q₁ᵀB; rows ≥ cols ≥ 1, entries finite. The same bound as for
    /// [`Factorizations::qr_impl`].
    ///
    /// # Errors
    /// What the library reports.
    fn triangularize_impl(&self, a: Mat<T>, b: Mat<T>) -> Result<Triangularized<T>>;

    /// The rows of the blocks in which least squares reduce a tall A of m×n
    /// ([`blocks`](crate::blocks)), or `None` if the library is faster with all rows at once.
    ///
    /// It must follow from m and n only, and never from the machine, because block boundaries decide
    /// rounding.
    fn rows_per_block(&self, m: usize, n: usize) -> Option<usize> {
        let _ = (m, n);
        None
    }

    /// Multiplies a stack from the left by an orthogonal matrix that makes its first n columns upper
    /// triangular. The entries are finite and at most about √m in size, and the first n columns are
    /// not zero.
    ///
    /// Afterwards the first n rows are \[R C\], with zeros below the diagonal of R, and
    /// [`Stack::outside`] is the norm of the rows below C for each column. The entries below the first
    /// n rows are unspecified. The same bound as for [`Factorizations::qr_impl`].
    ///
    /// The provided function uses [`Factorizations::triangularize_impl`], which allocates.
    ///
    /// # Errors
    /// What the library reports.
    fn reduce_stack_impl(&self, stack: &mut Stack<T>, workspace: &mut Workspace) -> Result<()> {
        let _ = workspace;
        let (a, b) = stack.copies();
        let split = self.triangularize_impl(a, b)?;
        stack.set(&split.r, &split.c, &split.residual_norms);
        Ok(())
    }

    /// QR with column pivoting of a square A, and QᵀC; entries finite.
    ///
    /// Pivoting must bound the trailing block by the pivot: ‖R[k.., k..]‖_F ≤ (n − k)·|R[k, k]|.
    /// This holds both for pivoting on the largest column norm and for pivoting on the largest
    /// entry.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the library has no such factorisation, and the errors of the
    /// library.
    fn pivoted_qr_impl(&self, a: Mat<T>, c: Mat<T>) -> Result<PivotedQr<T>>;

    /// Thin SVD of a square A, singular values in descending order; entries finite.
    ///
    /// # Errors
    /// [`Error::NoConvergence`], and [`Error::WrongResult`] if the adapter finds its library's
    /// answer wrong.
    fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>>;

    /// Thin SVD of A with rows ≥ cols ≥ 1 and finite entries of moderate size, written to the
    /// storage of `svd`; A may be overwritten.
    ///
    /// The provided function uses the factorisations above, which allocate. If the library takes
    /// its work space from the caller, an adapter keeps this space in `workspace`. It then
    /// allocates nothing from the second call on.
    ///
    /// # Errors
    /// As [`Factorizations::svd_impl`].
    fn svd_overwriting_impl(
        &self,
        a: &mut Mat<T>,
        svd: &mut Svd<T>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        let _ = workspace;
        *svd = tall_svd(self, a)?;
        Ok(())
    }

    /// Writes R of A to the upper triangle of A, for rows ≥ cols ≥ 1 and finite entries of moderate
    /// size. Rows below the triangle may be removed. The same bound as for
    /// [`Factorizations::qr_impl`].
    ///
    /// The provided function uses [`Factorizations::qr_impl`], which allocates. If the library
    /// takes its work space from the caller, an adapter keeps this space in `workspace`. It then
    /// allocates nothing from the second call on.
    ///
    /// # Errors
    /// What the library reports.
    fn r_overwriting_impl(&self, a: &mut Mat<T>, workspace: &mut Workspace) -> Result<()> {
        let _ = workspace;
        *a = self.qr_impl(std::mem::take(a))?.r();
        Ok(())
    }

    /// As [`Factorizations::r_overwriting_impl`] for A = [B C], where only the first `count` columns B need a triangle. The
    /// others need only be multiplied by Q₁ᵀ.
    ///
    /// The provided function makes a triangle of all columns.
    ///
    /// # Errors
    /// What the library reports.
    fn leading_r_overwriting_impl(
        &self,
        a: &mut Mat<T>,
        count: usize,
        workspace: &mut Workspace,
    ) -> Result<()> {
        let _ = count;
        self.r_overwriting_impl(a, workspace)
    }

    /// As [`Factorizations::svd_overwriting_impl`], without U.
    ///
    /// # Errors
    /// As [`Factorizations::svd_impl`].
    fn right_svd_overwriting_impl(
        &self,
        a: &mut Mat<T>,
        svd: &mut Svd<T>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        let _ = workspace;
        let r = if a.rows() == a.cols() {
            a.clone()
        } else {
            self.qr_impl(a.clone())?.r()
        };
        let Svd { s, v, .. } = tall_svd(self, &r)?;
        (svd.s, svd.v) = (s, v);
        Ok(())
    }

    /// Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric A; entries finite.
    ///
    /// # Errors
    /// [`Error::NoConvergence`], and [`Error::WrongResult`] if the adapter finds its library's
    /// answer wrong.
    fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>>;

    /// The lower triangular L with L·Lᵀ = A, zeros above its diagonal; only the lower triangle of A
    /// is meaningful.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`].
    fn cholesky_impl(&self, a: Mat<T>) -> Result<Mat<T>>;

    /// X ← T⁻¹·X for a square triangular T without zeros on its diagonal, of which only `triangle`
    /// is read.
    ///
    /// # Errors
    /// What the library reports.
    fn solve_triangular_impl(
        &self,
        t: MatRef<'_, T>,
        triangle: Triangle,
        x: MatMut<'_, T>,
    ) -> Result<()>;

    /// A = Q₁·R for A m×n with m ≥ n. Backward stable column by column.
    ///
    /// # Errors
    /// [`Error::Shape`] if m < n or n = 0, [`Error::NonFinite`], [`Error::Overflow`] if R exceeds the
    /// range of `T`, [`Error::WrongResult`] if the library's R is not finite, and what it reports.
    fn qr(&self, a: MatRef<'_, T>) -> Result<Box<dyn QrFactors<T>>> {
        const OPERATION: &str = "qr";
        if a.rows() < a.cols() {
            return Err(shape(OPERATION, "a", "at least as many rows as columns", a));
        }
        nonempty(OPERATION, "a", a)?;
        let mut a = a.to_mat();
        let exponents = ColumnExponents::of(OPERATION, "a", &mut a)?;
        let factors = self.qr_impl(a)?;
        let answer = Answer::of(self, OPERATION);
        let mut r = factors.r();
        restore_triangle(answer, &mut r, &exponents)?;
        let engine = answer.engine;
        Ok(Box::new(Restored { factors, r, engine }))
    }

    /// Computes R, Q₁ᵀB and the norms of the parts of B outside the range of Q₁, for A = Q₁·R m×n
    /// with m ≥ n and B m×k. For every X n×k, ‖A·X − B‖²_F is ‖R·X − Q₁ᵀB‖²_F plus the squares of
    /// those norms.
    ///
    /// A may be rank-deficient. The function is backward stable: the answer is exact for A + ΔA and
    /// B + ΔB, where ‖ΔA‖_F and ‖ΔB‖_F are small multiples of u·‖A‖_F and u·‖B‖_F.
    ///
    /// ```
    /// use leastwise_core::{Backend, MatRef, Result};
    ///
    /// /// How far b is from the multiples of a, and the multiple that is nearest.
    /// fn nearest(backend: &dyn Backend<f64>, a: &[f64], b: &[f64]) -> Result<(f64, f64)> {
    ///     let (a, b) = (MatRef::from_column(a), MatRef::from_column(b));
    ///     let split = backend.triangularize(a, b)?;
    ///     Ok((split.residual_norms[0], split.c[(0, 0)] / split.r[(0, 0)]))
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if m < n, n = 0, k = 0 or B has not m rows, [`Error::NonFinite`],
    /// [`Error::Overflow`] if R, Q₁ᵀB or a norm exceeds the range of `T`, [`Error::WrongResult`] if
    /// the library's answer is not finite, and what it reports.
    fn triangularize(&self, a: MatRef<'_, T>, b: MatRef<'_, T>) -> Result<Triangularized<T>> {
        const OPERATION: &str = "triangularize";
        if a.rows() < a.cols() {
            return Err(shape(OPERATION, "a", "at least as many rows as columns", a));
        }
        if a.rows() != b.rows() {
            let needed = format!("{} rows, as a has", a.rows());
            return Err(shape(OPERATION, "b", &needed, b));
        }
        nonempty(OPERATION, "a", a)?;
        nonempty(OPERATION, "b", b)?;
        up_to_twice(|times| {
            let (mut a, mut b) = (a.to_mat(), b.to_mat());
            let exponents = (
                ColumnExponents::of(OPERATION, "a", &mut a)?,
                ColumnExponents::of(OPERATION, "b", &mut b)?,
            );
            (0..times).for_each(|_| perturb(&mut a));
            triangularize_canonical(self, a, b, &exponents)
        })
    }

    /// Overwrites the upper triangle of A, m×n with m ≥ n, by R of A = Q₁·R. It is meant for loops
    /// that factorise many matrices of the same shape.
    ///
    /// For A = [B C], the result is [R Q₁ᵀC; 0 S] for the Q₁ of B. The columns of S have the norms
    /// of the columns of C outside the range of B. The function is backward stable column by
    /// column, like Householder QR. Afterwards, entries below the diagonal are unspecified, and
    /// rows below the n-th may be removed. If the caller passes the same `workspace` again, most
    /// backends allocate nothing.
    ///
    /// ```
    /// use leastwise_core::{Backend, Mat, Result, Workspace};
    /// /// ‖a·x − b‖ at its minimum, for A = [a b].
    /// fn distance(backend: &dyn Backend<f64>, a: &mut Mat<f64>) -> Result<f64> {
    ///     backend.r_overwriting(a, &mut Workspace::default())?;
    ///     Ok(a[(1, 1)].abs())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if m < n or n = 0, [`Error::NonFinite`], [`Error::Overflow`] if R exceeds the range
    /// of `T`, [`Error::WrongResult`] if the library's answer is not finite, and what it reports.
    fn r_overwriting(&self, a: &mut Mat<T>, workspace: &mut Workspace) -> Result<()> {
        const OPERATION: &str = "r_overwriting";
        refuse_wide(OPERATION, a)?;
        // Taken out of the workspace, because the adapter needs the whole workspace.
        let mut exponents = std::mem::take(&mut workspace.exponents);
        let outcome = exponents.take(OPERATION, "a", a).and_then(|()| {
            if exponents.all_zero {
                // Some libraries return NaN for zeros.
                return Ok(());
            }
            self.r_overwriting_impl(a, workspace)?;
            let answer = Answer::of(self, OPERATION);
            restore_triangle(answer, a, &exponents)
        });
        workspace.exponents = exponents;
        outcome
    }

    /// Overwrites the first n rows of A = [B C], for the first n columns B, by [R Q₁ᵀC], where B = Q₁·R. The columns of A
    /// must have length 1 to rounding, or 0. So they need no scaling, which is a part of the time of a small factorisation.
    ///
    /// It is meant for loops that have to scale the columns anyway. Otherwise as
    /// [`r_overwriting`](Factorizations::r_overwriting), except that S is not computed.
    ///
    /// # Errors
    /// [`Error::Shape`] if A has fewer rows than columns or no column, or `n` is 0 or larger than the number of columns.
    /// [`Error::WrongResult`] if the result is not finite, and what the library reports.
    fn leading_r_of_normalized(
        &self,
        a: &mut Mat<T>,
        n: usize,
        workspace: &mut Workspace,
    ) -> Result<()> {
        const OPERATION: &str = "leading_r_of_normalized";
        refuse_wide(OPERATION, a)?;
        if n == 0 || n > a.cols() {
            let needed = "at least as many columns as there are in R, which has at least one";
            return Err(shape(OPERATION, "a", needed, a.as_ref()));
        }
        self.leading_r_overwriting_impl(a, n, workspace)?;
        if is_upper_trapezoid_finite(a, n) {
            return Ok(());
        }
        let answer = Answer::of(self, OPERATION);
        let mut columns = 0..a.cols();
        columns.try_for_each(|j| answer.finite("r", &a.col(j)[..n.min(j + 1)]))
    }

    /// The thin SVD A = U·diag(s)·Vᵀ for A of any shape. If A is not square, QR comes first, then
    /// the library's SVD of the triangular factor.
    ///
    /// # Errors
    /// [`Error::Shape`] if a dimension is zero, [`Error::NonFinite`], [`Error::NoConvergence`],
    /// [`Error::Overflow`] if σ₁ exceeds the range of `T`, [`Error::WrongResult`].
    fn svd(&self, a: MatRef<'_, T>) -> Result<Svd<T>> {
        nonempty("svd", "a", a)?;
        if a.rows() < a.cols() {
            let transposed = self.svd(a.transpose()).map_err(|error| match error {
                // The entry of A, and not of its transpose.
                Error::NonFinite { .. } => norm::first_non_finite("svd", "a", a),
                other => other,
            });
            return transposed.map(|Svd { u, s, v }| Svd { u: v, s, v: u });
        }
        let (a, exponent) = canonical_copy("svd", "a", a)?;
        let mut svd = tall_svd(self, &a)?;
        let answer = Answer::of(self, "svd");
        answer.finite("u", svd.u.data())?;
        restore_right_svd(answer, &mut svd, exponent)?;
        Ok(svd)
    }

    /// Writes the thin SVD of A to the storage of `svd`. A has at least as many rows as columns.
    /// The function is meant for loops that factorise many matrices of the same shape.
    ///
    /// The entries of A are unspecified afterwards. If the caller passes the same `svd` and
    /// `workspace` again, most backends allocate nothing.
    ///
    /// ```
    /// use leastwise_core::{Backend, Mat, Result, Svd, Workspace};
    /// fn norms(backend: &dyn Backend<f64>, matrices: &mut [Mat<f64>]) -> Result<Vec<f64>> {
    ///     let (mut svd, mut workspace) = (Svd::default(), Workspace::default());
    ///     let norm = |a| backend.svd_overwriting(a, &mut svd, &mut workspace).map(|()| svd.s[0]);
    ///     matrices.iter_mut().map(norm).collect()
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if A has fewer rows than columns or none, [`Error::NonFinite`],
    /// [`Error::NoConvergence`], [`Error::Overflow`] if σ₁ exceeds the range of `T`,
    /// [`Error::WrongResult`].
    fn svd_overwriting(
        &self,
        a: &mut Mat<T>,
        svd: &mut Svd<T>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        const OPERATION: &str = "svd_overwriting";
        refuse_wide(OPERATION, a)?;
        let exponent = to_canonical(OPERATION, "a", a)?;
        self.svd_overwriting_impl(a, svd, workspace)?;
        let answer = Answer::of(self, OPERATION);
        answer.finite("u", svd.u.data())?;
        restore_right_svd(answer, svd, exponent)
    }

    /// Computes only the singular values and right singular vectors of A, as
    /// [`Factorizations::svd_overwriting`] does. The content of `svd.u` is unspecified. A tall A
    /// costs a QR factorisation and the decomposition of R.
    ///
    /// # Errors
    /// As [`Factorizations::svd_overwriting`].
    fn right_svd_overwriting(
        &self,
        a: &mut Mat<T>,
        svd: &mut Svd<T>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        const OPERATION: &str = "right_svd_overwriting";
        refuse_wide(OPERATION, a)?;
        let exponent = to_canonical(OPERATION, "a", a)?;
        self.right_svd_overwriting_impl(a, svd, workspace)?;
        let answer = Answer::of(self, OPERATION);
        restore_right_svd(answer, svd, exponent)
    }

    /// A = V·diag(w)·Vᵀ for a symmetric A. Only the lower triangle of A is read.
    ///
    /// # Errors
    /// [`Error::Shape`] if A is empty or not square, [`Error::NonFinite`] for an entry of the lower
    /// triangle, [`Error::NoConvergence`], [`Error::Overflow`] if an eigenvalue exceeds the range of
    /// `T`, [`Error::WrongResult`].
    fn symmetric_eigen(&self, a: MatRef<'_, T>) -> Result<Eigen<T>> {
        const OPERATION: &str = "symmetric_eigen";
        let mut a = lower_triangle(OPERATION, a)?;
        let exponent = to_canonical(OPERATION, "a", &mut a)?;
        mirror_lower_triangle(&mut a);
        let mut eigen = self.symmetric_eigen_impl(a)?;
        let answer = Answer::of(self, OPERATION);
        answer.finite("v", eigen.vectors.data())?;
        answer.restore("w", &mut eigen.values, exponent.unwrap_or(0))?;
        Ok(eigen)
    }

    /// The lower triangular L with L·Lᵀ = A for a symmetric positive definite A. Only the lower
    /// triangle of A is read.
    ///
    /// Diagonal entries may differ by any factor, because the library sees D·A·D with a diagonal
    /// between ¼ and 1, where D = diag(2^(−hᵢ)).
    ///
    /// # Errors
    /// [`Error::Shape`] if A is empty or not square, [`Error::NonFinite`] for an entry of the lower
    /// triangle, [`Error::NotPositiveDefinite`], [`Error::WrongResult`] if the library's L is not
    /// finite.
    fn cholesky(&self, a: MatRef<'_, T>) -> Result<Mat<T>> {
        const OPERATION: &str = "cholesky";
        let mut a = lower_triangle(OPERATION, a)?;
        norm::max_abs_finite(OPERATION, "a", a.as_ref())?;
        let n = a.cols();
        let not_definite = || Error::NotPositiveDefinite {
            operation: OPERATION,
            argument: "a",
        };
        let half = |i: usize| (exponent_above(a[(i, i)]) + 1).div_euclid(2);
        let halves: Vec<i32> = (0..n).map(half).collect();
        for j in 0..n {
            for (x, h) in a.col_mut(j)[j..].iter_mut().zip(&halves[j..]) {
                by_power_of_two(from_mut(x), -(h + halves[j]));
                // |aᵢⱼ|² < aᵢᵢ·aⱼⱼ < 1 where A is positive definite.
                if x.abs() >= T::one() {
                    return Err(not_definite());
                }
            }
        }
        let mut l = self.cholesky_impl(a)?;
        Answer::of(self, OPERATION).finite("l", l.data())?;
        for j in 0..n {
            for (x, &h) in l.col_mut(j)[j..].iter_mut().zip(&halves[j..]) {
                by_power_of_two(from_mut(x), h);
            }
        }
        Ok(l)
    }
}

/// The factors of a matrix whose columns were scaled, with the R of the matrix itself.
struct Restored<T> {
    factors: Box<dyn QrFactors<T>>,
    r: Mat<T>,
    engine: &'static str,
}

impl<T: Scalar> QrFactors<T> for Restored<T> {
    fn r(&self) -> Mat<T> {
        self.r.clone()
    }

    fn mul_q(&self, mut y: Mat<T>) -> Result<Mat<T>> {
        const OPERATION: &str = "mul_q";
        let n = self.r.cols();
        if y.rows() != n {
            let needed = format!("{n} rows, as r has");
            return Err(shape(OPERATION, "y", &needed, y.as_ref()));
        }
        let exponents = ColumnExponents::of(OPERATION, "y", &mut y)?;
        let mut x = self.factors.mul_q(y)?;
        let answer = Answer {
            operation: OPERATION,
            engine: self.engine,
        };
        for j in 0..x.cols() {
            answer.restore("q·y", x.col_mut(j), exponents.get(j))?;
        }
        Ok(x)
    }
}

/// [`Factorizations::triangularize`] of an A and a B in canonical scale.
fn triangularize_canonical<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: Mat<T>,
    b: Mat<T>,
    (of_a, of_b): &(ColumnExponents, ColumnExponents),
) -> Result<Triangularized<T>> {
    let mut split = if of_a.all_zero {
        triangularize_zero(a, b)
    } else {
        backend.triangularize_impl(a, b)?
    };
    let answer = Answer::of(backend, "triangularize");
    restore_triangle(answer, &mut split.r, of_a)?;
    for j in 0..split.c.cols() {
        answer.restore("c", split.c.col_mut(j), of_b.get(j))?;
    }
    for (j, norm) in split.residual_norms.iter_mut().enumerate() {
        answer.restore("residual_norms", from_mut(norm), of_b.get(j))?;
    }
    Ok(split)
}

/// Scales back the R of a matrix whose columns were scaled.
fn restore_triangle<T: Scalar>(
    answer: Answer,
    r: &mut Mat<T>,
    exponents: &ColumnExponents,
) -> Result<()> {
    if exponents.all_canonical() && is_upper_trapezoid_finite(r, r.cols()) {
        return Ok(());
    }
    let mut columns = 0..r.cols();
    columns.try_for_each(|j| answer.restore("r", &mut r.col_mut(j)[..=j], exponents.get(j)))
}

/// Whether the upper triangle is finite, up to row n.
fn is_upper_trapezoid_finite<T: Scalar>(r: &Mat<T>, n: usize) -> bool {
    let mut sum = T::zero();
    for (j, column) in r.data().chunks_exact(r.rows()).enumerate() {
        for x in &column[..n.min(j + 1)] {
            sum += x.abs();
        }
    }
    sum.is_finite()
}

/// Scales back the s of a matrix that was scaled, and refuses a V that is not finite.
fn restore_right_svd<T: Scalar>(
    answer: Answer,
    svd: &mut Svd<T>,
    exponent: Option<i32>,
) -> Result<()> {
    answer.finite("v", svd.v.data())?;
    answer.restore("s", &mut svd.s, exponent.unwrap_or(0))
}

/// 0 = Q₁·0 for every Q₁, such as the first columns of the identity. No library is called, because
/// some return NaN here.
fn triangularize_zero<T: Scalar>(a: Mat<T>, b: Mat<T>) -> Triangularized<T> {
    let n = a.cols();
    Triangularized {
        r: Mat::zeros(n, n),
        c: b.top_rows(n),
        residual_norms: (0..b.cols())
            .map(|j| norm::euclidean(&b.col(j)[n..]))
            .collect(),
        a_storage: a.into_vec(),
        b_storage: b.into_vec(),
    }
}

fn refuse_wide<T>(operation: &'static str, a: &Mat<T>) -> Result<()> {
    if a.cols() == 0 || a.rows() < a.cols() {
        let needed = "at least one column and as many rows as columns";
        return Err(shape(operation, "a", needed, a.as_ref()));
    }
    Ok(())
}

/// QR first where A is not square.
fn tall_svd<T: Scalar, B: Factorizations<T> + ?Sized>(backend: &B, a: &Mat<T>) -> Result<Svd<T>> {
    or_perturbed(a, |a| {
        if a.rows() == a.cols() {
            return backend.svd_impl(a);
        }
        let q = backend.qr_impl(a)?;
        let Svd { u, s, v } = backend.svd_impl(q.r())?;
        let u = q.mul_q(u)?;
        Ok(Svd { u, s, v })
    })
}

/// A copy of the lower triangle of a square A, with zeros above. The upper triangle of A is not
/// read.
fn lower_triangle<T: Scalar>(operation: &'static str, a: MatRef<'_, T>) -> Result<Mat<T>> {
    if a.rows() != a.cols() {
        return Err(shape(operation, "a", "as many rows as columns", a));
    }
    nonempty(operation, "a", a)?;
    let entry = |i, j| if i < j { T::zero() } else { a[(i, j)] };
    Ok(Mat::from_fn(a.rows(), a.cols(), entry))
}

fn mirror_lower_triangle<T: Scalar>(a: &mut Mat<T>) {
    for j in 0..a.cols() {
        for i in j + 1..a.rows() {
            a[(j, i)] = a[(i, j)];
        }
    }
}

fn shape<T>(
    operation: &'static str,
    argument: &'static str,
    needed: &str,
    found: MatRef<'_, T>,
) -> Error {
    let detail = format!(
        "must have {needed}, but it is {}x{}",
        found.rows(),
        found.cols()
    );
    Error::Shape {
        operation,
        argument,
        detail,
    }
}

fn nonempty<T>(operation: &'static str, argument: &'static str, a: MatRef<'_, T>) -> Result<()> {
    if a.rows() > 0 && a.cols() > 0 {
        return Ok(());
    }
    Err(shape(
        operation,
        argument,
        "at least one row and one column",
        a,
    ))
}
