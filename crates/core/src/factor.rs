//! The factorisations that least squares and the structured Levenberg-Marquardt step stand on.
//!
//! An adapter implements the required `_impl` functions with its library's own routines, on
//! matrices that it may overwrite. Everything a user calls is provided: it checks its arguments,
//! reduces the problem to those routines, and is the same for every backend.

use crate::scaling::{by_power_of_two, to_safe_range};
use crate::{Error, Mat, MatMul, MatMut, MatRef, Result, Scalar, Workspace, norm, verify};

/// A = U·diag(s)·Vᵀ with s₁ ≥ s₂ ≥ … ≥ 0 and orthonormal columns in U and V.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Svd<T> {
    /// Left singular vectors, one a column: m×min(m, n), or m×m when full.
    pub u: Mat<T>,
    /// Singular values in descending order: min(m, n) of them.
    pub s: Vec<T>,
    /// Right singular vectors, one a column: n×min(m, n), or n×n when full.
    pub v: Mat<T>,
}

/// A = V·diag(w)·Vᵀ (or A·V = B·V·diag(w), VᵀBV = I) with w₁ ≤ w₂ ≤ ….
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen<T> {
    /// Eigenvalues in ascending order.
    pub values: Vec<T>,
    /// Eigenvectors, one a column.
    pub vectors: Mat<T>,
}

/// How many singular vectors [`Factorizations::svd`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvdVectors {
    /// min(m, n) columns in U and in V.
    Thin,
    /// Square U and V.
    Full,
}

/// The triangle of a matrix that a triangular solve reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triangle {
    /// The entries on and above the diagonal.
    Upper,
    /// The entries on and below the diagonal.
    Lower,
}

/// A = Q₁·R with A m×n, m ≥ n, Q₁ m×n with orthonormal columns and R n×n upper triangular, held as
/// the library holds it.
pub trait QrFactors<T: Scalar> {
    /// R, with zeros below its diagonal. The signs of its diagonal are the library's own.
    fn r(&self) -> Mat<T>;

    /// Q₁·Y (m×k) for Y n×k.
    ///
    /// # Errors
    /// What the library reports.
    fn mul_q(&self, y: Mat<T>) -> Result<Mat<T>>;
}

/// What is left of min ‖A·X − B‖_F after a QR factorisation: min ‖R·X − Q₁ᵀB‖_F.
#[derive(Clone, Debug)]
pub struct Triangularized<T> {
    /// R, n×n, with zeros below its diagonal.
    pub r: Mat<T>,
    /// Q₁ᵀB, n×k.
    pub c: Mat<T>,
    /// For each column of B the norm of its part outside the range of Q₁.
    pub residual_norms: Vec<T>,
    /// What is left of the storage of A, for a caller to use again; any length.
    pub a_storage: Vec<T>,
    /// What is left of the storage of B, for a caller to use again; any length.
    pub b_storage: Vec<T>,
}

/// A·P = Q·R by column pivoting, and QᵀC.
#[derive(Clone, Debug)]
pub struct PivotedQr<T> {
    /// R, n×n, with zeros below its diagonal.
    pub r: Mat<T>,
    /// QᵀC, n×k.
    pub c: Mat<T>,
    /// Column j of A·P is column `permutation[j]` of A.
    pub permutation: Vec<usize>,
}

