//! Least squares built from factorisations. This code is the same for every backend.
//!
//! A tall problem is first reduced to a square one: with A = Q₁·R, min ‖A·X − B‖ becomes min ‖R·X −
//! Q₁ᵀB‖. A wide problem is reduced by the QR factorisation of its transpose: with Aᵀ = Q₁·R, the
//! minimum-norm X is Q₁·Y with Rᵀ·Y ≈ B. Both reductions cost at most half of an SVD. They lose no
//! accuracy, because QR is backward stable and Q₁ has orthonormal columns.

use crate::condition::{self, largest_singular_value};
use crate::factor::{PivotedQr, Triangle, Triangularized};
use crate::{Error, Factorizations, Mat, MatRef, Method, Result, Scalar, Solution, Svd, norm};

pub(crate) fn lstsq<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &mut Mat<T>,
    b: &mut Mat<T>,
    method: Method,
    rcond: T,
) -> Result<Solution<T>> {
    match method {
        Method::Cholesky => normal_equations(backend, a.as_ref(), b.as_ref(), rcond),
        _ if a.rows() < a.cols() => wide(backend, a, b, method, rcond),
        Method::Svd | Method::CompleteOrthogonal if a.rows() == a.cols() => {
            let square = Square {
                a: std::mem::take(a),
                upper: false,
            };
            Ok(square
                .solve(backend, std::mem::take(b), method, rcond)?
                .into_solution(method, None))
        }
        _ => tall(backend, a, b, method, rcond),
    }
}

fn tall<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &mut Mat<T>,
    b: &mut Mat<T>,
    method: Method,
    rcond: T,
) -> Result<Solution<T>> {
    let Triangularized {
        r,
        c,
        residual_norms,
        a_storage,
        b_storage,
    } = backend.triangularize_impl(std::mem::take(a), std::mem::take(b))?;
    *a = kept(a_storage)?;
    *b = kept(b_storage)?;
    triangularized(backend, (r, c, residual_norms), method, rcond)
}

/// Minimises ‖R·x − c‖² + ρ² for each column c of C and its residual norm ρ.
pub(crate) fn triangularized<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    (r, c, residual_norms): (Mat<T>, Mat<T>, Vec<T>),
    method: Method,
    rcond: T,
) -> Result<Solution<T>> {
    let square = Square { a: r, upper: true };
    let reduced = square.solve(backend, c, method, rcond)?;
    Ok(reduced.into_solution(method, Some(residual_norms)))
}

fn kept<T: Scalar>(storage: Vec<T>) -> Result<Mat<T>> {
    let len = storage.len();
    Mat::from_col_major(storage, len, 1)
}

fn wide<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: &Mat<T>,
    b: &mut Mat<T>,
    method: Method,
    rcond: T,
) -> Result<Solution<T>> {
    let q = backend.qr_impl(a.transposed())?;
    let square = Square {
        a: q.r().transposed(),
        upper: false,
    };
    let mut reduced = square.solve(backend, std::mem::take(b), method, rcond)?;
    reduced.x = q.mul_q(reduced.x)?;
    Ok(reduced.into_solution(method, None))
}

/// A square problem. If `upper` is false, a QR solve treats its transpose as upper triangular.
struct Square<T> {
    a: Mat<T>,
    upper: bool,
}

/// The answer to a square problem.
struct Reduced<T> {
    x: Mat<T>,
    rank: usize,
    /// `None` if A·X = C is solved exactly, so that no residual is left.
    residual_norms: Option<Vec<T>>,
    singular_values: Option<Vec<T>>,
}

impl<T: Scalar> Reduced<T> {
    /// Adds the part of the residual that the reduction to a square problem has split off.
    fn into_solution(self, method: Method, split_off: Option<Vec<T>>) -> Solution<T> {
        let residual_norms = match (self.residual_norms, split_off) {
            (Some(mut norms), Some(others)) => {
                let both = norms.iter_mut().zip(others);
                both.for_each(|(norm, other)| *norm = norm.hypot(other));
                norms
            }
            (Some(norms), None) | (None, Some(norms)) => norms,
            (None, None) => vec![T::zero(); self.x.cols()],
        };
        Solution {
            x: self.x,
            rank: self.rank,
            method,
            residual_norms: Some(residual_norms),
            singular_values: self.singular_values,
        }
    }
}

impl<T: Scalar> Square<T> {
    fn solve<B: Factorizations<T> + ?Sized>(
        self,
        backend: &B,
        c: Mat<T>,
        method: Method,
        rcond: T,
    ) -> Result<Reduced<T>> {
        match method {
            Method::Svd => svd(backend, self.a, &c, rcond),
            Method::CompleteOrthogonal => complete_orthogonal(backend, self.a, c, rcond),
            Method::Qr | Method::Cholesky => self.triangular(backend, c, method, rcond),
        }
    }