/// Factorisations of dense matrices.
///
/// Every provided function refuses a matrix without rows or columns ([`Error::Shape`]) and one with
/// a NaN or an infinity ([`Error::NonFinite`]), because libraries loop for ever or return garbage
/// on them. SVD and eigendecompositions scale entries whose squares would leave the range of `T`,
/// as [`LeastSquares`](crate::LeastSquares) does. An adapter that finds its library's SVD wrong is
/// asked once more with A changed by a rounding error ([`verify::perturb`]).
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

    /// QR with column pivoting of a square A, and QᵀC; entries finite.
    ///
    /// Pivoting must bound the trailing block by the pivot: ‖R[k.., k..]‖_F ≤ (n − k)·|R[k, k]|
    /// holds for pivoting on the largest column norm and on the largest entry alike.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the library has none; what the library reports.
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
    /// Provided by the factorisations above, which allocate. An adapter whose library takes its work
    /// space from the caller keeps it in `workspace` and allocates nothing from the second call on.
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
        *svd = tall_svd_or_perturbed(self, a)?;
        Ok(())
    }

    /// R of A with rows ≥ cols ≥ 1 and finite entries of moderate size, written to the upper triangle of
    /// A; rows below may be cut off. The same bound as for [`Factorizations::qr_impl`].
    ///
    /// Provided by that, which allocates. An adapter whose library takes its work space from the caller
    /// keeps it in `workspace` and allocates nothing from the second call on.
    ///
    /// # Errors
    /// What the library reports.
    fn r_overwriting_impl(&self, a: &mut Mat<T>, workspace: &mut Workspace) -> Result<()> {
        let _ = workspace;
        *a = self.qr_impl(std::mem::take(a))?.r();
        Ok(())
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
        let mut r = if a.rows() == a.cols() {
            a.clone()
        } else {
            self.qr_impl(a.clone())?.r()
        };
        let Svd { s, v, .. } = tall_svd_or_perturbed(self, &mut r)?;
        (svd.s, svd.v) = (s, v);
        Ok(())
    }

    /// Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric A, of which only the
    /// lower triangle is meaningful; entries finite.
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

    /// A = Q₁·R for A m×n with m ≥ n.
    ///
    /// # Errors
    /// [`Error::Shape`] if m < n or n = 0, [`Error::NonFinite`], and what the library reports.
    fn qr(&self, a: MatRef<'_, T>) -> Result<Box<dyn QrFactors<T>>> {
        if a.rows() < a.cols() {
            return Err(shape("qr", "a", "at least as many rows as columns", a));
        }
        self.qr_impl(checked_copy("qr", "a", a)?.0)
    }

    /// R, Q₁ᵀB and the norms of what is left of B, for A = Q₁·R m×n with m ≥ n and B m×k: for every
    /// X n×k, ‖A·X − B‖²_F is ‖R·X − Q₁ᵀB‖²_F plus the squares of those norms.
    ///
    /// A may be rank-deficient. Backward stable: the answer is exact for A + ΔA and B + ΔB with
    /// ‖ΔA‖_F and ‖ΔB‖_F small multiples of u·‖A‖_F and u·‖B‖_F. A and B are scaled where squares of
    /// their entries would leave the range of `T`.
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
        let (a_copy, a_sum) = checked_copy(OPERATION, "a", a)?;
        let (b_copy, b_sum) = checked_copy(OPERATION, "b", b)?;
        match triangularize_scaled(self, a_copy, a_sum, b_copy, b_sum) {
            Err(Error::WrongResult { .. }) => {
                let mut perturbed = a.to_mat();
                verify::perturb(&mut perturbed);
                triangularize_scaled(self, perturbed, a_sum, b.to_mat(), b_sum)
            }
            outcome => outcome,
        }
    }

    /// Overwrites the upper triangle of A, m×n with m ≥ n, by R of A = Q₁·R: for loops that factorise one
    /// matrix after another of the same shape.
    ///
    /// With A = [B C] it is [R Q₁ᵀC; 0 S] for the Q₁ of B, and the columns of S are as long as what is left
    /// of the columns of C. Backward stable column by column, as Householder QR is. Entries
    /// below the diagonal are unspecified afterwards, and rows below the n-th may be gone. Hand in the
    /// same `workspace` again, and a backend that can do so allocates nothing.
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
        let sum = tall_sum(OPERATION, a)?;
        if sum == T::zero() {
            // Of zeros some libraries make NaN.
            return Ok(());
        }
        let exponent = to_safe_range(a, sum);
        self.r_overwriting_impl(a, workspace)?;
        if !is_upper_triangle_finite(a) {
            return Err(Error::WrongResult {
                operation: OPERATION,
                backend: self.info().engine,
                detail: "the result has an entry that is not finite".to_owned(),
            });
        }
        if exponent != 0 {
            by_power_of_two(a.data_mut(), -exponent);
            if !is_upper_triangle_finite(a) {
                return Err(Error::Overflow {
                    operation: OPERATION,
                    scalar: T::NAME,
                });
            }
        }
        Ok(())
    }

    /// A = U·diag(s)·Vᵀ for A of any shape: QR first where A is not square, then the library's SVD
    /// of the triangular factor.
    ///
    /// # Errors
    /// [`Error::Shape`] if a dimension is zero, [`Error::NonFinite`], [`Error::NoConvergence`],
    /// [`Error::WrongResult`].
    fn svd(&self, a: MatRef<'_, T>, vectors: SvdVectors) -> Result<Svd<T>> {
        if a.rows() < a.cols() {
            let Svd { u, s, v } = self.svd(a.transpose(), vectors)?;
            return Ok(Svd { u: v, s, v: u });
        }
        let (mut a, sum) = checked_copy("svd", "a", a)?;
        let exponent = to_safe_range(&mut a, sum);
        let mut svd = tall_svd_or_perturbed(self, &mut a)?;
        by_power_of_two(&mut svd.s, -exponent);
        if vectors == SvdVectors::Full && svd.u.cols() < svd.u.rows() {
            svd.u = complete_basis(self, &svd.u)?;
        }
        Ok(svd)
    }

    /// The thin SVD of A with at least as many rows as columns, written to the storage of `svd`: for
    /// loops that factorise one matrix after another of the same shape.
    ///
    /// The entries of A are unspecified afterwards. Hand in the same `svd` and `workspace` again, and
    /// a backend that can do so allocates nothing.
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
    /// [`Error::NoConvergence`], [`Error::WrongResult`].
    fn svd_overwriting(
        &self,
        a: &mut Mat<T>,
        svd: &mut Svd<T>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        let exponent = tall_to_safe_range("svd_overwriting", a)?;
        self.svd_overwriting_impl(a, svd, workspace)?;
        by_power_of_two(&mut svd.s, -exponent);
        Ok(())
    }

    /// The singular values and right singular vectors of A as [`Factorizations::svd_overwriting`]
    /// gives them; what `svd.u` holds is unspecified. A tall A costs a QR factorisation and the
    /// decomposition of R.
    ///
    /// # Errors
    /// As [`Factorizations::svd_overwriting`].
    fn right_svd_overwriting(
        &self,
        a: &mut Mat<T>,
        svd: &mut Svd<T>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        let exponent = tall_to_safe_range("right_svd_overwriting", a)?;
        self.right_svd_overwriting_impl(a, svd, workspace)?;
        by_power_of_two(&mut svd.s, -exponent);
        Ok(())
    }

    /// A = V·diag(w)·Vᵀ for a symmetric A, of which the lower triangle is read.
    ///
    /// # Errors
    /// [`Error::Shape`] if A is empty or not square, [`Error::NonFinite`],
    /// [`Error::NoConvergence`], [`Error::WrongResult`].
    fn symmetric_eigen(&self, a: MatRef<'_, T>) -> Result<Eigen<T>> {
        square("symmetric_eigen", "a", a)?;
        let (mut a, sum) = checked_copy("symmetric_eigen", "a", a)?;
        let exponent = to_safe_range(&mut a, sum);
        let mut eigen = self.symmetric_eigen_impl(a)?;
        by_power_of_two(&mut eigen.values, -exponent);
        Ok(eigen)
    }

    /// A·V = B·V·diag(w) with VᵀBV = I, for A symmetric and B symmetric positive definite, of which
    /// the lower triangles are read.
    ///
    /// With B = L·Lᵀ, the eigenvectors Z of L⁻¹·A·L⁻ᵀ give V = L⁻ᵀ·Z. The errors of the
    /// eigenvalues grow with κ₂(B).
    ///
    /// Source: Golub, Van Loan, §8.7.2.
    ///
    /// # Errors
    /// [`Error::Shape`] if A or B is empty or not square or their sizes differ,
    /// [`Error::NonFinite`], [`Error::NotPositiveDefinite`], [`Error::NoConvergence`],
    /// [`Error::WrongResult`].
    fn symmetric_definite_eigen(&self, a: MatRef<'_, T>, b: MatRef<'_, T>) -> Result<Eigen<T>> {
        const OPERATION: &str = "symmetric_definite_eigen";
        square(OPERATION, "a", a)?;
        square(OPERATION, "b", b)?;
        if a.rows() != b.rows() {
            return Err(shape(OPERATION, "b", "the size of a", b));
        }
        let (mut c, sum) = checked_copy(OPERATION, "a", a)?;
        let a_exponent = to_safe_range(&mut c, sum);
        mirror_lower_triangle(&mut c);
        let (mut b, sum) = checked_copy(OPERATION, "b", b)?;
        let mut b_exponent = to_safe_range(&mut b, sum);
        if b_exponent % 2 != 0 {
            by_power_of_two(b.data_mut(), -1);
            b_exponent -= 1;
        }
        let l = self.cholesky_impl(b)?;
        // L⁻¹·A, and then L⁻¹·(L⁻¹·A)ᵀ = L⁻¹·A·L⁻ᵀ.
        self.solve_triangular_impl(l.as_ref(), Triangle::Lower, c.as_mut())?;
        let mut c = c.transposed();
        self.solve_triangular_impl(l.as_ref(), Triangle::Lower, c.as_mut())?;
        let Eigen {
            mut values,
            mut vectors,
        } = self.symmetric_eigen_impl(c)?;
        let lt = l.as_ref().transpose();
        self.solve_triangular_impl(lt, Triangle::Upper, vectors.as_mut())?;
        // (2ᵖA)·V = (2^q·B)·V·diag(w) has the eigenvalues 2^(p−q)·w, and VᵀBV = 2^(−q)·I.
        by_power_of_two(&mut values, b_exponent - a_exponent);
        by_power_of_two(vectors.data_mut(), b_exponent / 2);
        Ok(Eigen { values, vectors })
    }

    /// The lower triangular L with L·Lᵀ = A for a symmetric positive definite A, of which the lower
    /// triangle is read.
    ///
    /// # Errors
    /// [`Error::Shape`] if A is empty or not square, [`Error::NonFinite`],
    /// [`Error::NotPositiveDefinite`].
    fn cholesky(&self, a: MatRef<'_, T>) -> Result<Mat<T>> {
        square("cholesky", "a", a)?;
        self.cholesky_impl(checked_copy("cholesky", "a", a)?.0)
    }
}

/// [`Factorizations::triangularize`] of an A and a B whose magnitudes add up to `a_sum` and `b_sum`.
fn triangularize_scaled<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    mut a: Mat<T>,
    a_sum: T,
    mut b: Mat<T>,
    b_sum: T,
) -> Result<Triangularized<T>> {
    let a_exponent = to_safe_range(&mut a, a_sum);
    let b_exponent = to_safe_range(&mut b, b_sum);
    let mut split = if a_sum == T::zero() {
        triangularize_zero(a, b)
    } else {
        backend.triangularize_impl(a, b)?
    };
    if !is_finite(&split) {
        return Err(Error::WrongResult {
            operation: "triangularize",
            backend: backend.info().engine,
            detail: "the result has an entry that is not finite".to_owned(),
        });
    }
    by_power_of_two(split.r.data_mut(), -a_exponent);
    by_power_of_two(split.c.data_mut(), -b_exponent);
    by_power_of_two(&mut split.residual_norms, -b_exponent);
    if !is_finite(&split) {
        return Err(Error::Overflow {
            operation: "triangularize",
            scalar: T::NAME,
        });
    }
    Ok(split)
}

/// 0 = Q₁·0 for every Q₁, such as the first columns of the identity. No library is asked: some
/// return NaN here.
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

fn is_finite<T: Scalar>(split: &Triangularized<T>) -> bool {
    let entries = split.r.data().iter().chain(split.c.data());
    entries.chain(&split.residual_norms).all(|x| x.is_finite())
}