    /// Solves A·X = C for a triangular A, or refuses.
    fn triangular<B: Factorizations<T> + ?Sized>(
        self,
        backend: &B,
        mut c: Mat<T>,
        method: Method,
        rcond: T,
    ) -> Result<Reduced<T>> {
        if self.upper {
            refuse_ill_conditioned(&self.a, method, rcond)?;
            backend.solve_triangular_impl(self.a.as_ref(), Triangle::Upper, c.as_mut())?;
        } else {
            refuse_ill_conditioned(&self.a.transposed(), method, rcond)?;
            backend.solve_triangular_impl(self.a.as_ref(), Triangle::Lower, c.as_mut())?;
        }
        Ok(Reduced {
            x: c,
            rank: self.a.rows(),
            residual_norms: None,
            singular_values: None,
        })
    }
}

fn refuse_ill_conditioned<T: Scalar>(r: &Mat<T>, method: Method, threshold: T) -> Result<()> {
    condition::check(r, r.cols(), threshold).map_err(|estimate| Error::RankDeficient {
        operation: "lstsq",
        method,
        reciprocal_condition: estimate.as_f64(),
        threshold: threshold.as_f64(),
    })
}

/// X = V·diag(1/sᵢ for i ≤ r, else 0)·Uᵀ·C with r the number of sᵢ > rcond·s₁.
fn svd<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: Mat<T>,
    c: &Mat<T>,
    rcond: T,
) -> Result<Reduced<T>> {
    let (n, k) = (a.cols(), c.cols());
    let Svd { u, s, v } = backend.svd_impl(a)?;
    let rank = s.iter().take_while(|&&si| si > rcond * s[0]).count();
    let mut w = Mat::zeros(n, k);
    let one = T::one();
    let zero = T::zero();
    backend.matmul(one, u.as_ref().transpose(), c.as_ref(), zero, w.as_mut())?;
    let residual_norms = (0..k).map(|j| norm::euclidean(&w.col(j)[rank..])).collect();
    for j in 0..k {
        w.col_mut(j)
            .iter_mut()
            .zip(&s[..rank])
            .for_each(|(wi, &si)| *wi /= si);
    }
    let mut x = Mat::zeros(n, k);
    let head = MatRef::from_col_major_with_stride(w.data(), rank, k, n)?;
    backend.matmul(one, v.columns(0, rank), head, zero, x.as_mut())?;
    Ok(Reduced {
        x,
        rank,
        residual_norms: Some(residual_norms),
        singular_values: Some(s),
    })
}

/// A·P = Q·[R₁₁ R₁₂; 0 R₂₂] with R₂₂ negligible; with [R₁₁ R₁₂]ᵀ = Z·T, X = P·Z·T⁻ᵀ·(QᵀC)₁.
///
/// Source: Golub, Van Loan, §5.4.7; LAPACK's xGELSY.
fn complete_orthogonal<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: Mat<T>,
    c: Mat<T>,
    rcond: T,
) -> Result<Reduced<T>> {
    let (n, k) = (a.cols(), c.cols());
    let PivotedQr { r, c, permutation } = backend.pivoted_qr_impl(a, c)?;
    let rank = pivoted_rank(&r, rcond);
    let (permuted_x, rank, residual_norms) = if rank == 0 {
        (Mat::zeros(n, k), 0, tail_norms(&c, 0))
    } else if condition::check(&r, rank, rcond).is_err() {
        by_second_pivoting(backend, &r, &c, rcond)?
    } else {
        let mut head = c.top_rows(rank);
        if rank == n {
            backend.solve_triangular_impl(r.as_ref(), Triangle::Upper, head.as_mut())?;
        } else {
            let z = backend.qr_impl(r.top_rows(rank).transposed())?;
            let t = z.r();
            backend.solve_triangular_impl(
                t.as_ref().transpose(),
                Triangle::Lower,
                head.as_mut(),
            )?;
            head = z.mul_q(head)?;
        }
        (head, rank, tail_norms(&c, rank))
    };
    let mut x = Mat::zeros(n, k);
    for j in 0..k {
        let (target, source) = (x.col_mut(j), permuted_x.col(j));
        permutation
            .iter()
            .zip(source)
            .for_each(|(&p, &xi)| target[p] = xi);
    }
    Ok(Reduced {
        x,
        rank,
        residual_norms: Some(residual_norms),
        singular_values: None,
    })
}