fn is_upper_triangle_finite<T: Scalar>(a: &Mat<T>) -> bool {
    let mut columns = (0..a.cols()).map(|j| &a.col(j)[..=j]);
    columns.all(|column| column.iter().all(|x| x.is_finite()))
}

pub(crate) fn axpy<T: Scalar>(alpha: T, x: &[T], y: &mut [T]) {
    for (yi, &xi) in y.iter_mut().zip(x) {
        *yi += alpha * xi;
    }
}

/// Refuses an A that is wide, empty or not finite, and scales it to the safe range.
fn tall_to_safe_range<T: Scalar>(operation: &'static str, a: &mut Mat<T>) -> Result<i32> {
    let sum = tall_sum(operation, a)?;
    Ok(to_safe_range(a, sum))
}

/// Σ|aᵢⱼ| of an A that is neither wide nor empty and has finite entries.
fn tall_sum<T: Scalar>(operation: &'static str, a: &Mat<T>) -> Result<T> {
    if a.cols() == 0 || a.rows() < a.cols() {
        let needed = "at least one column and as many rows as columns";
        return Err(shape(operation, "a", needed, a.as_ref()));
    }
    norm::finite_sum(operation, "a", a.as_ref())
}

fn tall_svd_or_perturbed<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &mut Mat<T>,
) -> Result<Svd<T>> {
    match tall_svd(backend, a.clone()) {
        Err(Error::WrongResult { .. }) => {
            verify::perturb(a);
            tall_svd(backend, std::mem::take(a))
        }
        outcome => outcome,
    }
}

/// QR first where A is not square.
fn tall_svd<T: Scalar, B: Factorizations<T> + ?Sized>(backend: &B, a: Mat<T>) -> Result<Svd<T>> {
    if a.rows() == a.cols() {
        return backend.svd_impl(a);
    }
    let q = backend.qr_impl(a)?;
    let Svd { u, s, v } = backend.svd_impl(q.r())?;
    let u = q.mul_q(u)?;
    Ok(Svd { u, s, v })
}

/// The square orthogonal matrix whose first columns are those of `u`.
///
/// Householder QR of [U 0]: the reflectors that bring U to triangular form leave zero columns zero,
/// so Q is their product and its trailing columns complete the basis.
fn complete_basis<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    u: &Mat<T>,
) -> Result<Mat<T>> {
    let (m, known) = (u.rows(), u.cols());
    let padded = Mat::from_fn(m, m, |i, j| if j < known { u[(i, j)] } else { T::zero() });
    let mut q = backend.qr_impl(padded)?.mul_q(Mat::identity(m))?;
    q.data_mut()[..m * known].copy_from_slice(u.data());
    Ok(q)
}

fn mirror_lower_triangle<T: Scalar>(a: &mut Mat<T>) {
    for j in 0..a.cols() {
        for i in j + 1..a.rows() {
            a[(j, i)] = a[(i, j)];
        }
    }
}

fn square<T>(operation: &'static str, argument: &'static str, a: MatRef<'_, T>) -> Result<()> {
    if a.rows() == a.cols() {
        return Ok(());
    }
    Err(shape(operation, argument, "square", a))
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

/// A copy of A for the library to overwrite, and Σ|aᵢⱼ|.
fn checked_copy<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Result<(Mat<T>, T)> {
    if a.rows() == 0 || a.cols() == 0 {
        return Err(shape(
            operation,
            argument,
            "at least one row and one column",
            a,
        ));
    }
    norm::finite_copy(operation, argument, a)
}