/// Solves min ‖R·X − C‖ for an R whose pivots hide its rank, as those of Kahan's matrix do.
/// Pivoting once more gives Rᵀ·P = Z·T and R = P·Tᵀ·Zᵀ, and the rows of T reveal the rank. The
/// leading r rows give X = Z₁·Y, where Y comes from the QR factorisation of their transpose.
///
/// Source: G. W. Stewart, *The QLP approximation to the singular value decomposition*, SIAM J. Sci.
/// Comput. 20 (1999).
fn by_second_pivoting<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    r: &Mat<T>,
    c: &Mat<T>,
    rcond: T,
) -> Result<(Mat<T>, usize, Vec<T>)> {
    let (n, k) = (r.cols(), c.cols());
    let PivotedQr {
        r: t,
        c: z_transposed,
        permutation,
    } = backend.pivoted_qr_impl(r.transposed(), Mat::identity(n))?;
    // The diagonal now follows the singular values. The part that is dropped is therefore not
    // larger than a few of the singular values that count as zero.
    let mut rank = pivoted_rank(&t, rcond);
    while rank > 0 && condition::check(&t, rank, rcond).is_err() {
        rank -= 1;
    }
    if rank == 0 {
        // R is not zero: a zero R needs no second pivoting.
        return Err(Error::WrongResult {
            operation: "pivoted_qr",
            backend: backend.info().engine,
            detail: "the largest pivot is zero or not finite".to_owned(),
        });
    }
    let permuted_c = Mat::from_fn(n, k, |i, j| c[(permutation[i], j)]);
    let tall = t.top_rows(rank).transposed();
    let reduced = backend.triangularize_impl(tall, permuted_c)?;
    let mut y = reduced.c;
    backend.solve_triangular_impl(reduced.r.as_ref(), Triangle::Upper, y.as_mut())?;
    let mut x = Mat::zeros(n, k);
    let z = z_transposed.top_rows(rank);
    backend.matmul(
        T::one(),
        z.as_ref().transpose(),
        y.as_ref(),
        T::zero(),
        x.as_mut(),
    )?;
    Ok((x, rank, reduced.residual_norms))
}

fn tail_norms<T: Scalar>(c: &Mat<T>, from: usize) -> Vec<T> {
    (0..c.cols())
        .map(|j| norm::euclidean(&c.col(j)[from..]))
        .collect()
}

/// The smallest r for which the trailing block is at most rcond·σ₁ in norm.
///
/// Dropping R₂₂ perturbs A by ‖R₂₂‖_F for every kind of pivoting. This is therefore safe for a
/// library that does not pivot on column norms.
fn pivoted_rank<T: Scalar>(r: &Mat<T>, rcond: T) -> usize {
    let n = r.cols();
    let negligible = rcond * largest_singular_value(r, n);
    // Row i of R ends the trailing blocks of all k ≤ i.
    let mut row_norms = vec![T::zero(); n];
    for j in 0..n {
        row_norms[..=j]
            .iter_mut()
            .zip(r.col(j))
            .for_each(|(norm, &rij)| *norm = norm.hypot(rij));
    }
    let mut trailing = T::zero();
    for rank in (0..n).rev() {
        trailing = trailing.hypot(row_norms[rank]);
        // With this comparison NaN counts as significant, and is detected later as a wrong result.
        if !(trailing <= negligible) {
            return rank + 1;
        }
    }
    0
}

/// AᵀA·X = AᵀB, or for a wide A the minimum-norm X = Aᵀ·(AAᵀ)⁻¹·B.
///
/// Rounding errors of AᵀA hide singular values below √(max(m, n)·ε)·σ₁. The factor is therefore
/// refused from there on, even if a smaller `rcond` is requested.
fn normal_equations<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    rcond: T,
) -> Result<Solution<T>> {
    let (m, n, k) = (a.rows(), a.cols(), b.cols());
    let visible = (T::of(m.max(n) as f64) * T::EPSILON).sqrt();
    let threshold = rcond.max(visible);
    let (one, zero) = (T::one(), T::zero());
    let tall = if m >= n { a } else { a.transpose() };
    let size = tall.cols();
    let mut gram = Mat::zeros(size, size);
    backend.matmul(one, tall.transpose(), tall, zero, gram.as_mut())?;
    let l = backend.cholesky_impl(gram).map_err(|error| match error {
        Error::NotPositiveDefinite { .. } => Error::RankDeficient {
            operation: "lstsq",
            method: Method::Cholesky,
            reciprocal_condition: 0.0,
            threshold: threshold.as_f64(),
        },
        other => other,
    })?;
    refuse_ill_conditioned(&l.transposed(), Method::Cholesky, threshold)?;
    let mut y = if m >= n {
        let mut y = Mat::zeros(n, k);
        backend.matmul(one, a.transpose(), b, zero, y.as_mut())?;
        y
    } else {
        b.to_mat()
    };
    backend.solve_triangular_impl(l.as_ref(), Triangle::Lower, y.as_mut())?;
    backend.solve_triangular_impl(l.as_ref().transpose(), Triangle::Upper, y.as_mut())?;
    let x = if m >= n {
        y
    } else {
        let mut x = Mat::zeros(n, k);
        backend.matmul(one, a.transpose(), y.as_ref(), zero, x.as_mut())?;
        x
    };
    Ok(Solution {
        x,
        rank: size,
        method: Method::Cholesky,
        residual_norms: None,
        singular_values: None,
    })
}
